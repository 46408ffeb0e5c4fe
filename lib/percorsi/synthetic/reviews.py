"""Visits that drugs bring about: of who has a long-acting antipsychotic, regularly; and when a therapy has stopped."""

import numpy as np

from percorsi.synthetic.contacts import TYPES, Interventions, intensity
from percorsi.synthetic.hospital import Hospital, inside
from percorsi.synthetic.medicines import Packs
from percorsi.synthetic.parameters import Parameters
from percorsi.synthetic.population import Persons
from percorsi.synthetic.random import Draws
from percorsi.synthetic.spells import Spells, slot_on
from percorsi.synthetic.therapies import Courses

ADDED = 10**10  # identities from here on; those of all other interventions lie below


def make_reviews(
    p: Persons, spells: Spells, hospital: Hospital, courses: Courses, packs: Packs, parameters: Parameters,
    draws: Draws, first: int, last: int,
) -> Interventions:  # fmt: skip
    """The visits of the days `first` .. `last`: at the centre, by a physician, in an episode and out of hospital."""
    figures = parameters.drugs["reviews"]
    rows = np.flatnonzero(courses.klass == 0)
    rows = rows[packs.depot(courses.substance[rows])]
    who, start, end = courses.who[rows], courses.start[rows], courses.end[rows] + figures["goes_on"]
    low, high = figures["every"]
    step = low + (high - low) * draws.uniform("review every", p.number[who])
    delay = draws.integer("first review", p.number[who], 0, figures["first_within"], courses.serial[rows])
    count = np.maximum(0, np.floor((end - start - delay) / step) + 1).astype(np.int64)
    row = np.repeat(np.arange(len(who)), count)
    k = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    date = start[row] + delay[row] + np.floor(k * step[row]).astype(np.int64)
    identity = ADDED + courses.serial[rows][row] * 1000 + k
    kept = draws.happens("review", p.number[who[row]], figures["kept"], identity)
    stopped = np.flatnonzero(courses.klass == 0)
    owner, serial = courses.who[stopped], courses.serial[stopped]
    chance = np.array(figures["recall"])[intensity(p, parameters, draws)[owner]]
    recalled = draws.happens("recall", p.number[owner], chance, serial)
    after = courses.end[stopped] + draws.integer("recall after", p.number[owner], *figures["recall_after"], serial)
    who = np.concatenate([who[row][kept], owner[recalled]])
    date = np.concatenate([date[kept], after[recalled]])
    identity = np.concatenate([identity[kept], 2 * ADDED + serial[recalled]])
    # the first fortnight after a psychiatric ward has its own visits: a review comes after it
    soon = hospital.take(np.flatnonzero(hospital.psychiatric))
    date = date + 15 * inside(soon.who, soon.end, soon.end + 15, who, date)
    slot = slot_on(spells, who, date)
    held = (slot >= 0) & (date >= first) & (date <= last) & (date < p.death[who])
    ward = hospital.take(np.flatnonzero(~hospital.day_regime))
    held &= ~inside(ward.who, ward.start, ward.end, who, date)
    who, slot, date, identity = who[held], slot[held], date[held], identity[held]
    zero, none = np.zeros(len(who), np.int64), np.full(len(who), -1, np.int64)
    kind = np.full(len(who), TYPES.index("01"))
    return Interventions(who, slot, date, identity, kind, zero, zero, zero, none, none)
