"""Means, components and reformulations through the engine: a small nation, numbers worked out by hand."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from indicator_nation import YEAR, Nation, everything, person

from percorsi.errors import CatalogueError
from percorsi.home import Home
from percorsi.indicators.catalogue import Catalogue, load_catalogue
from percorsi.indicators.compute import compute
from percorsi.indicators.confidence import student
from percorsi.indicators.grid import CELL
from percorsi.indicators.kind import Found
from percorsi.indicators.kinds import FRACTION, KINDS, moments, quartiles
from percorsi.indicators.reformulations import definitions, listing, load_reformulations, read_reformulated
from percorsi.indicators.values import COLUMNS, read_values

TURIN, AOSTA, MILAN = "010-101-001", "020-101-001", "030-101-001"
CARDS = """code,pathway,principal,phase,title
S5,schizophrenia,true,Presa in carico precoce,Intensità
S26,schizophrenia,true,Presa in carico precoce,Intensità
"""
COHORTS = {"treated": {"parameters": {"adult_age": 18}, "clauses": {"adult": "age >= :adult_age"}}}
COMMON = {"grain": "person_year", "status": "N", "cohort": "treated", "needs": {"SISM": ["Y"]}}
CONTACTS = COMMON | {
    "title": "Contacts a month",
    "reading": "Contacts a month",
    "kind": "mean",
    "value": "interventions + presences",
    "per": "months_in_care",
    "indicators": {"S5": {"pathway": "schizophrenia"}},
}
PARTS = COMMON | {
    "title": "Many contacts",
    "reading": "More than {contacts}.",
    "kind": "proportion",
    "parameters": {"contacts": 5},
    "numerator": {"many": "interventions > :contacts"},
    "components": {
        "a": {"parameters": {"contacts": 2}},
        "b": {},
        "1": {"population": {"sees_people": "presences >= :least"}, "parameters": {"least": 1}},
        "c": {"numerator": {"some": "presences >= :least"}, "parameters": {"least": 1}},
    },
    "main": "b",
    "indicators": {"S26": {"pathway": "schizophrenia"}},
}


def write(folder: Path, measures: dict) -> Catalogue:
    (folder / "cards.csv").write_text(CARDS, encoding="utf-8")
    (folder / "cohorts.yaml").write_text(yaml.safe_dump(COHORTS))
    (folder / "measures.yaml").write_text(yaml.safe_dump(measures, sort_keys=False))
    return load_catalogue(folder)


def seen(number: int, dsms: list[str], interventions: int, months: int, **facts) -> dict:
    return person(number, dsms, interventions=interventions, months_in_care=months, **facts)


PEOPLE = [
    seen(1, [TURIN], 7, 3, age=20),  # 7/3
    seen(2, [TURIN, MILAN], 0, 12, age=30, presences=1),  # 1/12
    seen(3, [TURIN], 6, 7, sex="1", age=30, presences=3),  # 9/7
    seen(4, [MILAN], 0, 1, age=30),  # 0
    seen(5, [AOSTA], 9, 1, age=30),  # not covered: counts in no nation
    seen(6, [TURIN], 99, 1, age=17),  # no adult
]
DELIVERED = everything("010", [2014, 2015, 2016]) + everything("030", [2015])
REGIONS = {"010": {"S26": {"contacts": 6}, "S26/a": {"contacts": 0}}, "020": {"S26": {"contacts": 0}}}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    return write(tmp_path_factory.mktemp("catalogue"), {"contacts": CONTACTS, "parts": PARTS})


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def reformulations(catalogue, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reformulations")
    for region, content in REGIONS.items():
        (folder / f"{region}.yaml").write_text(yaml.safe_dump(content))
    return load_reformulations(catalogue, folder)


@pytest.fixture(scope="module")
def values(spark, home, settings, catalogue, reformulations) -> pd.DataFrame:
    nation = Nation(home, spark, PEOPLE, [], DELIVERED)
    return compute(nation, settings, YEAR, "run-1", catalogue=catalogue, reformulations=reformulations)


def row(values: pd.DataFrame, code: str, area: str, component: str = "", sex: str = "", age: str = "") -> pd.Series:
    wanted = {"code": code, "area": area, "component": component, "sex": sex, "age_class": age}
    found = values[np.logical_and.reduce([values[name] == said for name, said in wanted.items()])]
    assert len(found) == 1
    return found.iloc[0]


def test_a_mean_of_quotients_is_exact(values):
    turin = row(values, "S5", TURIN)
    total = Fraction(7, 3) + Fraction(1, 12) + Fraction(9, 7)  # 311/84
    assert (turin["numerator"], turin["denominator"]) == (float(total), 3)
    assert turin["value"] == float(total / 3)
    assert turin["method"] == "t"
    # 1/12, 9/7, 7/3: the median is the second, the quartiles lie halfway between two
    assert turin["median"] == 9 / 7
    assert turin["q1"] == pytest.approx((1 / 12 + 9 / 7) / 2, rel=1e-15)
    assert turin["q3"] == pytest.approx((9 / 7 + 7 / 3) / 2, rel=1e-15)
    sd = np.std([7 / 3, 1 / 12, 9 / 7], ddof=1)
    assert turin["sd"] == pytest.approx(sd, rel=1e-12)
    # t(0.975, 2) = 4.302653
    assert turin["upper"] - turin["value"] == pytest.approx(4.302653 * sd / np.sqrt(3), rel=1e-6)


def test_a_person_counts_once_in_each_area_and_in_the_nation(values):
    total = Fraction(7, 3) + Fraction(1, 12) + Fraction(9, 7)
    nation = row(values, "S5", "IT")
    assert (nation["numerator"], nation["denominator"], nation["left_out"]) == (float(total), 4, "020")
    assert row(values, "S5", "020")["reason"] == "missing_flow"
    assert row(values, "S5", "IT", sex="1")["numerator"] == float(Fraction(9, 7))
    assert row(values, "S5", "IT", age="25-34")["denominator"] == 3
    assert row(values, "S5", "IT", age="18-24")["value"] == 7 / 3
    assert row(values, "S5", "030")["value"] == 1 / 24


def test_a_mean_of_one_has_neither_deviation_nor_interval(values):
    one = row(values, "S5", "IT", sex="1")
    assert (one["value"], one["median"], one["q1"], one["q3"]) == (9 / 7,) * 4
    assert np.isnan([one["sd"], one["lower"], one["upper"]]).all()
    assert one["method"] is None and one["reason"] is None
    nobody = row(values, "S5", "IT", sex="9")
    assert nobody["reason"] == "denominator_zero" and np.isnan(nobody["value"])


def test_components_have_their_own_rows_and_the_main_one_two(values):
    def counts(component: str, area: str = TURIN) -> tuple:
        found = row(values, "S26", area, component)
        return found["numerator"], found["denominator"]

    assert counts("a") == (2, 3)  # 7 and 6 are more than 2
    assert counts("b") == counts("") == (2, 3)  # and more than 5
    assert counts("1") == (1, 2)  # of 2 and 3, who see people
    assert counts("c") == (2, 3)
    assert counts("1", "IT") == (1, 2)
    assert values["sd"][values["code"] == "S26"].isna().all()
    assert list(dict.fromkeys(values["component"])) == ["", "a", "b", "1", "c"]
    assert not values.duplicated(["code", "component", *CELL]).any()


def test_what_a_region_reads_otherwise_stands_beside_the_national_reading(values, home, reformulations):
    assert row(values, "S26", "010")["numerator"] == 2
    own = read_reformulated(home, "run-1")
    assert set(own["area"]) == {"010", TURIN, "020", AOSTA}
    turin = row(own, "S26", "010", "b")
    assert (turin["numerator"], turin["denominator"], turin["parameters"]) == (1, 3, "contacts=6")
    assert row(own, "S26", "010", "")["numerator"] == 1
    assert row(own, "S26", TURIN, "a")["numerator"] == 2  # 7 and 6; 0 is not more than 0
    assert row(own, "S26", "010", "1")["parameters"] == "contacts=6"
    assert set(own.loc[own["area"] == "010", "component"]) == {"", "a", "b", "1"}  # c is not asked with it
    # what the component gives itself is not reached by what is said of the measure
    assert row(own, "S26", "010", "a")["parameters"] == "contacts=0"
    assert set(own.loc[own["area"] == "020", "component"]) == {"", "b", "1"}
    assert row(own, "S26", "020")["reason"] == "missing_flow"
    listed = {(one["region"], one["component"]): one for one in listing(home, "run-1")}
    assert listed["010", ""]["value"] == 1 / 3 and listed["010", ""]["catalogue_value"] == 2 / 3
    assert listed["020", ""]["reason"] == "missing_flow" and listed["020", ""]["value"] is None
    assert definitions(reformulations)["010"] == {
        "S26/1": {"contacts": 6},
        "S26/a": {"contacts": 0},
        "S26/b": {"contacts": 6},
    }


def test_the_contract_of_the_values_has_no_more_columns(home, values):
    assert set(COLUMNS) <= set(read_values(home, "run-1").columns)
    assert "sd" not in COLUMNS and COLUMNS[-3:] == ["method", "reason", "grade"]


def test_other_partitions_give_the_same_mean(spark, settings, catalogue, values, tmp_path):
    again = Nation(Home(tmp_path), spark, PEOPLE[::-1], [], DELIVERED)
    name = "features/person_year"
    again.frames[name] = again.frames[name].repartition(5)
    found = compute(again, settings, YEAR, "run-1", catalogue=catalogue)
    pd.testing.assert_frame_equal(found, values, check_exact=True)


@pytest.mark.parametrize("facts", [{"months_in_care": None}, {"months_in_care": 0}, {"months_in_care": 13}])
def test_a_value_that_is_not_known_is_no_zero(spark, settings, catalogue, tmp_path, facts):
    people = [PEOPLE[0], {**PEOPLE[1], **facts}]
    with pytest.raises(CatalogueError, match="S5"):
        compute(Nation(Home(tmp_path), spark, people, [], DELIVERED), settings, YEAR, "run", catalogue=catalogue)


def test_of_equal_values_the_interval_is_a_point():
    counts = pd.DataFrame({"cell": [1], "value": [3 * FRACTION], "count": [10]})
    made = KINDS["mean"].results(Found(sums={"denominator": np.array([0, 10, 11])}, counts=counts))
    names = ["value", "lower", "upper", "lower_998", "upper_998", "median"]
    assert [made[name][1] for name in names] == [3] * 6
    assert (made["sd"][1], made["numerator"][1], made["method"][1]) == (0, 30, "t")
    for nobody_known in (0, 2):
        assert np.isnan([made[name][nobody_known] for name in [*names, "sd", "numerator"]]).all()
        assert made["method"][nobody_known] is None


def test_of_one_value_there_is_no_interval():
    counts = pd.DataFrame({"cell": [0], "value": [3 * FRACTION], "count": [1]})
    made = KINDS["mean"].results(Found(sums={"denominator": np.array([1])}, counts=counts))
    assert (made["value"][0], made["median"][0], made["method"][0]) == (3, 3, None)
    assert np.isnan([made[name][0] for name in ("sd", "lower", "upper", "lower_998", "upper_998")]).all()


def test_quartiles_between_counted_values():
    # 1 1 1 2 5: places 1, 2, 3; 1 1 2 5: places 0.75, 1.5, 2.25
    values = [FRACTION, 2 * FRACTION, 5 * FRACTION]
    assert quartiles(values, [3, 1, 1]) == {"q1": 1, "median": 1, "q3": 2}
    assert quartiles(values, [2, 1, 1]) == {"q1": 1, "median": 1.5, "q3": 2.75}


def test_large_sums_do_not_overflow():
    found = moments([10**9, 10**9 + 1], [10**6, 10**6])
    assert found["sd"] == pytest.approx(0.5 / FRACTION, rel=1e-6)


def test_the_interval_of_a_published_example():
    # Altman, Statistics with confidence: 100 men, mean 146.4, sd 18.5 mmHg: 142.7 to 150.1
    assert student(146.4, 18.5, 100) == pytest.approx((142.7, 150.1), abs=0.05)
    assert np.isnan(student(1.0, np.nan, 1)).all()


WRONG = {
    "unknown region": ("999", {"S26": {"contacts": 6}}),
    "unknown code": ("010", {"S99": {"days": 6}}),
    "unknown component": ("010", {"S26/z": {"contacts": 6}}),
    "unknown parameter 'days'": ("010", {"S26": {"days": 6}}),
    "such as S26/1": ("010", {"S26": {"least": 6}}),
    "another type": ("010", {"S26": {"contacts": 6.0}}),
    "write it under 'features'": ("010", {"S26": {"transfer_gap_days": 1}}),
    "a mapping of parameters": ("010", {"S26": 6}),
}


@pytest.mark.parametrize("said", WRONG)
def test_a_reformulation_is_checked_before_anything_is_computed(catalogue, tmp_path, said):
    region, content = WRONG[said]
    (tmp_path / f"{region}.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "030.yaml").write_text(yaml.safe_dump({"S26": {"contacts": 7}}))
    with pytest.raises(CatalogueError, match=said) as raised:
        load_reformulations(catalogue, tmp_path)
    assert raised.value.exit_code == 3 and f"{region}.yaml" in str(raised.value)


def test_no_region_reformulates_as_delivered():
    assert load_reformulations(load_catalogue()) == {}
