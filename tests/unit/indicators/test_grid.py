"""Counts find the cell of a grid that they are of; equal numbers are grouped."""

import numpy as np
import pandas as pd
import pytest

from percorsi.indicators.grid import CELL, counts_in, grouped


def test_an_unknown_age_class_is_one_of_its_own():
    cells = pd.DataFrame([("nation", "IT", "1", "18-24"), ("nation", "IT", "1", None), ("region", "010", "1", None)])
    cells.columns = CELL
    counts = pd.DataFrame(
        {
            "level": ["region", "nation", "dsm", "nation"],
            "area": ["010", "IT", "010-101-001", "IT"],
            "sex": "1",
            "age_class": [np.nan, np.nan, np.nan, "18-24"],
            "count": [5, 6, 7, 8],
        }
    )
    found = counts_in(cells, counts)
    assert found[["cell", "count"]].values.tolist() == [[2, 5], [1, 6], [0, 8]]  # of a department no cell is asked


def test_equal_numbers_are_grouped_where_they_ascend():
    assert list(grouped(np.array([2, 2, 5, 7, 7, 7]))) == [(2, slice(0, 2)), (5, slice(2, 3)), (7, slice(3, 6))]
    assert list(grouped(np.array([], dtype="int64"))) == []
    with pytest.raises(ValueError, match="ascend"):
        list(grouped(np.array([2, 1, 2])))
