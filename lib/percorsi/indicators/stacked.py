"""One frame out of many small ones: rows of a grid with columns of their own, one part after another.

A pandas frame for each component costs more than its numbers; arrays are put together once, in their last order.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from percorsi.indicators.kind import Arrays


class Part(NamedTuple):
    """Rows of a grid, as positions `at`, and columns beside the grid's: an array of as many, or one text for all."""

    grid: Arrays
    at: np.ndarray
    columns: Mapping[str, np.ndarray | str]


def arrays(frame: pd.DataFrame) -> Arrays:
    """The columns of a frame, as the grid of a part."""
    return {name: column.to_numpy() for name, column in frame.items()}


def stacked(parts: Sequence[Part]) -> pd.DataFrame:
    """The rows of the first part, then of the second, ...: columns of the grids, then those of the parts as they come.

    A column that a part lacks is nan there.
    """
    if not parts:
        return pd.DataFrame()
    of_grid = {name: np.concatenate([part.grid[name][part.at] for part in parts]) for name in parts[0].grid}
    names = dict.fromkeys(name for part in parts for name in part.columns)
    own = {name: np.concatenate([_column(part, name) for part in parts]) for name in names}
    return pd.DataFrame({**of_grid, **own}, copy=False)


def _column(part: Part, name: str) -> np.ndarray:
    column = part.columns.get(name, np.nan)
    if isinstance(column, np.ndarray):
        return column
    return np.full(len(part.at), column, dtype=object if isinstance(column, str) else float)
