"""Addiction services (SIND) and child and adolescent neuropsychiatry (NPIA): who goes there, and when."""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.dispensing import BAD_DATE
from percorsi.synthetic.hospital import inside
from percorsi.synthetic.parameters import day, year_of
from percorsi.synthetic.periods import file_of, parts
from percorsi.synthetic.random import cumulative
from percorsi.synthetic.table import Table, text, words

SIND_COLUMNS = [
    "REGIONE",
    "SERD",
    "ID_CONTATTO",
    "ASL",
    "ANNO",
    "CUNI",
    "DATA_CONTATTO",
    "TIPO_CONTATTO",
    "OP",
]
NPIA_COLUMNS = [
    *(
        "REGIONE",
        "STRUTTURA",
        "ID_CONTATTO",
        "ASL",
        "ANNO",
        "CUNI",
        "DATA_CONTATTO",
        "DIAGNOSI_ICD10",
        "OP",
    ),
]
_OPERATIONS = ["I\n", "V\n", "C\n", "NM\n", "X\n"]


def addiction(chunk: Chunk) -> Table:
    """SIND: contacts every few weeks, in periods."""
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["addiction"]
    chance = chunk.parameters.by_kind(figures["chance"])[p.group]
    users = np.flatnonzero(draws.happens("addiction", p.number, chance) & (p.region == chunk.region))
    number = p.number[users]
    first = np.maximum(chunk.known_from[users], day(chunk.parameters.horizon[0]))
    clock = first + draws.integer("addiction from", number, 0, 900)
    found = []
    low, more = figures["off_days"]
    for i in range(12):
        end = clock + draws.exponential("addiction on", number, figures["on_days"], i).astype(np.int64)
        found.append((users, clock, np.minimum(end, p.death[users] - 1), np.full(len(users), i)))
        clock = end + low + draws.exponential("addiction off", number, more, i).astype(np.int64)
    who, date, identity = _steps(chunk, "addiction", *map(np.concatenate, zip(*found, strict=True)), figures["step"])
    kind = draws.integer("addiction type", p.number[who], 0, len(figures["types"]) - 1, identity)
    wrong = (kind + 1) % len(figures["types"])
    return _contacts(chunk, "SIND", "T", who, date, kind, figures["types"], wrong)


def child(chunk: Chunk) -> Table:
    """NPIA: contacts in the years before the first one with the services for adults."""
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["child"]
    chance = chunk.parameters.by_kind(figures["chance"])[p.group]
    young = (p.control == 0) & (p.region == chunk.region)
    young &= year_of(np.minimum(p.entry, day(2100))) - p.birth_year <= figures["age"]
    users = np.flatnonzero(young & draws.happens("child", p.number, chance))
    number, born = p.number[users], p.birth_year[users]
    of_year = np.array([day(y) for y in range(1900, 2060)])
    begin = of_year[born + draws.integer("child from", number, *figures["from_age"]) - 1900]
    gap = draws.integer("child gap", number, *figures["gap_days"])
    end = np.minimum(p.entry[users] - gap, of_year[born + figures["until_age"] + 1 - 1900] - 1)
    end = np.minimum(end, p.death[users] - 1)
    who, date, identity = _steps(chunk, "child", users, begin, end, np.zeros(len(users), np.int64), figures["step"])
    codes = list(figures["diagnoses"])
    kind = draws.pick("child diagnosis", p.number[who], cumulative(list(figures["diagnoses"].values())))
    return _contacts(chunk, "NPIA", "N", who, date, kind, codes, (kind + 1) % len(codes))


def _steps(chunk: Chunk, name: str, who, start, end, serial, limits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(who, day, identity) of contacts at a personal distance within the spans, in order."""
    draws, first, last = chunk.draws, chunk.semesters.first, chunk.semesters.last
    number = chunk.persons.number[who]
    step = limits[0] + (limits[1] - limits[0]) * draws.uniform(name + " step", number)
    from_k = np.maximum(0, np.floor((first - start) / step))
    # a day more than asked for: the steps have fractions, and what lies beyond falls below
    count = np.maximum(0, np.floor((np.minimum(end, last + 1) - start) / step) - from_k + 1).astype(np.int64)
    total = np.concatenate([[0], np.cumsum(count)])
    row = np.repeat(np.arange(len(who)), count)
    k = from_k[row].astype(np.int64) + np.arange(total[-1]) - total[:-1][row]
    date = start[row] + np.floor(k * step[row]).astype(np.int64)
    identity = serial[row] * 10_000 + k
    ward = chunk.ward
    kept = (date >= first) & (date <= last) & draws.happens(name + " kept", number[row], 0.85, identity)
    kept &= ~inside(ward.who, ward.start, ward.end, who[row], date)
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((date[rows], who[row[rows]]))]
    return who[row[rows]], date[rows], identity[rows]


def _contacts(chunk: Chunk, flow: str, letter: str, who, date, kind, kinds: list[str], wrong: np.ndarray) -> Table:
    p, n = chunk.persons, len(who)
    running = ((p.control * 10_000_000 + p.running)[who] * 10_000 + date - day(2000)) * 10
    numbers = pa.concat_arrays([text(running, 14), text(running + 1, 14)])
    aziende = chunk.geography.aziende
    years = chunk.semesters.years
    columns = {
        "structure": p.dsm[who], "number": np.arange(n), "azienda": chunk.azienda_of(who, date),
        "year": year_of(date) - years.start,
        "person": who, "date": chunk.semesters.date(date), "kind": kind, "operation": np.zeros(n, np.int64),
    }  # fmt: skip
    lists = {
        "structure": [f"{chunk.code}~{a}{letter}{1:02d}" for a in aziende], "number": numbers, "azienda": aziende,
        "year": [str(y) for y in years], "person": pa.concat_arrays([chunk.cuni, words([""])]),
        "date": pa.concat_arrays([chunk.semesters.calendar, words([BAD_DATE])]), "kind": kinds,
        "operation": _OPERATIONS,
    }  # fmt: skip
    segments = [("structure",), ("number",), ("azienda", "year"), ("person",), ("date",), ("kind", "operation")]
    faults = {
        "outside_domain": ("operation", 4), "missing_cuni": ("person", len(p)),
        "bad_date": ("date", len(lists["date"]) - 1),
    }  # fmt: skip
    file = file_of(date, chunk.semesters, parts(chunk.parameters, chunk.code, flow))
    uid = chunk.draws.bits(flow, p.number[who], date)
    return Table(flow, file, uid, who, columns, lists, segments, faults=faults, varied=("kind", wrong),
                 phantom=("number", n))  # fmt: skip
