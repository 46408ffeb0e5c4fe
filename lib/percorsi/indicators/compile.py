"""From a measure and an indicator to Spark SQL: the conditions that who is counted meets, and what is made of them."""

from collections.abc import Mapping

from percorsi.indicators.catalogue import Component, Indicator, Measure
from percorsi.indicators.clauses import Scalar, bind
from percorsi.indicators.kind import DENOMINATOR, NUMERATOR
from percorsi.indicators.kinds import FRACTION


def conditions(indicator: Indicator, part: Component, parameters: Mapping[str, Scalar] | None = None) -> dict[str, str]:
    """Clause of a part -> Spark SQL condition over the columns of its grain, parameters bound as typed literals.

    `pathway`, those of the population, those of the numerator, in their order; each may be unknown. `parameters` may
    hold others than the indicator's.
    """
    values = {**indicator.by_component[part.name], **(parameters or {})}
    asked = {**part.population, **part.numerator}
    return {"pathway": f"pathway = '{indicator.pathway}'"} | {name: bind(sql, values) for name, sql in asked.items()}


def sides(
    indicator: Indicator, part: Component, parameters: Mapping[str, Scalar] | None = None
) -> dict[str, tuple[str, ...]]:
    """DENOMINATOR, NUMERATOR -> the `conditions` beside the pathway that a unit there meets, in their order."""
    asked = conditions(indicator, part, parameters)
    population = tuple(asked[name] for name in part.population)
    return {DENOMINATOR: population, NUMERATOR: (*population, *(asked[name] for name in part.numerator))}


def clause_columns(
    measure: Measure,
    indicator: Indicator,
    component: str | None = None,
    parameters: Mapping[str, Scalar] | None = None,
) -> dict[str, str]:
    """Name -> Spark SQL condition, true or false and never unknown, which counts as false.

    First the clauses of `conditions`, each for itself; then `population`, where all of its clauses hold, and
    `numerator`, within the population. Of a mean there is no `numerator` but `value`, a bigint: the unit's value times
    `FRACTION`, divided by `per`; null where it is not known or `per` is not 1 to 12. Of a ratio, `per` is the column of
    its time at risk. `component` is the main one where none is named; `parameters` may hold others than the
    indicator's.
    """
    part = measure.components[measure.main if component is None else component]
    clauses = {name: _certain(sql) for name, sql in conditions(indicator, part, parameters).items()}
    population, numerator = (
        "(" + " AND ".join([clauses["pathway"], *map(_certain, met)]) + ")"
        for met in sides(indicator, part, parameters).values()
    )
    made = {**clauses, "population": population}
    if measure.value is not None:
        values = {**indicator.by_component[part.name], **(parameters or {})}
        return {**made, "value": _value(bind(measure.value, values), measure.per)}
    if measure.per is not None:
        made["per"] = measure.per
    return {**made, "numerator": numerator}


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
