"""Gap, funnels and strata through the engine: a small nation, numbers worked out by hand."""

import csv

import numpy as np
import pandas as pd
import pytest
import yaml
from indicator_nation import YEAR, Nation, everything, person
from typer.testing import CliRunner

from percorsi import cli
from percorsi.errors import ResultUnavailable, UsageError
from percorsi.home import Home
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.compute import compute
from percorsi.indicators.confidence import poisson_exact
from percorsi.indicators.standard import Standard, shown, standardised_values
from percorsi.indicators.values import COLUMNS, read_of_run, write_csv

TURIN_1, TURIN_2, MILAN, AOSTA = "010-101-001", "010-101-002", "030-321-001", "020-101-001"
PIEDMONT, LOMBARDY = 4_424_467, 10_002_615  # residents of 1 January 2015, ISTAT
COMMON = {"grain": "person_year", "status": "N", "cohort": "treated", "title": "Title", "reading": "Reading."}
SISM = {"SISM": ["Y"]}
SCHIZOPHRENIA = {"pathway": "schizophrenia"}
MEASURES = {
    "gap": COMMON
    | {
        "kind": "gap",
        "parameters": {"prevalence": "schizophrenia"},
        "components": {"": {}, "coverage": {}},
        "needs": SISM | {"POP": ["Y"]},
        "indicators": {"S24": SCHIZOPHRENIA},
    },
    "intensity": COMMON
    | {
        "kind": "proportion",
        "parameters": {"contacts": 5},
        "numerator": {"many": "interventions > :contacts"},
        "needs": SISM,
        "indicators": {"S26": SCHIZOPHRENIA},
    },
    "contacts": COMMON | {"kind": "mean", "value": "interventions", "needs": SISM, "indicators": {"S5": SCHIZOPHRENIA}},
}
CARDS = "code,pathway,principal,phase,title\n" + "".join(
    f"{code},schizophrenia,true,Presa in carico precoce,Titolo\n" for code in ("S5", "S24", "S26")
)
COHORTS = {"treated": {"parameters": {"adult_age": 18}, "clauses": {"adult": "age >= :adult_age"}}}
PEOPLE = [
    person(1, [TURIN_1], sex="1", age=20, interventions=9),
    person(2, [TURIN_1], sex="1", age=20, interventions=1),
    person(3, [TURIN_1, TURIN_2], sex="2", age=80, interventions=7),
    person(4, [TURIN_2], sex="2", age=80, interventions=2),
    person(5, [MILAN], sex="1", age=20, interventions=8),
    person(6, [MILAN], sex="9", age=20, interventions=6),
    person(7, [AOSTA], sex="1", age=20, interventions=8),  # of a region that does not cover
    person(8, [MILAN], sex="1", age=17, interventions=8),
]
SERVICES = [
    (TURIN_1, "a", "CSM", 2_000),
    (TURIN_1, "b", "CSM", 1_000),
    (TURIN_1, "c", "CD", 500_000),  # has no catchment of its own
    (TURIN_2, "d", "CSM", None),
    (MILAN, "e", "CSM", 4_000),
]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "cards.csv").write_text(CARDS, encoding="utf-8")
    (folder / "cohorts.yaml").write_text(yaml.safe_dump(COHORTS))
    (folder / "measures.yaml").write_text(yaml.safe_dump(MEASURES))
    return load_catalogue(folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def values(spark, home, settings, catalogue) -> pd.DataFrame:
    nation = Nation(home, spark, PEOPLE, [], everything("010", [YEAR]) + everything("030", [YEAR]))
    names = ("region", "azienda", "dsm")
    nation._hold(
        "conformed/service",
        [
            dict(zip(names, dsm.split("-"), strict=True))
            | {"structure": structure, "year": YEAR, "kind": kind, "population": population}
            for dsm, structure, kind, population in SERVICES
        ],
    )
    return compute(nation, settings, YEAR, "run-1", catalogue=catalogue)


def row(values: pd.DataFrame, code: str, area: str, component: str = "") -> pd.Series:
    whole = (values["sex"] == "") & (values["age_class"] == "")
    found = values[whole & (values["code"] == code) & (values["area"] == area) & (values["component"] == component)]
    assert len(found) == 1
    return found.iloc[0]


def test_treated_per_ten_thousand_of_the_residents_of_the_area(values):
    piedmont = row(values, "S24", "010")
    assert (piedmont["numerator"], piedmont["denominator"]) == (pytest.approx(40_000 / PIEDMONT), 49.5)
    assert piedmont["value"] == pytest.approx(1 - 40_000 / PIEDMONT / 49.5)
    assert (piedmont["persons"], piedmont["method"]) == (PIEDMONT, "poisson_exact")
    nation = row(values, "S24", "IT", "coverage")
    assert (nation["persons"], nation["left_out"]) == (PIEDMONT + LOMBARDY, "020")
    assert nation["value"] == pytest.approx(60_000 / (PIEDMONT + LOMBARDY) / 49.5)
    low, high = (float(limit) for limit in poisson_exact(6))
    expected = np.array([low, high]) * 10_000 / (PIEDMONT + LOMBARDY) / 49.5
    assert nation[["lower", "upper"]].tolist() == pytest.approx(expected)
    assert row(values, "S24", "020")["reason"] == row(values, "S24", AOSTA)["reason"] == "missing_flow"


def test_residents_of_a_department_are_the_catchments_of_its_csms(values):
    turin = row(values, "S24", TURIN_1)
    assert (turin["numerator"], turin["persons"]) == (10.0, 3_000)  # 3 of 3,000
    assert turin["value"] == pytest.approx(1 - 10 / 49.5)
    without = row(values, "S24", TURIN_2)
    assert without["reason"] == "denominator_zero" and without[["numerator", "value", "persons"]].isna().all()


def test_the_gap_has_no_breakdowns(values):
    own = values[values["code"] == "S24"]
    assert (own["sex"] == "").all() and (own["age_class"] == "").all()
    assert set(own["component"]) == {"", "coverage"}
    assert (values.loc[values["code"] == "S26", "sex"] != "").any()
    assert values.loc[values["code"] == "S26", "persons"].isna().all()


def test_departments_have_their_funnel_and_the_nation_the_test(values):
    # S26: 4 of 6 in the nation (1 3 5 6), 2 of 3 in Turin 1, 1 of 2 in Turin 2, 2 of 2 in Milan
    turin = row(values, "S26", TURIN_1)
    width = 1.959964 * np.sqrt(2 / 9 / 3)
    assert turin["funnel_lower"] == pytest.approx(2 / 3 - width, abs=1e-6) and turin["funnel_upper"] == 1.0
    nation = row(values, "S26", "IT")
    # deviations 0, -1/2 and 1: drawn in at the places 0.2 and 1.8 of -1/2, 0, 1, they are 0, -0.4 and 0.8
    assert nation["overdispersion"] == pytest.approx((0.4**2 + 0.8**2) / 3)
    assert nation["overdispersion_p"] == pytest.approx(np.exp(-1.25 / 2))  # chi-square of two degrees of freedom
    assert np.isnan(row(values, "S26", "010")["funnel_lower"]) and np.isnan(row(values, "S26", AOSTA)["funnel_lower"])


def test_strata_are_the_cells_of_sex_by_age(home, values):
    strata = read_of_run(home, "run-1", "indicator_stratum")
    own = strata[strata["code"] == "S26"].set_index(["area", "sex", "age_class"])[["numerator", "denominator"]]
    assert {cell: tuple(counts) for cell, counts in zip(own.index, own.to_numpy().tolist(), strict=True)} == {
        ("IT", "1", "18-24"): (2, 3),
        ("IT", "2", "75+"): (1, 2),
        ("IT", "9", "18-24"): (1, 1),
        ("010", "1", "18-24"): (1, 2),
        ("010", "2", "75+"): (1, 2),
        ("030", "1", "18-24"): (1, 1),
        ("030", "9", "18-24"): (1, 1),
    }
    mean = strata[(strata["code"] == "S5") & (strata["area"] == "010") & (strata["sex"] == "1")].iloc[0]
    assert (mean["numerator"], mean["denominator"], mean["sd"]) == (10, 2, pytest.approx(np.sqrt(32)))
    assert set(strata["code"]) == {"S5", "S26"}


def test_regions_under_the_nations_composition(home, values):
    found = standardised_values(home, "run-1", YEAR, code="S26").set_index("area")
    assert found.loc["010", "value"] == pytest.approx(0.6 * 1 / 2 + 0.4 * 1 / 2)
    assert found.loc["IT", "value"] == pytest.approx(3 / 5) and found.loc["IT", "not_known"] == 1
    assert found.loc["030", "reason"] == "stratum_empty"
    lines = {line["area"]: line for line in shown(found.reset_index())}
    assert (lines["010"]["standardised"], lines["030"]["standardised"]) == ("0.500", "")
    everything_else = standardised_values(home, "run-1", YEAR)
    assert set(everything_else["code"]) == {"S5", "S26"} and set(everything_else["standard"]) == {"nation"}
    mean = everything_else[(everything_else["code"] == "S5") & (everything_else["area"] == "010")].iloc[0]
    assert mean["value"] == pytest.approx(0.6 * 5 + 0.4 * 4.5)


def test_regions_under_the_residents_composition(home, values):
    found = standardised_values(home, "run-1", YEAR, Standard.POPULATION, "S5").set_index("area")
    young, old = 2_177_725, 4_085_561  # men of 18-24, women of 75 and more
    assert found.loc["010", "value"] == pytest.approx((young * 5 + old * 4.5) / (young + old))


def test_a_gap_and_an_unknown_run_are_refused(home, values):
    with pytest.raises(UsageError, match="S24"):
        standardised_values(home, "run-1", YEAR, code="S24")
    with pytest.raises(ResultUnavailable):
        standardised_values(home, "run-2", YEAR, code="S26")


def test_all_columns_follow_those_of_the_contract(home, values, tmp_path):
    for name, all_columns in (("contract.csv", False), ("all.csv", True)):
        write_csv(home, "run-1", tmp_path / name, all_columns)
    heads = [next(csv.reader((tmp_path / name).open())) for name in ("contract.csv", "all.csv")]
    assert heads[0] == COLUMNS == heads[1][: len(COLUMNS)]
    assert {"lower_998", "funnel_upper_998", "overdispersion", "sd", "persons", "left_out"} <= set(heads[1])


@pytest.mark.parametrize(
    ("said", "wrong"), [([], "thousands of lines"), (["--code", "S26", "--standard", "europe"], "nation, population")]
)
def test_the_command_says_what_is_missing(said, wrong):
    result = CliRunner().invoke(cli.app, ["standardise", *said])
    assert result.exit_code == 2
    assert wrong in " ".join(result.stderr.split())
