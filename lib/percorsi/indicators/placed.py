"""Where units count. Those of the same areas are summed together first, and their sums given to each area.

Nearly everybody counts in the nation, one region and one DSM: asked once for all of these, a definition costs a third
of what it costs asked in each.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from percorsi.indicators.grains import AREAS

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


class Sum(NamedTuple):
    """An integer Spark SQL expression of a unit, and the bit mask of the regions that the nation counts it of."""

    unit: str
    mask: int

    def in_area(self) -> str:
        """The expression where a unit stands in an area: 0 in the nation where none of its `regions` is covered."""
        return f"if(level <> 'nation' OR (regions & {self.mask}L) <> 0L, {self.unit}, 0L)"


def summed_by_places(units: "DataFrame", by: Sequence[str], sums: Mapping[str, str]) -> "DataFrame":
    """One row for each set of `areas`, mask `regions` and `by`, with the sums of its units; not yet run.

    `units`: with `areas` and `regions`; `sums`: name -> Spark SQL aggregate.
    """
    from pyspark.sql import functions as F

    # One expression of all: Spark parses and resolves some hundred for themselves in half a second.
    together = F.expr(f"struct({', '.join(f'{aggregate} AS {name}' for name, aggregate in sums.items())})")
    found = units.groupBy(AREAS, "regions", *by).agg(together.alias("sums"))
    return found.select(AREAS, "regions", *by, "sums.*")


def apart(found: "pa.Table") -> pd.DataFrame:
    """The rows of `summed_by_places`, each once in each of its areas: columns level, area, then the others."""
    import pyarrow.compute as pc

    areas = found.column(AREAS).combine_chunks()
    rows = found.drop_columns([AREAS]).to_pandas().iloc[pc.list_parent_indices(areas).to_numpy()]
    place = {name: areas.flatten().field(name).to_pandas().to_numpy() for name in ("level", "area")}
    return pd.concat([pd.DataFrame(place), rows.reset_index(drop=True)], axis=1)


def each_area(rows: "DataFrame") -> "DataFrame":
    """Each row once in each of its `areas`, which `level` and `area` tell."""
    from pyspark.sql import functions as F

    return rows.select("*", F.inline(AREAS))


def within_region(units: "DataFrame", region: str) -> "DataFrame":
    """The units that count in a region or its DSMs, in these alone: who asks of a region need not sum the others."""
    from pyspark.sql import functions as F

    own = F.filter(AREAS, lambda one: (one["level"] != "nation") & (F.left(one["area"], F.lit(3)) == region))
    return units.withColumn(AREAS, own).where(F.size(AREAS) > 0)


class Block(NamedTuple):
    """What some rows, at positions `rows`, have in columns of their own: name -> int64."""

    rows: np.ndarray
    columns: Mapping[str, np.ndarray]


def in_areas(rows: pd.DataFrame, by: Sequence[str], blocks: Iterable[Block], masks: Mapping[str, int]) -> pd.DataFrame:
    """The rows of `apart` added up: one for each level, area and `by`, with a column for each of `masks` in int64.

    An absent age class is one of its own. `masks`: column -> of which regions the nation counts it. Where no block has
    a column for a row, it has 0 there.
    """
    key = ["level", "area", *by]
    cell = rows.groupby(key, dropna=False).ngroup().to_numpy()
    _, first = np.unique(cell, return_index=True)
    nation, regions = (rows["level"] == "nation").to_numpy(), rows["regions"].to_numpy(dtype="int64")
    place = {name: number for number, name in enumerate(masks)}
    sums = np.zeros((len(first), len(masks)), dtype="int64")
    for block in blocks:
        if not len(block.rows):
            continue
        order = np.argsort(cell[block.rows], kind="stable")
        at = block.rows[order]
        cells, begins = np.unique(cell[at], return_index=True)
        covered = {mask: ~nation[at] | (regions[at] & mask != 0) for mask in {masks[name] for name in block.columns}}
        for name, column in block.columns.items():
            sums[cells, place[name]] += np.add.reduceat(column[order] * covered[masks[name]], begins)
    return pd.concat([rows[key].iloc[first].reset_index(drop=True), pd.DataFrame(sums, columns=list(masks))], axis=1)
