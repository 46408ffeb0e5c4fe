"""What a computation rested on and what came out of it, as one MLflow run; no Spark is needed to look one up."""

from percorsi.runs.commit import code_version
from percorsi.runs.finding import RunInfo, find, list_runs
from percorsi.runs.recording import Run, open_run
from percorsi.runs.tracking import shown_uri

__all__ = ["Run", "RunInfo", "code_version", "find", "list_runs", "open_run", "shown_uri"]
