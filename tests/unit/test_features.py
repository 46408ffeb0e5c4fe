"""The columns of the feature tables, by persons whose numbers were worked out by hand."""

from datetime import date as d
from typing import Any

import pytest

from histories import HOSPITAL, built, frames
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features import build
from percorsi.features.boundaries import Boundaries
from percorsi.features.crosswalk import COLUMNS, Crosswalk
from percorsi.features.frames import INPUTS, TABLES
from percorsi.home import CROSSWALK
from percorsi.settings import Parameters
from percorsi.small_frame import small_frame
from percorsi.tables import declared_tables, table

VISIT = {"intervention": {"day": d(2015, 2, 10)}}


def spdc(start: d, end: d, **said: Any) -> dict[str, Any]:
    return {"SPDC stay": {"from": start, "to": end, **said}}


def ended(day: d, mode: str = "5") -> dict[str, Any]:
    return {"episode": {"opened": d(2014, 3, 1), "closed": day, "closing diagnosis": "29530", "mode": mode}}


# who, facts, what the person's row says
PERSONS: list[tuple[str, list[dict], dict[str, Any]]] = [
    ("seen once", [VISIT], {"sex": "2", "age": 45, "age_class": "45-54", "first_contact_date": d(2015, 2, 10),
                            "interventions": 1, "presences": 0, "spdc_stays": 0, "longest_contact_gap": 365,
                            "days_to_csm_visit": None, "first_missed_month": None, "regions": 1 << 2}),
    ("in an SPDC since December", [spdc(d(2014, 12, 20), d(2015, 1, 10))],
     {"first_contact_date": d(2015, 1, 1), "first_stay_discharge": d(2015, 1, 10), "spdc_stays": 1,
      "first_missed_month": 1, "longest_contact_gap": 356}),
    ("residential, told of in the first semester", [{"residential stay": {"from": d(2013, 5, 1), "told": ["2015S1"]}}],
     {"first_contact_date": d(2015, 1, 1), "longest_contact_gap": 185}),
    ("residential, last told of in 2014, visited", [VISIT, {"residential stay": {"from": d(2013, 5, 1),
                                                                               "told": ["2014S2"]}}],
     {"first_contact_date": d(2015, 2, 10)}),
    ("residential, discharge told of later", [
        {"residential stay": {"from": d(2015, 3, 1), "told": ["2015S1"], "contact": "A"}},
        {"residential stay": {"from": d(2015, 3, 1), "to": d(2015, 7, 9), "told": ["2015S2"], "contact": "A"}}],
     {"first_contact_date": d(2015, 3, 1), "longest_contact_gap": 235}),
    ("in two regions", [VISIT, {"presence": {"day": d(2015, 1, 5), "dsm": "080-101-001"}}],
     {"first_contact_date": d(2015, 1, 5), "regions": (1 << 2) + (1 << 8), "presences": 1, "longest_contact_gap": 329}),
    ("dead in hospital, another day in SISM", [VISIT, ended(d(2015, 3, 1)),
                                               {"day hospital": {"from": d(2015, 4, 1), "to": d(2015, 4, 9),
                                                                 "died": True}}],
     {"death_date": d(2015, 4, 9), "longest_contact_gap": 58}),
    ("dead twice in hospital", [VISIT, {"hospital stay": {"from": d(2015, 5, 1), "to": d(2015, 5, 2), "died": True}},
                                {"hospital stay": {"from": d(2015, 3, 1), "to": d(2015, 3, 5), "died": True}}],
     {"death_date": d(2015, 3, 5)}),
    ("suicide, as the CSM tells in 2016", [VISIT, ended(d(2016, 1, 20), "4")],
     {"death_date": d(2016, 1, 20), "longest_contact_gap": 344}),
    ("closed by the office", [VISIT, ended(d(2015, 5, 1), "9")], {"death_date": None}),
    ("a death that the next semester takes back", [
        VISIT, {"episode": {**ended(d(2015, 3, 1))["episode"], "told": ["2015S1"], "contact": "A"}},
        {"episode": {"opened": d(2014, 3, 1), "told": ["2015S2"], "contact": "A"}}], {"death_date": None}),
    ("dead before the first contact", [VISIT, ended(d(2015, 1, 20))],
     {"death_date": d(2015, 1, 20), "longest_contact_gap": 0, "interventions": 1}),
    ("second stay of the year asked for, the first ended by death", [
        spdc(d(2015, 2, 1), d(2015, 2, 9), died=True), spdc(d(2015, 5, 1), d(2015, 5, 9))],
     {"spdc_stays": 2, "first_stay_discharge": None}),
    ("counts of a year", [
        {"intervention": {"day": [d(2015, 1, 1), d(2015, 12, 31)], "kind": "family psychotherapy",
                          "by": ["psychologist", "educator"]}},
        {"intervention": {"day": d(2015, 3, 1), "kind": "family psychoeducation in a group", "by": "nurse"}},
        {"intervention": {"day": d(2015, 3, 1), "kind": "psychological interview", "by": "psychologist"}},
        {"intervention": {"day": d(2015, 3, 2), "kind": "skills training", "by": ["physician", "nurse"]}},
        {"intervention": {"day": d(2015, 3, 3), "kind": "network", "by": ["physician", "nurse"]}},
        {"intervention": {"day": [d(2014, 12, 31), d(2016, 1, 1)], "kind": "meeting", "by": "physician"}}],
     {"interventions": 6, "family_interventions": 3, "family_psychoeducation": 1, "psychotherapy_sessions": 2,
      "psychological_interviews": 1, "skills_interventions": 1, "physician_interventions": 1,
      "other_profile_interventions": 5, "first_contact_date": d(2015, 1, 1)}),
    ("days after a discharge", [
        spdc(d(2015, 2, 1), d(2015, 2, 9)),
        {"intervention": {"day": d(2015, 2, 20), "place": "home", "by": "nurse", "kind": "support"}},
        {"intervention": {"day": [d(2015, 4, 30), d(2016, 2, 8)]}}],
     {"days_to_home_intervention": 11, "days_to_csm_visit": 80, "first_missed_month": 2, "longest_contact_gap": 277}),
]  # fmt: skip

# The others: what is said of whom is asked below.
MINOR = {"who": "seventeen", "born": 1998, "facts": [VISIT]}
OLD = {"who": "seventy-five", "born": 1940, "sex": "1", "facts": [VISIT]}
BY_HOSPITAL = {"who": "known to the hospital only", "born": 1950, "sex": "1", "registered": False,
               "facts": [spdc(d(2015, 2, 1), d(2015, 2, 9))]}  # fmt: skip
UNKNOWN_SEX = {"who": "sex not known", "sex": "9", "facts": [VISIT]}
AGELESS = {"who": "no year of birth", "born": None, "registered": False,
           "facts": [VISIT, {"presence": {"day": d(2015, 3, 1), "dsm": "080-101-001"}}]}  # fmt: skip
REGISTERED_LATER = {"who": "anagrafica of 2016 only", "facts": [VISIT, {"registration": {"told": "2016S1"}}]}
OFTEN = {"who": "often in hospital", "facts": [
    spdc(d(2014, 12, 1), d(2014, 12, 20)), spdc(d(2015, 1, 10), d(2015, 1, 30), TSO=True),
    {"hospital stay": {"from": d(2015, 3, 1), "to": d(2015, 3, 5)}},
    spdc(d(2015, 3, 5), d(2015, 3, 10)), spdc(d(2015, 3, 10), d(2015, 3, 25), TSO=True, hospital="03000202"),
    spdc(d(2015, 12, 30), d(2016, 1, 4))]}  # fmt: skip
IN_WINDOW = {"who": "as the year sees her", "facts": [
    VISIT, spdc(d(2015, 3, 1), d(2015, 3, 10)), {"registration": {"told": "2014S2"}},
    {"episode": {"opened": d(2014, 3, 1)}}]}  # fmt: skip
OUTSIDE_TOO = {"who": "the same, with what lies outside the window", "facts": [
    *IN_WINDOW["facts"],
    spdc(d(2011, 12, 1), d(2011, 12, 31)), spdc(d(2017, 1, 2), d(2017, 1, 9), died=True),
    {"intervention": {"day": [d(2017, 1, 1), d(2011, 12, 31)], "place": "home"}},
    {"presence": {"day": d(2017, 1, 1), "dsm": "080-101-001"}},
    {"residential stay": {"from": d(2015, 6, 1), "told": ["2017S1"]}},
    {"residential stay": {"from": d(2011, 6, 1), "told": ["2011S1", "2011S2"]}},
    {"episode": {"opened": d(2011, 1, 1), "diagnosis": "29640", "told": ["2011S1"]}},
    {"episode": {"opened": d(2015, 2, 1), "diagnosis": "29640", "told": ["2017S1"]}},
    {"episode": {"opened": d(2014, 3, 1), "closed": d(2015, 2, 1), "told": ["2017S1"], "mode": "5"}},
    {"registration": {"told": "2017S1", "born": 1930, "sex": "1"}}]}  # fmt: skip
OTHERS = [MINOR, OLD, BY_HOSPITAL, UNKNOWN_SEX, AGELESS, REGISTERED_LATER, OFTEN, IN_WINDOW, OUTSIDE_TOO]
PEOPLE = [*({"who": who, "facts": facts} for who, facts, _ in PERSONS), *OTHERS]


@pytest.fixture(scope="module")
def tables(spark) -> dict[str, list]:
    return built(spark, PEOPLE)


def of(tables: dict[str, list], name: str, who: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of one of the others, without the person's number."""
    number = PEOPLE.index(who) + 1
    rows = [row.asDict() for row in tables[name] if row["person_id"] == number]
    return [{column: said for column, said in row.items() if column != "person_id"} for row in rows]


@pytest.mark.parametrize("number", range(len(PERSONS)), ids=[who for who, *_ in PERSONS])
def test_person_year(number: int, tables) -> None:
    row = next(row for row in tables["person_year"] if row["person_id"] == number + 1)
    expected = PERSONS[number][2]
    assert {name: row[name] for name in expected} == expected


def test_sex_and_age_come_from_the_register_else_from_the_hospital(tables) -> None:
    said = {who["who"]: of(tables, "person_year", who)[0] for who in (MINOR, OLD, BY_HOSPITAL, UNKNOWN_SEX)}
    assert {who: (row["sex"], row["age"], row["age_class"]) for who, row in said.items()} == {
        "seventeen": ("2", 17, None),
        "seventy-five": ("1", 75, "75+"),
        "known to the hospital only": ("1", 65, "65-74"),
        "sex not known": ("9", 45, "45-54"),
    }


def test_who_has_no_year_of_birth_is_counted_and_nothing_else(tables) -> None:
    # AGELESS in 030 and 080, REGISTERED_LATER in 030: a person once in each region, once in the nation.
    assert sorted((row["region"], row["reason"], row["persons"]) for row in tables["excluded"]) == [
        ("030", "no_birth_year", 2),
        ("080", "no_birth_year", 1),
        ("IT", "no_birth_year", 2),
    ]
    for who in (AGELESS, REGISTERED_LATER):
        assert of(tables, "person_year", who) == []
    assert len(tables["person_year"]) == len(PEOPLE) - 2


def test_a_person_counts_once_in_each_area(tables) -> None:
    number = next(n for n, (who, *_) in enumerate(PERSONS, start=1) if who == "in two regions")
    (areas,) = (row["areas"] for row in tables["person_year"] if row["person_id"] == number)
    assert [tuple(area) for area in areas] == [
        ("dsm", "030-321-001"),
        ("dsm", "080-101-001"),
        ("nation", "IT"),
        ("region", "030"),
        ("region", "080"),
    ]


def test_stays_of_the_year(tables) -> None:
    columns = ["stay", "admission_date", "discharge_date", "length_days", "compulsory_records"]
    columns += ["days_since_previous_stay", "ended_by_death", "pathway"]
    assert sorted(tuple(row[c] for c in columns) for row in of(tables, "spdc_stay", OFTEN)) == [
        (2, d(2015, 1, 10), d(2015, 1, 30), 20, 1, 21, False, "schizophrenia"),
        (3, d(2015, 3, 5), d(2015, 3, 25), 20, 1, 34, False, "schizophrenia"),
    ]
    areas = {row["stay"]: [area["area"] for area in row["areas"]] for row in of(tables, "spdc_stay", OFTEN)}
    assert areas == {2: ["030-321-001", "IT", "030"], 3: ["030-321-001", "030-322-002", "IT", "030"]}


def test_what_lies_outside_the_window_changes_nothing(tables) -> None:
    for name in ("person_year", "spdc_stay"):
        assert of(tables, name, OUTSIDE_TOO) == of(tables, name, IN_WINDOW) != [], name


def test_the_register_of_the_nearest_year_gives_the_dsm(spark) -> None:
    def dsms(years: dict[int, str]) -> set[tuple[str, int, str]]:
        from percorsi.features.services import dsm_of_hospitals

        rows = [("030", "321", dsm, HOSPITAL, year, "SPDC") for year, dsm in years.items()]
        rows.append(("030", "321", "009", HOSPITAL, 2015, "CSM"))  # no SPDC, though of the same code
        service, window = frames(spark, [], rows)["service"], EvaluationWindow(2015)
        made = dsm_of_hospitals(service, Boundaries(Crosswalk(), service, window), window)
        return {(row["discharge_year"], row["dsm"]) for row in made.collect()}

    # 2013 and 2016 lie as near to 2014.5 nowhere: every year has a nearest one, 2017 is beyond the window.
    assert dsms({2013: "001", 2016: "002", 2017: "003"}) == {
        *((year, "001") for year in (2012, 2013, 2014)),
        *((year, "002") for year in (2015, 2016)),
    }
    # 2014 and 2016 are as near to 2015, and disagree: no DSM for that year.
    assert dsms({2014: "001", 2016: "002"}) == {(2012, "001"), (2013, "001"), (2014, "001"), (2016, "002")}
    assert dsms({2010: "001"}) == {(year, "001") for year in range(2012, 2017)}


def test_the_parameters_of_the_stage(spark) -> None:
    gap = [spdc(d(2015, 2, 1), d(2015, 2, 9)), spdc(d(2015, 2, 10), d(2015, 2, 20))]
    private = [spdc(d(2015, 2, 1), d(2015, 2, 9), private=True)]
    hospital_only = [spdc(d(2015, 2, 1), d(2015, 2, 9))]
    same_day = [VISIT, *({"episode": {"opened": d(2015, 3, 1), "diagnosis": code}} for code in ("29530", "29640"))]
    tested = [VISIT, {"dispensing": {"day": d(2015, 3, 1)}},
              {"outpatient service": {"day": [d(2015, 3, 11), d(2015, 3, 12)], "test": "glucose"}}]  # fmt: skip
    people = [{"who": "a day between two stays", "facts": gap}, {"who": "private", "facts": private},
              {"who": "hospital only", "diagnosis": None, "facts": hospital_only},
              {"who": "two diagnoses", "facts": same_day}, {"who": "tests", "facts": tested}]  # fmt: skip
    parameters = Parameters(
        transfer_gap_days=1,
        spdc_public_only=False,
        use_sdo_diagnosis=False,
        pathway_order=["bipolar", "schizophrenia", "severe_personality", "depressive"],
        month_window_days=10,
        month_windows=2,
        follow_up_days=100,
        monitoring_days=10,
    )
    rows = {row["person_id"]: row for row in built(spark, people, parameters, tables=["person_year"])["person_year"]}
    assert (rows[1]["spdc_stays"], rows[1]["first_stay_discharge"]) == (1, d(2015, 2, 20))
    assert rows[2]["spdc_stays"] == 1
    assert (rows[3]["pathway"], rows[3]["pathway_source"]) == (None, None)
    assert rows[4]["pathway"] == "bipolar"
    assert rows[4]["longest_contact_gap"] == 100
    assert rows[5]["dysmetabolic_risk_glucose_tests"] == 1


def test_every_column_is_declared_with_what_a_reader_needs(spark) -> None:
    assert declared_tables("features") == sorted(f"features/{name}" for name in TABLES)
    examples = {}
    for name in declared_tables("features"):
        for column, said in table(name).columns.items():
            assert said.meaning and said.source and said.example, f"{name}.{column}"
            numbers = said.type in ("int", "bigint", "decimal(20,9)") and column not in ("person_id", "stay")
            assert bool(said.unit) == (numbers or said.type == "date"), f"{name}.{column}"
            given = (
                "from_json('{}', '{}', map('mode', 'FAILFAST'))"
                if said.type.startswith("array")
                else "cast('{}' as {})"
            )
            examples[f"{name}.{column}"] = f"{given.format(said.example, said.type)} as `{name}.{column}`"
    # Under ANSI a text that is no value of its type is an error.
    assert None not in spark.range(1).selectExpr(*examples.values()).first()


def test_a_null_stands_only_where_its_meaning_is_declared(tables) -> None:
    for name in TABLES:
        never = [c for c, said in table(f"features/{name}").columns.items() if not said.null]
        assert not [c for row in tables[name] for c in never if row[c] is None], name


def test_the_stage_makes_the_slice_of_a_year_once(spark, store, settings, monkeypatch) -> None:
    made: list[int] = []

    def instead(conformed, parameters, year, keep, crosswalk) -> dict:
        made.append(year)
        assert conformed.keys() == set(INPUTS)
        return {name: small_frame(spark, [], table(f"features/{name}").schema) for name in few}

    few = ("person_year", "excluded")
    monkeypatch.setattr("percorsi.features.stage.TABLES", few)
    monkeypatch.setattr("percorsi.features.stage.build_frames", instead)
    for name, df in frames(spark, [IN_WINDOW]).items():
        store.write(df, f"conformed/{name}")
    ticks: list[str] = []
    versions = build(store, settings, 2015, ticks.append)
    assert (ticks, versions.keys()) == (list(few), {f"features/{name}" for name in few})
    assert build(store, settings, 2015) == versions  # the same of everything: nothing to do
    build(store, settings, 2014)
    build(store, settings, 2015)  # the other year's slice did not hide this one's
    assert made == [2015, 2014]
    other = settings.model_copy(update={"parameters": Parameters(transfer_gap_days=1)})
    build(store, other, 2015)
    store.write(store.read("conformed/presence"), "conformed/presence", digest="of another delivery")
    build(store, other, 2015)
    assert made == [2015, 2014, 2015, 2015]
    (store.home.path / CROSSWALK).write_text(f"{','.join(COLUMNS)}\n2014,080,110,,,114,\n")  # boundaries of its own
    build(store, other, 2015)
    assert made == [2015, 2014, 2015, 2015, 2015]
