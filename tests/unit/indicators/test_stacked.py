"""Rows of many parts in one frame."""

import numpy as np
import pandas as pd

from percorsi.indicators.stacked import Part, arrays, stacked

GRID = arrays(pd.DataFrame({"area": ["IT", "010", "020"], "sex": ["", "", "1"]}, index=[7, 8, 9]))
OTHER = arrays(pd.DataFrame({"area": ["IT", "030"], "sex": ["2", "9"]}))


def test_parts_follow_each_other_with_the_columns_of_the_grid():
    first = Part(GRID, np.array([2, 0]), {"code": "S1", "value": np.array([0.5, 1.0]), "why": np.array(["a", None])})
    second = Part(OTHER, np.array([1]), {"code": "S2", "value": np.array([2.0]), "persons": np.array([3.0])})
    expected = pd.DataFrame(
        {
            "area": ["020", "IT", "030"],
            "sex": ["1", "", "9"],
            "code": ["S1", "S1", "S2"],
            "value": [0.5, 1.0, 2.0],
            "why": ["a", None, np.nan],
            "persons": [np.nan, np.nan, 3.0],
        }
    )
    pd.testing.assert_frame_equal(stacked([first, second]), expected)


def test_of_no_part_there_is_no_row():
    assert stacked([]).empty
    nobody = Part(GRID, np.array([], dtype=int), {"code": "S1", "value": np.array([])})
    assert list(stacked([nobody]).columns) == ["area", "sex", "code", "value"]
    assert stacked([nobody]).empty
