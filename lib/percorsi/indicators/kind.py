"""What a kind of indicator is to the engine, and what it is given to make its numbers of.

The kinds themselves stand in `kinds`. Sums are integers, so that the same data give the same values however they are
partitioned; divisions come at the end.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd

from percorsi.indicators.clauses import Scalar

PROPORTION, MEAN, RATE, RATIO, GAP = "proportion", "mean", "rate", "smr", "gap"
NUMERATOR, DENOMINATOR = "numerator", "denominator"
Arrays = Mapping[str, np.ndarray]
Clauses = Mapping[str, str]
Values = Mapping[str, Scalar]

# The numbers of a value that every kind has, its limits at 99.8%, and what tells how the values of a mean are spread.
NUMBERS = [NUMERATOR, DENOMINATOR, "value", "lower", "upper"]
WIDE = ["lower_998", "upper_998"]
SPREAD = ["sd", "median", "q1", "q3"]

BREAKDOWNS = ("sex", "age_class")


# What most kinds do not ask for, made once: a frame costs more than a result.
_NO_COUNTS = pd.DataFrame({"cell": [], "value": [], "count": []}, dtype="int64")
_NO_STRATA = pd.DataFrame({"cell": [], "sex": [], "age_group": [], "residence": []})


@dataclass(frozen=True)
class Found:
    """What the passes found of one thing asked, on the rows of the grid.

    `sums`: NUMERATOR and DENOMINATOR -> one number for each row of `grid` (level, area, sex, age_class); `counts`: cell
    (position in the grid), value, count, of a kind that counts values; `strata`: cell, sex, age_group, residence and
    the kind's sums, of a kind that asks for strata; `component`, `parameters`: those it is asked with; `covering`: the
    regions that cover the indicator; `residents`: area -> residents of 1 January, of regions and DSMs.
    """

    sums: Arrays
    grid: pd.DataFrame = field(default_factory=pd.DataFrame)
    counts: pd.DataFrame = field(default_factory=lambda: _NO_COUNTS)
    strata: pd.DataFrame = field(default_factory=lambda: _NO_STRATA)
    component: str = ""
    parameters: Values = field(default_factory=dict)
    year: int = 0
    covering: Collection[str] = ()
    residents: Mapping[str, int] = field(default_factory=dict)


class Kind(Protocol):
    """What the engine asks of a kind. `clauses` are those of compile.clause_columns, true or false and never null.

    `parameters`: name -> what it may be: the words it is one of, or the type of a number. They stand among the
    parameters of a measure and need not be in a clause. `sides`: what is counted in each cell, DENOMINATOR (units of
    the population) and, of those that have one, NUMERATOR.
    """

    name: str
    parameters: Mapping[str, tuple[str, ...] | type]
    sides: Collection[str]

    def counted(self, clauses: Clauses) -> str | None:
        """Spark SQL (bigint) of what a unit is counted by its value of, null outside the population; None: nothing."""

    def strata(self, clauses: Clauses, parameters: Values) -> dict[str, str]:
        """Name of each sum by sex, class of five years and residence -> integer Spark SQL of one unit; {}: none."""

    def by_residence(self, parameters: Values) -> bool:
        """Whether its strata are asked by region of residence."""

    def breakdowns(self, component: str) -> Collection[str]:
        """Which of BREAKDOWNS it has; rows by another one are left out."""

    def results(self, found: Found) -> dict[str, np.ndarray]:
        """The columns of NUMBERS, WIDE and SPREAD (nan where there is none) and `method` of each row of the grid.

        Further columns of the table of values where it has them, and `reason`: why a row has no value, else None.
        """


class Plain:
    """Of a kind without parameters, counts of values or strata of its own, broken down by sex and age."""

    parameters: Mapping[str, tuple[str, ...] | type] = {}
    sides: Collection[str] = (DENOMINATOR, NUMERATOR)

    def counted(self, clauses: Clauses) -> str | None:
        return None

    def strata(self, clauses: Clauses, parameters: Values) -> dict[str, str]:
        return {}

    def by_residence(self, parameters: Values) -> bool:
        return False

    def breakdowns(self, component: str) -> Collection[str]:
        return BREAKDOWNS
