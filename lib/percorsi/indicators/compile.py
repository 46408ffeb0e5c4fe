"""From a measure and an indicator to Spark SQL: every clause a condition that is true or false, never unknown."""

from collections.abc import Mapping

from percorsi.indicators.catalogue import Indicator, Measure
from percorsi.indicators.clauses import Scalar, bind, parse, parse_value
from percorsi.indicators.kinds import FRACTION


def clause_columns(
    measure: Measure,
    indicator: Indicator,
    component: str | None = None,
    parameters: Mapping[str, Scalar] | None = None,
) -> dict[str, str]:
    """Name -> Spark SQL condition over the columns of the measure's grain, parameters bound as typed literals.

    First the clauses in their order (`pathway`, those of the population, those of the numerator), each for itself;
    then `population`, where all of its clauses hold, and `numerator`, within the population. Unknown counts as false.
    Of a mean there is no `numerator` but `value`, a bigint: the unit's value times `FRACTION`, divided by `per`; null
    where it is not known or `per` is not 1 to 12. Of a ratio, `per` is the column of its time at risk. `component` is
    the main one where none is named; `parameters` may hold others than the indicator's.
    """
    part = measure.components[measure.main if component is None else component]
    values = {**indicator.by_component[part.name], **(parameters or {})}
    conditions = {"pathway": _certain(f"pathway = '{indicator.pathway}'")}
    for name, sql in [*part.population.items(), *part.numerator.items()]:
        conditions[name] = _certain(bind(parse(sql), values))
    population = [conditions[name] for name in population_clauses(measure, part.name)]
    made = {**conditions, "population": "(" + " AND ".join(population) + ")"}
    if measure.value is not None:
        return {**made, "value": _value(bind(parse_value(measure.value), values), measure.per)}
    if measure.per is not None:
        made["per"] = measure.per
    numerator = [conditions[name] for name in part.numerator]
    return {**made, "numerator": "(" + " AND ".join([*population, *numerator]) + ")"}


def population_clauses(measure: Measure, component: str | None = None) -> list[str]:
    """Names of the population's clauses in their order, the pathway first: the steps of an attrition."""
    part = measure.components[measure.main if component is None else component]
    return ["pathway", *part.population]


def _certain(condition: str) -> str:
    return f"coalesce({condition}, false)"


def _value(sql: str, per: str | None) -> str:
    if per is None:
        return f"bigint({sql}) * {FRACTION}L"
    return f"if({per} BETWEEN 1 AND 12, bigint({sql}) * ({FRACTION}L div {per}), null)"
