"""Questions to the line of a calendar: a text of one '0' or '1' a day, positions counted from 0.

All are Spark expressions of one row, no window, no join. Positions are int columns within the line; the answers are
days (int). Readings are those of section 1 of the measurement manual ("within", "at least every n days", "per month").
"""

from pyspark.sql import Column
from pyspark.sql import functions as F


def _text(line: Column, start: Column, end: Column) -> Column:
    """The characters of the positions [start, end]; empty where end lies before start."""
    return F.substring(line, start + 1, F.greatest(end - start + 1, F.lit(0)))


def days_to_first(line: Column, start: Column, end: Column) -> Column:
    """Days from `start` to the first covered day of [start, end], 0 on the day itself; null where none is covered.

    '0010', 0, 3 -> 2;  '0010', 0, 1 -> null
    """
    found = F.instr(_text(line, start, end), F.lit("1"))
    return F.when(found > 0, found - 1)


def covered_days(line: Column, start: Column, end: Column) -> Column:
    """Number of covered days of [start, end].

    '0110100', 1, 4 -> 3;  '0110', 3, 2 -> 0
    """
    return F.length(F.replace(_text(line, start, end), F.lit("0"), F.lit("")))


def longest_gap(line: Column, start: Column, end: Column) -> Column:
    """The longest step in days when walking from `start` through the covered days to `end`, both reached.

    "At least every n days over [a, b]" holds exactly where this is not more than n. 0 where `end` is not after
    `start`.

    '10010001', 0, 7 -> 4;  '1000', 0, 3 -> 3;  '1', 0, 0 -> 0
    """
    between = F.split(_text(line, start + 1, end - 1), "1")
    longest = F.array_max(F.transform(between, lambda uncovered: F.length(uncovered))) + 1
    return F.when(end > start, longest).when(start.isNotNull() & end.isNotNull(), F.lit(0))


def _wait(line: Column, day: Column, end: Column) -> Column:
    """Days from a day to the next covered one after it, up to `end`; without one, to the day after the line's last."""
    return F.coalesce(days_to_first(line, day + 1, end) + 1, F.length(line) - day)


def longest_wait(starts: Column, line: Column, end: Column) -> Column:
    """The greatest number of days from a covered day of `starts`, before `end`, to the next covered day of `line` after
    it, up to `end`; where there is none, to the day after the last of the line. Null where `starts` has no such day.

    '1010', '1001', 3 -> 3;  '1010', '1001', 2 -> 4;  '0001', '1001', 3 -> null
    """

    def longest(lines: Column) -> Column:
        asked = F.filter(
            F.sequence(F.lit(0), F.length(lines["starts"]) - 1),
            lambda start: (F.substring(lines["starts"], start + 1, F.lit(1)) == "1") & (start < end),
        )
        return F.array_max(F.transform(asked, lambda start: _wait(lines["line"], start, end)))

    # Both lines are bound once, as below.
    lines = F.struct(starts.alias("starts"), line.alias("line"))
    return F.when(starts.isNotNull(), F.get(F.transform(F.array(lines), longest), F.lit(0)))


def longest_left(line: Column, marks: Column, first: Column, before: Column, end: Column) -> Column:
    """The greatest number of days from a covered day of `line` in [first, before), before `end`, to the next covered
    day after it, up to `end`; where there is none, to the day after the last of the line. Only of days that `marks` has
    a day for: from the day itself up to the day before the next, and not after `end`. Null where there is no such day.

    line '1001000', marks '0100000', 0, 4, 6 -> 3;  marks '0001000' -> 4;  marks '0000001', end 5 -> null
    """

    def longest(lines: Column) -> Column:
        def left(day: Column) -> Column:
            covered = F.substring(lines["line"], day + 1, F.lit(1)) == "1"
            mark = days_to_first(lines["marks"], day, F.least(day + _wait(lines["line"], day, end) - 1, end))
            return covered & (day < before) & (day < end) & mark.isNotNull()

        asked = F.filter(F.sequence(first, F.greatest(before - 1, first)), left)
        return F.array_max(F.transform(asked, lambda day: _wait(lines["line"], day, end)))

    # Both lines are bound once, as in `longest_wait`.
    lines = F.struct(line.alias("line"), marks.alias("marks"))
    return F.when(marks.isNotNull(), F.get(F.transform(F.array(lines), longest), F.lit(0)))


def first_missed_window(line: Column, start: Column, end: Column, length: int, count: int) -> Column:
    """Number (from 1) of the first of `count` windows of `length` days after `start` without a covered day.

    Window k is [start + (k-1) length + 1, start + k length]. One that runs past `end` ends there; one that begins
    after it is not looked at. Null where none is missed.

    '000100', 0, 5, length 2, count 2 -> 1;  '0100', 0, 3, length 2, count 1 -> null
    """

    def missed(text: Column, number: Column) -> Column:
        begins = start + (number - 1) * length + 1
        ends = F.least(start + number * length, end)
        return (begins <= end) & (F.instr(_text(text, begins, ends), F.lit("1")) == 0)

    def first_missed(text: Column) -> Column:
        return F.get(F.filter(F.sequence(F.lit(1), F.lit(count)), lambda number: missed(text, number)), F.lit(0))

    # The line is bound once: where it stands inside the filter, Spark would make it anew for every window.
    return F.get(F.transform(F.array(line), first_missed), F.lit(0))
