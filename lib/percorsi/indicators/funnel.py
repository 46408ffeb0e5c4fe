"""Funnels: how far the departments' values would lie from the nation's by chance alone, and whether they lie further.

Of a department the limits are those between which the nation's value, over as many persons (or as many expected), would
vary by chance. Of a proportion, a rate and a gap whose prevalence has no limits, outside of them are the departments
whose own interval leaves the nation's value out; of a ratio of 10 deaths or more nearly (Byar's interval, exact
limits). Not of a mean (its interval has the department's own deviation and t, the limits the pooled one and z), nor of
a gap whose prevalence has limits: its interval is as uncertain as the prevalence, which all departments share and the
limits leave out. Spiegelhalter DJ, Stat Med 2005;24:1185-1202.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc, pdtrik

from percorsi.indicators.confidence import LEVEL, WIDE_LEVEL, standard_errors
from percorsi.indicators.gap import COVERAGE
from percorsi.indicators.kind import Arrays

LIMITS = ["funnel_lower", "funnel_upper"]
WIDE_LIMITS = ["funnel_lower_998", "funnel_upper_998"]
DISPERSION = ["overdispersion", "overdispersion_p"]
COLUMNS = [*LIMITS, *WIDE_LIMITS, *DISPERSION]
WINSORISED = 0.1  # the share of departments at either end whose deviation is drawn in before it is averaged
_READ = ("level", "value", "denominator", "persons", "sd")  # columns of values that funnels are made of
PER_THOUSAND = 1000
PER_TEN_THOUSAND = 10_000

Limits = tuple[np.ndarray, np.ndarray]
Funnel = tuple[list[np.ndarray], np.ndarray]


def of_proportions(target: float, denominator: np.ndarray, level: float = LEVEL) -> Limits:
    """Limits around a target proportion: target -+ z sqrt(target (1 - target) / n), within 0 and 1.

    A proportion lies outside where its Wilson interval leaves the target out: both are the score test.
    """
    n = np.asarray(denominator, dtype=float)
    width = standard_errors(level) * np.sqrt(target * (1 - target) / n)
    return np.maximum(target - width, 0.0), np.minimum(target + width, 1.0)


def of_counts(expected: np.ndarray, level: float = LEVEL) -> Limits:
    """Limits of a count of which so many are expected: the counts whose exact Poisson interval just reaches that many.

    As a number on the line, not a whole one: it is divided by what the count is held to. Nothing lies below where none
    at all would not be too few.
    """
    mean = np.asarray(expected, dtype=float)
    outside = (1 - level) / 2
    some = np.where(mean > 0, mean, 1.0)
    low, high = np.maximum(pdtrik(outside, some), 0.0), pdtrik(1 - outside, some) + 1
    return np.where(mean > 0, low, 0.0), np.where(mean > 0, high, 0.0)


def of_means(target: float, sd: float, n: np.ndarray, level: float = LEVEL) -> Limits:
    """Limits around a target mean: target -+ z sd / sqrt(n), `sd` that of one value within the departments."""
    width = standard_errors(level) * sd / np.sqrt(np.asarray(n, dtype=float))
    return target - width, target + width


def pooled_sd(sd: np.ndarray, n: np.ndarray) -> float:
    """The deviation within groups: of the squares of theirs the mean, each by n - 1; nan where no group has two."""
    several = np.asarray(n) > 1
    weights = np.asarray(n, dtype=float)[several] - 1
    if not several.any():
        return np.nan
    return float(np.sqrt((weights * np.asarray(sd, dtype=float)[several] ** 2).sum() / weights.sum()))


@dataclass(frozen=True)
class Dispersion:
    """How far values lie from the target in standard errors.

    `phi`: the mean of the squares, the tenth at either end drawn in (so that by chance alone it is not 1 but 0.68 of
    many values and 0.8 of two); `p`: of the sum of all squares, nothing drawn in, by chi-square of one degree of
    freedom less than values.
    """

    phi: float
    p: float


def dispersion(deviations: np.ndarray) -> Dispersion:
    """Of deviations from the target, each in its standard error; nan of less than two.

    Spiegelhalter DJ, Qual Saf Health Care 2005;14:347-351. One department far away from all others is no
    overdispersion, and drawn in it makes little of it; the test asks whether anything lies further away than by chance.
    """
    z = np.asarray(deviations, dtype=float)
    if len(z) < 2:
        return Dispersion(np.nan, np.nan)
    drawn_in = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
    return Dispersion(float(np.mean(drawn_in**2)), float(chdtrc(len(z) - 1, (z**2).sum())))


def with_funnels(values: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """The values with COLUMNS: limits in the rows of departments that have a value, dispersion in the nation's.

    `kinds`: code -> kind. Made of the rows alone, so that of values of which some are not shown nothing comes out that
    the others do not say: a row without a value, or a nation without one, has none and moves none. The other columns
    are those of `values` and no copies.
    """
    made = np.full((len(COLUMNS), len(values)), np.nan)
    places = np.flatnonzero((values["sex"] == "") & (values["age_class"] == "") & values["value"].notna())
    columns = {name: values[name].to_numpy()[places] for name in _READ if name in values}
    asked = values[["code", "component"]].iloc[places].groupby(["code", "component"], sort=False)
    for (code, component), of_code in asked.indices.items():
        level = columns["level"][of_code]
        nation, departments = of_code[level == "nation"], of_code[level == "dsm"]
        if len(nation) and len(departments):
            target = columns["value"][nation[0]]
            rows = {name: column[departments] for name, column in columns.items()}
            limits, z = _FUNNELS[kinds[code]](target, rows, component)
            made[: -len(DISPERSION), places[departments]] = limits
            found = dispersion(z[np.isfinite(z)])
            made[-len(DISPERSION) :, places[nation]] = [[found.phi], [found.p]]
    told = values.copy(deep=False)
    for name, column in zip(COLUMNS, made, strict=True):
        told[name] = column
    return told


def _proportion(target: float, rows: Arrays, component: str) -> Funnel:
    n = rows["denominator"]
    limits = [limit for level in (LEVEL, WIDE_LEVEL) for limit in of_proportions(target, n, level)]
    return limits, _deviations(rows["value"], target, np.sqrt(target * (1 - target) / n))


def _mean(target: float, rows: Arrays, component: str) -> Funnel:
    n = rows["denominator"]
    sd = pooled_sd(rows["sd"], n)
    limits = [limit for level in (LEVEL, WIDE_LEVEL) for limit in of_means(target, sd, n, level)]
    return limits, _deviations(rows["value"], target, sd / np.sqrt(n))


def _rate(target: float, rows: Arrays, component: str) -> Funnel:
    return _held_to(target, rows["value"], rows["denominator"] / PER_THOUSAND)


def _ratio(target: float, rows: Arrays, component: str) -> Funnel:
    return _held_to(target, rows["value"], rows["denominator"])


def _gap(target: float, rows: Arrays, component: str) -> Funnel:
    """The treated are a count, held to those who would be treated if all were; the gap is what is left of 1."""
    all_treated = rows["denominator"] * rows["persons"] / PER_TEN_THOUSAND
    if component == COVERAGE:
        return _held_to(target, rows["value"], all_treated)
    (low, high, wide_low, wide_high), z = _held_to(1 - target, 1 - rows["value"], all_treated)
    return [1 - high, 1 - low, 1 - wide_high, 1 - wide_low], -z


def _held_to(target: float, value: np.ndarray, held_to: np.ndarray) -> Funnel:
    """Of values that are each a count by what it is held to."""
    limits = [limit / held_to for level in (LEVEL, WIDE_LEVEL) for limit in of_counts(target * held_to, level)]
    return limits, _deviations(value, target, np.sqrt(target / held_to))


def _deviations(value: np.ndarray, target: float, error: np.ndarray) -> np.ndarray:
    """In standard errors; nan where there is none."""
    error = np.where(np.asarray(error) > 0, error, np.nan)
    return (value - target) / error


# Kind -> limits of the departments and their deviations, of the nation's value, their columns and the component.
_FUNNELS: dict[str, Callable[[float, Arrays, str], Funnel]] = {
    "proportion": _proportion,
    "mean": _mean,
    "rate": _rate,
    "smr": _ratio,
    "gap": _gap,
}
