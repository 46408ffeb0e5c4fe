"""All values of a year: the pass of each grain, coverage and quality, results and reasons, into `indicator_value`."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from percorsi.errors import UsageError
from percorsi.indicators.catalogue import Catalogue, load_catalogue
from percorsi.indicators.coverage import coverage
from percorsi.indicators.engine import aggregate, plan
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.grid import full_grid, sums_on
from percorsi.indicators.kinds import KINDS
from percorsi.indicators.results import Grades, Regional, rows
from percorsi.settings import Settings
from percorsi.tables import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from percorsi.storage import Store

TABLE = "indicator_value"

Withheld = Mapping[str, Collection[str]]  # item of quality -> regions


def compute(
    store: "Store",
    settings: Settings,
    year: int,
    run_id: str,
    *,
    withheld: Withheld | None = None,
    grades: Grades | None = None,
    catalogue: Catalogue | None = None,
    tick: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Compute every indicator of `year`, write the slice of the run, give the values back (columns of the table).

    `withheld`: item of quality -> regions that have no value for the indicators that rest on it; `grades`: item ->
    region -> grade. `tick` is called with the name of each step. Writing a run again replaces its slice.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", run_id):
        raise UsageError("the name of a run has letters, digits, '.', '-' and '_' only")
    catalogue = catalogue or load_catalogue()
    tick = tick or (lambda step: None)
    tick("what the deliveries cover")
    delivered = store.read("conformed/delivered_period").select("flow", "region", "year", "period")
    covered = coverage(catalogue, map(tuple, delivered.collect()), year, withheld)
    in_contact, dsms = areas_of_year(store, year)
    regional = Regional(covered, in_contact, grades or {})
    grid = full_grid(dsms)
    values = []
    for grain in GRAINS:
        expressions, wanted = plan(catalogue, grain, covered)
        if not wanted:
            continue
        tick(f"one pass over {grain}")
        units, areas = of_year(store, GRAINS[grain].units, year), of_year(store, GRAINS[grain].areas, year)
        sums = sums_on(grid, aggregate(units, areas, grain, expressions))
        for code, names in wanted.items():
            measure, _ = catalogue.by_code[code]
            own = {name: sums[column].to_numpy() for name, column in names.items()}
            results = KINDS[measure.kind].results(own)
            said = regional.about(code, measure.rests_on)
            values.append(rows(grid, code, own, results, said))
    result = _in_order(pd.concat(values, ignore_index=True), catalogue, year, run_id)
    tick("writing the values")
    _write(store, result, run_id)
    return result


def of_year(store: "Store", name: str, year: int) -> "DataFrame":
    """The slice of a year of a table."""
    return store.read(name).where(f"year = {int(year)}")


def areas_of_year(store: "Store", year: int) -> tuple[list[str], set[str]]:
    """The regions with a person in contact, and the DSMs of the grid: those of the register and those in contact."""
    frames = [of_year(store, grain.areas, year).select("level", "area") for grain in GRAINS.values()]
    rows = reduce(lambda one, other: one.union(other), frames).distinct().collect()
    dsms = {row["area"] for row in rows if row["level"] == "dsm"}
    if store.exists("conformed/service"):
        services = of_year(store, "conformed/service", year)
        dsms |= {row[0] for row in services.selectExpr("concat_ws('-', region, azienda, dsm)").distinct().collect()}
    return sorted(row["area"] for row in rows if row["level"] == "region"), dsms


def _in_order(values: pd.DataFrame, catalogue: Catalogue, year: int, run_id: str) -> pd.DataFrame:
    """The columns of the table, rows in the order of the cards and, within an indicator, of the grid."""
    order = {code: place for place, code in enumerate(catalogue.by_code)}
    values = values.sort_values("code", key=lambda codes: codes.map(order), kind="stable", ignore_index=True)
    return values.assign(run_id=run_id, year=np.int32(year))[list(table(TABLE).columns)]


def _write(store: "Store", values: pd.DataFrame, run_id: str) -> None:
    import pyarrow as pa

    # By Arrow: a number that is not there is a null in the table, never a NaN.
    frame = store.spark.createDataFrame(pa.Table.from_pandas(values, preserve_index=False))
    declared = table(TABLE).conform(frame).coalesce(1)
    store.write(declared, TABLE, partition_by=("run_id",), replace_where=f"run_id = '{run_id}'")
