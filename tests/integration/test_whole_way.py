"""From a delivery to a release on a small synthetic nation, held to the slow reading of the manual in tests/oracle."""

import csv
import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from nbclient import NotebookClient

from mutations import mutate
from oracle.__main__ import main as oracle
from oracle.compare import cells, differences
from percorsi import pipeline
from percorsi.errors import HomeLocked, QualityGateClosed, ResultUnavailable
from percorsi.home import Home
from percorsi.indicators.values import COLUMNS, write_csv
from percorsi.release import pull
from percorsi.runs import find, list_runs
from percorsi.synthetic import synthesize

YEAR = 2015
SETS = {"S": 48, "BP": 38, "D": 23, "DGP": 28}
CODES = [f"{name}{n}" for name, last in SETS.items() for n in range(1, last + 1)]
# The others deliver one file: half of them are enough, and files are what an ingestion of a small nation costs.
DELIVERING = ("010", "020", "030", "041", "050", "080", "090", "100", "150", "200")


@pytest.fixture(scope="module")
def nation(tmp_path_factory) -> Path:
    """A delivery of the five years read, of some thousand persons, corrected, contradicted and with gaps."""
    out = tmp_path_factory.mktemp("nation")
    synthesize(out, 0.002, 11, range(2012, 2017))
    mutate(out / "delivery", 6)
    for path in (out / "delivery").rglob("*_[0-2]?[0-2]_20*"):
        if path.name.split("_")[1] not in DELIVERING and not path.name.startswith(f"SIND_{path.name[5:8]}_{YEAR}"):
            path.unlink()
    return out


@pytest.fixture(scope="module")
def outcome(nation, spark, settings, tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("whole") / "home")
    return pipeline.run(home, settings, nation / "delivery", YEAR, None, None, False)


def versions(home: Home) -> dict[str, int]:
    """The number of commits of every table but those that each run adds to."""
    logs = sorted(home.tables.rglob("_delta_log"))
    return {str(log.parent.relative_to(home.tables)): len(list(log.glob("*.json"))) for log in logs}


def persons_of(home: Home) -> list[int]:
    """Every `person_id` of the home."""
    rows = DeltaTable(str(home.tables / "conformed/person")).to_pyarrow_table(columns=["person_id"])
    return rows["person_id"].to_pylist()


def test_every_cell_agrees_with_the_slow_reading_of_the_manual(nation, outcome, tmp_path):
    engine, slow = tmp_path / "engine.csv", tmp_path / "oracle.csv"
    write_csv(outcome.home, outcome.run_id, engine)
    oracle([str(nation / "delivery"), str(YEAR), str(slow)])
    expected = cells(slow)
    assert len(expected) > 50000
    assert {code for code, component, level, *_ in expected if level == "nation"} == {*CODES}
    assert differences(cells(engine), expected) == []


def test_values_have_the_columns_and_the_precision_that_scripts_rely_on(outcome, tmp_path):
    path = tmp_path / "values.csv"
    write_csv(outcome.home, outcome.run_id, path)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == COLUMNS
    nation = [r for r in rows if (r["level"], r["area"], r["sex"], r["age_class"]) == ("nation", "IT", "", "")]
    assert [r["code"] for r in nation if not r["component"]] == CODES
    assert {r["component"] for r in nation if r["code"] == "S33"} == {"", "a", "b", "c"}
    for row in (r for r in nation if not r["reason"]):
        numerator, denominator, value = (float(row[c]) for c in ("numerator", "denominator", "value"))
        if row["method"] in ("wilson", "t"):
            assert value == numerator / denominator
        if row["method"] == "wilson":
            assert 0 <= float(row["lower"]) <= value <= float(row["upper"]) <= 1
    too_small = ("", "denominator_zero", "expected_below_one")  # a reason that a small nation has, here and there
    assert len([r for r in nation if r["reason"] not in too_small]) < 5
    assert {r["area"] for r in rows if r["level"] == "region"} >= {"010", "041", "200"}
    assert all(re.fullmatch(r"\d{3}-\d{3}-\w{3}", r["area"]) for r in rows if r["level"] == "dsm")
    assert all(r["value"] or r["reason"] for r in rows)


def test_the_run_records_what_it_rests_on(outcome, settings):
    found = find(settings, outcome.home, "latest")
    assert found.run_id == outcome.run_id
    assert {"conformed/care_episode", "features/person_year"} <= set(found.inputs)
    assert set(found.digests) >= {"code", "definitions", "parameters"}
    assert found.parameters["synthetic"] == "True"
    nation = {row["code"]: row for row in outcome.whole_nation().to_dict("records")}
    assert found.metrics["S20.denominator"] == nation["S20"]["denominator"]
    assert found.metrics["S20"] == nation["S20"]["value"]


def test_the_last_who_remain_are_the_numbers_of_the_value(outcome, settings):
    """Of a proportion by persons and of one by stays, in the nation and in every region; needs no year to be named."""
    for code, before in (("S20", 3), ("S14", 2)):  # pathway, adult, and of S20 a discharge
        found = pipeline.attrition(outcome.home, settings, code, None, None)
        rows = outcome.values.query("code == @code and component == '' and sex == '' and age_class == ''")
        for row in rows[rows["level"] != "dsm"].itertuples():
            if row.area in found.reasons:
                assert row.reason == found.reasons[row.area]
                continue
            remaining = found.remaining[row.area]
            assert sorted(remaining, reverse=True) == list(remaining)
            denominator, numerator = remaining[before], remaining[-1]
            assert (numerator, denominator) == ((row.numerator, row.denominator) if denominator else (0, 0))
        assert found.remaining["IT"][0] > found.remaining["IT"][1] > found.remaining["IT"][-1] > 0


def test_no_identifier_is_in_any_file_past_current(nation, outcome, settings):
    """Neither CUNI nor Id_Rec past `current`, and the key nowhere: in the bytes of every file of the home."""
    release = pipeline.release(outcome.home, settings, "latest", "whole-way")
    assert json.loads((release / "metadata.json").read_text())["data"] == "synthetic"
    text = (nation / "delivery" / "ANT_030_2015_S1.csv").read_text().splitlines()[1:]
    planted = {field.encode() for line in text[:40] for field in line.split("~") if len(field) == 88}
    assert len(planted) > 20
    planted |= {outcome.home.person_key().hex().encode(), outcome.home.person_key()}
    allowed = [outcome.home.tables / stage for stage in ("raw", "current")] + [outcome.home.path / "person.key"]
    for path in outcome.home.path.rglob("*"):
        if path.is_file() and not any(path.is_relative_to(folder) for folder in allowed):
            assert not [p for p in planted if p in path.read_bytes()], path


def test_no_table_past_the_persons_holds_a_person(nation, outcome):
    """By value, for files hold it compressed: no code of a person past `current`, no number past `features`."""
    text = (nation / "delivery" / "ANT_030_2015_S1.csv").read_text().splitlines()[1:]
    codes = {field for line in text for field in line.split("~") if len(field) == 88}
    people = set(persons_of(outcome.home))
    assert len(codes) > 20 and len(people) > 500
    looked_at = []
    for log in outcome.home.tables.rglob("_delta_log"):
        name = str(log.parent.relative_to(outcome.home.tables))
        if name.startswith(("raw/", "current/")):
            continue
        table = DeltaTable(str(log.parent)).to_pyarrow_table()
        for column in table.column_names:
            held = set(table[column].to_pylist()) if not pa.types.is_nested(table[column].type) else set()
            assert not held & codes, (name, column)
            if not name.startswith(("conformed/", "features/")):
                assert not held & people, (name, column)
        looked_at.append(name)
    assert {"rejected", "delivery_file", "indicator_value", "quality/check", "conformed/person"} <= set(looked_at)


def test_the_second_run_does_nothing_again_and_gives_the_same_values(nation, outcome, settings):
    before = versions(outcome.home)
    again = pipeline.run(outcome.home, settings, nation / "delivery", YEAR, None, None, False)
    changed = {name for name, count in versions(outcome.home).items() if count != before[name]}
    assert changed <= {"indicator_value", "indicator_stratum", "quality/check", "quality/withheld"}
    plain = [c for c in outcome.values.columns if c != "run_id"]
    pd.testing.assert_frame_equal(again.values[plain], outcome.values[plain], check_exact=True)
    assert len(list_runs(settings, outcome.home)) == 2


def test_a_release_is_pulled_as_it_was_published(outcome, settings, tmp_path):
    pipeline.release(outcome.home, settings, outcome.run_id, "pulled")
    (path,) = [p for p in pull(outcome.home, "pulled", "csv", tmp_path) if p.name.endswith("values.csv")]
    rows = pd.read_csv(path, dtype={"area": str})
    shown = rows[rows["status"] == "published"]
    rest = shown["denominator"] - shown["numerator"]
    assert len(shown) > 100
    assert not shown["numerator"].isin([1, 2]).any()
    assert not rest.isin([1, 2]).any()
    assert (
        rows.loc[rows["status"] == "suppressed", ["numerator", "denominator", "value", "lower"]].isna().all(axis=None)
    )


def test_a_home_in_use_and_a_run_that_is_not_there(nation, outcome, settings):
    with outcome.home.lock("another"), pytest.raises(HomeLocked):
        pipeline.run(outcome.home, settings, nation / "delivery", YEAR, None, None, False)
    with pytest.raises(ResultUnavailable):
        pipeline.release(outcome.home, settings, "no-such-run", "never")


def test_the_gate_closes_where_no_region_is_left_unless_the_analyst_accepts(
    nation, outcome, settings, monkeypatch, tmp_path
):
    strict = tmp_path / "expectations"
    strict.mkdir()
    for path in (Path(__file__).parents[2] / "expectations").glob("*.json"):
        suite = json.loads(path.read_text())
        for expectation in suite["expectations"]:
            if expectation["meta"]["check"] == "diagnosis_usable":
                expectation["kwargs"] = {"column": "opening_usable", "max_value": 0.0}  # no region meets it
        (strict / path.name).write_text(json.dumps(suite))
    monkeypatch.setenv("PERCORSI_EXPECTATIONS", str(strict))
    with pytest.raises(QualityGateClosed):
        pipeline.indicators(outcome.home, settings, YEAR, None)
    assert list_runs(settings, outcome.home).iloc[0]["status"] == "FAILED"
    accepted = pipeline.indicators(outcome.home, settings, YEAR, "known and reported", accepted_by="the steward")
    parameters = find(settings, outcome.home, "latest").parameters
    assert (parameters["accept_quality"], parameters["accepted_by"]) == ("known and reported", "the steward")
    assert set(accepted.whole_nation()["grade"].dropna()) == {"C"}
    numbers = ["numerator", "denominator", "value"]
    pd.testing.assert_frame_equal(accepted.whole_nation()[numbers], outcome.whole_nation()[numbers])


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem
)
def test_the_notebooks_run_on_a_home(path, outcome, monkeypatch):
    monkeypatch.setenv("PERCORSI_HOME", str(outcome.home.path))
    notebook = nbformat.read(path, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "a notebook is kept without its output"
    NotebookClient(notebook, timeout=120).execute()
    tables = [o for cell in notebook.cells for o in cell.get("outputs", []) if "text/html" in o.get("data", {})]
    assert "Pazienti che ricevono una visita psichiatrica" in tables[0]["data"]["text/html"]
