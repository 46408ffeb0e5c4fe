"""Runs that can no longer be reproduced, because the versions they read are gone: found, and told so in MLflow."""

from percorsi.home import Home
from percorsi.runs import find, list_runs
from percorsi.runs.tracking import client, reachable
from percorsi.settings import Settings

INPUTS_GONE = "percorsi.inputs_gone"  # the act that took a run's inputs away


def resting_on(settings: Settings, home: Home, tables: list[str]) -> list[str]:
    """The runs with values that read one of the tables and have not lost it before, latest first.

    Raises ResultUnavailable where the store of the runs cannot be reached.
    """
    rows = list_runs(settings, home)
    found = [find(settings, home, run_id) for run_id in rows[_ended(rows)]["run_id"]]
    return [run.run_id for run in found if run.inputs.keys() & {*tables} and INPUTS_GONE not in run.tags]


def note_gone(settings: Settings, home: Home, runs: list[str], act: str) -> None:
    """Tag the runs with the act that took their inputs, such as `erased <name>`."""
    if not runs:
        return
    mlflow = client(settings, home)
    with reachable(settings, home):
        for run_id in runs:
            mlflow.set_tag(run_id, INPUTS_GONE, act)


def noted(settings: Settings, home: Home, act: str) -> list[str]:
    """The runs that an act was noted for, latest first."""
    rows = list_runs(settings, home)
    found = [find(settings, home, run_id) for run_id in rows[_ended(rows)]["run_id"]]
    return [run.run_id for run in found if run.tags.get(INPUTS_GONE) == act]


def _ended(rows):
    return (rows["status"] == "FINISHED") & (rows["values"].astype(bool))
