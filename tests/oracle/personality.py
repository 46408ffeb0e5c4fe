"""Indicators of the severe personality set that no other set has (manual, section 3), in the form of care.py."""

from .care import INTERVIEW, PSYCHOEDUCATION, PSYCHOTHERAPY, discharge_of_first_stay
from .classes import is_antidepressant, is_antipsychotic, is_mood_stabiliser_alone
from .events import days_started, started
from .patient import add_months
from .stays import residential_days
from .therapy import PERSISTENCE, persistence

PRECURSORS = ("F92", "F901", "F911", "F913")
CLASSES = (is_antipsychotic, is_antidepressant, is_mood_stabiliser_alone)


def dgp2(p):
    """An NPIA contact with a precursor in the three years before f."""
    if not 17 <= p.age <= 19:
        return None
    first = add_months(p.first_seen, -36)
    return any(
        first <= contact.data_contatto < p.first_seen and contact.diagnosi_icd10.replace(".", "").startswith(PRECURSORS)
        for contact in p.person.child_care
    )


def dgp7(p):
    """An SPDC stay of Y."""
    return bool(p.stays)


def dgp13(p):
    """A therapeutic contract or an individual plan with a start in Y."""
    return any(started(p.person, kind, p.year.first, p.year.last) for kind in ("CONTRACT", "PTI"))


def dgp16(p):
    """Forty complex interventions within 365 days of the first in Y, over six months at least."""
    kinds = (INTERVIEW, *PSYCHOTHERAPY, *PSYCHOEDUCATION)
    days = [record.date for record in p.interventions if record.type in kinds]
    days += days_started(p.person, "PSYCHOEDUCATION")
    first = min((day for day in days if p.is_in_year(day)), default=None)
    if first is None:
        return False
    within_a_year = [day for day in days if first <= day <= p.until_death(first + 365)]
    return len(within_a_year) >= 40 and max(within_a_year) >= add_months(first, 6)


def after_the_acute_episode(p, belongs):
    """(therapy, first dispensing) of a class in [discharge, +60] of the first stay; None without one."""
    discharge = discharge_of_first_stay(p)
    therapy = p.therapy(belongs)
    start = None if discharge is None else therapy.any_in(discharge, p.until_death(discharge + 60))
    return None if start is None else (therapy, start)


def over_all(p, parts):
    """The parts, for who has a stay that is not ended by death, and their variants over all T."""
    variants = {f"{part}_allT": added for part, added in parts.items()}
    return variants if discharge_of_first_stay(p) is None else parts | variants | {"": parts["b"]}


def dgp17(p, belongs=is_antipsychotic):
    """Dispensed after the acute episode, and persistent."""
    found = after_the_acute_episode(p, belongs)
    return over_all(p, dict.fromkeys(PERSISTENCE, False) if found is None else persistence(*found))


def dgp20(p):
    """(1) two, (2) three classes dispensed after the acute episode, each persistent."""
    found = [item for item in (after_the_acute_episode(p, belongs) for belongs in CLASSES) if item is not None]
    parts = {}
    for part, days in PERSISTENCE.items():
        persistent = all(therapy.persistent(start, days) for therapy, start in found)
        parts["1" + part], parts["2" + part] = persistent and len(found) == 2, persistent and len(found) == 3
        parts[part] = parts["1" + part] or parts["2" + part]
    return over_all(p, parts)


def dgp27(p):
    """A residential day in Y."""
    return any(p.is_in_year(day) for day in residential_days(p.person, p.year))


def dgp28(p):
    """A presence in Y."""
    return bool(p.presences)


OF_PERSONS = {f.__name__.upper(): f for f in (dgp2, dgp7, dgp13, dgp16, dgp17, dgp20, dgp27, dgp28)}
