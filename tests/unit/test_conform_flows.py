"""The flows outside the departments as facts of persons: what is typed how, and who is left out."""

from datetime import date

import pytest

from current_records import frame
from percorsi.conformed import contacts, hospital, people, registers
from percorsi.conformed.identity import ANONYMOUS_CUNI, cuni_identity, with_person_id
from percorsi.small_frame import small_frame
from percorsi.tables import table

KEY = bytes(range(32))
HERE = {"region": "030", "azienda": "301", "cuni": "P"}


@pytest.fixture(scope="module")
def person(spark) -> int:
    named = with_person_id(small_frame(spark, [("P",)], "cuni string"), cuni_identity("cuni"), KEY)
    return named.first().person_id


def rows(made, name: str) -> list[tuple]:
    return [tuple(r) for r in table(f"conformed/{name}").conform(made).collect()]


def test_outpatient_services(spark, person: int) -> None:
    said = {**HERE, "structure": "A1", "nomenclature": "N", "discipline": "40"}
    spe = frame(
        spark,
        "SPE",
        [
            {**said, "date": "2015-03-01", "service": " 90.27.1 ", "quantity": "2"},
            {**said, "date": "2015-03-02", "service": "94.3", "quantity": "x", "discipline": " 040 "},
            {**said, "date": "2015-03-03", "service": "94.3", "discipline": "033"},
            {**said, "date": "2015-03-03", "service": "94.3", "discipline": "400"},
            {**said, "date": "2015-03-03", "service": "94.3", "discipline": ""},
            {**said, "cuni": ANONYMOUS_CUNI, "date": "2015-03-02", "service": "94.3", "quantity": "1"},
        ],
    )
    assert rows(contacts.outpatient_services(spe, KEY), "outpatient_service") == [
        (person, "030", "301", "A1", date(2015, 3, 1), "N", "90.27.1", 2, "40"),
        (person, "030", "301", "A1", date(2015, 3, 2), "N", "94.3", None, "40"),
        *((person, "030", "301", "A1", date(2015, 3, 3), "N", "94.3", None, d) for d in ("33", "400", None)),
    ]


def test_emergency_visits(spark, person: int) -> None:
    said = {"slice_region": "080", "institute": "080001", "cuni": "P", "cuni_type": "0", "entry_date": "2015-04-01"}
    ps = frame(
        spark,
        "PS",
        [
            {
                **{**said, "main_diagnosis": "295.30", "other_diagnoses": "300.0| V62.84 ||E95.0", "triage": "R"},
                **{"obi_main_diagnosis": "296.1", "obi_other_diagnoses": "311|", "outcome": "1"},
            },
            {**said, "obi_main_diagnosis": "29620"},
            said,
            {**said, "cuni_type": "98"},
            {**said, "cuni_type": "99"},
            {**said, "cuni": ANONYMOUS_CUNI},
            {**said, "cuni": None},
        ],
    )
    assert rows(contacts.emergency_visits(ps, KEY), "emergency_visit") == [
        (
            *(person, "080", "080001", date(2015, 4, 1)),
            *(["29530", "3000", "V6284", "E950", "2961", "311"], "R", "1"),
        ),
        (person, "080", "080001", date(2015, 4, 1), ["29620"], None, None),
        (person, "080", "080001", date(2015, 4, 1), [], None, None),
    ]


def test_contacts_with_addiction_services_and_neuropsychiatry(spark, person: int) -> None:
    sind = frame(
        spark,
        "SIND",
        [
            {**HERE, "serd": "S1", "date": "2015-01-02", "contact_type": "3"},
            {**HERE, "cuni": "  ", "serd": "S1", "date": "2015-01-02"},
        ],
    )
    assert rows(contacts.addiction_contacts(sind, KEY), "addiction_contact") == [
        (person, "030", "301", "S1", date(2015, 1, 2), "3")
    ]
    npia = frame(spark, "NPIA", [{**HERE, "structure": "N1", "date": "2015-01-03", "diagnosis": "f90.1"}])
    assert rows(contacts.neuropsychiatry_contacts(npia, KEY), "neuropsychiatry_contact") == [
        (person, "030", "301", "N1", date(2015, 1, 3), "F901")
    ]


ATTRIBUTES = {
    "shared=yes;signed=no": ({"shared": "yes", "signed": "no"}, 0),
    " Shared = yes ; ; signed=": ({"shared": "yes", "signed": ""}, 0),
    "level=low;areas;level = high;=x;": ({"level": "high"}, 0),
    "area=1;score=2;area=3;source=4=5": ({"score": "2", "area": "3", "source": "4=5"}, 0),
    "note=born in Prato;shared=yes;phone=1;note=married": ({"shared": "yes"}, 2),
    "note=born in Prato": ({}, 1),
    "nothing": ({}, 0),
    ";;=;": ({}, 0),
    "": ({}, 0),
    None: ({}, 0),
}
ALL_NAMES = "shared signed social_services measure level kind areas outcome source instrument area score programme"
ATTRIBUTES[";".join(f"{name}=x" for name in ALL_NAMES.split())] = (dict.fromkeys(ALL_NAMES.split(), "x"), 0)


def test_attributes_of_supplementary_events(spark, person: int) -> None:
    sup = frame(
        spark,
        "SUP",
        [
            {
                **{**HERE, "dsm": "001", "event_id": str(n), "type": "pti", "start_date": "2015-01-07"},
                "attributes": text,
            }
            for n, text in enumerate(ATTRIBUTES)
        ],
    )
    made = rows(contacts.supplementary_events(sup, KEY), "supplementary_event")
    assert [row[-2:] for row in made] == list(ATTRIBUTES.values())
    assert made[0][:-2] == (person, "030", "301", "001", "0", "PTI", date(2015, 1, 7), None)


def test_the_register_of_services(spark) -> None:
    place = {"region": " 030", "azienda": "301", "dsm": "001", "structure": "S1", "year": "2015"}
    said = {**place, "kind": "CSM", "ownership": "", "seats": "12", "population": "120000", "name": " North "}
    records = frame(spark, "STR", [{**said}, {**place, "structure": "S2", "seats": "many", "population": "1.5"}])
    assert rows(registers.services(records), "service") == [
        ("030", "301", "001", "S1", 2015, "CSM", None, 12, 120000, "North", None),
        ("030", "301", "001", "S2", 2015, None, None, None, None, None, None),
    ]


# What a record of 2015 says of a birth, and the year it is taken for.
BIRTHS = {
    "1895": 1895, "1894": None, "2015": 2015, "2016": None, "1000": None, "2999": None, "1970": 1970, " 1970 ": 1970,
    "70": None, "+1970": None, "19700": None, "١٩٧٠": None, "": None, None: None,
}  # fmt: skip


def test_years_of_birth_have_one_bound_in_all_flows(spark) -> None:
    told = [{"cuni": "P", "cuni_type": "0", "birth_year": text} for text in BIRTHS]
    sdo = frame(spark, "SDO", [{**t, "admission_date": "2014-12-30", "discharge_date": "2015-01-02"} for t in told])
    ana = frame(spark, "ANA", [{**t, "start_date": "2015-12-31", "end_date": "2016-12-31"} for t in told])
    ps = frame(spark, "PS", [{**t, "entry_date": "2015-01-01"} for t in told])
    days = [{**t, "birth_date": t["birth_year"] and f"{t['birth_year']}-12-31", "date": "2015-01-01"} for t in told]
    made = [
        hospital.discharges(sdo, KEY),
        registers.assisted_persons(ana, KEY),
        people.told_of(ana, "ANA", KEY),
        people.told_of(ps, "PS", KEY),
    ]
    for births in made:
        assert [r.birth_year for r in births.collect()] == list(BIRTHS.values())
    direct = [r.birth_year for r in people.told_of(frame(spark, "DIR", days), "DIR", KEY).collect()]
    assert direct[:6] == [1895, None, 2015, None, None, None]
    assert hospital.discharges(frame(spark, "SDO", [told[2]]), KEY).first().birth_year is None  # of no day


def test_a_year_that_is_no_birth_contradicts_nobody(spark) -> None:
    said = [{"cuni": "P", "start_date": "2015-01-01", "birth_year": year} for year in ("1970", "1000", "2999")]
    registrations = people.registrations(frame(spark, "ANT", []), frame(spark, "ANR", []), KEY)
    (known,) = people.persons(registrations, [people.told_of(frame(spark, "ANA", said), "ANA", KEY)]).collect()
    assert known.birth_year_conflict is False


WARDS = {"4001": ("4001", 1), "40": ("40", 1), "040": ("40", 1), "3301": ("3301", 0), "0401": ("0401", 0)}


def test_wards_begin_with_their_discipline(spark) -> None:
    stay = {"regime": "1", "admission_date": "2015-05-01", "discharge_date": "2015-05-09", "institution_type": "1"}
    sdo = frame(spark, "SDO", [{**stay, "cuni": w, "admission_ward": w, "discharge_ward": "2601"} for w in WARDS])
    records = hospital.hospital_records(hospital.discharges(sdo, KEY), 1).cache()
    stays = {r.person_id: r.spdc_records for r in hospital.join_transfers(records).collect()}
    found = sorted((r.admission_ward, stays[r.person_id]) for r in records.collect())
    assert found == sorted(WARDS.values())
    late = hospital.hospital_records(
        hospital.discharges(frame(spark, "SDO", [{**stay, "cuni": "P", "discharge_ward": "040"}]), KEY), 1
    )
    assert hospital.join_transfers(late).first().spdc_records == 1


def test_assisted_persons_and_causes_of_death(spark, person: int) -> None:
    ana = frame(
        spark,
        "ANA",
        [
            {
                **{"cuni": "P", "start_date": "2010-01-01", "end_date": "2015-09-30", "sex": "2"},
                **{"birth_year": "1970", "residence_region": "030", "residence_azienda": "301"},
                "death_date": "2015-09-30",
            },
            {"cuni": "P", "start_date": "2001-01-01", "birth_year": "70"},
            {"cuni": ANONYMOUS_CUNI, "start_date": "2001-01-01"},
        ],
    )
    assert rows(registers.assisted_persons(ana, KEY), "assisted_person") == [
        (person, date(2010, 1, 1), date(2015, 9, 30), "2", 1970, "030", "301", date(2015, 9, 30)),
        (person, date(2001, 1, 1), None, None, None, None, None, None),
    ]
    cdm = frame(spark, "CDM", [{"cuni": "P", "death_date": "2015-09-30", "cause": "x70.0"}])
    assert rows(registers.causes_of_death(cdm, KEY), "cause_of_death") == [(person, date(2015, 9, 30), "X700")]
