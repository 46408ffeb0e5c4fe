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
        ends = F.length(marked) - F.length(F.replace(marked, F.lit(_END), F.lit("")))

        def run(number: Column) -> Column:
            before = F.length(_up_to_mark(marked, number - 1))
            return F.struct(
                (F.position(F.lit("1"), starting, before + 1) - 1).alias("start"),
                F.length(F.rtrim(_up_to_mark(marked, number), F.lit("0"))).alias("end"),
            )

        return F.filter(
            F.transform(F.sequence(F.lit(1), ends + 1), run), lambda r: (r["start"] >= 0) & (r["start"] < r["end"])
        )

    marked = F.replace(line, F.lit("1" + "0" * gap), F.lit("1" + _END + "0" * (gap - 1)))
    # The marked line is bound once: where it stands inside the lambda, Spark would make it anew for every run.
    return F.get(F.transform(F.array(marked), found), F.lit(0))


def _up_to_mark(marked: Column, number: Column) -> Column:
    """The line before its mark of a number, counted from 1: nothing for 0, all of it where there are fewer."""
    return F.call_function("substring_index", marked, F.lit(_END), number)


def run_end(runs: Column, day: Column) -> Column:
    """The first uncovered day after the run that holds a day; null where none does."""
    holding = F.filter(runs, lambda run: (run["start"] <= day) & (day < run["end"]))
    return F.get(holding, F.lit(0))["end"]


def interruption_after(runs: Column, day: Column, gap: int, last: Column) -> Column:
    """The end of the run that holds a day, where the gap after it is seen whole; null otherwise.

    `last`: the last day that is seen. An end `e` is an interruption where e + gap is not after it.
    """
    end = run_end(runs, day)
    return F.when(end + gap <= last, end)


def interruptions(runs: Column, start: Column, end: Column, gap: int, last: Column) -> Column:
    """The ends of runs in [start, end] that are interruptions (`interruption_after`): array of positions."""
    ends = F.transform(runs, lambda run: run["end"])
    return F.filter(ends, lambda e: e.between(start, end) & F.coalesce(e + gap <= last, F.lit(False)))


def longest_run(runs: Column, start: Column, end: Column) -> Column:
    """Days of the longest run inside [start, end], short gaps included; 0 where none has a day there."""
    inside = F.transform(runs, lambda run: F.least(run["end"], end + 1) - F.greatest(run["start"], start))
    return F.greatest(F.coalesce(F.array_max(inside), F.lit(0)), F.lit(0))
