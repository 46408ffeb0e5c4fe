"""The columns of the feature tables with their meaning and users, as they are declared and as the clauses read them."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from percorsi import cli
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.columns import column_rows, listed
from percorsi.tables import table

CARDS = """code,pathway,principal,phase,title
S20,schizophrenia,true,Gestione della fase acuta,Visita
BP18,bipolar,true,Gestione della fase acuta,Visita
S5,schizophrenia,false,Presa in carico precoce,Intensità
"""
COHORTS = {"treated": {"parameters": {"adult_age": 18}, "clauses": {"adult": "age >= :adult_age"}}}
COMMON = {"grain": "person_year", "status": "N", "cohort": "treated", "needs": {"SISM": ["Y"]}}
MEASURES = {
    "visit": {
        **COMMON,
        "kind": "proportion",
        "title": "Visit",
        "reading": "Visited.",
        "components": {
            "a": {"numerator": {"at_the_csm": "days_to_csm_visit >= 0"}},
            "b": {
                "numerator": {"at_home": "days_to_home_intervention >= 0"},
                "population": {"stay": "spdc_stays >= 1"},
            },
        },
        "main": "a",
        "indicators": {"S20": {"pathway": "schizophrenia"}, "BP18": {"pathway": "bipolar"}},
    },
    "intensity": {
        **COMMON,
        "kind": "mean",
        "title": "Intensity",
        "reading": "Contacts.",
        "value": "interventions + presences",
        "per": "spdc_stays",
        "indicators": {"S5": {"pathway": "schizophrenia"}},
    },
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> list[dict]:
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "cards.csv").write_text(CARDS, encoding="utf-8")
    (folder / "cohorts.yaml").write_text(yaml.safe_dump(COHORTS, sort_keys=False))
    (folder / "measures.yaml").write_text(yaml.safe_dump(MEASURES, sort_keys=False))
    return column_rows(load_catalogue(folder))


def of(rows: list[dict], name: str, of_table: str = "features/person_year") -> dict:
    (row,) = [row for row in rows if (row["table"], row["column"]) == (of_table, name)]
    return row


def test_a_column_is_told_as_it_is_declared(rows):
    assert of(rows, "days_to_csm_visit") == {
        "table": "features/person_year",
        "column": "days_to_csm_visit",
        "type": "int",
        "meaning": "Days from first_stay_discharge to the first psychiatric visit outside hospital and prison",
        "unit": "days",
        "null": "no such stay, or no visit before the data end or up to the day of death",
        "source": "PST, type 01, place not 5 6",
        "example": "14",
        "measures": ["visit"],
        "indicators": ["S20", "BP18"],
    }


def test_users_are_those_whose_clauses_components_and_values_read_it(rows):
    assert of(rows, "age")["indicators"] == of(rows, "pathway")["indicators"] == ["S20", "BP18", "S5"]
    assert of(rows, "days_to_home_intervention")["measures"] == ["visit"]  # a component that is not the main one
    assert of(rows, "spdc_stays")["measures"] == ["visit", "intensity"]  # a component's population, and per
    assert of(rows, "presences")["indicators"] == ["S5"]
    assert of(rows, "suicide")["measures"] == of(rows, "suicide")["indicators"] == []
    assert of(rows, "age", "features/spdc_stay")["indicators"] == []  # no measure counts stays here


def test_every_column_that_clauses_may_speak_of_is_there_in_its_order(rows):
    for name in ("features/person_year", "features/spdc_stay"):
        spoken_of = [column for column in table(name).columns if column != "areas"]
        assert [row["column"] for row in rows if row["table"] == name] == spoken_of


def test_the_listing_as_text(rows):
    text = listed([of(rows, "age"), of(rows, "presences"), of(rows, "pathway_source")], 100)
    assert text.splitlines() == [
        f"features/person_year: {table('features/person_year').row}",
        "",
        "column          meaning                                                 unit     source      used by",
        "--------------  ------------------------------------------------------  -------  ----------  -------",
        "age             Y less the year of birth                                years    as sex      all",
        "",
        "presences       Presences in Y                                          records  PSS         S5",
        "",
        "pathway_source  What told the pathway, the closing or the opening                as pathway",
        "                diagnosis of an episode of care (sism_closing,",
        "                sism_opening) or an SPDC stay (sdo)",
    ]


def call(*arguments: str):
    return CliRunner().invoke(cli.app, ["features", *arguments])


def test_the_command_lists_without_a_home():
    rows = json.loads(call("--list", "--json").output)
    assert rows == column_rows(load_catalogue())
    assert "S20" in of(rows, "days_to_csm_visit")["indicators"]
    assert "S14" in of(rows, "days_since_previous_stay", "features/spdc_stay")["indicators"]
    assert call("--list").output.startswith("features/person_year: ")


def test_without_a_year_nothing_is_made(tmp_path):
    result = call("--home", str(tmp_path))
    assert (result.exit_code, "--year YEAR" in result.output) == (2, True)
