"""Records of the flows as regions deliver them: one that keeps every rule for each flow, and files made of such.

The file of all of them is that of region 030, 2015, and in the SISM flows S1; ANA, CDM and AIC are of the nation.
"""

import gzip
from collections.abc import Iterable
from pathlib import Path

from percorsi.flows.layout import load_layouts

ID_REC, CUNI = "R" * 88, "C" * 88
_SENDER = {"year": "2015", "period": "S1", "region": "030", "azienda": "301", "dsm": "001", "id_rec": ID_REC}
_PERSON = {
    **_SENDER,
    **{"cuni": CUNI, "cuni_validity": "0", "cuni_type": "0", "birth_year": "1975", "sex": "1", "citizenship": "IT"},
    **{"residence_region": "030", "residence_azienda": "301", "marital_status": "3", "living_arrangement": "3"},
    **{"education": "5", "occupation": "10", "operation": "I"},
}
_PLACE = {**_SENDER, "structure": "301101", "contact_id": "1200000001000", "operation": "I"}
_EPISODE = {
    **_PLACE,
    **{"opening_date": "2013-05-10", "opening_diagnosis": "29530", "previous_contacts": "1", "referral": "2"},
}
_AIC = "028752069"
_PRESCRIPTION = {
    **{"region": "030", "prescription": "0300012345678901", "item": "1", "azienda": "301", "year": "2015"},
    **{"month": "03", "cuni": CUNI, "date": "2015-03-17", "operation": "I"},
}
_CONTACT = {
    **{"region": "030", "contact_id": "7001", "azienda": "301", "year": "2015", "cuni": CUNI, "date": "2015-03-17"},
    "operation": "I",
}
RECORDS: dict[str, dict[str, str]] = {
    "ANT": _PERSON,
    "ANR": _PERSON,
    "CNT": _EPISODE,
    "CNR": _EPISODE,
    "PST": {
        **_PLACE,
        **{"progressive": "1", "date": "2015-03-17", "type": "01", "delivery_mode": "1", "place": "1"},
        **{"operator_1": "1", "operator_2": "4"},
    },
    "PSR": {**_PLACE, "structure_type": "5", "admission_date": "2014-01-10"},
    "PSS": {**_PLACE, "structure_type": "2", "date": "2015-03-17", "attendance": "2"},
    "SDO": {
        **{"region": "030", "hospital": "03003300", "year": "2015", "record": "15000001", "cuni": CUNI, "sex": "2"},
        **{"birth_year": "1946", "residence_region": "030", "residence_azienda": "327", "regime": "1"},
        **{"admission_date": "2015-09-01", "admission_ward": "4001", "admission_type": "3", "injury": "5"},
        **{"discharge_date": "2015-09-04", "discharge_ward": "4001", "discharge_mode": "2", "diagnosis_1": "29530"},
        **{"institution_type": "1", "operation": "I"},
    },
    "PS": {
        **{"id": "2015000000000001", "institute": "03003300", "entry_date": "2015-03-17", "entry_time": "10:00"},
        **{
            "arrival_mode": "3",
            "sent_by": "6",
            "main_problem": "12",
            "triage": "G",
            "cuni": CUNI,
            "cuni_validity": "0",
        },
        **{"cuni_type": "0", "birth_year": "1975", "sex": "1", "citizenship": "IT", "residence_region": "030"},
        **{"residence_municipality": "015146", "residence_azienda": "301", "taken_date": "2015-03-17"},
        **{"taken_time": "10:30", "main_diagnosis": "29530", "main_service": "94.19", "outcome": "1"},
        **{"destination_date": "2015-03-17", "destination_time": "12:00", "discharge_date": "2015-03-17"},
        **{"discharge_time": "12:30", "appropriateness": "V", "payment_regime": "1", "gross_amount": "241.50"},
        **{"ticket_position": "3", "operation": "I"},
    },
    "STR": {
        **{"region": "030", "azienda": "301", "dsm": "001", "structure": "301101", "year": "2015", "kind": "CSM"},
        **{"ownership": "public", "seats": "12", "population": "84300", "name": "CSM uno", "dsm_name": "DSM uno"},
    },
    "DIR": {
        **{"region": "030", "year": "2015", "period": "03", "azienda": "030301", "dispenser_type": "01"},
        **{"structure": "03003300", "cuni": CUNI, "cuni_validity": "0", "cuni_type": "0"},
        **{"birth_date": "1975-01-01", "sex": "1", "residence_azienda": "030301", "citizenship": "1"},
        **{"operation": "I", "channel": "D", "dispensing_type": "02", "exemption_type": "0", "contact_type": "2"},
        **{"contact_id": "1200000001", "date": "2015-03-17", "fixed_fee": "0.00", "prescription_date": "2015-03-10"},
        **{"service_cost_prescription": "2.50", "prescriber": "0000000000004000", "prescriber_type": "H"},
        **{"drug_type": "1", "drug": _AIC, "quantity": "56.00", "conversion_factor": "28", "pack_number": "0"},
        **{"purchase_cost": "23.76000", "service_cost": "1.20"},
    },
    "FAR": {**_PRESCRIPTION, "aic": _AIC, "packs": "2"},
    "SPE": {
        **_PRESCRIPTION,
        **{"structure": "301101", "nomenclature": "N", "service": "90.27.1", "quantity": "1", "discipline": "40"},
    },
    "SIND": {**_CONTACT, "serd": "301901", "contact_type": "1"},
    "NPIA": {**_CONTACT, "structure": "301801", "diagnosis": "F900"},
    "ANA": {
        **{"cuni": CUNI, "start_date": "2010-01-01", "sex": "1", "birth_year": "1975", "residence_region": "030"},
        "residence_azienda": "301",
    },
    "CDM": {"cuni": CUNI, "death_date": "2015-11-02", "cause": "X700"},
    "SUP": {
        **{"region": "030", "event_id": "9001", "azienda": "301", "dsm": "001", "cuni": CUNI, "type": "PTI"},
        **{"start_date": "2015-03-17", "attributes": "shared=yes;signed=no", "operation": "I"},
    },
    "AIC": {
        **{"aic": _AIC, "atc": "N05AX12", "description": "aripiprazole 10 mg, 28 tablets", "ddd_per_pack": "18.666667"},
        "form": "oral",
    },
    "PER": {
        **{"region": "030", "azienda": "301", "dsm": "001", "year": "2015", "profile": "1", "heads": "14"},
        "weekly_hours": "504.5",
    },
}


def line(flow: str, **changes: str) -> str:
    """One line of a file: the flow's record with some fields changed, fields in the layout's order."""
    record = RECORDS[flow] | changes
    return "~".join(record.get(column, "") for column in load_layouts()[flow].columns)


def header(flow: str) -> str:
    """The header of an own layout; in a national one, whose wording does not count, the official names."""
    return "~".join(field.name for field in load_layouts()[flow].fields.values())


def write_file(path: Path, lines: Iterable[str], ending: str = "\n") -> Path:
    """A file of these lines, compressed where its name says so."""
    data = "".join(text + ending for text in lines).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix.lower() == ".gz" else data)
    return path
