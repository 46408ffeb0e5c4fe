"""Coverage and runs against slow twins over sets of day numbers: all drawn examples in one frame a question."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import strategies as st
from pyspark.sql import Column
from pyspark.sql import functions as F

from percorsi.intervals.calendar import Calendar
from percorsi.intervals.coverage import days_covered, with_spans
from percorsi.intervals.runs import days_inside, interruption_after, interruptions, longest_run, next_end, runs
from percorsi.small_frame import small_frame
from unit.test_intervals import CALENDAR, DAYS, FIRST, LINE_DAYS, drawn, line

GAPS = [1, 2, 3, 5]
positions = st.integers(0, LINE_DAYS - 1)
# Days covered by drugs, days in an institution, two days.
histories = st.tuples(st.sets(positions), st.sets(positions), positions, positions)
EDGES: list[tuple[set[int], set[int], int, int]] = [
    (set(), set(), 0, 23),
    (set(), {4, 5}, 0, 23),  # an institution starts nothing
    ({6}, {4, 5}, 0, 23),
    ({4}, {6}, 4, 4),
    ({0}, {23}, 0, 23),
    ({23}, set(), 23, 23),
    ({0, 3, 6, 10, 15, 21}, set(), 0, 23),
    ({0, 3, 6, 10, 15, 21}, {8}, 21, 3),
    (set(range(24)), set(), 0, 23),
]


# The twins ---------------------------------------------------------------------------------------------------------


def slow_runs(covered: set[int], held: set[int], gap: int) -> list[tuple[int, int]]:
    """Day by day: what begins a run, and what ends it."""
    found: list[tuple[int, int]] = []
    start = last = None
    for number in range(LINE_DAYS):
        if last is not None and number - last > gap:  # `gap` days without cover lie between
            found += [] if start is None else [(start, last + 1)]
            start = last = None
        if number in covered or number in held:
            last = number
        if number in covered and start is None:
            start = number
    return found + ([(start, last + 1)] if start is not None else [])


def slow_inside(found: list[tuple[int, int]], start: int, end: int) -> list[int]:
    inside = (len(set(range(a, b)) & set(range(start, end + 1))) for a, b in found)
    return [days for days in inside if days]


def answers(spark, examples: list[tuple], question: Callable[[Column, Column, Column, Column], Column]) -> list[Any]:
    rows = [(n, line(c), line(c | h), start, end) for n, (c, h, start, end) in enumerate(examples)]
    frame = small_frame(spark, rows, "n int, covered string, united string, a int, b int")
    answer = question(F.col("covered"), F.col("united"), F.col("a"), F.col("b")).alias("answer")
    return [row["answer"] for row in frame.select("n", answer).orderBy("n").collect()]


# Runs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", GAPS)
def test_runs_are_those_of_the_set(spark, gap: int) -> None:
    examples = [*EDGES, *drawn(histories)]

    def question(covered: Column, united: Column, a: Column, b: Column) -> Column:
        found, last = runs(united, gap, started_by=covered), F.lit(LINE_DAYS - 1)
        return F.struct(
            found.alias("found"),
            runs(covered, gap).alias("alone"),
            next_end(found, a).alias("end"),
            days_inside(found, a, b).alias("inside"),
            longest_run(found, a, b).alias("longest"),
            interruption_after(found, a, gap, last).alias("after"),
            interruption_after(found, a, gap, b).alias("after_until"),
            interruptions(found, a, b, gap, last).alias("dated"),
        )

    for example, got in zip(examples, answers(spark, examples, question), strict=True):
        covered, held, a, b = example
        found = slow_runs(covered, held, gap)
        end = next((e for _, e in found if a < e), None)
        seen = [e for _, e in found if e + gap <= LINE_DAYS - 1]
        assert [tuple(run) for run in got["found"]] == found, example
        assert [tuple(run) for run in got["alone"]] == slow_runs(covered, set(), gap), example
        assert got["end"] == end, example
        inside = slow_inside(found, a, b)
        assert (got["inside"], got["longest"]) == (inside, max(inside, default=0)), example
        assert got["after"] == (end if end in seen else None), example
        assert got["after_until"] == (end if end is not None and end + gap <= b else None), example
        assert got["dated"] == [e for e in seen if a <= e <= b], example


def test_a_run_of_the_docstring_and_nothing_of_nothing(spark) -> None:
    frame = small_frame(spark, [("0110100010", "0000100000", None)], "line string, started string, nothing string")
    asked = [runs(F.col("line"), 2), runs(F.col("line"), 2, F.col("started")), runs(F.col("nothing"), 2)]
    assert tuple(frame.select(*asked).first()) == ([(1, 5), (8, 9)], [(4, 5)], None)


# Coverage ----------------------------------------------------------------------------------------------------------

AMOUNTS = ["28", "28.0000004", "28.0000005", "28.000001", "0.5", "0.000000001", "0.0000005", "1", "99999999999"]


def slow_days(ddds: str) -> int:
    rounded = Decimal(ddds).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    return min(int(rounded.to_integral_value(ROUND_CEILING)), 10_000)


def test_an_amount_lasts_a_day_for_each_ddd_begun(spark) -> None:
    rows = [(n, Decimal(amount)) for n, amount in enumerate(AMOUNTS)]
    frame = small_frame(spark, rows, "n int, ddds decimal(20,9)")
    got = [row[0] for row in frame.orderBy("n").select(days_covered(F.col("ddds"))).collect()]
    assert got == [slow_days(amount) for amount in AMOUNTS] == [28, 28, 29, 29, 1, 0, 1, 1, 10_000]


def slow_carried(given: dict[int, int]) -> set[int]:
    """Day by day, from what is left in the house."""
    covered, left = set(), 0
    for number in range(min(given), DAYS + 400):
        left += given.get(number, 0)
        if left:
            covered.add(number)
            left -= 1
    return {number for number in covered if number < DAYS}


def test_spans_of_amounts_cover_their_days_carried_forward_or_not(spark) -> None:
    amounts = st.dictionaries(st.integers(0, DAYS - 1), st.integers(1, 60), min_size=1, max_size=8)
    examples = [{0: 28, 10: 28}, {0: 10, 10: 10}, {0: 10, 11: 10}, {0: 60, 1: 60, 150: 5}, *drawn(amounts, 100)]
    rows = [
        (n, FIRST + timedelta(days=number), Decimal(days))
        for n, given in enumerate(examples)
        for number, days in given.items()
    ]
    frame = small_frame(spark, rows, "n int, date date, ddds decimal(20,9)")
    for carried, twin in (
        (None, lambda given: {d for number, days in given.items() for d in range(number, number + days)}),
        (["n"], slow_carried),
    ):
        spans = CALENDAR.locate_spans(with_spans(frame, F.col("ddds"), carried), F.col("span_start"), F.col("span_end"))
        grouped = spans.groupBy("n").agg(CALENDAR.collect_spans().alias("covered")).orderBy("n")
        got = [row[0] for row in grouped.select(CALENDAR.line("covered")).collect()]
        assert got == [line(twin(given), DAYS) for given in examples]


def test_common_days_of_calendars(spark) -> None:
    calendar = Calendar(date(2016, 1, 1), date(2016, 12, 31))
    days = st.sets(st.integers(0, calendar.days - 1), min_size=1, max_size=40)
    pairs = [({0, 62, 63, 365}, {62, 63, 365}), ({5}, {6}), *drawn(st.tuples(days, days), 60)]
    rows = [
        (n, calendar.first + timedelta(days=d), which == 0)
        for n, pair in enumerate(pairs)
        for which, days in enumerate(pair)
        for d in days
    ]
    located = calendar.locate(small_frame(spark, rows, "n int, date date, one boolean"), F.col("date"))
    grouped = located.groupBy("n").agg(
        calendar.collect_days(F.col("one")).alias("one"), calendar.collect_days(~F.col("one")).alias("other")
    )
    counted = grouped.orderBy("n").select(
        calendar.common_days(F.col("one")), calendar.common_days(F.col("one"), F.col("other"))
    )
    assert [tuple(row) for row in counted.collect()] == [(len(one), len(one & other)) for one, other in pairs]
