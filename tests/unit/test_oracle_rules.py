"""The oracle's rules of DIR, PS and the own layouts: what is sound, and one thing wrong at a time."""

import pytest

from oracle.delivery import File, rows_of
from oracle.layouts import FIELDS, RECORD
from oracle.persons import ANONYMOUS
from oracle.rules_drugs import check_digit_holds, sound_dir
from oracle.rules_emergency import sound_ps
from oracle.rules_own import SOUND
from oracle_files import HALOPERIDOL, Files, Y


def record(tmp_path, flow, period="", **changed):
    """(record, file) of a delivery's line with some fields changed."""
    files, day = Files(tmp_path, years=()), f"{Y}-05-10"
    if flow == "DIR":
        files.direct(day, HALOPERIDOL, "1")
    else:
        files.emergency(day)
    path = tmp_path / f"{flow}_030_{Y}.csv"
    path.write_text("\n".join(files.lines[path.name]), encoding="utf-8")
    file = File(flow, "030", Y, period, path)
    return next(rows_of(file))[1]._replace(**changed), file


NOBODY = {
    "cuni": "",
    "validity": "",
    "id_type": "",
    "birth_date": "",
    "sex": "",
    "citizenship": "",
    "exemption_type": "",
}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"op": "v", "channel": "OP", "date": f"{Y - 1}-05-01"},
        {"cuni": ANONYMOUS, "id_type": "98", "birth_date": "9999-12-31", "contact_id": "0"},
        NOBODY | {"dispenser": "05", "prescriber_type": "", "residence_azienda": ""},
        NOBODY | {"dispenser": "02", "structure_type": "01"},
        {"pack_number": "1234567895", "quantity": "28.00", "factor": "28"},
        {"pack_number": "123456789"},
        {"drug_type": "4", "drug": "V03AN01"},
        {"quantity": "-2", "service_cost": "", "prescription_cost": "2.00"},
        {"residence_azienda": "", "residence_state": "FR"},
    ],
)
def test_a_dispensing_that_is_sound(tmp_path, changed):
    assert sound_dir(*record(tmp_path, "DIR", **changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"region": "050"},  # B01
        {"month": "13"},  # XSD_3
        {"azienda": "050321"},  # D01
        {"azienda": "030000"},  # B42
        {"dispenser": "04", "channel": "R"},  # B44
        {"dispenser": "02"},  # D36
        {"structure_type": "01"},  # B36
        {"cuni": "C"},  # XSD_8
        {"validity": ""},  # B16
        {"cuni": ANONYMOUS},  # B17
        NOBODY,  # D37
        {"residence_azienda": ""},  # B28
        {"residence_state": "FR"},  # B38
        {"contact_id": "000"},  # D07
        {"exemption_type": "3"},  # D39
        {"exemption": "048"},  # B29
        {"prescriber": "X" * 16, "prescriber_type": "Z"},  # D17
        {"date": f"{Y}-06-01"},  # B20
        {"date": f"{Y - 1}-04-30"},  # B20
        {"date": f"{Y}-04-31"},  # XSD_24
        {"prescription_date": f"{Y}-05-11"},  # B23
        {"birth_date": "9999-12-31"},  # D89
        {"birth_date": f"{Y - 151}-01-01"},  # D89
        {"drug": ""},  # B11
        {"drug_type": "5"},  # D33
        {"drug_type": "6", "factor": "2"},  # B31
        {"factor": "0"},  # XSD_34
        {"quantity": "1.234"},  # XSD_33
        {"pack_number": "1234567895", "quantity": "2"},  # B13
        {"pack_number": "1234567890"},  # B101
        {"pack_number": "1234567895", "drug_type": "2"},  # D41
        {"pack_number": ""},  # B100
        {"service_cost": ""},  # D38
        {"service_cost": "-2.00"},  # B41
        {"op": "X"},  # XSD_17
    ],
)
def test_a_dispensing_that_is_rejected(tmp_path, changed):
    assert not sound_dir(*record(tmp_path, "DIR", **changed))


def test_the_check_digit_of_the_ministrys_example():
    # 3 x 5 + 6 + 3 x 3 + 7 + 3 x 4 = 49, so that 1 is missing; five digits, here with zeros before them
    assert check_digit_holds("0000473651") and not check_digit_holds("0000473652")


LEFT = dict.fromkeys(
    ("discharge_date", "discharge_time", "destination_date", "destination_time", "appropriateness", "gross"), ""
)
OBSERVED = {
    "outcome": "10",
    "obi_outcome": "1",
    "obi_entry_date": f"{Y}-05-10",
    "obi_entry_time": "10:31",
    "obi_exit_date": f"{Y}-05-10",
    "obi_exit_time": "12:00",
}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"diagnoses": "29530|V62.84"},
        {
            "care_date": f"{Y}-05-11",
            "care_time": "10:00",
            "destination_date": f"{Y}-05-11",
            "discharge_date": f"{Y}-05-11",
        },
        LEFT | {"outcome": "6", "care_date": "", "care_time": "", "ticket_position": ""},
        LEFT | {"outcome": "7"},
        OBSERVED,
        {"outcome": "3", "transfer_reason": "2", "transfer_institute": "030002"},
        {"outcome": "4", "destination_date": "", "destination_time": ""},
        {"ticket_position": "1", "ticket": "25.00"},
        {"admission": f"{Y % 100 + 1}000001"},
        {"residence_region": "999", "residence_municipality": "999999", "residence_state": "FR"},
        {"birth_year": "", "presumed_age": "4"},
        {"period": "05"},
        {"period": "S1"},
        {
            "period": "05",
            "id": f"{Y}000000000001",
            "entry_date": f"{Y}-04-01",
            "care_date": f"{Y}-04-02",
            "care_time": "09:00",
        },
    ],
)
def test_a_visit_that_is_sound(tmp_path, changed):
    assert sound_ps(*record(tmp_path, "PS", **changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"id": f"{Y}1"},  # 104
        {"id": f"{Y - 1}000000000001"},  # 2058
        {"institute": "0500010"},  # 104
        {"institute": "050001"},  # 1902
        {"period": "06"},  # 1002
        {"period": "S2"},
        {"entry_date": f"{Y}-02-30"},  # 101
        {"entry_time": "24:00"},  # 101
        {"mission": f"{Y}000000000001"},  # 2062
        {"sent_by": "5", "mission": f"{Y - 2}000000000001"},  # 2063
        {"centre": "99901"},  # 2032
        {"cuni": ""},  # 111
        {"presumed_age": "4"},  # 20061
        {"birth_year": ""},  # 20062
        {"residence_region": "098"},  # 114
        {"residence_state": "FR"},  # 2007
        {"care_time": ""},  # 1103
        {"care_time": "09:59"},  # 2066
        {"care_date": f"{Y}-05-11", "care_time": "10:01", "discharge_date": f"{Y}-05-11"},  # 2066
        {"outcome": "6"},  # 2112
        {"triage": "N"},  # 2067
        {"outcome": "9", "destination_date": "", "destination_time": ""},  # 2078
        {"destination_date": ""},  # 1103
        {"outcome": "8"},  # 1115
        {"discharge_date": "", "discharge_time": ""},  # 1103
        {"discharge_time": "09:59"},  # 3007
        {"appropriateness": ""},  # 1103
        {"admission": f"{Y % 100 + 2}000001"},  # 2071
        {"outcome": "3"},  # 1103
        {"transfer_reason": "1"},  # 2072
        {"obi_problem": "295"},  # 1121
        OBSERVED | {"obi_entry_time": "10:30"},  # 1123
        OBSERVED | {"obi_exit_time": "11:59"},  # 1137
        {"diagnoses": "29530|29"},  # 107
        {"gross": "0.00"},  # 112
        {"ticket": "25.00"},  # 1120
        {"ticket_position": "1"},  # 1103
        {"op": "i"},  # 118
    ],
)
def test_a_visit_that_is_rejected(tmp_path, changed):
    assert not sound_ps(*record(tmp_path, "PS", **changed))


SOUND_LINES = {
    "FAR": {"REGIONE": "030", "RICETTA": "1", "RIGA": "1", "CUNI": "C", "DATA_EROGAZIONE": "2022-05-10", "AIC": "1"},
    "SPE": {"REGIONE": "030", "RICETTA": "1", "RIGA": "1", "CUNI": "C", "DATA_EROGAZIONE": "2022-05-10"},
    "SIND": {"REGIONE": "030", "SERD": "1", "ID_CONTATTO": "1", "DATA_CONTATTO": "2022-05-10"},
    "NPIA": {"REGIONE": "030", "STRUTTURA": "1", "ID_CONTATTO": "1", "DATA_CONTATTO": "2022-05-10"},
    "SUP": {"REGIONE": "030", "ID_EVENTO": "1", "TIPO": "PTI", "DATA_INIZIO": "2022-05-10"},
    "AIC": {"AIC": "1", "ATC": "N05AH03"},
}
ALSO = {"FAR": {"PEZZI": "-1.5"}, "SPE": {"PRESTAZIONE": "90.27.1"}, "SUP": {"DATA_FINE": "2022-05-10"}}


@pytest.mark.parametrize("flow", SOUND_LINES)
def test_an_own_layout_needs_each_of_its_fields(flow):
    fields = dict.fromkeys(FIELDS[flow], "") | SOUND_LINES[flow] | ALSO.get(flow, {})
    if "OP" in fields:
        fields["OP"] = "I"

    def sound(**changed):
        return SOUND[flow](RECORD[flow](*(fields | changed).values()))

    assert sound()
    optional = {"DATA_FINE"}
    wanted = [name for name, value in fields.items() if value and name not in optional]
    assert [name for name in wanted if sound(**{name: ""})] == []
    if "REGIONE" in fields:
        assert not sound(REGIONE="040") and not sound(OP="X")
    for name in fields:
        if name.startswith("DATA"):
            assert not sound(**{name: "2022-02-30"})
    if flow == "SUP":
        assert not sound(DATA_FINE="2022-05-09") and not sound(TIPO="PLAN")
    if flow == "SPE":
        assert sound(QUANTITA="0") and not sound(QUANTITA="one")
