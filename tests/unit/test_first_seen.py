"""The first day on which services knew a person, whether it falls in 2015, and what psychiatry had seen before it, and
child neuropsychiatry of what may precede a severe personality disorder."""

from datetime import date as d
from typing import Any

import pytest

from histories import built

SEEN = d(2015, 2, 10)
VISIT = {"intervention": {"day": SEEN}}


def visit(*days: d, **said: Any) -> dict[str, Any]:
    return {"intervention": {"day": list(days), **said}}


def episode(opened: d, *told: str, contact: str = "A") -> dict[str, Any]:
    return {"episode": {"opened": opened, "told": list(told), "contact": contact}}


def stay(kind: str, start: d, end: d, **said: Any) -> dict[str, Any]:
    return {kind: {"from": start, "to": end, **said}}


def child(*days: d, diagnosis: str | None = "F920") -> dict[str, Any]:
    return {"neuropsychiatry contact": {"day": list(days), "diagnosis": diagnosis}}


def outpatient(day: d, discipline: str | None) -> dict[str, Any]:
    return {"outpatient service": {"day": day, "discipline": discipline}}


# who, facts, (first seen, new, days from the first psychiatric service, days since child neuropsychiatry)
PEOPLE: list[tuple[str, list[dict], tuple]] = [
    ("first intervention on 31 December before", [visit(d(2014, 12, 31), SEEN)], (d(2014, 12, 31), False, None, None)),
    ("first intervention on 1 January", [visit(d(2015, 1, 1))], (d(2015, 1, 1), True, None, None)),
    ("first intervention on 31 December", [visit(d(2015, 12, 31))], (d(2015, 12, 31), True, None, None)),
    ("first intervention before the years read", [visit(d(2011, 12, 31), SEEN)], (SEEN, True, None, None)),
    ("episode opened years before", [VISIT, episode(d(2009, 5, 11), "2015S1")], (d(2009, 5, 11), False, None, None)),
    ("episode opened before the visit", [VISIT, episode(d(2015, 1, 20), "2015S1")], (d(2015, 1, 20), True, None, None)),
    ("an opening that a later semester of the year changes, and one of the year after", [
        VISIT, episode(d(2013, 6, 1), "2014S2"), episode(SEEN, "2015S2"), episode(d(2010, 1, 1), "2016S1")],
     (SEEN, True, None, None)),
    ("an episode that 2016 tells of first", [VISIT, episode(d(2010, 1, 1), "2016S1")], (SEEN, True, None, None)),
    ("one episode of two opened before", [VISIT, episode(d(2015, 1, 3), "2015S1"),
                                          episode(d(2014, 12, 31), "2015S1", contact="B")],
     (d(2014, 12, 31), False, None, None)),
    ("a presence years before", [VISIT, {"presence": {"day": [d(2013, 4, 1), d(2015, 3, 1)]}}],
     (d(2013, 4, 1), False, None, None)),
    ("admitted to a residence years before", [VISIT, {"residential stay": {"from": d(2011, 6, 1), "told": ["2012S1"]}}],
     (d(2011, 6, 1), False, None, None)),
    ("admitted to a residence years before, as 2016 tells", [
        VISIT, {"residential stay": {"from": d(2014, 6, 1), "told": ["2016S1"]}}], (SEEN, True, None, None)),
    ("in an SPDC over New Year", [stay("SPDC stay", d(2014, 12, 30), d(2015, 1, 4))],
     (d(2014, 12, 30), False, None, None)),
    ("an SPDC stay years before", [VISIT, stay("SPDC stay", d(2012, 5, 1), d(2012, 5, 9))],
     (d(2012, 5, 1), False, None, None)),
    ("an SPDC stay that 2016 tells of", [VISIT, stay("SPDC stay", d(2014, 12, 30), d(2016, 1, 4))],
     (SEEN, True, None, None)),
    ("in general medicine over New Year, then in the SPDC", [
        stay("hospital stay", d(2014, 12, 28), d(2015, 1, 2)), stay("SPDC stay", d(2015, 1, 2), d(2015, 1, 9))],
     (d(2015, 1, 2), True, None, None)),
    ("a private psychiatric ward a year before", [
        VISIT, stay("SPDC stay", d(2014, 2, 10), d(2014, 3, 1), private=True)], (SEEN, True, 365, None)),
    ("child neuropsychiatry 730 days before", [VISIT, child(d(2013, 2, 10))], (SEEN, True, 730, 730)),
    ("child neuropsychiatry 731 days before", [VISIT, child(d(2013, 2, 9))], (SEEN, True, 731, 731)),
    # From 1 March 2012 to 10 February 2015: three years of 365 days less 19.
    ("child neuropsychiatry before, on the day and after it", [
        VISIT, child(d(2012, 3, 1), d(2015, 2, 9), SEEN, d(2015, 6, 1))], (SEEN, True, 1076, 1)),
    ("child neuropsychiatry on the day and after it", [VISIT, child(SEEN, d(2015, 6, 1), d(2016, 1, 1))],
     (SEEN, True, None, None)),
    ("child neuropsychiatry on the first day of the years read", [VISIT, child(d(2011, 12, 31), d(2012, 1, 1))],
     (SEEN, True, 1136, 1136)),
    ("child neuropsychiatry before the years read", [VISIT, child(d(2011, 12, 31))], (SEEN, True, None, None)),
    ("child neuropsychiatry after an opening years before", [VISIT, episode(d(2009, 5, 11), "2015S1"),
                                                             child(d(2013, 2, 9))],
     (d(2009, 5, 11), False, None, None)),
    ("outpatient psychiatry 731 days before", [VISIT, outpatient(d(2013, 2, 9), "40")], (SEEN, True, 731, None)),
    ("outpatient psychiatry before child neuropsychiatry", [VISIT, outpatient(d(2013, 2, 9), "40"),
                                                            child(d(2014, 2, 10))], (SEEN, True, 731, 365)),
    ("outpatient services of other disciplines", [VISIT, outpatient(d(2013, 2, 9), "33"),
                                                  outpatient(d(2013, 2, 9), None)], (SEEN, True, None, None)),
    ("a day hospital of child neuropsychiatry that ended in the year", [
        VISIT, stay("day hospital", d(2013, 2, 9), d(2015, 3, 1), ward="3301")], (SEEN, True, 731, None)),
    ("a day hospital that ended after the year", [
        VISIT, stay("day hospital", d(2013, 2, 9), d(2016, 1, 1), ward="3301")], (SEEN, True, None, None)),
    ("a day hospital of psychiatry", [VISIT, stay("day hospital", d(2013, 2, 10), d(2013, 3, 1))],
     (SEEN, True, 730, None)),
    ("discharged from a ward of child neuropsychiatry", [
        VISIT, stay("hospital stay", d(2013, 2, 9), d(2013, 3, 1), **{"discharge ward": "33"})],
     (SEEN, True, 731, None)),
    ("other wards", [VISIT, stay("hospital stay", d(2013, 2, 9), d(2013, 3, 1)),
                     stay("day hospital", d(2013, 2, 9), d(2013, 3, 1), ward="2640")], (SEEN, True, None, None)),
    ("the earliest of all", [VISIT, child(d(2014, 2, 10)), outpatient(d(2013, 2, 10), "40"),
                             stay("day hospital", d(2013, 2, 9), d(2013, 3, 1))], (SEEN, True, 731, 365)),
]  # fmt: skip
# who, facts, contacts with a precursor diagnosis
PRECURSORS: list[tuple[str, list[dict], int]] = [
    ("none", [VISIT], 0),
    ("three years before, and a day more", [VISIT, child(d(2012, 2, 9), d(2012, 2, 10))], 1),
    ("the day before, the day itself", [VISIT, child(d(2015, 2, 9), SEEN, d(2015, 6, 1))], 1),
    ("two on a day", [VISIT, child(d(2014, 2, 9), d(2014, 2, 9)), child(d(2014, 2, 9), diagnosis="F901")], 3),
    ("each code, with what is below it", [VISIT, *(child(d(2014, 2, 9), diagnosis=code) for code in (
        "F92", "F920", "F929", "F901", "F911", "F913", "F9010"))], 7),
    ("codes beside them", [VISIT, *(child(d(2014, 2, 9), diagnosis=code) for code in (
        "F90", "F900", "F91", "F910", "F912", "F919", "F93", "F9", None))], 0),
    ("before a first day years ago, of the years read", [
        VISIT, episode(d(2013, 6, 1), "2015S1"), child(d(2011, 12, 31), d(2012, 1, 1), d(2013, 5, 31), d(2013, 6, 1))],
     2),
    ("a first day before the years read", [VISIT, episode(d(2010, 6, 1), "2015S1"), child(d(2012, 1, 1))], 0),
    ("to the end of a February", [visit(d(2015, 2, 28)), child(d(2012, 2, 27), d(2012, 2, 28), d(2012, 2, 29))], 2),
    ("beside outpatient psychiatry", [VISIT, outpatient(d(2014, 2, 9), "40"), child(d(2014, 3, 1))], 1),
]  # fmt: skip
COLUMNS = ("first_seen_date", "new_to_dsm", "days_from_first_psychiatric_service", "days_since_npia_contact")


@pytest.fixture(scope="module")
def rows(spark) -> dict[int, Any]:
    people = [{"who": who, "diagnosis": None, "facts": facts} for who, facts, _ in (*PEOPLE, *PRECURSORS)]
    return {row["person_id"]: row for row in built(spark, people, tables=["person_year"])["person_year"]}


@pytest.mark.parametrize("number", range(len(PEOPLE)), ids=[who for who, *_ in PEOPLE])
def test_the_first_day_and_what_was_before_it(number: int, rows) -> None:
    assert tuple(rows[number + 1][column] for column in COLUMNS) == PEOPLE[number][2]


@pytest.mark.parametrize("number", range(len(PRECURSORS)), ids=[who for who, *_ in PRECURSORS])
def test_contacts_of_childhood_that_may_precede(number: int, rows) -> None:
    assert rows[len(PEOPLE) + number + 1]["npia_precursor_contacts"] == PRECURSORS[number][2]
