"""Limits held to figures that others computed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from percorsi.indicators.confidence import wilson

# Newcombe 1998, table I, method 3 (score, without correction for continuity), four decimals.
NEWCOMBE = {
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0000, 0.1611),
    (1, 29): (0.0061, 0.1718),
}


def test_wilson_as_newcombe_prints_it():
    numerator, denominator = np.array(list(NEWCOMBE)).T
    lower, upper = wilson(numerator, denominator)
    assert np.round(np.column_stack([lower, upper]), 4).tolist() == [list(limits) for limits in NEWCOMBE.values()]


def test_none_and_all_end_exactly_at_0_and_1():
    lower, upper = wilson(np.array([0, 20, 0, 1]), np.array([20, 20, 1, 1]))
    assert lower[0] == lower[2] == 0.0
    assert upper[1] == upper[3] == 1.0
    assert (upper[0], lower[1]) == pytest.approx((0.1611, 0.8389), abs=5e-5)


def test_nobody_has_no_limits():
    assert np.isnan(wilson(np.array([0]), np.array([0]))).all()


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipy_s(counts):
    numerator, denominator = counts
    expected = binomtest(numerator, denominator).proportion_ci(0.95, "wilson")
    (lower,), (upper,) = wilson(np.array([numerator]), np.array([denominator]))
    assert (lower, upper) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= lower <= numerator / denominator <= upper <= 1
