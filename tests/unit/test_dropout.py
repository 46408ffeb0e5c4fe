"""How long nobody of the DSM sees a person after an episode that was broken off, or closed by the office, in 2015; and
after a contact of the first year that such a closing follows."""

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


# From the first contact on 10 January: early from 10 March, late from 10 July up to the day before 10 January 2016.
FIRST = {"intervention": {"day": d(2015, 1, 10)}}
MARCH, APRIL, AUTUMN = d(2015, 3, 10), d(2015, 4, 1), d(2015, 9, 1)
# From 10 March to the day after the data end: 296 days to 31 December, 366 of 2016, and one.
# who, facts, days of the early and of the late dropout
FIRST_YEAR: list[tuple[str, list[dict], tuple]] = [
    ("nothing closed", [FIRST, presence(MARCH, AUTUMN)], (None, None)),
    ("closed otherwise", [FIRST, presence(MARCH), *(closed(APRIL, mode=m, contact=m) for m in "1245")], (None, None)),
    ("seen on the 90th day", [FIRST, presence(MARCH, d(2015, 6, 8)), closed(APRIL)], (90, None)),
    ("seen on the 91st day, closed by the office", [FIRST, presence(MARCH, d(2015, 6, 9)), closed(APRIL, mode="9")],
     (91, None)),
    ("left on the last day of the second month", [FIRST, presence(d(2015, 3, 9)), closed(APRIL)], (None, None)),
    ("left on the last day of the sixth month", [FIRST, presence(d(2015, 7, 9), d(2015, 12, 6)), closed(AUTUMN)],
     (150, None)),
    ("left on the first day of the seventh month", [FIRST, presence(d(2015, 7, 10), d(2015, 12, 7)), closed(AUTUMN)],
     (None, 150)),
    ("left on the last day of the year", [FIRST, presence(d(2016, 1, 9), d(2016, 4, 9)), closed(d(2016, 2, 1))],
     (None, 91)),
    ("left a year after", [FIRST, presence(d(2016, 1, 10)), closed(d(2016, 2, 1))], (None, None)),
    ("left on the first day of all", [FIRST, closed(d(2015, 2, 1))], (None, None)),
    ("closed on the day of the last contact", [FIRST, presence(MARCH, d(2015, 6, 9)), closed(MARCH)], (91, None)),
    ("closed on the day before the contact", [FIRST, presence(d(2015, 2, 1), MARCH), closed(d(2015, 3, 9))],
     (None, None)),
    # nobody comes after the closing of the second contact, 20 days nearer to the data end
    ("closed on the day of the next contact", [FIRST, presence(MARCH, d(2015, 3, 30)), closed(d(2015, 3, 30))],
     (643, None)),
    ("closed on the day before the next contact", [FIRST, presence(MARCH, d(2015, 8, 1)), closed(d(2015, 7, 31))],
     (144, None)),
    ("never seen again", [FIRST, presence(MARCH), closed(APRIL)], (663, None)),
    ("seen on the last day of the data", [FIRST, presence(MARCH, d(2016, 12, 31)), closed(APRIL)], (662, None)),
    ("closed on the last day of the data", [FIRST, presence(MARCH), closed(d(2016, 12, 31))], (663, None)),
    ("the longest of several", [
        FIRST, presence(MARCH, d(2015, 4, 10), d(2015, 6, 20), d(2015, 7, 30), d(2015, 9, 30), d(2015, 10, 10)),
        *(closed(day, contact=str(day)) for day in (d(2015, 3, 11), d(2015, 4, 11), d(2015, 8, 1), d(2015, 10, 1)))],
     (71, 62)),
    ("the longest without a closing does not count", [
        FIRST, presence(MARCH, d(2015, 3, 20), d(2015, 7, 1)), closed(d(2015, 3, 15))], (10, None)),
    ("in another ward", [FIRST, presence(MARCH), stay("hospital stay", APRIL, d(2015, 5, 1)), closed(APRIL)],
     (663, None)),
    ("in the SPDC, whose days are contacts", [
        FIRST, stay("SPDC stay", d(2015, 3, 1), MARCH), presence(d(2015, 6, 9)), closed(APRIL)], (91, None)),
    ("in a residence, whose days are contacts", [
        FIRST, presence(MARCH), {"residential stay": {"from": d(2015, 4, 2), "to": d(2015, 4, 9)}}, closed(APRIL)],
     (23, None)),
    ("two on one day are one contact", [FIRST, presence(MARCH, MARCH, d(2015, 6, 9)), closed(APRIL)], (91, None)),
    ("died before the next contact", [FIRST, presence(MARCH, AUTUMN), closed(APRIL), died(d(2015, 8, 31))],
     (663, None)),
    ("died on the day of the next contact", [FIRST, presence(MARCH, AUTUMN), closed(APRIL), died(AUTUMN)],
     (175, None)),
    ("died before the closing", [FIRST, presence(MARCH), closed(APRIL), died(d(2015, 3, 31))], (None, None)),
    ("died on the day of the closing", [FIRST, presence(MARCH), closed(APRIL), died(APRIL)], (663, None)),
    ("died on the day of the contact", [FIRST, presence(MARCH), closed(APRIL), died(MARCH)], (None, None)),
    ("died before all", [FIRST, presence(MARCH), closed(APRIL), died(d(2014, 12, 31))], (None, None)),
    # add_months(31 August, 6) is 29 February 2016, add_months(31 December, 2) as well
    ("six months to the end of February, the day before", [
        {"intervention": {"day": d(2015, 8, 31)}}, presence(d(2016, 2, 28), d(2016, 6, 28)), closed(d(2016, 3, 1))],
     (121, None)),
    ("six months to the end of February", [
        {"intervention": {"day": d(2015, 8, 31)}}, presence(d(2016, 2, 29), d(2016, 6, 28)), closed(d(2016, 3, 1))],
     (None, 120)),
    ("from the last day of the year, a day less than two months", [
        {"intervention": {"day": d(2015, 12, 31)}}, presence(d(2016, 2, 28), d(2016, 2, 29)),
        closed(d(2016, 2, 28))], (None, None)),
    ("from the last day of the year, two months", [
        {"intervention": {"day": d(2015, 12, 31)}}, presence(d(2016, 2, 29)), closed(d(2016, 3, 1))], (307, None)),
    ("from the last day of the year, the last day but one of the data", [
        {"intervention": {"day": d(2015, 12, 31)}}, presence(d(2016, 12, 30)), closed(d(2016, 12, 31))], (None, 2)),
    ("as the year after tells", [
        FIRST, presence(MARCH), closed(APRIL, told=["2015S1"], contact="A"),
        {"episode": {"opened": d(2014, 3, 1), "told": ["2016S1"], "contact": "A"}}], (None, None)),
]  # fmt: skip


@pytest.fixture(scope="module")
def rows(spark) -> dict[int, Any]:
    people = [{"who": who, "facts": [VISIT, *facts]} for who, facts, _ in PEOPLE]
    people += [{"who": who, "facts": facts} for who, facts, _ in FIRST_YEAR]
    return {row["person_id"]: row for row in built(spark, people, tables=["person_year"])["person_year"]}


@pytest.mark.parametrize("number", range(len(PEOPLE)), ids=[who for who, *_ in PEOPLE])
def test_days_without_contact_after_a_dropout(number: int, rows) -> None:
    assert rows[number + 1]["days_without_contact_after_dropout"] == PEOPLE[number][2]


@pytest.mark.parametrize("number", range(len(FIRST_YEAR)), ids=[who for who, *_ in FIRST_YEAR])
def test_dropouts_of_the_first_year(number: int, rows) -> None:
    row = rows[len(PEOPLE) + number + 1]
    assert (row["dropout_early_gap_days"], row["dropout_late_gap_days"]) == FIRST_YEAR[number][2]
