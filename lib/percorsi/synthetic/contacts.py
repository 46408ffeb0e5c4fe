"""Days with the services: appointments of an episode, kept or missed, and what is done on them; day centres.

Appointments are counted from the opening of the episode, so that each is a function of person, episode and
running number: what years are asked for changes nothing.
"""

from dataclasses import dataclass, fields

import numpy as np

from percorsi.synthetic.hospital import Hospital, inside, last_contact_possible
from percorsi.synthetic.parameters import FOREVER, Parameters, day, year_of
from percorsi.synthetic.population import Persons
from percorsi.synthetic.random import Draws, cumulative
from percorsi.synthetic.spells import ELSEWHERE, SLOTS, Spells, Stays, slot_on

TYPES = [f"{i:02d}" for i in range(1, 27)]
HOME, HOSPITAL = 1, 4  # positions of the places 2 and 5
_PHYSICIAN, _PSYCHOLOGIST = 0, 1


@dataclass
class Interventions:
    """One element an intervention: positions in the code lists, `operator_2` and `_3` -1 for none."""

    who: np.ndarray
    slot: np.ndarray
    date: np.ndarray
    identity: np.ndarray  # tells the interventions of a person apart
    type: np.ndarray
    place: np.ndarray
    unplanned: np.ndarray
    operator_1: np.ndarray
    operator_2: np.ndarray
    operator_3: np.ndarray

    def take(self, rows: np.ndarray) -> "Interventions":
        return Interventions(*(getattr(self, f.name)[rows] for f in fields(self)))

    def beside(self, other: "Interventions") -> "Interventions":
        """Both, in order of person, date and identity."""
        joined = Interventions(*(np.concatenate([getattr(x, f.name) for x in (self, other)]) for f in fields(self)))
        return joined.take(np.lexsort((joined.identity, joined.date, joined.who)))


@dataclass
class _Days:
    """Contact days: person, slot, date, identity."""

    who: np.ndarray
    slot: np.ndarray
    date: np.ndarray
    identity: np.ndarray

    def take(self, rows) -> "_Days":
        return _Days(self.who[rows], self.slot[rows], self.date[rows], self.identity[rows])


def intensity(p: Persons, parameters: Parameters, draws: Draws) -> np.ndarray:
    """By person the position of the class of intensity of care."""
    figures = parameters.conf["contacts"]
    onset = p.entrant & (year_of(p.entry) - p.birth_year < figures["onset_below_age"])
    row = np.where(onset, len(parameters.groups), p.group)
    shares = cumulative([figures["shares"][g] for g in [*parameters.groups, "onset"]])
    return draws.pick("intensity", p.number, shares, row)


def _appointments(p: Persons, spells: Spells, parameters: Parameters, draws: Draws, first: int, last: int) -> _Days:
    figures = parameters.conf["contacts"]
    classes = list(figures["classes"].values())
    klass = intensity(p, parameters, draws)
    low, high = (np.array([c["days"][i] for c in classes], dtype=np.float64)[klass] for i in (0, 1))
    step = low + (high - low) * draws.uniform("step", p.number)
    kept = np.array([c["kept"] for c in classes])[klass]
    who, slot = np.divmod(np.flatnonzero(spells.start.ravel() < FOREVER), SLOTS)
    start, end = spells.start[who, slot], np.minimum(spells.active_end[who, slot], last)
    from_k = np.maximum(0, np.floor((first - start) / step[who]) - 1)
    to_k = np.floor((end - start) / step[who]) + 1
    count = np.maximum(0, to_k - from_k + 1).astype(np.int64)
    count = np.where(end >= np.maximum(start, first), count, 0)
    total = np.concatenate([[0], np.cumsum(count)])
    rows = np.repeat(np.arange(len(who)), count)
    k = from_k[rows].astype(np.int64) + np.arange(total[-1]) - total[:-1][rows]
    person, slot = who[rows], slot[rows]
    number, identity = p.number[person], slot * 1_000_000 + k
    shift = np.where(k > 0, (2 * draws.uniform("jitter", number, identity) - 1) * figures["jitter"], 0.0)
    delay = np.where(k > 0, 0, draws.integer("first contact", number, 0, figures["first_within"], slot))
    date = start[rows] + np.floor((k + shift) * step[person]).astype(np.int64) + delay
    comes = (k == 0) | draws.happens("kept", number, kept[person], identity)
    held = comes & (date >= np.maximum(start[rows], first)) & (date <= end[rows])
    rows = np.flatnonzero(held)
    return _Days(person[rows], slot[rows], date[rows], identity[rows])


def make_interventions(
    p: Persons,
    spells: Spells,
    hospital: Hospital,
    stays: Stays,
    parameters: Parameters,
    draws: Draws,
    first: int,
    last: int,
) -> Interventions:
    """The interventions of the days `first` .. `last`, in order of person, date and identity."""
    figures = parameters.conf["contacts"]
    days = _appointments(p, spells, parameters, draws, first, last)
    number = p.number[days.who]
    ward = hospital.take(np.flatnonzero(~hospital.day_regime))
    in_hospital = inside(ward.who, ward.start, ward.end, days.who, days.date)
    in_facility = inside(stays.who, stays.start, stays.end, days.who, days.date)
    chance = np.where(in_hospital, figures["in_hospital"], np.where(in_facility, figures["in_facility"], 1.0))
    comes = draws.happens("comes", number, chance, days.identity)
    days, in_hospital = days.take(np.flatnonzero(comes)), in_hospital[comes]
    groups = parameters.groups
    first_year = int(year_of(first))
    first_days = np.array([day(y) for y in range(first_year, int(year_of(last)) + 1)])
    single = parameters.by_group(figures["single_profile"])[p.group]
    single = draws.happens("single profile", p.number, single)
    types = _main_types(p, days, single, parameters, draws)
    parts = [(days, types, in_hospital, np.zeros(len(days.who), bool))]
    for j, (name, programme) in enumerate(parameters.conf["interventions"]["programmes"].items(), start=1):
        chance = np.array([programme["chance"][g] for g in groups])
        year = year_of(days.date)
        new = p.entrant[days.who] & (days.date < p.entry[days.who] + 365)
        taking = chance[p.group[days.who]] * np.where(new, programme["new"], 1.0)
        onset = new & (year - p.birth_year[days.who] < figures["onset_below_age"])
        taking = np.where(onset, programme.get("onset_chance", taking), taking)
        on = draws.happens(name, p.number[days.who], taking, year) & ~single[days.who] & ~in_hospital
        if "within" in programme:
            begun = np.where(new, p.entry[days.who], first_days[year - first_year])
            on &= days.date < begun + programme["within"]
        session = np.where(onset, programme.get("onset_session", programme["session"]), programme["session"])
        on &= draws.happens(name + "/session", p.number[days.who], session, days.identity)
        held = days.take(np.flatnonzero(on))
        positions = np.array([TYPES.index(t) for t in programme["types"]])
        weights = cumulative(list(programme["types"].values()))
        kind = positions[draws.pick(name + "/type", p.number[held.who], weights, index=held.identity)]
        extra = _Days(held.who, held.slot, held.date, held.identity + j * 100_000_000)
        none = np.zeros(len(kind), bool)
        parts.append((extra, kind, none, none))
    parts += _after_discharge(p, spells, hospital, parameters, draws, first, last)
    who, slot, date, identity = (np.concatenate([getattr(part[0], f.name) for part in parts]) for f in fields(_Days))
    kind, in_ward, at_home = (np.concatenate([part[i] for part in parts]) for i in (1, 2, 3))
    order = np.lexsort((identity, date, who))
    days = _Days(who[order], slot[order], date[order], identity[order])
    return _describe(p, days, kind[order], in_ward[order], at_home[order], single, parameters, draws)


def _main_types(p: Persons, days: _Days, single: np.ndarray, parameters: Parameters, draws: Draws) -> np.ndarray:
    tables = parameters.conf["interventions"]["types"]
    rows = [tables.get(g, tables["other"]) for g in parameters.groups]
    weights = cumulative([[row.get(t, 0.0) for t in TYPES] for row in rows])
    kind = draws.pick("type", p.number[days.who], weights, p.group[days.who], days.identity)
    psychologist = draws.happens("psychologist only", p.number, parameters.conf["contacts"]["psychologist_only"])
    alone = np.where(psychologist, TYPES.index("02"), TYPES.index("01"))
    return np.where(single[days.who], alone[days.who], kind)


def _after_discharge(p, spells, hospital: Hospital, parameters: Parameters, draws: Draws, first: int, last: int):
    """Visits and home contacts arranged when a psychiatric ward lets somebody go."""
    figures = parameters.conf["hospital"]["after_discharge"]
    rows = np.flatnonzero(hospital.psychiatric & ~hospital.died)
    who, end, serial = hospital.who[rows], hospital.end[rows], hospital.serial[rows]
    until = last_contact_possible(spells, who, end)
    slot = slot_on(spells, who, end)
    for j, (name, kind) in enumerate((("visit", "01"), ("home", "24"))):
        chance = parameters.by_group(figures[name])[p.group[who]]
        comes = draws.happens("after discharge " + name, p.number[who], chance, serial)
        date = end + draws.integer("days to " + name, p.number[who], 1, figures["within_days"], serial)
        held = np.flatnonzero(comes & (date <= np.minimum(until, last)) & (date >= first))
        days = _Days(who[held], slot[held], date[held], serial[held] + (21 + j) * 100_000_000)
        fixed = np.full(len(held), TYPES.index(kind))
        yield days, fixed, np.zeros(len(held), bool), np.full(len(held), name == "home")


def _describe(p, days: _Days, kind, in_ward, at_home, single, parameters: Parameters, draws: Draws) -> Interventions:
    """Place, planning and operators."""
    figures = parameters.conf["interventions"]
    contacts = parameters.conf["contacts"]
    who, number, identity = days.who, p.number[days.who], days.identity
    operators = cumulative([figures["operators"][t] for t in TYPES])
    first = draws.pick("operator", number, operators, kind, identity)
    alone = single[who]
    first = np.where(alone, np.where(kind == TYPES.index("02"), _PSYCHOLOGIST, _PHYSICIAN), first)
    second = draws.happens("second operator", number, figures["second_operator"], identity) & ~alone
    weights = cumulative(figures["other_operators"])
    other = draws.pick("operator 2", number, weights, index=identity)
    third = second & draws.happens("third operator", number, figures["third_operator"], identity)
    another = draws.pick("operator 3", number, weights, index=identity)
    places = cumulative([figures["place_other"], figures["place_physician"]])
    place = draws.pick("place", number, places, (first == _PHYSICIAN).astype(np.int64), identity)
    cared = draws.happens("home care", p.number, parameters.by_group(contacts["home_care"])[p.group])
    chance = np.where(cared[who], contacts["home_share"], figures["home_others"])
    # visits are mostly at the centre also for who is cared for at home
    chance = np.where(kind == TYPES.index("01"), chance * figures["visits_at_home"], chance)
    chance = np.where(alone, 0.0, chance)
    arranged = identity >= 21 * 100_000_000
    home = draws.happens("at home", number, chance, identity) & ~arranged
    place = np.where(home | at_home, HOME, np.where(arranged, 0, place))
    place = np.where(in_ward, HOSPITAL, place)
    unplanned = draws.happens("unplanned", number, figures["unplanned"], identity) & ~arranged
    return Interventions(
        who, days.slot, days.date, identity, kind, place, unplanned.astype(np.int64),
        first, np.where(second, other, -1), np.where(third, another, -1),
    )  # fmt: skip


@dataclass
class Attendance:
    """Day-centre periods (one element each) and presences (`period` says whose)."""

    who: np.ndarray
    slot: np.ndarray
    serial: np.ndarray
    start: np.ndarray
    end: np.ndarray
    kind: np.ndarray
    period: np.ndarray
    date: np.ndarray
    identity: np.ndarray


def make_attendance(
    p: Persons, spells: Spells, hospital: Hospital, parameters: Parameters, draws: Draws, first: int, last: int
) -> Attendance:
    """Periods of `block_years` years, each with its own chance, within episodes; presences of `first` .. `last`."""
    figures = parameters.conf["day_centre"]
    length = int(figures["block_years"] * 365.25)
    origin = day(parameters.horizon[0]) - draws.integer("block offset", p.number, 0, length - 1)
    chance = parameters.by_group(figures["chance"])[p.group]
    parts = []
    for block in range((day(parameters.horizon[1] + 1) - day(parameters.horizon[0])) // length + 2):
        on = draws.happens("day centre", p.number, chance, block)
        for slot in range(ELSEWHERE):
            start = np.maximum(origin + block * length, spells.start[:, slot])
            end = np.minimum(origin + (block + 1) * length - 1, spells.active_end[:, slot])
            who = np.flatnonzero(on & (end >= start + 30) & (start >= day(parameters.horizon[0])))
            parts.append((who, np.full(len(who), slot), np.full(len(who), 10 * block + slot), start[who], end[who]))
    who, slot, serial, start, end = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((start, who))
    who, slot, serial, start, end = (a[order] for a in (who, slot, serial, start, end))
    number = p.number[who]
    step = (
        draws.uniform("days between presences", number) * (figures["days"][1] - figures["days"][0]) + figures["days"][0]
    )
    kind = draws.pick("day centre kind", number, cumulative(list(figures["types"].values())))
    from_k = np.maximum(0, np.floor((first - start) / step))
    # a day more than asked for: the steps have fractions, and what lies beyond falls below
    count = np.maximum(0, np.floor((np.minimum(end, last + 1) - start) / step) - from_k + 1).astype(np.int64)
    total = np.concatenate([[0], np.cumsum(count)])
    period = np.repeat(np.arange(len(who)), count)
    k = from_k[period].astype(np.int64) + np.arange(total[-1]) - total[:-1][period]
    date = start[period] + np.floor(k * step[period]).astype(np.int64)
    identity = serial[period] * 10_000 + k
    held = (date >= first) & (date <= last) & draws.happens("presence", number[period], figures["kept"], identity)
    ward = hospital.take(np.flatnonzero(~hospital.day_regime))
    held &= ~inside(ward.who, ward.start, ward.end, who[period], date)
    rows = np.flatnonzero(held)
    return Attendance(who, slot, serial, start, end, kind, period[rows], date[rows], identity[rows])
