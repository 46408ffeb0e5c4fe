"""Therapies: courses of a class of drugs, on and off, begun before, at or after the first contact, or by a stay.

A course is a function of the person and of its running number. Class 0 antipsychotic, 1 its addition, 2 mood
stabiliser, 3 antidepressant.
"""

from dataclasses import dataclass, fields

import numpy as np

from percorsi.synthetic.contacts import intensity
from percorsi.synthetic.hospital import Hospital, inside
from percorsi.synthetic.medicines import Packs
from percorsi.synthetic.parameters import FOREVER, Parameters, day
from percorsi.synthetic.population import Persons
from percorsi.synthetic.random import Draws, cumulative
from percorsi.synthetic.spells import ELSEWHERE, Spells

CLASSES = ["antipsychotic", "addition", "mood_stabiliser", "antidepressant"]
_CYCLES = 40  # courses of a person: more than the horizon holds
BY_STAY = 1000  # serial numbers of courses that a stay begins, from here on


@dataclass
class Courses:
    """One element a course, in order of person, class and beginning."""

    who: np.ndarray
    klass: np.ndarray
    serial: np.ndarray
    start: np.ndarray
    end: np.ndarray
    substance: np.ndarray
    pack: np.ndarray
    packs: np.ndarray  # at each dispensing
    step: np.ndarray  # days between dispensings
    direct: np.ndarray

    def take(self, rows: np.ndarray) -> "Courses":
        return Courses(*(getattr(self, f.name)[rows] for f in fields(self)))


def care_end(spells: Spells) -> np.ndarray:
    """By person the day on which the last episode closes; before the horizon where there is none."""
    ends = np.where(spells.start[:, :ELSEWHERE] < FOREVER, spells.end[:, :ELSEWHERE], -FOREVER)
    return ends.max(axis=1)


def make_courses(
    p: Persons, spells: Spells, hospital: Hospital, parameters: Parameters, packs: Packs, draws: Draws, last: int
) -> Courses:
    """All courses that begin by the day `last`."""
    parts = []
    for name in ("antipsychotic", "mood_stabiliser", "antidepressant"):
        spans = _spans(name, p, spells, hospital, parameters, draws, last)
        main = _described(name, CLASSES.index(name), *spans, p, parameters, packs, draws)
        parts.append(main)
        if name == "antipsychotic":
            parts.append(_additions(main, p, parameters, packs, draws))
    joined = Courses(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Courses)))
    return joined.take(np.lexsort((joined.start, joined.klass, joined.who)))


def _spans(name: str, p: Persons, spells: Spells, hospital: Hospital, parameters: Parameters, draws: Draws, last: int):
    """(who, serial, start, end) of the courses of a class, in order of person and start, apart from each other."""
    figures = parameters.drugs["therapies"][name]
    first_day = day(parameters.horizon[0])
    chance = parameters.by_kind(figures["chance"])[p.group]
    users = np.flatnonzero(draws.happens(name, p.number, chance))
    number, group = p.number[users], p.group[users]
    keeps = draws.happens(name + "/keeps", number, parameters.by_kind(figures["adherent"])[group])
    on = np.where(keeps, *figures["on_days"])
    early = draws.happens(name + "/early", number, figures["early"]["share"])
    before = draws.integer(name + "/before", number, 0, figures["early"]["days"])
    begin = p.entry[users] + np.where(early, -before, draws.integer(name + "/delay", number, 0, figures["delay"]))
    # who is in care when the horizon begins, and the controls, are somewhere in a course or between two
    begin = np.where(p.entrant[users], begin, first_day - draws.integer(name + "/since", number, 0, 400))
    after = draws.exponential(name + "/after care", number, figures["after_care"]).astype(np.int64)
    until = np.minimum(p.death[users], np.where(p.control[users] == 1, FOREVER, care_end(spells)[users] + after))
    parts = []
    clock = begin
    for cycle in range(_CYCLES):
        length = 10 + draws.exponential(name + "/on", number, on, cycle).astype(np.int64)
        off = figures["off_days"]
        gap = off[0] + draws.exponential(name + "/off", number, off[1], cycle).astype(np.int64)
        held = np.flatnonzero(clock < np.minimum(until, last + 1))
        if not len(held):
            break
        parts.append((users[held], np.full(len(held), cycle), clock[held], np.minimum(clock + length, until)[held]))
        clock = clock + length + gap
    who, serial, start, end = _joined(parts)
    more = _by_stays(name, p, hospital, who, start, end, parameters, draws)
    who, serial, start, end = _joined([(who, serial, start, end), more])
    # a course ends where the next one of the person begins
    following = np.concatenate([start[1:], [FOREVER]])
    another = np.concatenate([who[1:] != who[:-1], [True]])[: len(who)]
    return who, serial, start, np.where(another, end, np.minimum(end, following[: len(who)] - 1))


def _joined(parts: list[tuple]) -> tuple[np.ndarray, ...]:
    if not parts:
        return tuple(np.zeros(0, np.int64) for _ in range(4))
    who, serial, start, end = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((serial, start, who))
    return who[order], serial[order], start[order], end[order]


def _by_stays(name: str, p: Persons, hospital: Hospital, who, start, end, parameters: Parameters, draws: Draws):
    """Courses that a psychiatric ward begins at the discharge, where none is on."""
    figures = parameters.drugs["therapies"][name]
    rows = np.flatnonzero(hospital.psychiatric & ~hospital.died)
    person, serial = hospital.who[rows], hospital.serial[rows]
    number = p.number[person]
    chance = parameters.by_kind(figures["after_stay"])[p.group[person]]
    begin = hospital.end[rows] + draws.integer(name + "/after stay", number, 0, 9, serial)
    started = draws.happens(name + "/by stay", number, chance, serial) & (begin < p.death[person])
    started &= ~inside(who, start, end + 1, person, begin)
    length = 10 + draws.exponential(name + "/on by stay", number, figures["on_days"][1] * 1.6, serial).astype(np.int64)
    until = np.minimum(begin + length, p.death[person])
    rows = np.flatnonzero(started)
    return person[rows], serial[rows] + BY_STAY, begin[rows], until[rows]


def _described(
    name: str, klass: int, who, serial, start, end, p: Persons, parameters: Parameters, packs: Packs, draws: Draws
) -> Courses:
    """What is given in each course: a substance goes on from course to course until it is changed."""
    drugs, number, group = parameters.drugs, p.number[who], p.group[who]
    first = np.concatenate([[True], who[1:] != who[:-1]])[: len(who)]
    changed = np.cumsum(draws.happens(name + "/change", number, drugs["change"], serial) & ~first)
    version = changed - changed[np.maximum.accumulate(np.where(first, np.arange(len(who)), 0))] if len(who) else changed
    substance = _pick(name, number, group, version, parameters, packs, draws)
    if name == "antipsychotic":
        # injections are given where people come often; controls are in no care
        times = np.array(drugs["depot"]["by_intensity"])[intensity(p, parameters, draws)[who]]
        chance = parameters.by_kind(drugs["depot"]["chance"])[group] * np.where(p.control[who] == 1, 1.0, times)
        depot = draws.happens("depot", number, chance, version // 2)
        substance = np.where(depot, _pick("depot", number, group, version, parameters, packs, draws), substance)
    dose = drugs["therapies"].get(name, drugs["therapies"]["antipsychotic"])["dose"]
    scale = drugs["addition"]["dose"] if name == "addition" else 1.0
    wanted = dose["median"] * scale * np.exp(dose["sigma"] * draws.normal(name + "/dose", number, version))
    return _given(name, klass, who, serial, start, end, substance, version, wanted, p, parameters, packs, draws)


def _given(
    name, klass, who, serial, start, end, substance, version, wanted, p: Persons, parameters: Parameters, packs: Packs,
    draws: Draws,
) -> Courses:  # fmt: skip
    """Pack, number of packs and days of a dispensing, and the channel."""
    drugs, number = parameters.drugs, p.number[who]
    pack = packs.first[substance] + draws.integer(name + "/pack", number, 0, packs.count[substance] - 1, version)
    step = drugs["step"]
    count = np.maximum(1, np.rint(wanted * step["wanted"] / packs.ddd[pack])).astype(np.int64)
    days = np.clip(count * packs.ddd[pack] / wanted, step["least"], step["most"])
    several = cumulative([drugs["depot"]["several"].get(s, [1, 0, 0]) for s in packs.substances])
    count = np.where(packs.depot(substance), 1 + draws.pick("vials", number, several, substance, version), count)
    late = 1 + drugs["depot"]["late"] * draws.normal("interval", number, version)
    days = np.where(packs.depot(substance), packs.interval[pack] * np.clip(late, 0.85, 1.4), days)
    share = np.array([_direct(s, drugs) for s in packs.substances])[substance]
    direct = draws.happens(name + "/direct", number, share, version)
    klasses = np.full(len(who), klass)
    return Courses(who, klasses, serial, start, end, substance, pack, np.minimum(count, 9), days, direct)


def _direct(substance: str, drugs: dict) -> float:
    """The share of a substance's therapies that are dispensed directly."""
    shares = drugs["direct"]
    if substance.endswith("_depot"):
        return shares["depot"]
    if substance in shares:
        return shares[substance]
    if substance in drugs["second_generation"]:
        return shares["second"]
    atc = drugs["substances"][substance]["atc"]
    return shares["antidepressant" if atc.startswith("N06A") else "mood_stabiliser" if atc[:3] == "N03" else "first"]


def _pick(name: str, number, group, version, parameters: Parameters, packs: Packs, draws: Draws) -> np.ndarray:
    """The substance of a class by the group's shares."""
    tables = parameters.drugs["choices"][name]
    rows = [tables.get(g, tables["other"]) for g in [*parameters.groups, "control"]]
    weights = cumulative([[row.get(s, 0.0) for s in packs.substances] for row in rows])
    return draws.pick(name + "/substance", number, weights, group, version)


def _additions(main: Courses, p: Persons, parameters: Parameters, packs: Packs, draws: Draws) -> Courses:
    """A second antipsychotic, in courses of who is given one."""
    figures, number = parameters.drugs["addition"], p.number[main.who]
    chance = parameters.by_kind(figures["chance"])[p.group[main.who]]
    chance = np.where(main.substance == packs.position("clozapine"), figures["with_clozapine"], chance)
    begin = main.start + draws.exponential("addition from", number, figures["after_days"], main.serial).astype(np.int64)
    given = draws.happens("addition", number, chance) & (begin < main.end)
    given &= draws.happens("addition now", number, figures["course"], main.serial)
    rows = np.flatnonzero(given)
    who = main.who[rows]
    found = _described("addition", 1, who, main.serial[rows], begin[rows], main.end[rows], p, parameters, packs, draws)
    atc = np.array([s.removesuffix("_depot") for s in packs.substances])
    return found.take(np.flatnonzero(atc[found.substance] != atc[main.substance[rows]]))
