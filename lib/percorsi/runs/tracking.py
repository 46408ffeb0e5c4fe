"""The MLflow store of an environment: SQLite in the home, or a server; quiet, and never in the current folder."""

import contextlib
import logging
import os
import re
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from percorsi.errors import ResultUnavailable
from percorsi.home import Home
from percorsi.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Tags of a run that this room writes and reads.
KIND, YEAR, VALUES, ERROR = "percorsi.kind", "percorsi.year", "percorsi.values", "percorsi.error"
INPUT_VERSION, INPUT_DIGEST = "percorsi.version", "percorsi.digest"  # of each input
COMMIT, VERSION = "percorsi.commit", "percorsi.version"
HOME = "percorsi.home"
NOT_FOUND = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # no such run; nothing that could be a run's name
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # MLflow's own seven take minutes where no server answers
}


def is_ours(settings: Settings) -> bool:
    """Whether the store is the home's own SQLite file."""
    return not settings.tracking.uri


def shown_uri(settings: Settings, home: Home) -> str:
    """The address of the store as it may be printed: without user, password and query."""
    return re.sub(r"(?<=://).*@|\?.*", "", settings.tracking.uri) or home.tracking_uri


def home_tag(home: Home, *, make: bool = False) -> str | None:
    """What tells the runs of this home from others of a shared server: a random name, kept in the home.

    None where the home has none yet, unless it is to be made.
    """
    path = home.path / "home.id"
    if make and not path.exists():
        home.create()
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(secrets.token_hex(16) + "\n")
        draft.replace(path)  # whole or not at all
    return path.read_text().strip() if path.exists() else None


def client(settings: Settings, home: Home) -> "MlflowClient":
    """A client of the store; it sets no address for the whole process.

    Raises ResultUnavailable where a server does not answer.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    # MLflow's own handler tells every migration of a new file; warnings and errors stay.
    for logger in ("mlflow", "alembic"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    if is_ours(settings):
        home.create()
    try:
        return MlflowClient(tracking_uri=settings.tracking.uri or home.tracking_uri)
    except MlflowException:
        raise _unreachable(settings, home) from None


def experiment(settings: Settings, home: Home, mlflow: "MlflowClient") -> str:
    """Identifier of the experiment, made where it is not there yet."""
    with reachable(settings, home):
        found = mlflow.get_experiment_by_name(settings.tracking.experiment)
        if found is not None:
            return found.experiment_id
        location = home.artifacts.as_uri() if is_ours(settings) else None  # a server knows where its artifacts lie
        return mlflow.create_experiment(settings.tracking.experiment, artifact_location=location)


@contextlib.contextmanager
def reachable(settings: Settings, home: Home) -> Iterator[None]:
    """Turns MLflow's failure to reach its store into an error with a next step.

    MLflow's own words are left out: they quote the address, with the password in it.
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code in NOT_FOUND:
            raise
        raise _unreachable(settings, home) from None


def _unreachable(settings: Settings, home: Home) -> ResultUnavailable:
    return ResultUnavailable(
        f"the MLflow store {shown_uri(settings, home)} cannot be used",
        next_step="see that the server named by tracking.uri runs, or leave tracking.uri empty",
    )
