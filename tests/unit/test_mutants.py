"""Every number in a definition matters: moved by one step either way, it moves a clinical case (tests/cases).

A mutant is one more column of the pass over the cases' features. A number of a cohort may show in a case of any measure
of the cohort, all others must show in a case of their own measure; of a component, in the place that it has there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import pytest

from clinical_cases import cases
from percorsi.indicators.catalogue import Measure, load_catalogue
from percorsi.indicators.clauses import Scalar, parameters, parse, parse_value
from percorsi.indicators.compile import clause_columns
from percorsi.indicators.entries import read_entries
from percorsi.indicators.grains import GRAINS
from percorsi.settings import conf_dir

# (measure or cohort, parameter, direction) that cannot matter, and why not.
CANNOT_MATTER: dict[tuple[str, str, str], str] = {}


@dataclass(frozen=True)
class Mutant:
    """A parameter of a component (or of all that use a cohort) with another value."""

    owner: str  # measure or cohort
    component: str
    parameter: str
    direction: str
    value: Scalar
    measures: tuple[str, ...]  # in whose cases it must show

    def __str__(self) -> str:
        part = f"/{self.component}" if self.component else ""
        return f"{self.owner}{part}: {self.parameter} {self.direction} ({self.value})"


def step(value: float) -> float:
    """1 for a whole number; for another one of the last digit it is written with: 0.001 for 3.333."""
    return 1 if isinstance(value, int) else float(Decimal(1).scaleb(Decimal(repr(value)).as_tuple().exponent))


def moved(value: float) -> Iterator[tuple[str, float]]:
    digits = 0 if isinstance(value, int) else -Decimal(repr(value)).as_tuple().exponent
    for direction, sign in (("up", 1), ("down", -1)):
        yield direction, round(value + sign * step(value), digits) if digits else value + sign


@cache
def mutants() -> list[Mutant]:
    """All mutants of the numbers that clauses of the catalogue use."""
    catalogue, entries = load_catalogue(), read_entries(conf_dir() / "indicators")
    found: dict[Mutant, None] = {}
    for name, measure in catalogue.measures.items():
        cohort, _ = entries.cohort(entries.measures[name].cohort)
        indicator = next(iter(measure.indicators.values()))
        for component, part in measure.components.items():
            expressions = [parse(sql) for sql in (*part.population.values(), *part.numerator.values())]
            expressions += [parse_value(measure.value)] if measure.value is not None else []
            used = set().union(*map(parameters, expressions))
            for parameter in sorted(used - set(cohort)):
                value = indicator.by_component[component][parameter]
                if isinstance(value, int | float) and not isinstance(value, bool):
                    found |= {Mutant(name, component, parameter, d, v, (name,)): None for d, v in moved(value)}
    for name in entries.cohorts:
        inherited, _ = entries.cohort(entries.cohorts[name].extends) if entries.cohorts[name].extends else ({}, {})
        own = {p: v for p, v in entries.cohorts[name].parameters.items() if p not in inherited}
        using = tuple(m for m, e in entries.measures.items() if name in _line(entries, e.cohort))
        for parameter, value in own.items() if using else ():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found |= {Mutant(name, "", parameter, d, v, using): None for d, v in moved(value)}
    return list(found)


def _line(entries, cohort: str | None) -> Iterator[str]:
    """A cohort and those that it extends."""
    while cohort is not None:
        yield cohort
        cohort = entries.cohorts[cohort].extends


def _place(measure: Measure, component: str, changed: dict[str, Scalar]) -> str:
    """Spark SQL of where a unit stands: null outside the population, else its numerator or its value."""
    indicator = measure.indicators[next(iter(measure.indicators))]
    clauses = clause_columns(measure, indicator, component, changed)
    inside = clauses["value"] if measure.value is not None else f"if({clauses['numerator']}, 1L, 0L)"
    return f"if({clauses['population']}, {inside}, null)"


def _moves(mutant: Mutant, grain: str, people: dict[str, list[int]]) -> str | None:
    """Spark SQL: whether a unit of a case stands elsewhere; None where no measure of the grain is meant."""
    catalogue, said = load_catalogue(), []
    for name in mutant.measures:
        measure = catalogue.measures[name]
        if measure.grain != grain or name not in people:
            continue
        of_cohort = mutant.owner != name
        for component in measure.components if of_cohort else [mutant.component]:
            before = _place(measure, component, {})
            after = _place(measure, component, {mutant.parameter: mutant.value})
            first, last = people[name][0], people[name][-1]  # the cases of a file stand together
            if before != after:
                said.append(f"(person_id BETWEEN {first} AND {last} AND NOT ({before} <=> {after}))")
    return " OR ".join(said) or None


@pytest.fixture(scope="module")
def killed(case_frames) -> set[Mutant]:
    """The mutants that move a case: one aggregate for each grain."""
    people: dict[str, list[int]] = {}
    for case in cases():
        people.setdefault(case.measure, []).append(case.person_id)
    found: set[Mutant] = set()
    for grain in GRAINS:
        asked = {mutant: sql for mutant in mutants() if (sql := _moves(mutant, grain, people))}
        if asked:
            columns = [f"coalesce(bool_or({sql}), false) as mutant_{i}" for i, sql in enumerate(asked.values())]
            row = case_frames[grain].selectExpr(*columns).first()
            found |= {mutant for mutant, moves in zip(asked, row, strict=True) if moves}
    return found


@pytest.mark.parametrize("mutant", mutants(), ids=str)
def test_a_number_moved_by_one_moves_a_case(mutant: Mutant, killed) -> None:
    reason = CANNOT_MATTER.get((mutant.owner, mutant.parameter, mutant.direction))
    if reason is None:
        assert mutant in killed, f"{mutant}: no clinical case stands elsewhere; write one on each side of the edge"
    else:
        assert mutant not in killed, f"{mutant} does matter: take it off the list"


def test_what_cannot_matter_is_there() -> None:
    known = {(mutant.owner, mutant.parameter, mutant.direction) for mutant in mutants()}
    assert set(CANNOT_MATTER) <= known
