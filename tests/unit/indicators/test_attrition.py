"""How many remain after each clause, counted by hand on a nation of seven, and of their stays."""

import copy
import json
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest
import yaml
from deltalake import write_deltalake
from indicator_nation import YEAR, Nation, everything, person, stay
from typer.testing import CliRunner

from percorsi import cli, pipeline
from percorsi.errors import UsageError
from percorsi.home import Home
from percorsi.indicators.attrition import as_text, attrition, by_region, steps
from percorsi.indicators.catalogue import load_catalogue
from percorsi.regions import regions

TURIN, AOSTA, MILAN = "010-101-001", "020-101-001", "030-321-001"
DELIVERED = [*everything("010", range(2014, 2017)), *everything("020", [2015]), *everything("030", range(2014, 2017))]
CARDS = """code,pathway,principal,phase,title
S20,schizophrenia,true,Gestione della fase acuta,Visita
S5,schizophrenia,false,Presa in carico precoce,Intensità
S14,schizophrenia,true,Gestione della fase acuta,Riammissioni
"""
COHORTS = {"treated": {"parameters": {"adult_age": 18}, "clauses": {"adult": "age >= :adult_age"}}}
COMMON = {"grain": "person_year", "kind": "proportion", "status": "N", "cohort": "treated"}
MEASURES = {
    "visit": {
        **COMMON,
        "title": "Visit",
        "reading": "Visited within {days} days.",
        "population": {"discharged": "days_to_csm_visit IS NOT NULL"},
        "numerator": {"in_time": "days_to_csm_visit <= :days"},
        "components": {
            "a": {"parameters": {"days": 7}},
            "b": {"parameters": {"days": 14}},
            "1a": {"parameters": {"days": 7}, "population": {"seen": "interventions >= 1"}},
        },
        "main": "b",
        "needs": {"SISM": ["Y", "Y+1S1"]},
        "indicators": {"S20": {"pathway": "schizophrenia"}},
    },
    "intensity": {
        **COMMON,
        "kind": "mean",
        "title": "Intensity",
        "reading": "Contacts.",
        "value": "interventions + presences",
        "per": "spdc_stays",
        "needs": {"SISM": ["Y"]},
        "indicators": {"S5": {"pathway": "schizophrenia"}},
    },
    "readmission": {
        **COMMON,
        "grain": "spdc_stay",
        "title": "Readmission",
        "reading": "Back within {days} days.",
        "parameters": {"days": 30},
        "numerator": {"back": "days_since_previous_stay <= :days"},
        "needs": {"SISM": ["Y"]},
        "indicators": {"S14": {"pathway": "schizophrenia"}},
    },
}
PEOPLE = [
    person(1, [TURIN], days_to_csm_visit=7, interventions=1),
    person(2, [TURIN, MILAN], days_to_csm_visit=14, spdc_stays=1),  # in both regions, once in the nation
    person(3, [MILAN], days_to_csm_visit=15),
    person(4, [MILAN]),  # was not discharged
    person(5, [MILAN], age=17, days_to_csm_visit=0),
    person(6, [TURIN], pathway="bipolar", days_to_csm_visit=0),
    person(7, [AOSTA], days_to_csm_visit=0),  # of a region that does not cover the first semester of Y+1
]
STAYS = [
    stay(PEOPLE[0], 1, [TURIN]),
    stay(PEOPLE[0], 2, [TURIN], days_since_previous_stay=30),
    stay(PEOPLE[1], 1, [MILAN], days_since_previous_stay=31),
]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "cards.csv").write_text(CARDS, encoding="utf-8")
    (folder / "cohorts.yaml").write_text(yaml.safe_dump(COHORTS, sort_keys=False))
    (folder / "measures.yaml").write_text(yaml.safe_dump(copy.deepcopy(MEASURES), sort_keys=False))
    return load_catalogue(folder)


@pytest.fixture(scope="module")
def store(spark, tmp_path_factory) -> Nation:
    return Nation(Home(tmp_path_factory.mktemp("nation")), spark, PEOPLE, STAYS, DELIVERED)


@pytest.fixture(scope="module")
def found(store, catalogue):
    return attrition(store, YEAR, "S20", catalogue=catalogue)


def test_each_clause_in_its_order_from_all_in_contact_to_the_numerator(found):
    assert [(step.part, step.clause, step.condition) for step in found.steps] == [
        ("all", "in_contact", ""),
        ("population", "pathway", "pathway = 'schizophrenia'"),
        ("population", "adult", "age >= 18"),
        ("population", "discharged", "days_to_csm_visit IS NOT NULL"),
        ("numerator", "in_time", "days_to_csm_visit <= 14"),
    ]
    assert found.component == "b"
    assert found.remaining["010"] == (3, 2, 2, 2, 2)  # 1 2 6; 6 is bipolar
    assert found.remaining["030"] == (4, 4, 3, 2, 1)  # 2 3 4 5; without 5, 4 and, of day 15, 3


def test_the_nation_counts_each_person_once_and_leaves_out_who_is_not_covered(found):
    assert found.remaining["IT"] == (6, 5, 4, 3, 2)  # 1 to 6; 7 has a contact in Aosta only
    assert found.left_out == ("020",)
    assert "020" not in found.remaining
    assert found.reasons["020"] == "window_not_covered"
    assert found.reasons["200"] == "missing_flow"


def test_the_rows_are_of_the_nation_and_every_region(found):
    rows = found.rows()
    assert len(rows) == (1 + len(regions())) * 5
    assert rows[3] == {
        "code": "S20",
        "component": "b",
        "level": "nation",
        "area": "IT",
        "step": 3,
        "part": "population",
        "clause": "discharged",
        "condition": "days_to_csm_visit IS NOT NULL",
        "remaining": 3,
        "lost": 1,
        "reason": None,
    }
    aosta = [(row["remaining"], row["lost"], row["reason"]) for row in rows if row["area"] == "020"]
    assert aosta == [(None, None, "window_not_covered")] * 5


def test_a_component_has_its_own_clauses_and_parameters(store, catalogue):
    assert attrition(store, YEAR, "S20", "a", catalogue=catalogue).remaining["IT"] == (6, 5, 4, 3, 1)
    narrow = attrition(store, YEAR, "S20", "1a", catalogue=catalogue)
    assert [step.clause for step in narrow.steps[3:]] == ["discharged", "seen", "in_time"]
    assert narrow.remaining["IT"] == (6, 5, 4, 3, 1, 1)
    with pytest.raises(UsageError) as raised:
        attrition(store, YEAR, "S20", "c", catalogue=catalogue)
    assert "a, b, 1a" in str(raised.value.next_step)


def test_a_mean_asks_for_a_value_and_has_no_numerator(store, catalogue):
    found = attrition(store, YEAR, "S5", catalogue=catalogue)
    assert [step.part for step in found.steps] == ["all", "population", "population", "value"]
    assert found.steps[-1].condition == "interventions + presences IS NOT NULL AND spdc_stays BETWEEN 1 AND 12"
    # Aosta covers it: all but 6, who is bipolar, and 5, who is 17; of these 2 alone has a divisor
    assert found.remaining["IT"] == (7, 6, 5, 1)
    with pytest.raises(UsageError, match="no component 'a'"):
        attrition(store, YEAR, "S5", "a", catalogue=catalogue)


def test_stays_are_counted_in_the_areas_of_their_hospitals(store, catalogue):
    found = attrition(store, YEAR, "S14", catalogue=catalogue)
    assert (found.unit, found.remaining["IT"]) == ("stay", (3, 3, 3, 1))
    assert (found.remaining["010"], found.remaining["030"]) == ((2, 2, 2, 1), (1, 1, 1, 0))
    assert found.remaining["020"] == (0, 0, 0, 0)  # covered, and without a stay


def test_a_region_that_quality_withholds_is_left_out(store, catalogue):
    found = attrition(store, YEAR, "S20", withheld={"CNT": ["030"]}, catalogue=catalogue)
    assert found.remaining["IT"] == (3, 2, 2, 2, 2)
    assert (found.reasons["030"], found.left_out) == ("quality", ("020", "030"))


def test_the_nation_as_text(found):
    assert as_text(found).splitlines() == [
        "S20 b Visit, 2015, the nation: persons that remain after each clause",
        "remaining  lost  part        clause      condition",
        "---------  ----  ----------  ----------  -----------------------------",
        "        6        all         in_contact",
        "        5     1  population  pathway     pathway = 'schizophrenia'",
        "        4     1  population  adult       age >= 18",
        "        3     1  population  discharged  days_to_csm_visit IS NOT NULL",
        "        2     1  numerator   in_time     days_to_csm_visit <= 14",
        "the nation is without the regions 020",
        "unprotected counts: for the analyst, not for publication",
    ]
    assert "no value: window_not_covered" in as_text(found, "020").splitlines()


def test_the_regions_as_text(found):
    lines = by_region(found).splitlines()
    assert lines[1].split() == [
        "area",
        "name",
        "in_contact",
        "pathway",
        "adult",
        "discharged",
        "in_time",
        "no",
        "value",
    ]
    assert lines[3].split() == ["IT", "nation", "6", "5", "4", "3", "2"]
    assert [line.split() for line in lines if line.startswith("020")] == [
        ["020", *regions()["020"].split(), "window_not_covered"]
    ]
    assert len(lines) == 3 + 22 + 2


def test_the_year_and_what_quality_withholds_are_the_latest_run_s(store, catalogue, settings, monkeypatch, tmp_path):
    """Of the runs of the year that ended well and have values; one of another year, or that failed, says nothing."""
    home = Home(tmp_path)
    write_deltalake(
        str(home.tables / "quality/withheld"),
        pa.table({"run_key": ["new", "old", "2014"], "region": ["030", "010", "010"], "item": ["diagnosis"] * 3}),
    )
    runs = [("2014", "2014", "FINISHED", True), ("failed", "2015", "FAILED", False), ("new", "2015", "FINISHED", True)]
    runs += [("old", "2015", "FINISHED", True)]
    listed = pd.DataFrame(runs, columns=["run_id", "year", "status", "values"])
    monkeypatch.setattr("percorsi.runs.list_runs", lambda *_: listed)
    monkeypatch.setattr("percorsi.runs.find", lambda *_: SimpleNamespace(year=YEAR))
    monkeypatch.setattr("percorsi.features.require", lambda *_: None)
    monkeypatch.setattr("percorsi.indicators.catalogue.load_catalogue", lambda: catalogue)
    monkeypatch.setattr("percorsi.indicators.attrition.load_catalogue", lambda: catalogue)
    monkeypatch.setattr("percorsi.session.spark_session", lambda *_: store.spark)
    monkeypatch.setattr(pipeline, "_need_current", lambda *_: None)
    monkeypatch.setattr(pipeline, "Store", lambda *_: store)
    found = pipeline.attrition(home, settings, "S20", None, None)
    assert (found.year, found.reasons["030"]) == (YEAR, "quality")
    assert "010" not in found.reasons
    monkeypatch.setattr("percorsi.runs.list_runs", lambda *_: listed[:2])
    assert "030" not in pipeline.attrition(home, settings, "S20", None, YEAR).reasons


def test_every_component_of_the_catalogue_has_its_steps_with_values():
    for code, (measure, indicator) in load_catalogue().by_code.items():
        for part in measure.components.values():
            found = steps(measure, indicator, part)
            names = [step.clause for step in found]
            assert names[:2] == ["in_contact", "pathway"] and len(names) == len(set(names)), code
            assert not [step for step in found if ":" in step.condition], code


def test_a_colon_inside_a_text_is_no_parameter(catalogue):
    measure, indicator = catalogue.find("S20")
    part = measure.components["a"]
    said = replace(part, numerator={"in_time": "days_to_csm_visit <= :days AND sex <> ':days 1:2'"})
    assert steps(measure, indicator, said)[-1].condition == "days_to_csm_visit <= 7 AND sex <> ':days 1:2'"


def call(*arguments: str):
    return CliRunner().invoke(cli.app, ["attrition", *arguments])


def test_the_command_tells_an_area_or_all_of_them(found, monkeypatch, tmp_path):
    monkeypatch.setattr(pipeline, "attrition", lambda *_: found)
    home = ("--home", str(tmp_path))
    assert call("S20", *home).output.splitlines() == as_text(found).splitlines()
    assert call("S20", "--region", "030", *home).output.splitlines() == as_text(found, "030").splitlines()
    assert call("S20", "--regions", *home).output.splitlines() == by_region(found).splitlines()
    assert json.loads(call("S20", "--json", *home).output) == found.rows()
    assert json.loads(call("S20", "--region", "030", "--json", *home).output) == list(found.of("030"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("S20", "--region", "30"), 2, "030 Lombardia"),
        (("S20", "--region", "030", "--regions"), 2, "two listings"),
        (("S99",), 2, "no indicator S99"),
        (("S20", "--component", "z"), 2, "leave it out"),
        (("S20",), 7, "nothing was delivered"),
    ],
)
def test_what_cannot_be_told_says_why(tmp_path, arguments, code, said):
    result = call(*arguments, "--home", str(tmp_path))
    assert (result.exit_code, said in result.output) == (code, True), result.output
