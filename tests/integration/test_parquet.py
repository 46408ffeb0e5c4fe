"""Parquet in place of text: the same records, the same line numbers, the same rules; or a refusal that says why."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flow_records import RECORDS, header, line, write_file
from percorsi.errors import DeliveryRefused
from percorsi.flows import ingest
from percorsi.flows.layout import load_layouts

NAMES = {column: field.name for column, field in load_layouts()["FAR"].fields.items()}


def _table(*changes: dict) -> pa.Table:
    """Rows of FAR: days as dates, packs as floats, years as numbers; the columns in another order than the layout."""
    rows = [{**RECORDS["FAR"], **change} for change in changes]
    columns = {NAMES[column]: [row.get(column) for row in rows] for column in reversed(NAMES)}
    columns["DATA_EROGAZIONE"] = [date.fromisoformat(d) if d else None for d in columns["DATA_EROGAZIONE"]]
    columns["PEZZI"] = pa.array([None if p is None else float(p) for p in columns["PEZZI"]], pa.float64())
    columns["ANNO"] = pa.array([int(y) for y in columns["ANNO"]], pa.int32())
    return pa.table(columns)


def test_a_parquet_file_is_read_like_its_text(store, tmp_path: Path) -> None:
    changes = [
        {"prescription": "A1", "packs": "2"},
        {"prescription": "A2", "packs": None},  # line 3: no number
        {"prescription": "A3", "item": "99"},  # the total of a prescription
        {"prescription": "A1", "packs": "1", "operation": "V"},
        {"prescription": "A4", "date": None},  # line 6
    ]
    folder = tmp_path / "d [1]"
    folder.mkdir()
    pq.write_table(_table(*changes), folder / "FAR_030_2015_01.parquet", row_group_size=2)
    write_file(folder / "FAR_030_2015_02.csv", [header("FAR"), line("FAR", prescription="B1", month="02")])
    far = ingest(store, folder, delivered=date(2016, 4, 30)).flows["FAR"]
    assert (far.files, far.records, far.accepted, far.rejected, far.not_moved) == (2, 6, 3, 2, 1)
    assert (far.current, far.superseded, far.unknown_variations) == (2, 1, 0)
    rejected = store.read("rejected").where("severity = 'reject'").select("file", "line", "field", "code").collect()
    assert sorted(map(tuple, rejected)) == [
        ("FAR_030_2015_01.parquet", 3, "packs", "P005"),
        ("FAR_030_2015_01.parquet", 6, "date", "P003"),
    ]
    current = store.read("current/FAR").select("prescription", "packs", "date", "year", "line", "file_period").collect()
    text = RECORDS["FAR"]
    assert sorted(map(tuple, current)) == [
        ("A1", "1", text["date"], text["year"], 5, "01"),
        ("B1", text["packs"], text["date"], text["year"], 2, "02"),
    ]


@pytest.mark.parametrize("fault", ["names", "nested", "binary", "cut", "no parquet", "national"])
def test_what_cannot_be_text_is_refused(store, tmp_path: Path, fault: str) -> None:
    path = tmp_path / ("PST_030_2015_S1.parquet" if fault == "national" else "FAR_030_2015.parquet")
    table = _table({})
    reasons = {
        "names": "the header lacks PEZZI",
        "nested": "no plain values in the columns 11",
        "binary": "no plain values in the columns 11",
        "cut": "truncated or damaged",
        "no parquet": "truncated or damaged",
        "national": "PST is delivered as text",
    }
    if fault == "names":
        table = table.drop_columns(["PEZZI"])
    if fault in ("nested", "binary"):
        odd = pa.array([["030"]] if fault == "nested" else [b"030"])
        table = table.set_column(10, "REGIONE", odd)
    pq.write_table(table, path)
    if fault == "cut":
        path.write_bytes(path.read_bytes()[:-50])
    if fault == "no parquet":
        path.write_bytes(b"REGIONE~RICETTA\n030~1\n")
    with pytest.raises(DeliveryRefused, match=reasons[fault]) as refusal:
        ingest(store, tmp_path)
    assert path.name in str(refusal.value) and "next:" in str(refusal.value)


def test_decimals_keep_their_digits(store, tmp_path: Path) -> None:
    table = _table({})
    packs = pa.array([Decimal("1.50")], pa.decimal128(9, 2))
    at = table.column_names.index("PEZZI")
    pq.write_table(table.set_column(at, "PEZZI", packs), tmp_path / "FAR_030_2015.parquet")
    ingest(store, tmp_path)
    assert [row["packs"] for row in store.read("current/FAR").collect()] == ["1.50"]
