"""Counts of items, of contacts and of persons, worked out by hand on a few records of all conformed tables at once."""

from datetime import date

import pytest

from percorsi.errors import ConfigurationError
from percorsi.quality import items as items_module
from percorsi.quality.contacts import contacts, count_contacts
from percorsi.quality.counting import count_rows
from percorsi.quality.items import CLASSES, load_items, load_tables
from percorsi.quality.persons import count_persons
from percorsi.small_frame import small_frame
from percorsi.tables import table

YEAR = 2015
PLACE = {"region": "030", "azienda": "321", "dsm": "001", "structure": "S1", "year": YEAR, "semester": 1}
ANNA, BRUNO, CARLA, DARIO = 1, 2, 3, 4


def day(text):
    return date.fromisoformat(text) if text else None


def episode(person, contact, **said):
    """An open territorial contact of 2014 with schizophrenia, told of in the first semester of 2015."""
    plain = {"register": "territorial", "opening_date": "2014-03-01", "opening_diagnosis": "29530"}
    row = {
        **PLACE,
        **plain,
        "previous_contacts": "1",
        "referral": "2",
        "person_id": person,
        "contact_id": contact,
        **said,
    }
    return row | {name: day(row.get(name)) for name in ("opening_date", "closing_date")}


def activity(person, contact, **said):
    plain = {"date": "2015-02-03", "type": "01", "operator_1": "1", "delivery_mode": "1", "place": "1"}
    row = {**PLACE, **plain, "person_id": person, "contact_id": contact, **said}
    return row | {"date": day(row["date"])}


def discharge(person, diagnosis, **said):
    plain = {"region": "030", "hospital": "030001", "regime": "1", "institution_type": "1", "discharge_mode": "2"}
    days = {"admission_date": day("2015-04-01"), "discharge_date": day("2015-04-11"), "admission_type": "2"}
    wards = {
        "admission_ward": "4001",
        "discharge_ward": "4001",
        "sex": "1",
        "birth_year": 1970,
        "residence_region": "030",
    }
    return {**plain, **days, **wards, "person_id": person, "diagnosis_1": diagnosis, **said}


ROWS = {
    "care_episode": [
        episode(ANNA, "a1"),
        episode(ANNA, "a1", semester=2, opening_diagnosis="296"),  # three digits; the code has changed
        episode(BRUNO, "b1", opening_date="2011-01-01", opening_diagnosis="30183"),  # not said again, and old
        episode(CARLA, "c1", opening_diagnosis="99999", previous_contacts="9"),
        episode(CARLA, "c2", opening_diagnosis="29630", opening_date="1949-12-31"),  # impossible; a second open one
        episode(DARIO, "d1", year=2014, closing_date="2014-11-01", closing_diagnosis="00000", conclusion_mode="9"),
        episode(DARIO, "d2", opening_date="2012-12-30", opening_diagnosis="29530", semester=2),  # a day too old
        episode(
            DARIO,
            "d3",
            opening_date="2013-12-31",
            register="residential",
            closing_date="2015-05-01",
            closing_diagnosis="29620",
            conclusion_mode="5",
        ),
        episode(5, "e1", known_from=2016),  # known for the data end, late
        episode(6, "f1", known_from=2017),  # not known to the data end of 2015
        episode(7, "g1", region="150", closing_date="2015-08-01", closing_diagnosis="", conclusion_mode="2"),
    ],
    "intervention": [
        activity(ANNA, "a1"),
        activity(ANNA, "a1", semester=2, date="2015-07-01", operator_1="4", operator_2="1"),
        activity(ANNA, "a9"),  # a contact that was never delivered
        activity(BRUNO, "b1", operator_1="4"),  # a visit without a physician
        activity(BRUNO, "b1", type="02", operator_1="2", year=2014, date="2014-02-03"),
        activity(BRUNO, "b1", date="2015-09-01"),  # outside its semester
        *(activity(CARLA, "c2", type="03", operator_1=None) for _ in range(366)),
    ],
    "registration": [
        {**PLACE, "person_id": p, "register": "territorial", "record_rank": 1, "sex": "1", "birth_year": 1970, **said}
        for p, said in [
            (ANNA, {"sex": "9", "citizenship": "IT"}),
            (ANNA, {"region": "150", "citizenship": "XX"}),  # in two regions
            (BRUNO, {"record_rank": 2, "birth_year": 1909}),  # 106 years
            (CARLA, {"birth_year": 1910, "sex": None}),  # 105
            (DARIO, {"year": 2013}),
        ]
    ],
    "hospital_record": [
        discharge(ANNA, "29534"),  # her services said 295 and then 296: the latest word decides
        discharge(BRUNO, "30183", discharge_date=day("2015-07-01")),  # 91 days
        discharge(9, "V709"),  # nobody knows him
        discharge(8, "V709", region="150"),  # whose register names no SPDC
        discharge(DARIO, "29530", institution_type="2", hospital="030002"),  # private
        discharge(DARIO, None, admission_ward="0801", discharge_ward="0801"),  # no psychiatry
    ],
    "dispensing": [
        {"person_id": ANNA, "region": "030", "channel": "FAR", "date": day("2015-01-01"), "packs": 1, "aic": "1"}
    ],
    "assisted_person": [{"person_id": BRUNO, "start_date": day("1990-01-01"), "sex": "1", "residence_region": "999"}],
    "cause_of_death": [
        {"person_id": DARIO, "death_date": day("2015-05-01"), "cause": "R99"},
        {"person_id": CARLA, "death_date": day("2015-06-30"), "cause": "I219"},
    ],
    "person": [
        {"person_id": ANNA, "identity": "cuni", "registrations": 1, "sex_conflict": True, "birth_year_conflict": False}
    ],
}


@pytest.fixture(scope="module")
def frames(spark):
    made = {}
    for name, rows in ROWS.items():
        declared = table(f"conformed/{name}")
        values = [
            tuple(_typed(row.get(column), said.type) for column, said in declared.columns.items()) for row in rows
        ]
        made[name] = small_frame(spark, values, declared.schema)
    return made


def _typed(value, kind):
    from decimal import Decimal

    return Decimal(value) if kind.startswith("decimal") and value is not None else value


@pytest.fixture(scope="module")
def rows(frames):
    return count_rows(frames, load_tables(), YEAR, ["030030001"])


@pytest.fixture(scope="module")
def of_contacts(frames):
    return contacts(frames, YEAR)


def classes(rows, item, region="030", period=YEAR, semester=1):
    """Classes of an item, those that are zero left out."""
    found = rows[(rows["item"] == item) & (rows["period"] == period) & (rows["semester"] == semester)]
    found = found[found["region"].isna() if region is None else found["region"] == region]
    return {kind: int(number) for kind, number in found[list(CLASSES)].sum().items() if number}


# The first semester of 2015 in 030: a1, b1, c1, c2, d3, e1 (f1 is not known yet).
@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("diagnosis", {"valid": 5, "default": 1}),
        ("diagnosis_specific", {"valid": 5}),
        ("closing_diagnosis", {"valid": 1}),
        ("conclusion_mode", {"valid": 1}),
        ("previous_contacts", {"valid": 5, "default": 1}),
        ("opening_date", {"valid": 5, "invalid": 1}),
        ("contact_in_time", {"valid": 5, "other": 1}),
        ("operator", {"valid": 4, "missing": 366}),
        ("visit_by_physician", {"valid": 3, "invalid": 1}),
        ("intervention_date", {"valid": 369, "invalid": 1}),
        ("registration_sex", {"valid": 1, "default": 1, "missing": 1}),
        ("citizenship", {"valid": 1, "missing": 2}),
        ("registration_age", {"valid": 2, "invalid": 1}),
        ("one_registration", {"valid": 2, "invalid": 1}),
    ],
)
def test_classes_of_records(rows, item, expected):
    assert classes(rows[0], item) == expected


def test_each_period_has_its_own(rows):
    assert classes(rows[0], "diagnosis_specific", semester=2) == {"valid": 1, "other": 1}  # 296; d2
    assert classes(rows[0], "diagnosis", period=2014) == {"valid": 1}
    assert classes(rows[0], "closing_diagnosis", region="150") == {"missing": 1}
    assert classes(rows[0], "closing_date", region="150") == {"invalid": 1}  # in August
    assert classes(rows[0], "interview_by_psychologist", period=2014) == {"valid": 1}
    assert classes(rows[0], "registration_sex", period=2013) == {"valid": 1}


def test_discharges_are_counted_where_the_ward_is_psychiatric(rows):
    assert classes(rows[0], "discharge_diagnosis") == {"valid": 2, "other": 1}
    assert classes(rows[0], "discharge_diagnosis", semester=2) == {"valid": 1}
    assert classes(rows[0], "discharge_mode") == {"valid": 4}
    assert classes(rows[0], "psychiatric_days", semester=2) == {"other": 1}  # 1 April to 1 July
    assert classes(rows[0], "spdc_hospital") == {"valid": 2}  # of the public ones
    assert classes(rows[0], "spdc_hospital", region="150") == {}  # nothing to hold it to


def test_a_table_without_a_region_or_a_semester(rows):
    assert classes(rows[0], "death_cause", region=None) == {"valid": 1, "other": 1}
    assert classes(rows[0], "assisted_sex", region="999", semester=0) == {"valid": 1}


def test_records_of_each_flow(rows):
    volumes = rows[1].groupby(["item", "region", "period", "semester"])["records"].sum()
    assert volumes["records_cnt", "030", 2015, 1] == 5
    assert volumes["records_cnr", "030", 2015, 1] == 1
    assert volumes["records_pst", "030", 2015, 1] == 370
    assert volumes["records_far", "030", 2015, 1] == 1


def test_tables_that_are_not_there_are_not_counted(rows):
    found, _ = count_rows({}, load_tables(), YEAR, [])
    assert len(found) == 0 and set(rows[0]["table"]) < set(load_tables())


def test_references_and_currency_of_contacts(of_contacts):
    (found,) = [r.asDict() for r in count_contacts(of_contacts).collect() if r["region"] == "030"]
    of = {name: number for name, number in found.items() if number and "|" in name}
    assert of == {
        "intervention_contact|1|valid": 369,  # a1, b1 twice, c2 366 times
        "intervention_contact|1|missing": 1,  # a9
        "intervention_contact|2|valid": 1,
        "diagnosis_current|0|valid": 3,  # a1 and e1 of 2014, d3 closed in the year
        "diagnosis_current|0|other": 3,  # b1, c2, d2; c1 has no diagnosis
        "contact_active|0|valid": 3,  # a1, b1, c2
        "contact_active|0|other": 4,  # c1, d2, d3, e1
        "one_open_contact|0|valid": 4,  # Anna, Bruno, Dario (one of each register), e1
        "one_open_contact|0|invalid": 1,  # Carla
        "interventions_per_user|0|valid": 2,
        "interventions_per_user|0|invalid": 1,  # Carla, 366
    }


def test_what_persons_are_found_in(of_contacts, frames):
    found = {r["region"]: r.asDict() for r in count_persons(of_contacts, frames, YEAR).collect()}
    of = {name: number for name, number in found["030"].items() if number and "|" in name}
    assert of == {
        "one_region|0|valid": 2,  # Bruno, Carla
        "one_region|0|other": 1,  # Anna
        "person_sex|0|valid": 2,
        "person_sex|0|invalid": 1,
        "person_birth_year|0|valid": 3,
        "discharge_agreement|0|valid": 1,  # Bruno: severe personality in both
        "discharge_agreement|0|other": 1,  # Anna: schizophrenia at her discharge, 296 last
        "discharged_known|0|valid": 2,  # Anna, Bruno
        "discharged_known|0|missing": 1,  # 9
        "treated_with_drugs|0|valid": 1,
        "treated_with_drugs|0|missing": 2,  # Bruno, Carla
        "treated_with_services|0|missing": 3,
        "assisted_known|0|valid": 1,
        "assisted_known|0|missing": 2,
        "deaths|0|valid": 2,
        "deaths|0|other": 1,  # Carla; Dario has no contact of the year
        "death_known|0|valid": 1,
    }
    assert {name for name, number in found["150"].items() if number and "|" in name} == {
        "discharged_known|0|missing",  # 8
        "one_region|0|other",
        "person_sex|0|invalid",
        "person_birth_year|0|valid",
    }


def test_every_item_has_a_flow_of_a_layout_and_every_conformed_table_has_items():
    from percorsi.flows import load_layouts
    from percorsi.tables import declared_tables

    assert {flow for item in load_items().values() for flow in item.flows} <= set(load_layouts())
    assert [f"conformed/{name}" for name in sorted(load_tables())] == declared_tables("conformed")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("label: a\nflows: {}\nitems: {x: {label: a, meaning: b, missing: c, flows: [PST]}}\n", "needs a place"),
        (
            "label: a\nflows: {}\nplace: {date: d}\nitems: {x: {label: a, meaning: b, missing: c}}\n",
            "no flow is named for x",
        ),
        (
            "label: a\nflows: {}\nitems: {x: {label: a, meaning: b, flows: [PST]}}\n",
            "an item of rows has a condition",
        ),
        (
            "label: a\nflows: {}\nplace: {date: d, year: y, semester: s}\n"
            "items: {x: {label: a, meaning: b, missing: c}}\n",
            "either date, or year and semester",
        ),
        ("label: a\nflows: {}\nitems: {x: {label: a, meaning: b, counted: guessed, flows: [PST]}}\n", "counted"),
    ],
)
def test_a_faulty_file_of_items_is_refused(tmp_path, text, told):
    (tmp_path / "person.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=told) as caught:
        items_module._load(tmp_path)
    assert "person.yaml" in str(caught.value)


def test_an_item_of_two_tables_is_refused(tmp_path):
    text = "label: a\nflows: {}\nitems: {x: {label: a, meaning: b, counted: persons, flows: [PST]}}\n"
    for name in ("person", "service"):
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match="the item 'x' is one of person and of service"):
        items_module._load(tmp_path)
