"""Dispensings, coverage, therapies and interruptions of one person (manual, section 2, "Dispensing").

Amounts are fractions, coverage is a set of day numbers, therapies are found by walking the days.
"""

import re
from collections import defaultdict, namedtuple
from fractions import Fraction
from math import ceil, floor

GAP = 30  # P: so many uncovered days end a therapy

Pack = namedtuple("Pack", "atc ddd form interval lowest highest")
Dispensing = namedtuple("Dispensing", "day substance pack packs ddds")


def above_zero(text):
    """A number above zero as a fraction, None for anything else."""
    if not re.fullmatch(r"[+-]?[0-9]+([.][0-9]+)?", text):
        return None
    return Fraction(text) if Fraction(text) > 0 else None


def read_packs(register):
    """{AIC: Pack}; a DDD, an interval or a bound not above zero is none."""
    packs = {}
    for record in register:
        interval = record.intervallo_giorni
        days = int(interval) if re.fullmatch(r"[0-9]+", interval) and int(interval) > 0 else None
        doses = [above_zero(text) for text in (record.ddd_confezione, record.dose_min_ddd, record.dose_max_ddd)]
        packs[record.aic] = Pack(record.atc, doses[0], record.forma, days, doses[1], doses[2])
    return packs


def dispensings(person, packs):
    """What counts of FAR and DIR: a quantity above zero of a pack that the register knows with a DDD."""
    found = []
    for day, aic, quantity in person.dispensed:
        pack = packs.get(aic)
        if quantity > 0 and pack is not None and pack.ddd is not None:
            found.append(Dispensing(day, pack.atc[:7], pack, quantity, quantity * pack.ddd))
    return sorted(found, key=lambda d: d.day)


def rounded(fraction, places):
    """Rounded half up."""
    scale = 10**places
    return Fraction(floor(fraction * scale + Fraction(1, 2)), scale)


def covered_days(given):
    """The days [date, date + ceil(round(DDDs, 6))) of dispensings: packs of one substance and day are one."""
    amounts = defaultdict(Fraction)
    for dispensing in given:
        amounts[dispensing.substance, dispensing.day] += dispensing.ddds
    days = set()
    for (_, day), ddds in amounts.items():
        days.update(range(day, day + ceil(rounded(ddds, 6))))
    return days


def therapies(covered, institution):
    """[(start, e)]: runs of covered days with gaps < 30 days, e the first uncovered day.

    A run starts with a dispensing; days in an institution bridge and extend it and never start one.
    """
    runs, start, last = [], None, None
    for day in sorted(covered | institution):
        if start is not None and day - last - 1 >= GAP:
            runs.append((start, last + 1))
            start = None
        if start is None and day not in covered:
            continue
        start, last = (day if start is None else start), day
    return runs + [(start, last + 1)] if start is not None else runs


class Therapy:
    """The dispensings of one class of drugs of one person, and what follows from them."""

    def __init__(self, given, institution, year, dead, institution_seen=frozenset()):
        self.given, self.institution, self.year, self.dead = given, institution, year, dead
        self.days = sorted({dispensing.day for dispensing in given})
        self.of_year = [day for day in self.days if year.first <= day <= year.last]
        self.runs = therapies(covered_days(given), institution)
        # As the cohort sees them, which sees nothing after Y1.
        seen = [dispensing for dispensing in given if dispensing.day <= year.last]
        self.runs_seen = therapies(covered_days(seen), institution_seen)
        # An interruption has to be seen: e + 30 neither after the data end nor after the day of death.
        seen_to = year.read_to if dead is None else min(year.read_to, dead)
        self.interruptions = [end for _, end in self.runs if end + GAP <= seen_to]

    def any_in(self, first, last):
        """The first dispensing day in [first, last], or None."""
        return next((day for day in self.days if first <= day <= last), None)

    def persistent(self, start, days):
        """No interruption after the start and before start + days."""
        return not any(start < end < start + days for end in self.interruptions)

    def new_user(self):
        """The first dispensing of Y with none in the 365 days before it, or None."""
        return next((day for day in self.of_year if self.any_in(day - 365, day - 1) is None), None)

    def longest_in_year(self):
        """The days of Y of the longest run inside it, short gaps included, as the cohort sees it."""
        parts = [min(end, self.year.last + 1) - max(start, self.year.first) for start, end in self.runs_seen]
        return max(parts, default=0)


def of_class(given, belongs):
    """The dispensings whose pack belongs to a class."""
    return [dispensing for dispensing in given if belongs(dispensing.pack)]


def by_substance(given):
    """{ATC: its dispensings}."""
    found = defaultdict(list)
    for dispensing in given:
        found[dispensing.substance].append(dispensing)
    return found


def covered_in_year(given, year):
    """{ATC: days of Y covered by its dispensings}."""
    return {
        atc: {day for day in covered_days(own) if year.first <= day <= year.last}
        for atc, own in by_substance(given).items()
    }
