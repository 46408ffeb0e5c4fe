"""Outpatient services (SPE): checks that follow drugs, a few of anybody, psychiatric visits outside the DSMs."""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.dispensing import BAD_DATE, prescriptions
from percorsi.synthetic.hospital import inside
from percorsi.synthetic.parameters import day
from percorsi.synthetic.periods import file_of, month_of, parts
from percorsi.synthetic.spoil import NOT_COUNTED
from percorsi.synthetic.table import Table, glue, repeated, text, words
from percorsi.synthetic.therapies import BY_STAY, CLASSES, Courses

SPE_COLUMNS = [
    *("REGIONE", "RICETTA", "RIGA", "ASL", "STRUTTURA", "ANNO", "MESE", "CUNI", "DATA_EROGAZIONE", "NOMENCLATORE"),
    *("PRESTAZIONE", "QUANTITA", "DISCIPLINA", "OP"),
]
_LINES = 12  # services of a panel, at most
_OPERATIONS = ["I\n", "V\n", "C\n", "NM\n", "X\n"]


def services(chunk: Chunk) -> Table:
    """The table of SPE: one prescription a sample, one line a service."""
    p, draws = chunk.persons, chunk.draws
    panels = chunk.parameters.flows["laboratory"]["panels"]
    names = list(panels)
    who, date, panel = _samples(chunk, names)
    codes = sorted({c for panel in panels.values() for c in panel})
    content = [[codes.index(c) for c in panel] + [-1] * (_LINES - len(panel)) for panel in panels.values()]
    chances = [[*panel.values()] + [0.0] * (_LINES - len(panel)) for panel in panels.values()]
    identity = (date * 10 + panel)[:, None] * 20 + np.arange(_LINES)[None, :]
    there = draws.happens("service", p.number[who][:, None], np.array(chances)[panel], identity)
    sample, place = np.nonzero(there)
    service = np.array(content)[panel[sample], place]
    line = place
    if chunk.code in chunk.parameters.flows["total_lines"]:
        every = np.arange(len(who))
        sample = np.concatenate([sample, every])
        service = np.concatenate([service, np.full(len(who), len(codes))])
        line = np.concatenate([line, np.full(len(who), _LINES)])
        order = np.lexsort((line, sample))
        sample, service, line = sample[order], service[order], line[order]
    return _table(chunk, who, date, panel, sample, service, line, codes, names)


def _table(chunk: Chunk, who, date, panel, sample, service, line, codes: list[str], names: list[str]) -> Table:
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["laboratory"]
    total = line == _LINES
    month = month_of(date, chunk.semesters)
    numbers = [prescriptions(p, who, date, panel + shift) for shift in (10, 60)]
    disciplines = figures["disciplines"]
    kind = [disciplines["psychiatry"] if "visit" in n else disciplines.get(n, disciplines["laboratory"]) for n in names]
    found = sorted(set(kind))
    structures = [
        f"{azienda}~{azienda}9{s + 1:02d}" for azienda in chunk.geography.aziende for s in range(figures["structures"])
    ]
    structure = chunk.azienda_of(who, date) * figures["structures"]
    structure = structure + draws.integer("laboratory", p.number[who], 0, figures["structures"] - 1)
    months = [f"{y}~{m:02d}" for y in chunk.semesters.years for m in range(1, 13)]
    columns = {
        "number": sample, "line": line, "structure": structure[sample], "month": month[sample], "person": who[sample],
        "date": chunk.semesters.date(date[sample]), "service": service, "quantity": np.zeros(len(sample), np.int64),
        "discipline": np.array([found.index(k) for k in kind])[panel[sample]],
        "operation": np.zeros(len(sample), np.int64),
    }  # fmt: skip
    lists = {
        "number": pa.concat_arrays([glue(repeated(chunk.code, len(n)), text(n, 16)) for n in numbers]),
        "line": [*(f"{i + 1:02d}" for i in range(_LINES)), "99"], "structure": structures, "month": months,
        "person": pa.concat_arrays([chunk.cuni, words([""])]),
        "date": pa.concat_arrays([chunk.semesters.calendar, words([BAD_DATE])]),
        "service": [*(f"N~{c}" for c in codes), "~"], "quantity": ["1", "2", "0"], "discipline": found,
        "operation": _OPERATIONS,
    }  # fmt: skip
    segments = [("number",), ("line", "structure"), ("month",), ("person",), ("date",)]
    segments += [("service", "quantity", "discipline", "operation")]
    uid = draws.bits("SPE", p.number[who[sample]], (date * 10 + panel)[sample] * 20 + line)
    faults = {
        "outside_domain": ("operation", 4), "missing_cuni": ("person", len(p)),
        "bad_date": ("date", len(lists["date"]) - 1), "not_positive": ("quantity", 2),
    }  # fmt: skip
    file = file_of(date[sample], chunk.semesters, parts(chunk.parameters, chunk.code, "SPE"))
    wrong = (service + 1) % len(codes)
    table = Table("SPE", file, uid, who[sample], columns, lists, segments, faults=faults, varied=("service", wrong),
                  phantom=("number", len(who)))  # fmt: skip
    table.kind[total] = NOT_COUNTED
    return table


def _samples(chunk: Chunk, names: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(who, day, panel) of each sample of the delivery's years, one of a panel a day, in order."""
    parts = [*_routine(chunk), *_beginnings(chunk), *_anybody(chunk)]
    who = np.concatenate([w for w, _, _ in parts])
    date = np.concatenate([d for _, d, _ in parts])
    panel = np.concatenate([np.full(len(w), names.index(n)) for w, _, n in parts])
    p = chunk.persons
    first, last = chunk.semesters.first, chunk.semesters.last
    ward = chunk.ward
    held = (date >= first) & (date <= last) & (date < p.death[who]) & (p.region[who] == chunk.region)
    held &= ~inside(ward.who, ward.start, ward.end, who, date)
    key = np.unique((who[held] * 100_000 + date[held]) * 100 + panel[held])
    rest, panel = np.divmod(key, 100)
    who, date = np.divmod(rest, 100_000)
    return who, date, panel


def of_class(chunk: Chunk, what: str) -> np.ndarray:
    """Positions of the courses of a class, or of a substance."""
    courses: Courses = chunk.courses
    if what in CLASSES:
        return np.flatnonzero(courses.klass == CLASSES.index(what))
    return np.flatnonzero(courses.substance == chunk.packs.position(what))


def _routine(chunk: Chunk):
    """Checks of who is under a therapy: each year cut into equal parts, a day in each, kept while a course is on."""
    p, draws, courses = chunk.persons, chunk.draws, chunk.courses
    for panel, figures in chunk.parameters.flows["laboratory"]["routine"].items():
        rows = of_class(chunk, figures["of"])
        start, end, owner = courses.start[rows], courses.end[rows], courses.who[rows]
        who = np.unique(owner)
        number = p.number[who]
        for year in chunk.semesters.years:
            for part in range(figures["times"]):
                length = 365 // figures["times"]
                index = year * 10 + part
                date = day(year) + part * length + draws.integer(panel + "/day", number, 0, length - 1, index)
                done = draws.happens(panel + "/routine", number, figures["chance"], index)
                held = np.flatnonzero(done & inside(owner, start, end + 1, who, date))
                yield who[held], date[held], panel


def _beginnings(chunk: Chunk):
    """Checks when a course begins."""
    p, draws, courses = chunk.persons, chunk.draws, chunk.courses
    for panel, figures in chunk.parameters.flows["laboratory"]["beginning"].items():
        rows = of_class(chunk, figures["of"])
        who, serial = courses.who[rows], courses.serial[rows]
        again = (serial > 0) & (serial < BY_STAY)
        chance = np.where(again, figures["again"], figures["chance"])
        checked = draws.happens(panel + "/beginning", p.number[who], chance, serial)
        for i, (low, high) in enumerate(figures["days"]):
            date = courses.start[rows] + draws.integer(panel + f"/after {i}", p.number[who], low, high, serial)
            held = np.flatnonzero(checked & (date <= courses.end[rows] + 30))
            yield who[held], date[held], panel


def _anybody(chunk: Chunk):
    """Checks for other reasons, and outpatient psychiatric visits."""
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["laboratory"]
    known = chunk.known_from
    visits = np.where(p.control == 1, figures["visits"]["control"], figures["visits"]["chance"])
    for year in chunk.semesters.years:
        for panel, chance in ((figures["any"]["panel"], figures["any"]["chance"]), ("visit", visits)):
            date = day(year) + draws.integer(panel + "/any day", p.number, 0, 364, year)
            done = draws.happens(panel + "/any", p.number, chance, year) & (date >= known)
            who = np.flatnonzero(done)
            yield who, date[who], panel
