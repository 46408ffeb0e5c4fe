"""All values of a year: the pass of each grain, coverage and quality, results and reasons, into `indicator_value`."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from percorsi.errors import CatalogueError, UsageError
from percorsi.indicators.catalogue import Catalogue, load_catalogue
from percorsi.indicators.coverage import coverage
from percorsi.indicators.engine import Asked, Plan, aggregate, count_values, plan
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.grid import counts_on, full_grid, sums_on
from percorsi.indicators.kinds import KINDS, Arrays
from percorsi.indicators.reformulations import TABLE as REFORMULATED
from percorsi.indicators.reformulations import Reformulation, as_text
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
    reformulations: Mapping[str, Reformulation] | None = None,
    tick: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Compute every indicator of `year`, write the slice of the run, give the values back (columns of the table).

    `withheld`: item of quality -> regions that have no value for the indicators that rest on it; `grades`: item ->
    region -> grade; `reformulations`: region -> what it reads otherwise, whose values go into `reformulated_value`.
    `tick` is called with the name of each step. Writing a run again replaces its slice.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", run_id):
        raise UsageError("the name of a run has letters, digits, '.', '-' and '_' only")
    catalogue = catalogue or load_catalogue()
    reformulations = reformulations or {}
    tick = tick or (lambda step: None)
    tick("what the deliveries cover")
    delivered = store.read("conformed/delivered_period").select("flow", "region", "year", "period")
    covered = coverage(catalogue, map(tuple, delivered.collect()), year, withheld)
    in_contact, dsms = areas_of_year(store, year)
    regional = Regional(covered, in_contact, grades or {})
    grid = full_grid(dsms)
    values, reformulated = [], []
    for grain in GRAINS:
        planned = plan(catalogue, grain, covered, reformulations)
        if not planned.wanted:
            continue
        tick(f"one pass over {grain}")
        units, areas = of_year(store, GRAINS[grain].units, year), of_year(store, GRAINS[grain].areas, year)
        for asked, results in _results(catalogue, grain, planned, grid, units, areas):
            measure, _ = catalogue.by_code[asked.code]
            frame = rows(grid, asked.code, asked.component, results, regional.about(asked.code, measure.rests_on))
            _refuse_unknown(asked, frame)
            if asked.region:
                said = as_text(reformulations[asked.region].parameters(asked.code, asked.component))
                frame = frame[frame["area"].str[:3] == asked.region].assign(parameters=said)
            target = reformulated if asked.region else values
            if asked.component and asked.component == measure.main:  # the value has the empty name as well
                target.append(frame.assign(component=""))
            target.append(frame)
    result = _in_order(pd.concat(values, ignore_index=True), catalogue, year, run_id)
    tick("writing the values")
    _write(store, result, TABLE, run_id)
    if reformulated:
        theirs = pd.concat(reformulated, ignore_index=True)
        _write(store, _in_order(theirs, catalogue, year, run_id, REFORMULATED), REFORMULATED, run_id)
    return result


def _refuse_unknown(asked: Asked, frame: pd.DataFrame) -> None:
    """Raise where a cell has units, no reason and yet no value: that of somebody in its population is not known."""
    if (frame["reason"].isna() & frame["value"].isna()).any():
        raise CatalogueError(
            f"the value of {asked.code} is not known of everybody in its population, or what divides it is not 1 to 12",
            next_step="name a clause of the population that leaves these out, or coalesce the value",
        )


def _results(
    catalogue: Catalogue, grain: str, planned: Plan, grid: pd.DataFrame, units: "DataFrame", areas: "DataFrame"
) -> Iterator[tuple[Asked, Arrays]]:
    """What is asked in its order, and what its kind makes of its sums and counts on the rows of the grid."""
    sums = sums_on(grid, aggregate(units, areas, grain, planned.sums))
    counts = pd.DataFrame({"asked": [], "cell": [], "value": [], "count": []}, dtype="int64")
    if planned.counted:
        counts = counts_on(grid, count_values(units, areas, grain, list(planned.counted.values())))
    number = {asked: place for place, asked in enumerate(planned.counted)}
    for asked, names in planned.wanted.items():
        measure, _ = catalogue.by_code[asked.code]
        own = {name: sums[column].to_numpy() for name, column in names.items()}
        yield asked, KINDS[measure.kind].results(own, counts[counts["asked"] == number.get(asked, -1)])


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


def _in_order(values: pd.DataFrame, catalogue: Catalogue, year: int, run_id: str, name: str = TABLE) -> pd.DataFrame:
    """The columns of the table, rows in the order of the cards; in an indicator the value, then its components."""
    order = {code: place for place, code in enumerate(catalogue.by_code)}
    places = pd.DataFrame({"code": values["code"].map(order), "named": values["component"] != ""})
    values = values.loc[places.sort_values(["code", "named"], kind="stable").index].reset_index(drop=True)
    return values.assign(run_id=run_id, year=np.int32(year))[list(table(name).columns)]


def _write(store: "Store", values: pd.DataFrame, name: str, run_id: str) -> None:
    import pyarrow as pa

    # By Arrow: a number that is not there is a null in the table, never a NaN.
    frame = store.spark.createDataFrame(pa.Table.from_pandas(values, preserve_index=False))
    declared = table(name).conform(frame).coalesce(1)
    store.write(declared, name, partition_by=("run_id",), replace_where=f"run_id = '{run_id}'")
