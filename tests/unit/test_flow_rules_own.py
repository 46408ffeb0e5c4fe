"""The project's own layouts beside SDO and STR: every rule, with records that keep it and records that break it."""

import pytest

from flow_judging import Case, check, judged
from flow_records import RECORDS, header
from percorsi.flows.layout import load_layouts

OPERATION: list[Case] = [
    ({"operation": None}, ["P006"]),
    ({"operation": "M"}, ["P006"]),
    ({"operation": "V"}, []),
    ({"operation": "C"}, []),
    ({"operation": "NM", "region": None, "date": "?"}, []),  # passed over before the rules
]
REGION: list[Case] = [
    ({}, []),
    ({"region": None}, ["P001"]),
    ({"region": "300"}, ["P006", "P021"]),
    ({"region": "050"}, ["P021"]),
]
YEAR: list[Case] = [
    ({"year": "2014"}, ["P021"]),
    ({"year": "20l5"}, ["P020", "P021"]),
]
MONTH: list[Case] = [
    ({"month": "3"}, ["P020"]),
    ({"month": "13"}, ["P020"]),
    ({"file_period": "03"}, []),
    ({"file_period": "04"}, ["P021"]),
    ({"file_period": "S1"}, []),
    ({"file_period": "S2"}, ["P021"]),
    ({"file_period": "S2", "month": "07"}, []),
    ({"file_period": "S1", "month": "07"}, ["P021"]),
]
AZIENDA: list[Case] = [({"azienda": "30A"}, ["P020"])]
SHORT_CUNI: list[Case] = [({"cuni": "C" * 16}, ["P020"])]
NOBODY_IS_OUT: list[Case] = [({"cuni": None}, ["P002"])]
NOBODY_IS_KEPT: list[Case] = [({"cuni": None}, [])]


def _obligatory(field: str) -> list[Case]:
    return [
        ({field: None}, ["P003"]),
        ({field: "2015-02-29"}, ["P003"]),
        ({field: "17-03-2015"}, ["P003"]),
        ({field: "2012-02-29"}, []),
    ]


PRESCRIPTION: list[Case] = [
    *(*OPERATION, *REGION, *YEAR, *MONTH, *AZIENDA, *SHORT_CUNI, *NOBODY_IS_OUT, *_obligatory("date")),
    ({"prescription": None}, ["P001"]),
    ({"item": None}, ["P001"]),
    ({"azienda": None, "year": None, "month": None}, []),
    ({"item": "99", "cuni": None, "date": None}, []),  # the total: passed over before the rules
    ({"item": "9", "cuni": None}, ["P002"]),
]
CONTACT: list[Case] = [
    *(*OPERATION, *REGION, *YEAR, *AZIENDA, *SHORT_CUNI, *NOBODY_IS_KEPT, *_obligatory("date")),
    ({"contact_id": None}, ["P001"]),
]
CASES: dict[str, list[Case]] = {
    "FAR": [
        *PRESCRIPTION,
        ({"packs": None}, ["P005"]),
        ({"packs": "due"}, ["P005"]),
        ({"packs": "1,5"}, ["P005"]),
        ({"packs": "٢"}, ["P005"]),  # a digit, though not one of the layout
        ({"packs": "1.5"}, []),
        ({"packs": "0"}, ["P020"]),
        ({"packs": "-1"}, ["P020"]),
        ({"aic": None}, ["P007"]),
        ({"aic": "GAL"}, ["P020"]),
    ],
    "SPE": [
        *PRESCRIPTION,
        ({"quantity": None}, []),
        ({"quantity": "una"}, ["P005"]),
        ({"quantity": "0"}, ["P020"]),
        ({"quantity": "1.5"}, ["P020"]),
        ({"quantity": "12.00"}, []),
        ({"service": None}, ["P007"]),
        ({"service": "90-27-1"}, ["P020"]),
        ({"structure": "30110"}, ["P020"]),
        ({"nomenclature": "1"}, ["P020"]),
        ({"nomenclature": "a"}, []),
        ({"discipline": "psi"}, ["P020"]),
        ({"structure": None, "nomenclature": None, "discipline": None}, []),
    ],
    "SIND": [*CONTACT, ({"serd": None}, ["P001"])],
    "NPIA": [
        *CONTACT,
        ({"structure": None}, ["P001"]),
        ({"diagnosis": None}, []),
        ({"diagnosis": "F90.0"}, []),
        ({"diagnosis": "31401"}, ["P020"]),
    ],
    "ANA": [
        *NOBODY_IS_OUT,
        *SHORT_CUNI,
        ({}, []),
        ({"start_date": None}, ["P001"]),  # of the key: not a missing date as well
        ({"start_date": "2010-13-01"}, ["P003"]),
        ({"end_date": "2015-06-31"}, ["P003"]),
        ({"end_date": "2010-01-01", "death_date": "2010-01-01"}, []),
        ({"end_date": "2009-12-31"}, ["P004"]),
        ({"death_date": "20150101"}, ["P003"]),
        ({"sex": "M"}, ["P020"]),
        ({"birth_year": "75"}, ["P020"]),
        ({"residence_region": "300"}, ["P020"]),
        ({"residence_azienda": "3"}, ["P020"]),
        ({"sex": None, "birth_year": None, "residence_region": None, "residence_azienda": None}, []),
    ],
    "CDM": [
        *(*NOBODY_IS_OUT, *SHORT_CUNI, *_obligatory("death_date")),
        ({}, []),
        ({"cause": None}, []),
        ({"cause": "Y87.0"}, []),
        ({"cause": "E950"}, []),
        ({"cause": "9500"}, ["P020"]),
    ],
    "SUP": [
        *(*OPERATION, *REGION, *AZIENDA, *SHORT_CUNI, *NOBODY_IS_KEPT, *_obligatory("start_date")),
        ({"event_id": None}, ["P001"]),
        ({"end_date": "2015-02-30"}, ["P003"]),
        ({"end_date": "2015-03-17"}, []),
        ({"end_date": "2015-03-16"}, ["P004"]),
        ({"type": None}, ["P006"]),
        ({"type": "PLAN"}, ["P006"]),
        ({"type": "ENROLMENT", "attributes": "programme=lithium"}, []),
        ({"dsm": "0-1"}, ["P020"]),
        ({"attributes": None}, []),
        ({"attributes": "area=;score=12;"}, []),
        ({"attributes": "shared"}, ["P020"]),
    ],
    "AIC": [
        ({}, []),
        ({"aic": None}, ["P001"]),
        ({"aic": "02875206"}, ["P020"]),
        ({"atc": None}, ["P007"]),
        ({"atc": "N05A"}, []),
        ({"atc": "n05ax12"}, ["P020"]),
        ({"ddd_per_pack": None}, []),
        ({"ddd_per_pack": "18,7"}, ["P020"]),
        ({"ddd_per_pack": "0"}, ["P020"]),
        ({"form": "depot", "interval_days": "28", "min_dose_ddd": "0.5", "max_dose_ddd": "2"}, []),
        ({"form": "compressa"}, ["P020"]),
        ({"interval_days": "0"}, ["P020"]),
        ({"min_dose_ddd": "low"}, ["P020"]),
        ({"min_dose_ddd": "0"}, ["P020"]),
        ({"max_dose_ddd": "high"}, ["P020"]),
        ({"max_dose_ddd": "-1"}, ["P020"]),
        ({"min_dose_ddd": "2", "max_dose_ddd": "1"}, ["P020"]),
    ],
    "PER": [
        *(*REGION, *YEAR),
        ({"year": None}, ["P001"]),
        ({"azienda": None}, ["P001"]),
        ({"azienda": "30A"}, ["P020"]),
        ({"dsm": None}, ["P001"]),
        ({"dsm": "0-1"}, ["P020"]),
        ({"profile": None}, ["P001"]),
        ({"heads": "many"}, ["P020"]),
        ({"weekly_hours": "36,5"}, ["P020"]),
        ({"weekly_hours": "-1"}, ["P020"]),
        ({"heads": None, "weekly_hours": None}, []),
    ],
}


@pytest.mark.parametrize("flow", CASES)
def test_each_record_has_the_codes_it_earned_and_each_rule_is_kept_and_broken(spark, flow: str) -> None:
    check(flow, CASES[flow], judged(spark, flow, CASES[flow]))


@pytest.mark.parametrize("flow", CASES)
def test_the_record_of_the_tests_has_fields_of_the_layout_only(flow: str) -> None:
    layout = load_layouts()[flow]
    assert not RECORDS[flow].keys() - layout.fields.keys()
    assert all(RECORDS[flow].get(name) for name in layout.key)


def test_no_field_has_the_name_of_what_is_kept_beside_the_fields() -> None:
    beside = {"flow", "slice", "slice_region", "delivery", "delivered", "file", "line", "digest", "line_fault"}
    beside |= {"file_region", "file_year", "file_period", "broken_line", "accepted", "errors"}
    assert not [(flow, name) for flow, layout in load_layouts().items() for name in beside & layout.fields.keys()]


def test_a_pack_that_the_register_does_not_know_is_reported() -> None:
    (rule,) = load_layouts()["FAR"].registered
    assert (rule.code, rule.severity, rule.register_.flow, rule.register_.has) == (
        *("P024", "report", "AIC"),
        {"aic": "aic"},
    )


def test_the_headers_are_those_of_the_project() -> None:
    headers = {flow: header(flow).replace("~", " ") for flow in CASES}
    assert headers == {
        "FAR": "REGIONE RICETTA RIGA ASL ANNO MESE CUNI DATA_EROGAZIONE AIC PEZZI OP",
        "SPE": (
            "REGIONE RICETTA RIGA ASL STRUTTURA ANNO MESE CUNI DATA_EROGAZIONE NOMENCLATORE PRESTAZIONE QUANTITA "
            "DISCIPLINA OP"
        ),
        "SIND": "REGIONE SERD ID_CONTATTO ASL ANNO CUNI DATA_CONTATTO TIPO_CONTATTO OP",
        "NPIA": "REGIONE STRUTTURA ID_CONTATTO ASL ANNO CUNI DATA_CONTATTO DIAGNOSI_ICD10 OP",
        "ANA": "CUNI DATA_INIZIO SESSO ANNO_NASCITA REG_RES ASL_RES DATA_FINE DATA_DECESSO",
        "CDM": "CUNI DATA_DECESSO CAUSA_INIZIALE",
        "SUP": "REGIONE ID_EVENTO AZIENDA DSM CUNI TIPO DATA_INIZIO DATA_FINE ATTRIBUTI OP",
        "AIC": "AIC ATC DESCRIZIONE DDD_CONFEZIONE FORMA INTERVALLO_GIORNI DOSE_MIN_DDD DOSE_MAX_DDD",
        "PER": "REGIONE AZIENDA DSM ANNO PROFILO TESTE ORE_SETTIMANA",
    }
