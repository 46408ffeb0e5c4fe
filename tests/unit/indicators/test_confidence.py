"""Limits held to figures that others computed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm, poisson
from scipy.stats import t as student_t

from percorsi.indicators.confidence import byar, of_count, poisson_exact, student, wilson

# Figures of the workbooks that the package PHEindicatormethods (Public Health England) is tested with.
BYARS = {
    (65, 0.95): (50.163187710459454, 82.84913854593984),
    (1045, 0.95): (982.5932018073325, 1110.33121298565),
    (1, 0.95): (0.01307213290150435, 5.5637555824752605),
    (65, 0.998): (42.8802614714802, 94.00029084431802),
    (1045, 0.998): (947.9407035610374, 1148.806160988033),
    (10, 0.998): (2.916318374695686, 24.193724927880535),
}
WILSONS = {
    (65, 100): (0.5525444329688797, 0.7363575175690247),
    (1045, 5000): (0.19795549880013297, 0.22049130373189027),
}
MEANS = {  # n, mean, sd: 95% and 99.8% limits
    (8, 53.70434500000001, 20.97557525770931): (36.168325241336504, 71.24036475866352, 18.2167052948, 89.1919847052),
    (18, 5678.962957777778, 2117.831716159067): (4625.790022452972, 6732.135893102583, 3859.07709973, 7498.84881583),
}
RATIOS = {  # observed of 835.8835612311743 expected: 95% and 99.8% limits of the ratio, method
    895: (1.0017147712553987, 1.143233287249895, 0.9635155619614437, 1.1860070415876287, "byar"),
    91: (0.08765040101829405, 0.1336657632841891, 0.07695425528392111, 0.14897920510466744, "byar"),
    9: (0.004923380825095776, 0.02043921455549973, 0.0029339306550682617, 0.02710589651469021, "poisson_exact"),
}

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


def test_wilson_and_byar_as_public_health_england_has_them():
    for (count, level), limits in BYARS.items():
        assert [float(limit) for limit in byar(count, level)] == pytest.approx(limits, rel=1e-12)
    for (numerator, denominator), limits in WILSONS.items():
        assert [float(limit) for limit in wilson(numerator, denominator)] == pytest.approx(limits, rel=1e-12)


def test_limits_of_means_as_public_health_england_has_them():
    for (n, mean, sd), limits in MEANS.items():
        assert (*student(mean, sd, n), *student(mean, sd, n, 0.998)) == pytest.approx(limits, rel=1e-9)


def test_limits_of_ratios_as_public_health_england_has_them():
    expected = 835.8835612311743
    for observed, (*limits, method) in RATIOS.items():
        lower, upper, how = of_count(observed)
        wide_lower, wide_upper, _ = of_count(observed, 0.998)
        assert np.array([lower, upper, wide_lower, wide_upper]) / expected == pytest.approx(limits, rel=1e-9)
        assert how == method


def test_exact_below_ten_and_byar_from_ten_on():
    lower, upper, method = of_count(np.array([0, 9, 10]))
    assert method.tolist() == ["poisson_exact", "poisson_exact", "byar"]
    assert lower[0] == 0.0 and upper[0] == pytest.approx(-np.log(0.025))  # of 0 seen, -ln(alpha / 2)
    assert (lower[1], upper[1]) == pytest.approx((4.115373, 17.084803), abs=1e-6)
    assert (lower[2], upper[2]) == pytest.approx((4.787450, 18.391459), abs=1e-6)  # exact: 4.795389, 18.390356


LEVELS = st.sampled_from([0.9, 0.95, 0.998])


@given(st.integers(0, 20_000), LEVELS)
def test_at_the_exact_limits_a_count_is_just_possible(count, level):
    """At the lower limit as many or more come with a chance of half of what is outside, at the upper as few or less."""
    lower, upper = (float(limit) for limit in poisson_exact(count, level))
    assert lower <= count <= upper
    assert poisson.cdf(count, upper) == pytest.approx((1 - level) / 2, rel=1e-7)
    if count:
        assert poisson.sf(count - 1, lower) == pytest.approx((1 - level) / 2, rel=1e-7)
    else:
        assert lower == 0


@given(st.integers(10, 1_000_000), LEVELS)
def test_byar_is_near_to_the_exact_limits_from_ten_on(count, level):
    for approximate, exact in zip(byar(count, level), poisson_exact(count, level), strict=True):
        assert approximate == pytest.approx(exact, rel=0.016 if level == 0.998 else 2e-3)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.integers(2, 100_000), LEVELS)
def test_the_limits_of_a_mean_are_scipy_s(mean, sd, n, level):
    lower, upper = student(mean, sd, n, level)
    if sd > 1e-3:
        expected = student_t.interval(level, n - 1, loc=mean, scale=sd / np.sqrt(n))
        assert (lower, upper) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert lower <= mean <= upper


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wider_limits_lie_outside(counts):
    for limits in (lambda level: wilson(*counts, level), lambda level: of_count(counts[0], level)[:2]):
        (lower, upper), (wide_lower, wide_upper) = limits(0.95), limits(0.998)
        assert wide_lower <= lower <= upper <= wide_upper


def test_the_wider_level_is_that_of_three_standard_errors():
    assert norm.ppf(0.999) == pytest.approx(3.09, abs=1e-3)  # 1 in 500 is outside
    assert float(wilson(81, 263, 0.998)[0]) == pytest.approx(binomtest(81, 263).proportion_ci(0.998, "wilson").low)
