"""The catalogue as rows: what listings and releases say of each indicator, and which indicators lie in each other."""

from collections.abc import Mapping
from itertools import permutations

from percorsi.indicators.catalogue import Catalogue, Component
from percorsi.indicators.clauses import Scalar, bind, tree
from percorsi.indicators.grains import GRAINS


def catalogue_rows(catalogue: Catalogue) -> list[dict]:
    """An entry for each indicator, in the agreement's order."""
    return [
        {
            "code": code,
            "title": indicator.card.title,
            "title_en": measure.title,
            "pathway": indicator.pathway,
            "phase": indicator.card.phase,
            "principal": indicator.card.principal,
            "kind": measure.kind,
            "unit": GRAINS[measure.grain].unit,
            "status": measure.status,
            "measure": measure.name,
            "reading": indicator.reading,
        }
        for code, (measure, indicator) in catalogue.by_code.items()
    ]


def nestings(catalogue: Catalogue) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Which proportions ask the same of fewer: pairs of code and component, the one over more persons first.

    The one over fewer has every clause of the other's population and some of its own, and the same numerator. The
    parameters of the numerator may differ (four interventions, five): whether the one may still hold the other is for
    the counts to say. Components of one code are told by their counts alone (see `percorsi.release.components`).
    """
    asked = [
        ((code, part.name), (measure.grain, indicator.pathway), *asks(part, indicator.by_component[part.name]))
        for code, (measure, indicator) in catalogue.by_code.items()
        if measure.kind == "proportion"
        for part in measure.components.values()
    ]
    return [
        (larger, smaller)
        for (larger, of, wide, numerator), (smaller, less, narrow, same) in permutations(asked, 2)
        if larger[0] != smaller[0] and of == less and wide < narrow and numerator == same
    ]


def asks(part: Component, parameters: Mapping[str, Scalar]) -> tuple[frozenset[str], frozenset[str]]:
    """The clauses of the population, with their parameters put in, and those of the numerator, without."""
    population = frozenset(bind(tree(clause), parameters) for clause in part.population.values())
    return population, frozenset(part.numerator.values())
