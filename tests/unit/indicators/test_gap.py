"""The treatment gap: the figures that the agreement prints, and what its interval carries."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from percorsi import reference
from percorsi.errors import ConfigurationError
from percorsi.indicators.confidence import poisson_exact
from percorsi.indicators.gap import COVERAGE, Gap, coverage_limits, prevalence_limits, ratio_limits
from percorsi.indicators.grid import CELL
from percorsi.indicators.kind import Found
from percorsi.prevalence import Prevalence, load_prevalences

AREAS = [("nation", "IT"), ("region", "010"), ("region", "020"), ("dsm", "010-101-001"), ("dsm", "010-101-002")]


def found(treated: list[int], residents: dict, prevalence: str = "schizophrenia", component: str = "") -> Found:
    grid = pd.DataFrame([(*area, "", "") for area in AREAS[: len(treated)]], columns=CELL)
    said = {"parameters": {"prevalence": prevalence}, "year": 2015, "covering": ["010"], "residents": residents}
    return Found({"denominator": np.array(treated)}, grid=grid, component=component, **said)


def test_the_gap_of_schizophrenia_is_the_one_that_the_agreement_prints():
    people = reference.population(2010)
    adults = people.loc[people["age"] > 17, "residents"].sum()
    treated = round(36.3 * adults / 10_000)
    residents = {"010": int(people["residents"].sum())}
    (gap,) = Gap().results(found([treated], residents))["value"]
    (coverage,) = Gap().results(found([treated], residents, component=COVERAGE))["value"]
    assert (round(100 * coverage), round(100 * gap)) == (61, 39)


def test_the_gap_of_bipolar_disorder():
    # D'Avanzo 2023: 16.2 treated per 10,000 adults, of Western Europe's prevalence of 70 per 10,000
    people = reference.population(2015)
    treated = round(16.2 * people.loc[people["age"] > 17, "residents"].sum() / 10_000)
    (gap,) = Gap().results(found([treated], {"010": 60_795_612}, "bipolar"))["value"]
    # 50,661,000 adults or so: 82,000 treated, 13.5 per 10,000 of all ages
    assert gap == pytest.approx(1 - treated / 60_795_612 * 10_000 / 70) and round(100 * gap) == 81


def test_residents_of_the_nation_are_those_of_the_regions_that_cover_it():
    residents = {"010": 40_000, "020": 99_999, "010-101-001": 10_000, "010-101-002": 0}
    made = Gap().results(found([99, 99, 5, 33, 7], residents))
    assert made["persons"][:4].tolist() == [40_000, 40_000, 99_999, 10_000] and np.isnan(made["persons"][4])
    assert made["numerator"][:4] == pytest.approx([24.75, 24.75, 5 / 9.9999, 33])
    assert made["denominator"].tolist() == [49.5, 49.5, 49.5, 49.5, 0.0]  # of nobody's population nothing is known
    assert made["value"][:2].tolist() == [0.5, 0.5]
    low, high = (float(limit) for limit in poisson_exact(99))
    assert (made["lower"][0], made["upper"][0]) == pytest.approx((1 - high / 198, 1 - low / 198))  # 198 are ill
    low, high = (float(limit) for limit in poisson_exact(99, 0.998))
    assert (made["lower_998"][0], made["upper_998"][0]) == pytest.approx((1 - high / 198, 1 - low / 198))
    assert made["method"][0] == "poisson_exact"
    assert Gap().results(found([990], residents))["value"].tolist() == [-4.0]  # five times as many as are thought ill


def test_nobody_treated_is_a_gap_of_one():
    made = Gap().results(found([0], {"010": 10_000}))
    assert (made["value"][0], made["upper"][0]) == (1.0, 1.0)
    assert made["lower"][0] == pytest.approx(1 + np.log(0.025) / 49.5)


UNCERTAIN = Prevalence(per_10000=50.0, lower=40.0, upper=62.5, source="made up")


def test_the_interval_of_the_prevalence_is_carried_through():
    # 500 treated of 100,000: 50 per 10,000, as many as are ill. By hand, with the exact limits of 500:
    low, high = (float(limit[0]) / 10 for limit in poisson_exact(np.array([500])))
    assert (low, high) == pytest.approx((45.7129, 54.5809), abs=1e-4)
    down = np.sqrt(np.log(50 / low) ** 2 + np.log(62.5 / 50) ** 2)
    up = np.sqrt(np.log(high / 50) ** 2 + np.log(50 / 40) ** 2)
    found = coverage_limits(np.array([500.0]), np.array([100_000.0]), UNCERTAIN, 0.95)
    assert [limit[0] for limit in found] == pytest.approx((np.exp(-down), np.exp(up)))
    assert (np.exp(-down), np.exp(up)) == pytest.approx((0.7863, 1.2709), abs=1e-4)
    # wider than of either alone: 0.914 and 1.092 by the treated, 0.8 and 1.25 by the prevalence


def test_a_prevalence_may_be_as_uncertain_as_it_is():
    """From a fifth of the estimate to five times: at 99.8% both limits are stretched, and there still are some."""
    vague = Prevalence(per_10000=50.0, lower=10.0, upper=250.0, source="made up")
    (low,), (high,) = coverage_limits(np.array([1e6]), np.array([2e8]), vague, 0.95)
    assert (low, high) == pytest.approx((0.2, 5.0), rel=1e-4)  # a million treated: the count is as good as certain
    (low,), (high,) = coverage_limits(np.array([1e6]), np.array([2e8]), vague, 0.998)
    wider = norm.ppf(0.999) / norm.ppf(0.975)
    assert (low, high) == pytest.approx((0.2**wider, 5**wider), rel=1e-4)


def test_where_nobody_is_treated_the_limits_begin_at_none():
    (low,), (high,) = coverage_limits(np.array([0.0]), np.array([10_000.0]), UNCERTAIN, 0.95)
    assert (low, high) == (0.0, pytest.approx(-np.log(0.025) / 40))  # the exact limit of 0 by the lower prevalence
    (low,), (high,) = coverage_limits(np.array([0.0]), np.array([np.nan]), UNCERTAIN, 0.95)
    assert np.isnan(high)


def test_a_certain_prevalence_leaves_the_limits_of_the_treated():
    certain = ratio_limits((np.array([3.0]), np.array([1.0]), np.array([9.0])), (50.0, 50.0, 50.0))
    assert [limit[0] for limit in certain] == pytest.approx((1 / 50, 9 / 50))
    narrow = Prevalence(per_10000=50.0, lower=49.999999, upper=50.000001, source="made up")
    plain = Prevalence(per_10000=50.0, source="made up")
    asked = np.array([0.0, 7.0]), np.array([1e5, 1e5])
    for one, other in zip(coverage_limits(*asked, narrow, 0.95), coverage_limits(*asked, plain, 0.95), strict=True):
        assert one == pytest.approx(other, abs=1e-6)


@given(st.integers(0, 100_000), st.floats(1, 200), st.floats(0.1, 1), st.floats(1, 10))
def test_limits_lie_around_the_part_treated_and_the_wider_ones_outside(treated, rate, below, above):
    prevalence = Prevalence(per_10000=rate, lower=rate * below, upper=rate * above, source="made up")
    one, residents = np.array([float(treated)]), np.array([1e6])
    value = treated / 100 / rate
    (low,), (high,) = coverage_limits(one, residents, prevalence, 0.95)
    (wide_low,), (wide_high,) = coverage_limits(one, residents, prevalence, 0.998)
    small = 1e-9 * (1 + value)
    assert wide_low + small >= 0 and wide_low <= low + small and low <= value + small
    assert value <= high + small and high <= wide_high + small


def test_the_limits_of_a_prevalence_at_another_level():
    wider = norm.ppf(0.999) / norm.ppf(0.975)
    assert prevalence_limits(UNCERTAIN, 0.95) == pytest.approx((40, 62.5))
    assert prevalence_limits(UNCERTAIN, 0.998) == pytest.approx((50 * 0.8**wider, 50 * 1.25**wider))


def test_every_prevalence_has_a_source():
    assert {name: one.per_10000 for name, one in load_prevalences().items()} == {"schizophrenia": 49.5, "bipolar": 70.0}
    assert all("http" in one.source or "Global Burden" in one.source for one in load_prevalences().values())


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{per_10000: 50, source: x, lower: 40}", "both limits"),
        ("{per_10000: 50, source: x, lower: 51, upper: 60}", "around"),
        ("{per_10000: 50, source: x, lower: 0, upper: 75}", "lower"),
        ("{per_10000: 0, source: x}", "per_10000"),
        ("{per_10000: 50}", "source"),
        ("{per_10000: 50, source: x, from: y}", "from"),
    ],
)
def test_a_prevalence_that_cannot_be_is_refused_with_its_name(tmp_path, said, wrong):
    (tmp_path / "own.yaml").write_text(f"schizophrenia: {said}\n")
    with pytest.raises(ConfigurationError, match=wrong) as raised:
        load_prevalences(tmp_path)
    assert "own.yaml" in str(raised.value)
