"""Care: territorial episodes, with their gaps and returns, and stays in residential facilities.

Slots 0, 1, 2 of a person are successive episodes; the last slot is the one of who is also seen in another region.
"""

from dataclasses import dataclass

import numpy as np

from percorsi.synthetic.geography import Geography
from percorsi.synthetic.parameters import FOREVER, Parameters, day
from percorsi.synthetic.population import Persons
from percorsi.synthetic.random import Draws, cumulative

SLOTS = 4
ELSEWHERE = 3  # the slot of another region
MODES = ["", "1", "2", "3", "4", "5", "9"]  # conclusion, by position; 0 still open
DEATHS = _SUICIDE, _DEATH = 4, 5
_INTERRUPTED, _ADMINISTRATIVE = 3, 6


@dataclass
class Spells:
    """Arrays (persons, slots); start FOREVER where there is none."""

    start: np.ndarray
    end: np.ndarray  # day of closing, FOREVER if beyond the horizon
    mode: np.ndarray  # position in MODES
    active_end: np.ndarray  # the last day on which there may be contacts
    dsm: np.ndarray
    csm: np.ndarray


def make_spells(
    p: Persons, parameters: Parameters, geography: Geography, draws: Draws, elsewhere: np.ndarray
) -> Spells:
    """The episodes of persons; `elsewhere` (persons,) is the position of another region, -1 for none."""
    care = parameters.conf["care"]
    n, number = len(p), p.number
    shape = (n, SLOTS)
    start = np.full(shape, FOREVER, dtype=np.int64)
    end = np.full(shape, FOREVER, dtype=np.int64)
    mode = np.zeros(shape, dtype=np.int64)
    reopened = np.zeros(shape, dtype=bool)
    dsm = np.repeat(p.dsm[:, None], SLOTS, axis=1)
    csm = np.repeat(p.csm[:, None], SLOTS, axis=1)
    positions = np.array([MODES.index(m) for m in care["modes"]])
    weights = cumulative(list(care["modes"].values()))
    returns = parameters.by_group(care["return"])[p.group]
    begin = np.maximum(p.entry, day(parameters.horizon[0]))
    start[:, 0] = p.entry
    for s in range(ELSEWHERE):
        if s:
            back = draws.happens("return", number, np.where(reopened[:, s - 1], 1.0, returns), s)
            gap = 30 + np.floor(draws.exponential("gap", number, care["return_days"] - 30, s)).astype(np.int64)
            begin = end[:, s - 1] + np.where(reopened[:, s - 1], 1, gap)
            start[:, s] = np.where(back & (start[:, s - 1] < FOREVER), begin, FOREVER)
            moves = draws.happens("other dsm", number, care["other_dsm"], s) & ~reopened[:, s - 1]
            new_dsm = geography.pick_dsm(draws, "new dsm", number, p.region, s)
            dsm[:, s] = np.where(moves, new_dsm, dsm[:, s - 1])
            changes = draws.happens("other csm", number, care["other_csm"], s) | (dsm[:, s] != dsm[:, s - 1])
            new_csm = geography.pick(draws, "new csm", "CSM", number, dsm[:, s], s)
            csm[:, s] = np.where(changes, new_csm, csm[:, s - 1])
        length = 1 + np.floor(draws.exponential("length", number, p.mean_days, s)).astype(np.int64)
        end[:, s] = begin + length
        mode[:, s] = positions[draws.pick("mode", number, weights, index=s)]
        reopened[:, s] = (mode[:, s] == _ADMINISTRATIVE) & draws.happens("reopened", number, care["reopening"], s)
    _elsewhere(p, start, end, mode, dsm, csm, parameters, geography, draws, elsewhere)
    end = np.where(start < FOREVER, end, FOREVER)
    silence = draws.integer("silence", number[:, None], *care["silence"], index=np.arange(SLOTS))
    silent = ((mode == _INTERRUPTED) | (mode == _ADMINISTRATIVE)) & ~reopened
    active_end = np.maximum(start, np.where(silent, end - silence, end))
    death = p.death[:, None]
    start = np.where(start > death, FOREVER, start)
    died = (start < FOREVER) & (death <= end) & (death < FOREVER)
    end = np.where(died, death, np.where(start < FOREVER, end, FOREVER))
    mode = np.where(died, np.where(p.suicide, _SUICIDE, _DEATH)[:, None], mode)
    return Spells(start, end, mode, np.minimum(active_end, end), dsm, csm)


def _elsewhere(p, start, end, mode, dsm, csm, parameters, geography: Geography, draws: Draws, elsewhere) -> None:
    """A short episode in another region, during the first one."""
    figures = parameters.conf["care"]["elsewhere"]
    other = np.flatnonzero(elsewhere >= 0)
    number, region = p.number[other], elsewhere[other]
    known = np.maximum(p.entry, day(parameters.horizon[0]))[other]
    begin = known + draws.integer("elsewhere from", number, *figures["after_days"])
    start[other, ELSEWHERE] = begin
    end[other, ELSEWHERE] = begin + draws.integer("elsewhere for", number, *figures["for_days"])
    mode[other, ELSEWHERE] = MODES.index("2")
    dsm[other, ELSEWHERE] = geography.pick_dsm(draws, "elsewhere dsm", number, region)
    csm[other, ELSEWHERE] = geography.pick(draws, "elsewhere csm", "CSM", number, dsm[other, ELSEWHERE])


def slot_on(spells: Spells, who: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The slot active for person `who` (position) on a day, -1 for none; another region does not count."""
    found = np.full(len(who), -1, dtype=np.int64)
    for s in range(ELSEWHERE):
        inside = (spells.start[who, s] <= days) & (days <= spells.active_end[who, s])
        found = np.where(inside, s, found)
    return found


@dataclass
class Stays:
    """Residential stays, one element each, in order of person and admission."""

    who: np.ndarray  # position of the person
    slot: np.ndarray
    serial: np.ndarray
    start: np.ndarray
    end: np.ndarray  # day of discharge
    kind: np.ndarray  # position among residential.types
    dsm: np.ndarray
    structure: np.ndarray
    died: np.ndarray


def make_stays(p: Persons, spells: Spells, parameters: Parameters, geography: Geography, draws: Draws) -> Stays:
    """Stays and gaps in turn, of the persons who are prone to them, as long as they are in an episode."""
    figures = parameters.conf["residential"]
    chance = parameters.by_group(figures["chance"])[p.group]
    long_course = p.mean_days > 365 * figures["courses_above_years"]
    prone = np.flatnonzero(draws.happens("residential", p.number, chance) & long_course)
    number = p.number[prone]
    first_day = day(parameters.horizon[0])
    clock = np.maximum(p.entry[prone], first_day)
    # the first gap is short for who is in care at the start: some are in a facility already then
    clock = clock + draws.exponential("first gap", number, figures["first_gap_days"]).astype(np.int64)
    parts = []
    for i in range(4):
        stay = 1 + draws.exponential("stay", number, figures["stay_days"], i).astype(np.int64)
        slot = slot_on(spells, prone, clock)
        inside = np.flatnonzero((slot >= 0) & (clock < day(parameters.horizon[1] + 1)))
        last = spells.active_end[prone[inside], slot[inside]]
        parts.append((prone[inside], slot[inside], np.full(len(inside), i), clock[inside],
                      np.minimum(clock[inside] + stay[inside], last)))  # fmt: skip
        clock = clock + stay + 1 + draws.exponential("stay gap", number, figures["gap_days"], i).astype(np.int64)
    who, slot, serial, start, end = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((start, who))
    who, slot, serial, start, end = (a[order] for a in (who, slot, serial, start, end))
    number = p.number[who]
    kind = draws.pick("facility kind", number, cumulative(list(figures["types"].values())), index=serial)
    dsm = spells.dsm[who, slot]
    structure = geography.pick(draws, "facility", "SR", number, dsm, serial)
    return Stays(who, slot, serial, start, end, kind, dsm, structure, end >= p.death[who])
