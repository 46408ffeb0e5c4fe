"""The rows of an indicator: numbers where its region covers it and somebody is in the population, else the reason."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from percorsi.indicators.coverage import COUNTS_STAY, Coverage
from percorsi.indicators.grid import NATION
from percorsi.indicators.kind import SPREAD, WIDE, Arrays

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


def rows(grid: pd.DataFrame, code: str, component: str, results: Arrays, said: Said) -> pd.DataFrame:
    """One row for each row of the grid; where there is a reason there is no number, no method and no grade.

    Reasons of the region come first, then those of the kind, then that nobody is there. With those of COUNTS_STAY
    numerator, denominator and grade stay.
    """
    nation = (grid["level"] == "nation").to_numpy()
    region = grid["area"].str[:3].where(~nation, NATION)  # the code of a DSM begins with its region's
    reason, grade = (
        region.map(of_region).astype(object).where(lambda told: told.notna(), None).to_numpy()
        for of_region in (said.reasons, said.grades)
    )
    nobody = np.where(results["denominator"] > 0, None, "denominator_zero")
    for next_reason in (results.get("reason", nobody), nobody):
        reason = np.where(pd.isna(reason), next_reason, reason)
    absent = ~pd.isna(reason)
    no_counts = absent & ~pd.Series(reason).isin(COUNTS_STAY).to_numpy()
    hidden = {
        **dict.fromkeys(["value", "lower", "upper", *WIDE, *SPREAD], absent),
        **dict.fromkeys(["numerator", "denominator", "persons"], no_counts),
    }
    shown = {name: np.where(hidden[name], np.nan, found) for name, found in results.items() if name in hidden}
    columns = {
        **{"code": code, "component": component, **results, **shown, "reason": reason},
        "grade": np.where(no_counts, None, grade),
        "method": np.where(absent, None, results["method"]),
        "left_out": np.where(nation, said.left_out, None),
    }
    return pd.concat([grid, pd.DataFrame(columns, index=grid.index)], axis=1)
