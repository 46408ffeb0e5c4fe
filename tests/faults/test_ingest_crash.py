"""Killed at any step and run again, an ingestion ends as if it had never been killed."""

from datetime import date
from pathlib import Path

import pytest

from flow_records import header, line, write_file
from percorsi.flows import deliveries, ingest
from percorsi.home import Home
from percorsi.storage import Store

# The tables in the order in which they are written, and the columns that tell one content from another.
CONTENTS = {
    "raw/STR": ["delivery", "file", "line", "structure", "accepted"],
    "rejected": ["delivery", "file", "line", "code"],
    "delivery_file": ["delivery", "delivered", "file", "records", "accepted", "rejected", "refused"],
    "current/STR": ["structure", "kind", "delivery", "line"],
    "current_slice": ["slice", "delivery", "file", "accepted", "current", "superseded"],
}
DAY = date(2016, 4, 30)


class Killed(Exception):
    """Stands for the death of the process."""


def _content(store: Store) -> dict[str, list]:
    return {
        name: sorted(str(tuple(row)) for row in store.read(name).select(*columns).collect())
        for name, columns in CONTENTS.items()
    }


def _delivery(folder: Path, *lines: str) -> Path:
    write_file(folder / "STR_030_2015.csv", [header("STR"), *lines])
    return folder


def test_a_run_after_a_death_at_any_step_ends_as_one_that_never_died(store, settings, tmp_path, monkeypatch) -> None:
    first = _delivery(tmp_path / "first", line("STR"), line("STR", structure="2", kind="CD"))
    second = _delivery(tmp_path / "second", line("STR", structure="2", kind="SR"), line("STR", structure=""))
    unbroken = Store(Home(tmp_path / "unbroken"), store.spark)
    for home in (unbroken, store):
        ingest(home, first, settings=settings, delivered=date(2016, 3, 1))
    ingest(unbroken, second, settings=settings, delivered=DAY)

    write = Store.write
    for step in CONTENTS:

        def dying(self, df, name, *, _step=step, **options):
            version = write(self, df, name, **options)
            if name == _step:
                raise Killed
            return version

        monkeypatch.setattr(Store, "write", dying)
        with pytest.raises(Killed):
            ingest(store, second, settings=settings, delivered=DAY)
        # The delivery exists from the commit of the ledger, and not before.
        assert len(deliveries(store.home)) == (1 if step in ("raw/STR", "rejected") else 2)
    monkeypatch.setattr(Store, "write", write)
    ingest(store, second, settings=settings, delivered=DAY)

    content = _content(store)
    assert content == _content(unbroken)
    assert [row[:11] for row in content["current/STR"]] == ["('2', 'SR',", "('301101', "]


def test_a_death_while_the_tables_are_first_made_is_mended_too(store, settings, tmp_path, monkeypatch) -> None:
    only = _delivery(tmp_path / "only", line("STR"))
    write = Store.write

    def dying(self, df, name, **options):
        if name == "current/STR":
            raise Killed
        return write(self, df, name, **options)

    monkeypatch.setattr(Store, "write", dying)
    with pytest.raises(Killed):
        ingest(store, only, settings=settings)
    monkeypatch.setattr(Store, "write", write)
    assert not ingest(store, only, settings=settings).new
    assert store.read("current/STR").count() == 1
