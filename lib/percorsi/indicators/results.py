"""What is said of an indicator: numbers where a region covers it and somebody is in its population, else why not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from percorsi.indicators.coverage import COUNTS_STAY, Coverage
from percorsi.indicators.grid import NATION
from percorsi.indicators.kind import BREAKDOWNS, SPREAD, WIDE, Arrays

Grades = Mapping[str, Mapping[str, str]]  # flow -> region -> A, B, C


@dataclass(frozen=True)
class Said:
    """What is said of one indicator, by region and for the nation (`IT`)."""

    reasons: Mapping[str, str]
    grades: Mapping[str, str]
    left_out: str


@dataclass(frozen=True)
class Regional:
    """What is known of the regions. `in_contact`: those with a person in contact in the year."""

    coverage: Coverage
    in_contact: Collection[str]
    grades: Grades

    def about(self, code: str, flows: Collection[str]) -> Said:
        """Reasons, grades and the regions left out for an indicator that rests on the quality of some flows.

        The nation has a reason where no region covers the indicator, the first of those left out; its grade is the
        worst of the regions it includes.
        """
        covering = self.coverage.covering(code)
        left_out = [region for region in self.in_contact if region not in covering]
        reasons = dict(self.coverage.reasons[code])
        if not covering:
            reasons[NATION] = self.coverage.first_reason(code, left_out)
        graded = sorted((region, grade) for flow in flows for region, grade in self.grades.get(flow, {}).items())
        grades: dict[str, str] = {}
        for region, grade in graded:  # the worst of the flows
            if reasons.get(region) != "quality":  # what is withheld has no value to grade
                grades[region] = max(grade, grades.get(region, grade))
        included = [grades[region] for region in self.in_contact if region in covering and region in grades]
        if included:
            grades[NATION] = max(included)
        return Said(reasons, grades, ",".join(left_out))


class Rows:
    """What is said of each row of a grid: its numbers where there are any, else the reason."""

    def __init__(self, grid: pd.DataFrame) -> None:
        nation = (grid["level"] == "nation").to_numpy()
        # The code of a DSM begins with its region's.
        self._region = np.where(nation, NATION, grid["area"].str[:3].to_numpy())
        self._nation = nation
        self._total = {breakdown: (grid[breakdown] == "").to_numpy() for breakdown in BREAKDOWNS}
        self._place, self._places = pd.factorize(self._region)

    def columns(self, results: Arrays, said: Said) -> dict[str, np.ndarray]:
        """The columns of a value; where there is a reason there is no number, no method and no grade.

        Reasons of the region come first, then those of the kind, then that nobody is there. With those of COUNTS_STAY
        numerator, denominator and grade stay.
        """
        nobody = np.where(results["denominator"] > 0, None, "denominator_zero")
        reason = self._by_region(said.reasons)
        for next_reason in (results.get("reason", nobody), nobody):
            reason = np.where(pd.isna(reason), next_reason, reason)
        absent = ~pd.isna(reason)
        no_counts = absent & ~np.isin(reason.astype(str), COUNTS_STAY)
        hidden = {
            **dict.fromkeys(["value", "lower", "upper", *WIDE, *SPREAD], absent),
            **dict.fromkeys(["numerator", "denominator", "persons"], no_counts),
        }
        shown = {name: np.where(hidden[name], np.nan, found) for name, found in results.items() if name in hidden}
        return {
            **{**results, **shown, "reason": reason},
            "grade": np.where(no_counts, None, self._by_region(said.grades)),
            "method": np.where(absent, None, results["method"]),
            "left_out": np.where(self._nation, said.left_out, None),
        }

    def broken_down(self, breakdowns: Collection[str], region: str = "") -> np.ndarray:
        """Positions of the rows that no other breakdown divides; of a region and its DSMs where one is named."""
        kept = self._region == region if region else np.full(len(self._region), True)
        for other in set(BREAKDOWNS) - set(breakdowns):
            kept = kept & self._total[other]
        return np.flatnonzero(kept)

    def _by_region(self, told: Mapping[str, str]) -> np.ndarray:
        return np.array([told.get(region) for region in self._places], dtype=object)[self._place]
