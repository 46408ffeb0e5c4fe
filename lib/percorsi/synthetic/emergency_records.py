"""Emergency department visits as records of PS: 62 fields that agree with each other and with the outcome."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from percorsi.synthetic.admissions import disciplines, hospitals, make_records, sheets
from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.dispensing import BAD_DATE
from percorsi.synthetic.emergency import ADMISSION, DISORDER, OTHER, Visits, make_visits
from percorsi.synthetic.parameters import year_of
from percorsi.synthetic.periods import file_of, parts
from percorsi.synthetic.random import cumulative
from percorsi.synthetic.registers import residence
from percorsi.synthetic.table import Table, glue, repeated, text, words

_LEFT_AT_ONCE, _LEFT, _WATCHED, _ADMITTED = "6", "7", "10", "2"


def emergencies(chunk: Chunk) -> Table:
    """The table of PS."""
    v, p, draws = make_visits(chunk), chunk.persons, chunk.draws
    figures = chunk.parameters.flows["emergency"]
    n, number = len(v.who), p.number[v.who]
    triage = draws.pick("triage", number, cumulative(list(figures["triage"].values())), index=v.date)
    harm = draws.happens("harm", number, figures["self_harm"], v.date) & (v.reason == DISORDER)
    admitted = _admitted(chunk, v)
    heads, arrival, moments = _arrival(chunk, v, admitted)
    treatments = _treatments(chunk, v, triage, moments, admitted)
    person = v.who + 4 * len(p) * chunk.geography.epoch(v.date)
    columns = {
        "head": np.arange(n), "arrival": np.arange(n), "problem": np.where(harm, 1, np.where(v.reason == OTHER, 2, 0)),
        "triage": triage, "person": person, "treatment": np.arange(n), "operation": np.zeros(n, np.int64),
    }  # fmt: skip
    lists = {
        "head": heads, "arrival": arrival, "problem": ["16~", "10~2", "05~"], "triage": [*figures["triage"], "Z"],
        "person": _persons(chunk), "treatment": treatments, "operation": ["I\n", "V\n", "C\n", "NM\n"],
    }  # fmt: skip
    segments = [("head",), ("arrival",), ("problem", "triage"), ("person",), ("treatment",), ("operation",)]
    faults = {
        "outside_domain": ("triage", len(figures["triage"])), "bad_date": ("head", 2 * n + np.arange(n)),
        "missing_cuni": ("person", 3 * len(p) + person), "unnamed": ("person", (1 + v.date % 2) * len(p) + person),
    }  # fmt: skip
    file = file_of(v.date, chunk.semesters, parts(chunk.parameters, chunk.code, "PS"))
    uid = draws.bits("PS", number, v.date)
    # a line corrected later has a wrong diagnosis
    return Table("PS", file, uid, v.who, columns, lists, segments, faults=faults,
                 varied=("treatment", n + np.arange(n)), phantom=("head", n))  # fmt: skip


@dataclass
class _Admitted:
    """By visit what the first record of the stay says; the usual hospital and no sheet where nobody is admitted."""

    institute: pa.Array
    sheet: pa.Array
    discipline: pa.Array


def _admitted(chunk: Chunk, v: Visits) -> _Admitted:
    p, records = chunk.persons, make_records(chunk)
    usual = chunk.geography.pick(chunk.draws, "usual hospital", "SPDC", p.number[v.who], p.dsm[v.who])
    comes = v.stay >= 0
    first = np.where(comes, np.searchsorted(records.stay, v.stay), len(records.stay))  # behind the last: nothing
    place, ward = (np.append(a, 0)[first] for a in (records.hospital, records.ward))
    return _Admitted(
        words(hospitals(chunk)).take(pa.array(np.where(comes, place, usual))),
        pa.concat_arrays([sheets(chunk, records), words([""])]).take(pa.array(first)),
        words(disciplines(chunk)).take(pa.array(ward)),
    )


def _arrival(chunk: Chunk, v: Visits, admitted: _Admitted) -> tuple[pa.Array, pa.Array, list[pa.Array]]:
    """Fields 0 to 3 (as they are, with another number, with a wrong date), 4 to 8, and day and five moments of it."""
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["emergency"]
    n, number = len(v.who), p.number[v.who]
    years = v.date.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    running = (p.control * 10_000_000 + p.running)[v.who] * 1000 + v.date - years
    minutes = draws.integer("minutes", number, 360, 1100, v.date)
    times = words(f"{m // 60:02d}:{m % 60:02d}" for m in range(1440))
    at = [times.take(pa.array(minutes + later)) for later in (0, 35, 90, 180, 300)]
    date = chunk.semesters.calendar.take(pa.array(chunk.semesters.date(v.date)))
    year = text(year_of(v.date))
    keys = [pc.binary_join_element_wise(year, text(running + other, 12), "") for other in (0, 5 * 10**11)]
    heads = [glue(key, admitted.institute, date, at[0]) for key in keys] + [
        glue(keys[0], admitted.institute, repeated(BAD_DATE, n), at[0])
    ]
    senders = list(figures["sent_by"])
    sender = draws.pick("sent by", number, cumulative(list(figures["sent_by"].values())), index=v.date)
    ambulance = pa.array(draws.happens("ambulance", number, figures["ambulance"], v.date))
    by_ambulance = glue(repeated(f"1~{chunk.code}01", n), keys[0], repeated("5~", n))
    alone = glue(repeated("3~~", n), words(senders).take(pa.array(sender)), repeated("", n))
    return pa.concat_arrays(heads), pc.if_else(ambulance, by_ambulance, alone), [date, *at]


def _treatments(chunk: Chunk, v: Visits, triage: np.ndarray, moments: list[pa.Array], admitted: _Admitted) -> pa.Array:
    """Fields 25 to 60 of each visit, and once more with a wrong diagnosis."""
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["emergency"]
    n, number = len(v.who), p.number[v.who]
    date, _, seen, decided, leaves, later = moments
    outcomes = [*figures["outcomes"], _ADMITTED]
    outcome = draws.pick("outcome", number, cumulative(list(figures["outcomes"].values())), index=v.date)
    outcome = np.where(v.reason == ADMISSION, len(outcomes) - 1, outcome)
    levels = list(figures["triage"])
    level = words(levels).take(pa.array(triage))
    found = []
    # who left has no diagnosis: the wrong line has somebody go home with one
    left = np.isin(outcome, [outcomes.index(_LEFT_AT_ONCE), outcomes.index(_LEFT)])
    wrong = np.where(left, outcomes.index("1"), outcome)
    for (primary, second), ending in zip(_diagnoses(chunk, v), (outcome, wrong), strict=True):
        by_outcome = {
            _LEFT_AT_ONCE: repeated("~~~~~~6" + "~" * 29, n),
            _LEFT: glue(date, seen, repeated("~~~~7" + "~" * 29, n)),
        }
        common = glue(date, seen, primary, second, repeated("89.7~", n))
        for code in ("1", "5", "8"):
            decision = glue(date, decided) if code == "1" else repeated("~", n)
            by_outcome[code] = glue(
                common, repeated(code, n), decision, date, leaves, repeated("", n), level, repeated("~" * 17, n),
                repeated("1~180.00~~4~", n),
            )  # fmt: skip
        by_outcome[_ADMITTED] = glue(
            common, repeated("2", n), date, decided, date, leaves, repeated("", n), level, admitted.sheet,
            admitted.discipline, repeated("~" * 15, n), repeated("1~320.00~~4~", n),
        )  # fmt: skip
        watch = glue(
            repeated("A01", n), date, decided, repeated("~~~~1~89.7~", n), primary, repeated("", n), date, later
        )
        by_outcome[_WATCHED] = glue(
            common, repeated("10", n), date, decided, date, later, repeated("", n), level, repeated("~~~", n), watch,
            repeated("1~410.00~~4~", n),
        )  # fmt: skip
        found.append(pc.choose(pa.array(ending), *(by_outcome[o] for o in outcomes)) if n else words([]))
    return pa.concat_arrays(found)


def _diagnoses(chunk: Chunk, v: Visits) -> list[tuple[pa.Array, pa.Array]]:
    """(main, secondary) as they are, and with another main one."""
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["emergency"]
    number, n = p.number[v.who], len(v.who)
    own = chunk.parameters.codes
    group = np.minimum(p.group[v.who], len(chunk.parameters.groups) - 1)
    codes = [*own, *figures["mental"], *figures["other_diagnoses"]]
    drawn = draws.pick("emergency code", number, chunk.parameters.code_weights, group, v.date)
    mental = len(own) + draws.integer("mental code", number, 0, len(figures["mental"]) - 1, v.date)
    is_own = draws.happens("own diagnosis", number, figures["own_diagnosis"], v.date) & (p.control[v.who] == 0)
    last = len(figures["other_diagnoses"]) - 1
    other = len(own) + len(figures["mental"]) + draws.integer("other code", number, 0, last, v.date)
    none = own.index("00000")
    mental = np.where((is_own | (v.reason == ADMISSION)) & (drawn != none), drawn, mental)
    main = np.where(v.reason == OTHER, other, mental)
    second = draws.happens("second", number, figures["second"], v.date)
    also = np.where(v.reason == OTHER, mental, other)
    named = words(codes)
    beside = pc.if_else(pa.array(second), named.take(pa.array(also)), "")
    # now and then two secondary diagnoses in one field
    double = pa.array(second & (number.astype(np.int64) % 4 == 0))
    beside = pc.if_else(double, pc.binary_join_element_wise(beside, repeated("25000", n), "|"), beside)
    wrong = np.where(v.reason == OTHER, mental, other)
    return [(named.take(pa.array(main)), beside), (named.take(pa.array(wrong)), beside)]


def _persons(chunk: Chunk) -> pa.Array:
    """Fields 12 to 24 by person, before and after the merger: as they are, with type 98, with 99, without CUNI."""
    found = [part for epoch in (0, 1) for part in _told(chunk, epoch)]
    return pa.concat_arrays(found)


def _told(chunk: Chunk, epoch: int) -> list[pa.Array]:
    p, n = chunk.persons, len(chunk.persons)
    kind, region, azienda = residence(chunk, epoch)
    town = chunk.parameters.flows["emergency"]["towns"]
    home = pa.array(chunk.geography.aziende).take(pa.array(p.dsm + epoch * len(chunk.geography.dsm)))
    moved, abroad = pa.array(kind == 4), pa.array(kind == 2)
    region = pc.if_else(moved, region, repeated(chunk.code, n))
    azienda = pc.if_else(moved, azienda, home)
    towns = words(town[c] for c in chunk.parameters.region_codes)
    place = pc.index_in(region, words(chunk.parameters.region_codes))
    living = glue(region, towns.take(place), azienda, repeated("", n))
    living = pc.if_else(abroad, "999~999999~999~RO", living)
    citizen = pc.if_else(abroad, "RO", "IT")
    rest = glue(
        repeated("", n), text(p.birth_year), repeated("~", n), words(["1", "2"]).take(pa.array(p.sex)), citizen, living
    )
    kinds = [glue(chunk.cuni, repeated(f"0~{t}", n), rest) for t in ("0", "98", "99")]
    return [*kinds, glue(repeated("~0~0", n), rest)]
