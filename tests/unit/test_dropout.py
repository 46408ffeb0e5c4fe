"""How long nobody of the DSM sees a person after an episode that was broken off, or closed by the office, in 2015."""

from datetime import date as d
from typing import Any

import pytest

from histories import built

CLOSED = d(2015, 6, 30)
VISIT = {"intervention": {"day": d(2015, 2, 10)}}


def closed(day: d = CLOSED, mode: str = "3", **said: Any) -> dict[str, Any]:
    return {"episode": {"opened": d(2014, 3, 1), "closed": day, "closing diagnosis": "29530", "mode": mode, **said}}


def presence(*days: d) -> dict[str, Any]:
    return {"presence": {"day": list(days)}}


def stay(kind: str, start: d, end: d) -> dict[str, Any]:
    return {kind: {"from": start, "to": end}}


def died(day: d) -> dict[str, Any]:
    return {"certificate": {"died": day}}


# From 30 June 2015 to 1 January 2016, the day after the data end a leap year later.
NEVER = 185 + 366
# who, facts beside a visit on 10 February 2015, days
PEOPLE: list[tuple[str, list[dict], int | None]] = [
    ("never seen again", [closed()], NEVER),
    ("seen on the 180th day", [closed(), presence(d(2015, 12, 27), d(2016, 1, 3))], 180),
    ("seen on the 181st day", [closed(), presence(d(2015, 12, 28))], 181),
    ("seen on the day of the closing", [closed(), presence(CLOSED, d(2015, 12, 28))], 181),
    ("seen on the next day", [closed(), {"intervention": {"day": d(2015, 7, 1), "kind": "meeting"}}], 1),
    ("seen on the last day of the data", [closed(), presence(d(2016, 12, 31))], NEVER - 1),
    ("closed by the office", [closed(mode="9")], NEVER),
    ("closed otherwise", [closed(mode=mode, contact=mode) for mode in "1245"], None),
    ("not closed", [], None),
    ("closed on the last day of the year before", [closed(d(2014, 12, 31))], None),
    ("closed on the first day", [closed(d(2015, 1, 1))], 40),
    ("closed on the last day", [closed(d(2015, 12, 31)), presence(d(2016, 6, 28))], 180),
    ("closed on the first day of the year after", [closed(d(2016, 1, 1))], None),
    ("in another ward only", [closed(), stay("hospital stay", d(2015, 9, 1), d(2015, 9, 10))], NEVER),
    ("in the SPDC", [closed(), stay("SPDC stay", d(2015, 9, 30), d(2015, 10, 2))], 92),
    ("in another ward, then in the SPDC", [closed(), stay("hospital stay", d(2015, 9, 1), d(2015, 9, 10)),
                                           stay("SPDC stay", d(2015, 9, 10), d(2015, 9, 20))], 72),
    ("in the SPDC on the day of the closing", [closed(), stay("SPDC stay", d(2015, 6, 20), CLOSED)], NEVER),
    ("in the SPDC over the closing", [closed(), stay("SPDC stay", d(2015, 6, 20), d(2015, 7, 10))], 1),
    ("in a residence", [closed(), {"residential stay": {"from": d(2015, 8, 1), "to": d(2015, 9, 1)}}], 32),
    ("two closings, the second with the longer wait", [
        closed(d(2015, 3, 1), contact="A"), closed(contact="B"), presence(d(2015, 4, 1), d(2015, 8, 1))], 32),
    ("two closings, the first with the longer wait", [
        closed(d(2015, 3, 1), contact="A"), closed(contact="B"), presence(d(2015, 5, 1), d(2015, 7, 1))], 61),
    ("two closings before one contact", [
        closed(d(2015, 3, 1), contact="A"), closed(d(2015, 3, 31), contact="B"), presence(d(2015, 5, 1))], 61),
    ("died before a contact", [closed(), presence(d(2015, 9, 2)), died(d(2015, 9, 1))], NEVER),
    ("died on the day of a contact", [closed(), presence(d(2015, 9, 1)), died(d(2015, 9, 1))], 63),
    ("died on the day of the closing", [closed(), died(CLOSED)], None),
    ("died on the day after the closing", [closed(), died(d(2015, 7, 1))], NEVER),
    ("closed as the year after tells", [closed(told=["2015S1", "2015S2"], day=d(2016, 5, 1), contact="A"),
                                        closed(told=["2016S1"], contact="A")], NEVER),
    ("open again as the year after tells", [
        closed(told=["2015S1"], contact="A"),
        {"episode": {"opened": d(2014, 3, 1), "told": ["2016S1"], "contact": "A"}}], None),
]  # fmt: skip


@pytest.fixture(scope="module")
def rows(spark) -> dict[int, Any]:
    people = [{"who": who, "facts": [VISIT, *facts]} for who, facts, _ in PEOPLE]
    return {row["person_id"]: row for row in built(spark, people)["person_year"]}


@pytest.mark.parametrize("number", range(len(PEOPLE)), ids=[who for who, *_ in PEOPLE])
def test_days_without_contact_after_a_dropout(number: int, rows) -> None:
    assert rows[number + 1]["days_without_contact_after_dropout"] == PEOPLE[number][2]
