"""Areas of the year where records of other years carry other codes; names of areas; codes that nobody knows."""

from datetime import date as d

import pytest

from histories import built, frames
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features import residential
from percorsi.features.boundaries import Boundaries
from percorsi.features.crosswalk import Code, Crosswalk, Move

# In 2015 the DSM 320-001 becomes 321-001, in 2016 that becomes 325-001 and takes 322-002 in.
CROSSWALK = Crosswalk(
    (
        Move(2015, "030", Code("320", "001"), Code("321", "001"), 1),
        Move(2016, "030", Code("321", "001"), Code("325", "001"), 2),
        Move(2016, "030", Code("322", "002"), Code("325", "001"), 3),
    )
)
# region, azienda, dsm, structure, year, kind, name, name of the DSM
SERVICES = [
    ("030", "320", "001", "03000101", 2014, "SPDC", "Ospedale Vecchio", "DSM Ieri"),
    ("030", "321", "001", "CSM00001", 2015, "CSM", "Centro A", "DSM Uno"),
    ("030", "321", "001", "CSM00002", 2015, "CSM", "Centro B", "DSM Uno, di nuovo"),
    ("030", "321", "001", "CSM00003", 2015, "CSM", "Centro C", None),
    ("030", "322", "002", "03000202", 2015, "SPDC", "Ospedale Maggiore", None),
    ("030", "325", "001", "03000303", 2016, "SPDC", "Ospedale Nuovo", "DSM Domani"),
    ("030", "325", "001", "CSM00001", 2016, "CSM", "Centro A", "DSM Domani"),
    ("080", "101", "001", "CSM08001", 2015, "CSM", "Centro", "DSM Due"),
]
VISIT = {"intervention": {"day": d(2015, 2, 10), "dsm": "080-101-001"}}
STAY = {"from": d(2013, 5, 1), "contact": "A"}
PEOPLE = [
    {"who": "a stay of three codes, whose end the last one tells", "facts": [
        {"residential stay": {**STAY, "told": ["2014S2"], "dsm": "030-320-001"}},
        {"residential stay": {**STAY, "told": ["2015S1"], "dsm": "030-321-001"}},
        {"residential stay": {**STAY, "to": d(2015, 5, 10), "told": ["2016S1"], "dsm": "030-325-001"}}]},
    {"who": "an episode of two codes, closed before the year", "facts": [
        VISIT,
        {"episode": {"opened": d(2014, 3, 1), "diagnosis": "29640", "told": ["2014S1"], "contact": "A",
                     "dsm": "030-320-001"}},
        {"episode": {"opened": d(2014, 3, 1), "diagnosis": "29640", "closed": d(2014, 11, 1), "told": ["2015S1"],
                     "contact": "A", "dsm": "030-321-001"}}]},
    {"who": "an SPDC that the register knew under the old code", "facts": [
        {"SPDC stay": {"from": d(2015, 3, 1), "to": d(2015, 3, 9)}}]},
    {"who": "an SPDC that the register knows under the later code, of two DSMs", "facts": [
        {"SPDC stay": {"from": d(2015, 3, 1), "to": d(2015, 3, 9), "hospital": "03000303"}}]},
    {"who": "codes that are none", "diagnosis": None, "registered": False, "facts": [
        {"registration": {"told": "2014S2", "dsm": "080-101-001"}},
        {"intervention": {"day": [d(2015, 1, 1), d(2015, 1, 2)], "dsm": "080-999-001"}},
        {"intervention": {"day": d(2014, 1, 1), "dsm": "080-998-001"}},
        {"intervention": {"day": d(2014, 1, 1), "dsm": "030-320-009"}},
        {"intervention": {"day": d(2013, 1, 1), "dsm": "030-321-001"}},
        {"presence": {"day": d(2016, 1, 1), "dsm": "030-321-001"}},
        {"presence": {"day": d(2015, 1, 1), "dsm": "090-101-001"}},
        {"supplementary event": {"from": d(2015, 1, 1), "dsm": "080-101-009"}},
        {"supplementary event": {"from": d(2015, 1, 1), "dsm": "080-101-001"}},
        {"supplementary event": {"from": d(2010, 1, 1), "dsm": "080-101-008"}},
        {"supplementary event": {"from": d(2014, 7, 1), "dsm": "030-320-001"}},
        {"supplementary event": {"from": d(2017, 1, 1), "dsm": "080-101-009"}},
        {"intervention": {"day": d(2014, 1, 1), "dsm": "080-997-001", "known": (None, 2016)}}]},
    {"who": "for whom a later data end takes a record of the one before", "diagnosis": None, "registered": False,
     "facts": [{"intervention": {"day": d(2014, 1, 1), "dsm": "080-997-001", "known": (2017, None)}}]},
]  # fmt: skip


@pytest.fixture(scope="module")
def tables(spark) -> dict[str, list]:
    return built(spark, PEOPLE, services=SERVICES, crosswalk=CROSSWALK)


def row(tables: dict[str, list], person: int) -> dict:
    return next(row.asDict() for row in tables["person_year"] if row["person_id"] == person)


def dsms(tables: dict[str, list], person: int) -> list[str]:
    return [area["area"] for area in row(tables, person)["areas"] if area["level"] == "dsm"]


def areas_of_stays(tables: dict[str, list], person: int) -> set[str]:
    return {area["area"] for r in tables["spdc_stay"] if r["person_id"] == person for area in r["areas"]}


def test_a_residential_stay_is_one_through_all_its_codes(tables) -> None:
    assert dsms(tables, 1) == ["030-321-001"]
    # In contact from 1 January to 10 May 2015, as 2016 tells: 236 days to 1 January 2016. By 2015's code alone the stay
    # would last to 30 June.
    assert (row(tables, 1)["first_contact_date"], row(tables, 1)["longest_contact_gap"]) == (d(2015, 1, 1), 236)


def test_an_episode_is_one_through_all_its_codes(tables) -> None:
    assert row(tables, 2)["pathway"] is None


def test_the_dsm_of_a_hospital_has_the_code_of_the_year(tables) -> None:
    assert dsms(tables, 3) == ["030-321-001"]
    assert areas_of_stays(tables, 3) == {"IT", "030", "030-321-001"}


def test_a_dsm_that_cannot_be_told_is_none(tables) -> None:
    assert dsms(tables, 4) == []  # 321-001 or 322-002
    assert areas_of_stays(tables, 4) == {"IT", "030"}


def test_codes_that_nobody_knows_are_reported(tables) -> None:
    columns = ("source", "region", "azienda", "dsm", "year_of_code", "why", "records")
    # 080: its register came for 2015 only, so of 2010 and 2014 that of 2015 is asked. 030-320-009 is in no row of the
    # register of 2015; 321-001 of 2013 and 2016 are in the crosswalk; of 325-001 the structures of 2015 tell what they
    # are, the new hospital does not. 090 never delivered a register. What its own register does not have: of the
    # supplementary flow only, for SISM such a record was rejected. One that two data ends take for two is one.
    assert sorted(tuple(r[c] for c in columns) for r in tables["unknown_area"]) == [
        ("PST", "030", "320", "009", 2014, "not_in_register_of_y", 1),
        ("PST", "080", "997", "001", 2014, "not_in_register_of_y", 1),
        ("PST", "080", "998", "001", 2014, "not_in_register_of_y", 1),
        ("STR", "030", "325", "001", 2016, "ambiguous", 1),
        ("SUP", "080", "101", "008", 2010, "not_in_register_of_y", 1),
        ("SUP", "080", "101", "009", 2015, "not_in_register", 1),
    ]


def test_who_takes_another_in_after_the_year_is_what_it_was(spark) -> None:
    """DSM 302-001 goes to 303 on 1 January 2016, which keeps its code; the home of the stay closed before 2015."""
    moves = (Move(2016, "030", Code("302"), Code("303"), 1), Move(2016, "030", Code("303"), Code("303"), 2))
    services = [
        ("030", "302", "001", "CSM00302", 2015, "CSM", "Centro", None),
        ("030", "303", "001", "CSM00303", 2015, "CSM", "Centro", None),
    ]
    stay = {"from": d(2013, 5, 1), "dsm": "030-303-001", "contact": "A"}
    who = {"who": "in a stay of 303 in 2014 and 2015", "facts": [
        {"residential stay": {**stay, "told": ["2014S2", "2015S1"]}}]}  # fmt: skip
    window = EvaluationWindow(2015)
    for known, crosswalk in ((services, Crosswalk(moves)), ([], Crosswalk(moves[:1]))):
        made = frames(spark, [who], known)
        told = residential.stays(made["residential_stay"], Boundaries(crosswalk, made["service"], window), window)
        assert [(row["azienda"], row["dsm"]) for row in told.collect()] == [("303", "001")]


def test_areas_have_the_names_that_the_register_of_the_year_gives(tables) -> None:
    names = {(r["level"], r["area"]): r["name"] for r in tables["area_name"]}
    assert len(names) == len(tables["area_name"]) == 21 + 3
    assert names["region", "080"] == "Emilia-Romagna"
    assert names["dsm", "030-321-001"] == "DSM Uno, di nuovo"  # the last row that gives one
    assert names["dsm", "080-101-001"] == "DSM Due"
    assert names["hospital", "030-03000202"] == "Ospedale Maggiore"
