"""Since when a check fails, from counts of a few periods. No Spark."""

import pandas as pd
import pytest

from percorsi.quality.columns import Column
from percorsi.quality.counts import SHARES
from percorsi.quality.since import _ALSO, since
from percorsi.quality.suites import Check, Suite


def check(column: str, *, least: int = 0, **bound) -> Check:
    meta = {"check": "asked", "item": "sex", "title": "t", "why": "w", "action": "a", "least": least}
    kwargs = {"column": column, **bound}
    return Check.model_validate(
        {"type": "expect_column_values_to_be_between", "severity": "warning", "kwargs": kwargs, "meta": meta}
    )


def asked(one: Check, missing: dict, *, column: Column | None = None, status: str = "failed") -> str | None:
    """What `since` says of region 010 in 2015; `missing`: (year, semester) -> how many of 100 are missing."""
    rows = [
        (2015, year, half, "region", "010", "sex", 100 - lost, 0, 0, 0, lost, 100)
        for (year, half), lost in missing.items()
    ]
    names = ["year", "period", "semester", "level", "area", "item", "valid", "other", "default", "invalid", "missing"]
    counts = pd.DataFrame(rows, columns=[*names, "denominator"])
    checks = pd.DataFrame([("asked", "010", 2015, status)], columns=["check", "area", "year", "status"])
    columns = {one.kwargs.column: column or Column("sex", "m", "missing", 0)}
    (found,) = since(checks, counts, {"registration": Suite("registration", (one,), "", columns)})
    return found


A, B, C, D = (2014, 1), (2014, 2), (2015, 1), (2015, 2)
AT_MOST = check("sex_missing", max_value=0.2)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ({A: 0, B: 0, C: 0, D: 21}, "2015-S2"),
        ({A: 0, B: 30, C: 30, D: 30}, "2014-S2"),
        ({A: 30, B: 30, C: 30, D: 30}, "~2014-S1"),  # of what was before the first nothing is known
        ({A: 30, B: 20, C: 30, D: 30}, "2015-S1"),  # 20 of 100 passes: the threshold is a bound that may be met
        ({A: 30, C: 30, D: 30}, "~2015-S1"),  # nor of a semester without records
        ({A: 0, B: 30, C: 30, D: 0}, "2014-S2/2015-S1"),  # over in the last semester, and the year fails by it
        ({A: 30, B: 30, C: 0, D: 0}, None),  # no semester of the year fails
    ],
)
def test_the_first_semester_of_the_failures_that_last(missing, expected):
    assert asked(AT_MOST, missing) == expected


def test_a_share_that_must_be_reached():
    at_least = check("sex_valid", min_value=0.8)
    column = Column("sex", "m", "valid", 0)
    assert asked(at_least, {B: 20, C: 21, D: 50}, column=column) == "2015-S1"


def test_what_passes_has_no_beginning():
    assert asked(AT_MOST, {D: 50}, status="passed") is None
    assert asked(AT_MOST, {D: 50}, status="not_applicable") is None


def test_too_few_records_of_a_period_fail_nothing():
    assert asked(check("sex_missing", max_value=0.2, least=100), {C: 50, D: 50}) == "~2015-S1"
    assert asked(check("sex_missing", max_value=0.2, least=101), {C: 50, D: 50}) is None


def test_a_check_of_one_semester_asks_that_one():
    first = Column("sex", "m", "missing", 1)
    assert asked(AT_MOST, {B: 30, C: 30, D: 0}, column=first) == "~2014-S2"
    assert asked(AT_MOST, {B: 30, C: 0, D: 30}, column=first) is None
    second = Column("sex", "m", "missing", 2)
    assert asked(AT_MOST, {B: 0, C: 30, D: 30}, column=second) == "2015-S1"
    assert asked(AT_MOST, {C: 30, D: 0}, column=second) is None


def test_what_is_counted_by_year_begins_with_a_year():
    assert asked(AT_MOST, {(2013, 0): 30, (2014, 0): 30, (2015, 0): 30}) == "~2013"
    assert asked(AT_MOST, {(2013, 0): 30, (2014, 0): 10, (2015, 0): 30}) == "2015"
    with_semesters = {(2014, 0): 30, (2015, 0): 30, C: 0, D: 30}
    assert asked(AT_MOST, with_semesters) == "2015-S2"  # the year beside semesters is their sum


def test_shares_of_diagnoses_are_those_of_a_class_of_an_item_but_for_episodes():
    assert set(SHARES) - set(_ALSO) == {"episode_usable"}
    assert set(_ALSO) < set(SHARES)
    diagnosed = Column("diagnosis", "m")
    assert asked(check("episode_usable", min_value=0.8), {D: 50}, column=diagnosed) is None
