"""Rules that ask the register of services: what is rejected follows from all that was delivered, in whatever order."""

from datetime import date
from pathlib import Path

import pytest

from flow_records import header, line, write_file
from percorsi.flows import deliveries, ingest, rejections
from percorsi.flows.current import read_fates
from percorsi.home import Home
from percorsi.storage import Store

OTHER = {"id_rec": "S" * 88, "cuni": "D" * 88}


def _services(folder: Path, *structures: str, year: str = "2015", **changes: str) -> Path:
    lines = [line("STR", structure=structure, year=year, **changes) for structure in structures]
    return write_file(folder / f"STR_030_{year}.csv", [header("STR"), *lines])


def _contacts(folder: Path) -> None:
    """Lines 2 to 7: known; of another azienda's structure; unknown structure, DSM and azienda; a correction of the
    first with an unknown structure, which is another key, and one of a year without a register in its own file."""
    changes = [
        {"progressive": "1"},
        {"progressive": "2", "structure": "302101"},
        {"progressive": "3", "structure": "999999"},
        {"progressive": "4", "dsm": "009"},
        {"progressive": "5", "azienda": "999"},
        {"progressive": "1", "place": "2", "operation": "V"},
    ]
    write_file(folder / "PST_030_2015_S1.csv", [header("PST"), *(line("PST", **c) for c in changes)])
    earlier = line("PST", year="2014", date="2014-03-01", structure="999999")
    write_file(folder / "PST_030_2014_S1.csv", [header("PST"), earlier])


def _persons(folder: Path) -> None:
    """Lines 2 to 7: known; residence in an unknown azienda of the region; in a region without a register; homeless,
    whose azienda of reference is not asked; with another unknown azienda of reference; of an unknown country abroad."""
    homeless = {"residence_region": "098", "residence_azienda": "098", "azienda": "999"}
    changes = [
        {},
        {"residence_azienda": "777"},
        {"residence_region": "050", "residence_azienda": "777"},
        homeless,
        {"azienda": "888"},
        {"residence_region": "998", "residence_azienda": "998", "residence_country": "FR"},
    ]
    lines = [line("ANT", id_rec=str(at) * 88, **c) for at, c in enumerate(changes)]
    write_file(folder / "ANT_030_2015_S1.csv", [header("ANT"), *lines])


FOUND = [
    ("ANT_030_2015_S1.csv", 3, "residence_azienda", "3601"),
    ("ANT_030_2015_S1.csv", 5, "dsm", "3315"),
    ("ANT_030_2015_S1.csv", 6, "azienda", "3310"),
    ("ANT_030_2015_S1.csv", 6, "dsm", "3315"),
    ("PST_030_2015_S1.csv", 3, "structure", "3330"),
    ("PST_030_2015_S1.csv", 4, "structure", "3330"),
    ("PST_030_2015_S1.csv", 5, "dsm", "3315"),
    ("PST_030_2015_S1.csv", 6, "azienda", "3310"),
    ("PST_030_2015_S1.csv", 6, "dsm", "3315"),
    ("PST_030_2015_S1.csv", 6, "structure", "3330"),
]


def _found(store: Store) -> list[tuple]:
    rows = []
    for delivery in sorted(set(deliveries(store.home)["delivery"])):
        found = rejections(store, delivery).select("file", "line", "field", "code", "severity").collect()
        assert {row["severity"] for row in found} <= {"reject"}
        rows += [tuple(row)[:4] for row in found]
    return sorted(rows)


def _current(store: Store) -> dict[str, list[int]]:
    """The lines of the files that are current."""
    return {
        flow: sorted(row["line"] for row in store.read(f"current/{flow}").where("year = '2015'").collect())
        for flow in ("ANT", "PST")
    }


@pytest.mark.parametrize("register_first", [True, False])
def test_a_register_rejects_whenever_it_came(spark, tmp_path: Path, register_first: bool) -> None:
    store = Store(Home(tmp_path / "home"), spark)
    _services(tmp_path / "register", "301101", "301102")
    _contacts(tmp_path / "records")
    _persons(tmp_path / "records")
    days = [("register", date(2016, 5, 1)), ("records", date(2016, 4, 1))]
    for folder, day in days if register_first else days[::-1]:
        report = ingest(store, tmp_path / folder, delivered=day)

    assert _found(store) == FOUND
    assert _current(store) == {"ANT": [2, 4, 7], "PST": [7]}
    assert store.read("current/PST").columns[0] == "slice"  # the column whose bounds Delta notes
    fates = {(f.file): f for f in read_fates(store.home)}
    contacts = fates["PST_030_2015_S1.csv"]
    told = (contacts.accepted, contacts.current, contacts.superseded, contacts.cancelled, contacts.rejected)
    assert told == (6, 1, 1, 0, 4)
    assert fates["PST_030_2014_S1.csv"].rejected == 0  # no register of 2014: nothing to ask
    if register_first:
        pst = report.flows["PST"]
        assert (pst.records, pst.accepted, pst.rejected, pst.current, pst.superseded) == (7, 3, 4, 2, 1)


def test_a_corrected_register_takes_records_back(store, tmp_path: Path) -> None:
    _services(tmp_path / "register", "301101")
    _contacts(tmp_path / "records")
    _persons(tmp_path / "records")
    ingest(store, tmp_path / "register", delivered=date(2016, 4, 1))
    ingest(store, tmp_path / "records", delivered=date(2016, 4, 2))
    untouched = store.version("current/ANT")

    _services(tmp_path / "more", "999999", seats="0")  # the register of the year knows one more structure
    ingest(store, tmp_path / "more", delivered=date(2016, 5, 1))

    assert _current(store) == {"ANT": [2, 4, 7], "PST": [4, 7]}
    assert ("PST_030_2015_S1.csv", 4, "structure", "3330") not in _found(store)
    assert store.version("current/ANT") == untouched  # no azienda and no DSM more: nothing to judge anew
