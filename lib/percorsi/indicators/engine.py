"""The one pass: all indicators of a grain, all areas and breakdowns, out of one aggregate."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.clauses import Scalar
from percorsi.indicators.compile import clause_columns, sides
from percorsi.indicators.counting import NUMBER, Count, Shared, shared
from percorsi.indicators.coverage import Coverage
from percorsi.indicators.grains import AREAS
from percorsi.indicators.grid import CELL
from percorsi.indicators.kinds import KINDS
from percorsi.indicators.placed import Block, Sum, apart, in_areas, summed_by_places
from percorsi.reference import OLDEST

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from percorsi.indicators.reformulations import Reformulation

# Whatever else stands there is unknown: the agreement breaks down by 1, 2 and 9.
_SEX = "case when sex in ('1', '2') then sex else '9' end"
AGE_GROUP = f"least(age div 5 * 5, {OLDEST})"  # the lowest age of its class of five years
STRATUM = ["sex", "age_group", "residence"]
_BROKEN_DOWN = ["sex", "age_class"]


class Asked(NamedTuple):
    """What is computed: a component of an indicator, with the parameters of a region (empty: with the catalogue's)."""

    code: str
    component: str
    region: str = ""


@dataclass(frozen=True)
class Plan:
    """What the pass of a grain counts and sums, and who wants which of it.

    `counts`: name -> what is counted; equal counts stand once. `wanted`: asked -> DENOMINATOR or NUMERATOR -> name in
    `counts`. `counted`: asked -> what its units are counted by the value of, and the mask of the regions that cover it.
    `strata`: name -> what is summed by sex, class of five years and, with `by_residence`, region of residence;
    `stratified`: asked -> name of the sum in its kind -> name in `strata`. `parameters`: asked -> all those that it is
    asked with.
    """

    counts: Mapping[str, Count]
    wanted: Mapping[Asked, Mapping[str, str]]
    counted: Mapping[Asked, tuple[str, int]]
    strata: Mapping[str, Sum]
    stratified: Mapping[Asked, Mapping[str, str]]
    by_residence: bool
    parameters: Mapping[Asked, Mapping[str, Scalar]]


class Passed(NamedTuple):
    """What the passes over a grain gave: sums of each cell, how often each value occurs, sums of each stratum."""

    cells: pd.DataFrame
    counted: pd.DataFrame
    strata: pd.DataFrame


def plan(
    catalogue: Catalogue, grain: str, coverage: Coverage, reformulations: "Mapping[str, Reformulation] | None" = None
) -> Plan:
    """All components of all indicators of a grain, with the catalogue's parameters and with those of the regions.

    A region that reads the features otherwise is asked on features of its own (`plan_of_region`) and not here.
    """
    same_features = {region: own for region, own in (reformulations or {}).items() if not own.features}
    return _plan(catalogue, coverage, _all_asked(catalogue, grain, same_features))


def plan_of_region(catalogue: Catalogue, grain: str, coverage: Coverage, own: "Reformulation") -> Plan:
    """All components of all indicators of a grain for one region, with its parameters where it gives any."""
    asked = ((Asked(*one, own.region), own.parameters(*one)) for one in _components(catalogue, grain))
    return _plan(catalogue, coverage, asked)


def _plan(catalogue: Catalogue, coverage: Coverage, all_asked: Iterable[tuple[Asked, Mapping[str, Scalar]]]) -> Plan:
    counts: dict[Count, str] = {}  # equal ones stand once
    strata: dict[Sum, str] = {}
    wanted: dict[Asked, dict[str, str]] = {}
    counted: dict[Asked, tuple[str, int]] = {}
    stratified: dict[Asked, dict[str, str]] = {}
    parameters: dict[Asked, dict[str, Scalar]] = {}
    by_residence = False
    for asked, otherwise in all_asked:
        measure, indicator = catalogue.by_code[asked.code]
        clauses = clause_columns(measure, indicator, asked.component, otherwise)
        met = sides(indicator, measure.components[asked.component], otherwise)
        kind, mask = KINDS[measure.kind], coverage.mask(asked.code)
        parameters[asked] = {**indicator.by_component[asked.component], **otherwise}
        wanted[asked] = {side: _name(counts, "count", Count(indicator.pathway, met[side], mask)) for side in kind.sides}
        if (value := kind.counted(clauses)) is not None:
            counted[asked] = (value, mask)
        if summed_up := kind.strata(clauses, parameters[asked]):
            stratified[asked] = {name: _name(strata, "sum", Sum(unit, mask)) for name, unit in summed_up.items()}
            by_residence = by_residence or kind.by_residence(parameters[asked])
    by_name, of_strata = ({name: one for one, name in made.items()} for made in (counts, strata))
    return Plan(by_name, wanted, counted, of_strata, stratified, by_residence, parameters)


def _name(names: dict[Count, str] | dict[Sum, str], called: str, one: Count | Sum) -> str:
    """The name of a count or sum, a new one where it is not yet among `names`."""
    return names.setdefault(one, f"{called}_{len(names)}")


def _all_asked(
    catalogue: Catalogue, grain: str, reformulations: "Mapping[str, Reformulation]"
) -> Iterator[tuple[Asked, Mapping[str, Scalar]]]:
    for code, component in _components(catalogue, grain):
        yield Asked(code, component), {}
        for region, own in reformulations.items():
            if parameters := own.parameters(code, component):
                yield Asked(code, component, region), parameters


def _components(catalogue: Catalogue, grain: str) -> Iterator[tuple[str, str]]:
    """(code, component) of a grain, in the order of the cards."""
    for code, (measure, _) in catalogue.by_code.items():
        if measure.grain == grain:
            yield from ((code, component) for component in measure.components)


def passes(units: "DataFrame", planned: Plan) -> Passed:
    """All that is planned of a grain: one aggregate for the counts, and one each for values and strata where asked.

    `units`: the feature table of the grain, of one year.
    """
    return Passed(
        aggregate(units, planned.counts),
        count_values(units, list(planned.counted.values())) if planned.counted else _nothing_counted(),
        sum_strata(units, planned) if planned.strata else pd.DataFrame(),
    )


def _nothing_counted() -> pd.DataFrame:
    return pd.DataFrame({**dict.fromkeys(CELL, pd.Series(dtype=object)), "asked": [], "value": [], "count": []})


def aggregate(units: "DataFrame", counts: Mapping[str, Count]) -> pd.DataFrame:
    """One row for each level, area, sex and age class that has a unit with a pathway, with the counts in int64.

    The nation counts a unit whose `regions` meet those that cover the indicator, in the same pass.
    """
    columns = shared(counts)
    rows = apart(counted_together(units, columns).toArrow())
    return in_areas(rows, _BROKEN_DOWN, columns.blocks(rows), _masks(counts))


def counted_together(units: "DataFrame", columns: Shared) -> "DataFrame":
    """The one aggregate of `aggregate`, not yet run: counts in columns that they share."""
    from pyspark.sql import functions as F

    numbered = _asked(units).withColumn(NUMBER, F.expr(columns.number))
    return summed_by_places(numbered, [*_BROKEN_DOWN, NUMBER], columns.aggregates)


def count_values(units: "DataFrame", counted: Sequence[tuple[str, int]]) -> pd.DataFrame:
    """How many units of each level, area, sex and age class have which value: one aggregate for all that is `counted`.

    Columns: those of a cell, asked (position in `counted`), value (int64), count. Units without a value do not appear.
    """
    found = apart(values_counted(units, counted).toArrow())
    mask = np.array([mask for _, mask in counted], dtype="int64")[found["asked"].to_numpy(dtype="int64")]
    covered = (found["level"] != "nation") | (found["regions"] & mask != 0)
    key = ["level", "area", *_BROKEN_DOWN, "asked", "value"]
    return found[covered].groupby(key, dropna=False)["count"].sum().reset_index()


def values_counted(units: "DataFrame", counted: Sequence[tuple[str, int]]) -> "DataFrame":
    """The one aggregate of `count_values`, not yet run."""
    from pyspark.sql import functions as F

    values = ", ".join(f"struct({number} as asked, {value} as value)" for number, (value, _) in enumerate(counted))
    kept = [AREAS, "regions", *_BROKEN_DOWN]
    each = (
        _asked(units)
        .select(*kept, F.expr(f"explode(filter(array({values}), one -> one.value is not null))").alias("one"))
        .select(*kept, "one.asked", "one.value")
    )
    return summed_by_places(each, [*_BROKEN_DOWN, "asked", "value"], {"count": "count(*)"})


def sum_strata(units: "DataFrame", planned: Plan) -> pd.DataFrame:
    """One row for each level, area and stratum (sex, age_group, residence) with a unit: one aggregate for all sums.

    Units of unknown age are in no stratum; `residence` is '' unless it is asked by residence and known.
    """
    from pyspark.sql import functions as F

    residence = "coalesce(residence_region, '')" if planned.by_residence else "''"
    aged = _asked(units).where("age is not null")
    crossed = aged.withColumns({"age_group": F.expr(AGE_GROUP), "residence": F.expr(residence)})
    aggregates = {name: f"sum({one.unit})" for name, one in planned.strata.items()}
    rows = apart(summed_by_places(crossed, STRATUM, aggregates).toArrow())
    # A sum of unknowns alone is 0, as it is beside others.
    columns = {name: rows[name].fillna(0).to_numpy(dtype="int64") for name in aggregates}
    return in_areas(rows, STRATUM, [Block(np.arange(len(rows)), columns)], _masks(planned.strata))


def _asked(units: "DataFrame") -> "DataFrame":
    """The units that an indicator may be of: all are of a pathway; their sex as the agreement breaks down by it."""
    from pyspark.sql import functions as F

    return units.where("pathway is not null").withColumn("sex", F.expr(_SEX))


def _masks(asked: Mapping[str, Count] | Mapping[str, Sum]) -> dict[str, int]:
    return {name: one.mask for name, one in asked.items()}
