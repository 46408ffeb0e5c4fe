"""Executions of laboratory tests (manual, section 2, "Laboratory")."""

from .stays import hospital_stays

GLUCOSE, CHOLESTEROL, TRIGLYCERIDES = "90.27.1", "90.14.3", "90.43.2"
METABOLIC = (GLUCOSE, CHOLESTEROL, TRIGLYCERIDES)
LITHIUM_LEVEL, CREATININE, URINE = "90.32.2", "90.16.3", "90.44.3"
TSH, FT4, FT3 = "90.42.1", "90.42.3", "90.43.3"
BLOOD_COUNT, ALT, AST, GGT, ALKALINE_PHOSPHATASE = "90.62.2", "90.04.5", "90.09.2", "90.25.5", "90.23.5"
ECG = "89.52"


def days_with(person, test, first, last):
    """How many days of [first, last] have the test."""
    days = {record.data_erogazione for record in person.services if record.prestazione == test}
    return sum(first <= day <= last for day in days)


def executions(person, test, first, last):
    """Days with the test in [first, last], and each hospital stay with a day inside as one more."""
    found = days_with(person, test, first, last)
    for stay in hospital_stays(person.hospital):
        admission = min(record.data_ricovero for record in stay)
        discharge = max(record.data_dimissione for record in stay)
        found += admission <= last and first <= discharge
    return found


def fewest_executions(person, tests, first, last):
    """Of several tests, the executions of the one that has the fewest."""
    return min(executions(person, test, first, last) for test in tests)
