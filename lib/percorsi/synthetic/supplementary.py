"""The supplementary flow (SUP) of the regions that have one, and the staff of the departments (PER)."""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.dispensing import BAD_DATE
from percorsi.synthetic.geography import Geography
from percorsi.synthetic.parameters import Parameters, day, year_of
from percorsi.synthetic.periods import file_of, parts
from percorsi.synthetic.spells import slot_on
from percorsi.synthetic.spoil import NOT_COUNTED
from percorsi.synthetic.table import Table, glue, repeated, text, words

SUP_COLUMNS = [
    *("REGIONE", "ID_EVENTO", "AZIENDA", "DSM", "CUNI", "TIPO", "DATA_INIZIO", "DATA_FINE", "ATTRIBUTI"),
    "OP",
]
PER_COLUMNS = ["REGIONE", "AZIENDA", "DSM", "ANNO", "PROFILO", "TESTE", "ORE_SETTIMANA"]
_LONGEST = 12  # events of a type and year


def events(chunk: Chunk) -> Table:
    """SUP: events of who has an episode on the day, in the file of their start.

    The end is told with the start where both are of one year; else a V tells it in the file of the end's year. So what
    a year delivers is the same whatever years are delivered with it, and only what is still on has no end.
    """
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["supplementary"]
    types = [*figures["types"], "RESTRAINT"]
    found = [*_by_chance(chunk, figures["types"]), _restraints(chunk, len(types) - 1)]
    who, start, end, kind, dsm, identity = (np.concatenate(c).astype(np.int64) for c in zip(*found, strict=True))
    order = np.flatnonzero(chunk.region_here(dsm))
    order = order[np.lexsort((identity[order], kind[order], start[order], who[order]))]
    key = (who[order] * 100_000 + start[order]) * 100 + kind[order]
    order = order[np.concatenate([[True], key[1:] != key[:-1]])[: len(order)]]  # one of a type a day
    who, start, end, kind, dsm, identity = (a[order] for a in (who, start, end, kind, dsm, identity))
    row, closing, date = _told(chunk, who, start, end)
    open_yet = ~closing & (year_of(end) > year_of(start))[row]
    who, start, end, kind, dsm, identity = (a[row] for a in (who, start, end, kind, dsm, identity))
    n, number, geography = len(who), p.number[who], chunk.geography
    attributes = [(t, a) for t in types for a in figures["attributes"][t]]
    first = np.array([next(i for i, (t, _) in enumerate(attributes) if t == name) for name in types])
    several = np.array([len(figures["attributes"][t]) for t in types])
    chosen = first[kind] + draws.integer("attributes", number, 0, several[kind] - 1, identity)
    running = ((p.running[who] * 10_000 + start - day(2000)) * 20 + kind) * 2
    columns = {
        "number": np.arange(n), "dsm": dsm + len(geography.dsm) * geography.epoch(date), "person": who,
        "kind": kind, "start": chunk.semesters.date(start),
        "end": chunk.semesters.date(end, ~open_yet), "attributes": chosen, "operation": closing.astype(np.int64),
    }  # fmt: skip
    numbers = [glue(repeated(chunk.code, n), text(running + other, 14)) for other in (0, 1)]
    wrong = first[kind] + (chosen - first[kind] + 1) % several[kind]
    lists = {
        "number": pa.concat_arrays(numbers),
        "dsm": [f"{a}~{d}" for y in (0, geography.merger["year"]) for a, d in zip(*geography.codes(y), strict=True)],
        "person": pa.concat_arrays([chunk.cuni, words([""])]), "kind": [*types, "OTHER_TYPE"],
        "start": pa.concat_arrays([chunk.semesters.calendar, words([BAD_DATE])]), "end": chunk.semesters.calendar,
        "attributes": [a for _, a in attributes], "operation": ["I\n", "V\n", "C\n", "NM\n"],
    }  # fmt: skip
    segments = [("number",), ("dsm",), ("person",), ("kind",), ("start",), ("end",), ("attributes", "operation")]
    faults = {
        "outside_domain": ("kind", len(types)), "missing_cuni": ("person", len(p)),
        "bad_date": ("start", len(lists["start"]) - 1),
    }  # fmt: skip
    file = file_of(date, chunk.semesters, parts(chunk.parameters, chunk.code, "SUP"))
    uid = draws.bits("SUP", number, running)
    table = Table("SUP", file, uid, who, columns, lists, segments, faults=faults, varied=("attributes", wrong),
                  phantom=("number", n))  # fmt: skip
    table.kind[closing] = NOT_COUNTED
    return table


def _told(chunk: Chunk, who: np.ndarray, start: np.ndarray, end: np.ndarray):
    """(event, whether it is the V that tells the end, day of the file) of each line of the delivery, by person."""
    later = np.flatnonzero(year_of(end) > year_of(start))
    row = np.concatenate([np.arange(len(who)), later])
    closing = np.arange(len(row)) >= len(who)
    date = np.where(closing, end[row], start[row])
    held = np.flatnonzero((date >= chunk.semesters.first) & (date <= chunk.semesters.last))
    held = held[np.lexsort((row[held], date[held], who[row[held]]))]
    return row[held], closing[held], date[held]


def _by_chance(chunk: Chunk, types: dict):
    """Events on days on which an episode is open, by year of the horizon, at the chances of the group.

    They last until the episode or the life ends, at the longest. Years before the delivery count: events end in it.
    """
    p, draws, spells = chunk.persons, chunk.draws, chunk.spells
    for position, (name, figures) in enumerate(types.items()):
        chance = chunk.parameters.by_kind(figures["chance"])[p.group] * (p.control == 0)
        times = figures.get("times", 1)
        for year in range(chunk.parameters.horizon[0], chunk.semesters.years.stop):
            given = np.flatnonzero(draws.happens("SUP " + name, p.number, chance, year))
            for i in range(times):
                identity = year * _LONGEST + i
                start = day(year) + draws.integer("SUP day " + name, p.number[given], 0, 364, identity)
                slot = slot_on(spells, given, start)
                kept = np.flatnonzero((slot >= 0) & (start < p.death[given]))
                who, start, slot = given[kept], start[kept], slot[kept]
                end = start
                if "days" in figures:
                    length = draws.exponential("SUP days " + name, p.number[who], figures["days"], identity)
                    end = start + 1 + length.astype(np.int64)
                    end = np.minimum(end, np.minimum(spells.active_end[who, slot], p.death[who]))
                    end = np.maximum(end, start)
                yield who, start, end, np.full(len(who), position), spells.dsm[who, slot], np.full(len(who), identity)


def _restraints(chunk: Chunk, position: int):
    """Restraint in public psychiatric wards; the department is that of the hospital the person is usually in."""
    p, draws, h = chunk.persons, chunk.draws, chunk.hospital
    rows = np.flatnonzero(h.psychiatric & ~h.private & (h.end - h.start >= 2))
    number, serial = p.number[h.who[rows]], h.serial[rows]
    done = draws.happens("restraint", number, chunk.parameters.flows["supplementary"]["restraint"], serial)
    rows, number, serial = rows[done], number[done], serial[done]
    date = h.start[rows] + draws.integer("restraint day", number, 0, 1, serial)
    who = h.who[rows]
    return who, date, date, np.full(len(rows), position), p.dsm[who], serial


def staff_rows(parameters: Parameters, geography: Geography, region: int, year: int) -> list[list]:
    """The rows of PER of a region and year: heads by profile, by the department's share of adults, times the scale."""
    figures, code = parameters.flows["staff"], parameters.region_codes[region]
    rows = []
    aziende, dsms = geography.codes(year)
    adults = parameters.adults[region] / parameters.adults.sum()
    for d in range(geography.first_dsm[region], geography.first_dsm[region] + geography.dsm_count[region]):
        for profile, heads in figures["heads"].items():
            number = max(1, round(heads * adults * geography.dsm_share[d] * parameters.scale))
            row = [code, aziende[d], dsms[d], year, profile, number, figures["hours"][profile]]
            rows.append(row)
    return rows
