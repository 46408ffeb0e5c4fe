"""Events of the supplementary flow and visits to emergency departments (manual, sections 3 and 5)."""

import re

LEVELS = {"consultation": "1", "treatment": "2", "care": "3"}


def attributes(record):
    """{name: value} of ATTRIBUTI; of a name told twice, the first."""
    found = {}
    for part in record.attributi.split(";"):
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip())
    return found


def days_started(person, kind):
    """The starts of the events of a type, a day of two twice."""
    return [event.data_inizio for event in person.events if event.tipo == kind]


def count_started(person, kind, first, last):
    """How many events of the type have a start in [first, last]."""
    return sum(first <= day <= last for day in days_started(person, kind))


def started(person, kind, first, last):
    """Is there an event of the type with a start in [first, last]?"""
    return count_started(person, kind, first, last) > 0


def on_in_year(person, kind, year):
    """The events of the type on some day of Y (no end: still on)."""
    return [
        event
        for event in person.events
        if event.tipo == kind
        and event.data_inizio <= year.last
        and (event.data_fine is None or event.data_fine >= year.first)
    ]


def on_some_day(person, event_type, year, **wanted):
    """Is there an event of the type, with these attributes, on some day of Y?"""
    return any(wanted.items() <= attributes(event).items() for event in on_in_year(person, event_type, year))


def pathway_level(person, year):
    """D14: 1, 2 or 3 by the latest of the pathway events of Y that tell a known level, None without one."""
    told = [
        (event.data_inizio, event.id_evento, event.regione, LEVELS[attributes(event)["level"]])
        for event in on_in_year(person, "PATHWAY", year)
        if attributes(event).get("level") in LEVELS
    ]
    return max(told)[-1] if told else None


def is_mental(visit):
    """A visit with a diagnosis 290-319 in any position; dots removed, repeated fields parted by |."""
    fields = (visit.diagnosis, visit.diagnoses, visit.obi_diagnosis, visit.obi_diagnoses)
    codes = [code.strip().replace(".", "") for field in fields for code in field.split("|")]
    return any(re.match(r"29[0-9]|30[0-9]|31[0-9]", code) for code in codes)


def mental_visits(person, year):
    """Visits to an emergency department in Y with such a diagnosis."""
    return sum(year.first <= visit.entry_date <= year.last and is_mental(visit) for visit in person.emergency)
