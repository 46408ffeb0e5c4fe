"""Intervals of confidence, a limit a function, each with the paper it is taken from."""

import numpy as np
from scipy.stats import norm, t

LEVEL = 0.95


def wilson(numerator: np.ndarray, denominator: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of a proportion, as fractions; nan where the denominator is 0.

    The score interval without correction for continuity: Wilson EB, J Am Stat Assoc 1927;22:209-212; method 3 of
    Newcombe RG, Stat Med 1998;17:857-872. 0 of n begins at exactly 0 and n of n ends at exactly 1.
    """
    x = np.asarray(numerator, dtype=float)
    n = np.where(np.asarray(denominator) > 0, denominator, np.nan).astype(float)
    z = norm.ppf((1 + level) / 2)
    middle = 2 * x + z * z
    width = z * np.sqrt(z * z + 4 * x * (n - x) / n)
    lower = np.where(x == 0, 0.0, (middle - width) / (2 * (n + z * z)))
    upper = np.where(x == n, 1.0, (middle + width) / (2 * (n + z * z)))
    return np.where(np.isnan(n), np.nan, lower), np.where(np.isnan(n), np.nan, upper)


def student(mean: float, sd: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Lower and upper limit of a mean: mean -+ t sd / sqrt(n), t of n - 1 degrees of freedom; nan of less than two.

    Student, Biometrika 1908;6:1-25; Altman DG et al, Statistics with confidence, 2nd ed, BMJ Books 2000, chapter 4.
    """
    if n < 2:
        return np.nan, np.nan
    width = float(t.ppf((1 + level) / 2, n - 1)) * sd / np.sqrt(n)
    return mean - width, mean + width
