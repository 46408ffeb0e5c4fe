"""The mortality ratio: held to what others computed, and worked out by hand on a small nation."""

import csv
from collections import Counter
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import yaml
from indicator_nation import YEAR, Nation, everything, person
from scipy.stats import poisson

from percorsi.errors import CatalogueError, ConfigurationError
from percorsi.home import Home
from percorsi.indicators import mortality
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.compute import compute
from percorsi.indicators.kind import Found
from percorsi.indicators.kinds import KINDS
from percorsi.indicators.mortality import expected_deaths, ratio, reference_rates
from percorsi.indicators.reformulations import load_reformulations, read_reformulated
from percorsi.indicators.results import Rows, Said
from percorsi.settings import conf_dir

# Deaths and persons of three areas by age, those of the reference, and what they came to: the workbook with which the
# functions for public health of the UK's health security agency are tested (PHEindicatormethods 2.0, sheets
# testdata_multiarea_isr, refdata, testresults_ISR).
REFERENCE_DEATHS = [
    *(10303, 2824, 0, 3615, 3641, 3490, 3789, 3213, 3031, 2771),
    *(3089, 3490, 3595, 4745, 5514, 7125, 5694, 6210, 5757),
]
REFERENCE_PERSONS = [
    *(50520, 57173, 60213, 54659, 44345, 50128, 62163, 67423, 62899, 55463),
    *(60479, 49974, 44140, 40888, 37239, 30819, 18136, 15325, 13918),
]
PERSONS = [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207]
BIG = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91]
SMALL = [12, 4, 3, 2, 3, 4, 8, 2, 2, 3, 4, 5, 6, 8, 5, 6, 5, 5, 4]
TINY = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 2, 3]
NOBODY_OF_5 = [0 if place == 1 else persons for place, persons in enumerate(PERSONS)]
# deaths, persons; expected, ratio, 95%, 99.8% (None: not printed), method
PUBLISHED = {
    "big": (BIG, PERSONS, 835.8835612311743, 1.0707232939020275, (1.0017147712553987, 1.143233287249895),
            (0.9635155619614437, 1.1860070415876287), "byar"),
    "small": (SMALL, PERSONS, 835.8835612311743, 0.10886683770400503, (0.08765040101829405, 0.1336657632841891),
              (0.07695425528392111, 0.14897920510466744), "byar"),
    "tiny": (TINY, PERSONS, 835.8835612311743, 0.010767049882813684, (0.004923380825095776, 0.02043921455549973),
             (0.0029339306550682617, 0.02710589651469021), "poisson_exact"),
    "with an age of nobody": (BIG, NOBODY_OF_5, 808.3217400918253, 1.1072323749430866,
                              (1.0358708281676485, 1.1822147841228508), None, "byar"),
}  # fmt: skip


@pytest.mark.parametrize("area", PUBLISHED)
def test_ratios_that_others_published(area):
    deaths, persons, expected, value, limits, wide, method = PUBLISHED[area]
    ages = [5 * place for place in range(len(persons))]
    strata = pd.DataFrame({"cell": 0, "residence": "", "sex": "1", "age_group": ages, "time": persons})
    rates = pd.DataFrame(
        {
            **{"residence": "", "sex": "1", "age_group": ages, "deaths": REFERENCE_DEATHS},
            "residents_twice": [2 * persons for persons in REFERENCE_PERSONS],
        }
    ).sample(frac=1, random_state=5)  # met by key: in which order they stand says nothing
    found = expected_deaths(strata, rates, 1, 1)
    assert found[0] == pytest.approx(expected, rel=1e-12)
    made = {name: column[0] for name, column in ratio(np.array([float(sum(deaths))]), found).items()}
    assert (made["numerator"], made["denominator"], made["method"]) == (sum(deaths), found[0], method)
    assert made["value"] == pytest.approx(value, rel=1e-12)
    assert (made["lower"], made["upper"]) == pytest.approx(limits, rel=1e-6)
    if wide:
        assert (made["lower_998"], made["upper_998"]) == pytest.approx(wide, rel=1e-6)


@pytest.mark.parametrize("level", [(0.95, "lower", "upper"), (0.998, "lower_998", "upper_998")])
def test_the_limits_are_those_of_a_poisson_count(level):
    """Below 10 exactly; from there on Byar's are within two thousandths of the exact probability in each tail."""
    width, lower, upper = level
    observed = np.arange(0.0, 400.0)
    expected = np.linspace(0.5, 80, len(observed))
    made = ratio(observed, expected)
    below = np.where(observed > 0, poisson.sf(observed - 1, made[lower] * expected), (1 - width) / 2)
    above = poisson.cdf(observed, made[upper] * expected)
    few = observed < 10
    assert set(made["method"][few]) == {"poisson_exact"} and set(made["method"][~few]) == {"byar"}
    assert made[lower][0] == 0
    for tail in (below, above):
        np.testing.assert_allclose(tail[few], (1 - width) / 2, rtol=1e-9)
        np.testing.assert_allclose(tail[~few], (1 - width) / 2, atol=0.002)


def test_the_rates_of_the_nation_are_deaths_by_the_mean_of_two_januaries():
    rates = reference_rates(YEAR).set_index(["residence", "sex", "age_group"])
    assert len(rates) == 2 * 19
    dead, living = summed("deaths", YEAR), summed("population", YEAR) + summed("population", YEAR + 1)
    for sex in "12":
        for age in range(0, 95, 5):
            row = rates.loc["", sex, age]
            assert (row["deaths"], row["residents_twice"]) == (dead["IT", sex, age], living["IT", sex, age])
    regional = reference_rates(YEAR, "region").set_index(["residence", "sex", "age_group"])
    assert len(regional) == 22 * 2 * 19
    assert regional.loc["030", "2", 90]["deaths"] == dead["030", "2", 90]
    assert regional.loc["030", "2", 90]["residents_twice"] == living["030", "2", 90]


def summed(name: str, year: int) -> Counter:
    """(region or IT, sex 1 or 2, lowest age of the class) -> count, added up from the file itself."""
    found: Counter = Counter()
    with (conf_dir() / "reference" / name / f"{year}.csv").open(newline="") as stream:
        for region, sex, age, count in list(csv.reader(stream))[1:]:
            lowest = min(int(age.rstrip("+").split("-")[0]) // 5 * 5, 90)
            for area in (region, "IT"):
                found[area, {"M": "1", "F": "2"}[sex], lowest] += int(count)
    return found


def rate(area: str, sex: str, age: int) -> Fraction:
    """Of the files, by hand: deaths of 2015 by the mean of the residents of two 1 Januaries."""
    living = summed("population", YEAR) + summed("population", YEAR + 1)
    return Fraction(2 * summed("deaths", YEAR)[area, sex, age], living[area, sex, age])


TURIN_1, TURIN_2, MILAN, AOSTA = "010-101-001", "010-101-002", "030-321-001", "020-101-001"
C = date(2015, 3, 1)


def at_risk(number: int, dsms: list[str], sex: str, age: int, days: int, dead: bool = False, **facts) -> dict:
    """First seen on 1 March; `dead` in the year, on the last of the days at risk."""
    told = {"first_contact_date": C, "days_at_risk": days, "alive_at_year_end": not dead}
    if dead:
        told["death_date"] = date.fromordinal(C.toordinal() + days - 1)
    return person(number, dsms, sex=sex, age=age, **told, **facts)


PEOPLE = [
    at_risk(1, [TURIN_1], "1", 94, 306, residence_region="010"),
    at_risk(2, [TURIN_1, TURIN_2], "1", 90, 100, dead=True, residence_region="010"),
    at_risk(3, [TURIN_1, MILAN], "2", 89, 306, residence_region="030"),
    at_risk(4, [MILAN], "2", 85, 1, dead=True, residence_region="098"),
    at_risk(5, [MILAN], "2", 35, 306),
    *(at_risk(number, [TURIN_2], "1", 92, 306, residence_region="010") for number in range(6, 16)),
    # outside: of unknown sex, dead before the first contact, another pathway, a minor, of a region that covers nothing
    at_risk(21, [TURIN_1], "9", 90, 306, dead=True),
    {**at_risk(22, [TURIN_1], "1", 90, 0, dead=True), "death_date": date(2015, 2, 28)},
    at_risk(23, [TURIN_1], "1", 90, 306, dead=True, pathway="bipolar"),
    at_risk(24, [TURIN_1], "1", 17, 306, dead=True),
    at_risk(25, [AOSTA], "1", 90, 306, dead=True),
]
DELIVERED = [
    *(row for region in ("010", "030") for row in everything(region, [2015])),
    ("CDM", "", 2015, ""),
]


def by_hand(of: str = "IT", days: bool = True) -> dict[int, Fraction]:
    """Person -> deaths expected, by the rates of the nation, or (`of` region) of the region of residence."""
    found = {}
    for row in PEOPLE[:15]:
        home = row.get("residence_region")
        area = home if of == "region" and home in ("010", "030") else "IT"
        share = Fraction(row["days_at_risk"], 365) if days else Fraction(1)
        found[row["person_id"]] = share * rate(area, row["sex"], min(row["age"] // 5 * 5, 90))
    return found


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def values(spark, settings, home, catalogue, tmp_path_factory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("reformulations")
    (folder / "010.yaml").write_text(yaml.safe_dump({"S44": {"reference": "region"}, "BP36": {"time": "headcount"}}))
    (folder / "030.yaml").write_text(yaml.safe_dump({"S44": {"time": "headcount", "reference": "region"}}))
    reformulations = load_reformulations(catalogue, folder)
    nation = Nation(home, spark, PEOPLE, [], DELIVERED)
    return compute(nation, settings, YEAR, "run-1", catalogue=catalogue, reformulations=reformulations)


def row(values: pd.DataFrame, area: str, component: str = "", sex: str = "", code: str = "S44") -> pd.Series:
    wanted = {"code": code, "area": area, "component": component, "sex": sex, "age_class": ""}
    found = values[np.logical_and.reduce([values[name] == said for name, said in wanted.items()])]
    assert len(found) == 1
    return found.iloc[0]


def test_observed_and_expected_by_hand(values):
    expected = by_hand()
    places = {
        "IT": range(1, 16),
        "010": [1, 2, 3, *range(6, 16)],
        "030": [3, 4, 5],
        TURIN_1: [1, 2, 3],
        TURIN_2: [2, *range(6, 16)],
    }
    for area, people in places.items():
        found = row(values, area)
        observed = len({2, 4} & set(people))
        assert found["numerator"] == observed
        assert found["denominator"] == pytest.approx(float(sum(expected[one] for one in people)), rel=1e-14)
    nation = row(values, "IT")
    assert nation["denominator"] > 1
    assert nation["value"] == 2 / nation["denominator"]
    # 2 observed, exact: 0.2422093 to 7.2246877 (Garwood 1936)
    assert (nation["lower"], nation["upper"]) == pytest.approx(
        (0.2422093 / nation["denominator"], 7.2246877 / nation["denominator"]), rel=1e-6
    )
    assert (nation["method"], nation["reason"]) == ("poisson_exact", None)
    assert nation["lower_998"] < nation["lower"] < nation["value"] < nation["upper"] < nation["upper_998"]


def test_by_sex_as_a_breakdown_and_as_a_component(values):
    men, women = row(values, "IT", sex="1"), row(values, "IT", sex="2")
    assert (men["numerator"], women["numerator"]) == (1, 1)
    for component, of_sex in (("M", men), ("F", women)):
        part = row(values, "IT", component)
        for column in ("numerator", "denominator"):
            assert part[column] == of_sex[column]
    assert row(values, TURIN_2, "M")["numerator"] == 1
    assert row(values, TURIN_2, "F")["reason"] == "denominator_zero"
    assert row(values, "IT", sex="9")["reason"] == "denominator_zero"  # unknown sex is outside
    own = values[values["code"] == "S44"]
    assert set(own["age_class"]) == {""}
    assert set(own.loc[own["component"] != "", "sex"]) == {""}


def test_where_less_than_one_is_expected_both_counts_are_given_and_no_ratio(values):
    milan = row(values, MILAN)
    assert milan["reason"] == "expected_below_one"
    assert milan["numerator"] == 1
    assert milan["denominator"] == pytest.approx(float(sum(by_hand()[one] for one in (3, 4, 5))), rel=1e-14)
    assert 0 < milan["denominator"] < 1
    assert milan[["value", "lower", "upper", "lower_998", "upper_998", "method"]].isna().all()


def test_a_region_that_does_not_cover_it_has_a_reason(values):
    assert row(values, "020")["reason"] == row(values, AOSTA)["reason"] == "missing_flow"
    assert row(values, "IT")["left_out"] == "020"


def test_other_pathways_have_their_own(values):
    assert row(values, "IT", code="BP36")["numerator"] == 1


def test_what_a_region_reads_otherwise(values, home):
    own = read_reformulated(home, "run-1")
    turin = row(own, "010")
    expected = by_hand("region")
    assert turin["denominator"] == pytest.approx(
        float(sum(expected[one] for one in [1, 2, 3, *range(6, 16)])), rel=1e-14
    )
    assert turin["denominator"] != row(values, "010")["denominator"]
    assert turin["parameters"] == "reference='region'"
    # heads: one year for each; of 4 (homeless) and 5 (not known) the rates of the nation
    heads = by_hand("region", days=False)
    milan = row(own, "030")
    assert milan["denominator"] == pytest.approx(float(sum(heads[one] for one in (3, 4, 5))), rel=1e-14)
    assert (milan["numerator"], milan["parameters"]) == (1, "reference='region', time='headcount'")
    assert row(own, "010", code="BP36")["denominator"] == pytest.approx(float(rate("IT", "1", 90)), rel=1e-14)


def test_other_partitions_give_the_same_values(spark, settings, catalogue, values, tmp_path):
    again = Nation(Home(tmp_path), spark, PEOPLE[::-1], [], DELIVERED)
    name = "features/person_year"
    again.frames[name] = again.frames[name].repartition(5)
    found = compute(again, settings, YEAR, "run-1", catalogue=catalogue)
    pd.testing.assert_frame_equal(found, values, check_exact=True)


@pytest.mark.parametrize(("sex", "age", "told"), [("2", 85, "sex 2, 85-89"), ("1", 90, r"sex 1, 90\+")])
def test_a_stratum_without_a_rate_is_an_error(sex, age, told):
    rates = reference_rates(YEAR)
    rates = rates[~((rates["sex"] == sex) & (rates["age_group"] == age))]
    strata = pd.DataFrame({"cell": [0], "residence": [""], "sex": [sex], "age_group": [age], "time": [3]})
    with pytest.raises(ConfigurationError, match=f"for the nation, {told} and 0 other strata") as raised:
        expected_deaths(strata, rates, 365, 1)
    assert raised.value.next_step
    assert expected_deaths(strata.assign(time=0), rates, 365, 1)[0] == 0  # nobody is in it


def test_a_stratum_in_which_nobody_resides_has_no_rate():
    rates = reference_rates(YEAR).assign(residents_twice=0)
    strata = pd.DataFrame({"cell": [0], "residence": [""], "sex": ["1"], "age_group": [50], "time": [3]})
    with pytest.raises(ConfigurationError, match="no rate of mortality"):
        expected_deaths(strata, rates, 365, 1)


def test_an_unknown_sex_that_gets_so_far_is_an_error_and_no_zero():
    strata = pd.DataFrame({"cell": [0], "residence": [""], "sex": ["9"], "age_group": [50], "time": [3]})
    with pytest.raises(ConfigurationError, match="sex 9, 50-54"):
        expected_deaths(strata, reference_rates(YEAR), 365, 1)


def test_a_region_of_residence_without_a_rate_is_an_error():
    rates = reference_rates(YEAR, "region")
    rates = rates[rates["residence"] != "030"]
    strata = pd.DataFrame({"cell": 0, "residence": ["030", "998"], "sex": "1", "age_group": 50, "time": 3})
    with pytest.raises(ConfigurationError, match="for region 030, sex 1, 50-54 and 0 other strata"):
        expected_deaths(strata, rates, 365, 1)


@pytest.mark.parametrize(("year", "days"), [(2012, 366), (2015, 365), (2016, 366), (2100, 365)])
def test_the_days_of_a_year(year, days):
    assert mortality.days_of(year) == days


def test_a_leap_year_has_a_day_more():
    """Two persons of one stratum, at risk all of the year: two person-years in 2015 and in 2012."""
    for year in (2012, 2015):
        strata = pd.DataFrame(
            {"cell": [0], "residence": [""], "sex": ["1"], "age_group": [50], "time": [2 * mortality.days_of(year)]}
        )
        found = Found(
            sums={"numerator": np.array([3]), "denominator": np.array([2])},
            strata=strata,
            parameters={"time": "person_years", "reference": "nation", "minimum_expected": 0.0},
            year=year,
            covering=["010"],
        )
        rates = reference_rates(year).set_index(["sex", "age_group"]).loc["1", 50]
        expected = 4 * int(rates["deaths"]) / int(rates["residents_twice"])
        made = KINDS["smr"].results(found)
        assert made["denominator"][0] == expected
        assert (made["numerator"][0], made["value"][0], made["reason"][0]) == (3, 3 / expected, None)


@pytest.mark.parametrize("minimum", [1.0, 0.0])
def test_a_death_where_none_is_expected_is_not_lost(monkeypatch, minimum):
    """A DSM of 12 persons in a stratum in which nobody of the nation died, with one death; and one of nobody."""
    rates = pd.DataFrame({"residence": "", "sex": "1", "age_group": [20], "deaths": [0], "residents_twice": [200]})
    monkeypatch.setattr(mortality, "reference_rates", lambda year, of: rates)
    areas = ["010-101-001", "010-101-002"]
    grid = pd.DataFrame({"level": "dsm", "area": areas, "sex": "", "age_class": ""})
    found = Found(
        sums={"numerator": np.array([1, 0]), "denominator": np.array([12, 0])},
        grid=grid,
        strata=pd.DataFrame({"cell": [0], "residence": [""], "sex": ["1"], "age_group": [20], "time": [12 * 365]}),
        parameters={"time": "person_years", "reference": "nation", "minimum_expected": minimum},
        year=YEAR,
        covering=["010"],
    )
    made = pd.DataFrame(Rows(grid).columns(KINDS["smr"].results(found), Said({}, {}, "")), index=grid["area"])
    some, nobody = (made.loc[area] for area in areas)
    assert (some["numerator"], some["denominator"], some["persons"]) == (1, 0, 12)
    assert some["reason"] == "expected_below_one"
    assert some[["value", "lower", "upper", "method"]].isna().all()
    assert nobody["reason"] == "denominator_zero"
    assert nobody[["numerator", "denominator", "persons", "value"]].isna().all()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"S44": {"time": "years"}}, "'time' is none of person_years, headcount"),
        ({"S44": {"reference": "world"}}, "'reference' is none of nation, region"),
        ({"S44/M": {"minimum_expected": "2"}}, "another type"),
        ({"S44/M": {"minimum_expected": True}}, "another type"),
        ({"S43": {"time": "headcount"}}, "unknown parameter 'time'"),
    ],
)
def test_what_a_region_cannot_read(catalogue, tmp_path, said, fault):
    (tmp_path / "010.yaml").write_text(yaml.safe_dump(said))
    with pytest.raises(CatalogueError, match=fault):
        load_reformulations(catalogue, tmp_path)


def test_a_whole_number_is_read_where_a_float_is_asked_for(catalogue, tmp_path):
    (tmp_path / "010.yaml").write_text(yaml.safe_dump({"S44": {"minimum_expected": 2}}))
    (tmp_path / "030.yaml").write_text(yaml.safe_dump({"S44": {"minimum_expected": 2.0}}))
    found = load_reformulations(catalogue, tmp_path)
    read = found["010"].by_component["S44", "M"]["minimum_expected"]
    assert (read, type(read)) == (2.0, float)
    assert found["010"].by_component == found["030"].by_component
