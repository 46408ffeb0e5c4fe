"""Packs that persons get: the days of each course, and their records in FAR (pharmacies) and DIR (direct)."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.hospital import inside
from percorsi.synthetic.parameters import day
from percorsi.synthetic.periods import file_of, month_of, parts
from percorsi.synthetic.population import Persons
from percorsi.synthetic.random import Draws
from percorsi.synthetic.registers import residence
from percorsi.synthetic.spoil import NOT_COUNTED
from percorsi.synthetic.table import Table, glue, repeated, text, words
from percorsi.synthetic.therapies import Courses

FAR_COLUMNS = [
    *(
        "REGIONE",
        "RICETTA",
        "RIGA",
        "ASL",
        "ANNO",
        "MESE",
        "CUNI",
        "DATA_EROGAZIONE",
        "AIC",
        "PEZZI",
        "OP",
    ),
]
ANONYMOUS = "TGIN+o+fB0m+hf4iyd2fYF6kjRqEpa6+TPiiNfAvE0M=9wmFXLxmSeuWHV0HIMjYtoyCAOT+Dms+s2mz2P3x90Y="  # rule B17
PIECES = 3  # packs that a line of FAR may have at most
BAD_DATE = "2015-02-30"
_EPOCH = day(2000)
_OPERATIONS = ["I\n", "V\n", "C\n", "NM\n", "X\n"]


@dataclass
class Dispensings:
    """One element a dispensing, in order of course: its course, day, and running number in the course."""

    course: np.ndarray
    date: np.ndarray
    k: np.ndarray


def make_dispensings(
    p: Persons, courses: Courses, stays, ward, figures: dict, draws: Draws, first: int, last: int
) -> Dispensings:
    """The dispensings of the days `first` .. `last`; none in hospital (`ward`), some in a facility (`stays`)."""
    end = np.minimum(courses.end, last)
    from_k = np.maximum(0, np.floor((first - courses.start) / courses.step) - 1)
    count = np.maximum(0, np.floor((end - courses.start) / courses.step) + 2 - from_k).astype(np.int64)
    count = np.where(end >= np.maximum(courses.start, first), count, 0)
    total = np.concatenate([[0], np.cumsum(count)])
    course = np.repeat(np.arange(len(count)), count)
    k = from_k[course].astype(np.int64) + np.arange(total[-1]) - total[:-1][course]
    who, identity = courses.who[course], _identity(courses, course, k)
    number = p.number[who]
    shift = np.where(k > 0, (2 * draws.uniform("refill", number, identity) - 1) * figures["jitter"], 0.0)
    date = courses.start[course] + np.floor((k + shift) * courses.step[course]).astype(np.int64)
    held = (date >= np.maximum(courses.start[course], first)) & (date <= end[course]) & (date < p.death[who])
    held &= ~inside(ward.who, ward.start, ward.end, who, date)
    housed = inside(stays.who, stays.start, stays.end, who, date)
    held &= ~housed | draws.happens("refill in facility", number, figures["in_facility"], identity)
    rows = np.flatnonzero(held)
    return Dispensings(course[rows], date[rows], k[rows])


def _identity(courses: Courses, course: np.ndarray, k: np.ndarray) -> np.ndarray:
    return (courses.klass[course] * 10_000_000 + courses.serial[course]) * 1000 + k


def prescriptions(p: Persons, who: np.ndarray, date: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Numbers that no two prescriptions of a region share: kind of person, person, day, kind (0 to 99)."""
    return ((p.control * 10_000_000 + p.running)[who] * 10_000 + (date - _EPOCH)) * 100 + kind


def pharmacy(chunk: Chunk, d: Dispensings) -> Table:
    """FAR: a line has up to three packs; in some regions a total line ends the prescription."""
    p, courses, packs = chunk.persons, chunk.courses, chunk.packs
    rows = np.flatnonzero(~courses.direct[d.course])
    course, date = d.course[rows], d.date[rows]
    count = courses.packs[course]
    lines = -(-count // PIECES)
    totals = chunk.code in chunk.parameters.flows["total_lines"]
    item = np.repeat(np.arange(len(rows)), lines + totals)
    first = np.concatenate([[0], np.cumsum(lines + totals)[:-1]]).astype(np.int64)
    line = np.arange(len(item)) - first[item]
    total = line == lines[item]
    pieces = np.where(total, count[item], np.minimum(PIECES, count[item] - line * PIECES))
    who, day_of = courses.who[course][item], date[item]
    month = month_of(day_of, chunk.semesters)
    numbers = text(prescriptions(p, courses.who[course], date, courses.klass[course]), 16)
    phantoms = text(prescriptions(p, courses.who[course], date, courses.klass[course] + 50), 16)
    months = [f"{y}~{m:02d}" for y in chunk.semesters.years for m in range(1, 13)]
    amounts = [str(n) for n in range(1, 10)]
    codes = {
        "number": item, "line": np.where(total, 9, line), "azienda": chunk.azienda_of(who, day_of),
        "month": month, "person": who,
        "date": chunk.semesters.date(day_of), "aic": np.where(total, len(packs.aic), courses.pack[course][item]),
        "pieces": pieces - 1, "operation": np.zeros(len(item), np.int64),
    }  # fmt: skip
    lists = {
        "number": pa.concat_arrays([glue(repeated(chunk.code, len(n)), n) for n in (numbers, phantoms)]),
        "line": [*map(str, range(1, 10)), "99"], "azienda": chunk.geography.aziende, "month": months,
        "person": pa.concat_arrays([chunk.cuni, words([""])]),
        "date": pa.concat_arrays([chunk.semesters.calendar, words([BAD_DATE])]),
        "aic": [*packs.aic, "", "999999999"], "pieces": [*amounts, "0", "-1"], "operation": _OPERATIONS,
    }  # fmt: skip
    segments = [("number",), ("line", "azienda"), ("month",), ("person",), ("date",), ("aic", "pieces", "operation")]
    uid = chunk.draws.bits("FAR", p.number[who], _identity(courses, course, d.k[rows])[item] * 10 + line)
    faults = {
        "outside_domain": ("operation", 4), "unknown_pack": ("aic", len(packs.aic) + 1), "not_positive": ("pieces", 9),
        "missing_cuni": ("person", len(p)), "bad_date": ("date", len(lists["date"]) - 1),
    }  # fmt: skip
    file = file_of(day_of, chunk.semesters, parts(chunk.parameters, chunk.code, "FAR"))
    wrong = np.where(pieces == 1, 1, 0)
    table = Table("FAR", file, uid, who, codes, lists, segments, faults=faults, varied=("pieces", wrong),
                  phantom=("number", len(rows)))  # fmt: skip
    table.kind[total] = NOT_COUNTED
    return table


def direct(chunk: Chunk, d: Dispensings) -> Table:
    """DIR: a line a dispensing; quantities are packs, or units with the units of a pack beside them."""
    p, courses, packs = chunk.persons, chunk.courses, chunk.packs
    rows = np.flatnonzero(courses.direct[d.course])
    course, date = d.course[rows], d.date[rows]
    who, pack, count = courses.who[course], courses.pack[course], courses.packs[course]
    months = [f"{y}~{m:02d}" for y in chunk.semesters.years for m in range(1, 13)]
    code, azienda = chunk.code, chunk.geography.aziende
    places = [f"{code}~{m}~{code}{a}~06~~{code}{a}" for m in months for a in azienda]
    number = prescriptions(p, who, date, courses.klass[course])
    numbers = pa.concat_arrays([text(number, 16), text(number + 50, 16)])
    units = code in chunk.parameters.flows["units"]
    amounts = [*range(1, 10), 0, -1]
    quantities = [
        f"{f'{n * u}.00'}~{u}~0~{'-' if n < 0 else ''}18.50~{'-' if n < 0 else ''}2.00\n"
        for u in (packs.units if units else np.ones(len(packs.aic), np.int64))
        for n in amounts
    ]
    small = code in chunk.parameters.flows["lower_case"]
    operations = ["i", "v", "c", "NM", "X"] if small else ["I", "V", "C", "NM", "X"]
    codes = {
        "place": month_of(date, chunk.semesters) * len(azienda) + chunk.azienda_of(who, date),
        "person": who + 3 * len(p) * chunk.geography.epoch(date),
        "operation": np.zeros(len(rows), np.int64), "contact": np.zeros(len(rows), np.int64),
        "number": np.arange(len(rows)), "date": chunk.semesters.date(date),
        "prescribed": chunk.semesters.date(date - 1), "aic": pack, "quantity": pack * len(amounts) + count - 1,
    }  # fmt: skip
    lists = {
        "place": words(places), "person": _persons(chunk), "operation": operations, "contact": ["D~~01~1~1"],
        "number": numbers, "date": pa.concat_arrays([chunk.semesters.calendar, words([BAD_DATE])]),
        "prescribed": glue(repeated("~", len(chunk.semesters.calendar)), chunk.semesters.calendar),
        "aic": [f"2.00~~H~1~{a}" for a in [*packs.aic, "999999999"]], "quantity": words(quantities),
    }  # fmt: skip
    segments = [(name,) for name in ("place", "person")] + [("operation", "contact")]
    segments += [(name,) for name in ("number", "date", "prescribed", "aic", "quantity")]
    uid = chunk.draws.bits("DIR", p.number[who], _identity(courses, course, d.k[rows]))
    n = len(p)
    faults = {
        "outside_domain": ("operation", 4), "unknown_pack": ("aic", len(packs.aic)), "missing_cuni": ("person", 6 * n),
        "unnamed": ("person", codes["person"] + n * (1 + date % 2)), "anonymous": ("person", 6 * n + 1),
        "bad_date": ("date", len(lists["date"]) - 1),
        "not_positive": ("quantity", pack * len(amounts) + 9 + (count > 1)),
    }  # fmt: skip
    file = file_of(date, chunk.semesters, parts(chunk.parameters, code, "DIR"))
    wrong = pack * len(amounts) + np.where(count == 1, 1, 0)
    return Table("DIR", file, uid, who, codes, lists, segments, faults=faults, varied=("quantity", wrong),
                 phantom=("number", len(rows)))  # fmt: skip


def _persons(chunk: Chunk) -> pa.Array:
    """Fields 7 to 15 by person, before and after the merger: as they are, with type 98, with type 99; then without
    CUNI, and anonymous."""
    p, n, geography = chunk.persons, len(chunk.persons), chunk.geography
    found = []
    for epoch in (0, 1):
        kind, region, other = residence(chunk, epoch)
        azienda = pa.array(geography.aziende).take(pa.array(p.dsm + epoch * len(geography.dsm)))
        place = glue(repeated(chunk.code, n), azienda, separator="")
        place = pc.if_else(pa.array(kind == 4), glue(region, other, separator=""), place)
        abroad = pa.array(kind == 2)
        place = pc.if_else(abroad, "~2~RO", glue(place, repeated("1~", n)))
        born = glue(text(p.birth_year), repeated("01-01", n), separator="-")
        rest = glue(born, words(["1", "2"]).take(pa.array(p.sex)), place, repeated("", n))
        found += [glue(chunk.cuni, repeated(f"0~{t}", n), rest) for t in ("0", "98", "99")]
    nobody = f"~~~1970-01-01~1~{chunk.code}{geography.azienda[geography.first_dsm[chunk.region]]}~1~~"
    return pa.concat_arrays([*found, words([nobody, f"{ANONYMOUS}~0~98~9999-12-31~9~~~~"])])
