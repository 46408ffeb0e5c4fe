"""From a measure and an indicator to Spark SQL: every clause a condition that is true or false, never unknown."""

from percorsi.indicators.catalogue import Indicator, Measure
from percorsi.indicators.clauses import bind, parse


def clause_columns(measure: Measure, indicator: Indicator) -> dict[str, str]:
    """Name -> Spark SQL condition over the columns of the measure's grain, parameters bound as typed literals.

    First the clauses in their order (`pathway`, those of the population, those of the numerator), each for itself;
    then `population`, where all of its clauses hold, and `numerator`, within the population. Unknown counts as false.
    """
    conditions = {"pathway": _certain(f"pathway = '{indicator.pathway}'")}
    for name, sql in [*measure.population.items(), *measure.numerator.items()]:
        conditions[name] = _certain(bind(parse(sql), indicator.parameters))
    population = [conditions[name] for name in population_clauses(measure)]
    numerator = [conditions[name] for name in measure.numerator]
    return {
        **conditions,
        "population": "(" + " AND ".join(population) + ")",
        "numerator": "(" + " AND ".join([*population, *numerator]) + ")",
    }


def population_clauses(measure: Measure) -> list[str]:
    """Names of the population's clauses in their order, the pathway first: the steps of an attrition."""
    return ["pathway", *measure.population]


def _certain(condition: str) -> str:
    return f"coalesce({condition}, false)"
