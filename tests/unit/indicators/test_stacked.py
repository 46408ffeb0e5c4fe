"""Rows of many parts in one frame."""

import numpy as np
import pandas as pd

from percorsi.indicators.stacked import Part, stacked

GRID = pd.DataFrame({"area": ["IT", "010", "020"], "sex": ["", "", "1"]}, index=[7, 8, 9])


def test_parts_follow_each_other_with_the_columns_of_the_grid():
    first = Part(np.array([2, 0]), {"code": "S1", "value": np.array([0.5, 1.0]), "why": np.array(["a", None])})
    second = Part(np.array([1]), {"code": "S2", "value": np.array([2.0]), "persons": np.array([3.0])})
    expected = pd.DataFrame(
        {
            "area": ["020", "IT", "010"],
            "sex": ["1", "", ""],
            "code": ["S1", "S1", "S2"],
            "value": [0.5, 1.0, 2.0],
            "why": ["a", None, np.nan],
            "persons": [np.nan, np.nan, 3.0],
        }
    )
    pd.testing.assert_frame_equal(stacked(GRID, [first, second]), expected)


def test_of_no_part_there_is_no_row():
    assert list(stacked(GRID, []).columns) == ["area", "sex"]
    assert stacked(GRID, []).empty
    nobody = Part(np.array([], dtype=int), {"code": "S1", "value": np.array([])})
    assert list(stacked(GRID, [nobody]).columns) == ["area", "sex", "code", "value"]
    assert stacked(GRID, [nobody]).empty
