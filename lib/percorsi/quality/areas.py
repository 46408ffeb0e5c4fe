"""The table quality/item_count: counts by DSM and semester added up to regions, the nation and the year.

A denominator of zero is there with its reason; it is never a good value.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from percorsi.quality.counting import CELL
from percorsi.quality.items import CLASSES, Item, TableItems
from percorsi.regions import regions

NATION = "IT"
COLUMNS = ["year", "period", "semester", "level", "area", "table", "item", *CLASSES, "denominator", "reason"]
_CELLS = ["table", "item", "period", "semester"]
_AZIENDA, _DSM = "[0-9]{3}", "[A-Za-z0-9]{3}"


def add_up(
    by_dsm: pd.DataFrame,
    by_region: pd.DataFrame,
    tables: Mapping[str, TableItems],
    year: int,
    given: set[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """All areas of all items of `tables`: nation and regions whether they have records or not, DSMs that have some.

    `by_dsm` has CELL and CLASSES (no region: the nation alone counts it; no DSM: its region does), `by_region`
    the same without azienda and DSM. An item of semesters is added up to the year, one that is counted by the year
    stays so. `given`: (flow, region) that something was delivered of for `year`, region '' for the nation; what rests
    on another flow is `not_delivered`.
    """
    both = pd.concat([by_dsm.assign(whole=False), by_region.assign(azienda=None, dsm=None, whole=True)])
    both = pd.concat([both, _of_years(both[~both["whole"]])])
    counts = list(CLASSES)
    dsm = both[named(both)]
    dsm = dsm.assign(level="dsm", area=dsm["region"] + "-" + dsm["azienda"] + "-" + dsm["dsm"])
    dsm = dsm.groupby([*_CELLS, "level", "area"], as_index=False)[counts].sum()
    region = both[both["region"].isin(list(regions()))].rename(columns={"region": "area"})
    region = region.groupby([*_CELLS, "area"])[counts].sum()
    region = region.reindex(region.index.union(_grid(tables, year, regional=True)), fill_value=0)
    nation = both.groupby(_CELLS)[counts].sum()
    nation = nation.reindex(nation.index.union(_grid(tables, year, regional=False)), fill_value=0)
    table = pd.concat(
        [
            nation.reset_index().assign(level="nation", area=NATION),
            region.reset_index().assign(level="region"),
            dsm,
        ]
    ).assign(year=year)
    table["denominator"] = table[counts].sum(axis=1)
    table["reason"] = _reasons(table, {key: i for t in tables.values() for key, i in t.items.items()}, given)
    whole = ["year", "period", "semester", *counts, "denominator"]
    table = table.astype(dict.fromkeys(whole, "int64"))
    order = ["table", "item", "period", "semester", "level", "area"]
    return table[COLUMNS].sort_values(order, kind="stable").reset_index(drop=True)


def named(rows: pd.DataFrame) -> pd.Series:
    """Which rows are of a DSM by a code of the national form: no other text becomes the name of an area."""
    azienda, dsm = (rows[column].astype("string") for column in ("azienda", "dsm"))
    formed = azienda.str.fullmatch(_AZIENDA).fillna(False) & dsm.str.fullmatch(_DSM).fillna(False)
    return rows["region"].isin(list(regions())) & formed.astype(bool)


def _of_years(rows: pd.DataFrame) -> pd.DataFrame:
    """The semesters of each cell added up, as semester 0."""
    halves = rows[rows["semester"] > 0]
    keys = [c for c in CELL if c != "semester"]
    added = halves.groupby(keys, dropna=False, as_index=False)[list(CLASSES)].sum()
    return added.assign(semester=0, whole=False)


def _grid(tables: Mapping[str, TableItems], year: int, *, regional: bool) -> pd.MultiIndex:
    """What stands in the table even where nothing was counted: the year and its semesters, everywhere."""
    cells = [
        (name, key, year, semester)
        for name, table in tables.items()
        for key, item in table.items.items()
        if not regional or has_regions(table, item)
        for semester in ((0, 1, 2) if has_semesters(table, item) else (0,))
    ]
    if not regional:
        return pd.MultiIndex.from_tuples(cells, names=_CELLS)
    return pd.MultiIndex.from_tuples([(*cell, area) for cell in cells for area in regions()], names=[*_CELLS, "area"])


def has_regions(table: TableItems, item: Item) -> bool:
    """Whether an item is counted by region: else of the nation alone."""
    return item.counted != "rows" or (table.place is not None and table.place.region is not None)


def has_semesters(table: TableItems, item: Item) -> bool:
    """Whether an item of rows is counted by semester. Other items may be; the year is what all of them have."""
    return item.counted == "rows" and table.place is not None and table.place.semester != "0"


def _reasons(table: pd.DataFrame, items: Mapping[str, Item], given: set[tuple[str, str]] | None) -> pd.Series:
    """Why a denominator is zero; null where it is not."""

    def reason(item: str, area: str) -> str:
        told = items[item]
        region = area[:3]
        known = {flow for flow, place in given or () if area == NATION or place in (region, "")}
        if given is not None and known.isdisjoint(told.flows):
            return "not_delivered"
        if told.counted == "records":
            return "no_earlier_period"
        return "nothing_to_judge" if told.of or told.counted in ("contacts", "persons") else "no_records"

    empty = table["denominator"] == 0
    found = [reason(i, a) if none else None for i, a, none in zip(table["item"], table["area"], empty, strict=True)]
    return pd.Series(np.array(found, dtype=object), index=table.index)
