"""Indicators of contacts, interventions and events (manual, section 3): each function gives what a patient adds.

A function answers None where the patient is not in the denominator, else what is added to the numerator: True or False,
an amount of a mean, or {component: True or False}.
"""

from fractions import Fraction

from .events import mental_visits, on_some_day, started
from .onset import opening_of_first_day
from .patient import add_months, profiles

FAMILY = ("09", "12", "13", "14")
PSYCHOEDUCATION = ("13", "14")
PSYCHOTHERAPY = ("07", "08", "09", "10")
INTERVIEW, MEETING, WORK_TRAINING = "02", "15", "23"
SKILLS = ("16", "17")
RESOCIALISATION_AND_EXPRESSION = ("18", "19", "20", "21", "22")
ASSESSMENT = ("01", "02", "03", "06")
HOME, PRISON = "2", "6"


def within(days, first, last):
    """Is one of the days in [first, last]?"""
    return any(first <= day <= last for day in days)


def every(days, n, first, last):
    """Section 1, "at least every n days over [a, b]": from a through the covered days to b, b included."""
    if first > last:
        return True  # the window begins after the death: it is not asked for
    walk = [first, *sorted(day for day in days if first <= day <= last), last]
    return all(later - earlier <= n for earlier, later in zip(walk, walk[1:], strict=False))


def physician_and_others(patient):
    """Interventions of Y (15 and 26 excluded) by profile 1 and by at least one of 2-6."""
    worked = [profiles(record) for record in patient.in_year if record.type not in ("15", "26")]
    return any("1" in team for team in worked) and any(team & set("23456") for team in worked)


def s1(p):
    """An NPIA contact in the 365 days before f."""
    days = [contact.data_contatto for contact in p.person.child_care]
    return within(days, p.first_seen - 365, p.first_seen - 1) if 17 <= p.age <= 19 else None


def s2(p):
    """Mean age at onset."""
    return p.age if p.is_onset else None


def s3(p):
    """The first visit at the CSM more than 7 days after the opening, or none."""
    if not p.in_year or p.interventions[0].date < p.year.first:
        return None
    opening = opening_of_first_day(p.person, p.interventions[0].date, p.year)
    first_visit = next((day for day in p.visits if p.dead is None or day <= p.dead), None)
    if first_visit is None and p.dead is not None and 0 <= p.dead - opening <= 7:
        return None  # dies within 7 days of the opening without such a visit
    return first_visit is None or first_visit - opening > 7


def s4(p):
    """Two assessments in the first three months: by profile 1, by 2, 3, 5 or 6."""
    if not (p.is_onset and p.in_year):
        return None
    first = p.in_year[0].date
    last = p.until_death(add_months(first, 3) - 1)
    assessments = [profiles(r) for r in p.interventions if r.type in ASSESSMENT and first <= r.date <= last]
    return any("1" in team for team in assessments) and any(team & set("2356") for team in assessments)


def s5(p):
    """Interventions and presences per month in care."""
    return Fraction(len(p.in_year) + len(p.presences), p.months_in_care) if p.is_onset else None


def s6(p):
    """Family interventions per month in care."""
    return Fraction(p.count(*FAMILY), p.months_in_care) if p.is_onset and p.lives_with_family else None


def s7(p):
    """S25 at onset."""
    return s25(p) if p.is_onset else None


def s8(p):
    """S30 at onset."""
    return s30(p) if p.is_onset else None


def s9(p):
    """S31 at onset."""
    return s31(p) if p.is_onset else None


def s10(p, least=4, only_onset=True):
    """Four sessions or four interviews, not their sum."""
    if only_onset and not p.is_onset:
        return None
    return p.count(*PSYCHOTHERAPY) >= least or p.count(INTERVIEW) >= least


def s11(p):
    """Four skills interventions."""
    return p.count(*SKILLS) >= 4 if p.is_onset else None


def s12(p):
    """Three interventions at home."""
    return sum(record.place == HOME for record in p.in_year) >= 3 if p.is_onset else None


def discharge_of_first_stay(p):
    """S20-S22: the discharge of the first SPDC stay of Y not ended by death, None without one."""
    return next((stay.discharge for stay in p.stays if not stay.ended_by_death(p.dead)), None)


def s20(p):
    """A visit at the CSM within 14 days."""
    discharge = discharge_of_first_stay(p)
    return None if discharge is None else within(p.visits, discharge, p.until_death(discharge + 14))


def s21(p):
    """An intervention in each of the six 30-day windows; one that begins after the death is not asked for."""
    discharge = discharge_of_first_stay(p)
    if discharge is None:
        return None
    days = [record.date for record in p.interventions]
    windows = [(discharge + 30 * month + 1, p.until_death(discharge + 30 * month + 30)) for month in range(6)]
    return all(within(days, first, last) for first, last in windows if p.dead is None or first <= p.dead)


def s22(p):
    """An intervention at home within 14 days."""
    discharge = discharge_of_first_stay(p)
    at_home = [record.date for record in p.interventions if record.place == HOME]
    return None if discharge is None else within(at_home, discharge, p.until_death(discharge + 14))


def s23(p):
    """A meeting, for who has two stays or four visits to an emergency department with a mental diagnosis."""
    often = len(p.stays) >= 2 or mental_visits(p.person, p.year) >= 4
    return p.count(MEETING) >= 1 if often else None


def s24(p):
    """All of T are treated: what they are held to stands in gap.py."""
    return {"": True, "coverage": True}


def s25(p):
    """Contact at least every 90 days over [c, c+365]."""
    return every(p.outcome_days, 90, p.first_contact, p.until_death(p.first_contact + 365))


def s26(p):
    """More than 5 interventions and presences."""
    return len(p.in_year) + len(p.presences) > 5 if p.in_year else None


def s27(p):
    """More than 2 family interventions."""
    return p.count(*FAMILY) > 2 if p.in_year and p.lives_with_family else None


def s28(p):
    """An individual plan with a start in Y."""
    return started(p.person, "PTI", p.year.first, p.year.last)


def s29(p):
    """A case manager on some day of Y."""
    return on_some_day(p.person, "CASE_MANAGER", p.year)


def s30(p):
    """A physician and others."""
    return physician_and_others(p) if p.in_year else None


def s31(p):
    """Four family psychoeducation interventions."""
    return p.count(*PSYCHOEDUCATION) >= 4 if p.lives_with_family else None


def s32(p):
    """Sessions and interviews together at least 4."""
    return p.count(*PSYCHOTHERAPY, INTERVIEW) >= 4


def s40(p):
    """A SIND contact in Y."""
    return any(p.is_in_year(day) for day in p.person.addiction)


def s41(p):
    """An episode closed in Y with mode 3 or 9 and no DSM contact in the 180 days after the closing."""
    if p.dead is not None and p.dead <= p.year.last:
        return None
    return any(
        p.is_in_year(e.closing_date)
        and e.conclusion_mode in ("3", "9")
        and not within(p.contact_days, e.closing_date + 1, p.until_death(e.closing_date + 180))
        for e in p.episodes
        if e.closing_date is not None
    )


def s42(p):
    """(a) homeless and not so the year before; (b) a penal measure, or an intervention in prison."""
    a = p.homeless(p.year.year) is True and p.homeless(p.year.year - 1) is False
    in_prison = any(record.place == PRISON for record in p.in_year)
    b = in_prison or on_some_day(p.person, "PENAL_MEASURE", p.year)
    return {"a": a, "b": b, "a_or_b": a or b, "": a or b}


def s45(p):
    """Five resocialisation, expressive, manual or motor interventions."""
    return p.count(*RESOCIALISATION_AND_EXPRESSION) >= 5


def s46(p):
    """Five skills interventions."""
    return p.count(*SKILLS) >= 5


def s47(p):
    """Work training, or a placement."""
    if not (18 <= p.age <= 55 and p.is_not_employed):
        return None
    return p.count(WORK_TRAINING) >= 1 or on_some_day(p.person, "WORK", p.year, kind="placement")


def s48(p):
    """Supported housing on some day of Y."""
    return on_some_day(p.person, "HOUSING", p.year)


OF_PERSONS = {f.__name__.upper(): f for f in (
    s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s20, s21, s22, s23, s24, s25, s26, s27, s28, s29, s30, s31, s32,
    s40, s41, s42, s45, s46, s47, s48,
)}  # fmt: skip


def s13(stay, p):
    """A compulsory stay."""
    return stay.compulsory()


def s14(stay, p):
    """Admitted within 30 days of the previous SPDC stay's discharge."""
    position = p.all_stays.index(stay)
    return position > 0 and stay.admission - p.all_stays[position - 1].discharge <= 30


def s15(stay, p):
    """Longer than 30 days."""
    return stay.discharge - stay.admission > 30


def s16(stay, p):
    """A restraint during the stay."""
    return started(p.person, "RESTRAINT", stay.admission, stay.discharge)


OF_STAYS = {"S13": s13, "S14": s14, "S15": s15, "S16": s16}
