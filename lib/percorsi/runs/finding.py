"""Looking runs up: the latest that has values, one by its identifier, all as a table.

A server may be shared, its experiment too: runs of other homes, or not of this library, are not looked at.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from percorsi.errors import ResultUnavailable
from percorsi.home import Home
from percorsi.runs.tracking import (
    COMMIT,
    ERROR,
    HOME,
    INPUT_VERSION,
    KIND,
    NOT_FOUND,
    VALUES,
    VERSION,
    YEAR,
    client,
    home_tag,
    is_ours,
    reachable,
)
from percorsi.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

_COMPUTE = "`percorsi run` computes one; `percorsi runs` lists those there are"
_PAGE = 1000
_COLUMNS = ["run_id", "year", "kind", "status", "values", "started", "seconds", "commit", "error"]


@dataclass(frozen=True)
class RunInfo:
    """A run that ended well and has values.

    `inputs`: table -> Delta version; `digests`: code, definitions and the like -> digest; `metrics`: values of the
    nation by name (`S20`, `S20.numerator`); `tags`: all others, as they stand in MLflow.
    """

    run_id: str
    year: int
    kind: str
    started: datetime
    ended: datetime
    commit: str
    version: str
    parameters: dict[str, str]
    digests: dict[str, str]
    inputs: dict[str, int]
    metrics: dict[str, float]
    tags: dict[str, str]


def find(settings: Settings, home: Home, which: str = "latest") -> RunInfo:
    """The run of this home of an identifier, or the latest begun of those that ended well and have values.

    Raises ResultUnavailable where there is none, or where the one named failed, still runs or has no values.
    """
    mlflow = _existing(settings, home)
    if which == "latest":
        wanted = f" and attributes.status = 'FINISHED' and tags.`{VALUES}` = 'true'"
        found = _search(settings, home, mlflow, wanted, limit=1) if mlflow else []
        if not found:
            raise ResultUnavailable("no run has values yet", next_step=_COMPUTE)
        return _info(found[0])
    run = _get(settings, home, mlflow, which) if mlflow else None
    if run is None or run.data.tags.get(HOME) != home_tag(home):
        raise ResultUnavailable(f"there is no run {which}", next_step=_COMPUTE)
    if run.info.status != "FINISHED" or VALUES not in run.data.tags:
        state = "has no values" if run.info.status == "FINISHED" else f"did not end well ({run.info.status})"
        raise ResultUnavailable(f"the run {which} {state}", next_step=_COMPUTE)
    return _info(run)


def list_runs(settings: Settings, home: Home) -> pd.DataFrame:
    """All runs of this home, the latest begun first.

    Columns: run_id, year, kind, status, values (whether it has them), started (UTC), seconds (None while it runs),
    commit, error. All are plain objects, so that the rows are valid JSON.
    """
    mlflow = _existing(settings, home)
    rows = [_row(run) for run in _search(settings, home, mlflow, "")] if mlflow else []
    return pd.DataFrame(rows, columns=_COLUMNS, dtype=object)


def _existing(settings: Settings, home: Home) -> "MlflowClient | None":
    """No client where the home never opened a run or has no store: looking something up creates nothing."""
    if home_tag(home) is None or (is_ours(settings) and not (home.path / "mlflow.db").exists()):
        return None
    return client(settings, home)


def _search(
    settings: Settings, home: Home, mlflow: "MlflowClient", wanted: str, limit: int | None = None
) -> "list[MlflowRun]":
    runs: list[MlflowRun] = []
    token = None
    with reachable(settings, home):
        found = mlflow.get_experiment_by_name(settings.tracking.experiment)
        while found is not None:
            page = mlflow.search_runs(
                [found.experiment_id],
                f"tags.`{HOME}` = '{home_tag(home)}'{wanted}",
                max_results=limit or _PAGE,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            runs += page
            token = page.token
            if limit or not token:
                break
    return runs


def _get(settings: Settings, home: Home, mlflow: "MlflowClient", run_id: str) -> "MlflowRun | None":
    from mlflow.exceptions import MlflowException

    with reachable(settings, home):
        try:
            return mlflow.get_run(run_id)
        except MlflowException as error:
            if error.error_code in NOT_FOUND:
                return None
            raise


def _info(run: "MlflowRun") -> RunInfo:
    tags = run.data.tags
    digests = {
        name.removeprefix("percorsi.").removesuffix("_digest"): value
        for name, value in tags.items()
        if name.startswith("percorsi.") and name.endswith("_digest")
    }
    inputs = {
        each.dataset.name: int(next(tag.value for tag in each.tags if tag.key == INPUT_VERSION))
        for each in run.inputs.dataset_inputs
    }
    return RunInfo(
        run_id=run.info.run_id,
        year=int(tags[YEAR]),
        kind=tags[KIND],
        started=_moment(run.info.start_time),
        ended=_moment(run.info.end_time),
        commit=tags[COMMIT],
        version=tags[VERSION],
        parameters=dict(run.data.params),
        digests=digests,
        inputs=inputs,
        metrics=dict(run.data.metrics),
        tags=dict(tags),
    )


def _row(run: "MlflowRun") -> dict[str, Any]:
    tags, info = run.data.tags, run.info
    return {
        "run_id": info.run_id,
        "year": tags.get(YEAR, ""),
        "kind": tags.get(KIND, ""),
        "status": info.status,
        "values": VALUES in tags,
        "started": _moment(info.start_time).isoformat(sep=" ", timespec="seconds"),
        "seconds": round((info.end_time - info.start_time) / 1000, 1) if info.end_time else None,
        "commit": tags.get(COMMIT, "")[:10],
        "error": tags.get(ERROR, ""),
    }


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
