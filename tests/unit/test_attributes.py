"""How a person lives and works, months in care, kinds of intervention: who, facts, what the person's row says."""

from datetime import date as d
from typing import Any

import pytest

from histories import built

VISIT = {"intervention": {"day": d(2015, 2, 10)}}


def told(semester: str, **said: Any) -> dict[str, Any]:
    return {"registration": {"told": semester, **said}}


def visit(*days: d, **said: Any) -> dict[str, Any]:
    return {"intervention": {"day": list(days), **said}}


def died(day: d) -> dict[str, Any]:
    return {"certificate": {"died": day}}


def homeless(now: bool | None, before: bool | None) -> dict[str, bool | None]:
    return {"homeless": now, "homeless_year_before": before}


PEOPLE: list[tuple[str, list[dict], dict[str, Any]]] = [
    ("registered in 2014 only", [VISIT, told("2014S2", occupation="worker", residence="041", living="homeless")],
     {"occupation": "11", "residence_region": "041", **homeless(None, True)}),
    ("registered in 2015 only", [VISIT, told("2015S1", occupation="student", living="alone")],
     {"occupation": "04", "residence_region": "030", **homeless(False, None)}),
    ("registered in 2013 and 2016", [VISIT, told("2013S2", occupation="clerk", living="homeless"),
                                     told("2016S1", occupation="manager", residence="080", living="homeless")],
     {"occupation": "10", "residence_region": "030", **homeless(None, None)}),
    ("homeless by residence", [VISIT, told("2014S2", living="alone"), told("2015S1", residence="098", living="alone")],
     {"residence_region": "098", **homeless(True, False)}),
    ("abroad, and no residence known", [VISIT, told("2014S2", residence="998"), told("2015S1", residence="999")],
     homeless(False, False)),
    ("the latest of each year decides", [
        VISIT, told("2014S1", living="homeless"), told("2014S2", living="alone"), told("2015S1", residence="098"),
        told("2015S2", living="homeless"), told("2015S2", living="own family", dsm="030-322-002")],
     homeless(True, False)),
    ("the territorial register before the residential", [
        VISIT, told("2015S2", register="residential", living="homeless", occupation="worker"),
        told("2015S2", living="alone", occupation="unemployed"), told("2014S1", living="homeless"),
        told("2014S2", register="residential", living="alone")], {"occupation": "02", **homeless(False, False)}),
    ("alive", [VISIT], {"alive_at_year_end": True, "months_in_care": 11}),
    ("died on the last day", [VISIT, died(d(2015, 12, 31))], {"alive_at_year_end": False, "months_in_care": 11}),
    ("died on the first day of the year after", [VISIT, died(d(2016, 1, 1))],
     {"alive_at_year_end": True, "months_in_care": 11}),
    ("from January", [visit(d(2015, 1, 31))], {"months_in_care": 12}),
    ("from December", [visit(d(2015, 12, 1))], {"months_in_care": 1}),
    ("died in the month of the contact", [VISIT, died(d(2015, 2, 28))],
     {"alive_at_year_end": False, "months_in_care": 1}),
    ("died on the day of the contact", [VISIT, died(d(2015, 2, 10))], {"months_in_care": 1}),
    ("died in the month after", [VISIT, died(d(2015, 3, 1))], {"months_in_care": 2}),
    ("died before the contact", [visit(d(2015, 9, 10)), died(d(2015, 2, 10))],
     {"alive_at_year_end": False, "months_in_care": 1}),
    ("died years before", [visit(d(2015, 2, 10)), died(d(2013, 12, 31))],
     {"alive_at_year_end": False, "months_in_care": 1}),
    ("in a stay since the year before", [{"SPDC stay": {"from": d(2014, 11, 1), "to": d(2015, 3, 1)}}],
     {"months_in_care": 12}),
    ("kinds of intervention", [
        visit(d(2015, 1, 1), d(2015, 12, 31), kind="meeting", place="home"),
        visit(d(2015, 3, 1), kind="resocialisation"),
        visit(d(2015, 3, 1), kind="resocialisation in a group", place="prison"), visit(d(2015, 3, 1), kind="holiday"),
        visit(d(2015, 3, 1), kind="expressive activity", place="prison"),
        visit(d(2015, 3, 2), kind="expressive activity in a group"), visit(d(2015, 3, 3), kind="work training"),
        visit(d(2015, 3, 4), kind="support"), visit(d(2015, 3, 4), kind="network"),
        visit(d(2014, 12, 31), d(2016, 1, 1), kind="meeting", place="home")],
     {"interventions": 10, "home_interventions": 2, "meetings": 2, "resocialisation_interventions": 3,
      "expressive_interventions": 2, "work_training_interventions": 1, "prison_interventions": 2}),
    ("seen on a day of the year after its death too", [
        visit(d(2015, 2, 1)), visit(d(2015, 5, 1), kind="work training"), died(d(2015, 3, 1))],
     {"work_training_interventions": 1, "home_interventions": 0, "meetings": 0, "resocialisation_interventions": 0,
      "expressive_interventions": 0, "prison_interventions": 0}),
    ("without an intervention", [{"presence": {"day": d(2015, 5, 1)}}],
     {"home_interventions": 0, "meetings": 0, "prison_interventions": 0, "first_intervention_ever_in_year": False}),
]  # fmt: skip
UNREGISTERED = {"who": "without an anagrafica", "registered": False, "facts": [
    VISIT, {"assisted": {"born": 1980}}]}  # fmt: skip


@pytest.fixture(scope="module")
def rows(spark) -> dict[int, Any]:
    people = [*({"who": who, "facts": facts} for who, facts, _ in PEOPLE), UNREGISTERED]
    return {row["person_id"]: row for row in built(spark, people, tables=["person_year"])["person_year"]}


@pytest.mark.parametrize("number", range(len(PEOPLE)), ids=[who for who, *_ in PEOPLE])
def test_the_row_of_a_person(number: int, rows) -> None:
    expected = PEOPLE[number][2]
    assert {column: rows[number + 1][column] for column in expected} == expected


def test_who_has_no_anagrafica_has_none_of_its_attributes(rows) -> None:
    row = rows[len(PEOPLE) + 1]
    assert (row["age"], row["sex"]) == (35, "2")
    assert {row[name] for name in ("living_arrangement", "occupation", "residence_region")} == {None}
    assert {row[name] for name in ("homeless", "homeless_year_before")} == {None}
