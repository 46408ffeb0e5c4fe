"""Death, suicide and who a person is, by the sources in their order; what is recorded after the death."""

from collections import Counter
from datetime import date as d
from typing import Any

import pytest

from histories import built

VISIT = {"intervention": {"day": d(2015, 2, 10)}}


def closed(day: d, mode: str) -> dict[str, Any]:
    return {"episode": {"opened": d(2014, 3, 1), "closed": day, "closing diagnosis": "29530", "mode": mode}}


def died_in_hospital(day: d) -> dict[str, Any]:
    return {"hospital stay": {"from": d(2015, 1, 20), "to": day, "died": True}}


def ana(**said: Any) -> dict[str, Any]:
    return {"assisted": said}


def cdm(day: d, cause: str = "I219") -> dict[str, Any]:
    return {"certificate": {"died": day, "cause": cause}}


# who, facts beside a visit on 10 February 2015, (death, what told it, suicide in 2015)
DEATHS: list[tuple[str, list[dict], tuple]] = [
    ("of whom nothing is told", [], (None, None, False)),
    ("ANA before CDM", [ana(died=d(2015, 3, 1)), cdm(d(2015, 3, 5))], (d(2015, 3, 5), "cdm", False)),
    ("CDM before all", [cdm(d(2015, 6, 1)), ana(died=d(2015, 5, 1)), died_in_hospital(d(2015, 4, 1)),
                        closed(d(2015, 3, 1), "5")], (d(2015, 6, 1), "cdm", False)),
    ("ANA before hospital", [ana(died=d(2015, 5, 1)), died_in_hospital(d(2015, 4, 1))], (d(2015, 5, 1), "ana", False)),
    ("hospital before SISM", [died_in_hospital(d(2015, 4, 1)), closed(d(2015, 3, 1), "5")],
     (d(2015, 4, 1), "sdo", False)),
    ("SISM alone", [ana(), closed(d(2015, 3, 1), "5")], (d(2015, 3, 1), "sism", False)),
    ("on the last day of the year", [cdm(d(2015, 12, 31), "X709")], (d(2015, 12, 31), "cdm", True)),
    ("on the first day of the next", [cdm(d(2016, 1, 1), "X709")], (d(2016, 1, 1), "cdm", False)),
    ("on the first day of the year", [cdm(d(2015, 1, 1), "X600")], (d(2015, 1, 1), "cdm", True)),
    ("on 29 February", [ana(died=d(2016, 2, 29))], (d(2016, 2, 29), "ana", False)),
    ("two dates in ANA", [ana(died=d(2015, 6, 10)), ana(**{"from": d(2015, 1, 1), "died": d(2015, 6, 2)})],
     (d(2015, 6, 2), "ana", False)),
    ("two dates in CDM", [cdm(d(2015, 6, 10), "X700"), cdm(d(2015, 6, 2))], (d(2015, 6, 2), "cdm", False)),
    ("on the last day of the data", [cdm(d(2016, 12, 31))], (d(2016, 12, 31), "cdm", False)),
    ("after the data end", [cdm(d(2017, 1, 1)), ana(died=d(2017, 1, 1))], (None, None, False)),
    ("after the data end, hospital before", [ana(died=d(2017, 1, 1)), died_in_hospital(d(2015, 4, 1))],
     (d(2015, 4, 1), "sdo", False)),
    ("told by a record begun after the data end", [ana(**{"from": d(2017, 1, 1), "died": d(2015, 4, 1)})],
     (None, None, False)),
    ("long ago", [cdm(d(2009, 7, 1))], (d(2009, 7, 1), "cdm", False)),
    ("X84", [cdm(d(2015, 5, 1), "X849")], (d(2015, 5, 1), "cdm", True)),
    ("X59 and X85 are none", [cdm(d(2015, 5, 1), "X599")], (d(2015, 5, 1), "cdm", False)),
    ("X85", [cdm(d(2015, 5, 1), "X85")], (d(2015, 5, 1), "cdm", False)),
    ("sequelae", [cdm(d(2015, 5, 1), "Y870")], (d(2015, 5, 1), "cdm", True)),
    ("other sequelae", [cdm(d(2015, 5, 1), "Y871")], (d(2015, 5, 1), "cdm", False)),
    ("a cause that is not given", [cdm(d(2015, 5, 1), None), closed(d(2015, 5, 1), "4")],
     (d(2015, 5, 1), "cdm", False)),
    ("suicide for the CSM, CDM knows better", [cdm(d(2015, 5, 1)), closed(d(2015, 5, 1), "4")],
     (d(2015, 5, 1), "cdm", False)),
    ("suicide for the CSM, CDM does not know", [ana(died=d(2015, 4, 29)), closed(d(2015, 5, 1), "4")],
     (d(2015, 4, 29), "ana", True)),
    ("suicide for the CSM, CDM knows after the data end", [cdm(d(2017, 1, 1)), closed(d(2015, 5, 1), "4")],
     (d(2015, 5, 1), "sism", True)),
    ("suicide for the CSM, in the year after", [closed(d(2016, 1, 1), "4")], (d(2016, 1, 1), "sism", False)),
]  # fmt: skip

NOT_REGISTERED = {"registered": False, "facts": [VISIT]}
# who, sex and year of birth for SDO, facts; sex and age in 2015
HOSPITAL = {"hospital stay": {"from": d(2015, 1, 20), "to": d(2015, 1, 22)}}
WHO: list[tuple[dict[str, Any], tuple]] = [
    ({"who": "ANA beside an anagrafica", "facts": [VISIT, ana(sex="1", born=1950)]}, ("2", 45)),
    ({"who": "ANA beside the hospital", "registered": False, "facts": [VISIT, HOSPITAL, ana(sex="1", born=1950)]},
     ("1", 65)),
    ({"who": "latest of two up to the end of the year", "registered": False, "facts": [
        VISIT, ana(sex="1", born=1950), ana(**{"from": d(2015, 12, 31), "sex": "2", "born": 1951}),
        ana(**{"from": d(2016, 1, 1), "sex": "1", "born": 1952})]}, ("2", 64)),
    ({"who": "ANA of the year after only", "registered": False, "facts": [
        VISIT, HOSPITAL, ana(**{"from": d(2016, 1, 1), "sex": "1", "born": 1950})]}, ("2", 45)),
    ({"who": "ANA does not know the sex", "registered": False, "facts": [VISIT, HOSPITAL, ana(sex="9", born=1950)]},
     ("9", 65)),
]  # fmt: skip
# What follows of DEATHS, person by person: sources, days apart, where the death lies (c is 10 February), what CDM and
# SISM say.
BEFORE, IN_YEAR, AFTER = "before_first_contact", "from_first_contact", "after_year"
AGREEMENT = Counter({
    ("cdm,ana", 4, IN_YEAR, "other", "none"): 1,
    ("cdm,ana,sdo,sism", 92, IN_YEAR, "other", "other"): 1,  # 1 March to 1 June
    ("ana,sdo", 30, IN_YEAR, "none", "none"): 1,
    ("sdo,sism", 31, IN_YEAR, "none", "other"): 1,
    ("sism", 0, IN_YEAR, "none", "other"): 1,
    ("cdm", 0, IN_YEAR, "suicide", "none"): 3,  # on 31 December, X84, sequelae
    ("cdm", 0, AFTER, "suicide", "none"): 1,
    ("cdm", 0, BEFORE, "suicide", "none"): 1,  # on 1 January
    ("ana", 0, AFTER, "none", "none"): 1,
    ("ana", 0, IN_YEAR, "none", "none"): 1,  # two dates, of which the earlier counts
    ("cdm", 0, IN_YEAR, "other", "none"): 4,  # two dates; X59, X85, other sequelae
    ("cdm", 0, AFTER, "other", "none"): 1,
    ("sdo", 0, IN_YEAR, "none", "none"): 1,
    ("cdm", 0, BEFORE, "other", "none"): 1,  # long ago
    ("cdm,sism", 0, IN_YEAR, "other", "suicide"): 2,
    ("ana,sism", 2, IN_YEAR, "none", "suicide"): 1,
    ("sism", 0, IN_YEAR, "none", "suicide"): 1,
    ("sism", 0, AFTER, "none", "suicide"): 1,
})  # fmt: skip

AGELESS = {"who": "ANA has no year of birth", "registered": False, "facts": [VISIT, HOSPITAL, ana(born=None)]}
PEOPLE = [*({"who": who, "facts": [VISIT, *facts]} for who, facts, _ in DEATHS), *(who for who, _ in WHO), AGELESS]


@pytest.fixture(scope="module")
def tables(spark) -> dict[str, list]:
    return built(spark, PEOPLE)


@pytest.mark.parametrize("number", range(len(DEATHS)), ids=[who for who, *_ in DEATHS])
def test_a_death_and_what_told_it(number: int, tables) -> None:
    row = next(row for row in tables["person_year"] if row["person_id"] == number + 1)
    assert (row["death_date"], row["death_source"], row["suicide"]) == DEATHS[number][2]


def test_how_the_sources_agree_is_counted(tables) -> None:
    """Everybody is seen in one region: it has the counts of the nation."""
    columns = ("sources", "days_apart", "lies", "cdm_says", "sism_says")
    for region in ("IT", "030"):
        rows = [row for row in tables["death_agreement"] if row["region"] == region]
        assert {tuple(row[c] for c in columns): row["persons"] for row in rows} == AGREEMENT
    assert sum(AGREEMENT.values()) == len([death for *_, (death, *_) in DEATHS if death])


# of DEATHS, by name: days from 10 February to the death or 31 December, both included
AT_RISK = {
    "of whom nothing is told": 325,
    "ANA before CDM": 24,  # to 5 March
    "on the last day of the year": 325,
    "on the first day of the next": 325,
    "on the first day of the year": 0,
    "long ago": 0,
}


@pytest.mark.parametrize("who", AT_RISK)
def test_days_at_risk(who: str, tables) -> None:
    number = [name for name, *_ in DEATHS].index(who) + 1
    (row,) = (row for row in tables["person_year"] if row["person_id"] == number)
    assert row["days_at_risk"] == AT_RISK[who]


def test_days_at_risk_of_a_leap_year(spark) -> None:
    def seen(*days: d) -> dict[str, Any]:
        return {"intervention": {"day": list(days)}}

    people = {
        "all year": ([seen(d(2016, 1, 1))], 366),
        "from the last day on": ([seen(d(2016, 12, 31))], 1),
        "over 29 February": ([seen(d(2016, 2, 28)), cdm(d(2016, 3, 1))], 3),
        "dead on the day of the contact": ([seen(d(2016, 2, 28)), cdm(d(2016, 2, 28))], 1),
        "dead the day before": ([seen(d(2016, 2, 28)), cdm(d(2016, 2, 27))], 0),
        "seen again after the death": ([seen(d(2016, 2, 28), d(2016, 6, 1)), cdm(d(2016, 3, 1))], 3),
        "in a residence since before": (
            [{"residential stay": {"from": d(2015, 9, 1), "to": d(2016, 2, 10)}}, cdm(d(2016, 12, 31))], 366),
    }  # fmt: skip
    rows = built(
        spark, [{"who": who, "facts": facts} for who, (facts, _) in people.items()], year=2016, tables=["person_year"]
    )["person_year"]
    found = {row["person_id"]: row["days_at_risk"] for row in rows}
    assert [found[number] for number in range(1, 8)] == [days for _, days in people.values()]


@pytest.mark.parametrize("number", range(len(WHO)), ids=[who["who"] for who, _ in WHO])
def test_sex_and_age_where_no_anagrafica_tells_them(number: int, tables) -> None:
    row = next(row for row in tables["person_year"] if row["person_id"] == len(DEATHS) + number + 1)
    assert (row["sex"], row["age"]) == WHO[number][1]


def test_the_first_that_speaks_of_a_person_decides_even_without_a_year_of_birth(tables) -> None:
    assert len(PEOPLE) not in {row["person_id"] for row in tables["person_year"]}
    assert [(row["region"], row["persons"]) for row in tables["excluded"]] in (
        [("030", 1), ("IT", 1)],
        [("IT", 1), ("030", 1)],
    )


def test_records_after_the_death_are_counted_by_flow(spark) -> None:
    after = [
        {"who": "seen after her death", "facts": [
            cdm(d(2015, 2, 10)), {"intervention": {"day": [d(2015, 2, 10), d(2015, 2, 11), d(2016, 3, 1)]}},
            {"presence": {"day": d(2015, 2, 12), "dsm": "080-101-001"}},
            {"SPDC stay": {"from": d(2015, 2, 9), "to": d(2015, 2, 20)}},
            {"residential stay": {"from": d(2015, 6, 1), "told": ["2015S1", "2015S2"]}},
            {"episode": {"opened": d(2014, 3, 1)}}]},
        {"who": "admitted after her death", "facts": [
            VISIT, ana(died=d(2015, 4, 1)), {"day hospital": {"from": d(2015, 4, 2), "to": d(2015, 4, 2)}},
            {"intervention": {"day": d(2015, 4, 5)}},
            {"episode": {"opened": d(2015, 5, 1), "told": ["2015S1"]}}]},
        {"who": "without a contact in the year", "facts": [
            cdm(d(2015, 2, 10)), {"intervention": {"day": d(2016, 4, 5)}}]},
        {"who": "long dead", "facts": [VISIT, cdm(d(2009, 1, 1))]},
    ]  # fmt: skip
    rows = built(spark, after, tables=["after_death"])["after_death"]
    # The long dead: a visit, and an episode opened in 2014 that four semesters and 2014's two tell (six records).
    # PSR: 2015S2 begins after the death; both semesters of the stay begun on 1 June.
    assert sorted((row["flow"], row["region"], row["records"], row["persons"]) for row in rows) == [
        ("CNT", "030", 7, 2),
        ("PSR", "030", 2, 1),
        ("PSS", "080", 1, 1),
        ("PST", "030", 4, 3),
        ("SDO", "030", 1, 1),
    ]


def test_an_end_after_the_death_is_counted_with_the_begin_before_it(spark) -> None:
    died = cdm(d(2015, 5, 10))
    opened = {"opened": d(2014, 3, 1), "told": ["2015S1"]}
    stay = {"from": d(2014, 9, 1)}
    people = [
        {"who": "closed after it", "facts": [VISIT, died, {"episode": {**opened, "closed": d(2015, 5, 11)}}]},
        {"who": "closed on the day", "facts": [VISIT, died, {"episode": {**opened, "closed": d(2015, 5, 10)}}]},
        {"who": "never closed", "facts": [VISIT, died, {"episode": opened}]},
        {"who": "discharged after it", "diagnosis": None, "facts": [
            VISIT, died, {"residential stay": {**stay, "to": d(2015, 5, 11), "told": ["2015S1"]}}]},
        {"who": "discharged on the day, told of later", "diagnosis": None, "facts": [
            VISIT, died, {"residential stay": {**stay, "to": d(2015, 5, 10), "told": ["2015S1", "2015S2"]}}]},
        {"who": "in to the end of the semester, and in the next", "diagnosis": None, "facts": [
            VISIT, died, {"residential stay": {**stay, "told": ["2014S2", "2015S1", "2015S2"]}}]},
    ]  # fmt: skip
    rows = built(spark, people, tables=["after_death"])["after_death"]
    assert sorted((row["flow"], row["records"], row["persons"]) for row in rows) == [("CNT", 1, 1), ("PSR", 2, 2)]


def test_records_of_the_other_flows_after_the_death_are_counted_in_the_window(spark) -> None:
    kinds = ("outpatient service", "emergency visit", "addiction contact", "neuropsychiatry contact")
    days = [d(2012, 1, 1), d(2015, 2, 10), d(2015, 2, 11), d(2016, 12, 31), d(2017, 1, 1)]
    events = [{"supplementary event": {"from": day}} for day in days[1:]]
    drugs = [{"dispensing": {"day": days}}, {"dispensing": {"day": days, "channel": "DIR", "dsm": "080-101-001"}}]
    dead = [VISIT, cdm(d(2015, 2, 10)), *events, *drugs]
    before = [d(2011, 12, 31), d(2012, 1, 1)]  # the first lies before the window
    people = [
        {"who": "dead in the year", "facts": [*dead, *({kind: {"day": days}} for kind in kinds)]},
        {"who": "dead long ago", "diagnosis": None, "facts": [
            VISIT, cdm(d(2009, 1, 1)), {"supplementary event": {"from": d(2010, 1, 1)}},
            *({kind: {"day": before}} for kind in ("dispensing", *kinds))]},
        {"who": "alive", "facts": [VISIT, *({kind: {"day": days}} for kind in ("dispensing", *kinds))]},
    ]  # fmt: skip
    rows = built(spark, people, tables=["after_death"])["after_death"]
    # Two days of the one, one of the other: of SUP that of 2010, from before the window.
    assert sorted((row["flow"], row["region"], row["records"], row["persons"]) for row in rows) == [
        ("DIR", "080", 2, 1),
        *((flow, "030", 3, 2) for flow in ("FAR", "NPIA", "PS")),
        ("PST", "030", 1, 1),
        *((flow, "030", 3, 2) for flow in ("SIND", "SPE", "SUP")),
    ]
