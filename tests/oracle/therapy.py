"""Indicators of drugs and of the tests they ask for (manual, section 3), in the form of care.py."""

from fractions import Fraction
from itertools import combinations

from .care import every, within
from .classes import CLOZAPINE, SECOND_GENERATION, is_antipsychotic, is_dysmetabolic_risk, is_long_acting
from .drugs import covered_days, covered_in_year, of_class, rounded
from .laboratory import METABOLIC, fewest_executions

PERSISTENCE = {"a": 90, "b": 180, "c": 365}  # b is the value
LOWEST, HIGHEST = Fraction(1), Fraction("3.333")  # S17, DDDs a day


def s17(stay, p):
    """DDDs a day of the first antipsychotics after the discharge, by the time to the next of each substance."""
    start = p.antipsychotics.any_in(stay.discharge, p.until_death(stay.discharge + 30))
    if start is None:
        return None
    given = p.antipsychotics.given
    doses = []
    for substance in {d.substance for d in given if d.day == start}:
        own = [d for d in given if d.substance == substance]
        later = [d.day for d in own if start < d.day <= p.until_death(start + 90)]
        if later:
            doses.append(sum(d.ddds for d in own if d.day == start) / (min(later) - start))
    return LOWEST <= rounded(sum(doses), 9) <= HIGHEST if doses else None


def persistence(therapy, start):
    """{a, b, c: persistent 90, 180, 365 days from the start}."""
    return {part: therapy.persistent(start, days) for part, days in PERSISTENCE.items()}


def start_of_new(p, therapy):
    """S18, group 1: the first dispensing of Y, on or after the first SPDC discharge or visit of Y."""
    discharges = [stay.discharge for stay in p.stays]
    anchors = discharges + [day for day in p.visits if p.is_in_year(day)]
    start = therapy.new_user()
    return start if start is not None and anchors and start >= min(anchors) else None


def start_of_known(p, therapy):
    """S18, group 2: the earliest first dispensing in [discharge, +60] with none in the 365 days before admission."""
    starts = [
        therapy.any_in(stay.discharge, p.until_death(stay.discharge + 60))
        for stay in p.stays
        if therapy.any_in(stay.admission - 365, stay.admission - 1) is None
    ]
    return min((start for start in starts if start is not None), default=None)


def s18(p, belongs=is_antipsychotic):
    """Persistent from the start, by group and days."""
    therapy = p.therapy(belongs)
    group, start = ("1", start_of_new(p, therapy)) if p.is_new else ("2", start_of_known(p, therapy))
    if start is None:
        return None
    parts = persistence(therapy, start)
    return {group + part: held for part, held in parts.items()} | parts | {"": parts["b"]}


def s19(p):
    """Two of each metabolic test in the twelve weeks after the first dispensing."""
    therapy = p.therapy(is_dysmetabolic_risk)
    start = therapy.new_user()
    if start is None or not therapy.persistent(start, 84):
        return None
    return fewest_executions(p.person, METABOLIC, start, p.until_death(start + 84)) >= 2


def from_first_of_year(therapy):
    """Persistent from the first dispensing of Y, the value with its parts."""
    parts = persistence(therapy, therapy.of_year[0])
    return parts | {"": parts["b"]}


def s33(p, belongs=is_antipsychotic):
    """Persistent from the first of Y, for who had one in the 365 days before it."""
    therapy = p.therapy(belongs)
    return from_first_of_year(therapy) if therapy.of_year and therapy.new_user() is None else None


def s34(p):
    """An antipsychotic in Y, and no pair of substances covered on more than 30 days of Y."""
    covered = covered_in_year(p.antipsychotics.given, p.year)
    together = [len(one & other) for one, other in combinations(covered.values(), 2)]
    return bool(p.antipsychotics.of_year) and max(together, default=0) <= 30


def long_acting(p):
    """Dispensings of long-acting packs, of all years."""
    return of_class(p.dispensings, is_long_acting)


def days_of_year(given, p):
    """Dispensing days of Y."""
    return sorted({d.day for d in given if p.is_in_year(d.day)})


def s35(p):
    """Intervals between long-acting dispensings of Y as recommended, and doses within their bounds."""
    given = [d for d in long_acting(p) if d.pack.interval is not None and p.is_in_year(d.day)]
    days = days_of_year(given, p)
    if len(days) < 2:
        return None
    length = 0
    for day, following in zip(days, days[1:], strict=False):
        step = len(set(range(day, following)) - p.institution_days)
        if step > sum(d.packs * d.pack.interval for d in given if d.day == day) + 7:
            return False
        length += step
    if length == 0:
        return True  # no days left, not judged
    dose = rounded(sum(d.ddds for d in given if d.day != days[-1]) / length, 9)
    lowest = min((d.pack.lowest for d in given if d.pack.lowest is not None), default=None)
    highest = max((d.pack.highest for d in given if d.pack.highest is not None), default=None)
    return (lowest is None or dose >= lowest) and (highest is None or dose <= highest)


def s36(p):
    """A visit at the CSM at least every 90 days from the first to the last day of Y covered by long-acting packs."""
    given = long_acting(p)
    if len(days_of_year(given, p)) < 2:
        return None
    covered = [day for day in covered_days(given) if p.is_in_year(day)]
    return bool(covered) and every(p.visits, 90, min(covered), p.until_death(max(covered)))


def s37(p):
    """Clozapine in Y, for the resistant."""
    covered = covered_in_year(p.antipsychotics.given, p.year)
    enough = {substance for substance, days in covered.items() if len(days) >= 42}
    if len(enough) < 2 or not enough & SECOND_GENERATION or len(p.stays) < 2:
        return None
    return any(d.substance == CLOZAPINE and p.is_in_year(d.day) for d in p.dispensings)


def s38(p, belongs=is_antipsychotic):
    """A visit at the CSM within 90 days of the first interruption of Y that has no hospital day in [e, e+90]."""
    ends = [
        end
        for end in p.therapy(belongs).interruptions
        if p.is_in_year(end) and not within(p.hospital_days, end, p.until_death(end + 90))
    ]
    return within(p.visits, ends[0], p.until_death(ends[0] + 90)) if ends else None


def s39(p):
    """One of each metabolic test in Y, for who has a therapy of 180 days inside it and is no new user."""
    if p.antipsychotics.longest_in_year() < 180 or p.antipsychotics.new_user() is not None:
        return None
    return fewest_executions(p.person, METABOLIC, p.year.first, p.year.last) >= 1


OF_PERSONS = {
    "S18": s18,
    "S19": s19,
    "S33": s33,
    "S34": s34,
    "S35": s35,
    "S36": s36,
    "S37": s37,
    "S38": s38,
    "S39": s39,
}
OF_STAYS = {"S17": s17}
