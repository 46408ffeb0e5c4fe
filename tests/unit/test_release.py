"""Releases: what a bundle holds, that it never changes, and that anyone can pull it."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from frictionless import Package

from percorsi.errors import CatalogueError, PercorsiError, ResultUnavailable, UsageError
from percorsi.home import Home
from percorsi.release import bundle, list_releases, make, pull

COLUMNS = "code component level area sex age_class numerator denominator value lower upper method reason grade left_out"
CATALOGUE = [
    {"code": "S20", "title": "Visita dopo la dimissione", "principal": True, "kind": "proportion", "unit": "person"},
    {"code": "S3", "title": "=1+1", "kind": "proportion", "reading": "read, with a comma"},
]


@dataclass
class Run:
    run_id: str = "run-1"
    year: int = 2015
    tags: dict = field(
        default_factory=lambda: {
            "ended": "2016-11-03T10:00:00+00:00",
            "commit": "abc",
            "inputs": '{"features/person_year": 3}',
            "mlflow.user": "somebody",
        }
    )


def row(code: str, area: str, numerator: float | None, denominator: float | None, sex: str = "", **over) -> dict:
    level = {2: "nation", 3: "region"}.get(len(area), "dsm")
    value = numerator / denominator if denominator else None
    limits = {"lower": 0.0, "upper": 1.0, "method": "wilson"} if denominator else {}
    cells = {"code": code, "component": "", "level": level, "area": area, "sex": sex, "age_class": ""}
    counts = {"numerator": numerator, "denominator": denominator, "value": value}
    return dict.fromkeys(COLUMNS.split()) | cells | counts | limits | over


def values() -> pd.DataFrame:
    """S20: of region 030, men 1 of 10 and women 5 of 20; S3: absent in region 010."""
    rows = [
        row("S20", "IT", 30, 100, left_out="010"),
        row("S20", "030", 6, 30),
        row("S20", "020", 24, 70),
        row("S20", "030", 1, 10, sex="1"),
        row("S20", "030", 5, 20, sex="2"),
        row("S20", "010", None, None, reason="missing_flow"),
        row("S20", "030-321-001", 6, 30),
        row("S3", "IT", 4, 12),
        row("S3", "010", 0, 0, reason="denominator_zero"),
    ]
    return pd.DataFrame(rows, columns=COLUMNS.split())


@pytest.fixture
def release(home: Home) -> Path:
    return make(home, Run(), "2015.1", values(), CATALOGUE, synthetic=True, dsm_names={"030-321-001": "=DSM Nord\n"})


def read(folder: Path) -> pd.DataFrame:
    text = pd.read_csv(folder / "values.csv", dtype={"area": str, "sex": str, "reason": str, "left_out": str})
    return text.set_index(["code", "area", text["sex"].fillna("").rename("by_sex")])


def test_bundle_holds_the_values_protected(release: Path) -> None:
    assert sorted(p.name for p in release.iterdir()) == [
        "README.md",
        "datapackage.json",
        "indicators.csv",
        "metadata.json",
        "values.csv",
        "values.parquet",
    ]
    table = read(release)
    assert len(table) == 9
    region = table.loc[("S20", "030", "")]
    assert (region["numerator"], region["denominator"], region["value"], region["status"]) == (6, 30, 0.2, "published")
    # men: one of ten; women: the region minus the men
    for sex in ("1", "2"):
        hidden = table.loc[("S20", "030", sex)]
        assert hidden["status"] == "suppressed"
        shown = hidden[["numerator", "denominator", "value", "lower", "upper", "method", "reason"]]
        assert shown.isna().all()
    assert table.loc[("S20", "010", "")]["status"] == "absent"
    assert table.loc[("S20", "010", "")]["reason"] == "missing_flow"
    assert table.loc[("S20", "IT", "")]["left_out"] == "010"
    assert table.loc[("S20", "030", "")]["area_name"] == "Lombardia"
    assert table.loc[("S20", "030-321-001", "")]["area_name"] == "DSM Nord"


def test_bundle_keeps_the_order_of_the_catalogue_and_both_forms_agree(release: Path) -> None:
    text = pd.read_csv(release / "values.csv", dtype=str, keep_default_na=False)
    assert list(dict.fromkeys(text["code"])) == ["S3", "S20"]
    table = pq.read_table(release / "values.parquet")
    assert table.column_names == list(text.columns)
    assert table.schema.metadata is None
    assert table["numerator"].to_pylist() == [float(n) if n else None for n in text["numerator"]]
    assert table["status"].to_pylist() == list(text["status"])


def test_metadata_tells_where_the_values_come_from(release: Path) -> None:
    told = json.loads((release / "metadata.json").read_text())
    assert (told["release"], told["run"], told["year"], told["data"]) == ("2015.1", "run-1", 2015, "synthetic")
    assert told["created"] == "2016-11-03T10:00:00+00:00"
    assert told["inputs"] == {"features/person_year": 3}
    assert told["values"] == {"published": 5, "suppressed": 2, "absent": 2}
    assert "somebody" not in (release / "metadata.json").read_text()
    assert set(told["files"]) == {p.name for p in release.iterdir()} - {"metadata.json"}
    for name, expected in told["files"].items():
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == expected


@pytest.mark.parametrize("as_text", [False, True])
def test_what_an_analyst_wrote_stays_in_the_house(home: Home, as_text: bool) -> None:
    words = {"accept_quality": "the file of Anna in /srv/data", "accepted_by": "Anna"}
    parameters = {"month_windows": "12", "S20.days": "14", **words}
    run = Run(tags={"parameters": json.dumps(parameters) if as_text else parameters, "mlflow.source.name": "/srv/data"})
    folder = make(home, run, "a", values(), CATALOGUE)
    told = json.loads((folder / "metadata.json").read_text())["parameters"]
    assert told == {"month_windows": "12", "S20.days": "14", "accept_quality": True}
    assert not [p.name for p in folder.iterdir() if b"Anna" in p.read_bytes() or b"/srv" in p.read_bytes()]
    other = make(home, Run(tags={"parameters": parameters | {"accept_quality": ""}}), "b", values(), CATALOGUE)
    assert json.loads((other / "metadata.json").read_text())["parameters"]["accept_quality"] is False


def test_bundle_is_a_valid_data_package(release: Path) -> None:
    report = Package(str(release / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "note"])
    assert [task.name for task in report.tasks] == ["values", "indicators"]


def test_the_same_run_gives_the_same_bytes(release: Path, tmp_path: Path) -> None:
    again = make(
        Home(tmp_path / "other"),
        Run(),
        "2015.1",
        values().sample(frac=1, random_state=1),
        CATALOGUE,
        synthetic=True,
        dsm_names={"030-321-001": "=DSM Nord\n"},
    )
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in release.iterdir()}


def test_a_release_never_changes(home: Home, release: Path) -> None:
    before = {p.name: p.read_bytes() for p in release.iterdir()}
    with pytest.raises(ResultUnavailable, match="never changes"):
        make(home, Run(), "2015.1", values(), CATALOGUE)
    assert {p.name: p.read_bytes() for p in release.iterdir()} == before


@pytest.mark.parametrize("name", ["", ".hidden", "../out", "a/b", "a b", "latest", "-" * 65, "è"])
def test_names_that_cannot_be_one_are_refused(home: Home, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a release"):
        make(home, Run(), name, values(), CATALOGUE)
    assert not home.releases.exists()


def test_a_crash_midway_leaves_no_release(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_args, **_kwargs):
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(bundle, "_json", full_disk)
        with pytest.raises(OSError, match="no space"):
            make(home, Run(), "2015.1", values(), CATALOGUE)
    assert list(home.releases.iterdir()) == []
    make(home, Run(), "2015.1", values(), CATALOGUE)


def test_what_a_killed_process_left_aside_is_no_release(home: Home) -> None:
    left = home.releases / ".making-x"
    left.mkdir(parents=True)
    (left / "values.csv").write_text("half")
    assert list_releases(home) == []
    with pytest.raises(ResultUnavailable, match="no release '.making-x'"):
        pull(home, ".making-x", "csv", home.path / "out")
    os.utime(left, (0, 0))
    make(home, Run(), "2015.1", values(), CATALOGUE)
    assert [p.name for p in home.releases.iterdir()] == ["2015.1"]


def test_what_has_no_rule_of_protection_is_not_released(home: Home) -> None:
    with pytest.raises(CatalogueError, match="no entry with a title for: S20"):
        make(home, Run(), "a", values(), CATALOGUE[1:])
    with pytest.raises(CatalogueError, match="no rule of disclosure control for the kind of: S20"):
        make(home, Run(), "a", values(), [CATALOGUE[0] | {"kind": "ratio"}, CATALOGUE[1]])
    with pytest.raises(CatalogueError, match="no rule of disclosure control for the kind of: S3\n"):
        make(home, Run(), "a", values(), [CATALOGUE[0], {"code": "S3", "title": "of no kind"}])
    with pytest.raises(PercorsiError, match="no counts of a proportion"):
        make(home, Run(), "a", values().assign(numerator=200.0), CATALOGUE)
    assert list_releases(home) == []


def test_pull_gives_each_format(home: Home, release: Path, tmp_path: Path) -> None:
    text = pull(home, "2015.1", "csv", tmp_path / "csv")
    assert [p.name for p in text] == ["values.csv", "indicators.csv", "datapackage.json", "metadata.json", "README.md"]
    assert all(p.read_bytes() == (release / p.name).read_bytes() for p in text)
    parquet = pull(home, "latest", "parquet", tmp_path / "parquet")
    assert [p.name for p in parquet] == ["values.parquet", "indicators.csv", "metadata.json", "README.md"]
    assert pull(home, "2015.1", "csv", tmp_path / "csv") == text  # the same again: nothing to do


def test_the_workbook_has_numbers_as_numbers_and_no_formula(home: Home, release: Path, tmp_path: Path) -> None:
    (path,) = pull(home, "2015.1", "xlsx", tmp_path)
    assert path.name == "percorsi-2015.1.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["leggimi", "values", "indicators"]
    assert "sintetici" in "".join(str(r[0].value) for r in book["leggimi"].iter_rows())
    header, *rows = [[c.value for c in r] for r in book["values"].iter_rows()]
    cells = [dict(zip(header, r, strict=True)) for r in rows]
    region = next(r for r in cells if (r["code"], r["area"], r["sex"]) == ("S20", "030", None))
    assert (region["numerator"], region["value"], region["area"]) == (6, 0.2, "030")
    assert [r["numerator"] for r in cells if r["status"] == "suppressed"] == [None, None]
    title = book["indicators"]["B2"]
    assert (title.value, title.data_type, title.quotePrefix) == ("=1+1", "s", True)
    first = path.read_bytes()
    path.unlink()
    pull(home, "2015.1", "xlsx", tmp_path)
    assert path.read_bytes() == first


def test_pull_overwrites_nothing_else(home: Home, release: Path, tmp_path: Path) -> None:
    (tmp_path / "values.csv").write_text("mine")
    with pytest.raises(UsageError, match="other files of the same name: values.csv"):
        pull(home, "2015.1", "csv", tmp_path)
    assert (tmp_path / "values.csv").read_text() == "mine"
    assert not (tmp_path / "indicators.csv").exists()


def test_pull_says_what_there_is(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ResultUnavailable, match="make one: percorsi release"):
        pull(home, "latest", "csv", tmp_path)
    make(home, Run(), "2015.1", values(), CATALOGUE)
    with pytest.raises(ResultUnavailable, match="known releases: 2015.1"):
        pull(home, "2015.2", "csv", tmp_path)
    with pytest.raises(UsageError, match="csv, parquet, xlsx"):
        pull(home, "2015.1", "pdf", tmp_path)


@pytest.mark.parametrize("file", ["values.csv", "README.md", "metadata.json", "values.parquet"])
@pytest.mark.parametrize("fault", ["changed", "removed"])
def test_a_tampered_release_is_not_given_out(home: Home, release: Path, tmp_path: Path, file: str, fault: str) -> None:
    path = release / file
    if fault == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"2015", b"2016").replace(b"S20", b"S21"))
    with pytest.raises(ResultUnavailable, match=f"{file} missing or changed"):
        pull(home, "2015.1", "csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_releases_are_listed_latest_first(home: Home) -> None:
    assert list_releases(home) == []
    older = Run(tags={"ended": "2016-01-01T00:00:00+00:00"})
    for name, run in (("2015.9", Run()), ("2015.10", Run()), ("zz", older)):
        make(home, run, name, values(), CATALOGUE, synthetic=False)
    assert [r["release"] for r in list_releases(home)] == ["2015.10", "2015.9", "zz"]
    assert list_releases(home)[2] == {
        "release": "zz",
        "year": 2015,
        "run": "run-1",
        "created": "2016-01-01T00:00:00+00:00",
        "data": "delivered",
        "published": 5,
        "suppressed": 2,
        "absent": 2,
    }


_BLOCKED = """
import sys, time
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in ('pyspark', 'delta', 'py4j', 'scipy', 'mlflow'):
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
from pathlib import Path
from percorsi.home import Home
from percorsi.release import pull
for fmt in ('csv', 'parquet', 'xlsx'):
    print(*pull(Home(Path(sys.argv[1])), 'latest', fmt, Path(sys.argv[2]) / fmt))
"""


def test_pull_needs_neither_spark_nor_java(home: Home, release: Path, tmp_path: Path) -> None:
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("JAVA", "SPARK"))} | {"PATH": "/nowhere"}
    command = [sys.executable, "-c", _BLOCKED, str(home.path), str(tmp_path)]
    done = subprocess.run(command, env=bare, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "xlsx" / "percorsi-2015.1.xlsx").is_file()


def test_pull_loads_quickly() -> None:
    heavy = ["pandas", "scipy", "pyarrow", "openpyxl"]
    loaded = f"import sys, percorsi.release; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
