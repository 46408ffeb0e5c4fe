"""Hospital stays: psychiatric wards, public and private, with readmissions and transfers; other wards; day regime."""

from dataclasses import dataclass, fields

import numpy as np

from percorsi.synthetic.parameters import FOREVER, Parameters, day
from percorsi.synthetic.population import Persons
from percorsi.synthetic.random import Draws
from percorsi.synthetic.spells import ELSEWHERE, Spells, slot_on

_CHAIN = 4  # readmissions in a row


@dataclass
class Hospital:
    """Stays, one element each, in order of person and admission; those of one person never touch."""

    who: np.ndarray
    serial: np.ndarray  # tells a person's stays apart; a function of when the stay could begin
    start: np.ndarray
    end: np.ndarray
    psychiatric: np.ndarray
    private: np.ndarray
    day_regime: np.ndarray
    died: np.ndarray

    def take(self, rows: np.ndarray) -> "Hospital":
        return Hospital(*(getattr(self, f.name)[rows] for f in fields(self)))


def make_hospital(p: Persons, spells: Spells, parameters: Parameters, draws: Draws, last_year: int) -> Hospital:
    """All stays from the first year of the horizon to `last_year`."""
    figures = parameters.conf["hospital"]
    index = _index_stays(p, spells, parameters, draws, last_year)
    parts = [index]
    median = parameters.by_group(figures["median_days"])[p.group]
    again = parameters.by_group(figures["readmission"])[p.group]
    for step in range(_CHAIN):
        who, serial, start = parts[-1]
        number = p.number[who]
        end = start + _length(number, median[who], figures, serial, draws)
        back = np.flatnonzero(draws.happens("readmission", number, again[who], serial))
        gap = draws.integer("readmitted after", number[back], 1, figures["readmitted_within"], serial[back])
        parts.append((who[back], serial[back] + (step + 1) * 100_000, end[back] + gap))
    who, serial, start = (np.concatenate(c) for c in zip(*parts, strict=True))
    end = start + _length(p.number[who], median[who], figures, serial, draws)
    private = draws.happens("private ward", p.number[who], figures["private"], serial)
    private &= np.array([parameters.conf["regions"][c]["private_wards"] > 0 for c in parameters.region_codes])[
        p.region[who]
    ]
    n = len(who)
    psychiatric = Hospital(who, serial, start, end, np.ones(n, bool), private, np.zeros(n, bool), np.zeros(n, bool))
    return _apart(p, psychiatric, _other_wards(p, parameters, draws, last_year))


def _length(number: np.ndarray, median: np.ndarray, figures: dict, serial: np.ndarray, draws: Draws) -> np.ndarray:
    days = np.floor(median * np.exp(figures["sigma"] * draws.normal("days in hospital", number, serial)))
    return np.clip(days, 1, figures["longest_days"]).astype(np.int64)


def _index_stays(p: Persons, spells: Spells, parameters: Parameters, draws: Draws, last_year: int):
    """(who, serial, start) of the stays that are no readmission: a chance in each quarter of a year."""
    figures = parameters.conf["hospital"]
    rate = parameters.by_group(figures["stays"])[p.group]
    spread = figures["spread"]
    rate = rate * np.exp(spread * draws.normal("admission rate", p.number) - spread**2 / 2)
    first_day = day(parameters.horizon[0])
    found = []
    for quarter in range(4 * (last_year - parameters.horizon[0] + 1)):
        begin = first_day + int(quarter * 365.25 / 4)
        # three times the basic chance leaves room for what the state of the person makes of it
        likely = np.flatnonzero(draws.uniform("admission", p.number, quarter) < rate / 4 * 3)
        start = begin + draws.integer("day of admission", p.number[likely], 0, 90, quarter)
        factor = np.where(slot_on(spells, likely, start) >= 0, 1.0, figures["outside_care"])
        first_year = p.entrant[likely] & (start < p.entry[likely] + 365)
        factor = factor * np.where(first_year, figures["first_year"], 1.0)
        real = draws.uniform("admission", p.number[likely], quarter) < rate[likely] / 4 * factor
        real &= start >= p.entry[likely]
        found.append((likely[real], np.full(real.sum(), quarter + 1), start[real]))
    entering = np.flatnonzero(p.entrant & draws.happens("enters by hospital", p.number, figures["entry"]))
    found.append((entering, np.zeros(len(entering), np.int64), p.entry[entering]))
    return tuple(np.concatenate(c) for c in zip(*found, strict=True))


def _other_wards(p: Persons, parameters: Parameters, draws: Draws, last_year: int) -> Hospital:
    figures = parameters.conf["hospital"]
    found = []
    for year in range(parameters.horizon[0], last_year + 1):
        who = np.flatnonzero(draws.happens("other ward", p.number, figures["other_wards"], year))
        start = day(year) + draws.integer("other ward day", p.number[who], 0, 364, year)
        known = start >= p.entry[who]
        found.append((who[known], np.full(known.sum(), 50_000 + year), start[known]))
    who, serial, start = (np.concatenate(c) for c in zip(*found, strict=True))
    number = p.number[who]
    days = draws.exponential("other ward days", number, figures["other_ward_days"], serial)
    end = start + np.floor(days).astype(np.int64)
    day_regime = draws.happens("day regime", number, figures["day_regime"], serial)
    none = np.zeros(len(who), bool)
    return Hospital(who, serial, start, end, none, none, day_regime, none)


def _apart(p: Persons, first: Hospital, second: Hospital) -> Hospital:
    """One list in order, cut at death; a stay that would touch an earlier one is left out."""
    joined = Hospital(*(np.concatenate([getattr(first, f.name), getattr(second, f.name)]) for f in fields(first)))
    joined = joined.take(np.flatnonzero(joined.start <= p.death[joined.who]))
    joined = joined.take(np.lexsort((joined.serial, joined.start, joined.who)))
    death = p.death[joined.who]
    joined.died = (joined.end >= death) & ~joined.day_regime
    joined.end = np.minimum(joined.end, death)
    span = np.int64(1) << 24  # days of one person lie below this: the running maximum never crosses persons
    reached = np.maximum.accumulate(joined.who * span + joined.end)
    free = np.ones(len(joined.who), bool)
    free[1:] = joined.who[1:] * span + joined.start[1:] > reached[:-1]
    return joined.take(np.flatnonzero(free))


def inside(stays_who, stays_start, stays_end, who: np.ndarray, days: np.ndarray) -> np.ndarray:
    """True where a day of a person lies in a stay [start, end): stays in order of person and start, apart."""
    if not len(stays_who):
        return np.zeros(len(who), bool)
    span = np.int64(1) << 24
    before = np.searchsorted(stays_who * span + stays_start, who * span + days, side="right") - 1
    held = np.maximum(before, 0)
    return (before >= 0) & (stays_who[held] == who) & (days < stays_end[held])


def last_contact_possible(spells: Spells, who: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The last active day of the episode a person is in on a day, -1 where in none."""
    slot = slot_on(spells, who, days)
    return np.where(slot >= 0, spells.active_end[who, np.clip(slot, 0, ELSEWHERE)], -FOREVER)
