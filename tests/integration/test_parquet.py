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
from percorsi.flows.content import Content, digests, read_contents
from percorsi.flows.files import Refusal, discover
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


def _not_utf8() -> pa.Array:
    """Two texts, of which the first is none."""
    sound = pa.array(["ab", "A2"])
    return pa.Array.from_buffers(pa.string(), 2, [None, sound.buffers()[1], pa.py_buffer(b"\xff\xfeA2")])


def test_a_row_that_is_no_text_falls_alone(store, tmp_path: Path) -> None:
    table = _table({"prescription": "A1"}, {"prescription": "A2"})
    table = table.set_column(table.column_names.index("RICETTA"), "RICETTA", _not_utf8())
    pq.write_table(table, tmp_path / "FAR_030_2015.parquet")
    far = ingest(store, tmp_path).flows["FAR"]
    assert (far.records, far.accepted, far.rejected) == (2, 1, 1)
    assert [(r["line"], r["field"], r["code"]) for r in store.read("rejected").collect()] == [(2, "", "P008")]
    assert [(r["prescription"], r["line"]) for r in store.read("current/FAR").collect()] == [("A2", 3)]
    (broken,) = store.read("raw/FAR").where("broken_line is not null").collect()
    cells = broken["broken_line"].split("~")  # as a line of text would be kept, in the file's order
    assert len(cells) == len(NAMES) and cells[-2] == "\ufffd\ufffd" and broken["region"] is None


def test_files_of_no_bytes_and_of_no_rows_are_deliveries_of_no_records(store, tmp_path: Path) -> None:
    (tmp_path / "FAR_030_2015_01.parquet").write_bytes(b"")
    pq.write_table(_table({}).slice(0, 0), tmp_path / "FAR_030_2015_02.parquet")
    pq.write_table(_table({}), tmp_path / "FAR_030_2015_03.parquet")
    far = ingest(store, tmp_path).flows["FAR"]
    assert (far.files, far.records, far.accepted, far.current) == (3, 1, 1, 1)


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4"])
def test_codecs_that_are_read(tmp_path: Path, codec: str) -> None:
    pq.write_table(_table({}), tmp_path / "FAR_030_2015.parquet", compression=codec)
    assert _looked_at(tmp_path).records == 1


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        ({}, {"compression": "brotli"}, "written in a way that is not read: BROTLI"),
        ({}, {"use_dictionary": False, "use_byte_stream_split": ["PEZZI"]}, "is not read: BYTE_STREAM_SPLIT"),
        ({"PEZZI": pa.array([1.5], pa.float16())}, {}, "no plain values in the columns 2"),
        ({"PEZZI": pa.array([Decimal(1)], pa.decimal256(39, 2))}, {}, "no plain values in the columns 2"),
        ({"RICETTA": pa.array(["x" * 1_100_000])}, {}, "line 2: a value of more than a million"),
        ({"RICETTA": pa.array(["x" * 1_100_000], pa.large_string())}, {}, "line 2: a value of more than a million"),
        ({"RICETTA": pa.array(["x" * 1_100_000])}, {"use_dictionary": False}, "line 2: a value of more than a million"),
    ],
)
def test_what_spark_cannot_read_is_refused(tmp_path: Path, changes: dict, options: dict, reason: str) -> None:
    table = _table({})
    for name, values in changes.items():
        table = table.set_column(table.column_names.index(name), name, values)
    pq.write_table(table, tmp_path / "FAR_030_2015.parquet", **options)
    assert reason in str(_looked_at(tmp_path))


@pytest.mark.parametrize("column", ["RICETTA", "PEZZI", "DATA_EROGAZIONE"])
def test_damage_behind_a_sound_footer_is_refused(tmp_path: Path, column: str) -> None:
    path = tmp_path / "FAR_030_2015.parquet"
    pq.write_table(_table(*({"prescription": str(n)} for n in range(5000))), path, use_dictionary=False)
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(_table({}).column_names.index(column))
    with path.open("r+b") as stream:
        stream.seek(chunk.data_page_offset)
        stream.write(b"\xff" * 200)
    pq.ParquetFile(path).close()  # nothing is wrong with the footer
    assert "truncated or damaged" in str(_looked_at(tmp_path))


def _looked_at(folder: Path) -> Content | Refusal:
    layouts = load_layouts()
    files = discover(folder, layouts).files
    contents, refused = read_contents(files, digests(files), layouts)
    (result,) = [*contents, *refused]
    return result


def test_decimals_keep_their_digits(store, tmp_path: Path) -> None:
    table = _table({})
    packs = pa.array([Decimal("1.50")], pa.decimal128(9, 2))
    at = table.column_names.index("PEZZI")
    pq.write_table(table.set_column(at, "PEZZI", packs), tmp_path / "FAR_030_2015.parquet")
    ingest(store, tmp_path)
    assert [row["packs"] for row in store.read("current/FAR").collect()] == ["1.50"]
