"""Every number of a clause matters: moved by one step either way, it moves a clinical case (tests/cases).

A mutant is one more column of the pass over the cases' features. A number of a cohort may show in a case of any measure
of the cohort, all others must show in a case of their own measure; of a component, in the place that it has there.

So does every number that acts in the feature stage, but for two: transfer_gap_days, and month_windows, which says how
far the months after a discharge are looked at. To make the features anew for each costs too much: the facts of a few
cases' persons are gathered once, and what follows from them is asked again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from clinical_cases import UNTOLD, YEAR, Case, cases
from histories import frames
from percorsi.features import drugs
from percorsi.features import frames as features
from percorsi.indicators.catalogue import Indicator, Measure, load_catalogue
from percorsi.indicators.clauses import Scalar, expressions, parameters
from percorsi.indicators.compile import clause_columns
from percorsi.indicators.entries import read_entries
from percorsi.indicators.grains import GRAINS
from percorsi.settings import Parameters, conf_dir, load_settings
from percorsi.tables import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Mutant:
    """A parameter of a component (or of all that use a cohort) with another value."""

    owner: str  # file of cases (`clinical_cases`) or cohort
    component: str
    parameter: str
    direction: str
    value: Scalar
    files: tuple[str, ...]  # in whose cases it must show

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
        for file, indicator in told_apart(measure).items():
            for component, part in measure.components.items():
                used = parameters(*expressions(measure, part))
                for parameter in sorted(used - set(cohort)):
                    value = indicator.by_component[component][parameter]
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        found |= {Mutant(file, component, parameter, d, v, (file,)): None for d, v in moved(value)}
    for name in entries.cohorts:
        inherited, _ = entries.cohort(entries.cohorts[name].extends) if entries.cohorts[name].extends else ({}, {})
        own = {p: v for p, v in entries.cohorts[name].parameters.items() if p not in inherited}
        using = tuple(m for m, e in entries.measures.items() if name in _line(entries, e.cohort))
        for parameter, value in own.items() if using else ():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found |= {Mutant(name, "", parameter, d, v, using): None for d, v in moved(value)}
    return list(found)


def told_apart(measure: Measure) -> dict[str, Indicator]:
    """File of cases -> the indicator they are told of: the first, and each whose parameters are its own."""
    first, *others = measure.indicators.values()
    own = [other for other in others if other.parameters != first.parameters]
    return {measure.name: first, **{f"{measure.name}.{other.code}": other for other in own}}


def _line(entries, cohort: str | None) -> Iterator[str]:
    """A cohort and those that it extends."""
    while cohort is not None:
        yield cohort
        cohort = entries.cohorts[cohort].extends


def _place(file: str, component: str, changed: dict[str, Scalar]) -> str:
    """Spark SQL of where a unit stands: null outside the population, else its numerator or its value."""
    measure = load_catalogue().measures[file.partition(".")[0]]
    indicator = told_apart(measure)[file]
    clauses = clause_columns(measure, indicator, component, changed)
    inside = clauses["value"] if measure.value is not None else f"if({clauses['numerator']}, 1L, 0L)"
    return f"if({clauses['population']}, {inside}, null)"


def _moves(mutant: Mutant, grain: str, people: dict[str, list[int]]) -> str | None:
    """Spark SQL: whether a unit of a case stands elsewhere; None where no measure of the grain is meant."""
    catalogue, said = load_catalogue(), []
    for file in mutant.files:
        measure = catalogue.measures[file.partition(".")[0]]
        if measure.grain != grain or file not in people:
            continue
        of_cohort = mutant.owner != file
        for component in measure.components if of_cohort else [mutant.component]:
            before = _place(file, component, {})
            after = _place(file, component, {mutant.parameter: mutant.value})
            first, last = people[file][0], people[file][-1]  # the cases of a file stand together
            if before != after:
                said.append(f"(person_id BETWEEN {first} AND {last} AND NOT ({before} <=> {after}))")
    return " OR ".join(said) or None


@pytest.fixture(scope="module")
def killed(case_frames) -> set[Mutant]:
    """The mutants that move a case: one aggregate for each grain."""
    people: dict[str, list[int]] = {}
    for case in cases():
        people.setdefault(case.file, []).append(case.person_id)
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
    assert mutant in killed, f"{mutant}: no clinical case stands elsewhere; write one on each side of the edge"


# The feature stage: number -> the measures in whose cases it must show, one for each rule that reads it. Those that are
# moved together move no case of each other's measures.
TOGETHER: tuple[dict[str, tuple[str, ...]], ...] = (
    {
        "therapy_gap_days": ("antipsychotic_maintenance",),
        "follow_up_days": ("continuity_of_care",),
        "month_window_days": ("monthly_contact_after_discharge",),
        "repeat_days": ("antipsychotic_dose_after_stay",),
        "first_months": ("standardised_tests_new",),
        "first_weeks_days": ("early_treatment",),
        "intensive_days": ("intensive_psychotherapy",),
        "precursor_years": ("precursors_in_childhood",),
        "dropout_from_month": ("early_dropout",),
    },
    {
        "naive_days_before_stay": ("antipsychotic_after_acute_phase",),
        "interruption_hospital_days": ("visit_after_antipsychotic_interruption",),
        "recent_therapy_days": ("drug_and_psychotherapy",),
        "dropout_middle_month": ("early_dropout",),
    },
    {
        "start_after_discharge_days": ("antipsychotic_after_acute_phase", "antipsychotic_after_discharge"),
        "monitoring_days": ("metabolic_tests_at_start", "laboratory_tests_at_start"),
        "dropout_to_month": ("early_dropout",),
    },
)
RULES = [(number, measure) for together in TOGETHER for number, measures in together.items() for measure in measures]
STEPS = {"up": 1, "down": -1}


def stepped(parameters: Parameters, names: Iterable[str], direction: str) -> Parameters:
    return parameters.model_copy(update={name: getattr(parameters, name) + STEPS[direction] for name in names})


class _Gathered(Exception):
    """The rows that all else follows from are there."""


def _gathered(spark, people: list[dict], parameters: Parameters) -> tuple["DataFrame", Any]:
    """The facts of persons and their window; beside `drugs`, drugs_up and drugs_down, with another therapy gap."""
    from pyspark.sql import functions as F

    of_persons = drugs.of_persons

    def with_other_gaps(coverages, institutions, window, parameters) -> "DataFrame":
        made = of_persons(coverages, institutions, window, parameters)
        for direction in STEPS:
            other = stepped(parameters, ["therapy_gap_days"], direction)
            said = of_persons(coverages, institutions, window, other)
            made = made.join(said.select("person_id", F.col("drugs").alias(f"drugs_{direction}")), "person_id", "left")
        return made

    def gather(rows, parameters, window) -> None:
        raise _Gathered(rows.localCheckpoint(), window)  # with no plan behind them, which each question would walk

    kept: list[DataFrame] = []

    def keep(df: "DataFrame") -> "DataFrame":
        kept.append(df.persist())
        return kept[-1]

    with pytest.MonkeyPatch.context() as instead, pytest.raises(_Gathered) as gathered:
        instead.setattr(drugs, "of_persons", with_other_gaps)
        instead.setattr(features, "_derived", gather)
        features.build_frames(frames(spark, people), parameters, YEAR, keep)
    for df in kept:
        df.unpersist()
    return gathered.value.args


@pytest.fixture(scope="module")
def shown(spark) -> set[tuple[str, str, str]]:
    """(number, measure, direction) where the number, moved so, moves a case of the measure."""
    from pyspark.sql import functions as F

    measures = {measure for _, measure in RULES}
    asked: list[Case] = [case for case in cases() if case.file in measures]
    people = [{key: said for key, said in case.person.items() if key not in UNTOLD} for case in asked]
    parameters = load_settings().parameters
    rows, window = _gathered(spark, people, parameters)

    def places(parameters: Parameters, drugs: str, names: Iterable[str]) -> dict[str, set[tuple]]:
        """Measure -> where the units of its cases stand, in each component."""
        persons = features._derived(rows.withColumn("drugs", F.col(drugs)), parameters, window)
        units = {"person_year": lambda: persons, "spdc_stay": lambda: features._stays(persons, parameters)}
        found = {}
        for grain in units:
            own = [m for m in map(load_catalogue().measures.get, names) if m.grain == grain]
            said = [f"array({', '.join(_place(m.name, part, {}) for part in m.components)}) as {m.name}" for m in own]
            key = [name for name in table(GRAINS[grain].units).key if name != "year"]
            for row in units[grain]().selectExpr(*key, *said).collect() if own else ():
                measure = asked[row["person_id"] - 1].measure
                if measure in row:  # of this grain, and asked for
                    found.setdefault(measure, set()).add((*(row[k] for k in key), *row[measure]))
        return found

    before = places(parameters, "drugs", sorted(measures))
    assert all(before.values()), "a measure without a case moves nothing"
    found = set()
    for together in TOGETHER:
        for direction in STEPS:
            gap = f"drugs_{direction}" if "therapy_gap_days" in together else "drugs"
            rules = [(number, measure) for number, measure in RULES if number in together]
            after = places(stepped(parameters, together, direction), gap, sorted({measure for _, measure in rules}))
            found |= {(n, measure, direction) for n, measure in rules if after[measure] != before[measure]}
    return found


@pytest.mark.parametrize("direction", STEPS)
@pytest.mark.parametrize(("number", "measure"), RULES)
def test_a_number_of_the_feature_stage_moved_by_one_moves_a_case(number, measure, direction, shown) -> None:
    said = f"{number} {direction}: no case of {measure} stands elsewhere; write one at its edge"
    assert (number, measure, direction) in shown, said


def test_every_number_of_the_feature_stage_is_moved() -> None:
    numbers = {name for name, field in Parameters.model_fields.items() if field.annotation is int}
    moved_there = {number for together in TOGETHER for number in together}
    assert moved_there == numbers - {"transfer_gap_days", "month_windows"}
