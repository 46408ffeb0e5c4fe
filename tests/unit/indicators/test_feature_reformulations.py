"""A region that reads the features otherwise: told histories through features and engine, numbers by hand."""

from contextlib import contextmanager
from datetime import date as d

import pandas as pd
import pytest
import yaml
from indicator_nation import YEAR, Nation, cell, everything

import histories
from percorsi.errors import CatalogueError, UsageError
from percorsi.features import frames_of_year
from percorsi.home import Home
from percorsi.indicators.catalogue import Catalogue, load_catalogue
from percorsi.indicators.compute import compute
from percorsi.indicators.funnel import COLUMNS as FUNNEL
from percorsi.indicators.grid import CELL
from percorsi.indicators.reformulations import (
    as_text,
    definitions,
    listing,
    load_reformulations,
    read_reformulated,
)
from percorsi.settings import Parameters

MILAN, MILAN_2, BOLOGNA = "030-321-001", "030-322-002", "080-101-001"
REGIONS = {
    "020": {"features": {"carry_forward": True}},  # nobody is in contact there
    "030": {"features": {"therapy_gap_days": 60, "transfer_gap_days": 1}, "S33/a": {"days": 280}},
    "080": {"S33": {"days": 20}},
}


def seen(dsm: str, *facts: dict) -> dict:
    return {"facts": [{"intervention": {"day": d(2015, 2, 10), "dsm": dsm}}, *facts]}


def packs(*days: d, ddds: float) -> list[dict]:
    """One of 28 days on 1 December 2014, which makes that of 2015 a therapy that goes on, then the others."""
    return [{"dispensing": {"day": d(2014, 12, 1)}}, *({"dispensing": {"day": day, "ddds": ddds}} for day in days)]


# Covered from 1 to 28 January, from 15 March (day 73, counted from 0) for 200 days: 45 days lie between.
# With 30 days the therapy is interrupted on day 28; with 60 on day 273.
GAP = [*packs(ddds=0), {"dispensing": {"day": d(2015, 1, 1)}}, {"dispensing": {"day": d(2015, 3, 15), "ddds": 200}}]
STAYS = [
    {"SPDC stay": {"from": d(2015, 3, 1), "to": d(2015, 3, 10)}},
    {"SPDC stay": {"from": d(2015, 3, 11), "to": d(2015, 3, 20)}},  # the day after
]
# In care for November and December with two interventions: one a month.
ONSET = {
    "born": 1995,
    "facts": [
        {"episode": {"opened": d(2015, 11, 10)}},
        {"intervention": {"day": [d(2015, 11, 10), d(2015, 12, 1)]}},
    ],
}
PEOPLE = [
    seen(MILAN, *GAP),
    seen(MILAN_2, *packs(d(2015, 1, 1), ddds=300)),  # to day 300 in any case
    seen(BOLOGNA, *GAP),
    seen(MILAN, *STAYS),
    ONSET,
]
YEARS = range(2012, 2017)
DELIVERED = [
    *(row for region in ("030", "080") for row in everything(region, YEARS)),
    *((file, region, year, "") for region in ("030", "080") for year in YEARS for file in ("FAR", "DIR")),
    *(("AIC", "", year, "") for year in YEARS),
]


class ToldNation(Nation):
    """A nation whose conformed and feature tables are those of told histories."""

    def __init__(self, home: Home, spark) -> None:
        super().__init__(home, spark, [], [], DELIVERED)
        self.frames |= {f"conformed/{name}": df for name, df in histories.frames(spark, PEOPLE).items()}
        with frames_of_year(self, Parameters(), YEAR) as made:
            own = {f"features/{grain}" for grain in ("person_year", "spdc_stay")}
            self.frames |= {name: df.localCheckpoint() for name, df in made.items() if name in own}

    def version(self, name: str) -> int:
        return 0 if name in self.frames else super().version(name)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Two proportions, one by persons and one by stays, and a mean."""
    whole = load_catalogue()
    return Catalogue(
        {whole.by_code[code][0].name: whole.by_code[code][0] for code in ("S5", "S14", "S33")}, whole.cards
    )


@pytest.fixture(scope="module")
def reformulations(catalogue, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reformulations")
    for region, content in REGIONS.items():
        (folder / f"{region}.yaml").write_text(yaml.safe_dump(content))
    return load_reformulations(catalogue, folder)


@pytest.fixture(scope="module")
def nation(spark, tmp_path_factory) -> ToldNation:
    return ToldNation(Home(tmp_path_factory.mktemp("home")), spark)


@pytest.fixture(scope="module")
def made() -> list:
    """What was asked of the features, in its order: regions, and what they held when they were let go."""
    return []


@pytest.fixture(scope="module")
def values(nation, settings, catalogue, reformulations, made) -> pd.DataFrame:
    @contextmanager
    def features_of(region: str):
        made.append(region)
        with frames_of_year(nation, reformulations[region].feature_parameters(settings.parameters), YEAR) as frames:
            yield frames
        made.append(f"{region} let go")

    said = {"catalogue": catalogue, "reformulations": reformulations, "features_of": features_of, "tick": made.append}
    return compute(nation, settings, YEAR, "run-1", **said)


@pytest.fixture
def own(values, nation) -> pd.DataFrame:
    return read_reformulated(nation.home, "run-1")


def test_a_longer_gap_makes_one_more_person_persistent(values, own):
    # nation: days 28, 300, 28; S33/b asks for 180
    assert cell(values, "S33", "IT") == cell(values, "S33", "IT", component="b") == (1, 3)
    assert cell(values, "S33", "030") == (1, 2)
    assert cell(own, "S33", "030") == cell(own, "S33", "030", component="b") == (2, 2)  # days 273 and 300
    assert cell(own, "S33", "030", component="c") == (0, 2)  # 365
    assert cell(own, "S33", MILAN) == (1, 1) and cell(values, "S33", MILAN) == (0, 1)
    assert cell(own, "S33", "030", sex="2") == (2, 2)


def test_a_longer_gap_between_stays_joins_two(values, own):
    assert cell(values, "S14", "IT") == cell(values, "S14", "030") == (1, 2)
    assert cell(own, "S14", "030") == cell(own, "S14", MILAN) == (0, 1)
    assert cell(own, "S14", MILAN_2) == "denominator_zero"


def test_both_kinds_of_a_region_are_shown_once(values, own):
    assert cell(values, "S33", "030", component="a") == (1, 2)
    assert cell(own, "S33", "030", component="a") == (1, 2)  # 273 is less than 280, 300 is not
    said = own[own["area"] == "030"].groupby(["code", "component"])["parameters"].unique().map(list).to_dict()
    assert said["S33", "a"] == ["days=280, therapy_gap_days=60, transfer_gap_days=1"]
    assert said["S33", ""] == said["S14", ""] == ["therapy_gap_days=60, transfer_gap_days=1"]
    assert not own.duplicated(["code", "component", *CELL]).any()


def test_all_indicators_are_computed_for_the_region_and_its_dsms(values, own):
    assert set(own["area"]) == {"020", "030", MILAN, MILAN_2, "080", BOLOGNA}
    assert set(own["level"]) == {"region", "dsm"}
    key = ["code", "component", *CELL]
    milan = values["area"].str[:3] == "030"
    assert set(own[own["area"].str[:3] == "030"][key].itertuples(index=False, name=None)) == set(
        values[milan][key].itertuples(index=False, name=None)
    )
    # the mean does not rest on either number: its rows are the national reading's
    assert cell(own, "S5", "030") == cell(own, "S5", MILAN) == cell(values, "S5", "IT") == (1, 1)
    mean = own[(own["code"] == "S5") & (own["area"].str[:3] == "030")]
    columns = [c for c in values.columns if c in own.columns and c not in ("run_id", "year")]
    assert set(values.columns) - set(own.columns) == set(FUNNEL)  # of the nation's reading alone
    same = values[milan & (values["code"] == "S5")]
    by = ["component", *CELL]
    pd.testing.assert_frame_equal(
        mean.sort_values(by)[columns].reset_index(drop=True).fillna(""),
        same.sort_values(by)[columns].reset_index(drop=True).fillna(""),
        check_dtype=False,
    )
    assert set(own.loc[own["area"] == "020", "reason"]) == {"missing_flow"}
    # one with parameters of the catalogue alone has those values alone
    assert set(own.loc[own["area"] == "080", "component"]) == {"", "b"} and cell(own, "S33", "080") == (1, 1)


def test_the_nation_knows_nothing_of_it(nation, settings, catalogue, values, tmp_path):
    before = compute(nation, settings, YEAR, "run-2", catalogue=catalogue)
    plain = [c for c in values.columns if c != "run_id"]
    pd.testing.assert_frame_equal(before[plain], values[plain], check_exact=True)
    assert read_reformulated(nation.home, "run-2").empty
    shown = {(one["region"], one["code"], one["component"]): one for one in listing(nation.home, "run-1")}
    assert (shown["030", "S33", "b"]["value"], shown["030", "S33", "b"]["catalogue_value"]) == (1, 0.5)


def test_features_are_made_for_a_region_at_a_time_and_let_go(values, made, spark, nation):
    regions = [said for said in made if said[:3] in ("020", "030") or said.startswith("region")]
    expected = []
    for region in ("020", "030"):
        passes = [f"region {region}: one pass over {grain}" for grain in ("person_year", "spdc_stay")]
        expected += [f"region {region}: its features", region, *passes, f"{region} let go"]
    assert regions == expected
    assert made.index("one pass over spdc_stay") < made.index("020") < made.index("writing the values")
    assert not nation.home.tables.joinpath("features").exists()


def test_without_anything_that_makes_the_features_nothing_is_computed(nation, settings, catalogue, reformulations):
    with pytest.raises(UsageError, match="020"):
        compute(nation, settings, YEAR, "run-3", catalogue=catalogue, reformulations=reformulations)


def test_what_decides_the_values_is_told_as_plain_data(reformulations):
    assert definitions(reformulations) == {
        "020": {"features": {"carry_forward": True}},
        "030": {"features": {"therapy_gap_days": 60, "transfer_gap_days": 1}, "S33/a": {"days": 280}},
        "080": {"S33/b": {"days": 20}},
    }
    own = reformulations["030"].feature_parameters(Parameters(repeat_days=80))
    assert own == Parameters(repeat_days=80, therapy_gap_days=60, transfer_gap_days=1)
    assert reformulations["080"].feature_parameters(Parameters()) == Parameters()
    assert as_text({"pathway_order": ["bipolar", "depressive"]}) == "pathway_order=[bipolar, depressive]"


WRONG = {
    "a mapping of parameters": 60,
    "features: a mapping of parameters": {},
    "unknown parameter 'therapy_days'": {"therapy_days": 60, "therapy_gap_days": 60},
    "'therapy_gap_days' is refused: .*greater than or equal to 1": {"therapy_gap_days": 0},
    "'therapy_gap_days' is refused: .*integer": {"therapy_gap_days": True},
    "'month_windows' is refused: .*integer": {"month_windows": "6"},
    "'carry_forward' is refused: .*boolean": {"carry_forward": 1},
    "'pathway_order' is refused: .*each of the four": {"pathway_order": ["bipolar", "depressive"]},
    "'pathway_order' is refused: .*'schizophrenia'": {"pathway_order": ["mania"]},
    "dropout_to_month must grow in this order, and are 2, 6 and 6": {"dropout_to_month": 6},
}


@pytest.mark.parametrize("said", WRONG)
def test_numbers_of_the_features_are_checked_before_anything_is_computed(catalogue, tmp_path, said):
    (tmp_path / "030.yaml").write_text(yaml.safe_dump({"features": WRONG[said]}))
    with pytest.raises(CatalogueError, match=said) as raised:
        load_reformulations(catalogue, tmp_path)
    assert raised.value.exit_code == 3 and "030.yaml: features: " in str(raised.value)


@pytest.mark.parametrize(("to_month", "fits"), [(18, False), (19, True)])
def test_a_region_s_months_of_dropout_stand_among_the_nation_s(catalogue, tmp_path, to_month, fits):
    (tmp_path / "030.yaml").write_text("features: {dropout_middle_month: 18}")
    national = Parameters(dropout_to_month=to_month)
    if fits:
        assert load_reformulations(catalogue, tmp_path, national)["030"].features == {"dropout_middle_month": 18}
    else:
        with pytest.raises(CatalogueError, match=r"030.yaml: features: .* 2, 18 and 18"):
            load_reformulations(catalogue, tmp_path, national)


def test_every_fault_is_told_at_once(catalogue, tmp_path):
    said = {"features": {"month_windows": 0, "months": 2}, "S33": {"therapy_gap_days": 60}}
    (tmp_path / "030.yaml").write_text(yaml.safe_dump(said))
    with pytest.raises(CatalogueError) as raised:
        load_reformulations(catalogue, tmp_path)
    assert all(name in str(raised.value) for name in ("'month_windows'", "'months'", "write it under 'features'"))
