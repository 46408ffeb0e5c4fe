"""The one pass: all indicators of a grain, all areas and breakdowns, out of one aggregate."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.compile import clause_columns
from percorsi.indicators.coverage import Coverage
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.grid import CELL
from percorsi.indicators.kinds import KINDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Whatever else stands there is unknown: the agreement breaks down by 1, 2 and 9.
_SEX = "case when sex in ('1', '2') then sex else '9' end"


def plan(catalogue: Catalogue, grain: str, coverage: Coverage) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What the pass of a grain sums, and which indicator wants which sum.

    First: name -> integer expression of a unit in an area; equal expressions of several indicators stand once. Second:
    code -> name of the sum in its kind -> name in the first.
    """
    expressions: dict[str, str] = {}
    wanted: dict[str, dict[str, str]] = {}
    for code, (measure, indicator) in catalogue.by_code.items():
        if measure.grain != grain:
            continue
        clauses = clause_columns(measure, indicator)
        mask = coverage.mask(code)
        wanted[code] = {}
        for name, unit in KINDS[measure.kind].sums(clauses["population"], clauses["numerator"]).items():
            counted = where_counted(unit, mask)
            wanted[code][name] = expressions.setdefault(counted, f"sum_{len(expressions)}")
    return {name: expression for expression, name in expressions.items()}, wanted


def where_counted(unit: str, mask: int) -> str:
    """An integer expression of a unit where the area counts it: the nation those of a region of the mask alone."""
    return f"if(level <> 'nation' OR (regions & {mask}L) <> 0L, {unit}, 0L)"


def aggregate(units: "DataFrame", areas: "DataFrame", grain: str, expressions: Mapping[str, str]) -> pd.DataFrame:
    """One row for each level, area, sex and age class that has a unit, with the sums in int64.

    `units`: the feature table of the grain, `areas`: where each unit counts, both of one year. The nation counts a unit
    whose `regions` meet those that cover the indicator, in the same pass.
    """
    from pyspark.sql import functions as F

    key = list(GRAINS[grain].key)
    cells = (
        units.withColumn("sex", F.expr(_SEX))
        .join(areas.select(*key, "level", "area"), key)
        .groupBy(*CELL)
        .agg(*(F.expr(f"sum({expression})").alias(name) for name, expression in expressions.items()))
    )
    return cells.toPandas()
