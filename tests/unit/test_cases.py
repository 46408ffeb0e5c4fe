"""The clinical cases (tests/cases): every history of every measure through the real features and clauses, in one pass.

A case says who, what happened, why, and what is expected: of a person, or of each SPDC stay by its admission,

    numerator                      in the denominator and in the numerator
    {denominator: clause}          in the denominator; `clause` is the first of the numerator's that does not hold
    {excluded: clause}             in no denominator; `clause` is the first of the population's that does not hold
    nobody                         no row at all: no DSM contact in the year, or no year of birth

and, where the areas are the point, `areas`: where it counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from histories import frames
from percorsi.features.frames import build_frames
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.compile import clause_columns
from percorsi.indicators.grains import GRAINS
from percorsi.settings import load_settings, load_yaml

CASES = Path(__file__).parents[1] / "cases"
YEAR = 2015
NOBODY = "nobody"


@dataclass(frozen=True)
class Case:
    """One history of a file; `person_id` is its place among all of them."""

    measure: str
    code: str
    person_id: int
    person: Mapping[str, Any]

    @property
    def expected(self) -> dict[str, Any]:
        """What is expected, by the unit it is expected of: '' for the person, the day of admission for a stay."""
        said = self.person["expected"]
        return {str(stay["admitted"]): stay["is"] for stay in said} if isinstance(said, list) else {"": said}


@cache
def cases() -> list[Case]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        file = load_yaml(path)
        found += [(path.stem, file["indicator"], person) for person in file["cases"]]
    return [Case(measure, code, number, person) for number, (measure, code, person) in enumerate(found, start=1)]


def ids() -> list[str]:
    return [f"{case.measure}: {case.person['who']}" for case in cases()]


@pytest.fixture(scope="module")
def outcome(spark):
    """(indicator, person_id) -> unit -> {name of a clause: whether it holds, 'areas': where the unit counts}."""
    untold = ("why", "expected", "areas")
    people = [{key: said for key, said in case.person.items() if key not in untold} for case in cases()]
    made = build_frames(frames(spark, people), load_settings().parameters, YEAR, lambda df: df.persist())
    found: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}
    for grain in ("person_year", "spdc_stay"):
        codes = sorted({case.code for case in cases() if load_catalogue().find(case.code)[0].grain == grain})
        columns = {code: clause_columns(*load_catalogue().find(code)) for code in codes}
        flat = {(code, clause): sql for code in codes for clause, sql in columns[code].items()}
        names = [f"`{code} {clause}`" for code, clause in flat]
        key = list(GRAINS[grain].key)
        unit = "string(admission_date)" if grain == "spdc_stay" else "''"
        areas = made[GRAINS[grain].areas.removeprefix("features/")].groupBy(*key).agg({"area": "collect_list"})
        rows = (
            made[grain]
            .join(areas, key)
            .selectExpr(
                "person_id",
                f"{unit} as unit",
                "`collect_list(area)` as areas",
                *(f"{sql} as {name}" for sql, name in zip(flat.values(), names, strict=True)),
            )
            .collect()
        )
        for row in rows:
            for code, clause in flat:
                said = found.setdefault((code, row["person_id"]), {}).setdefault(row["unit"], {})
                said[clause] = row[f"{code} {clause}"]
                said["areas"] = sorted(row["areas"])
    return found


def place(code: str, said: Mapping[str, bool]) -> str | dict[str, str]:
    """Where a unit stands, as the cases say it."""
    measure, _ = load_catalogue().find(code)
    for part, clauses in (("excluded", ["pathway", *measure.population]), ("denominator", measure.numerator)):
        for clause in clauses:
            if not said[clause]:
                return {part: clause}
    return "numerator"


@pytest.mark.parametrize("case", cases(), ids=ids())
def test_case(case: Case, outcome) -> None:
    units = outcome.get((case.code, case.person_id), {})
    got = {unit: place(case.code, said) for unit, said in units.items()}
    assert (got or {"": NOBODY}) == case.expected, f"{case.measure}, {case.person['who']}: {case.person['why']}"
    if "areas" in case.person:
        assert [said["areas"] for said in units.values()] == [sorted(case.person["areas"])]


def test_every_measure_has_five_cases_and_each_side_of_it() -> None:
    for name, measure in load_catalogue().measures.items():
        own = [expected for case in cases() if case.measure == name for expected in case.expected.values()]
        assert len(own) >= 5, f"{name} has {len(own)} histories"
        assert "numerator" in own
        failing = {clause for expected in own if isinstance(expected, dict) for clause in expected.values()}
        untold = {*measure.population, *measure.numerator} - failing
        assert not untold, f"{name}: no history fails at {', '.join(sorted(untold))}"


def test_every_case_is_of_its_measure() -> None:
    for case in cases():
        measure, _ = load_catalogue().find(case.code)
        assert measure.name == case.measure
