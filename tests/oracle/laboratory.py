"""Executions of laboratory tests (manual, section 2, "Laboratory")."""

from .stays import hospital_stays

GLUCOSE, CHOLESTEROL, TRIGLYCERIDES = "90.27.1", "90.14.3", "90.43.2"
METABOLIC = (GLUCOSE, CHOLESTEROL, TRIGLYCERIDES)


def executions(person, test, first, last):
    """Days with the test in [first, last], and each hospital stay with a day inside as one more."""
    days = {r.data_erogazione for r in person.services if r.prestazione == test}
    found = sum(first <= day <= last for day in days)
    for stay in hospital_stays(person.hospital):
        admission = min(record.data_ricovero for record in stay)
        discharge = max(record.data_dimissione for record in stay)
        found += admission <= last and first <= discharge
    return found


def metabolic_executions(person, first, last):
    """The fewest executions of the three metabolic tests."""
    return min(executions(person, test, first, last) for test in METABOLIC)
