"""A delivery goes in: what is kept, what is rejected, what is refused, and which record of a key is current."""

import sys
from datetime import date
from pathlib import Path

import pytest

from flow_records import header, line, write_file
from percorsi.errors import ConfigurationError, DeliveryRefused, ResultUnavailable, UsageError
from percorsi.flows import deliveries, ingest, refuse_behind
from percorsi.flows.current import read_fates
from percorsi.flows.layout import load_layouts

TABLES = ("raw/PST", "raw/STR", "rejected", "delivery_file", "current/PST", "current/STR", "current_slice")


def _pst(progressive: int | str, operation: str = "I", **changes: str) -> str:
    return line("PST", progressive=str(progressive), operation=operation, **changes)


def _rows(store, name: str, *columns: str) -> list[tuple]:
    return sorted(tuple(row) for row in store.read(name).select(*columns).collect())


def _versions(store) -> dict[str, int]:
    return {name: store.version(name) for name in TABLES if store.exists(name)}


def _services(folder: Path) -> None:
    """A register whose columns stand in another order, with a byte-order mark and Windows line ends."""
    names = "\ufeffANNO~POPOLAZIONE~REGIONE~AZIENDA~DSM~STRUTTURA~TIPO~NATURA~POSTI"
    write_file(
        folder / "STR_030_2015.csv",
        [names, "2015~84300~030~301~001~301101~CSM~public~", "2015~~030~~001~1~CSM~~"],
        "\r\n",
    )


def test_a_delivery_goes_in_and_every_line_is_accounted_for(store, tmp_path: Path) -> None:
    folder = tmp_path / "delivery [1]"
    lines = [
        header("PST"),
        _pst(1),
        _pst(2, type="27"),  # line 3: outside the domain
        _pst(3, "NM", date="?"),
        "only~three~fields",  # line 5
        _pst(4, date="2015-07-01"),  # line 6: outside the semester, twice told
        _pst(1, "V", place=" 2 "),
        _pst(5),
        _pst(5, "C"),
        _pst(6, "V"),
    ]
    write_file(folder / "a b" / "PST_030_2015_S1.csv.gz", lines)
    write_file(folder / "PST_030_2015_S2.csv", [header("PST")])  # delivered, and empty
    (folder / "PST_030_2014_S1.csv").write_bytes(
        (header("PST") + "\n" + _pst(1, year="2014", date="2014-03-01")).encode() + b"\n\xff~\xfe\n"
    )
    _services(folder)

    report = ingest(store, folder, delivered=date(2016, 4, 30))

    assert report.new
    pst = report.flows["PST"]
    assert (pst.files, pst.records, pst.accepted, pst.rejected, pst.not_moved) == (3, 11, 6, 4, 1)
    assert (pst.current, pst.superseded, pst.cancelled, pst.unknown_variations) == (3, 2, 1, 1)
    services = report.flows["STR"]
    assert (services.files, services.records, services.accepted, services.rejected) == (1, 2, 1, 1)
    assert _rows(store, "rejected", "flow", "file", "line", "field", "code", "severity") == [
        ("PST", "PST_030_2014_S1.csv", 3, "", "P008", "reject"),
        ("PST", "a b/PST_030_2015_S1.csv.gz", 3, "type", "3292", "reject"),
        ("PST", "a b/PST_030_2015_S1.csv.gz", 5, "", "P000", "reject"),
        ("PST", "a b/PST_030_2015_S1.csv.gz", 6, "date", "3948", "reject"),
        ("PST", "a b/PST_030_2015_S1.csv.gz", 6, "date", "7341", "reject"),
        ("STR", "STR_030_2015.csv", 3, "azienda", "P001", "reject"),
    ]
    assert _rows(store, "current/PST", "year", "progressive", "place", "operator_3", "line") == [
        ("2014", "1", "1", None, 2),
        ("2015", "1", "2", None, 7),
        ("2015", "6", "1", None, 10),
    ]
    assert _rows(store, "current/STR", "structure", "population", "seats", "name", "operation") == [
        ("301101", "84300", None, None, "I")
    ]
    assert len(_rows(store, "raw/PST", "line")) == 11
    broken = [row for row in _rows(store, "raw/PST", "file_year", "line", "broken_line") if row[2] is not None]
    assert broken == [("2014", 3, "\ufffd~\ufffd"), ("2015", 5, "only~three~fields")]

    listing = deliveries(store.home).set_index("file")
    assert list(listing.loc["PST_030_2015_S2.csv", ["records", "accepted", "period"]]) == [0, 0, "S2"]
    assert set(listing["delivered"]) == {date(2016, 4, 30)}
    assert {name for name in store.read("rejected").columns}.isdisjoint({"id_rec", "cuni", "value"})

    # A second time, from a folder of another name: not one table has a new version.
    before = _versions(store)
    again = ingest(store, folder.rename(tmp_path / "renamed"))
    assert not again.new and again.known_files == 4
    assert not ingest(store, tmp_path / "renamed", delivered=date(2016, 4, 30)).new
    assert _versions(store) == before
    with pytest.raises(UsageError, match="loaded as of 2016-04-30, not 2016-05-01"):
        ingest(store, tmp_path / "renamed", delivered=date(2016, 5, 1))

    # One more file in the folder costs its own slice.
    write_file(tmp_path / "renamed" / "PST_050_2015_S1.csv", [header("PST"), _pst(9, region="050")])
    report = ingest(store, tmp_path / "renamed")
    assert report.new and report.known_files == 4 and report.flows["PST"].records == 1
    assert len(_rows(store, "current/PST", "region")) == 4
    assert store.version("current/STR") == before["current/STR"]
    fates = {(f.flow, f.slice): f.current for f in read_fates(store.home)}
    assert fates == {
        ("PST", "030-2014-S1"): 1,
        ("PST", "030-2015-S1"): 2,
        ("PST", "050-2015-S1"): 1,
        ("STR", "030-2015"): 1,
    }


def test_lines_keep_their_numbers_however_spark_cuts_the_files(store, spark, tmp_path: Path) -> None:
    """Files of thousands of bytes in blocks of hundreds, packed and split: a line's own number is in it."""
    for semester, records in (("S1", 300), ("S2", 1), ("S1", 17)):
        folder = tmp_path / "delivery" / str(records)
        day = {"S1": "2015-03-17", "S2": "2015-09-17"}[semester]
        lines = [header("PST"), *(_pst(n, period=semester, date=day) for n in range(2, records + 2))]
        write_file(folder / f"PST_030_2015_{semester}.csv", lines, "\r\n")
    key, before = "spark.sql.files.maxPartitionBytes", spark.conf.get("spark.sql.files.maxPartitionBytes")
    spark.conf.set(key, "3000")
    try:
        ingest(store, tmp_path / "delivery")
    finally:
        spark.conf.set(key, before)
    kept = _rows(store, "raw/PST", "file", "line", "progressive")
    assert len(kept) == 318
    assert all(line == int(progressive) for _, line, progressive in kept)


def test_the_last_record_of_a_key_wins_in_the_order_of_delivery(store, tmp_path: Path) -> None:
    """Day of delivery, file, line: whatever the order in which the deliveries are loaded."""
    name = "PST_030_2015_S1.csv"
    told = {
        # key 1: inserted, varied; 2: cancelled; 3: cancelled and inserted again; 4: not moved; 5: rejected in vain
        1: [_pst(1, place="1"), _pst(2), _pst(3, place="1"), _pst(4, place="1"), _pst(5, place="1")],
        2: [_pst(1, "V", place="2"), _pst(2, "C"), _pst(3, "C"), _pst(4, "NM", place="2"), _pst(5, "V", place="9")],
        3: [_pst(3, place="3"), _pst(6, "V", place="3"), _pst(6, "V", place="4"), _pst(7, "C")],
    }
    for day, lines in told.items():
        write_file(tmp_path / str(day) / name, [header("PST"), *lines])
    for day in (3, 1, 2):
        report = ingest(store, tmp_path / str(day), delivered=date(2016, 1, day))
    assert _rows(store, "current/PST", "progressive", "place", "operation") == [
        ("1", "2", "V"),
        ("3", "3", "I"),
        ("4", "1", "I"),
        ("5", "1", "I"),
        ("6", "4", "V"),
    ]
    # the second day, loaded last: V of 1 is current, C of 2 cancels, C of 3 is overtaken, NM of 4, V of 5 rejected
    second = report.flows["PST"]
    assert (second.current, second.cancelled, second.superseded) == (1, 1, 1)
    assert (second.not_moved, second.rejected) == (1, 1)
    fates = read_fates(store.home)
    assert sum(f.accepted for f in fates) == 12
    assert sum(f.current for f in fates) == 5
    assert sum(f.cancelled for f in fates) == 2  # of 2, and of 7, which nobody had
    assert sum(f.unknown_variations for f in fates) == 1  # the first of 6; the second finds it


def test_a_delivery_with_one_bad_file_is_refused_whole(store, tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    write_file(folder / "PST_030_2015_S1.csv", [header("PST"), _pst(1)])
    write_file(folder / "PST_030_2015_S2.csv", [header("PST"), line("CNT"), line("CNT")])  # another flow's fields
    stays = [line("PSR", discharge_date=""), line("PSR", discharge_date="2015-05-01")]  # the first is still open
    write_file(folder / "PSS_030_2015_S1.csv", [header("PSS"), *stays])
    write_file(folder / "PSR_030_2015_S1.csv", [header("PSR"), line("PSS")])
    write_file(folder / "STR_030_2015.csv", ["REGIONE~AZIENDA"])
    write_file(folder / "PST_999_2015_S1.csv", [header("PST")])

    with pytest.raises(DeliveryRefused) as refused:
        ingest(store, folder)

    text = str(refused.value)
    assert refused.value.exit_code == 4
    assert "PST_030_2015_S2.csv, line 2: no line has the 17 fields of PST; most have 16" in text
    assert "PSS_030_2015_S1.csv, line 2: the lines are those of another flow than PSS" in text
    assert "PSR_030_2015_S1.csv, line 2: the lines are those of another flow than PSR" in text
    assert "STR_030_2015.csv, line 1: the header lacks DSM" in text
    assert "PST_999_2015_S1.csv: no region 999" in text
    assert "5 of the delivery's files" in text and "R" * 88 not in text and "29530" not in text
    assert not store.home.tables.exists()

    report = ingest(store, folder, skip_refused=True)
    assert report.new and len(report.refused) == 5
    assert report.flows["PST"].current == 1 and set(report.flows) == {"PST"}
    listing = deliveries(store.home).set_index("file")
    assert listing["refused"].notna().sum() == 5
    assert listing.loc["PST_030_2015_S2.csv", "records"] == 0
    assert not ingest(store, folder, skip_refused=True).new
    with pytest.raises(DeliveryRefused):
        ingest(store, folder)


def test_many_records_are_told_apart_as_few_are(store, tmp_path: Path, monkeypatch) -> None:
    """Where records are many, only keys with several are brought together: the same current records come of it."""
    monkeypatch.setattr("percorsi.flows.current._FEW", 3)
    lines = [_pst(1), _pst(2), _pst(3), _pst(2, "V", place="2"), _pst(3, "C"), _pst(4, "V"), _pst(5)]
    write_file(tmp_path / "d" / "PST_030_2015_S1.csv", [header("PST"), *lines])
    pst = ingest(store, tmp_path / "d").flows["PST"]
    assert (pst.accepted, pst.current, pst.superseded, pst.cancelled, pst.unknown_variations) == (7, 4, 2, 1, 1)
    assert _rows(store, "current/PST", "progressive", "place") == [("1", "1"), ("2", "2"), ("4", "1"), ("5", "1")]


def test_a_record_belongs_to_the_slice_of_its_key_and_not_of_its_file(store, tmp_path: Path) -> None:
    """A year's discharges corrected in the next year's file; and a year that is none is kept, and reported."""
    write_file(tmp_path / "1" / "SDO_030_2015.csv", [header("SDO"), line("SDO"), line("SDO", year="20x5")])
    corrected = line("SDO", operation="V", discharge_mode="1")
    write_file(tmp_path / "2" / "SDO_030_2016.csv", [header("SDO"), corrected])
    ingest(store, tmp_path / "1", delivered=date(2016, 3, 1))
    report = ingest(store, tmp_path / "2", delivered=date(2017, 3, 1))
    assert report.flows["SDO"].current == 1
    assert _rows(store, "current/SDO", "year", "discharge_mode", "file_year", "slice") == [
        ("2015", "1", "2016", "030-2015"),
        ("20x5", "2", "2015", "030-other"),
    ]
    assert {(f.slice, f.current, f.superseded) for f in read_fates(store.home)} == {
        ("030-2015", 0, 1),
        ("030-2015", 1, 0),
        ("030-other", 1, 0),
    }


def test_an_empty_folder_is_no_delivery(store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file of a delivery"):
        ingest(store, tmp_path)


def test_one_line_of_its_own_form_keeps_a_file_in_its_flow(store, tmp_path: Path) -> None:
    """A stay without discharge is a stay's own form: one wrong field beside it is a rejected record, no wrong file."""
    stays = [line("PSR", discharge_date=""), line("PSR", contact_id="2", discharge_date="1")]
    write_file(tmp_path / "PSR_030_2015_S1.csv", [header("PSR"), *stays])
    stays = ingest(store, tmp_path).flows["PSR"]
    assert (stays.accepted, stays.rejected) == (1, 1)


def test_empty_files_are_delivered(store, tmp_path: Path) -> None:
    for name in ("PST_030_2015_S1.csv", "PST_030_2015_S2.csv.gz", "SDO_030_2015_07.csv"):
        (tmp_path / name).write_bytes(b"")
    write_file(tmp_path / "PST_050_2015_S1.csv", [header("PST"), _pst(1, region="050")])
    report = ingest(store, tmp_path)
    assert (report.flows["PST"].files, report.flows["PST"].records, report.flows["SDO"].records) == (3, 1, 0)
    listing = deliveries(store.home)
    assert _periods(listing) == [
        ("PST_030_2015_S1.csv", "S1", 0),
        ("PST_030_2015_S2.csv.gz", "S2", 0),
        ("PST_050_2015_S1.csv", "S1", 1),
        ("SDO_030_2015_07.csv", "07", 0),
    ]
    assert store.read("current/SDO").count() == 0
    assert not ingest(store, tmp_path).new


def _periods(listing) -> list[tuple]:
    return sorted(zip(listing["file"], listing["period"], listing["records"], strict=True))


def test_two_files_of_one_name_and_day_are_in_the_order_of_their_lines(store, tmp_path: Path) -> None:
    """Key 1 stands in lines 3 and 2, key 2 in lines 2 and 3, key 3 in two lines 4: line decides, then the path."""
    write_file(tmp_path / "a" / "PST_030_2015_S1.csv", [header("PST"), _pst(2), _pst(1), _pst(3)])
    later = [_pst(number, "V", place="2") for number in (1, 2, 3)]
    write_file(tmp_path / "b" / "PST_030_2015_S1.csv", [header("PST"), *later])
    ingest(store, tmp_path)
    assert _rows(store, "current/PST", "progressive", "place") == [("1", "1"), ("2", "2"), ("3", "2")]


def test_other_rules_than_those_that_judged_are_not_passed_over_in_silence(store, tmp_path: Path, monkeypatch) -> None:
    write_file(tmp_path / "1" / "PST_030_2015_S1.csv", [header("PST"), _pst(1)])
    write_file(tmp_path / "2" / "STR_030_2015.csv", [header("STR")])
    ingest(store, tmp_path / "1")
    layouts = load_layouts()
    changed = layouts["PST"].model_copy(update={"rules": layouts["PST"].rules[1:]})
    monkeypatch.setattr(sys.modules["percorsi.flows.ingest"], "load_layouts", lambda: layouts | {"PST": changed})
    before = _versions(store)
    for folder in ("1", "2"):
        with pytest.raises(ConfigurationError, match="(?s)rules of PST are others.*new home") as refused:
            ingest(store, tmp_path / folder)
        assert refused.value.exit_code == 3
    assert _versions(store) == before
    monkeypatch.setattr(sys.modules["percorsi.flows.ingest"], "load_layouts", lambda: {"STR": layouts["STR"]})
    with pytest.raises(ConfigurationError, match="rules of PST"):
        ingest(store, tmp_path / "2")


def test_no_stage_reads_records_that_are_behind_the_ledger(store, tmp_path: Path, monkeypatch) -> None:
    """Killed once the delivery is in the ledger: what is current then is of no delivery, or of half of one."""
    write_file(tmp_path / "d" / "PST_030_2015_S1.csv", [header("PST"), _pst(1)])

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(sys.modules["percorsi.flows.ingest"], "refresh", killed)
        ingest(store, tmp_path / "d")
    with pytest.raises(ResultUnavailable, match="current records of PST are behind"):
        refuse_behind(store.home)
    assert not ingest(store, tmp_path / "d").new
    refuse_behind(store.home)
    assert store.read("current/PST").count() == 1
