"""What was done from the first contact of 2015 on, intensive psychotherapy, by whom a person was seen, the level of
care, days in residences and stays for depression: persons whose numbers were worked out by hand."""

from datetime import date as d
from typing import Any

import pytest

from histories import built
from percorsi.settings import Parameters

VISIT = {"intervention": {"day": d(2015, 2, 10)}}
DEPRESSIVE, BIPOLAR, ANXIETY = "29630", "29640", "30000"


def seen(*days: d, **said: Any) -> dict[str, Any]:
    return {"intervention": {"day": list(days), **said}}


def support(*days: d) -> dict[str, Any]:
    """An intervention that is none of those asked for."""
    return seen(*days, kind="support", by="nurse", place="home")


def test(*days: d) -> dict[str, Any]:
    return seen(*days, kind="test", by="psychologist")


test.__test__ = False  # a word of the histories


def session(*days: d, kind: str = "individual psychotherapy") -> dict[str, Any]:
    return seen(*days, kind=kind, by="psychologist")


def event(kind: str, start: d, end: d | None = None, **said: Any) -> dict[str, Any]:
    return {"supplementary event": {"type": kind, "from": start, "to": end, **said}}


def level(said: str | None, start: d, end: d | None = None, number: str | None = None) -> dict[str, Any]:
    return event("PATHWAY", start, end, attributes={"level": said} if said else {}, id=number)


def stay(kind: str, start: d, end: d, **said: Any) -> dict[str, Any]:
    return {kind: {"from": start, "to": end, **said}}


def died(day: d) -> dict[str, Any]:
    return {"certificate": {"died": day}}


FIRST = d(2015, 1, 15)
SINCE_DECEMBER = stay("SPDC stay", d(2014, 12, 20), d(2015, 1, 10))
EARLY = (
    "tests_first_months",
    "intervention_on_first_day",
    "visits_first_weeks",
    "psychotherapy_or_interviews_first_weeks",
)
# who, facts, EARLY: from the first contact on
FROM_THE_FIRST_CONTACT: list[tuple[str, list[dict], tuple]] = [
    ("tests on the first day, a day before three months, after three months",
     [support(FIRST), test(FIRST, d(2015, 4, 14), d(2015, 4, 15))], (2, True, 0, 0)),
    ("two tests on a day", [support(FIRST), test(d(2015, 2, 1), d(2015, 2, 1))], (2, True, 0, 0)),
    # add_months(30 November, 3) is 29 February
    ("three months to the end of February", [support(d(2015, 11, 30)), test(d(2016, 2, 28), d(2016, 2, 29))],
     (1, True, 0, 0)),
    ("from the last day of the year", [test(d(2015, 12, 31), d(2016, 3, 30), d(2016, 3, 31))], (2, True, 0, 0)),
    ("the year before and from 1 January", [test(d(2014, 12, 31), d(2015, 1, 1), d(2015, 3, 31), d(2015, 4, 1))],
     (2, True, 0, 0)),
    ("in an SPDC on 1 January, so the window is from then on", [SINCE_DECEMBER, test(d(2015, 3, 31), d(2015, 4, 1))],
     (1, False, 0, 0)),
    ("the first contact is a presence", [{"presence": {"day": FIRST}}, test(d(2015, 4, 14)), seen(d(2015, 4, 10))],
     (1, False, 0, 0)),
    ("a presence and an intervention on the first day", [{"presence": {"day": FIRST}}, support(FIRST)],
     (0, True, 0, 0)),
    ("no intervention at all", [{"presence": {"day": FIRST}}], (0, False, 0, 0)),
    # 16 days to 31 January, 28, 31 and 9 more: day 84 is 9 April
    ("visits on day 0, 84, 85", [seen(FIRST, d(2015, 4, 9), d(2015, 4, 10))], (0, True, 2, 0)),
    ("visits anywhere, two on a day", [
        support(FIRST), *(seen(d(2015, 2, 1), place=place) for place in ("hospital", "prison", "home", "telephone"))],
     (0, True, 4, 0)),
    # 11 days to 31 December, 31, 29 and 13 more: day 84 is 13 March 2016
    ("visits of the year after, day 84 and 85", [support(d(2015, 12, 20)), seen(d(2016, 3, 13), d(2016, 3, 14))],
     (0, True, 1, 0)),
    ("sessions and interviews on day 84, 85", [
        support(FIRST), *(session(d(2015, 4, 9), d(2015, 4, 10), kind=kind) for kind in (
            "psychological interview", "individual psychotherapy", "couple psychotherapy", "family psychotherapy",
            "group psychotherapy"))], (0, True, 0, 5)),
    ("other kinds", [seen(FIRST, kind=kind) for kind in (
        "interview", "consultation", "interview with the family", "family psychoeducation", "meeting", "network")],
     (0, True, 0, 0)),
    ("on the day of death and after it", [
        support(FIRST), died(d(2015, 2, 1)), *(
            seen(d(2015, 2, 1), d(2015, 2, 2), kind=kind)
            for kind in ("test", "psychiatric visit", "psychological interview"))], (1, True, 1, 1)),
    ("dead before the first contact", [test(FIRST), seen(FIRST), session(FIRST), died(d(2015, 1, 14))],
     (0, True, 0, 0)),
]  # fmt: skip

INTENSIVE = ("intensive_psychotherapy_interventions", "intensive_psychotherapy_months")
# who, facts beside a visit on 10 February, INTENSIVE
SESSIONS: list[tuple[str, list[dict], tuple]] = [
    ("none", [test(d(2015, 3, 1))], (0, None)),
    ("a single one", [session(d(2015, 3, 1))], (1, 0)),
    ("six months to the day, two on a day", [session(d(2015, 1, 10), d(2015, 1, 10), d(2015, 7, 10))], (3, 6)),
    ("a day less than six months", [session(d(2015, 1, 10), d(2015, 7, 9))], (2, 5)),
    # add_months(31 August, 6) is 29 February 2016
    ("from the end of August to 28 February", [session(d(2015, 8, 31), d(2016, 2, 28))], (2, 5)),
    ("from the end of August to 29 February", [session(d(2015, 8, 31), d(2016, 2, 29))], (2, 6)),
    # 365 days after 1 March 2015 is 29 February 2016
    ("day 365 and 366", [session(d(2015, 3, 1), d(2016, 2, 29), d(2016, 3, 1))], (2, 11)),
    ("the year before does not begin it", [session(d(2014, 12, 31), d(2015, 12, 31), d(2016, 12, 30))], (2, 11)),
    ("in the years beside only", [session(d(2014, 12, 31), d(2016, 1, 1))], (0, None)),
    ("every kind of them once", [session(d(2015, 3, 1), kind=kind) for kind in (
        "psychological interview", "individual psychotherapy", "couple psychotherapy", "family psychotherapy",
        "group psychotherapy", "family psychoeducation", "family psychoeducation in a group")], (7, 0)),
    ("none of the others", [session(d(2015, 3, 1), kind=kind) for kind in (
        "psychiatric visit", "interview", "test", "interview with the family", "meeting", "skills training")],
     (0, None)),
    ("begun by psychoeducation of the patient", [
        event("PSYCHOEDUCATION", d(2015, 2, 1)), event("PSYCHOEDUCATION", d(2014, 12, 31)),
        session(d(2015, 3, 1)), event("PSYCHOEDUCATION", d(2016, 2, 1)), event("PSYCHOEDUCATION", d(2016, 2, 2))],
     (3, 12)),
    ("psychoeducation of the patient alone, twice on a day", [
        event("PSYCHOEDUCATION", d(2015, 2, 1)), event("PSYCHOEDUCATION", d(2015, 2, 1))], (2, 0)),
    ("up to the day of death", [session(d(2015, 2, 1), d(2015, 6, 1), d(2015, 6, 2)), died(d(2015, 6, 1))], (2, 4)),
    ("dead before", [session(d(2015, 2, 2), d(2015, 6, 1)), died(d(2015, 2, 1))], (0, None)),
]  # fmt: skip


def by(*profiles: str, **said: Any) -> dict[str, Any]:
    return seen(d(2015, 3, 1), by=list(profiles), **said)


# who, facts, interventions by physicians and nurses alone, by psychologists alone
BY_WHOM: list[tuple[str, list[dict], tuple]] = [
    ("each alone", [by("physician"), by("nurse"), by("psychologist"), by("educator")], (2, 1)),
    ("together", [by("physician", "nurse"), by("nurse", "nurse", "physician"), by("psychologist", "psychologist"),
                  by("physician", "psychologist"), by("nurse", "other"), by("psychologist", "psychologist", "nurse")],
     (2, 1)),
    ("of any kind and place", [by("nurse", kind="network"), by("physician", kind="meeting", place="hospital")], (2, 0)),
    ("of the year alone", [
        seen(d(2014, 12, 31), d(2015, 1, 1), d(2015, 12, 31), d(2016, 1, 1), by=who)
        for who in ("physician", "psychologist")], (2, 2)),
    ("after the death as well", [by("nurse"), died(d(2015, 1, 1))], (1, 0)),
]  # fmt: skip

# who, facts beside a visit, (level of care, psychoeducation events of the patient)
LEVELS: list[tuple[str, list[dict], tuple]] = [
    ("nothing told", [], (None, 0)),
    ("the latest begun, though it has ended", [
        level("consultation", d(2014, 1, 1)), level("treatment", d(2015, 3, 1), d(2015, 4, 1))], ("treatment", 0)),
    ("ended on 1 January", [level("care", d(2014, 1, 1), d(2015, 1, 1))], ("care", 0)),
    ("ended on 31 December before", [level("care", d(2014, 1, 1), d(2014, 12, 31))], (None, 0)),
    ("begun on 31 December", [level("care", d(2014, 1, 1)), level("consultation", d(2015, 12, 31), d(2016, 3, 1))],
     ("consultation", 0)),
    ("begun on 1 January after", [level("care", d(2010, 1, 1)), level("consultation", d(2016, 1, 1))], ("care", 0)),
    ("of one start the higher number as text", [
        level("care", d(2015, 3, 1), number="9"), level("treatment", d(2015, 3, 1), number="10")], ("care", 0)),
    ("the start comes before the number", [
        level("care", d(2015, 3, 1), number="9"), level("treatment", d(2015, 3, 2), number="10")], ("treatment", 0)),
    ("unknown and untold levels are passed over", [
        level("care", d(2015, 3, 1)), level("high", d(2015, 4, 1)), level(None, d(2015, 5, 1))], ("care", 0)),
    ("a budget is none", [event("BUDGET", d(2015, 3, 1), attributes={"level": "care"})], (None, 0)),
    ("psychoeducation, by its start", [
        event("PSYCHOEDUCATION", day, d(2016, 12, 31))
        for day in (d(2014, 12, 31), d(2015, 1, 1), d(2015, 12, 31), d(2016, 1, 1))], (None, 2)),
    ("psychoeducation twice on a day", [event("PSYCHOEDUCATION", d(2015, 5, 5)) for _ in range(2)], (None, 2)),
]  # fmt: skip


def residence(start: d, end: d | None = None, *told: str, **said: Any) -> dict[str, Any]:
    return {"residential stay": {"from": start, "to": end, "told": list(told) or None, **said}}


# who, facts beside a visit, days in residences
RESIDENCES: list[tuple[str, list[dict], int]] = [
    ("none", [], 0),
    ("the whole year", [residence(d(2013, 5, 1))], 365),
    ("up to 10 January", [residence(d(2014, 5, 1), d(2015, 1, 10))], 10),
    ("up to 31 December before", [residence(d(2014, 5, 1), d(2014, 12, 31))], 0),
    ("a single day", [residence(d(2015, 5, 1), d(2015, 5, 1))], 1),
    ("from 30 December on", [residence(d(2015, 12, 30))], 2),
    ("last told of in the first semester", [residence(d(2014, 5, 1), None, "2014S2", "2015S1")], 181),
    ("two stays that overlap", [residence(d(2015, 3, 1), d(2015, 3, 10)),
                                residence(d(2015, 3, 5), d(2015, 3, 12), dsm="080-101-001")], 12),
    ("told of in the year after only", [residence(d(2015, 12, 1), d(2016, 1, 15), "2016S1")], 31),
    ("beyond the death", [residence(d(2015, 3, 1), d(2015, 3, 10)), died(d(2015, 3, 5))], 10),
]  # fmt: skip

# who, facts beside a visit, days of the longest stay for depression
DEPRESSIONS: list[tuple[str, list[dict], int | None]] = [
    ("none", [], None),
    ("for something else", [stay("SPDC stay", d(2015, 3, 1), d(2015, 3, 15), diagnosis=BIPOLAR)], None),
    ("fourteen days", [stay("SPDC stay", d(2015, 3, 1), d(2015, 3, 15), diagnosis=DEPRESSIVE)], 14),
    ("admitted and discharged on a day", [stay("SPDC stay", d(2015, 3, 1), d(2015, 3, 1), diagnosis="311")], 0),
    ("discharged on 1 January 2013", [stay("SPDC stay", d(2012, 12, 22), d(2013, 1, 1), diagnosis=DEPRESSIVE)], 10),
    ("discharged on the day before", [stay("SPDC stay", d(2012, 12, 22), d(2012, 12, 31), diagnosis=DEPRESSIVE)], None),
    ("the longest of several, one for something else longer", [
        stay("SPDC stay", d(2013, 3, 1), d(2013, 3, 9), diagnosis=DEPRESSIVE),
        stay("SPDC stay", d(2014, 3, 1), d(2014, 3, 20), diagnosis=DEPRESSIVE),
        stay("SPDC stay", d(2015, 3, 1), d(2015, 3, 5), diagnosis=DEPRESSIVE),
        stay("SPDC stay", d(2015, 5, 1), d(2015, 6, 5), diagnosis=ANXIETY)], 19),
    ("on one of two records of a stay, not the last", [
        stay("SPDC stay", d(2015, 2, 1), d(2015, 2, 10), diagnosis=DEPRESSIVE),
        stay("SPDC stay", d(2015, 2, 10), d(2015, 2, 20), diagnosis=ANXIETY)], 19),
    ("on a record of another ward of the stay", [
        stay("hospital stay", d(2015, 2, 1), d(2015, 2, 10), diagnosis=DEPRESSIVE),
        stay("SPDC stay", d(2015, 2, 10), d(2015, 2, 20), diagnosis=ANXIETY)], None),
    ("days in another ward are none of the stay's", [
        stay("hospital stay", d(2015, 2, 1), d(2015, 2, 10), diagnosis=ANXIETY),
        stay("SPDC stay", d(2015, 2, 10), d(2015, 2, 20), diagnosis=DEPRESSIVE)], 10),
    ("discharged in the year after", [stay("SPDC stay", d(2015, 12, 1), d(2016, 1, 1), diagnosis=DEPRESSIVE)], None),
    ("what the cohort sees of a stay that went on", [
        stay("SPDC stay", d(2015, 12, 10), d(2015, 12, 20), diagnosis=DEPRESSIVE),
        stay("SPDC stay", d(2015, 12, 20), d(2016, 1, 5), diagnosis=DEPRESSIVE)], 10),
    ("a private ward", [stay("SPDC stay", d(2015, 3, 1), d(2015, 3, 15), diagnosis=DEPRESSIVE, private=True)], None),
]  # fmt: skip

GROUPS: tuple[tuple[tuple[str, ...], list[tuple], bool], ...] = (
    (EARLY, FROM_THE_FIRST_CONTACT, False),
    (INTENSIVE, SESSIONS, True),
    (("physician_or_nurse_interventions", "psychologist_only_interventions"), BY_WHOM, False),
    (("pathway_level", "patient_psychoeducation_events"), LEVELS, True),
    (("residential_days",), [(who, facts, (days,)) for who, facts, days in RESIDENCES], True),
    (("depressive_stay_days_recent",), [(who, facts, (days,)) for who, facts, days in DEPRESSIONS], True),
)
CASES = [
    (columns, who, [*([VISIT] if visited else []), *facts], expected)
    for columns, people, visited in GROUPS
    for who, facts, expected in people
]
PEOPLE = [{"who": who, "diagnosis": None, "facts": facts} for _, who, facts, _ in CASES]


@pytest.fixture(scope="module")
def rows(spark) -> dict[int, Any]:
    return {row["person_id"]: row for row in built(spark, PEOPLE, tables=["person_year"])["person_year"]}


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{columns[0]}: {who}" for columns, who, _, _ in CASES])
def test_the_columns(number: int, rows) -> None:
    columns, _, _, expected = CASES[number]
    assert tuple(rows[number + 1][column] for column in columns) == expected


def test_the_windows_are_parameters(spark) -> None:
    people = [
        {"who": "first contact", "diagnosis": None, "facts": [
            support(FIRST), test(d(2015, 2, 14), d(2015, 2, 15)), seen(d(2015, 1, 25), d(2015, 1, 26)),
            session(d(2015, 1, 25), d(2015, 1, 26), d(2015, 2, 4), d(2015, 2, 5))]},
        {"who": "precursors", "diagnosis": None, "facts": [
            VISIT, {"neuropsychiatry contact": {"day": [d(2014, 2, 9), d(2014, 2, 10)], "diagnosis": "F92"}}]},
        # From 15 January: early from 15 February, late from 15 March up to the day before 15 April.
        {"who": "dropouts", "facts": [
            seen(FIRST, d(2015, 2, 14), d(2015, 2, 15), d(2015, 3, 15), d(2015, 4, 15)),
            *({"episode": {"opened": d(2014, 3, 1), "closed": day, "mode": "3", "contact": str(day)}}
              for day in (d(2015, 2, 14), d(2015, 2, 20), d(2015, 3, 15), d(2015, 4, 15)))]},
    ]  # fmt: skip
    parameters = Parameters(
        first_months=1,
        first_weeks_days=10,
        intensive_days=10,
        precursor_years=1,
        dropout_from_month=1,
        dropout_middle_month=2,
        dropout_to_month=3,
    )
    rows = {row["person_id"]: row for row in built(spark, people, parameters, tables=["person_year"])["person_year"]}
    assert [rows[1][column] for column in (*EARLY, *INTENSIVE)] == [1, True, 1, 1, 3, 0]
    assert rows[2]["npia_precursor_contacts"] == 1
    assert (rows[3]["dropout_early_gap_days"], rows[3]["dropout_late_gap_days"]) == (28, 31)
