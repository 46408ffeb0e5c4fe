"""The flows outside the departments as facts of persons: what is typed how, and who is left out."""

from datetime import date

import pytest

from current_records import frame
from percorsi.conformed import contacts, registers
from percorsi.conformed.identity import ANONYMOUS_CUNI, cuni_identity, with_person_id
from percorsi.tables import table

KEY = bytes(range(32))
HERE = {"region": "030", "azienda": "301", "cuni": "P"}


@pytest.fixture(scope="module")
def person(spark) -> int:
    named = with_person_id(spark.createDataFrame([("P",)], "cuni string"), cuni_identity("cuni"), KEY)
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
            {**said, "date": "2015-03-02", "service": "94.3", "quantity": "x"},
            {**said, "cuni": ANONYMOUS_CUNI, "date": "2015-03-02", "service": "94.3", "quantity": "1"},
        ],
    )
    assert rows(contacts.outpatient_services(spe, KEY), "outpatient_service") == [
        (person, "030", "301", "A1", date(2015, 3, 1), "N", "90.27.1", 2, "40"),
        (person, "030", "301", "A1", date(2015, 3, 2), "N", "94.3", None, "40"),
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
    "shared=yes;signed=no": {"shared": "yes", "signed": "no"},
    " Shared = yes ; ; signed=": {"shared": "yes", "signed": ""},
    "level=low;areas;level = high;=x;": {"level": "high"},
    "a=1;b=2;a=3;c=4=5": {"b": "2", "a": "3", "c": "4=5"},
    "nothing": {},
    ";;=;": {},
    "": {},
    None: {},
}


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
    assert [row[-1] for row in made] == list(ATTRIBUTES.values())
    assert made[0][:-1] == (person, "030", "301", "001", "0", "PTI", date(2015, 1, 7), None)


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
