"""What the steward is told of two deliveries: the summary, the listing by rule, the workbook; one ingestion for all."""

import json
import os
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from openpyxl import load_workbook
from typer.testing import CliRunner

from flow_records import CUNI, header, line, write_file
from percorsi import cli
from percorsi.flows import faults, ingest, load_layouts, workbook
from percorsi.flows.ledger import LEDGER, read_ledger
from percorsi.flows.listing import as_text, listing
from percorsi.home import SYNTHETIC, Home
from percorsi.storage import Store

FOLDER = "=1+1"  # a folder may be called like a formula
NAME = f"{FOLDER}/PST_030_2015_S1.csv"


def _pst(progressive: str, operation: str = "I", **changes: str) -> str:
    return line("PST", progressive=progressive, operation=operation, **changes)


def _first(folder: Path) -> None:
    """The first delivery: 30 April 2016."""
    lines = [
        _pst("1"),
        _pst("2", type="27", contact_id="+39"),  # line 3: rejected by two rules
        _pst("3", "NM"),
        "only~three~fields",  # line 5
        _pst("4", type="27", contact_id="\x01@A\u00a0" + "9" * 40),  # line 6: no key is that long
        _pst("5", type="27", contact_id="\t=A1"),  # line 7
        _pst("6", structure="301999"),  # line 8: a structure that the register does not know
        _pst("1", "V", place="2"),
        _pst("7", "V"),  # varies nothing
        _pst("8"),
        _pst("8", "C"),
    ]
    write_file(folder / NAME, [header("PST"), *lines])
    write_file(folder / "PST_030_2015_S2.csv", [header("PST")])
    write_file(folder / "ANT_030_2015_S1.csv", [header("ANT"), line("ANT", cuni_validity="1"), line("ANT", id_rec="x")])
    write_file(folder / "STR_030_2015.csv", [header("STR"), line("STR")])
    write_file(folder / "SDO_050_2015_S1.csv", [header("SDO"), line("SDO", region="050"), line("SDO", region="060")])


@pytest.fixture(scope="module")
def told(spark, tmp_path_factory) -> Home:
    """A home of two deliveries; the second, of 2 May, corrects a record and has a file that is refused."""
    folder = tmp_path_factory.mktemp("deliveries")
    store = Store(Home(folder / "home"), spark)
    _first(folder / "1")
    write_file(folder / "2" / "PST_030_2015_S1.csv", [header("PST"), _pst("1", "V", place="3"), _pst("9", type="27")])
    (folder / "2" / "PST_050_2014_S1.csv").write_bytes("x~y".encode("utf-16"))
    ingest(store, folder / "2", delivered=date(2016, 5, 2), skip_refused=True)
    ingest(store, folder / "1", delivered=date(2016, 4, 30))
    return store.home


def _call(*arguments: str):
    return CliRunner().invoke(cli.app, list(arguments))


def _rejected(home: Home, *options: str):
    return _call("rejected", "--delivery", _id(home, date(2016, 4, 30)), "--home", str(home.path), *options)


def _id(home: Home, day: date) -> str:
    return next(e.delivery for e in read_ledger(home) if e.delivered == day)


def test_the_summary_accounts_for_every_record_by_delivery_flow_and_region(told) -> None:
    names = ("flow", "region", "periods", "files", "records", "accepted", "rejected", "not_moved")
    became = ("rejected_by_register", "current", "superseded", "cancelled", "varied", "unknown_variations")
    found = listing(told, load_layouts())
    first, second = _id(told, date(2016, 4, 30)), _id(told, date(2016, 5, 2))
    assert [r["delivery"] for r in found.deliveries] == [first] * 4 + [second]
    assert [tuple(r[n] for n in names) for r in found.deliveries] == [
        ("ANT", "030", "2015 S1", 1, 2, 1, 1, 0),
        ("PST", "030", "2015", 2, 11, 6, 4, 1),
        ("SDO", "050", "2015 S1", 1, 2, 2, 0, 0),
        ("STR", "030", "2015", 1, 1, 1, 0, 0),
        ("PST", "030", "2015 S1", 1, 2, 1, 1, 0),
    ]
    # of the six of PST: 6 unknown to the register; 1 and its V, corrected on 2 May; 7 a V of nothing; 8 and its C
    assert [tuple(r[n] for n in became) for r in found.deliveries] == [
        (0, 1, 0, 0, 0, 0),
        (1, 1, 3, 1, 2, 1),
        (0, 2, 0, 0, 0, 0),
        (0, 1, 0, 0, 0, 0),
        (0, 1, 0, 0, 1, 0),
    ]
    assert found.refused == [
        {
            "delivered": date(2016, 5, 2),
            "delivery": second,
            "file": "PST_050_2014_S1.csv",
            "reason": "not text: UTF-16 text",
        }
    ]
    assert found.orphaned is None
    assert {r["region"]: r["cell"] for r in found.missing if r["flow"] == "SDO"}["050"] == "2015 S2 missing"


def test_the_summary_of_a_year_is_of_its_files(told) -> None:
    found = listing(told, load_layouts(), 2014)
    assert (found.deliveries, len(found.refused)) == ([], 1)
    assert {r["cell"] for r in found.missing if r["region"] == "030" and r["flow"] == "PST"} == {"2014 missing"}


def test_the_summary_reads_as_text(told) -> None:
    text = as_text(listing(told, load_layouts()))
    assert f"2016-04-30  delivery {_id(told, date(2016, 4, 30))}: 5 files, 16 records\n" in text
    assert "1 file, 2 records; 1 file refused" in text
    assert "refused: PST_050_2014_S1.csv: not text: UTF-16 text" in text
    assert "known once `percorsi conform` has run" in text
    # two regions, four flows: all is there of PST and STR in 030 alone
    assert "a period is missing in 6 of 8 pairs of region and flow" in text


def test_who_belongs_to_nobody_is_told_once_it_is_known(told, tmp_path: Path) -> None:
    home = Home(shutil.copytree(told.path, tmp_path / "copy"))
    rows = [("PST", "030", 2015, "S1", 3), ("PST", "050", 2014, "S2", 4), ("SDO", "050", 2015, "", 5)]
    named = [dict(zip(("flow", "region", "year", "period", "records"), row, strict=True)) for row in rows]
    write_deltalake(str(home.tables / "conformed/orphan"), pa.Table.from_pylist(named))
    assert listing(home, load_layouts()).orphaned == named
    assert listing(home, load_layouts(), 2014).orphaned == named[1:2]
    assert "`percorsi conform`: 7 of PST, 5 of SDO" in as_text(listing(home, load_layouts()))


def test_the_commands_tell_the_same_for_scripts(told) -> None:
    home = ("--home", str(told.path))
    whole = json.loads(_call("deliveries", "--json", *home).output)
    assert set(whole) == {"deliveries", "refused", "orphaned", "missing"}
    assert [r["records"] for r in whole["deliveries"]] == [2, 11, 2, 1, 2]
    files = json.loads(_call("deliveries", "--files", "--json", *home).output)
    assert [(r["file"], r["records"]) for r in files][0] == (NAME, 10 + 1)
    assert (
        len(files) == 7
        and len(json.loads(_call("deliveries", "--files", "--year", "2014", "--json", *home).output)) == 1
    )
    missing = json.loads(_call("deliveries", "--missing", "--year", "2015", "--json", *home).output)
    assert sum(r["state"] == "some" for r in missing) == 2  # the second semesters of ANT and SDO
    assert "never anything from: 010 Piemonte" in _call("deliveries", "--missing", *home).output
    both = _call("deliveries", "--missing", "--files", *home)
    assert (both.exit_code, "ask for one of them" in both.output) == (2, True)


def test_faults_are_counted_by_rule(told) -> None:
    rows = json.loads(
        _call("rejected", "--delivery", _id(told, date(2016, 4, 30)), "--json", "--home", str(told.path)).output
    )
    assert [(r["flow"], r["code"], r["field"], r["severity"], r["records"], r["share"]) for r in rows] == [
        ("ANT", "3050", "id_rec", "rejects", 1, 1 / 2),
        ("ANT", "P022", "cuni_validity", "reports", 1, 1 / 2),
        ("PST", "3292", "type", "rejects", 3, 3 / 11),
        ("PST", "3210", "contact_id", "rejects", 1, 1 / 11),
        ("PST", "3330", "structure", "rejects", 1, 1 / 11),
        ("PST", "P000", "", "rejects", 1, 1 / 11),
        ("SDO", "P021", "region", "reports", 1, 1 / 2),
    ]
    assert rows[2]["title"] == "Non appartenenza alla tabella di riferimento per un campo obbligatorio"
    assert (rows[2]["name"], rows[5]["title"]) == ("Tipo Intervento", "Wrong number of fields")


def test_the_latest_delivery_is_the_one_loaded_last(told, tmp_path: Path) -> None:
    """That of 30 April came after that of 2 May, whose rows in the ledger are written again here."""
    home = Home(shutil.copytree(told.path, tmp_path / "copy"))
    ledger = str(home.tables / LEDGER)
    again = DeltaTable(ledger).to_pyarrow_table(partitions=[("delivery", "=", _id(home, date(2016, 5, 2)))])
    write_deltalake(ledger, again, mode="overwrite", predicate=f"delivery = '{_id(home, date(2016, 5, 2))}'")
    output = _call("rejected", "--delivery", "latest", "--home", str(home.path)).output
    assert "27.27%" in output and CUNI not in output and "R" * 88 not in output


@pytest.mark.parametrize(("wanted", "step"), [("0" * 16, "`percorsi deliveries` lists"), ("2016-04-30", "lists those")])
def test_an_unknown_delivery_is_7_with_the_next_step(told, wanted: str, step: str) -> None:
    result = _call("rejected", "--delivery", wanted, "--home", str(told.path))
    assert (result.exit_code, step in result.output) == (7, True)


def test_a_home_without_deliveries(tmp_path: Path) -> None:
    result = _call("rejected", "--delivery", "latest", "--home", str(tmp_path))
    assert (result.exit_code, "load one: percorsi ingest" in result.output) == (7, True)
    for listed in ((), ("--files",), ("--missing",)):
        assert _call("deliveries", *listed, "--home", str(tmp_path)).output == "nothing yet\n"


def _sheets(home: Home, path: Path) -> dict[str, list[tuple]]:
    result = _call(
        "rejected", "--delivery", _id(home, date(2016, 4, 30)), "--xlsx", str(path), "--home", str(home.path)
    )
    assert result.exit_code == 0, result.output
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in load_workbook(path)}


def test_the_workbook_names_records_by_line_and_key_and_nobody_by_cuni(told, tmp_path: Path) -> None:
    path = tmp_path / "steward.xlsx"
    path.write_text("an older one")
    sheets = _sheets(told, path)
    assert list(sheets) == ["Summary", "By rule", "Records"]
    assert path.stat().st_mode & 0o777 == 0o600 and os.listdir(tmp_path) == ["steward.xlsx"]
    notes = [row[0] for row in sheets["Summary"][:4]]
    assert (
        notes[1] == "Single records, named by their key: for the sender of the delivery alone, and not for publication."
    )
    assert not any(str(note).startswith("SYNTHETIC") for note in notes)
    assert sheets["Summary"][6] == ("PST", "030", "2015", 2, 11, 6, 4, 1, 1, 1)
    assert sheets["Summary"][-1] == ("all", None, None, 5, 16, 10, 5, 1, 1, 5)
    assert sheets["By rule"][3][:2] == ("PST", "3292") and sheets["By rule"][3][-2:] == (3, 3 / 11)
    head, *rows = sheets["Records"]
    assert head[:7] == ("flow", "file", "line", "field", "code", "severity", "title")
    assert [(row[0], row[2], row[4]) for row in rows] == [
        ("ANT", 2, "P022"),
        ("ANT", 3, "3050"),
        ("PST", 3, "3292"),
        ("PST", 5, "P000"),
        ("PST", 6, "3210"),
        ("PST", 6, "3292"),
        ("PST", 7, "3292"),
        ("PST", 8, "3330"),
        ("SDO", 3, "P021"),
    ]
    keys = [dict(zip(head, row, strict=True)) for row in rows]
    assert [k["key contact_id"] for k in keys[2:8]] == ["+39", None, *["(44 characters)"] * 2, "=A1", "1200000001000"]
    assert (keys[7]["key structure"], keys[1]["key id_rec"], keys[8]["key record"]) == ("301999", "x", "15000001")
    assert not any("cuni" in str(name) for name in head if str(name).startswith("key"))
    assert not any(CUNI in str(cell) for rows in sheets.values() for row in rows for cell in row)


def test_no_cell_of_the_workbook_is_a_formula(told, tmp_path: Path) -> None:
    _sheets(told, tmp_path / "steward.xlsx")
    book = load_workbook(tmp_path / "steward.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"inlineStr", "s", "n"}  # text, text with a quote, numbers; no "f"
    odd = [cell for cell in cells if str(cell.value).startswith(("=", "+"))]
    assert {cell.value for cell in odd} == {NAME, "+39", "=A1"} and all(cell.quotePrefix for cell in odd)
    for sheet in book:
        assert sheet.freeze_panes and sheet.auto_filter.ref
    assert book["Records"].auto_filter.ref == "A1:S10" and book["Summary"].freeze_panes == "A6"


def test_a_full_sheet_goes_on_in_another_and_many_faults_are_sorted_in_parts(told, tmp_path, monkeypatch) -> None:
    whole = _sheets(told, tmp_path / "whole.xlsx")
    monkeypatch.setattr(workbook, "_ROWS", 8)
    monkeypatch.setattr(faults, "_HELD", 1)
    split = _sheets(told, tmp_path / "split.xlsx")
    assert list(split) == ["Summary", "Summary 2", "By rule", "Records", "Records 2"]
    assert [len(split[name]) for name in ("By rule", "Records", "Records 2")] == [8, 8, 3]
    assert split["Records"][0] == split["Records 2"][0] == whole["Records"][0]
    both = split["Records"][1:] + split["Records 2"][1:]
    assert sorted(both, key=str) == sorted(whole["Records"][1:], key=str)


def test_a_workbook_of_a_synthetic_home_says_so_and_one_that_cannot_be_written_is_2(told, tmp_path: Path) -> None:
    home = Home(shutil.copytree(told.path, tmp_path / "copy"))
    (home.path / SYNTHETIC).write_text("{}")
    assert _sheets(home, tmp_path / "s.xlsx")["Summary"][2][0].startswith("SYNTHETIC DATA")
    for nowhere in (tmp_path / "none" / "s.xlsx", home.path):
        result = _call("rejected", "--delivery", "latest", "--xlsx", str(nowhere), "--home", str(home.path))
        assert (result.exit_code, "cannot be written" in result.output) == (2, True)
    assert sorted(os.listdir(tmp_path)) == ["copy", "s.xlsx"]
