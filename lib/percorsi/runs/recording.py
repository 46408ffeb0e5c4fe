"""One run: opened before the work, filled with what it rests on and what came out, closed with how it ended."""

import contextlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from percorsi.home import Home
from percorsi.runs.commit import UNKNOWN, code_version
from percorsi.runs.tracking import (
    COMMIT,
    ERROR,
    HOME,
    INPUT_DIGEST,
    INPUT_VERSION,
    KIND,
    VALUES,
    VERSION,
    YEAR,
    client,
    experiment,
    home_tag,
    reachable,
)
from percorsi.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_METRICS_A_CALL, _PARAMETERS_A_CALL = 1000, 100  # limits of MLflow
_DIGEST_LENGTH = 36
_PARTS = ("numerator", "denominator")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Run:
    """An open run. Each call is one request, however much it carries."""

    run_id: str
    _mlflow: "MlflowClient"

    def log_inputs(self, inputs: Mapping[str, tuple[int, str, str | None]]) -> None:
        """Tables the run rests on: name -> (Delta version, path, digest that the table was written with).

        Logged as references: MLflow does not look into a table. The version is a tag as well, because MLflow's source
        of a table leaves out version 0.
        """
        from mlflow.data.delta_dataset_source import DeltaDatasetSource
        from mlflow.data.meta_dataset import MetaDataset
        from mlflow.entities import DatasetInput, InputTag

        datasets = []
        for name, (version, path, digest) in sorted(inputs.items()):
            source = DeltaDatasetSource(path=path, delta_table_version=version)
            short = (digest or f"version {version}")[:_DIGEST_LENGTH]
            dataset = MetaDataset(source, name=name, digest=short)._to_mlflow_entity()
            tags = {"mlflow.data.context": "input", INPUT_DIGEST: digest or "", INPUT_VERSION: str(version)}
            datasets.append(DatasetInput(dataset=dataset, tags=[InputTag(*tag) for tag in tags.items()]))
        self._mlflow.log_inputs(self.run_id, datasets)

    def log_values(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Values of the nation as metrics: `S20`, `S20.numerator`, `S20.denominator`; a component as `S18/a`.

        Rows have code, component, value, numerator, denominator. What is absent is no metric. From now on the run has
        values: once it ends well, it can be the latest.
        """
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = []
        for row in rows:
            name = f"{row['code']}/{row['component']}" if row["component"] else row["code"]
            for key, value in [(name, row["value"]), *((f"{name}.{part}", row[part]) for part in _PARTS)]:
                if value is not None and not math.isnan(value):
                    metrics.append(Metric(key, float(value), now, 0))
        for some in _batches(metrics, _METRICS_A_CALL):
            self._mlflow.log_batch(self.run_id, metrics=some)
        self.tag(VALUES, "true")

    def log_text(self, text: str, name: str) -> None:
        """A text as an artefact, such as `definitions/S20.yaml`: counts and definitions, never a row of a person."""
        self._mlflow.log_text(self.run_id, text, name)

    def tag(self, name: str, value: str) -> None:
        """A tag, such as the reason for which failed quality was accepted."""
        self._mlflow.set_tag(self.run_id, name, value)


@contextlib.contextmanager
def open_run(
    settings: Settings,
    home: Home,
    *,
    year: int,
    kind: str,
    parameters: Mapping[str, Any],
    digests: Mapping[str, str],
    commit: str | None = None,
) -> Iterator[Run]:
    """A run of MLflow for as long as the block lasts; it ends FINISHED, FAILED or, interrupted, KILLED.

    `parameters` may be nested; `digests` are those of code, definitions and the like, as tags. `commit` is read from
    the checkout where it is not given. Of an error its type is recorded, never its words: they may quote a value.
    Raises ResultUnavailable where the store cannot be reached, at first or later.
    """
    mlflow = client(settings, home)
    read, version = code_version()
    commit = commit or read
    tags = {HOME: home_tag(home, make=True), KIND: kind, YEAR: str(year), COMMIT: commit, VERSION: version}
    tags |= {f"percorsi.{name}_digest": digest for name, digest in sorted(digests.items())}
    if commit != UNKNOWN:
        tags["mlflow.source.git.commit"] = commit.removesuffix("-dirty")
    where = experiment(settings, home, mlflow)
    with reachable(settings, home):
        opened = mlflow.create_run(where, run_name=f"{kind} {year}", tags=tags)
        run = Run(opened.info.run_id, mlflow)
        try:
            _log_parameters(run, {"year": year, **parameters})
            yield run
        except BaseException as error:
            status = "KILLED" if isinstance(error, KeyboardInterrupt | SystemExit) else "FAILED"
            with contextlib.suppress(Exception):  # a store that is gone must not hide why the run failed
                run.tag(ERROR, type(error).__name__)
                mlflow.set_terminated(run.run_id, status)
            raise
        mlflow.set_terminated(run.run_id, "FINISHED")


def _log_parameters(run: Run, parameters: Mapping[str, Any]) -> None:
    from mlflow.entities import Param

    flat = [Param(name, str(value)) for name, value in _flat("", parameters)]
    for some in _batches(flat, _PARAMETERS_A_CALL):
        run._mlflow.log_batch(run.run_id, params=some)


def _flat(prefix: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


def _batches(items: list[_T], size: int) -> Iterator[list[_T]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]
