"""All values of a year: the pass of each grain, coverage and quality, results and reasons, into `indicator_value`."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from percorsi.errors import CatalogueError, UsageError
from percorsi.indicators.catalogue import Catalogue, load_catalogue
from percorsi.indicators.coverage import Coverage, coverage
from percorsi.indicators.engine import STRATUM, Asked, Passed, Plan, passes, plan, plan_of_region
from percorsi.indicators.funnel import with_funnels
from percorsi.indicators.grains import AREAS, GRAINS
from percorsi.indicators.grid import counts_on, full_grid, strata_on, sums_on
from percorsi.indicators.kind import Arrays, Found
from percorsi.indicators.kinds import KINDS
from percorsi.indicators.placed import each_area, within_region
from percorsi.indicators.reformulations import TABLE as REFORMULATED
from percorsi.indicators.reformulations import Reformulation, as_text
from percorsi.indicators.residents import residents
from percorsi.indicators.results import Grades, Regional, Rows
from percorsi.indicators.stacked import Part, arrays, stacked
from percorsi.indicators.strata import TABLE as STRATA
from percorsi.indicators.strata import strata
from percorsi.settings import Settings
from percorsi.tables import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from percorsi.storage import Store

TABLE = "indicator_value"

# Values are read a run at a time: bounds of the columns of a file help nobody, and cost a third of its writing. A table
# that was made before keeps them.
_WITHOUT_BOUNDS = {"delta.dataSkippingNumIndexedCols": "0"}

Withheld = Mapping[str, Collection[str]]  # flow -> regions
# Region -> the feature tables of the year as it reads them, by name, for as long as they are held.
FeaturesOf = Callable[[str], AbstractContextManager[Mapping[str, "DataFrame"]]]


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
    features_of: FeaturesOf | None = None,
    tick: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Compute every indicator of `year`, write the slice of the run, give the values back (columns of the table).

    Beside the values go the strata by which they are standardised, into `indicator_stratum`. `withheld`: flow ->
    regions that have no value for the indicators that rest on its quality; `grades`: flow -> region -> grade;
    `reformulations`: region -> what it reads otherwise, whose values go into `reformulated_value`; `features_of` makes
    the features of those regions that read them otherwise, one region at a time. `tick` is called with the name of each
    step. Writing a run again replaces its slice.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", run_id):
        raise UsageError("the name of a run has letters, digits, '.', '-' and '_' only")
    catalogue = catalogue or load_catalogue()
    reformulations = reformulations or {}
    needing = [own.region for own in reformulations.values() if own.features]
    if needing and features_of is None:
        raise UsageError(f"features are reformulated for {', '.join(needing)}, and nothing was given that makes them")
    tick = tick or (lambda step: None)
    tick("what the deliveries cover")
    delivered = store.read("conformed/delivered_period").select("flow", "region", "year", "period")
    covered = coverage(catalogue, map(tuple, delivered.collect()), year, withheld)
    in_contact, dsms = areas_of_year(store, year)
    regional = Regional(covered, in_contact, grades or {})
    reading = _Reading(catalogue, regional, reformulations, year, residents(store, year))
    grid = full_grid(dsms)
    values: list[Part] = []
    crossed: list[Part] = []
    reformulated: list[Part] = []
    for grain in GRAINS:
        planned = plan(catalogue, grain, covered, reformulations)
        if not planned.wanted:
            continue
        tick(f"one pass over {grain}")
        passed = passes(of_year(store, GRAINS[grain].units, year), planned)
        of_nation, of_regions = reading.of_pass(planned, grid, passed)
        values += of_nation
        reformulated += of_regions
        crossed += strata(catalogue, planned, passed, covered)
    for region in needing:
        reformulated += _on_own_features(reading, covered, reformulations[region], dsms, features_of, tick)
    kinds = {code: measure.kind for code, (measure, _) in catalogue.by_code.items()}
    told = with_funnels(_in_order(values, catalogue), kinds)
    tick("writing the values")
    result = _write(store, told, TABLE, year, run_id)
    _write(store, _in_order(crossed, catalogue), STRATA, year, run_id)
    if reformulated:
        _write(store, _in_order(reformulated, catalogue), REFORMULATED, year, run_id)
    return result


@dataclass(frozen=True)
class _Reading:
    """What makes rows of the results of a pass, over the nation's features or over those of a region."""

    catalogue: Catalogue
    regional: Regional
    reformulations: Mapping[str, Reformulation]
    year: int
    residents: Mapping[str, int]

    def of_pass(self, planned: Plan, grid: pd.DataFrame, passed: Passed) -> tuple[list[Part], list[Part]]:
        """The rows of what is asked: with the nation's parameters, and with those of the regions."""
        rows, places = Rows(grid), arrays(grid)
        nation: list[Part] = []
        regional: list[Part] = []
        for asked, found in _found(planned, grid, passed):
            (regional if asked.region else nation).extend(self._parts(asked, found, rows, places))
        return nation, regional

    def _parts(self, asked: Asked, found: Found, rows: Rows, places: Arrays) -> Iterator[Part]:
        """What is told of one thing asked, under each of its names; with a region's parameters of its rows alone."""
        measure, _ = self.catalogue.by_code[asked.code]
        kind = KINDS[measure.kind]
        said = self.regional.about(asked.code, measure.rests_on)
        covering = self.regional.coverage.covering(asked.code)
        known = {"year": self.year, "covering": covering, "residents": self.residents}
        columns = rows.columns(kind.results(replace(found, **known)), said)
        _refuse_unknown(asked, columns)
        at = rows.broken_down(kind.breakdowns(asked.component), asked.region)
        told = {name: column[at] for name, column in columns.items()}
        if asked.region:
            otherwise = self.reformulations[asked.region].all_parameters(asked.code, asked.component)
            told["parameters"] = as_text(otherwise)
        for component in measure.told_as(asked.component):
            yield Part(places, at, {"code": asked.code, "component": component, **told})


def _on_own_features(
    reading: _Reading,
    covered: Coverage,
    own: Reformulation,
    dsms: set[str],
    features_of: FeaturesOf,
    tick: Callable[[str], None],
) -> Iterator[Part]:
    """The rows of all indicators for one region on the features that it reads otherwise, of the whole nation's facts.

    `dsms`: those of the nation; of the region there may be more, with a contact that its parameters alone see.
    """
    tick(f"region {own.region}: its features")
    with features_of(own.region) as frames:
        theirs = {name: within_region(frames[grain.units], own.region) for name, grain in GRAINS.items()}
        grid = full_grid(dsms | _areas(theirs.values()).get("dsm", set()))
        grid = grid[grid["area"].str[:3] == own.region].reset_index(drop=True)
        for grain, units in theirs.items():
            planned = plan_of_region(reading.catalogue, grain, covered, own)
            if planned.wanted:
                tick(f"region {own.region}: one pass over {grain}")
                passed = passes(units, planned)
                yield from reading.of_pass(planned, grid, passed)[1]


def _refuse_unknown(asked: Asked, columns: Arrays) -> None:
    """Raise where a cell has units, no reason and yet no value: that of somebody in its population is not known."""
    if (pd.isna(columns["reason"]) & np.isnan(columns["value"])).any():
        raise CatalogueError(
            f"the value of {asked.code} is not known of everybody in its population, or what divides it is not 1 to 12",
            next_step="name a clause of the population that leaves these out, or coalesce the value",
        )


def _found(planned: Plan, grid: pd.DataFrame, passed: Passed) -> Iterator[tuple[Asked, Found]]:
    """What is asked in its order, and what the passes found of it on the rows of the grid."""
    sums, counts = sums_on(grid, passed.cells), dict(iter(counts_on(grid, passed.counted).groupby("asked")))
    number = {asked: place for place, asked in enumerate(planned.counted)}
    crossed = strata_on(grid, passed.strata, STRATUM) if planned.strata else passed.strata
    for asked, names in planned.wanted.items():
        further = {}
        if number.get(asked) in counts:
            further["counts"] = counts[number[asked]]
        if asked in planned.stratified:
            own = {name: crossed[column] for name, column in planned.stratified[asked].items()}
            further["strata"] = crossed[["cell", *STRATUM]].assign(**own)
        found = Found(
            sums={name: sums[column].to_numpy() for name, column in names.items()},
            grid=grid,
            component=asked.component,
            parameters=planned.parameters[asked],
            **further,
        )
        yield asked, found


def of_year(store: "Store", name: str, year: int) -> "DataFrame":
    """The slice of a year of a table."""
    return store.read(name).where(f"year = {int(year)}")


def areas_of_year(store: "Store", year: int) -> tuple[list[str], set[str]]:
    """The regions with a person in contact, and the DSMs of the grid: those of the register and those in contact."""
    areas = _areas(of_year(store, grain.units, year) for grain in GRAINS.values())
    dsms = areas.get("dsm", set())
    if store.exists("conformed/service"):
        services = of_year(store, "conformed/service", year)
        dsms |= {row[0] for row in services.selectExpr("concat_ws('-', region, azienda, dsm)").distinct().collect()}
    return sorted(areas.get("region", set())), dsms


def _areas(frames: "Iterable[DataFrame]") -> dict[str, set[str]]:
    """Level -> the areas in which some unit counts."""
    some = [each_area(frame.select(AREAS)).select("level", "area") for frame in frames]
    found: dict[str, set[str]] = {}
    for level, area in reduce(lambda one, other: one.union(other), some).distinct().collect():
        found.setdefault(level, set()).add(area)
    return found


def _in_order(parts: list[Part], catalogue: Catalogue) -> pd.DataFrame:
    """The rows in the order of the cards; of an indicator the value, then its components."""
    place = {code: number for number, code in enumerate(catalogue.by_code)}
    return stacked(sorted(parts, key=lambda part: (place[part.columns["code"]], part.columns["component"] != "")))


def _write(store: "Store", rows: pd.DataFrame, name: str, year: int, run_id: str) -> pd.DataFrame:
    """Write the rows as the slice of the run, and give them back with the columns of the table."""
    import pyarrow as pa

    columns = table(name).columns
    if rows.empty:  # of kinds that have none
        rows = rows.reindex(columns=list(columns))
    no_kind_has = [c for c, column in columns.items() if column.type == "double" and c not in rows]
    own = {"run_id": np.full(len(rows), run_id, dtype=object), "year": np.full(len(rows), year, dtype="int32")}
    made = {**arrays(rows), **dict.fromkeys(no_kind_has, np.full(len(rows), np.nan)), **own}
    rows = pd.DataFrame({c: made[c] for c in columns}, copy=False)
    # By Arrow: a number that is not there is a null in the table, never a NaN.
    frame = store.spark.createDataFrame(pa.Table.from_pandas(rows, preserve_index=False))
    declared = table(name).conform(frame).coalesce(1)
    slice_of_run = f"run_id = '{run_id}'"
    store.write(declared, name, partition_by=("run_id",), replace_where=slice_of_run, properties=_WITHOUT_BOUNDS)
    return rows
