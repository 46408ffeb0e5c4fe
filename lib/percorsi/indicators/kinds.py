"""Kinds of indicators: what is summed or counted over the units of an area, and what is made of it.

A kind is one object (`kind.Kind`). Quantiles come from counts of values; the one division comes at the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from percorsi.indicators.confidence import EXACT, LEVEL, STUDENT, WIDE_LEVEL, WILSON, poisson_exact, student, wilson
from percorsi.indicators.gap import Gap
from percorsi.indicators.grid import grouped
from percorsi.indicators.kind import (
    DENOMINATOR,
    MEAN,
    NUMERATOR,
    PROPORTION,
    RATE,
    SPREAD,
    WIDE,
    Clauses,
    Found,
    Kind,
    Plain,
)
from percorsi.indicators.mortality import MortalityRatio

# A quotient by 1 to 12 is a whole number of these: 27720 is the least common multiple of 1 to 12.
FRACTION = 27720
THOUSAND = 1000  # persons that a rate is given for


@dataclass(frozen=True)
class Proportion(Plain):
    """Units of the numerator out of those of the population, as a fraction, with its Wilson interval."""

    name: str = PROPORTION

    def results(self, found: Found) -> dict[str, np.ndarray]:
        numerator, denominator = found.sums[NUMERATOR], found.sums[DENOMINATOR]
        limits = [*wilson(numerator, denominator), *wilson(numerator, denominator, WIDE_LEVEL)]
        return _of_counts(numerator, denominator, 1, limits, WILSON)


@dataclass(frozen=True)
class Rate(Plain):
    """Units of the numerator per 1000 of the population, with the exact interval of a Poisson count."""

    name: str = RATE

    def results(self, found: Found) -> dict[str, np.ndarray]:
        numerator, denominator = found.sums[NUMERATOR], found.sums[DENOMINATOR]
        persons = np.where(denominator > 0, denominator, np.nan)
        limits = [*poisson_exact(numerator), *poisson_exact(numerator, WIDE_LEVEL)]
        return _of_counts(numerator, denominator, THOUSAND, [THOUSAND * one / persons for one in limits], EXACT)


def _of_counts(
    numerator: np.ndarray, denominator: np.ndarray, per: int, limits: list[np.ndarray], method: str
) -> dict[str, np.ndarray]:
    """The columns of a value that is numerator by denominator, times `per`; `limits`: 95% and 99.8%, nan without it."""
    nothing = np.full(len(numerator), np.nan)
    value = np.divide(per * numerator, denominator, out=nothing.copy(), where=np.asarray(denominator) > 0)
    return {
        **{"numerator": numerator.astype(float), "denominator": denominator.astype(float), "value": value},
        **dict(zip(["lower", "upper", *WIDE], limits, strict=True)),
        **dict.fromkeys(SPREAD, nothing),
        "method": np.full(len(numerator), method, dtype=object),
    }


@dataclass(frozen=True)
class Mean(Plain):
    """The unweighted mean of the values of the units of the population, with its t interval and its spread.

    Values are counted in units of 1 / FRACTION, in which a quotient by 1 to 12 is a whole number.
    """

    name: str = MEAN
    sides = (DENOMINATOR,)

    def counted(self, clauses: Clauses) -> str | None:
        return f"if({clauses['population']}, {clauses['value']}, null)"

    def results(self, found: Found) -> dict[str, np.ndarray]:
        persons = found.sums[DENOMINATOR].astype(float)
        made = {name: np.full(len(persons), np.nan) for name in ["numerator", "value", *SPREAD]}
        for cell, values, counts in of_each_cell(found.counts):
            if sum(counts) != persons[cell]:
                continue  # somebody's value is not known: the cell has none
            for name, number in {**moments(values, counts), **quartiles(values, counts)}.items():
                made[name][cell] = number
        limits = [
            limit for level in (LEVEL, WIDE_LEVEL) for limit in student(made["value"], made["sd"], persons, level)
        ]
        return {
            **{**made, "denominator": persons},
            **dict(zip(["lower", "upper", *WIDE], limits, strict=True)),
            "method": np.where(np.isnan(made["sd"]), None, STUDENT),
        }


KINDS: dict[str, Kind] = {kind.name: kind for kind in (Proportion(), Mean(), Rate(), MortalityRatio(), Gap())}


def of_each_cell(counts: pd.DataFrame) -> Iterator[tuple[int, list[int], list[int]]]:
    """(cell, values in ascending order, how often each occurs) of counted values: columns cell, value, count."""
    ordered = counts.sort_values(["cell", "value"])
    values, times = ordered["value"].tolist(), ordered["count"].tolist()
    for cell, own in grouped(ordered["cell"].to_numpy()):
        yield cell, values[own], times[own]


def moments(values: list[int], counts: list[int]) -> dict[str, float]:
    """Sum (`numerator`), mean (`value`) and sd of values (in units of 1 / FRACTION) that occur `counts` times each.

    Whole numbers up to the last division, which Python rounds correctly however long they are. Of one value there is no
    sd.
    """
    n = sum(counts)
    total = sum(v * c for v, c in zip(values, counts, strict=True))
    squares = sum(v * v * c for v, c in zip(values, counts, strict=True))
    return {
        "numerator": total / FRACTION,
        "value": total / (n * FRACTION),
        "sd": np.nan if n < 2 else float(np.sqrt((n * squares - total * total) / (n * (n - 1) * FRACTION**2))),
    }


def quartiles(values: list[int], counts: list[int]) -> dict[str, float]:
    """`q1`, `median`, `q3` of values (in units of 1 / FRACTION, ascending) that occur `counts` times each.

    By linear interpolation: at (n - 1) * part of the values in their order, counted from 0 (Hyndman and Fan, 7).
    """
    last = sum(counts) - 1
    found = {}
    for quarters, name in enumerate(("q1", "median", "q3"), start=1):
        below, beyond = divmod(last * quarters, 4)
        first, second = (_at(values, counts, min(rank, last)) for rank in (below, below + 1))
        found[name] = (first * (4 - beyond) + second * beyond) / (4 * FRACTION)
    return found


def _at(values: list[int], counts: list[int], rank: int) -> int:
    for value, count in zip(values, counts, strict=True):
        if rank < count:
            return value
        rank -= count
    raise IndexError(rank)
