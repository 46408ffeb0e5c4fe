"""Kinds of indicators: what is summed or counted over the units of an area, and what is made of it.

A kind is one object. Its sums are integers, its quantiles come from counts of values, so that the same data give the
same values however they are partitioned; the one division comes at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
import pandas as pd

from percorsi.indicators.confidence import STUDENT, WIDE_LEVEL, WILSON, student, wilson

# A quotient by 1 to 12 is a whole number of these: 27720 is the least common multiple of 1 to 12.
FRACTION = 27720

PROPORTION, MEAN = "proportion", "mean"
Arrays = Mapping[str, np.ndarray]
Clauses = Mapping[str, str]


class Kind(Protocol):
    """What the engine asks of a kind. `clauses` are those of compile.clause_columns, true or false and never null."""

    name: str

    def sums(self, clauses: Clauses) -> dict[str, str]:
        """Name of each sum -> integer Spark SQL expression of one unit; `denominator` is among them."""

    def counted(self, clauses: Clauses) -> str | None:
        """Spark SQL (bigint) of what a unit is counted by its value of, null outside the population; None: nothing."""

    def results(self, sums: Arrays, counts: pd.DataFrame) -> dict[str, np.ndarray]:
        """The columns of NUMBERS, WIDE and SPREAD (nan where there is none) and `method` of each cell.

        `counts`: columns cell (position among the sums), value, count, for the kinds that ask for them.
        """


@dataclass(frozen=True)
class Proportion:
    """Units of the numerator out of those of the population, as a fraction, with its Wilson interval."""

    name: str = PROPORTION

    def sums(self, clauses: Clauses) -> dict[str, str]:
        return {
            "denominator": f"if({clauses['population']}, 1L, 0L)",
            "numerator": f"if({clauses['numerator']}, 1L, 0L)",
        }

    def counted(self, clauses: Clauses) -> str | None:
        return None

    def results(self, sums: Arrays, counts: pd.DataFrame) -> dict[str, np.ndarray]:
        numerator, denominator = sums["numerator"], sums["denominator"]
        lower, upper = wilson(numerator, denominator)
        wide = wilson(numerator, denominator, WIDE_LEVEL)
        nothing = np.full(len(numerator), np.nan)
        value = np.divide(numerator, denominator, out=nothing.copy(), where=np.asarray(denominator) > 0)
        return {
            **{"numerator": numerator.astype(float), "denominator": denominator.astype(float)},
            **{"value": value, "lower": lower, "upper": upper},
            **dict(zip(WIDE, wide, strict=True)),
            **dict.fromkeys(SPREAD, nothing),
            "method": np.full(len(numerator), WILSON, dtype=object),
        }


@dataclass(frozen=True)
class Mean:
    """The unweighted mean of the values of the units of the population, with its t interval and its spread.

    Values are counted in units of 1 / FRACTION, in which a quotient by 1 to 12 is a whole number.
    """

    name: str = MEAN

    def sums(self, clauses: Clauses) -> dict[str, str]:
        return {"denominator": f"if({clauses['population']}, 1L, 0L)"}

    def counted(self, clauses: Clauses) -> str | None:
        return f"if({clauses['population']}, {clauses['value']}, null)"

    def results(self, sums: Arrays, counts: pd.DataFrame) -> dict[str, np.ndarray]:
        columns = [*NUMBERS, *WIDE, *SPREAD]
        made = {name: np.full(len(sums["denominator"]), np.nan) for name in columns}
        method = np.full(len(sums["denominator"]), None, dtype=object)
        for cell, own in counts.sort_values("value").groupby("cell"):
            described = describe(own["value"].tolist(), own["count"].tolist())
            if described["denominator"] != sums["denominator"][cell]:
                continue  # somebody's value is not known: the cell has none
            for name, number in described.items():
                made[name][cell] = number
            method[cell] = STUDENT if described["denominator"] > 1 else None
        return {**made, "denominator": sums["denominator"].astype(float), "method": method}


# The numbers of a value that every kind has, its limits at 99.8%, and what tells how the values of a mean are spread.
NUMBERS = ["numerator", "denominator", "value", "lower", "upper"]
WIDE = ["lower_998", "upper_998"]
SPREAD = ["sd", "median", "q1", "q3"]

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Proportion(), Mean())}


def describe(values: list[int], counts: list[int]) -> dict[str, float]:
    """NUMBERS, WIDE and SPREAD of values (in units of 1 / FRACTION, in ascending order) that occur `counts` times each.

    Exact whole numbers and fractions up to the last step. Of one value there is neither sd nor interval.
    """
    n = sum(counts)
    total = sum(v * c for v, c in zip(values, counts, strict=True))
    squares = sum(v * v * c for v, c in zip(values, counts, strict=True))
    mean = float(Fraction(total, n * FRACTION))
    variance = Fraction(n * squares - total * total, n * (n - 1) * FRACTION**2) if n > 1 else None
    sd = np.nan if variance is None else float(np.sqrt(float(variance)))
    lower, upper = student(mean, sd, n)
    quartiles = {
        name: _quantile(values, counts, n, Fraction(q, 4)) for name, q in (("q1", 1), ("median", 2), ("q3", 3))
    }
    return {
        **{"numerator": float(Fraction(total, FRACTION)), "denominator": float(n)},
        **{"value": mean, "lower": lower, "upper": upper, "sd": sd},
        **dict(zip(WIDE, student(mean, sd, n, WIDE_LEVEL), strict=True)),
        **{name: float(q / FRACTION) for name, q in quartiles.items()},
    }


def _quantile(values: list[int], counts: list[int], n: int, part: Fraction) -> Fraction:
    """By linear interpolation: at (n - 1) * part of the values in their order, counted from 0 (Hyndman and Fan, 7)."""
    place = (n - 1) * part
    below = int(place)
    first, second = (_at(values, counts, min(rank, n - 1)) for rank in (below, below + 1))
    return first + (place - below) * (second - first)


def _at(values: list[int], counts: list[int], rank: int) -> int:
    for value, count in zip(values, counts, strict=True):
        if rank < count:
            return value
        rank -= count
    raise IndexError(rank)
