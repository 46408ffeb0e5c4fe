"""Intervals of confidence, a limit a function, each with the paper it is taken from."""

from functools import cache

import numpy as np
from scipy.stats import chi2, norm, t

LEVEL = 0.95
WIDE_LEVEL = 0.998  # control limits of three standard errors, as funnel plots and ratios of mortality have them
EXACT_BELOW = 10  # observed counts whose limits are exact; Byar's are as good from there on

WILSON, STUDENT, EXACT, BYAR = "wilson", "t", "poisson_exact", "byar"


@cache
def standard_errors(level: float) -> float:
    """How many standard errors a limit at a level lies from a normal estimate, on either side."""
    return float(norm.isf((1 - level) / 2))


def wilson(numerator: np.ndarray, denominator: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of a proportion, as fractions; nan where the denominator is 0.

    The score interval without correction for continuity: Wilson EB, J Am Stat Assoc 1927;22:209-212; method 3 of
    Newcombe RG, Stat Med 1998;17:857-872. 0 of n begins at exactly 0 and n of n ends at exactly 1.
    """
    x = np.asarray(numerator, dtype=float)
    n = np.where(np.asarray(denominator) > 0, denominator, np.nan).astype(float)
    z = standard_errors(level)
    middle = 2 * x + z * z
    width = z * np.sqrt(z * z + 4 * x * (n - x) / n)
    lower = np.where(x == 0, 0.0, (middle - width) / (2 * (n + z * z)))
    upper = np.where(x == n, 1.0, (middle + width) / (2 * (n + z * z)))
    return np.where(np.isnan(n), np.nan, lower), np.where(np.isnan(n), np.nan, upper)


def student(mean: np.ndarray, sd: np.ndarray, n: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of a mean: mean -+ t sd / sqrt(n), t of n - 1 degrees of freedom; nan of less than two.

    Student, Biometrika 1908;6:1-25; Altman DG et al, Statistics with confidence, 2nd ed, BMJ Books 2000, chapter 4.
    """
    several = np.where(np.asarray(n) > 1, n, np.nan).astype(float)
    width = t.ppf((1 + level) / 2, several - 1) * sd / np.sqrt(several)
    return mean - width, mean + width


def poisson_exact(observed: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of the expectation of a Poisson count, exact, by its link with the chi-square distribution.

    Garwood F, Biometrika 1936;28:437-442; Ulm K, Am J Epidemiol 1990;131:373-375. 0 begins at exactly 0. Divided by
    what a count is held to (persons, expected deaths), these are the limits of a rate or a ratio.
    """
    count = np.asarray(observed, dtype=float)
    outside = (1 - level) / 2
    lower = np.where(count == 0, 0.0, chi2.ppf(outside, 2 * np.where(count == 0, 1, count)) / 2)
    return lower, chi2.isf(outside, 2 * count + 2) / 2


def byar(observed: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of the expectation of a Poisson count by Byar's approximation.

    Breslow NE, Day NE, Statistical methods in cancer research, vol II, IARC 1987, page 69: as good as exact from about
    10 on. 0 begins at exactly 0.
    """
    count = np.asarray(observed, dtype=float)
    z = standard_errors(level)
    some = np.where(count == 0, 1, count)
    lower = np.where(count == 0, 0.0, count * np.maximum(1 - 1 / (9 * some) - z / (3 * np.sqrt(some)), 0) ** 3)
    after = count + 1
    return lower, after * (1 - 1 / (9 * after) + z / (3 * np.sqrt(after))) ** 3


def of_count(observed: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper limit of the expectation of a count, and the method of each: exact below 10, else Byar's."""
    few = np.asarray(observed) < EXACT_BELOW
    exact, approximate = poisson_exact(observed, level), byar(observed, level)
    lower, upper = (np.where(few, *both) for both in zip(exact, approximate, strict=True))
    return lower, upper, np.where(few, EXACT, BYAR).astype(object)
