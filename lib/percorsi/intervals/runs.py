"""Runs: covered days of a line with gaps shorter than a tolerance, as lists of their bounds.

A run is a struct of `start`, the position of its first day, and `end`, that of the first uncovered day after it. A
gap of as many days as the tolerance, or more, ends a run; the line ends the last one. Readings are those of section 2
of the measurement manual (Dispensing): a therapy is a run that starts with a dispensing, and days in an institution
bridge and extend it. All are Spark expressions of one row.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

_END = "x"  # stands in the line for the first day of a gap that ends a run


def runs(line: Column, gap: int, started_by: Column | None = None) -> Column:
    """The runs of a line whose gaps are shorter than `gap`, in their order: array of struct (start, end).

    With `started_by`, a line of the same calendar that `line` covers too: each begins at its first day there; one
    without such a day is left out.

    '0110100010', gap 2 -> (1, 5), (8, 9);  the same, started by '0000100000' -> (4, 5)
    """
    starting = line if started_by is None else started_by

    def found(marked: Column) -> Column:
        def with_next(sought: Column, piece: Column) -> Column:
            before = F.coalesce(F.try_element_at(sought, F.lit(-1))["next"], F.lit(0))
            first = F.instr(F.substring(starting, before + 1, F.length(piece)), F.lit("1"))
            run = F.struct(
                F.when(first > 0, before + first - 1).alias("start"),
                (before + F.length(F.rtrim(piece, F.lit("0")))).alias("end"),
                (before + F.length(piece) + 1).alias("next"),
            )
            return F.concat(sought, F.array(run))

        nothing = F.array().cast("array<struct<start: int, end: int, next: int>>")
        sought = F.aggregate(F.split(marked, _END), nothing, with_next)
        return F.transform(
            F.filter(sought, lambda run: run["start"] < run["end"]), lambda run: F.struct(run["start"], run["end"])
        )

    marked = F.replace(line, F.lit("1" + "0" * gap), F.lit("1" + _END + "0" * (gap - 1)))
    # The marked line is bound once: where it stands inside the lambda, Spark would make it anew for every run.
    return F.get(F.transform(F.array(marked), found), F.lit(0))


def next_end(runs: Column, day: Column) -> Column:
    """The end of the first run that ends after a day, whether it holds the day or begins later; null for none."""
    return F.get(F.filter(runs, lambda run: day < run["end"]), F.lit(0))["end"]


def interruption_after(runs: Column, day: Column, gap: int, last: Column) -> Column:
    """The end of the first run that ends after a day, where the gap after it is seen whole; null otherwise.

    `last`: the last day that is seen. An end `e` is an interruption where e + gap is not after it. A dispensing of next
    to nothing covers no day: the run that comes after it is asked.
    """
    end = next_end(runs, day)
    return F.when(end + gap <= last, end)


def interruptions(runs: Column, start: Column, end: Column, gap: int, last: Column) -> Column:
    """The ends of runs in [start, end] that are interruptions (`interruption_after`): array of positions."""
    ends = F.transform(runs, lambda run: run["end"])
    return F.filter(ends, lambda e: e.between(start, end) & F.coalesce(e + gap <= last, F.lit(False)))


def days_inside(runs: Column, start: Column, end: Column) -> Column:
    """Days of each run inside [start, end], short gaps included, of those with a day there: array."""
    inside = F.transform(runs, lambda run: F.least(run["end"], end + 1) - F.greatest(run["start"], start))
    return F.filter(inside, lambda days: days > 0)


def longest_run(runs: Column, start: Column, end: Column) -> Column:
    """Days of the longest run inside [start, end], short gaps included; 0 where none has a day there."""
    return F.coalesce(F.array_max(days_inside(runs, start, end)), F.lit(0))
