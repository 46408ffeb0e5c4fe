"""The algebra of days against slow twins over sets of day numbers: all drawn examples in one frame a question."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from percorsi.intervals.calendar import Calendar
from percorsi.intervals.lines import (
    covered_days,
    days_to_first,
    first_missed_window,
    longest_gap,
    longest_left,
    longest_wait,
)
from percorsi.small_frame import small_frame

FIRST, LAST = date(2015, 1, 1), date(2015, 6, 30)  # 181 days: three words, the last one not full
DAYS = 181
LINE_DAYS = 24  # short lines, so that every edge is met often


def drawn(strategy: st.SearchStrategy, count: int = 400) -> list[Any]:
    """Examples of a strategy, the same in every run."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def line(days: set[int], length: int = LINE_DAYS) -> str:
    return "".join("1" if number in days else "0" for number in range(length))


def asked(spark, examples: list[tuple[set[int], int, int]], question: Callable) -> list[int | None]:
    """The answers to a question of (line, start, end) for all examples, in their order."""
    rows = [(n, line(days), start, end) for n, (days, start, end) in enumerate(examples)]
    frame = small_frame(spark, rows, "n int, line string, a int, b int")
    answer = question(F.col("line"), F.col("a"), F.col("b")).alias("answer")
    return [row["answer"] for row in frame.select("n", answer).orderBy("n").collect()]


positions = st.integers(0, LINE_DAYS - 1)
lines = st.tuples(st.sets(positions), positions, positions)


# The twins ---------------------------------------------------------------------------------------------------------


def slow_days_to_first(days: set[int], start: int, end: int) -> int | None:
    return next((number - start for number in range(start, end + 1) if number in days), None)


def slow_covered_days(days: set[int], start: int, end: int) -> int:
    return len(days & set(range(start, end + 1)))


def slow_longest_gap(days: set[int], start: int, end: int) -> int:
    stops = [start, *sorted(number for number in days if start < number < end), max(start, end)]
    return max(later - earlier for earlier, later in zip(stops, stops[1:], strict=False))


def slow_first_missed(days: set[int], start: int, end: int, length: int, count: int) -> int | None:
    for number in range(1, count + 1):
        window = [d for d in range(start + (number - 1) * length + 1, start + number * length + 1) if d <= end]
        if window and not days & set(window):
            return number
    return None


def slow_longest_wait(starts: set[int], days: set[int], end: int) -> int | None:
    waits = [
        min((day for day in days if start < day <= end), default=LINE_DAYS) - start for start in starts if start < end
    ]
    return max(waits, default=None)


def slow_longest_left(days: set[int], marks: set[int], first: int, before: int, end: int) -> int | None:
    waits = []
    for start in days & set(range(first, min(before, end))):
        next_day = min((day for day in days if start < day <= end), default=LINE_DAYS)
        if marks & set(range(start, min(next_day, end + 1))):
            waits.append(next_day - start)
    return max(waits, default=None)


# The questions -----------------------------------------------------------------------------------------------------


def test_days_to_first_is_that_of_the_set(spark) -> None:
    examples = [({3}, 3, 3), ({3}, 4, 9), ({9}, 0, 9), ({9}, 0, 8), (set(), 0, 23), ({0}, 5, 2), *drawn(lines)]
    assert asked(spark, examples, days_to_first) == [slow_days_to_first(*example) for example in examples]


def test_covered_days_are_those_of_the_set(spark) -> None:
    examples = [({3}, 3, 3), ({3}, 4, 3), ({3}, 3, 2), (set(), 0, 23), (set(range(24)), 0, 23), *drawn(lines)]
    assert asked(spark, examples, covered_days) == [slow_covered_days(*example) for example in examples]


def test_longest_gap_is_that_of_the_set(spark) -> None:
    examples = [({0, 9}, 0, 9), ({0}, 0, 0), (set(), 0, 23), ({0, 5}, 0, 7), ({2, 4}, 6, 3), *drawn(lines)]
    assert asked(spark, examples, longest_gap) == [slow_longest_gap(*example) for example in examples]


@pytest.mark.parametrize(("length", "count"), [(1, 3), (3, 4), (5, 2)])
def test_first_missed_window_is_that_of_the_set(spark, length: int, count: int) -> None:
    edges = [({1, 4, 7}, 0, 9), ({3, 6, 9}, 0, 9), ({0}, 0, 23), ({1}, 0, 1), ({1}, 0, 4), (set(), 5, 4)]
    # Windows lie within the line, as they do in the calendar of a year.
    examples = [(d, a, b) for d, a, b in [*edges, *drawn(lines)] if a + length * count < LINE_DAYS]
    got = asked(spark, examples, lambda text, a, b: first_missed_window(text, a, b, length, count))
    assert got == [slow_first_missed(*example, length, count) for example in examples]


def test_longest_wait_is_that_of_the_set(spark) -> None:
    edges = [({3}, {3, 9}, 23), ({3}, {9}, 8), ({3}, {9}, 9), ({3}, {9}, 3), ({0, 5}, {4, 23}, 23), (set(), {5}, 23)]
    examples = [*edges, *drawn(st.tuples(st.sets(positions), st.sets(positions), positions))]
    rows = [(n, line(starts), line(days), end) for n, (starts, days, end) in enumerate(examples)]
    frame = small_frame(spark, rows, "n int, starts string, days string, b int")
    answer = longest_wait(F.col("starts"), F.col("days"), F.col("b")).alias("answer")
    got = [row["answer"] for row in frame.select("n", answer).orderBy("n").collect()]
    assert got == [slow_longest_wait(*example) for example in examples]
    assert got[:6] == [6, 21, 6, None, 18, None]


def test_longest_left_is_that_of_the_sets(spark) -> None:
    edges = [({0, 3}, {1}, 0, 4, 23), ({0, 3}, {2, 3}, 0, 4, 23), ({0, 3}, {6}, 0, 4, 5), ({0, 3}, {5}, 0, 4, 5)]
    edges += [({4, 9}, {4}, 4, 5, 23), ({4, 9}, {4}, 5, 9, 23), ({4, 9}, {8}, 3, 4, 23), ({4, 9}, {8}, 9, 3, 23)]
    edges += [({4, 9}, {5}, 0, 9, 4), ({4, 9}, {5}, 0, 9, 5), ({4, 9}, {5}, 0, 9, 9), (set(), {5}, 0, 23, 23)]
    examples = [*edges, *drawn(st.tuples(st.sets(positions), st.sets(positions), positions, positions, positions))]
    rows = [(n, line(days), line(marks), *asked) for n, (days, marks, *asked) in enumerate(examples)]
    frame = small_frame(spark, rows, "n int, line string, marks string, a int, b int, c int")
    answer = longest_left(*(F.col(name) for name in ("line", "marks", "a", "b", "c"))).alias("answer")
    got = [row["answer"] for row in frame.select("n", answer).orderBy("n").collect()]
    assert got == [slow_longest_left(*example) for example in examples]
    assert got[:12] == [3, 21, None, 21, 5, None, None, None, None, 20, 5, None]


def test_nothing_is_said_without_a_day_to_start_from(spark) -> None:
    frame = small_frame(spark, [("0101", None, 3)], "line string, a int, b int")
    text, a, b = F.col("line"), F.col("a"), F.col("b")
    answers = [days_to_first(text, a, b), longest_gap(text, a, b), first_missed_window(text, a, b, 1, 2)]
    nothing = F.lit(None).cast("string")
    answers += [longest_wait(nothing, text, b), longest_wait(text, text, a)]
    answers += [longest_left(text, nothing, b, b, b), longest_left(nothing, nothing, b, b, b)]
    assert tuple(frame.select(*answers).first()) == (None,) * 7


# Calendars ---------------------------------------------------------------------------------------------------------

CALENDAR = Calendar(FIRST, LAST)
spans = st.lists(st.tuples(st.integers(-20, DAYS + 20), st.integers(-20, DAYS + 20)), min_size=1, max_size=4)


def test_a_calendar_has_a_bit_for_each_day() -> None:
    assert (CALENDAR.days, CALENDAR.words) == (DAYS, 3)
    assert Calendar(date(2015, 1, 1), date(2015, 3, 4)).words == 1  # 63 days
    assert Calendar(date(2015, 1, 1), date(2015, 3, 5)).words == 2  # 64
    assert Calendar(date(2015, 1, 1), date(2016, 12, 31)).days == 731  # the leap day is one


def test_days_collected_are_the_set_of_days(spark) -> None:
    edges = [[0, 62, 63, 125, 126, 180], [-1, 181], [-63, -64], [5, 5]]
    examples = [*edges, *drawn(st.lists(st.integers(-70, DAYS + 70), min_size=1, max_size=30), 100)]
    rows = [(n, day(number)) for n, days in enumerate(examples) for number in days]
    located = CALENDAR.locate(small_frame(spark, rows, "n int, date date"), F.col("date"))
    late = F.col("day_position") >= 90
    words = [CALENDAR.collect_days().alias("all"), CALENDAR.collect_days(late).alias("late")]
    grouped = located.groupBy("n").agg(*words).orderBy("n")
    for row, days in zip(
        grouped.select(CALENDAR.line("all").alias("all"), CALENDAR.line("late").alias("late")).collect(),
        examples,
        strict=True,
    ):
        assert row["all"] == line(set(days), DAYS)
        assert row["late"] == line({number for number in days if number >= 90}, DAYS)


def test_spans_collected_are_the_union_of_their_days(spark) -> None:
    edges = [[(0, 0)], [(180, 180)], [(-5, 300)], [(62, 63)], [(63, 125)], [(10, 9)], [(-9, -1)], [(0, 5), (5, 9)]]
    examples = [*edges, *drawn(spans, 100)]
    rows = [(n, day(a), day(b)) for n, example in enumerate(examples) for a, b in example]
    frame = small_frame(spark, rows, "n int, a date, b date")
    located = CALENDAR.locate_spans(frame, F.col("a"), F.col("b"))
    grouped = located.groupBy("n").agg(CALENDAR.collect_spans().alias("span")).orderBy("n")
    covered = [{d for a, b in example for d in range(a, b + 1)} for example in examples]
    rows = grouped.select(CALENDAR.line("span"), CALENDAR.common_days(F.col("span"))).collect()
    inside = [{d for d in days if 0 <= d < DAYS} for days in covered]
    assert [tuple(row) for row in rows] == [(line(d, DAYS), len(d)) for d in inside]


def test_the_line_of_several_calendars_is_their_union_and_a_null_covers_nothing(spark) -> None:
    first_bit = 1 << 62  # the first day of a word
    rows = [([first_bit, 1, 0], None), ([0, 0, 0], [1, 0, first_bit])]
    frame = small_frame(spark, rows, "one array<bigint>, other array<bigint>")
    lines_of = [row[0] for row in frame.select(CALENDAR.line("one", "other")).collect()]
    assert lines_of == [line({0, 125}, DAYS), line({62, 126}, DAYS)]
