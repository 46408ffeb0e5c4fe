"""The full grid of areas and breakdowns, and the sums of its cells.

A unit counts once in each area, and has one sex and one age class: within an area the cells of sex and age class are
disjoint, so their sums are the breakdowns and the total. Areas are never summed.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from percorsi.regions import regions

NATION = "IT"
SEXES = ("1", "2", "9")
AGE_CLASSES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+")
CELL = ["level", "area", "sex", "age_class"]


def full_grid(dsms: Iterable[str]) -> pd.DataFrame:
    """Columns level, area, sex, age_class ('' is all): nation and regions broken down, each DSM as a whole."""
    areas = [("nation", NATION), *(("region", region) for region in regions())]
    breakdowns = [("", ""), *((sex, "") for sex in SEXES), *(("", age_class) for age_class in AGE_CLASSES)]
    rows = [(*area, *breakdown) for area in areas for breakdown in breakdowns]
    rows += [("dsm", dsm, "", "") for dsm in sorted(dsms)]
    return pd.DataFrame(rows, columns=CELL)


def sums_on(grid: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The integer columns of `cells` (one row for each area, sex and age class with somebody) on the rows of the grid.

    Who has no age class counts in the total only.
    """
    sums = [name for name in cells.columns if name not in CELL]
    totals = _with_breakdowns(cells).groupby(CELL)[sums].sum()
    return totals.reindex(pd.MultiIndex.from_frame(grid), fill_value=0).astype("int64").reset_index(drop=True)


def counts_on(grid: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """How often each value occurs in each row of the grid: columns asked, cell (position in the grid), value, count.

    `cells`: area, sex, age class, asked, value, count; one row for each value that somebody there has.
    """
    counted = counts_in(grid, _with_breakdowns(cells)).groupby(["asked", "cell", "value"])["count"].sum()
    return counted.astype("int64").reset_index()


def counts_in(cells: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """The `counts` of what `cells` has, with `cell`, the position there; an unknown age class is one of its own."""
    has, asked = (pd.MultiIndex.from_frame(one[CELL]) for one in (cells, counts))
    placed = counts.assign(cell=has.get_indexer(asked))
    return placed[placed["cell"] >= 0]


def grouped(numbers: np.ndarray) -> Iterator[tuple[int, slice]]:
    """Each of some numbers once, with the positions at which it stands. Raises ValueError where they do not ascend."""
    if (np.diff(numbers) < 0).any():
        raise ValueError("numbers that are to be grouped must ascend")
    found = np.unique(numbers, return_index=True, return_counts=True)
    for number, begin, count in zip(*(one.tolist() for one in found), strict=True):
        yield number, slice(begin, begin + count)


def strata_on(grid: pd.DataFrame, strata: pd.DataFrame, stratum: list[str]) -> pd.DataFrame:
    """The strata of each row of the grid: cell (position in the grid), the columns of `stratum` and all sums.

    `strata`: level, area, `stratum` (with sex) and integer columns, the sums. Rows by age have none.
    """
    index = pd.MultiIndex.from_frame(grid)
    parts = [strata.assign(of_sex=""), strata[strata["level"] != "dsm"].assign(of_sex=strata["sex"])]
    placed = pd.concat(parts, ignore_index=True)
    cells = pd.DataFrame({"level": placed["level"], "area": placed["area"], "sex": placed["of_sex"], "age_class": ""})
    placed = placed.assign(cell=index.get_indexer(pd.MultiIndex.from_frame(cells)))
    sums = [name for name in strata.columns if name not in ("level", "area", *stratum)]
    return placed.loc[placed["cell"] >= 0, ["cell", *stratum, *sums]].reset_index(drop=True)


def _with_breakdowns(cells: pd.DataFrame) -> pd.DataFrame:
    """Each cell where it counts: in its total, and, of nation and regions, by its sex and by its age class."""
    broken_down = cells[cells["level"] != "dsm"]
    parts = [
        cells.assign(sex="", age_class=""),
        broken_down.assign(age_class=""),
        broken_down[broken_down["age_class"].notna()].assign(sex=""),
    ]
    return pd.concat(parts)
