"""Persons by pathway and who changed it from 2014 to 2015, counted by hand on fifteen histories."""

import json
from collections.abc import Iterator
from datetime import date as d
from typing import Any

import pytest
from indicator_nation import everything
from typer.testing import CliRunner

from histories import frames
from percorsi import cli, pipeline
from percorsi.features import pathways_of_year
from percorsi.features.frames import build_frames
from percorsi.home import Home
from percorsi.indicators.cohort import Cohort, as_text, cohort
from percorsi.settings import Parameters
from percorsi.small_frame import small_frame
from percorsi.storage import Store
from percorsi.tables import table

SCHIZOPHRENIA, BIPOLAR, DEPRESSIVE, PERSONALITY = "29530", "29640", "29630", "30183"
BOLOGNA = "080-101-001"
YEARS_AGO = d(2013, 3, 1)


def opened(day: d, diagnosis: str, **said: Any) -> dict[str, Any]:
    return {"episode": {"opened": day, "diagnosis": diagnosis, **said}}


def closed(day: d, opening: str, diagnosis: str) -> dict[str, Any]:
    return opened(YEARS_AGO, opening, closed=day, **{"closing diagnosis": diagnosis})


def seen(*days: d, **said: Any) -> dict[str, Any]:
    return {"intervention": {"day": list(days), **said}}


def spdc(year: int, diagnosis: str) -> dict[str, Any]:
    return {"SPDC stay": {"from": d(year, 4, 1), "to": d(year, 4, 10), "diagnosis": diagnosis}}


BOTH, NOW = seen(d(2014, 5, 5), d(2015, 5, 5)), seen(d(2015, 5, 5))
# who, facts; behind each: the pathway of 2014 -> of 2015, what told it, groups
PEOPLE: list[tuple[str, list[dict]]] = [
    ("the same for years", [BOTH, opened(YEARS_AGO, SCHIZOPHRENIA)]),  # schizophrenia -> schizophrenia, opening
    ("closed with another diagnosis", [BOTH, closed(d(2015, 6, 1), SCHIZOPHRENIA, BIPOLAR)]),  # sch. -> bip., closing
    ("in two DSMs, the second with another diagnosis", [
        BOTH, seen(d(2015, 6, 6), dsm=BOLOGNA), opened(YEARS_AGO, DEPRESSIVE),
        opened(d(2015, 3, 1), PERSONALITY, dsm=BOLOGNA)]),  # depressive -> personality, opening; two groups
    ("changes within the year and is what she was", [
        BOTH, closed(d(2015, 2, 1), BIPOLAR, SCHIZOPHRENIA),
        opened(d(2015, 6, 1), BIPOLAR)]),  # bipolar -> bipolar, opening; two groups
    ("known to the hospital only", [spdc(2014, BIPOLAR), spdc(2015, SCHIZOPHRENIA)]),  # bip. -> schizophrenia, stay
    ("closed with 296.1, which is mania", [BOTH, closed(d(2015, 7, 1), "29620", "29610")]),  # dep. -> bip., closing
    ("two diagnoses of one day, new", [
        NOW, opened(d(2015, 3, 1), BIPOLAR), opened(d(2015, 3, 1), SCHIZOPHRENIA)]),  # schizophrenia, opening; tied
    ("not yet diagnosed", [BOTH, opened(YEARS_AGO, "99999")]),  # none
    ("closed on 31 December", [BOTH, closed(d(2014, 12, 31), SCHIZOPHRENIA, SCHIZOPHRENIA)]),  # sch. -> none
    ("seen in 2014 only", [seen(d(2014, 5, 5)), opened(YEARS_AGO, SCHIZOPHRENIA)]),  # not of 2015
    ("diagnosed in 2015", [BOTH, opened(d(2015, 2, 1), DEPRESSIVE)]),  # none -> depressive, opening
    ("not seen in 2014", [seen(d(2015, 6, 6), dsm=BOLOGNA), opened(YEARS_AGO, SCHIZOPHRENIA)]),  # sch., opening
    ("no year of birth", [BOTH, opened(YEARS_AGO, SCHIZOPHRENIA)]),  # not counted
    ("a diagnosis that a later semester tells otherwise", [
        BOTH, opened(YEARS_AGO, SCHIZOPHRENIA, contact="A", told=["2013S1", "2014S2"]),
        opened(YEARS_AGO, BIPOLAR, contact="A", told=["2015S1"])]),  # schizophrenia -> bipolar, opening
    ("from the hospital to an episode", [
        BOTH, spdc(2014, SCHIZOPHRENIA), opened(d(2015, 2, 1), BIPOLAR)]),  # schizophrenia -> bipolar, opening
]  # fmt: skip
COLUMNS = ("persons", "sism_closing", "sism_opening", "sdo", "several_groups", "tied")


class Held(Store):
    """A store whose tables are frames in memory."""

    def __init__(self, home: Home, spark, frames: dict) -> None:
        super().__init__(home, spark)
        self.frames = frames

    def read(self, name: str, version: int | None = None):
        return self.frames[name]


@pytest.fixture(scope="module")
def store(spark, tmp_path_factory) -> Iterator[Held]:
    kept = []

    def keep(df):
        kept.append(df.persist())
        return kept[-1]

    ageless = {"born": None, "registered": False}
    people = [
        {"who": who, "diagnosis": None, "facts": facts, **(ageless if who == "no year of birth" else {})}
        for who, facts in PEOPLE
    ]
    conformed = frames(spark, people)
    made = build_frames(conformed, Parameters(), 2015, keep)
    # Of Bologna nothing came of 2014.
    periods = [*everything("030", (2014, 2015)), *everything("080", (2015,))]
    schema = table("conformed/delivered_period").schema
    rows = [{**dict(zip(("flow", "region", "year", "period"), period, strict=True))} for period in periods]
    delivered = small_frame(spark, [tuple(row.get(name) for name in schema.names) for row in rows], schema)
    held = {
        **{f"conformed/{name}": df for name, df in conformed.items()},
        "features/person_year": keep(made["person_year"]),
        "conformed/delivered_period": delivered,
    }
    yield Held(Home(tmp_path_factory.mktemp("home")), spark, held)
    for df in kept:
        df.unpersist()


@pytest.fixture(scope="module")
def before(store):
    told = pathways_of_year(store, Parameters(), 2014).persist()
    yield told
    told.unpersist()


@pytest.fixture(scope="module")
def found(store, before) -> Cohort:
    return cohort(store, before, 2015)


def by_pathway(found: Cohort) -> dict[str | None, tuple[int, ...]]:
    return {row["pathway"]: tuple(row[column] for column in COLUMNS) for row in found.pathways}


def moves(found: Cohort) -> dict[tuple[str, str], int]:
    return {(move["from"], move["to"]): move["persons"] for move in found.changes if move["persons"]}


def test_persons_by_pathway_and_what_told_it(found):
    assert by_pathway(found) == {
        "schizophrenia": (4, 0, 3, 1, 1, 1),
        "bipolar": (5, 2, 3, 0, 1, 0),
        "depressive": (1, 0, 1, 0, 0, 0),
        "severe_personality": (1, 0, 1, 0, 1, 0),
        None: (2, 0, 0, 0, 0, 0),
    }


def test_who_changed_since_the_year_before(found):
    assert (found.both_years, found.changed, len(found.changes)) == (8, 6, 16)
    assert moves(found) == {
        ("schizophrenia", "schizophrenia"): 1,
        ("schizophrenia", "bipolar"): 3,
        ("bipolar", "bipolar"): 1,
        ("bipolar", "schizophrenia"): 1,
        ("depressive", "bipolar"): 1,
        ("depressive", "severe_personality"): 1,
    }
    assert found.untold == {2014: ("080",)}


def test_a_region_counts_who_was_seen_there_with_all_that_is_known_of_them(store, before):
    there = cohort(store, before, 2015, "080")
    assert by_pathway(there) == {
        "schizophrenia": (1, 0, 1, 0, 0, 0),
        "bipolar": (0,) * 6,
        "depressive": (0,) * 6,
        "severe_personality": (1, 0, 1, 0, 1, 0),
        None: (0,) * 6,
    }
    assert moves(there) == {("depressive", "severe_personality"): 1}
    assert (there.both_years, there.changed, there.untold) == (1, 1, {2014: ("080",)})
    milan = cohort(store, before, 2015, "030")
    assert by_pathway(milan)["schizophrenia"] == (3, 0, 2, 1, 1, 1)
    assert (milan.both_years, milan.untold) == (8, {})


def test_the_pathways_of_a_year_alone_are_those_of_its_features(store):
    columns = ["person_id", "pathway", "pathway_source", "pathway_groups", "pathway_tied"]
    alone = {row[0]: tuple(row) for row in pathways_of_year(store, Parameters(), 2015).select(*columns).collect()}
    of_features = {row[0]: tuple(row) for row in store.read("features/person_year").select(*columns).collect()}
    ageless = [who for who, _ in PEOPLE].index("no year of birth") + 1
    assert alone.keys() - of_features.keys() == {ageless}
    assert {person: alone[person] for person in of_features} == of_features


def test_without_diagnoses_of_hospitals_both_years_go_without(store):
    before = pathways_of_year(store, Parameters(use_sdo_diagnosis=False), 2014)
    rows = {row["person_id"]: row["pathway"] for row in before.collect()}
    assert (rows[5], rows[15], rows[1]) == (None, None, "schizophrenia")


def test_as_text_nobody_reads_a_one_or_a_two(found):
    assert as_text(found).splitlines() == [
        "2015, the nation: persons in contact by pathway, and what told it",
        "several groups: diagnoses of more than one; same day: the deciding day has one of another group",
        "pathway             persons  closing  opening  SPDC stay  several groups  same day",
        "------------------  -------  -------  -------  ---------  --------------  --------",
        "schizophrenia             4        0        3         <3              <3        <3",
        "bipolar                   5       <3        3          0              <3         0",
        "depressive               <3        0       <3          0               0         0",
        "severe_personality       <3        0       <3          0              <3         0",
        "none                     <3        0        0          0               0         0",
        "",
        "8 have a pathway in 2014 as well, 6 of them another: from 2014 to 2015",
        "from                schizophrenia  bipolar  depressive  severe_personality",
        "------------------  -------------  -------  ----------  ------------------",
        "schizophrenia                  <3        3           0                   0",
        "bipolar                        <3       <3           0                   0",
        "depressive                      0       <3           0                  <3",
        "severe_personality              0        0           0                   0",
        "not all of SISM of 2014 was delivered: regions 080",
        "<3: 1 to 2; unprotected otherwise: for the analyst, not for publication",
    ]


def call(*arguments: str):
    return CliRunner().invoke(cli.app, ["cohort", *arguments])


def test_the_command_tells_the_nation_or_a_region(store, before, settings, monkeypatch, tmp_path):
    asked: list[int] = []
    monkeypatch.setattr("percorsi.features.require", lambda _store, _settings, year: asked.append(year))
    monkeypatch.setattr("percorsi.features.pathways_of_year", lambda _s, _p, year: before if year == 2014 else None)
    monkeypatch.setattr("percorsi.session.spark_session", lambda *_: store.spark)
    monkeypatch.setattr(pipeline, "_need_current", lambda *_: None)
    monkeypatch.setattr(pipeline, "Store", lambda *_: store)
    home = ("--home", str(tmp_path), "--year", "2015")
    nation = call(*home)
    assert nation.exit_code == 0, nation.output
    assert nation.stdout.splitlines() == as_text(cohort(store, before, 2015)).splitlines()
    assert "cohort: 1/1 count" in nation.stderr
    told = json.loads(call("--json", "--region", "080", *home).stdout)
    assert (told["year"], told["area"], told["both_years"], told["changed"]) == (2015, "080", 1, 1)
    assert told["pathways"][3]["pathway"] == "severe_personality" and told["pathways"][3]["persons"] == 1
    assert {"from": "depressive", "to": "severe_personality", "persons": 1} in told["changes"]
    assert told["untold"] == {"2014": ["080"]}
    assert asked == [2015, 2015]


def test_nobody_of_the_year_before(store, before):
    nobody = cohort(store, before.where("false"), 2015)
    assert (nobody.both_years, nobody.changed) == (0, 0)
    assert "nobody has a pathway in 2014 as well" in as_text(nobody).splitlines()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--year", "2015", "--region", "30"), 2, "030 Lombardia"),
        ((), 2, "--year"),
        (("--year", "2015"), 7, "nothing was delivered"),
    ],
)
def test_what_cannot_be_told_says_why(tmp_path, arguments, code, said):
    result = call(*arguments, "--home", str(tmp_path))
    assert (result.exit_code, said in result.output) == (code, True), result.output
