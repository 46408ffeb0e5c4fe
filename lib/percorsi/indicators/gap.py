"""The treatment gap: how many of those with a disorder, by others' estimate of its prevalence, are not treated.

Source: measurement manual, section 4. Treated and prevalence are of the general population of all ages: persons of the
pathway in contact in the year by the residents of its 1 January. The gap is what is left of 1, the component `coverage`
the part treated.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from percorsi.indicators.confidence import EXACT, LEVEL, WIDE_LEVEL, poisson_exact, standard_errors
from percorsi.indicators.grid import NATION
from percorsi.indicators.kind import DENOMINATOR, GAP, SPREAD, WIDE, Found, Plain
from percorsi.prevalence import Prevalence, load_prevalences

COVERAGE = "coverage"  # the component that is the part treated
MOVER = "mover"  # of a ratio of two estimates, each with limits of its own
PER = 10_000

Limits = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Gap(Plain):
    """Treated per 10,000 residents by prevalence per 10,000, and what that leaves of 1. No breakdowns.

    `prevalence` names an entry of conf/reference/prevalence.
    """

    name: str = GAP
    sides = (DENOMINATOR,)

    @property
    def parameters(self) -> Mapping[str, tuple[str, ...] | type]:
        return {"prevalence": tuple(load_prevalences())}

    def breakdowns(self, component: str) -> Collection[str]:
        return ()

    def results(self, found: Found) -> dict[str, np.ndarray]:
        prevalence = load_prevalences()[found.parameters["prevalence"]]
        residents = residents_of(found)
        treated = found.sums[DENOMINATOR].astype(float)
        covered = {"": treated * PER / residents / prevalence.per_10000}
        for names, level in ((("lower", "upper"), LEVEL), (WIDE, WIDE_LEVEL)):
            covered |= dict(zip(names, coverage_limits(treated, residents, prevalence, level), strict=True))
        made = covered if found.component == COVERAGE else gap_of(covered)
        return {
            "numerator": treated * PER / residents,
            "denominator": np.where(residents > 0, prevalence.per_10000, 0.0),
            "value": made.pop(""),
            **made,
            **dict.fromkeys(SPREAD, np.full(len(treated), np.nan)),
            "persons": residents,
            "method": np.full(len(treated), EXACT if prevalence.lower is None else MOVER, dtype=object),
        }


def residents_of(found: Found) -> np.ndarray:
    """Residents of each row's area, nan where they are not known; of the nation those of the regions that cover it."""
    of_nation = sum(found.residents.get(region, 0) for region in found.covering)
    known = {**found.residents, NATION: of_nation}
    residents = np.array([known.get(area, 0) for area in found.grid["area"]], dtype=float)
    return np.where(residents > 0, residents, np.nan)


def coverage_limits(treated: np.ndarray, residents: np.ndarray, prevalence: Prevalence, level: float) -> Limits:
    """Limits of the part treated: exact Poisson of the treated; with the prevalence's where its source gives them."""
    rate = treated * PER / residents
    low, high = (limit * PER / residents for limit in poisson_exact(treated, level))
    if prevalence.lower is None:
        return low / prevalence.per_10000, high / prevalence.per_10000
    return ratio_limits((rate, low, high), (prevalence.per_10000, *prevalence_limits(prevalence, level)))


def prevalence_limits(prevalence: Prevalence, level: float) -> tuple[float, float]:
    """The limits at another level than the source's 95%, as if the estimate's logarithm were normal."""
    wider = standard_errors(level) / standard_errors(LEVEL)
    return tuple(
        prevalence.per_10000 * (limit / prevalence.per_10000) ** wider for limit in (prevalence.lower, prevalence.upper)
    )


def ratio_limits(above: tuple[np.ndarray, np.ndarray, np.ndarray], below: tuple[float, float, float]) -> Limits:
    """Limits of the ratio of two independent estimates, each given as estimate, lower and upper limit.

    Of the difference of their logarithms (MOVER: Zou GY, Donner A, Stat Med 2008;27:1693-1702), so that what stands
    below may be as uncertain as it is. Where it is certain they are those of what stands above divided by it. Where
    nothing stands above there is no logarithm: from 0 to its upper limit by the lower limit of what stands below.
    """
    (a, a_low, a_high), (b, b_low, b_high) = above, below
    some = a != 0  # of nan as well, which stays nan
    estimate, low, high = (np.where(some, one, 1.0) for one in (a, a_low, a_high))
    down = np.hypot(np.log(estimate / low), np.log(b_high / b))
    up = np.hypot(np.log(high / estimate), np.log(b / b_low))
    return (
        np.where(some, estimate / b * np.exp(-down), 0.0),
        np.where(some, estimate / b * np.exp(up), a_high / b_low),
    )


def gap_of(covered: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the part treated leaves of 1; below 0 where more are treated than the prevalence lets expect."""
    swapped = {"": "", "lower": "upper", "upper": "lower", WIDE[0]: WIDE[1], WIDE[1]: WIDE[0]}
    return {name: 1 - covered[other] for name, other in swapped.items()}
