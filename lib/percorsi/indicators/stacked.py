"""One frame out of many small ones: rows of a grid with columns of their own, one part after another.

A pandas frame for each component costs more than its numbers; arrays are put together once.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd


class Part(NamedTuple):
    """Rows of a grid, as positions `at`, and columns beside the grid's: an array of as many, or one text for all."""

    at: np.ndarray
    columns: Mapping[str, np.ndarray | str]


def stacked(grid: pd.DataFrame, parts: Sequence[Part]) -> pd.DataFrame:
    """The rows of the first part, then of the second, ...: columns of the grid, then those of the parts as they come.

    A column that a part lacks is nan there.
    """
    if not parts:
        return grid.iloc[:0].reset_index(drop=True)
    names = dict.fromkeys(name for part in parts for name in part.columns)
    at = np.concatenate([part.at for part in parts])
    of_grid = {name: column.to_numpy()[at] for name, column in grid.items()}
    return pd.DataFrame(
        {**of_grid, **{name: np.concatenate([_column(part, name) for part in parts]) for name in names}}
    )


def _column(part: Part, name: str) -> np.ndarray:
    column = part.columns.get(name, np.nan)
    if isinstance(column, np.ndarray):
        return column
    return np.full(len(part.at), column, dtype=object if isinstance(column, str) else float)
