"""The values of a run, read without Spark: unprotected, for the analyst and not for publication."""

import os
from pathlib import Path

import pandas as pd

from percorsi.errors import ResultUnavailable, UsageError
from percorsi.home import Home
from percorsi.indicators.compute import TABLE
from percorsi.indicators.grid import CELL
from percorsi.indicators.kind import NUMBERS

COLUMNS = ["code", "component", *CELL, *NUMBERS, "method", "reason", "grade"]


def read_values(home: Home, run_id: str) -> pd.DataFrame:
    """All rows of a run with all columns of `indicator_value`, in the order in which they were written.

    Raises ResultUnavailable where the run has no values.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        rows = DeltaTable(str(home.tables / TABLE)).to_pandas(partitions=[("run_id", "=", run_id)])
    except TableNotFoundError:
        rows = pd.DataFrame()
    if rows.empty:
        raise ResultUnavailable(
            f"run {run_id} has no values in {home.path}", next_step="`percorsi runs` lists the runs that have"
        )
    return rows


def write_csv(home: Home, run_id: str, path: Path) -> int:
    """The values of a run as CSV with the columns of the contract, numbers at full precision; gives their count."""
    values = read_values(home, run_id)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # unprotected: its owner's alone
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            values.to_csv(stream, columns=COLUMNS, index=False, lineterminator="\n")
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror})", next_step="name a file in a folder that exists"
        ) from error
    return len(values)
