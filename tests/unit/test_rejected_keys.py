"""The keys that a workbook tells of faulty records: those of the sender, and never what may be a CUNI."""

from types import SimpleNamespace

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from flow_records import CUNI, ID_REC, RECORDS
from percorsi.flows import load_layouts
from percorsi.flows.faults import faulty_records, key_columns
from percorsi.home import Home

ERRORS = pa.list_(pa.struct([(name, pa.string()) for name in ("field", "code", "severity")]))


def _keys(home: Home, flow: str, **changes: str | None) -> dict[str, str | None]:
    """The key told of one faulty record of a flow."""
    layouts = load_layouts()
    record = {name: RECORDS[flow].get(name) for name in layouts[flow].columns} | changes
    error = {"field": "operation", "code": "3060", "severity": "reject"}
    place = {"delivery": "d", "slice_region": "030", "file": "a.csv", "line": 2}
    values = {name: pa.array([value], pa.string()) for name, value in record.items()}
    values |= {name: pa.array([value]) for name, value in place.items()} | {"errors": pa.array([[error]], ERRORS)}
    write_deltalake(str(home.tables / "raw" / flow), pa.table(values), partition_by=["delivery", "slice_region"])
    ((*_, told),) = faulty_records(home, [SimpleNamespace(delivery="d")], layouts, [flow])
    return dict(zip(key_columns(layouts, [flow]), told, strict=True))


@pytest.mark.parametrize(
    ("changes", "id_rec"),
    [
        ({}, ID_REC),
        ({"id_rec": CUNI}, "(88 characters)"),  # the CUNI sent as Id_Rec
        ({"id_rec": CUNI, "cuni": "0", "cuni_validity": "0"}, "(88 characters)"),  # slipped by a field
        ({"id_rec": CUNI, "cuni": None}, "(88 characters)"),
        ({"id_rec": "001", "cuni": ID_REC}, "001"),  # slipped the other way
        ({"id_rec": "x" * 89}, "(89 characters)"),
    ],
)
def test_an_id_rec_that_may_be_a_cuni_is_told_by_its_length(home, changes: dict, id_rec: str) -> None:
    told = _keys(home, "ANT", **changes)
    assert (told["id_rec"], told["dsm"]) == (id_rec, "001")


def test_a_cuni_in_another_field_of_the_key_is_told_by_its_length(home) -> None:
    told = _keys(home, "DIR", contact_id=CUNI)
    assert told["contact_id"] == "(88 characters)" and told["drug"] == RECORDS["DIR"]["drug"] and "cuni" not in told


def test_a_flow_without_cunis_tells_its_id_rec(home) -> None:
    assert _keys(home, "PST")["id_rec"] == ID_REC
