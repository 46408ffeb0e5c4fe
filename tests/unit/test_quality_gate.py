"""The gate over checks written by hand, and the suites' file: what is refused, and that all faults are told."""

import json

import pandas as pd
import pytest

from percorsi.errors import ConfigurationError
from percorsi.quality import load_suites, regions_left
from percorsi.quality.counts import SHARES
from percorsi.quality.gate import grades, withheld
from percorsi.quality.suites import expectations_dir


def checks(*rows):
    return pd.DataFrame(rows, columns=["level", "area", "item", "severity", "status"])


def test_a_critical_failure_withholds_its_item_in_its_region():
    found = checks(
        ("region", "200", "diagnosis", "critical", "failed"),
        ("region", "030", "diagnosis", "critical", "failed"),
        ("region", "030", "diagnosis", "critical", "failed"),
        ("region", "030", "closing_diagnosis", "critical", "failed"),
        ("region", "150", "diagnosis", "critical", "passed"),
        ("region", "160", "diagnosis", "warning", "failed"),
        ("region", "020", "diagnosis", "critical", "not_applicable"),
        ("nation", "IT", "diagnosis", "critical", "failed"),
    )
    assert withheld(found) == {"030": ["closing_diagnosis", "diagnosis"], "200": ["diagnosis"]}
    assert list(withheld(found)) == ["030", "200"]


@pytest.mark.parametrize(
    ("severity", "status", "grade"),
    [
        ("critical", "passed", "A"),
        ("information", "failed", "A"),
        ("warning", "failed", "B"),
        ("critical", "failed", "C"),
    ],
)
def test_the_grade_is_that_of_the_gravest_failure(severity, status, grade):
    found = checks(
        ("region", "030", "diagnosis", severity, status),
        ("region", "030", "diagnosis", "information", "failed"),
        ("region", "030", "diagnosis", "warning", "not_applicable"),
        ("region", "010", "diagnosis", "critical", "not_applicable"),
        ("nation", "IT", "diagnosis", "critical", "failed"),
    )
    assert grades(found) == {"030": grade}


def test_regions_left():
    gate = {"030": ["closing_diagnosis"], "150": ["diagnosis"]}
    assert regions_left(gate, {"150", "030", "010"}) == ["010", "030"]
    assert regions_left(gate, {"150", "030", "010"}, "closing_diagnosis") == ["010", "150"]
    assert regions_left(gate, {"150"}) == []


def test_the_suite_of_the_project_judges_every_share():
    suite = load_suites()["care_episode"]
    assert {check.kwargs.column for check in suite.checks} == set(SHARES)
    critical = [(c.meta.check, c.kwargs.column, c.threshold) for c in suite.checks if c.severity == "critical"]
    assert critical == [("diagnosis_usable", "opening_usable", 0.5)]


def edited(tmp_path, edit):
    """The project's suite with one edit, as a steward's editor leaves it."""
    suite = json.loads((expectations_dir() / "care_episode.json").read_text())
    edit(suite["expectations"])
    (tmp_path / "care_episode.json").write_text(json.dumps(suite))
    return tmp_path


def test_an_edited_threshold_is_another_suite(tmp_path):
    before = load_suites()["care_episode"]
    after = load_suites(edited(tmp_path, lambda e: e[0]["kwargs"].update(min_value=0.6)))["care_episode"]
    assert (before.checks[0].threshold, after.checks[0].threshold) == (0.5, 0.6)
    assert after.digest != before.digest
    assert after.checks[1:] == before.checks[1:]
    assert before.checks[0].bound_in_percent == "at least 50%"
    assert before.checks[4].bound_in_percent == "at most 15%"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda e: e[0]["kwargs"].update(max_value=0.9), "exactly one of min_value and max_value"),
        (lambda e: e[0]["kwargs"].pop("min_value"), "exactly one of min_value and max_value"),
        (lambda e: e[0]["kwargs"].update(min_value=50), "less than or equal to 1"),
        (lambda e: e[0]["kwargs"].update(mostly=0.9), "mostly"),
        (lambda e: e[0]["kwargs"].update(column="opening_usble"), "no column 'opening_usble' is judged"),
        (lambda e: e[0]["meta"].update(item="age"), "the column 'opening_usable' is of the item 'diagnosis'"),
        (lambda e: e[0]["meta"].update(check="diagnosis_missing"), "diagnosis_missing: a check of this name"),
        (lambda e: e[0]["meta"].pop("why"), "why"),
        (lambda e: e[0].update(severity="fatal"), "severity"),
        (lambda e: e[0].update(type="expect_column_max_to_be_between"), "type"),
    ],
)
def test_a_faulty_suite_is_refused(tmp_path, edit, told):
    with pytest.raises(ConfigurationError, match=told) as caught:
        load_suites(edited(tmp_path, edit))
    assert "care_episode.json" in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path):
    def edit(expectations):
        expectations[0]["kwargs"]["column"] = "a"
        expectations[1]["kwargs"]["column"] = "b"

    with pytest.raises(ConfigurationError, match="(?s)no column 'a'.*no column 'b'"):
        load_suites(edited(tmp_path, edit))


def test_a_key_written_twice_is_refused_with_its_line(tmp_path):
    text = (expectations_dir() / "care_episode.json").read_text()
    twice = text.replace('"min_value": 0.5}', '"min_value": 0.5, "min_value": 0.1}', 1)
    (tmp_path / "care_episode.json").write_text(twice)
    with pytest.raises(ConfigurationError, match="line 7: the key 'min_value'"):
        load_suites(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"name": "perché"}'.encode("latin-1"), "not UTF-8"),
        (b'{"name": "care_episode",\n "expectations": [],}', "line 2: no valid JSON"),
        (b"name: care_episode\n", "line 1: no valid JSON"),  # YAML that is no JSON
        (b"", "no valid JSON"),
        (b"[]", "a mapping of keys is expected"),
        (b'{"name": "care_episode"}', "expectations: Field required"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path, content, told):
    if content is not None:
        (tmp_path / "care_episode.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=told) as caught:
        load_suites(tmp_path)
    assert "care_episode.json" in str(caught.value)


def test_the_folder_of_the_suites_is_named_by_a_variable(tmp_path, monkeypatch):
    edited(tmp_path, lambda e: e[0]["kwargs"].update(min_value=0.6))
    monkeypatch.setenv("PERCORSI_EXPECTATIONS", str(tmp_path))
    assert load_suites()["care_episode"].checks[0].threshold == 0.6
    monkeypatch.setenv("PERCORSI_EXPECTATIONS", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="PERCORSI_EXPECTATIONS names .*nowhere, which is no folder"):
        load_suites()
