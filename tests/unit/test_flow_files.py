"""Which files make a delivery, and which are refused for their names or their bytes before Spark sees them."""

import gzip
from pathlib import Path

import pytest

from flow_records import header, line, write_file
from percorsi.errors import UsageError
from percorsi.flows.content import digests, read_contents
from percorsi.flows.files import discover
from percorsi.flows.layout import load_layouts

PST = [header("PST"), line("PST")]


def _seen(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Paths that are taken, and the reason of each one that is refused, names and bytes together."""
    layouts = load_layouts()
    found = discover(folder, layouts)
    contents, unreadable = read_contents(found.files, digests(found.files), layouts)
    return [c.file.path for c in contents], {r.path: r.reason for r in [*found.refused, *unreadable]}


def test_names_decide_wherever_the_files_lie(tmp_path: Path) -> None:
    for path in ("PST_030_2015_S1.csv", "lombardia/PST_030_2015_S2.CSV.GZ", "new [1]/a b/ANT_200_2012_S1.Csv"):
        flow = path.rsplit("/", 1)[-1][:3]
        write_file(tmp_path / path, [header(flow), line(flow)])
    for period in ("", "_S2", "_03"):
        write_file(tmp_path / f"SDO_030_2015{period}.csv", [header("SDO")])
    for passed_over in (
        "README.md",
        "area_crosswalk.csv",
        "notes.txt",
        ".PST_030_2015_S1.csv",
        ".hidden/PST_030_2015_S1.csv",
        "map.pdf",
    ):
        write_file(tmp_path / passed_over, ["x"])
    taken, refused = _seen(tmp_path)
    assert not refused
    assert taken == [
        "PST_030_2015_S1.csv",
        "SDO_030_2015.csv",
        "SDO_030_2015_03.csv",
        "SDO_030_2015_S2.csv",
        "lombardia/PST_030_2015_S2.CSV.GZ",
        "new [1]/a b/ANT_200_2012_S1.Csv",
    ]
    found = discover(tmp_path, load_layouts())
    assert [(f.flow, f.region, f.year, f.period) for f in found.files] == [
        ("PST", "030", "2015", "S1"),
        ("SDO", "030", "2015", ""),
        ("SDO", "030", "2015", "03"),
        ("SDO", "030", "2015", "S2"),
        ("PST", "030", "2015", "S2"),
        ("ANT", "200", "2012", "S1"),
    ]


def test_a_national_flow_need_not_name_a_region(tmp_path: Path) -> None:
    for name in ("AIC_2015.csv", "CDM_2015.csv.gz", "ANA_030_2015.csv"):
        write_file(tmp_path / name, [header(name[:3])])
    write_file(tmp_path / "FAR_2015.csv", [header("FAR")])
    taken, refused = _seen(tmp_path)
    assert taken == ["AIC_2015.csv", "ANA_030_2015.csv", "CDM_2015.csv.gz"]
    assert refused == {"FAR_2015.csv": "a file of FAR names a region"}
    assert {f.region for f in discover(tmp_path, load_layouts()).files} == {"", "030"}


@pytest.mark.parametrize("name", ["PST_030_2015_S1.csv", "SDO_030_2015.csv", "PST_030_2015_S2.csv.gz"])
def test_a_file_of_no_bytes_is_a_delivery_of_no_records(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    files = discover(tmp_path, load_layouts()).files
    ((content,), refused) = read_contents(files, digests(files), load_layouts())
    assert (content.lines, content.records, content.header, refused) == (0, 0, (), [])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("PST_030_2015.csv", "names a semester"),
        ("PST_030_2015_S3.csv", "not that of a delivery"),
        ("PST_030_2015_03.csv", "names a semester"),
        ("SDO_030_2015_13.csv", "not that of a delivery"),
        ("XYZ_030_2015_S1.csv", "no flow XYZ"),
        ("PST_031_2015_S1.csv", "no region 031"),
        ("pst_030_2015_S1.csv", "not that of a delivery"),
        ("PST_030_2015_S1 (copy).csv", "not that of a delivery"),
        ("PST_030_2015_S1.csv.zip", "none of .csv, .csv.gz and .parquet"),
        ("PST_030_2015_S1.xlsx", "none of .csv, .csv.gz and .parquet"),
        ("..PST_030_2015_S1.csv", None),
        ("PST_030_2015_S1\n.csv", "cannot be printed"),
        ("=cmd.csv", "not that of a delivery"),
    ],
)
def test_a_name_that_says_nothing_is_refused(tmp_path: Path, name: str, reason: str | None) -> None:
    write_file(tmp_path / name, PST)
    taken, refused = _seen(tmp_path)
    assert taken == []
    if reason is None:
        assert refused == {}  # hidden
    else:
        ((shown, told),) = refused.items()
        assert reason in told and shown.isprintable()


def test_links_that_lead_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    outside = write_file(tmp_path / "outside" / "PST_030_2015_S1.csv", PST)
    inside = write_file(tmp_path / "delivery" / "part" / "PST_030_2015_S2.csv", PST)
    (tmp_path / "delivery" / "PST_030_2014_S1.csv").symlink_to(outside)
    (tmp_path / "delivery" / "PST_030_2014_S2.csv").symlink_to(inside)
    (tmp_path / "delivery" / "more").symlink_to(tmp_path / "delivery" / "part")
    taken, refused = _seen(tmp_path / "delivery")
    assert taken == ["PST_030_2014_S2.csv", "part/PST_030_2015_S2.csv"]
    assert refused == {"PST_030_2014_S1.csv": "a link that leads out of the folder", "more": "a link to a folder"}


def test_a_folder_that_is_none_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        discover(tmp_path / "nowhere", load_layouts())


def _bytes(name: str) -> bytes:
    text = "\n".join(PST).encode()
    many = "\n".join(PST * 3000).encode()
    return {
        "zip": b"PK\x03\x04" + text,
        "pdf": b"%PDF-1.7" + text,
        "parquet": b"PAR1" + text,
        "utf16": "\n".join(PST).encode("utf-16"),
        "carriage returns": text.replace(b"\n", b"\r"),
        "zeros": text + b"\n\0\0",
        "gzip called csv": gzip.compress(text),
        "endless": text + b"x" * 1_100_000,
        "endless in two": b"h\n" + b"x" * 600_000 + b"x" * 600_000,
        "no header": line("PST").encode() + b"\n" + line("PST").encode(),
        "no gzip": text,
        "cut": gzip.compress(many)[:-20],
        "damaged": gzip.compress(many)[:30] + b"\xff" * 8 + gzip.compress(many)[38:],
    }[name]


@pytest.mark.parametrize(
    ("content", "suffix", "reason", "at"),
    [
        ("zip", ".csv", "a zip archive or a spreadsheet", None),
        ("pdf", ".csv", "a PDF document", None),
        ("parquet", ".csv", "a Parquet file", None),
        ("utf16", ".csv", "UTF-16", None),
        ("zeros", ".csv", "zero bytes", 3),
        ("gzip called csv", ".csv", "compressed", None),
        ("endless", ".csv", "more than a million characters", 2),
        ("endless in two", ".csv", "more than a million characters", 2),
        ("carriage returns", ".csv", "carriage return alone", 1),
        ("no header", ".csv", "the first line is a record", 1),
        ("no gzip", ".csv.gz", "damaged, or no gzip file", None),
        ("cut", ".csv.gz", "truncated", None),
        ("damaged", ".csv.gz", "damaged, or no gzip file", None),
    ],
)
def test_bytes_that_are_no_delivery_are_refused_with_their_line(
    tmp_path: Path, content: str, suffix: str, reason: str, at: int | None
) -> None:
    (tmp_path / f"PST_030_2015_S1{suffix}").write_bytes(_bytes(content))
    layouts = load_layouts()
    files = discover(tmp_path, layouts).files
    contents, refused = read_contents(files, digests(files), layouts)
    assert contents == []
    (refusal,) = refused
    assert reason in refusal.reason
    assert refusal.line == at
    assert refusal.next_step
    assert "R" * 88 not in str(refusal)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("REGIONE~AZIENDA~DSM~STRUTTURA~ANNO~TIPO~NATURA~POSTI~POPOLAZIONE", None),
        ("\ufeffANNO~REGIONE~ azienda ~DSM~STRUTTURA~TIPO~NATURA~POSTI~POPOLAZIONE~DENOMINAZIONE\r", None),
        ("REGIONE~AZIENDA~DSM~STRUTTURA~ANNO~TIPO~NATURA~POSTI", "the header lacks POPOLAZIONE"),
        ("REGIONE~AZIENDA~DSM~STRUTTURA~ANNO~TIPO~NATURA~POSTI~POPOLAZIONE~NOTE", "1 of its names are unknown"),
        ("REGIONE~REGIONE~AZIENDA~DSM~STRUTTURA~ANNO~TIPO~NATURA~POSTI~POPOLAZIONE", "1 of its names are unknown"),
        ("REGIONE,AZIENDA,DSM", "the header lacks REGIONE, AZIENDA, DSM, STRUTTURA, ANNO"),
    ],
)
def test_the_header_of_an_own_layout_has_its_names_in_any_order(tmp_path: Path, names: str, reason: str | None) -> None:
    write_file(tmp_path / "STR_030_2015.csv", [names])
    taken, refused = _seen(tmp_path)
    if reason is None:
        assert taken == ["STR_030_2015.csv"]
    else:
        assert reason in refused["STR_030_2015.csv"]
