"""Emergency department visits (PS): before admissions, at the entry into care, by a personal rate, for other causes."""

from dataclasses import dataclass

import numpy as np

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.hospital import inside
from percorsi.synthetic.parameters import day
from percorsi.synthetic.spells import slot_on

ADMISSION, DISORDER, OTHER = range(3)


@dataclass
class Visits:
    """One element a visit, one a person and day: person, day, what it is for, the stay it leads to."""

    who: np.ndarray
    date: np.ndarray
    reason: np.ndarray
    stay: np.ndarray  # position among the stays of the chunk, -1 where nobody is admitted


def _admissions(chunk: Chunk):
    """Visits from which a psychiatric ward admits."""
    h, p, figures = chunk.hospital, chunk.persons, chunk.parameters.flows["emergency"]
    rows = np.flatnonzero(h.psychiatric & ~h.private)
    came = chunk.draws.happens("by emergency", p.number[h.who[rows]], figures["before_admission"], h.serial[rows])
    rows = rows[came]
    return h.who[rows], h.start[rows], np.full(len(rows), ADMISSION), rows


def _by_rate(chunk: Chunk):
    """Visits at a personal rate for mental disorders, at a common one for other causes; and at the entry."""
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.flows["emergency"]
    rate = chunk.parameters.by_kind(figures["rate"])[p.group]
    spread = figures["spread"]
    rate = rate * np.exp(spread * draws.normal("emergency rate", p.number) - spread**2 / 2)
    others = np.where(p.control == 1, figures["other_causes"]["control"], figures["other_causes"]["known"])
    for year in chunk.semesters.years:
        for quarter in range(4):
            begin = day(year) + 91 * quarter
            for reason, often in ((DISORDER, rate), (OTHER, others)):
                for i in range(figures["most"] if reason == DISORDER else 1):
                    index = (year * 4 + quarter) * 10 + i
                    u = draws.uniform(f"emergency {reason}", p.number, index)
                    # the chance of one visit more in the quarter, given those before it, of a Poisson number
                    chance = _beyond(often / 4, i)
                    who = np.flatnonzero(u < chance)
                    date = begin + draws.integer(f"emergency day {reason}", p.number[who], 0, 90, index)
                    calm = (slot_on(chunk.spells, who, date) < 0) & (p.control[who] == 0) & (reason == DISORDER)
                    real = u[who] < np.where(calm, figures["outside_care"], 1.0) * chance[who]
                    yield who[real], date[real], np.full(real.sum(), reason), np.full(real.sum(), -1)
    entering = np.flatnonzero(p.entrant & draws.happens("emergency entry", p.number, figures["entry"]))
    date = p.entry[entering] - draws.integer("entry after", p.number[entering], 0, 5)
    yield entering, date, np.full(len(entering), DISORDER), np.full(len(entering), -1)


def _beyond(mean: np.ndarray, i: int) -> np.ndarray:
    """P(N > i | N >= i) of a Poisson number."""
    terms = [np.exp(-mean)]
    for k in range(1, i + 1):
        terms.append(terms[-1] * mean / k)
    at_least = 1.0 - sum(terms[:i]) if i else np.ones_like(mean)
    return np.where(at_least > 1e-12, np.clip((1.0 - sum(terms)) / np.maximum(at_least, 1e-12), 0, 1), 0)


def make_visits(chunk: Chunk) -> Visits:
    """The visits of the delivery's years to hospitals of the wanted region; nobody comes who lies in a ward."""
    p = chunk.persons
    found = [_admissions(chunk), *_by_rate(chunk)]
    who, date, reason, stay = (np.concatenate(c).astype(np.int64) for c in zip(*found, strict=True))
    held = (date >= chunk.semesters.first) & (date <= chunk.semesters.last) & (date <= p.death[who])
    held &= (p.region[who] == chunk.region) & (date >= chunk.known_from[who])
    ward = chunk.ward
    held &= ~inside(ward.who, ward.start + 1, ward.end, who, date)
    order = np.flatnonzero(held)
    order = order[np.lexsort((reason[order], date[order], who[order]))]
    who, date, reason, stay = who[order], date[order], reason[order], stay[order]
    one = np.concatenate([[True], (who[1:] != who[:-1]) | (date[1:] != date[:-1])])[: len(who)]  # a visit a day
    return Visits(who[one], date[one], reason[one], stay[one])
