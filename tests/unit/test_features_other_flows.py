"""Emergency visits, services for addictions, supplementary events: the columns of persons worked out by hand."""

from datetime import date as d
from typing import Any

import pytest

from histories import built

VISIT = {"intervention": {"day": d(2015, 2, 10)}}


def event(kind: str, start: d, end: d | None = None, **said: Any) -> dict[str, Any]:
    return {"supplementary event": {"type": kind, "from": start, "to": end, **said}}


def emergency(*visits: tuple[d, list[str]]) -> list[dict[str, Any]]:
    return [{"emergency visit": {"day": day, "diagnoses": diagnoses}} for day, diagnoses in visits]


def restraints(*days: d) -> list[dict[str, Any]]:
    return [event("RESTRAINT", day) for day in days]


DAY = d(2015, 6, 1)
PLACEMENT, SUPPORT = ({"attributes": {"kind": kind}} for kind in ("placement", "support"))
NOTHING = {
    **dict.fromkeys(("emergency_visits", "emergency_mental_visits", "addiction_contacts", "plans_started"), 0),
    **dict.fromkeys(("contracts_started", "case_manager_events", "penal_measure_events", "housing_events"), 0),
    "work_placement_events": 0,
}

# who, facts, what the person's row says beside NOTHING
PERSONS: list[tuple[str, list[dict], dict[str, int]]] = [
    ("seen once", [], {}),
    ("emergency, on the first and the last day of the year and beside it", emergency(
        (d(2014, 12, 31), ["29530"]), (d(2015, 1, 1), ["29530"]), (d(2015, 12, 31), ["7865"]),
        (d(2016, 1, 1), ["29530"])), {"emergency_visits": 2, "emergency_mental_visits": 1}),
    ("emergency, the edges of 290-319", emergency(
        *((DAY, [code]) for code in ("289", "290", "319", "320"))),
     {"emergency_visits": 4, "emergency_mental_visits": 2}),
    ("emergency, with more digits", emergency(
        *((DAY, [code]) for code in ("28989", "29010", "30981", "3199", "32089"))),
     {"emergency_visits": 5, "emergency_mental_visits": 3}),
    ("emergency, no code of the chapter", emergency(
        *((DAY, [code]) for code in ("V290", "E9500", "29", "31", "78029"))), {"emergency_visits": 5}),
    ("emergency, in the last position, twice in one visit, none at all", emergency(
        (DAY, ["78650", "4019", "30000"]), (DAY, ["29530", "30000"]), (DAY, [])),
     {"emergency_visits": 3, "emergency_mental_visits": 2}),
    ("service for addictions", [{"addiction contact": {"day": [
        d(2014, 12, 31), d(2015, 1, 1), d(2015, 1, 1), d(2015, 12, 31), d(2016, 1, 1)]}}], {"addiction_contacts": 3}),
    ("plans, by their start alone", [
        event("PTI", d(2014, 12, 31), d(2015, 6, 30)), event("PTI", d(2015, 1, 1), d(2015, 1, 1)),
        event("PTI", d(2015, 12, 31)), event("PTI", d(2016, 1, 1))], {"plans_started": 2}),
    ("contracts, by their start alone", [
        event("CONTRACT", d(2014, 12, 31)), event("CONTRACT", d(2015, 1, 1)), event("CONTRACT", d(2016, 1, 1))],
     {"contracts_started": 1}),
    ("case manager since before, still on", [event("CASE_MANAGER", d(2010, 5, 1))], {"case_manager_events": 1}),
    ("case managers until New Year's Day and until the day before", [
        event("CASE_MANAGER", d(2014, 3, 1), d(2015, 1, 1)), event("CASE_MANAGER", d(2014, 3, 1), d(2014, 12, 31))],
     {"case_manager_events": 1}),
    ("case managers from the last day of the year and from the day after", [
        event("CASE_MANAGER", d(2015, 12, 31), d(2016, 5, 1)), event("CASE_MANAGER", d(2016, 1, 1))],
     {"case_manager_events": 1}),
    ("two case managers, one longer than the year, in two regions", [
        event("CASE_MANAGER", d(2014, 3, 1), d(2016, 3, 1), dsm="080-101-001"),
        event("CASE_MANAGER", d(2015, 3, 1), d(2015, 3, 1))], {"case_manager_events": 2}),
    ("penal measures and housing", [
        event("PENAL_MEASURE", d(2014, 3, 1), d(2015, 1, 1), attributes={"measure": "probation"}),
        event("PENAL_MEASURE", d(2013, 3, 1), d(2014, 12, 31)),
        event("HOUSING", d(2012, 3, 1)), event("HOUSING", d(2015, 12, 31))],
     {"penal_measure_events": 1, "housing_events": 2}),
    ("work: placement and not", [
        event("WORK", d(2014, 3, 1), d(2015, 1, 1), **PLACEMENT), event("WORK", d(2015, 3, 1), **PLACEMENT),
        event("WORK", d(2014, 3, 1), d(2014, 12, 31), **PLACEMENT), event("WORK", d(2015, 3, 1), **SUPPORT),
        event("WORK", d(2015, 3, 1))], {"work_placement_events": 2}),
    ("events of other types", [
        event("SCALE", DAY), event("PSYCHOEDUCATION", DAY), event("PATHWAY", DAY), event("RESTRAINT", DAY),
        event("BUDGET", DAY, **PLACEMENT)], {}),
    ("dead, and counted afterwards", [
        {"certificate": {"died": d(2015, 3, 1)}}, *emergency((DAY, ["29530"])),
        {"addiction contact": {"day": DAY}}, event("PTI", DAY), event("HOUSING", DAY)],
     {"emergency_visits": 1, "emergency_mental_visits": 1, "addiction_contacts": 1, "plans_started": 1,
      "housing_events": 1}),
]  # fmt: skip

# who, facts, restraints of each SPDC stay by its admission
STAYS: list[tuple[str, list[dict], dict[d, int]]] = [
    ("none", [{"SPDC stay": {"from": d(2015, 2, 1), "to": d(2015, 2, 10)}}], {d(2015, 2, 1): 0}),
    ("on the days of admission and discharge and the days beside them", [
        {"SPDC stay": {"from": d(2015, 2, 1), "to": d(2015, 2, 10)}},
        *restraints(d(2015, 1, 31), d(2015, 2, 1), d(2015, 2, 10), d(2015, 2, 11))], {d(2015, 2, 1): 2}),
    ("begun before the stay, and twice on a day", [
        {"SPDC stay": {"from": d(2015, 2, 1), "to": d(2015, 2, 10)}},
        event("RESTRAINT", d(2015, 1, 31), d(2015, 2, 3)), *restraints(d(2015, 2, 5), d(2015, 2, 5))],
     {d(2015, 2, 1): 2}),
    ("in the other ward of the hospital stay", [
        {"hospital stay": {"from": d(2015, 2, 1), "to": d(2015, 2, 5)}},
        {"SPDC stay": {"from": d(2015, 2, 5), "to": d(2015, 2, 10)}},
        *restraints(d(2015, 2, 4), d(2015, 2, 5))], {d(2015, 2, 5): 1}),
    ("in two stays, one since the year before", [
        {"SPDC stay": {"from": d(2014, 12, 10), "to": d(2015, 1, 10)}},
        {"SPDC stay": {"from": d(2015, 5, 1), "to": d(2015, 5, 9)}},
        {"SPDC stay": {"from": d(2015, 8, 1), "to": d(2015, 8, 9)}},
        *restraints(d(2014, 12, 20), d(2015, 5, 3), d(2015, 5, 4))],
     {d(2014, 12, 10): 1, d(2015, 5, 1): 2, d(2015, 8, 1): 0}),
    ("told of by another region", [
        {"SPDC stay": {"from": d(2015, 2, 1), "to": d(2015, 2, 10)}},
        event("RESTRAINT", d(2015, 2, 3), dsm="080-101-001"), event("PTI", d(2015, 2, 3))], {d(2015, 2, 1): 1}),
]  # fmt: skip


@pytest.fixture(scope="module")
def tables(spark) -> dict[str, list]:
    people = [{"who": who, "facts": [VISIT, *facts]} for who, facts, _ in (*PERSONS, *STAYS)]
    return built(spark, people)


@pytest.mark.parametrize("number", range(len(PERSONS)), ids=[who for who, *_ in PERSONS])
def test_counts_of_the_year(number: int, tables) -> None:
    row = next(row for row in tables["person_year"] if row["person_id"] == number + 1)
    assert {name: row[name] for name in NOTHING} == {**NOTHING, **PERSONS[number][2]}


@pytest.mark.parametrize("number", range(len(STAYS)), ids=[who for who, *_ in STAYS])
def test_restraints_of_a_stay(number: int, tables) -> None:
    rows = [row for row in tables["spdc_stay"] if row["person_id"] == len(PERSONS) + number + 1]
    assert {row["admission_date"]: row["restraints"] for row in rows} == STAYS[number][2]
