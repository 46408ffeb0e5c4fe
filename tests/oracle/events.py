"""Events of the supplementary flow and visits to emergency departments (manual, sections 3 and 5)."""

import re


def attributes(record):
    """{name: value} of ATTRIBUTI; of a name told twice, the first."""
    found = {}
    for part in record.attributi.split(";"):
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip())
    return found


def started(person, kind, first, last):
    """Is there an event of the type with a start in [first, last]?"""
    return any(e.tipo == kind and first <= e.data_inizio <= last for e in person.events)


def on_some_day(person, event_type, year, **wanted):
    """Is there an event of the type, with these attributes, on some day of Y (no end: still on)?"""
    for event in person.events:
        on = event.data_inizio <= year.last and (event.data_fine is None or event.data_fine >= year.first)
        if event.tipo == event_type and on and wanted.items() <= attributes(event).items():
            return True
    return False


def is_mental(visit):
    """A visit with a diagnosis 290-319 in any position; dots removed, repeated fields parted by |."""
    fields = (visit.diagnosis, visit.diagnoses, visit.obi_diagnosis, visit.obi_diagnoses)
    codes = [code.strip().replace(".", "") for field in fields for code in field.split("|")]
    return any(re.match(r"29[0-9]|30[0-9]|31[0-9]", code) for code in codes)


def mental_visits(person, year):
    """Visits to an emergency department in Y with such a diagnosis."""
    return sum(year.first <= visit.entry_date <= year.last and is_mental(visit) for visit in person.emergency)
