"""Indicators of the bipolar set that no other set has (manual, section 3), in the form of care.py."""

from .care import PSYCHOEDUCATION, within
from .classes import is_carbamazepine_or_valproate, is_for_bipolar_disorder, is_lithium
from .events import count_started
from .laboratory import (
    ALKALINE_PHOSPHATASE,
    ALT,
    AST,
    BLOOD_COUNT,
    CHOLESTEROL,
    CREATININE,
    ECG,
    FT3,
    FT4,
    GGT,
    LITHIUM_LEVEL,
    TRIGLYCERIDES,
    TSH,
    URINE,
    days_with,
    fewest_executions,
)
from .patient import add_months

SCREENING = (BLOOD_COUNT, ALT, AST, CREATININE, TSH, CHOLESTEROL, TRIGLYCERIDES, ECG)
KIDNEY_AND_THYROID = (CREATININE, URINE, TSH, FT3, FT4)
LIVER_AND_BLOOD = (ALT, AST, GGT, ALKALINE_PHOSPHATASE, BLOOD_COUNT)


def bp9(p):
    """Four psychoeducation interventions of the family and events of the patient, at onset."""
    if not p.is_onset:
        return None
    of_patient = count_started(p.person, "PSYCHOEDUCATION", p.year.first, p.year.last)
    return p.count(*PSYCHOEDUCATION) + of_patient >= 4


def bp16(p):
    """One of each test of the screening in the twelve weeks of a new treatment."""
    therapy = p.therapy(is_for_bipolar_disorder)
    start = therapy.new_user()
    if start is None or not therapy.persistent(start, 84):
        return None
    return fewest_executions(p.person, SCREENING, start, p.until_death(start + 84)) >= 1


def bp17(p):
    """New users of lithium: (a) a level after the latest discharge, if it is near; (b) else two after the start."""
    start = p.therapy(is_lithium).new_user()
    if start is None:
        return None
    discharge = max((stay.discharge for stay in p.all_stays if stay.discharge <= start), default=None)
    part, day, wanted = ("b", start, 2) if discharge is None or start - discharge > 30 else ("a", discharge, 1)
    monitored = days_with(p.person, LITHIUM_LEVEL, day, p.until_death(day + 28)) >= wanted
    return {part: monitored, "both": monitored, "": monitored}


def tests_of_year(p, tests):
    """The fewest executions in Y."""
    return fewest_executions(p.person, tests, p.year.first, p.year.last)


def goes_on_with_lithium(p):
    """A lithium therapy of 210 days inside Y, no new user in Y."""
    therapy = p.therapy(is_lithium)
    return therapy.longest_in_year() >= 210 and therapy.new_user() is None


def bp28(p):
    """Three lithium levels, a hospital stay counting as one."""
    return tests_of_year(p, [LITHIUM_LEVEL]) >= 3 if goes_on_with_lithium(p) else None


def bp29(p):
    """Kidney and thyroid, each twice."""
    return tests_of_year(p, KIDNEY_AND_THYROID) >= 2 if goes_on_with_lithium(p) else None


def bp30(p):
    """Liver and blood count, each twice, for who takes carbamazepine or valproate 210 days."""
    enough = p.therapy(is_carbamazepine_or_valproate).longest_in_year() >= 210
    return tests_of_year(p, LIVER_AND_BLOOD) >= 2 if enough else None


def last_days_before_a_drop_out(p):
    """Contact days with none in the 90 days after them, and a closing with 3 or 9 before the next contact."""
    closings = [e.closing_date for e in p.episodes if e.closing_date is not None and e.conclusion_mode in ("3", "9")]
    days = sorted(p.contact_days)
    return [
        day
        for day, following in zip(days, [*days[1:], p.year.read_to + 1], strict=True)
        if day == p.until_death(day)
        and day + 90 <= p.year.read_to
        and following > p.until_death(day + 90)
        and within(closings, day, p.until_death(following - 1))
    ]


def bp34(p):
    """Dropped out (a) from the third to the sixth month, (b) from the seventh to the twelfth, from c on."""
    if p.dead is not None and p.dead <= p.year.last:
        return None
    last_days = last_days_before_a_drop_out(p)
    second, sixth, twelfth = (add_months(p.first_contact, months) for months in (2, 6, 12))
    a, b = within(last_days, second, sixth - 1), within(last_days, sixth, twelfth - 1)
    return {"a": a, "b": b, "a_or_b": a or b, "": a or b}


OF_PERSONS = {f.__name__.upper(): f for f in (bp9, bp16, bp17, bp28, bp29, bp30, bp34)}
