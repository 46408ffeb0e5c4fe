"""The values of a run, read without Spark: unprotected, for the analyst and not for publication."""

import os
from pathlib import Path

import pandas as pd

from percorsi.errors import ResultUnavailable, UsageError
from percorsi.home import Home
from percorsi.indicators.compute import TABLE
from percorsi.indicators.grid import CELL
from percorsi.indicators.kind import NUMBERS
from percorsi.tables import table

COLUMNS = ["code", "component", *CELL, *NUMBERS, "method", "reason", "grade"]


def read_values(home: Home, run_id: str) -> pd.DataFrame:
    """All rows of a run with all columns of `indicator_value`, in the order in which they were written.

    Raises ResultUnavailable where the run has no values.
    """
    return read_of_run(home, run_id, TABLE)


def read_of_run(home: Home, run_id: str, name: str) -> pd.DataFrame:
    """The rows of a run in a table that is kept by run. Raises ResultUnavailable where there are none."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        rows = DeltaTable(str(home.tables / name)).to_pandas(partitions=[("run_id", "=", run_id)])
    except TableNotFoundError:
        rows = pd.DataFrame()
    if rows.empty:
        raise ResultUnavailable(
            f"run {run_id} has no values in {home.path}", next_step="`percorsi runs` lists the runs that have"
        )
    return rows


def write_csv(home: Home, run_id: str, path: Path, all_columns: bool = False) -> int:
    """The values of a run as CSV with the columns of the contract, numbers at full precision; gives their count.

    With `all_columns` the other columns of `indicator_value` follow those of the contract.
    """
    values = read_values(home, run_id)
    beyond = [name for name in table(TABLE).columns if name not in COLUMNS and name in values.columns]
    write_frame(values[[*COLUMNS, *(beyond if all_columns else [])]], path)
    return len(values)


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """The frame as CSV in a file that its owner alone can read: it is not protected."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            frame.to_csv(stream, index=False, lineterminator="\n")
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror})", next_step="name a file in a folder that exists"
        ) from error
