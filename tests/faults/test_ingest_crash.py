"""Killed at any step and run again, an ingestion ends as if it had never been killed."""

from datetime import date
from pathlib import Path

import pytest

from flow_records import header, line, write_file
from percorsi.flows import deliveries, ingest
from percorsi.storage import Store

# The tables in the order in which they are written; a death before one is a death after the one before it.
STEPS = ("raw/STR", "rejected", "delivery_file", "current/STR", "current_slice")


class Killed(Exception):
    """Stands for the death of the process."""


def _die_after(monkeypatch, step: str) -> None:
    write = Store.write

    def dying(self, df, name, **options):
        version = write(self, df, name, **options)
        if name == step:
            raise Killed
        return version

    monkeypatch.setattr(Store, "write", dying)


def _delivery(folder: Path, *lines: str) -> Path:
    write_file(folder / "STR_030_2015.csv", [header("STR"), *lines])
    return folder


def _rows(store: Store, name: str, *columns: str) -> list[tuple]:
    return sorted(tuple(row) for row in store.read(name).select(*columns).collect())


def test_a_run_after_a_death_at_any_step_ends_as_one_that_never_died(store, tmp_path, monkeypatch) -> None:
    first = _delivery(tmp_path / "first", line("STR", structure="1"), line("STR", structure="2", kind="CD"))
    second = _delivery(tmp_path / "second", line("STR", structure="2", kind="SR"), line("STR", structure=""))
    before, after = date(2016, 3, 1), date(2016, 4, 30)
    ingest(store, first, delivered=before)
    for step in STEPS:
        with monkeypatch.context() as patched, pytest.raises(Killed):
            _die_after(patched, step)
            ingest(store, second, delivered=after)
        # The delivery exists from the commit of the ledger, and not before.
        known = list(deliveries(store.home)["delivered"])
        assert known == ([before] if step in STEPS[:2] else [before, after])

    assert not ingest(store, second, delivered=after).new
    assert _rows(store, "raw/STR", "delivered", "line", "structure", "accepted") == [
        (before, 2, "1", True),
        (before, 3, "2", True),
        (after, 2, "2", True),
        (after, 3, None, False),
    ]
    assert _rows(store, "rejected", "file", "line", "field", "code") == [("STR_030_2015.csv", 3, "structure", "P001")]
    assert _rows(store, "delivery_file", "delivered", "records", "accepted", "rejected") == [
        (before, 2, 2, 0),
        (after, 2, 1, 1),
    ]
    assert _rows(store, "current/STR", "structure", "kind", "delivered", "line") == [
        ("1", "CSM", before, 2),
        ("2", "SR", after, 2),
    ]
    assert _rows(store, "current_slice", "slice", "accepted", "current", "superseded") == [
        ("030-2015", 1, 1, 0),
        ("030-2015", 2, 1, 1),
    ]


def test_a_death_before_the_tables_are_first_made_is_mended_too(store, tmp_path, monkeypatch) -> None:
    only = _delivery(tmp_path / "only", line("STR"))
    with monkeypatch.context() as patched, pytest.raises(Killed):
        _die_after(patched, "delivery_file")
        ingest(store, only)
    assert not store.exists("current/STR")
    assert not ingest(store, only).new
    assert _rows(store, "current/STR", "structure") == [("301101",)]
