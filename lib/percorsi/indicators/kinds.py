"""Kinds of indicators: what is summed or counted over the units of an area, and what is made of it.

A kind is one object (`kind.Kind`). Quantiles come from counts of values; the one division comes at the end.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from percorsi.indicators.confidence import EXACT, STUDENT, WIDE_LEVEL, WILSON, poisson_exact, student, wilson
from percorsi.indicators.gap import Gap
from percorsi.indicators.kind import MEAN, NUMBERS, PROPORTION, RATE, SPREAD, WIDE, Clauses, Found, Kind, Plain, units
from percorsi.indicators.mortality import MortalityRatio

# A quotient by 1 to 12 is a whole number of these: 27720 is the least common multiple of 1 to 12.
FRACTION = 27720
THOUSAND = 1000  # persons that a rate is given for


@dataclass(frozen=True)
class Proportion(Plain):
    """Units of the numerator out of those of the population, as a fraction, with its Wilson interval."""

    name: str = PROPORTION

    def sums(self, clauses: Clauses) -> dict[str, str]:
        return units(clauses)

    def results(self, found: Found) -> dict[str, np.ndarray]:
        numerator, denominator = found.sums["numerator"], found.sums["denominator"]
        limits = [*wilson(numerator, denominator), *wilson(numerator, denominator, WIDE_LEVEL)]
        return _of_counts(numerator, denominator, 1, limits, WILSON)


@dataclass(frozen=True)
class Rate(Plain):
    """Units of the numerator per 1000 of the population, with the exact interval of a Poisson count."""

    name: str = RATE

    def sums(self, clauses: Clauses) -> dict[str, str]:
        return units(clauses)

    def results(self, found: Found) -> dict[str, np.ndarray]:
        numerator, denominator = found.sums["numerator"], found.sums["denominator"]
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

    def sums(self, clauses: Clauses) -> dict[str, str]:
        return {"denominator": f"if({clauses['population']}, 1L, 0L)"}

    def counted(self, clauses: Clauses) -> str | None:
        return f"if({clauses['population']}, {clauses['value']}, null)"

    def results(self, found: Found) -> dict[str, np.ndarray]:
        persons = found.sums["denominator"]
        made = {name: np.full(len(persons), np.nan) for name in [*NUMBERS, *WIDE, *SPREAD]}
        method = np.full(len(persons), None, dtype=object)
        for cell, own in found.counts.sort_values("value").groupby("cell"):
            described = describe(own["value"].tolist(), own["count"].tolist())
            if described["denominator"] != persons[cell]:
                continue  # somebody's value is not known: the cell has none
            for name, number in described.items():
                made[name][cell] = number
            method[cell] = STUDENT if described["denominator"] > 1 else None
        return {**made, "denominator": persons.astype(float), "method": method}


KINDS: dict[str, Kind] = {kind.name: kind for kind in (Proportion(), Mean(), Rate(), MortalityRatio(), Gap())}


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
