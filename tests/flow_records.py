"""Records of the flows as regions deliver them: one that keeps every rule for each flow, and files made of such.

The file of all of them is that of region 030, 2015, and in the SISM flows S1.
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
    "STR": {
        **{"region": "030", "azienda": "301", "dsm": "001", "structure": "301101", "year": "2015", "kind": "CSM"},
        **{"ownership": "public", "seats": "12", "population": "84300", "name": "CSM uno", "dsm_name": "DSM uno"},
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
