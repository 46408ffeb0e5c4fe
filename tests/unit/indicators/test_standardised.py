"""Direct standardisation held to figures that others computed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from percorsi.indicators.confidence import poisson_exact, student, wilson
from percorsi.indicators.standardised import Strata, dobson, effective_wilson, standardise, weighted_t

# The example that the package PHEindicatormethods (Public Health England) is tested with: persons and two counts of
# events in 19 classes of age; the European standard population of 2013.
PERSONS = [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207]
BIG = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91]
SMALL = [12, 4, 3, 2, 3, 4, 8, 2, 2, 3, 4, 5, 6, 8, 5, 6, 5, 5, 4]
ESP2013 = [5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500]
ESP2013 += [1500, 1000]
RATES = {  # per 10,000: value, 95% and 99.8% limits
    "big": (BIG, 1043.0247991469423, 971.770906798568, 1117.894091547925, 932.3287880219904, 1162.0595999522059),
    "small": (SMALL, 110.3212025300104, 87.7455767536709, 136.70882227251795, 76.36420357939879, 153.00328948244763),
}


def strata(numerator, denominator, weight, sd=None) -> Strata:
    weight = np.array(weight, dtype=float)
    numerator, denominator = (np.array(counts, dtype=float) for counts in (numerator, denominator))
    sd = np.full(len(weight), np.nan) if sd is None else np.array(sd, dtype=float)
    return Strata(numerator, denominator, sd, weight / weight.sum())


def test_rates_as_public_health_england_has_them():
    for counts, value, *limits in RATES.values():
        found = strata(counts, PERSONS, ESP2013)
        both = [*dobson(found), *dobson(found, 0.998)]
        assert [10_000 * number for number in (found.value, *both)] == pytest.approx([value, *limits], rel=1e-9)


def test_a_proportion_by_hand():
    # 2 of 10 and 20 of 40, half and half: 0.35, of 1 / (0.25 / 10 + 0.25 / 40) = 32 persons
    found = strata([2, 20], [10, 40], [1, 1])
    assert effective_wilson(found) == pytest.approx([float(limit) for limit in wilson(0.35 * 32, 32)], abs=1e-12)
    assert effective_wilson(found) == pytest.approx((0.2091, 0.5231), abs=1e-4)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=14))
def test_with_the_own_composition_the_limits_are_those_of_the_counts(some):
    numerator, persons = ([a for a, _ in some], [a + b + 1 for a, b in some])
    found = strata(numerator, persons, persons)
    plain = [float(limit) for limit in wilson(sum(numerator), sum(persons))]
    assert effective_wilson(found) == pytest.approx(plain, abs=1e-9)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_of_one_stratum_the_limits_are_the_plain_ones(counts):
    found = strata([counts[0]], [counts[1]], [7], sd=[2.5])
    assert effective_wilson(found) == pytest.approx([float(limit) for limit in wilson(*counts)], abs=1e-12)
    if 0 < counts[0] < 10:
        exact = [float(limit) / counts[1] for limit in poisson_exact(counts[0])]
        assert dobson(found) == pytest.approx(exact, rel=1e-9)
    if counts[1] > 1:
        assert weighted_t(found) == pytest.approx(student(counts[0] / counts[1], 2.5, counts[1]))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 100)), min_size=1, max_size=14))
def test_a_standardised_value_lies_within_its_limits_and_those_within_the_wider_ones(given_strata):
    some, others, weights = zip(*given_strata, strict=True)
    found = strata(some, [a + b + 1 for a, b in zip(some, others, strict=True)], weights)
    for limits in (effective_wilson, dobson):
        (low, high), (wide_low, wide_high) = limits(found), limits(found, 0.998)
        assert wide_low <= low + 1e-12 <= found.value + 2e-12 and found.value <= high + 1e-12 <= wide_high + 2e-12


def test_of_none_at_all_the_upper_limit_is_that_of_the_stratum_that_weighs_most():
    found = strata([0, 0], [100, 50], [1, 1])
    assert dobson(found) == pytest.approx((0, 0.5 / 50 * -np.log(0.025)))
    assert effective_wilson(strata([0], [20], [1])) == pytest.approx((0, 0.1611), abs=5e-5)


def test_a_mean_by_hand():
    # 1/4 of 2 and 3/4 of 6; variance (1/16) 4 / 10 + (9/16) 9 / 5 = 1.0375
    found = strata([20, 30], [10, 5], [1, 3], sd=[2, 3])
    assert found.value == 5
    freedom = 1.0375**2 / (0.025**2 / 9 + 1.0125**2 / 4)
    low, high = weighted_t(found)
    assert (low + high) / 2 == pytest.approx(5)
    assert high - 5 == pytest.approx(t.ppf(0.975, freedom) * np.sqrt(1.0375))
    assert np.isnan(weighted_t(strata([20, 3], [10, 1], [1, 3], sd=[2, np.nan]))).all()
    assert weighted_t(strata([20, 30], [10, 5], [1, 3], sd=[0, 0])) == (5, 5)


def cells(code: str, area: str, counts: dict, sd: float = np.nan) -> list[dict]:
    level = "nation" if area == "IT" else "region"
    return [
        {"code": code, "component": "", "level": level, "area": area, "sex": sex, "age_class": age, "sd": sd}
        | {"numerator": numerator, "denominator": denominator}
        for (sex, age), (numerator, denominator) in counts.items()
    ]


YOUNG, OLD, UNKNOWN = ("1", "18-24"), ("2", "75+"), ("9", "18-24")
NATION_CELLS = cells("S20", "IT", {YOUNG: (30, 60), OLD: (8, 40), UNKNOWN: (1, 5), ("2", None): (2, 4)})


def test_the_nations_composition_is_the_standard():
    own = cells("S20", "010", {YOUNG: (8, 10), OLD: (4, 40), UNKNOWN: (1, 1)})
    lacking = cells("S20", "020", {YOUNG: (8, 10)})
    found = standardise(pd.DataFrame(NATION_CELLS + own + lacking), {"S20": "proportion"}).set_index("area")
    assert found.loc["010", "value"] == pytest.approx(0.6 * 0.8 + 0.4 * 0.1)  # 0.52
    assert found.loc["010", "crude"] == pytest.approx(13 / 51)
    assert (found.loc["010", "units"], found.loc["010", "not_known"]) == (51, 1)
    assert found.loc["010", "method"] == "effective_wilson"
    assert found.loc["IT", "value"] == pytest.approx(38 / 100)  # its own composition: as crude, of those known
    assert found.loc["IT", "crude"] == pytest.approx(41 / 109) and found.loc["IT", "not_known"] == 9
    assert found.loc["020", "reason"] == "stratum_empty" and np.isnan(found.loc["020", "value"])
    assert found.loc["020", "crude"] == 0.8


def test_or_the_residents_in_the_strata_that_the_nation_has():
    residents = pd.DataFrame(
        [("1", "18-24", 300), ("2", "75+", 100), ("1", "35-44", 10_000)], columns=["sex", "age_class", "residents"]
    )
    own = cells("S20", "010", {YOUNG: (8, 10), OLD: (4, 40)})
    found = standardise(pd.DataFrame(NATION_CELLS + own), {"S20": "proportion"}, residents).set_index("area")
    assert found.loc["010", "value"] == pytest.approx(0.75 * 0.8 + 0.25 * 0.1)


def test_a_rate_is_per_thousand_and_a_mean_in_its_own_unit():
    counts = {YOUNG: (3, 1000), OLD: (1, 1000)}
    rate = standardise(pd.DataFrame(cells("S43", "IT", counts)), {"S43": "rate"}).iloc[0]
    assert (rate["value"], rate["crude"], rate["method"]) == (pytest.approx(2.0), 2.0, "dobson")
    # of equal weights and numbers the limits are those of 4 of 2,000
    assert rate["upper"] == pytest.approx(float(poisson_exact(4)[1]) / 2)
    mean = standardise(pd.DataFrame(cells("S5", "IT", {YOUNG: (30, 10), OLD: (90, 10)}, sd=2.0)), {"S5": "mean"}).iloc[
        0
    ]
    assert (mean["value"], mean["method"]) == (6.0, "t")
    one = standardise(pd.DataFrame(cells("S5", "IT", {YOUNG: (3, 1), OLD: (90, 10)})), {"S5": "mean"}).iloc[0]
    assert one["method"] is None and np.isnan(one["lower"]) and one["value"] == pytest.approx(93 / 11)
