"""Laboratory tests of the year and of the weeks after a first dispensing, by persons worked out by hand.

Glucose, cholesterol, triglycerides, in this order. The first dispensing is of 1 March 2015 unless said: day 84 of it is
24 May.
"""

from datetime import date as d
from typing import Any

import pytest

from histories import built, frames
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features import laboratory

VISIT = {"intervention": {"day": d(2015, 2, 10)}}
START = d(2015, 3, 1)
KINDS = ("glucose", "cholesterol", "triglycerides")
MONITORED = "dysmetabolic_risk"


def done(test: str, *days: d) -> dict[str, Any]:
    return {"outpatient service": {"day": list(days), "test": test}}


def dispensed(*days: d, drug: str = "N05AH03") -> dict[str, Any]:
    return {"dispensing": {"day": list(days), "drug": drug}}


def stay(start: d, end: d, **said: Any) -> dict[str, Any]:
    return {"hospital stay": {"from": start, "to": end, **said}}


def died(day: d) -> dict[str, Any]:
    return {"certificate": {"died": day}}


FIRST = dispensed(START)
NONE, EACH = (0, 0, 0), (1, 1, 1)

# who, facts, tests of Y, tests after the first dispensing
PERSONS: list[tuple[str, list[dict], tuple, tuple]] = [
    ("no test", [FIRST], NONE, NONE),
    ("nothing dispensed", [done("glucose", d(2015, 3, 10)), stay(d(2015, 4, 1), d(2015, 4, 9))], (2, 1, 1),
     (None, None, None)),
    ("another class dispensed", [dispensed(START, drug="N05AD01"), done("glucose", d(2015, 3, 10))], (1, 0, 0),
     (None, None, None)),
    ("day 84 and day 85", [FIRST, done("glucose", d(2015, 5, 24), d(2015, 5, 25)),
                           done("cholesterol", d(2015, 5, 25))], (2, 1, 0), (1, 0, 0)),
    ("on the day itself and the day before", [FIRST, done("glucose", d(2015, 2, 28), d(2015, 3, 1)),
                                              done("triglycerides", d(2015, 2, 28))], (2, 0, 1), (1, 0, 0)),
    ("twice on a day", [FIRST, done("glucose", d(2015, 3, 10), d(2015, 3, 10)), done("glucose", d(2015, 3, 10)),
                        done("cholesterol", d(2015, 3, 10), d(2015, 3, 11))], (1, 2, 0), (1, 2, 0)),
    ("another test", [FIRST, done("ECG", d(2015, 3, 10)),
                      {"outpatient service": {"day": d(2015, 3, 10), "service": "90.27.2"}}], NONE, NONE),
    ("a stay until the first day", [FIRST, stay(d(2015, 2, 10), d(2015, 3, 1))], EACH, EACH),
    ("a stay until the day before", [FIRST, stay(d(2015, 2, 10), d(2015, 2, 28))], EACH, NONE),
    ("a stay from the last day", [FIRST, stay(d(2015, 5, 24), d(2015, 6, 2))], EACH, EACH),
    ("a stay from the day after", [FIRST, stay(d(2015, 5, 25), d(2015, 6, 2))], EACH, NONE),
    ("a stay around it all, with a test in it", [FIRST, stay(d(2015, 2, 1), d(2015, 7, 1)),
                                                 done("glucose", d(2015, 4, 1))], (2, 1, 1), (2, 1, 1)),
    ("a stay that begins and ends on one day", [FIRST, stay(d(2015, 4, 1), d(2015, 4, 1))], EACH, EACH),
    ("two stays of which one is of two wards, and a day hospital", [
        FIRST, stay(d(2015, 4, 1), d(2015, 4, 5)), {"SPDC stay": {"from": d(2015, 4, 5), "to": d(2015, 4, 9)}},
        {"SPDC stay": {"from": d(2015, 4, 10), "to": d(2015, 4, 12), "private": True}},
        {"day hospital": {"from": d(2015, 5, 1), "to": d(2015, 5, 1)}}], (2, 2, 2), (2, 2, 2)),
    ("death in the weeks after", [FIRST, died(d(2015, 4, 1)), done("glucose", d(2015, 4, 1), d(2015, 4, 2))],
     (2, 0, 0), (1, 0, 0)),
    ("death in hospital", [FIRST, stay(d(2015, 3, 20), d(2015, 4, 1), died=True), done("glucose", d(2015, 4, 2))],
     (2, 1, 1), EACH),
    ("death before the first dispensing", [FIRST, died(d(2015, 2, 20)), done("glucose", d(2015, 3, 5)),
                                           stay(d(2015, 2, 10), d(2015, 3, 10))], (2, 1, 1), NONE),
    ("the edges of the year", [
        dispensed(d(2015, 12, 20)),
        done("glucose", d(2014, 12, 31), d(2015, 1, 1), d(2015, 12, 31), d(2016, 1, 1)),
        done("cholesterol", d(2016, 3, 13)), done("triglycerides", d(2016, 3, 14))], (2, 0, 0), (2, 1, 0)),
    ("stays over the edges of the year", [
        dispensed(d(2015, 12, 20)),
        stay(d(2014, 12, 20), d(2015, 1, 1)), stay(d(2015, 12, 31), d(2016, 1, 5)),
        stay(d(2014, 12, 1), d(2014, 12, 19)), stay(d(2016, 1, 6), d(2016, 1, 9))], (2, 2, 2), (2, 2, 2)),
    ("told of by another region", [FIRST, {"outpatient service": {
        "day": d(2015, 3, 10), "test": "glucose", "dsm": "080-101-001"}}], (1, 0, 0), (1, 0, 0)),
    ("of the first of several dispensings", [dispensed(START, d(2015, 5, 1), d(2014, 12, 20)),
                                             done("glucose", d(2015, 1, 5), d(2015, 6, 1))], (2, 0, 0), NONE),
]  # fmt: skip


# Of Y alone, of Y and after a start, after a start alone; the n-th test is done on n days of March.
OF_YEAR = {"lithium_level": "lithium level", "urine": "urine", "ft3": "FT3", "ft4": "FT4", "ggt": "GGT",
           "alkaline_phosphatase": "alkaline phosphatase"}  # fmt: skip
BOTH = {"blood_count": "blood count", "alt": "ALT", "ast": "AST", "creatinine": "creatinine", "tsh": "TSH",
        "cholesterol": "cholesterol", "triglycerides": "triglycerides"}  # fmt: skip
TIMES = {kind: n for n, kind in enumerate([*OF_YEAR, *BOTH, "ecg"], start=1)}
EVERY_TEST = [
    done(test, *(d(2015, 3, day) for day in range(1, TIMES[kind] + 1)))
    for kind, test in {**OF_YEAR, **BOTH, "ecg": "ECG"}.items()
]
LITHIUM, HALOPERIDOL, SERTRALINE = "N05AN01", "N05AD01", "N06AB06"
EITHER = "mood_stabiliser_or_antipsychotic"
# who, facts, columns of the row
CLASSES: list[tuple[str, list[dict], dict[str, int | None]]] = [
    ("every test and a stay", [dispensed(START, drug=LITHIUM), *EVERY_TEST, stay(d(2015, 4, 1), d(2015, 4, 4))], {
        **{f"{kind}_tests": TIMES[kind] + 1 for kind in (*OF_YEAR, *BOTH)},
        **{f"{EITHER}_{kind}_tests": TIMES[kind] + 1 for kind in (*BOTH, "ecg")},
        **{f"{MONITORED}_{kind}_tests": None for kind in KINDS}, "glucose_tests": 1}),
    # From 2 March on there is one day less of each; day 84 is 25 May.
    ("every test, a day after the first", [dispensed(d(2015, 3, 2), drug=HALOPERIDOL), *EVERY_TEST,
                                           stay(d(2015, 5, 26), d(2015, 6, 4))], {
        **{f"{kind}_tests": TIMES[kind] + 1 for kind in (*OF_YEAR, *BOTH)},
        **{f"{EITHER}_{kind}_tests": TIMES[kind] - 1 for kind in (*BOTH, "ecg")}, "glucose_tests": 1}),
    ("neither class", [dispensed(START, drug=SERTRALINE), *EVERY_TEST], {
        **{f"{kind}_tests": TIMES[kind] for kind in (*OF_YEAR, *BOTH)},
        **{f"{EITHER}_{kind}_tests": None for kind in (*BOTH, "ecg")}, "glucose_tests": 0}),
    ("the first of either class", [dispensed(START, drug=HALOPERIDOL), dispensed(d(2015, 5, 1), drug=LITHIUM),
                                   done("ALT", d(2015, 2, 28), d(2015, 3, 1), d(2015, 5, 24), d(2015, 5, 25))],
     {"alt_tests": 4, f"{EITHER}_alt_tests": 2, f"{EITHER}_ast_tests": 0, "ast_tests": 0}),
]  # fmt: skip


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    return [{"who": who, "facts": [VISIT, *facts]} for who, facts, *_ in (*PERSONS, *CLASSES)]


@pytest.fixture(scope="module")
def rows(spark, people) -> dict[int, Any]:
    return {row["person_id"]: row for row in built(spark, people, tables=["person_year"])["person_year"]}


@pytest.mark.parametrize("number", range(len(PERSONS)), ids=[who for who, *_ in PERSONS])
def test_tests_of_a_person(number: int, rows) -> None:
    _, _, of_year, after = PERSONS[number]
    row = rows[number + 1]
    assert tuple(row[f"{kind}_tests"] for kind in KINDS) == of_year
    assert tuple(row[f"{MONITORED}_{kind}_tests"] for kind in KINDS) == after


@pytest.mark.parametrize("number", range(len(CLASSES)), ids=[who for who, *_ in CLASSES])
def test_tests_of_other_kinds_and_classes(number: int, rows) -> None:
    _, _, expected = CLASSES[number]
    row = rows[len(PERSONS) + number + 1]
    assert {name: row[name] for name in expected} == expected


def test_any_tests_any_days(spark) -> None:
    """Tests of Y-1 too, a window that begins there, a name of one's own."""
    from pyspark.sql import functions as F

    window, kinds = EvaluationWindow(2015), ("ecg", "lithium_level")
    facts = [
        done("ECG", d(2013, 12, 31), d(2014, 1, 1), d(2014, 12, 20)),
        {"outpatient service": {"day": d(2014, 12, 21), "service": "90.32.2"}},
        done("glucose", d(2014, 12, 20)),
    ]
    services = frames(spark, [{"who": "", "facts": facts}])["outpatient_service"]
    stays = "array(struct(date'2014-12-20' as admission_date, date'2015-01-02' as discharge_date)) as hospital_stays"
    found = laboratory.tests(services, window, kinds).selectExpr("*", stays, "cast(null as date) as no_day")
    first, last = F.lit(d(2014, 1, 1)), F.lit(d(2014, 12, 20))
    counted = {
        **laboratory.done("before", first, last),
        **laboratory.done("after", F.lit(d(2014, 12, 21)), F.lit(d(2015, 1, 31))),
        **laboratory.done("unasked", F.col("no_day"), last),
        **laboratory.done("endless", first, F.col("no_day")),
    }
    asked = {
        **laboratory.executions(kinds, "before", "before_{kind}"),
        **laboratory.executions(kinds, "after"),
        **laboratory.executions(["ecg"], "unasked", "unasked_{kind}"),
        **laboratory.executions(["ecg"], "endless", "endless_{kind}"),
    }
    said = (answer.alias(name) for name, answer in asked.items())
    row = found.withColumns(counted).select(F.size("tests").alias("kept"), *said).first()
    assert row.asDict() == {
        **{"kept": 3, "before_ecg": 3, "before_lithium_level": 1, "ecg_tests": 1, "lithium_level_tests": 2},
        **{"unasked_ecg": None, "endless_ecg": None},
    }
