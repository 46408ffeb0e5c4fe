"""Limits of funnels held to figures that others computed, and to the intervals of confidence they answer to."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, norm

from percorsi.indicators.confidence import poisson_exact, wilson
from percorsi.indicators.funnel import COLUMNS, dispersion, of_counts, of_means, of_proportions, pooled_sd, with_funnels

# Figures of the files that the package PHEindicatormethods (Public Health England) is tested with. Around 80.642448%:
# denominator -> 95% and 99.8% limits in percent.
PROPORTIONS = {
    1: (3.204264, 100, 0, 100),
    3: (35.933491, 100, 10.150815, 100),
    10: (56.154344, 100, 42.03259, 100),
    11: (57.293957, 100, 43.829393, 100),
}
# The observed events that are the upper, or the lower, limit of so many expected ones, at 95% and at 99.8%.
COUNTS = {
    5: ((11.6683331, 1.623486324), (16.45474478, 0.739371928)),
    8: ((15.76318696, 3.453831154), (21.15619716, 1.970813969)),
    10: ((18.39035799, 4.795387629), (24.13397235, 2.960519925)),
}
# Of the ratios that the same package judges against 1: observed, expected, which limits they lie outside of.
JUDGED = [
    (8, 6.239860227, "Not significant"),
    (151, 106.4429719, "High (0.001)"),
    (159, 232.9329036, "Low (0.001)"),
    (191, 184.0963855, "Not significant"),
    (150, 119.5695496, "High (0.025)"),
    (0, 240.6273499, "Low (0.001)"),
]


def test_limits_of_proportions_as_public_health_england_has_them():
    n = np.array(list(PROPORTIONS))
    found = [*of_proportions(0.80642448, n), *of_proportions(0.80642448, n, 0.998)]
    assert 100 * np.column_stack(found) == pytest.approx(np.array(list(PROPORTIONS.values())), abs=1e-5)


def test_limits_of_counts_as_public_health_england_has_them():
    for observed, of_levels in COUNTS.items():
        for level, (as_lower, as_upper) in zip((0.95, 0.998), of_levels, strict=True):
            assert float(of_counts(as_lower, level)[0]) == pytest.approx(observed, rel=1e-6)
            assert float(of_counts(as_upper, level)[1]) == pytest.approx(observed, rel=3e-6)  # as far as it is printed


def test_ratios_are_judged_as_public_health_england_judges_them():
    for observed, expected, said in JUDGED:
        (low, high), (wide_low, wide_high) = of_counts(expected), of_counts(expected, 0.998)
        found = [
            (observed < wide_low, "Low (0.001)"),
            (observed > wide_high, "High (0.001)"),
            (observed < low, "Low (0.025)"),
            (observed > high, "High (0.025)"),
            (True, "Not significant"),
        ]
        assert next(name for holds, name in found if holds) == said


def test_nobody_expected_and_few_expected():
    assert [float(limit) for limit in of_counts(0.0)] == [0.0, 0.0]
    low, high = of_counts(np.array([3.68, 3.70]))  # -ln(0.025) = 3.689: from there on none at all is too few
    assert low[0] == 0 and 0 < low[1] < 0.02
    assert (high > [8, 8]).all() and (high < [9, 9]).all()


LEVELS = st.sampled_from([0.95, 0.998])


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.99), LEVELS)
def test_a_proportion_is_outside_where_its_wilson_interval_leaves_the_target_out(counts, target, level):
    numerator, denominator = counts
    low, high = of_proportions(target, denominator, level)
    lower, upper = wilson(numerator, denominator, level)
    near = min(abs(lower - target), abs(upper - target)) < 1e-9
    assert near or (low <= numerator / denominator <= high) == (lower <= target <= upper)


@given(st.integers(0, 2000), st.floats(0.05, 2000), LEVELS)
def test_a_count_is_outside_where_its_exact_interval_leaves_the_expected_out(observed, expected, level):
    low, high = of_counts(expected, level)
    lower, upper = poisson_exact(observed, level)
    near = min(abs(lower - expected), abs(upper - expected)) < 1e-6 * expected
    assert near or (low <= observed <= high) == (lower <= expected <= upper)


def test_the_deviation_within_groups_is_that_of_all_groups_about_their_means():
    groups = [[1.0, 2.0, 6.0], [4.0, 4.0], [7.0]]
    sd = np.array([np.std(group, ddof=1) if len(group) > 1 else np.nan for group in groups])
    within = sum(((np.array(group) - np.mean(group)) ** 2).sum() for group in groups)  # 14 of 3 degrees of freedom
    assert pooled_sd(sd, np.array([3, 2, 1])) == pytest.approx(np.sqrt(within / 3))
    assert np.isnan(pooled_sd(np.array([np.nan]), np.array([1])))
    low, high = of_means(5.0, 2.0, np.array([16]))
    assert (low[0], high[0]) == pytest.approx((5 - 1.959964 / 2, 5 + 1.959964 / 2), abs=1e-6)


def test_dispersion_by_hand():
    # Ten deviations: the tenth at either end is drawn in to -1.9 and 1.9, the places 0.9 and 8.1 of 0 to 9.
    z = np.array([-10, -1, -1, -1, 0, 0, 1, 1, 1, 10.0])
    found = dispersion(z)
    drawn = np.array([-1.9, -1, -1, -1, 0, 0, 1, 1, 1, 1.9])
    assert found.phi == pytest.approx((drawn**2).mean())  # 1.322
    assert found.p == chi2.sf(206, 9)
    for few in ([], [3.0]):
        assert np.isnan([dispersion(np.array(few)).phi, dispersion(np.array(few)).p]).all()


def test_by_chance_alone_the_test_finds_overdispersion_as_often_as_it_says():
    chance = np.random.default_rng(1)
    p = [dispersion(chance.normal(size=100)).p for _ in range(400)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09
    assert dispersion(2 * chance.normal(size=100)).p < 1e-6


def rows(code: str, cells: list[dict]) -> pd.DataFrame:
    whole = {"code": code, "component": "", "sex": "", "age_class": "", "sd": np.nan, "persons": np.nan}
    return pd.DataFrame([{**whole, **cell} for cell in cells])


def of(level: str, area: str, numerator: float, denominator: float, value: float | None = None, **more) -> dict:
    value = numerator / denominator if value is None and denominator else value
    return {"level": level, "area": area, "numerator": numerator, "denominator": denominator, "value": value, **more}


def test_of_proportions_only_departments_with_a_value_have_limits_and_the_nation_the_test():
    values = rows(
        "S20",
        [
            of("nation", "IT", 50, 200),
            of("nation", "IT", 20, 80, sex="1"),
            of("region", "010", 30, 100),
            of("dsm", "a", 10, 100),
            of("dsm", "b", 40, 100),
            of("dsm", "c", 0, 0, np.nan),
        ],
    )
    found = with_funnels(values, {"S20": "proportion"})
    error = np.sqrt(0.25 * 0.75 / 100)
    assert found.loc[3:4, "funnel_lower"].tolist() == pytest.approx([0.25 - norm.ppf(0.975) * error] * 2)
    assert found.loc[3:4, "funnel_upper_998"].tolist() == pytest.approx([0.25 + norm.ppf(0.999) * error] * 2)
    assert found.loc[[1, 2, 5], COLUMNS].isna().all().all() and found.loc[3:4, "overdispersion"].isna().all()
    z = 0.15 / error  # one as far below as the other above: 10% drawn in of two is 0.8 of the way
    assert found.loc[0, "overdispersion"] == pytest.approx((0.8 * z) ** 2)
    assert found.loc[0, "overdispersion_p"] == pytest.approx(chi2.sf(2 * z**2, 1))


def test_of_ratios_and_rates_the_target_is_the_nations_value():
    cells = [of("nation", "IT", 40, 20), of("dsm", "a", 8, 5.834166), of("dsm", "b", 0, 2.5)]
    found = with_funnels(rows("S44", cells), {"S44": "smr"})
    # 11.668333 are expected at the nation's ratio of 2: five at least (see COUNTS), and fewer than 20
    assert found.loc[1, "funnel_lower"] * 5.834166 == pytest.approx(5, rel=1e-6)
    assert 19 < found.loc[1, "funnel_upper"] * 5.834166 < 20
    cells = [of("nation", "IT", 20, 10_000, 2.0), of("dsm", "a", 8, 5834.1663, 8000 / 5834.1663)]
    found = with_funnels(rows("S43", cells), {"S43": "rate"})
    assert found.loc[1, "funnel_lower"] * 5.8341663 == pytest.approx(5, rel=1e-6)


def test_of_a_gap_the_treated_are_the_count():
    # prevalence 50 per 10,000, half of them treated in the nation: of 4,667 residents 11.668 would be
    nation = of("nation", "IT", 25.0, 50.0, 0.5, persons=1_000_000)
    department = of("dsm", "a", 10.0, 50.0, 0.8, persons=4667.3332)
    gap = with_funnels(rows("S24", [nation, department]), {"S24": "gap"})
    covered = [{**cell, "component": "coverage", "value": 1 - cell["value"]} for cell in (nation, department)]
    coverage = with_funnels(rows("S24", covered), {"S24": "gap"})
    all_treated = 50 * 4667.3332 / 10_000
    assert coverage.loc[1, "funnel_lower"] * all_treated == pytest.approx(5, rel=1e-6)
    for one, other in (("funnel_lower", "funnel_upper"), ("funnel_upper_998", "funnel_lower_998")):
        assert gap.loc[1, one] == pytest.approx(1 - coverage.loc[1, other])


def test_of_means_the_deviation_is_that_within_the_departments():
    cells = [
        of("nation", "IT", 60, 20, sd=9.0),
        of("dsm", "a", 20, 10, sd=1.0),
        of("dsm", "b", 40, 10, sd=2.0),
        of("dsm", "c", 4, 1, sd=np.nan),
    ]
    found = with_funnels(rows("S5", cells), {"S5": "mean"})
    sd = np.sqrt((9 * 1 + 9 * 4) / 18)
    assert found.loc[1, "funnel_upper"] == pytest.approx(3 + 1.959964 * sd / np.sqrt(10), abs=1e-6)
    assert found.loc[3, "funnel_lower"] == pytest.approx(3 - 1.959964 * sd, abs=1e-6)
    assert found.loc[0, "overdispersion_p"] == pytest.approx(chi2.sf((10 + 10 + 1) / sd**2, 2))


def test_a_nation_of_none_has_no_test():
    found = with_funnels(
        rows("S20", [of("nation", "IT", 0, 30), of("dsm", "a", 0, 10), of("dsm", "b", 0, 20)]), {"S20": "proportion"}
    )
    assert found.loc[1:2, ["funnel_lower", "funnel_upper"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    assert np.isnan(found.loc[0, "overdispersion"])


def test_what_is_not_shown_moves_nothing():
    shown = rows("S20", [of("nation", "IT", 50, 200), of("dsm", "a", 10, 100), of("dsm", "b", 40, 100)])
    hidden = rows("S20", [of("dsm", "c", 2, 30, np.nan)])
    alone, both = (
        with_funnels(values, {"S20": "proportion"}) for values in (shown, pd.concat([shown, hidden], ignore_index=True))
    )
    pd.testing.assert_frame_equal(both.iloc[:3], alone)
