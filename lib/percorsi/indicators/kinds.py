"""Kinds of indicators: what is summed over the units of an area, and what is made of the sums.

A kind is one object. Its sums are integers, so that the same data give the same values however they are partitioned;
the one division comes at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from percorsi.indicators.confidence import wilson

PROPORTION, MEAN = "proportion", "mean"
Arrays = Mapping[str, np.ndarray]


class Kind(Protocol):
    """What the engine asks of a kind."""

    name: str

    def sums(self, population: str, numerator: str) -> dict[str, str]:
        """Name of each sum -> integer Spark SQL expression of one unit; `denominator` and `numerator` are among them.

        `population` and `numerator` are conditions that are true or false, never null.
        """

    def results(self, sums: Arrays) -> dict[str, np.ndarray | str]:
        """Columns `value`, `lower`, `upper` (nan where there is none) and `method` of each cell, from its sums."""


@dataclass(frozen=True)
class Proportion:
    """Units of the numerator out of those of the population, as a fraction, with its Wilson interval."""

    name: str = PROPORTION

    def sums(self, population: str, numerator: str) -> dict[str, str]:
        return {"denominator": f"if({population}, 1L, 0L)", "numerator": f"if({numerator}, 1L, 0L)"}

    def results(self, sums: Arrays) -> dict[str, np.ndarray | str]:
        numerator, denominator = sums["numerator"], sums["denominator"]
        lower, upper = wilson(numerator, denominator)
        value = np.divide(
            numerator, denominator, out=np.full(len(numerator), np.nan), where=np.asarray(denominator) > 0
        )
        return {"value": value, "lower": lower, "upper": upper, "method": "wilson"}


@dataclass(frozen=True)
class Mean:
    name: str = MEAN


KINDS: dict[str, Kind] = {kind.name: kind for kind in (Proportion(), Mean())}
