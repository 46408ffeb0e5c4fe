"""Indicators of the depressive set that no other set has (manual, section 3), in the form of care.py."""

from datetime import date

from .care import FAMILY, INTERVIEW, PSYCHOTHERAPY
from .classes import is_antidepressant
from .drugs import covered_days
from .events import pathway_level
from .pathway import group_of
from .patient import add_months, profiles
from .stays import visible_stays
from .therapy import from_first_of_year

VISIT, STANDARDISED_TEST = "01", "06"


def d4(p, only_new=True):
    """Two standardised tests in the first three months from c."""
    if only_new and not p.is_new:
        return None
    last = p.until_death(add_months(p.first_contact, 3) - 1)
    return p.count_between(p.first_contact, last, STANDARDISED_TEST) >= 2


def d13(p):
    """Three visits, or eight interviews and sessions, in the twelve weeks from c, for who is new and seen on c."""
    if not p.is_new or not any(record.date == p.first_contact for record in p.in_year):
        return None
    window = (p.first_contact, p.until_death(p.first_contact + 84))
    return p.count_between(*window, VISIT) >= 3 or p.count_between(*window, INTERVIEW, *PSYCHOTHERAPY) >= 8


def level(p):
    """D14: what the supplementary flow says, else 1 for two interventions at most, 2 for one kind of team, 3."""
    told = pathway_level(p.person, p.year)
    if told is not None:
        return told
    team = set().union(*(profiles(record) for record in p.in_year))
    if len(p.in_year) <= 2:
        return "1"
    return "2" if team <= {"1", "4"} or team == {"2"} else "3"


def d14(p):
    """(1) consultation, (2) treatment, (3) taken in care."""
    if not p.in_year:
        return None
    of_person = level(p)
    return {part: part == of_person for part in "123"} | {"": of_person == "3"}


def is_recurrent(p):
    """D16: a long therapy, or two, or a stay with such a diagnosis, in the three years that end with Y."""
    first, last = date(p.year.year - 2, 1, 1).toordinal(), p.year.last
    runs = p.therapy(is_antidepressant).runs_seen
    lengths = [min(end, last + 1) - max(start, first) for start, end in runs]
    if max(lengths, default=0) >= 730 or sum(length >= 28 for length in lengths) >= 2:
        return True
    return any(
        first <= stay.discharge <= last
        and stay.discharge - stay.admission >= 14
        and any(group_of(record.diagnosi_principale) == "depressive" for record in stay.records)
        for stay in visible_stays(p.person, p.year)
    )


def d16(p):
    """(a) drug only, (b) psychotherapy only, (c) both together, (d) neither."""
    if not is_recurrent(p):
        return None
    therapy = p.therapy(is_antidepressant)
    sessions = [record.date for record in p.in_year if record.type in (*PSYCHOTHERAPY, INTERVIEW)]
    together = 0
    if sessions:
        together = sum(min(sessions) <= day <= max(sessions) for day in covered_days(therapy.given))
    with_drug, without = ("c" if together >= 90 else "a"), ("b" if sessions else "d")
    received = with_drug if therapy.of_year else without
    return {part: part == received for part in "abcd"} | {"": received == "c"}


def d17(p):
    """More than 2 family interventions."""
    return p.count(*FAMILY) > 2 if p.in_year and p.lives_with_family and is_recurrent(p) else None


def d18(p):
    """Persistent from the first antidepressant of Y."""
    therapy = p.therapy(is_antidepressant)
    return from_first_of_year(therapy) if therapy.of_year and is_recurrent(p) else None


OF_PERSONS = {f.__name__.upper(): f for f in (d4, d13, d14, d16, d17, d18)}
