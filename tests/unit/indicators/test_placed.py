"""Rows of sets of areas, added up in each of their areas."""

import numpy as np
import pandas as pd

from percorsi.indicators.placed import Block, in_areas

# Of regions 1, 2 and 4 (bits) the nation counts `few` of the first alone, `all` of every one.
MASKS = {"few": 1, "all": 7, "none": 7}
ROWS = pd.DataFrame(
    [
        ("nation", "IT", 1, "1", "18-24"),
        ("nation", "IT", 2, "1", "18-24"),
        ("nation", "IT", 3, "1", None),
        ("region", "010", 1, "1", "18-24"),
        ("region", "020", 2, "1", "18-24"),
        ("nation", "IT", 2, "1", None),
        ("region", "020", 2, "2", "18-24"),
    ],
    columns=["level", "area", "regions", "sex", "age_class"],
)


def test_blocks_are_added_up_in_their_cells_and_the_nation_counts_what_covers():
    blocks = [
        Block(np.array([4, 2, 1, 0]), {"few": np.array([5, 30, 200, 1000]), "all": np.array([5, 30, 200, 1000])}),
        Block(np.array([3, 5]), {"all": np.array([7, 70])}),
        Block(np.array([], dtype=int), {"few": np.array([], dtype=int)}),
    ]
    found = in_areas(ROWS, ["sex", "age_class"], blocks, MASKS)
    assert list(found.columns) == ["level", "area", "sex", "age_class", *MASKS]
    cells = found.astype(object).where(found.notna(), None).to_numpy().tolist()
    assert cells == [
        ["nation", "IT", "1", "18-24", 1000, 1200, 0],  # 200 is of a region that `few` leaves out
        ["nation", "IT", "1", None, 30, 100, 0],  # of regions 1 and 2, so that 30 counts; 70 stands in one column alone
        ["region", "010", "1", "18-24", 0, 7, 0],
        ["region", "020", "1", "18-24", 5, 5, 0],  # a region counts its own, covered or not
        ["region", "020", "2", "18-24", 0, 0, 0],  # in no block
    ]
    assert (found[list(MASKS)].dtypes == "int64").all()


def test_of_no_rows_there_is_no_cell():
    nobody = ROWS.iloc[:0]
    assert in_areas(nobody, ["sex", "age_class"], [Block(np.array([], dtype=int), {})], MASKS).empty
