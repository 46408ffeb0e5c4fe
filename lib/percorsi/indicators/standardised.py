"""Direct standardisation by sex and age class: what a region's value would be with the composition of a standard.

A region with older persons has another value for that alone. Each stratum's value is the region's own, and its weight
that of the standard; weights sum to 1. The limits are those of a weighted sum of independent strata.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t

from percorsi.indicators.confidence import LEVEL, STUDENT, WIDE_LEVEL, of_count, poisson_exact, wilson
from percorsi.indicators.grid import AGE_CLASSES, NATION

STRATUM = ["sex", "age_class"]
KNOWN_SEXES = ("1", "2")
EMPTY = "stratum_empty"  # the region has nobody in a stratum of the standard, so that its value there is not known
DOBSON, EFFECTIVE_WILSON = "dobson", "effective_wilson"
PER_THOUSAND = 1000
COLUMNS = ["code", "component", "level", "area", "crude", "value", "lower", "upper", "lower_998", "upper_998"]
COLUMNS += ["method", "units", "not_known", "reason"]

Limits = tuple[float, float]


@dataclass(frozen=True)
class Strata:
    """Numerators (of means the sums), denominators, deviations (of means, else nan) and weights of strata in order.

    Somebody is in each. Weights are of a standard and sum to 1.
    """

    numerator: np.ndarray
    denominator: np.ndarray
    sd: np.ndarray
    weight: np.ndarray

    @property
    def value(self) -> float:
        """The weighted sum of the strata's quotients."""
        return float((self.weight * self.numerator / self.denominator).sum())


def effective_wilson(strata: Strata, level: float = LEVEL) -> Limits:
    """Limits of a weighted proportion: Wilson's, of as many persons as would tell as much if each weighed the same.

    Their number is 1 / sum(weight^2 / persons): Kish L, Survey sampling, Wiley 1965; Wilson's limits of an
    effective number: Franco C et al, J Surv Stat Methodol 2019;7:334-364. With the own composition they are Wilson's of
    the counts.
    """
    persons = 1 / float((strata.weight**2 / strata.denominator).sum())
    share = min(max(strata.value, 0.0), 1.0)  # weights sum to 1 but for the last digit
    lower, upper = wilson(np.array(share * persons), np.array(persons), level)
    return float(min(lower, share)), float(max(upper, share))


def dobson(strata: Strata, level: float = LEVEL) -> Limits:
    """Limits of a weighted rate: those of the count of all strata, stretched to the deviation of the weighted sum.

    Dobson AJ et al, Stat Med 1991;10:457-462; of the count exact below 10 and Byar's from there on. Of none at all the
    upper limit is that of the stratum in which one more would weigh most (Fay MP, Feuer EJ, Stat Med 1997;16:791-801).
    """
    each = strata.weight / strata.denominator
    total = float(strata.numerator.sum())
    if total == 0:
        return 0.0, float(each.max() * poisson_exact(np.array(0), level)[1])
    stretch = np.sqrt((each**2 * strata.numerator).sum() / total)
    lower, upper, _ = of_count(np.array(total), level)
    return strata.value + stretch * float(lower - total), strata.value + stretch * float(upper - total)


def weighted_t(strata: Strata, level: float = LEVEL) -> Limits:
    """Limits of a weighted mean: mean -+ t times its standard error; nan where a stratum with a weight has only one.

    Degrees of freedom by Satterthwaite FE, Biometrics 1946;2:110-114. Of one stratum it is Student's.
    """
    if (strata.denominator < 2).any():
        return np.nan, np.nan
    parts = strata.weight**2 * strata.sd**2 / strata.denominator
    variance = parts.sum()
    if variance == 0:
        return strata.value, strata.value
    freedom = variance**2 / (parts**2 / (strata.denominator - 1)).sum()
    width = float(t.isf((1 - level) / 2, freedom) * np.sqrt(variance))
    return strata.value - width, strata.value + width


# Kind -> function of the limits, name of the method, what the value is multiplied by.
_KINDS = {
    "proportion": (effective_wilson, EFFECTIVE_WILSON, 1),
    "rate": (dobson, DOBSON, PER_THOUSAND),
    "mean": (weighted_t, STUDENT, 1),
}
KINDS = frozenset(_KINDS)


def standardise(strata: pd.DataFrame, kinds: Mapping[str, str], residents: pd.DataFrame | None = None) -> pd.DataFrame:
    """COLUMNS of each code, component and area, the nation first: crude and standardised value, or the reason for none.

    `strata`: columns of `indicator_stratum` of one run; `kinds`: code -> kind. The standard is the nation's own
    denominator of the indicator by sex and age class; with `residents` (sex, age_class, residents) it is theirs, in the
    strata in which the nation has somebody. Who has no known sex or age class (`not_known`) is in the crude value only.
    """
    rows = []
    for (code, component), own in strata.groupby(["code", "component"], sort=False):
        known = own[own["sex"].isin(KNOWN_SEXES) & own["age_class"].isin(AGE_CLASSES)].set_index(STRATUM)
        weights = _weights(known[known["area"] == NATION]["denominator"], residents)
        for (level, area), of_area in own.groupby(["level", "area"], sort=False):
            row = _row(kinds[code], of_area, known[known["area"] == area], weights)
            rows.append({"code": code, "component": component, "level": level, "area": area, **row})
    return pd.DataFrame(rows, columns=COLUMNS)


def _weights(nation: pd.Series, residents: pd.DataFrame | None) -> pd.Series:
    """Stratum -> weight, of the strata in which the nation has somebody."""
    counted = nation[nation > 0].sort_index()
    if residents is not None:
        counted = residents.set_index(STRATUM)["residents"].reindex(counted.index)
    return counted / counted.sum()


def _row(kind: str, all_units: pd.DataFrame, known: pd.DataFrame, weights: pd.Series) -> dict:
    limits, method, unit = _KINDS[kind]
    numerator, denominator = all_units["numerator"].sum(), all_units["denominator"].sum()
    row = {
        "crude": unit * numerator / denominator if denominator else np.nan,
        "units": denominator,
        "not_known": denominator - known["denominator"].sum(),
    }
    found = known.reindex(weights.index)
    if weights.empty or not (found["denominator"] > 0).all():
        return {**row, "reason": EMPTY}
    of_area = Strata(
        *(found[name].to_numpy(dtype=float) for name in ("numerator", "denominator", "sd")), weights.to_numpy()
    )
    row["value"] = unit * of_area.value
    for names, level in ((("lower", "upper"), LEVEL), (("lower_998", "upper_998"), WIDE_LEVEL)):
        row |= dict(zip(names, (unit * limit for limit in limits(of_area, level)), strict=True))
    return {**row, "method": method if row["lower"] == row["lower"] else None, "reason": None}
