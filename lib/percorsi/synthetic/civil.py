"""Who persons are for the register of assisted persons (ANA), and what the dead died of (CDM): national files."""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.parameters import day, year_of
from percorsi.synthetic.random import cumulative
from percorsi.synthetic.registers import residence
from percorsi.synthetic.table import Table, glue, repeated, text, words

ANA_COLUMNS = [
    *("CUNI", "DATA_INIZIO", "SESSO", "ANNO_NASCITA", "REG_RES", "ASL_RES", "DATA_FINE", "DATA_DECESSO"),
]
CDM_COLUMNS = ["CUNI", "DATA_DECESSO", "CAUSA_INIZIALE"]


def assisted(chunk: Chunk) -> Table:
    """ANA: each year all whom the other flows may tell of, alive when it begins, as known at its end."""
    p, draws, years = chunk.persons, chunk.draws, chunk.semesters.years
    begins = np.array([day(y) for y in [*years, years.stop]])
    there = (chunk.known_from[:, None] < begins[None, 1:]) & (p.death[:, None] >= begins[None, :-1])
    there &= (p.region == chunk.region)[:, None]
    who, year = np.nonzero(there)
    dead = p.death[who] < begins[year + 1]
    start = np.maximum(np.array([day(y) for y in range(1900, 2060)])[p.birth_year - 1900], day(1980))
    number = p.number
    came = draws.happens("came later", number, 0.05)
    start = np.where(came, np.minimum(start + draws.integer("came", number, 0, 9000), chunk.known_from), start)
    n = len(p)
    persons = []
    for shift in (0, 7):  # once more with a year of birth that the other flows contradict
        for epoch in (0, 1):
            place = residence(chunk, epoch)[1:]
            persons.append(glue(words(["1", "2"]).take(pa.array(p.sex)), text(p.birth_year - shift), *place))
    calendar = pa.concat_arrays([chunk.semesters.calendar, words(["2014-13-01"])])
    person = who + n * chunk.geography.epoch(begins[year])
    columns = {
        "cuni": who, "start": chunk.semesters.date(start[who]), "person": person,
        "end": chunk.semesters.date(p.death[who], dead), "death": chunk.semesters.date(p.death[who], dead),
    }  # fmt: skip
    lists = {
        "cuni": pa.concat_arrays([chunk.cuni, words([""])]), "start": calendar, "person": pa.concat_arrays(persons),
        "end": calendar, "death": glue(chunk.semesters.calendar, repeated("\n", len(calendar) - 1), separator=""),
    }  # fmt: skip
    faults = {
        "missing_cuni": ("cuni", n), "bad_date": ("start", len(calendar) - 1), "conflict": ("person", 2 * n + person),
    }  # fmt: skip
    segments = [(name,) for name in columns]
    uid = draws.bits("ANA", number[who], year + years.start)
    return Table("ANA", year, uid, who, columns, lists, segments, faults=faults)


def causes(chunk: Chunk) -> Table:
    """CDM: the deaths of each year, with their first cause."""
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["death"]
    years = chunk.semesters.years
    dead = (p.death >= chunk.semesters.first) & (p.death <= chunk.semesters.last) & (p.death >= chunk.known_from)
    dead &= (p.region == chunk.region) & draws.happens("in CDM", p.number, figures["in_register"])
    who = np.flatnonzero(dead)
    names = [*figures["suicides"], *figures["causes"]]
    self_inflicted = draws.pick("suicide by", p.number[who], cumulative(list(figures["suicides"].values())))
    natural = draws.pick("cause", p.number[who], cumulative(list(figures["causes"].values())))
    cause = np.where(p.suicide[who], self_inflicted, len(figures["suicides"]) + natural)
    calendar = pa.concat_arrays([chunk.semesters.calendar, words(["2014-13-01"])])
    columns = {"cuni": who, "death": chunk.semesters.date(p.death[who]), "cause": cause}
    lists = {"cuni": pa.concat_arrays([chunk.cuni, words([""])]), "death": calendar, "cause": [c + "\n" for c in names]}
    faults = {"missing_cuni": ("cuni", len(p)), "bad_date": ("death", len(calendar) - 1)}
    year = year_of(p.death[who]) - years.start
    return Table(
        "CDM", year, draws.bits("CDM", p.number[who]), who, columns, lists, [(c,) for c in columns], faults=faults
    )
