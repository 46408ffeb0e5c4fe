"""Hostile names and bytes, tried at random: a file is taken with the right number of lines, or refused with a reason
that quotes nothing of it; never an unexpected error, never more memory than a file's longest line may have."""

import gzip
import io
import os
import socket
import tracemalloc
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from flow_records import header, line
from percorsi.flows.content import Content, digests, read_contents
from percorsi.flows.files import Refusal, discover
from percorsi.flows.layout import load_layouts

SECRET = "XVERYSECRETX"  # stands for what a record holds
PST = "\n".join([header("PST"), line("PST", structure=SECRET), line("PST", contact_id=SECRET), ""]).encode()
STR = "\n".join([header("STR"), line("STR", name=SECRET), ""]).encode()
TEXTS = ("PST_030_2015_S1.csv", "STR_030_2015.csv", "PST_030_2015_S1.csv.gz", "STR_030_2015.csv.gz")
MEGABYTE = 1 << 20
TRIES = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _seen(folder: Path) -> tuple[list[Content], list[Refusal]]:
    layouts = load_layouts()
    found = discover(folder, layouts)
    contents, unreadable = read_contents(found.files, digests(found.files), layouts)
    return contents, [*found.refused, *unreadable]


def _one(folder: Path, name: str, content: bytes) -> Content | Refusal:
    """What becomes of one file; the names of the folder and what it holds never stand in a reason."""
    path = folder / name
    path.write_bytes(content)
    try:
        contents, refused = _seen(folder)
    finally:
        path.unlink()
    (result,) = [*contents, *refused]
    if isinstance(result, Refusal):
        assert result.reason and result.next_step
        assert str(result).isprintable()
        assert SECRET not in str(result) and "R" * 20 not in str(result)
    return result


PIECES = st.sampled_from(
    [
        *(PST, STR, PST[:40], STR[-30:], header("PST").encode(), line("PST").encode(), line("STR").encode()),
        *(
            b"\n",
            b"\r\n",
            b"\r",
            b"~",
            b"~" * 16,
            b"\0",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\x1a",
            b"\x85",
            b"\xe2\x80\xa8",
        ),
        *(b'"', b'"a~b\nc"', b"'", b"\\", b"=1+1", b"@SUM(A1)", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>"),
        *(
            b"PK\x03\x04",
            b"PAR1",
            b"%PDF-1.7",
            b"\x1f\x8b\x08",
            b"BZh9",
            b"\xfd7zXZ\0",
            b"(\xb5/\xfd",
            b"SQLite format 3\0",
        ),
        *("è€".encode(), "è".encode("latin-1"), PST.decode().encode("utf-16"), STR.decode().encode("utf-32-be")),
        *("\u202e\u0662\u0660\u0661\u0665".encode(), SECRET.encode(), b"x" * 3000),
    ]
)
BYTES = st.one_of(st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=6)), max_size=8).map(b"".join))


@TRIES
@given(st.sampled_from(TEXTS), BYTES, st.booleans())
@example("PST_030_2015_S1.csv", PST, False)
@example("STR_030_2015.csv.gz", STR, True)
def test_any_bytes_are_taken_or_refused(tmp_path: Path, name: str, content: bytes, compress: bool) -> None:
    result = _one(tmp_path, name, gzip.compress(content) if compress else content)
    if isinstance(result, Content):
        text = content if not compress else gzip.decompress(gzip.compress(content))
        text = gzip.decompress(text) if name.endswith(".gz") and not compress and text else text
        assert result.lines == text.count(b"\n") + (not text.endswith(b"\n") and text != b"")
        assert b"\0" not in text


@TRIES
@given(st.data())
def test_a_damaged_gzip_file_is_refused_or_was_not_damaged(tmp_path: Path, data: st.DataObject) -> None:
    whole = gzip.compress(PST * 3, mtime=0)
    at = data.draw(st.integers(0, len(whole)))
    put = data.draw(st.binary(max_size=4))
    cut = data.draw(st.integers(0, 4))
    damaged = whole[:at] + put + whole[at + cut :]
    result = _one(tmp_path, TEXTS[2], damaged)
    if isinstance(result, Content):
        assert damaged == b"" or result.lines == gzip.decompress(damaged).count(b"\n")


NAMES = st.lists(
    st.one_of(
        st.sampled_from(
            ["PST", "STR", "AIC", "_", "030", "999", "2015", "S1", ".csv", ".CSV", ".gz", ".parquet", ".."]
        ),
        st.sampled_from(
            ["\n", "\r", "\t", "\x1b[31m", "\u202e", "\u0430", "РST", "０３０", "\ud800", " ", "%2e", "=1+1"]
        ),
        st.characters(exclude_characters="/\0"),
    ),
    min_size=1,
    max_size=9,
).map("".join)


@TRIES
@given(NAMES)
@example("PST_030_2015_S1.csv")
@example("PST_030_2015_S1\n.csv")
@example("РST_030_2015_S1.csv")  # the first letter is Cyrillic
@example("PST_０３０_2015_S1.csv")
@example("-rf.csv")
@example("x" * 251 + ".csv")
def test_any_name_is_taken_refused_or_no_delivery(tmp_path: Path, name: str) -> None:
    assume(name not in (".", ".."))
    try:
        path = tmp_path / os.fsdecode(name.encode("utf-8", "surrogatepass"))
        path.write_bytes(PST)
    except OSError:  # longer than the file system allows
        return
    try:
        contents, refused = _seen(tmp_path)
    finally:
        path.unlink()
    assert all(each.file.path == name and name.isascii() for each in contents)
    assert all(str(each).isprintable() and each.reason for each in refused)
    if name.lower().endswith((".csv", ".csv.gz")) and not name.startswith("."):
        assert len(contents) + len(refused) == 1


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "PST_030_2015_S1.csv")
    (tmp_path / "PST_030_2015_S2.csv").symlink_to("/dev/zero")
    (tmp_path / "PST_030_2014_S1.csv").symlink_to("../../../../../../../../etc/passwd")
    (tmp_path / "PST_030_2014_S2.csv").symlink_to(tmp_path / "nowhere.csv")
    (tmp_path / "PST_030_2013_S1.csv").mkdir()
    (tmp_path / "PST_030_2013_S2.csv").symlink_to(tmp_path)
    (tmp_path / "PST_030_2012_S1.csv").symlink_to(tmp_path / "PST_030_2012_S2.csv")
    (tmp_path / "PST_030_2012_S2.csv").symlink_to(tmp_path / "PST_030_2012_S1.csv")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "S.csv"))
        contents, refused = _seen(tmp_path)
    assert contents == []
    assert {each.path: each.reason for each in refused} == {
        "PST_030_2012_S1.csv": "no regular file",
        "PST_030_2012_S2.csv": "no regular file",
        "PST_030_2013_S2.csv": "a link to a folder",
        "PST_030_2014_S1.csv": "a link that leads out of the folder",
        "PST_030_2014_S2.csv": "no regular file",
        "PST_030_2015_S1.csv": "no regular file",
        "PST_030_2015_S2.csv": "a link that leads out of the folder",
        "S.csv": "no regular file",
    }


def _bomb(path: Path, unit: bytes, megabytes: int) -> None:
    """A gzip file of a header and `unit` over and over, which is never held whole."""
    packer = zlib.compressobj(9, wbits=31)
    block = unit * (MEGABYTE // len(unit))
    with path.open("wb") as stream:
        stream.write(packer.compress(header("PST").encode() + b"\n"))
        for _ in range(megabytes):
            stream.write(packer.compress(block))
        stream.write(packer.flush())


@pytest.mark.parametrize(
    ("unit", "reason"),
    [(b"x", "more than a million characters"), (b"\0", "zero bytes"), (b"xxxxxxx\n", None), (b"\n", None)],
)
def test_what_grows_without_bound_takes_bounded_memory(tmp_path: Path, unit: bytes, reason: str | None) -> None:
    _bomb(tmp_path / TEXTS[2], unit, 100)
    tracemalloc.start()
    try:
        contents, refused = _seen(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * MEGABYTE
    if reason is None:
        assert contents[0].records == 100 * MEGABYTE // len(unit)
    else:
        assert reason in refused[0].reason and refused[0].line == 2


def test_a_line_of_a_hundred_megabytes_is_refused_with_its_number(tmp_path: Path) -> None:
    with (tmp_path / TEXTS[0]).open("wb") as stream:
        stream.write(PST)
        stream.seek(100 * MEGABYTE)  # a hole: zeros that take no room
        stream.write(b"\n")
    ((refused,), contents) = reversed(_seen(tmp_path))
    assert contents == [] and "zero bytes" in refused.reason and refused.line == 4


def test_a_file_that_vanishes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    layouts = load_layouts()
    for name in ("PST_030_2015_S1.csv", "PST_030_2015_S2.csv.gz"):
        (tmp_path / name).write_bytes(b"")
    files = discover(tmp_path, layouts).files
    files[0].address.unlink()
    known = digests(files)
    assert known["PST_030_2015_S1.csv"] == "" != known["PST_030_2015_S2.csv.gz"]
    files[1].address.unlink()
    contents, refused = read_contents(files, known, layouts)
    assert contents == []
    assert {each.reason for each in refused} == {"it cannot be read (No such file or directory)"}


def _parquet(**changes: pa.Array) -> bytes:
    names = [field.name for field in load_layouts()["STR"].fields.values()]
    columns = {name: pa.array([SECRET, "b"]) for name in names} | changes
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def test_parquet_with_other_than_plain_values_is_refused(tmp_path: Path) -> None:
    name = "STR_030_2015.parquet"
    odd = {
        "nested": pa.array([{"a": SECRET}, None]),
        "list": pa.array([[SECRET], []]),
        "bytes": pa.array([b"\xff\0", b""]),
        "map": pa.array([[("a", SECRET)], []], pa.map_(pa.string(), pa.string())),
    }
    assert isinstance(_one(tmp_path, name, _parquet()), Content)
    for values in odd.values():
        assert "no plain values in the columns 6" in _one(tmp_path, name, _parquet(TIPO=values)).reason
    assert "unknown" in _one(tmp_path, name, _parquet(CUNI=pa.array([SECRET, ""]))).reason
    assert "delivered as text" in _one(tmp_path, "PST_030_2015_S1.parquet", _parquet()).reason


@TRIES
@given(st.data())
def test_damaged_parquet_is_refused_or_taken_and_never_an_error(tmp_path: Path, data: st.DataObject) -> None:
    whole = _parquet()
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 600)) :]
    _one(tmp_path, "STR_030_2015.parquet", damaged)
