"""A delivery whose files change or vanish under the reader's hands: told, and nothing of it loaded."""

from pathlib import Path

import pytest

from flow_records import header, line, write_file
from percorsi.errors import PercorsiError
from percorsi.flows import deliveries, ingest
from percorsi.flows.lines import FlowLines
from percorsi.home import Home
from percorsi.storage import Store


def _meddle(monkeypatch, method: str, with_file) -> None:
    """Something happens to the file just before a method of the reader runs."""
    whole = getattr(FlowLines, method)

    def meddled(self):
        with_file()
        return whole(self)

    monkeypatch.setattr(FlowLines, method, meddled)


@pytest.mark.parametrize("method", ["check", "records"])
@pytest.mark.parametrize("vanishes", [True, False])
def test_a_file_that_changes_while_it_is_read_is_not_loaded(store, tmp_path, monkeypatch, method, vanishes) -> None:
    path = write_file(tmp_path / "d" / "STR_030_2015.csv", [header("STR"), line("STR", structure="1")])
    other = [header("STR"), line("STR", structure="2")]  # as many lines
    with monkeypatch.context() as patch, pytest.raises(PercorsiError, match="STR_030_2015.csv: changed while") as told:
        _meddle(patch, method, path.unlink if vanishes else lambda: write_file(path, other))
        ingest(store, tmp_path / "d")
    assert told.value.next_step
    assert deliveries(store.home).empty
    write_file(path, other)
    assert ingest(store, tmp_path / "d").new
    assert [row["structure"] for row in store.read("current/STR").collect()] == ["2"]


def test_a_home_may_have_a_blank_in_its_name(spark, tmp_path: Path) -> None:
    store = Store(Home(tmp_path / "my home"), spark)
    write_file(tmp_path / "d" / "STR_030_2015.csv", [header("STR"), line("STR")])
    assert ingest(store, tmp_path / "d").flows["STR"].current == 1
