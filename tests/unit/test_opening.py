"""From the opening to the first visit at the CSM or the death, and from the first intervention to the assessments."""

from datetime import date as d
from typing import Any

import pytest

from histories import built
from percorsi.features.crosswalk import Code, Crosswalk, Move


def episode(opened: d, contact: str = "A", **said: Any) -> dict[str, Any]:
    return {"episode": {"opened": opened, "contact": contact, **said}}


def seen(*days: d, contact: str = "A", **said: Any) -> dict[str, Any]:
    """Interventions by a nurse at home: neither a visit nor an assessment by who is asked for."""
    said = {"kind": "support", "place": "home", "by": "nurse", **said}
    return {"intervention": {"day": list(days), "contact": contact, **said}}


def visit(*days: d, contact: str = "A", **said: Any) -> dict[str, Any]:
    return {"intervention": {"day": list(days), "contact": contact, **said}}


def died(day: d) -> dict[str, Any]:
    return {"certificate": {"died": day}}


PRESENCE = {"presence": {"day": d(2015, 2, 10)}}
MOVED = Crosswalk((Move(2015, "080", Code("110"), Code("114"), 1),))
# who, facts, (first intervention ever in 2015, days from the opening to the visit at the CSM, to the death)
OPENINGS: list[tuple[str, list[dict], tuple]] = [
    ("seventh day", [episode(d(2015, 2, 1)), seen(d(2015, 2, 3)), visit(d(2015, 2, 8), d(2015, 3, 1))],
     (True, 7, None)),
    ("eighth day", [episode(d(2015, 2, 1)), seen(d(2015, 2, 3)), visit(d(2015, 2, 9))], (True, 8, None)),
    ("visited on the day of the opening", [episode(d(2015, 2, 1)), visit(d(2015, 2, 1))], (True, 0, None)),
    ("opened in December", [episode(d(2014, 12, 20)), visit(d(2015, 1, 2))], (True, 13, None)),
    ("opened before 1970", [episode(d(1968, 5, 1)), visit(d(2015, 2, 10))], (True, 17086, None)),
    ("opened after the first intervention", [episode(d(2015, 2, 12)), visit(d(2015, 2, 10))], (True, -2, None)),
    ("seen in December", [episode(d(2014, 12, 20)), seen(d(2014, 12, 31)), visit(d(2015, 2, 10))],
     (False, None, None)),
    ("seen before the years read", [episode(d(2014, 12, 20)), seen(d(2011, 12, 31)), visit(d(2015, 2, 10))],
     (True, 52, None)),
    ("seen in the year after only", [PRESENCE, episode(d(2015, 2, 1)), visit(d(2016, 2, 10))], (False, None, None)),
    ("two episodes on the first day", [
        episode(d(2015, 2, 1)), episode(d(2015, 1, 20), "B"), seen(d(2015, 2, 10)), visit(d(2015, 2, 10), contact="B")],
     (True, 21, None)),
    ("one of the first day's episodes is not told of", [
        episode(d(2015, 2, 1)), seen(d(2015, 2, 10)), visit(d(2015, 2, 10), contact="B")], (True, 9, None)),
    ("none of the first day's episodes is told of", [
        episode(d(2015, 1, 1)), seen(d(2015, 2, 10), contact="B"), visit(d(2015, 2, 18), contact="C")],
     (True, 8, None)),
    ("the episode of a later day was opened before", [
        episode(d(2015, 2, 5)), episode(d(2015, 1, 1), "B"), visit(d(2015, 2, 10)), visit(d(2015, 2, 11), contact="B")],
     (True, 5, None)),
    ("an episode of the residential register is another", [
        episode(d(2015, 1, 1), register="residential"), visit(d(2015, 2, 10))], (True, 0, None)),
    ("an episode of another DSM is another", [
        episode(d(2015, 1, 1), dsm="030-322-002"), visit(d(2015, 2, 10))], (True, 0, None)),
    ("the opening is what the latest semester says, the year after's too", [
        episode(d(2015, 2, 1), told=["2015S1"]), episode(d(2015, 2, 5), told=["2016S1"]), visit(d(2015, 2, 10))],
     (True, 5, None)),
    ("told of in the year after only", [episode(d(2015, 2, 5), told=["2016S2"]), visit(d(2015, 2, 10))],
     (True, 5, None)),
    ("the DSM had another code when the episode was told of", [
        episode(d(2014, 12, 1), told=["2014S2"], dsm="080-110-001"), visit(d(2015, 1, 10), dsm="080-114-001")],
     (True, 40, None)),
    ("visited in hospital, in prison", [
        episode(d(2015, 2, 1)), visit(d(2015, 2, 3), place="hospital"), visit(d(2015, 2, 4), place="prison")],
     (True, None, None)),
    ("interviewed by the physician only", [episode(d(2015, 2, 1)), visit(d(2015, 2, 3), kind="interview")],
     (True, None, None)),
    # 365 days to 1 February 2016, 334 more to 31 December: 2016 has a 29 February.
    ("visited on the last day of the data", [episode(d(2015, 2, 1)), seen(d(2015, 2, 3)), visit(d(2016, 12, 31))],
     (True, 699, None)),
    ("died unseen on the seventh day", [
        episode(d(2015, 2, 1)), seen(d(2015, 2, 3)), visit(d(2015, 2, 9)), died(d(2015, 2, 8))], (True, None, 7)),
    ("visited on the day of death", [
        episode(d(2015, 2, 1)), seen(d(2015, 2, 3)), visit(d(2015, 2, 9)), died(d(2015, 2, 9))], (True, 8, 8)),
    ("died in the year after", [episode(d(2015, 2, 1)), visit(d(2015, 2, 3)), died(d(2016, 2, 1))], (True, 2, 365)),
    ("without an intervention", [PRESENCE, episode(d(2015, 2, 1)), died(d(2015, 12, 31))], (False, None, None)),
]  # fmt: skip

FIRST = d(2015, 11, 30)
# who, facts, (complete months to the assessment by a physician, by another)
ASSESSMENTS: list[tuple[str, list[dict], tuple]] = [
    ("two months and a half, three months to the day", [
        seen(FIRST), visit(d(2016, 2, 28)), visit(d(2016, 2, 29), by="psychologist", kind="test")], (2, 3)),
    ("from 31 January", [seen(d(2015, 1, 31)), visit(d(2015, 2, 28)),
                         visit(d(2015, 2, 27), kind="interview", by="educator")], (1, 0)),
    ("a day before three months, the day itself", [
        seen(d(2015, 1, 15)), visit(d(2015, 4, 14)), visit(d(2015, 4, 15), kind="interview", by="social worker")],
     (2, 3)),
    ("three months and a day", [
        seen(d(2015, 1, 15)), visit(d(2015, 4, 16)),
        visit(d(2015, 4, 16), kind="psychological interview", by="rehabilitation technician")], (3, 3)),
    ("both in one record on the first day", [visit(d(2015, 3, 1), by=["nurse", "psychologist", "physician"])], (0, 0)),
    ("the first of several", [seen(d(2015, 1, 15)), visit(d(2015, 6, 15), d(2015, 3, 15), d(2016, 1, 1))], (2, None)),
    ("a nurse is no other", [visit(d(2015, 3, 1), by=["nurse", "other"])], (None, None)),
    ("other kinds are no assessment", [
        visit(d(2015, 3, 1), kind=kind, by=["physician", "psychologist"])
        for kind in ("consultation", "medico-legal assessment", "individual psychotherapy")], (None, None)),
    ("assessed the year before only", [visit(d(2014, 12, 31), by=["physician", "psychologist"]), seen(d(2015, 1, 1))],
     (None, None)),
    ("on the last day of the data", [seen(d(2015, 1, 1)), visit(d(2016, 12, 31))], (23, None)),
    ("assessed on the day of death, and after it", [
        seen(d(2015, 1, 1)), visit(d(2015, 2, 1)), visit(d(2015, 2, 2), by="psychologist"), died(d(2015, 2, 1))],
     (1, None)),
    ("no intervention in the year", [PRESENCE, visit(d(2016, 1, 1), by=["physician", "psychologist"])], (None, None)),
]  # fmt: skip
PEOPLE = [{"who": who, "diagnosis": None, "facts": facts} for who, facts, _ in (*OPENINGS, *ASSESSMENTS)]


@pytest.fixture(scope="module")
def rows(spark) -> dict[int, Any]:
    return {
        row["person_id"]: row for row in built(spark, PEOPLE, crosswalk=MOVED, tables=["person_year"])["person_year"]
    }


@pytest.mark.parametrize("number", range(len(OPENINGS)), ids=[who for who, *_ in OPENINGS])
def test_from_the_opening_on(number: int, rows) -> None:
    columns = ("first_intervention_ever_in_year", "days_opening_to_csm_visit", "days_opening_to_death")
    assert tuple(rows[number + 1][column] for column in columns) == OPENINGS[number][2]


@pytest.mark.parametrize("number", range(len(ASSESSMENTS)), ids=[who for who, *_ in ASSESSMENTS])
def test_complete_months_to_the_assessments(number: int, rows) -> None:
    columns = ("months_to_physician_assessment", "months_to_other_assessment")
    assert tuple(rows[len(OPENINGS) + number + 1][column] for column in columns) == ASSESSMENTS[number][2]
