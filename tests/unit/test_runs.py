"""Runs: what is recorded, what can be found, and that nothing is written outside the home."""

import json
import re
import subprocess
import sys
import traceback

import pytest

from percorsi.errors import ResultUnavailable
from percorsi.home import Home
from percorsi.runs import code_version, find, list_runs, open_run, shown_uri
from percorsi.settings import Settings, TrackingSettings

SETTINGS = Settings()
WHAT = {
    "year": 2015,
    "kind": "indicators",
    "parameters": {"month_windows": 12, "S20": {"days": 14}, "accept_quality": ""},
    "digests": {"code": "c0de", "definitions": "def1"},
}
ROWS = [
    {"code": "S20", "component": "", "value": 0.5, "numerator": 3.0, "denominator": 6.0},
    {"code": "S18", "component": "1a", "value": None, "numerator": 0.0, "denominator": float("nan")},
]


FIRST_RUN = """
from pathlib import Path
from percorsi.home import Home
from percorsi.runs import find, list_runs, open_run
from percorsi.settings import Settings

home = Home(Path("../home"))
with open_run(Settings(), home, year=2014, kind="first", parameters={}, digests={}) as run:
    run.log_values([{"code": "S1", "component": "", "value": 1.0, "numerator": 1, "denominator": 1}])
    run.log_text("a", "a.txt")
find(Settings(), home)
list_runs(Settings(), home)
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The first run of a home, in a process and a current folder of its own.

    All tests share its store: MLflow takes seconds to lay out a new file.
    """
    folder = tmp_path_factory.mktemp("runs")
    (folder / "current").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", FIRST_RUN], cwd=folder / "current", capture_output=True, text=True, check=True
    )
    return folder, done


@pytest.fixture(scope="module")
def home(first):
    return Home(first[0] / "home")


@pytest.fixture(scope="module")
def run_id(home):
    with open_run(SETTINGS, home, **WHAT) as run:
        run.log_inputs({"conformed/person": (3, "/a/person", "d" * 64), "rejected": (0, "/a/rejected", None)})
        run.log_values(ROWS)
        run.log_text("days: 14\n", "definitions/S20.yaml")
        run.tag("percorsi.accepted_quality", "agreed with the region")
    return run.run_id


def test_a_run_tells_what_it_rests_on(home, run_id):
    found = find(SETTINGS, home, run_id)
    assert (found.run_id, found.year, found.kind) == (run_id, 2015, "indicators")
    assert found.inputs == {"conformed/person": 3, "rejected": 0}
    assert found.digests == {"code": "c0de", "definitions": "def1"}
    assert found.parameters == {
        "year": "2015",
        "month_windows": "12",
        "S20.days": "14",
        "accept_quality": "",
    }
    assert found.tags["percorsi.accepted_quality"] == "agreed with the region"
    assert found.commit == code_version()[0]
    assert found.started < found.ended


def test_the_nations_values_are_metrics_and_absent_ones_are_not(home, run_id):
    assert find(SETTINGS, home, run_id).metrics == {
        "S20": 0.5,
        "S20.numerator": 3.0,
        "S20.denominator": 6.0,
        "S18/1a.numerator": 0.0,
    }


def test_texts_lie_in_the_home(home, run_id):
    assert [p.read_text() for p in home.artifacts.rglob("S20.yaml")] == ["days: 14\n"]


def test_only_runs_that_ended_well_with_values_are_the_latest(home, run_id):
    with open_run(SETTINGS, home, **WHAT) as without_values:
        pass
    with pytest.raises(ValueError), open_run(SETTINGS, home, **WHAT) as failed:
        failed.log_values(ROWS)
        raise ValueError("a value of a person")
    with pytest.raises(KeyboardInterrupt), open_run(SETTINGS, home, **WHAT) as stopped:
        stopped.log_values(ROWS)
        raise KeyboardInterrupt
    with open_run(SETTINGS, home, **WHAT) as running:
        running.log_values(ROWS)
        assert find(SETTINGS, home).run_id == run_id
        rows = list_runs(SETTINGS, home).to_dict("records")
    assert find(SETTINGS, home, "latest").run_id == running.run_id

    for run, message in [(failed, "FAILED"), (stopped, "KILLED"), (without_values, "no values")]:
        with pytest.raises(ResultUnavailable, match=message):
            find(SETTINGS, home, run.run_id)
    mine = [r.run_id for r in (running, stopped, failed, without_values)] + [run_id]
    listed = [row for row in rows if row["run_id"] in mine]  # other tests have runs in the same store
    assert [row["run_id"] for row in listed] == mine
    assert [row["status"] for row in listed] == ["RUNNING", "KILLED", "FAILED", "FINISHED", "FINISHED"]
    assert [row["values"] for row in listed] == [True, True, True, False, True]
    assert [row["error"] for row in listed] == ["", "KeyboardInterrupt", "ValueError", "", ""]
    assert [row["seconds"] is None for row in listed] == [True, False, False, False, False]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert b"a value of a person" not in (home.path / "mlflow.db").read_bytes()


@pytest.mark.parametrize("name", ["0" * 32, "no such run", ""])
def test_a_run_that_is_not_there(home, run_id, name):
    with pytest.raises(ResultUnavailable, match="there is no run") as caught:
        find(SETTINGS, home, name)
    assert "percorsi run" in caught.value.next_step


def test_looking_up_in_an_empty_home_creates_nothing(tmp_path):
    empty = Home(tmp_path / "empty")
    assert list_runs(SETTINGS, empty).empty
    with pytest.raises(ResultUnavailable, match="no run has values yet"):
        find(SETTINGS, empty)
    assert not empty.path.exists()


def test_a_server_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    elsewhere = Settings(tracking=TrackingSettings(uri="http://127.0.0.1:9"))
    with (
        pytest.raises(ResultUnavailable, match="http://127.0.0.1:9 cannot be used"),
        open_run(elsewhere, Home(tmp_path), **WHAT),
    ):
        pass


def test_an_address_is_shown_without_what_is_secret_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    home = Home(tmp_path / "home")
    secret = Settings(tracking=TrackingSettings(uri="http://anna:pa@ss/word@127.0.0.1:9/mlflow?token=t0ken"))
    assert shown_uri(secret, home) == "http://127.0.0.1:9/mlflow"
    assert shown_uri(SETTINGS, home) == home.tracking_uri
    for uri in ("https://mlflow.example.org:5000/a", "sqlite:////srv/mlflow.db", "/srv/mlruns"):
        assert shown_uri(Settings(tracking=TrackingSettings(uri=uri)), home) == uri
    secret = Settings(tracking=TrackingSettings(uri="http://anna:password@127.0.0.1:9"))
    with pytest.raises(ResultUnavailable) as caught, open_run(secret, home, **WHAT):
        pass
    told = "".join(traceback.format_exception(caught.value))
    assert "http://127.0.0.1:9 cannot be used" in told
    assert "anna" not in told and ":password" not in told


def test_a_store_that_goes_away_midway(home, run_id, monkeypatch):
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def gone(*_args):
        raise MlflowException("API request to http://anna:password@127.0.0.1 failed")

    with pytest.raises(ResultUnavailable, match="cannot be used") as caught, open_run(SETTINGS, home, **WHAT) as run:
        monkeypatch.setattr(MlflowClient, "log_text", gone)
        run.log_text("a", "a.txt")
    assert "password" not in "".join(traceback.format_exception(caught.value))
    failed = next(row for row in list_runs(SETTINGS, home).to_dict("records") if row["run_id"] == run.run_id)
    assert (failed["status"], failed["error"]) == ("FAILED", "MlflowException")


def test_runs_of_others_on_a_shared_store_are_nobodys(home, run_id, tmp_path):
    """A second home on the first one's store, and runs that somebody else logs to the same experiment."""
    from mlflow import MlflowClient

    shared = Settings(tracking=TrackingSettings(uri=home.tracking_uri))
    other = Home(tmp_path / "other")
    with pytest.raises(ResultUnavailable, match="no run has values yet"):
        find(shared, other)
    mlflow = MlflowClient(home.tracking_uri)
    experiment = mlflow.get_experiment_by_name("percorsi").experiment_id
    foreign = [mlflow.create_run(experiment, tags=tags).info.run_id for tags in ({}, {"percorsi.values": "true"})]
    for each in foreign:
        mlflow.set_terminated(each)
    before = find(SETTINGS, home).run_id
    with open_run(shared, other, **WHAT) as opened:
        opened.log_values(ROWS)
    assert find(shared, other).run_id == opened.run_id
    assert list(list_runs(shared, other)["run_id"]) == [opened.run_id]
    assert find(SETTINGS, home).run_id == before
    assert not set(list_runs(SETTINGS, home)["run_id"]) & {*foreign, opened.run_id}
    for each in (*foreign, opened.run_id):
        with pytest.raises(ResultUnavailable, match=f"there is no run {each}"):
            find(SETTINGS, home, each)


def test_many_values_and_parameters_fit(home):
    """MLflow takes 1000 metrics and 100 parameters at once; 137 indicators with components have more."""
    rows = [{"code": f"S{i}", "component": "", "value": i, "numerator": i, "denominator": i} for i in range(401)]
    with open_run(SETTINGS, home, **(WHAT | {"parameters": {f"p{i}": i for i in range(101)}})) as run:
        run.log_values(rows)
    found = find(SETTINGS, home, run.run_id)
    assert len(found.metrics) == 1203
    assert len(found.parameters) == 102


def test_the_first_run_says_nothing_and_leaves_the_current_folder_alone(first):
    folder, done = first
    assert (done.stdout, done.stderr) == ("", "")
    assert list((folder / "current").iterdir()) == []
    assert sorted(p.name for p in (folder / "home").iterdir()) == ["home.id", "mlartifacts", "mlflow.db"]


def test_the_commit_is_that_of_the_librarys_own_checkout(tmp_path):
    def git(*arguments):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    assert code_version(tmp_path)[0] == "unknown"
    git("init", "-q")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "one")
    clean = code_version(tmp_path)[0]
    assert re.fullmatch("[0-9a-f]{40}", clean)
    (tmp_path / "other").write_text("untracked files change no code that is tracked")
    assert code_version(tmp_path)[0] == clean
    (tmp_path / "file").write_text("two")
    assert code_version(tmp_path)[0] == f"{clean}-dirty"
    inside = tmp_path / "environment"
    inside.mkdir()
    assert code_version(inside)[0] == "unknown"  # somebody else's repository
