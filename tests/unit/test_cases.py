"""The clinical cases (tests/cases): every history of every measure through the real features and clauses, in one pass.

What a case may expect is told in `clinical_cases`; where the areas are the point, `areas` says where it counts.
"""

from typing import Any

import pytest

from clinical_cases import Case, cases, place
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.compile import clause_columns
from percorsi.indicators.grains import GRAINS


def ids() -> list[str]:
    return [f"{case.measure}: {case.person['who']}" for case in cases()]


@pytest.fixture(scope="module")
def outcome(case_frames) -> dict[tuple[str, int], dict[str, tuple[dict[str, Any], list[str]]]]:
    """(code, person_id) -> unit -> component and its place, and the areas in which the unit counts."""
    found: dict[tuple[str, int], dict[str, tuple[dict[str, Any], list[str]]]] = {}
    for grain in GRAINS:
        of_grain = {case.person_id: case for case in cases() if _found(case)[0].grain == grain}
        columns: dict[str, str] = {}  # condition -> name; the same condition of several components stands once
        asked = {
            (code, part): {
                clause: columns.setdefault(sql, f"asked_{len(columns)}")
                for clause, sql in clause_columns(*load_catalogue().find(code), part).items()
            }
            for code in sorted({case.code for case in of_grain.values()})
            for part in load_catalogue().find(code)[0].components
        }
        unit = "string(admission_date)" if grain == "spdc_stay" else "''"
        rows = (
            case_frames[grain]
            .selectExpr(
                "person_id",
                f"{unit} as unit",
                "areas.area as areas",
                *(f"{sql} as {name}" for sql, name in columns.items()),
            )
            .collect()
        )
        for row in rows:
            if case := of_grain.get(row["person_id"]):
                measure, _ = _found(case)
                places = {
                    part: place(measure, part, {clause: row[name] for clause, name in asked[case.code, part].items()})
                    for part in measure.components
                }
                units = found.setdefault((case.code, case.person_id), {})
                units[row["unit"]] = (places, sorted(row["areas"]))
    return found


def _found(case: Case) -> tuple:
    return load_catalogue().find(case.code)


@pytest.mark.parametrize("case", cases(), ids=ids())
def test_case(case: Case, outcome) -> None:
    units = outcome.get((case.code, case.person_id), {})
    got = {unit: places for unit, (places, _) in units.items()}
    assert got == case.expected, f"{case.measure}, {case.person['who']}: {case.person['why']}"
    if "areas" in case.person:
        assert [areas for _, areas in units.values()] == [sorted(case.person["areas"])]


def test_every_measure_has_five_cases_and_each_side_of_it() -> None:
    for name, measure in load_catalogue().measures.items():
        own = [said for case in cases() if case.measure == name for said in case.expected.values()]
        nobody = [case for case in cases() if case.measure == name and not case.expected]
        assert len(own) + len(nobody) >= 5, f"{name} has {len(own)} histories"
        failing = set()
        for part in measure.components:
            places = [said[part] for said in own]
            failing |= {clause for at in places if isinstance(at, dict) for clause in at.values()}
            inside = [at for at in places if at == "numerator" or (isinstance(at, dict) and "value" in at)]
            assert inside, f"{name}, component '{part}': nobody in it"
        clauses = {clause for part in measure.components.values() for clause in (*part.population, *part.numerator)}
        assert clauses <= failing, f"{name}: no history fails at {', '.join(sorted(clauses - failing))}"


def test_every_case_is_of_its_measure() -> None:
    for case in cases():
        assert _found(case)[0].name == case.measure
