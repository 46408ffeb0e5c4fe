"""Killed at any moment and run again, an ingestion ends as if it had never been killed; a full disk is an error and no
loss; of two at once one is refused and the other unharmed."""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from flow_records import header, line, write_file
from percorsi.errors import PercorsiError
from percorsi.flows import deliveries, ingest
from percorsi.home import Home
from percorsi.storage import Store

SEED = int(os.environ.get("PERCORSI_TEST_SEED") or random.randrange(1_000_000))
BEFORE, AFTER = date(2016, 3, 1), date(2016, 4, 30)
TABLES = ("raw/STR", "raw/PST", "rejected", "delivery_file", "current/STR", "current/PST", "current_slice")
TABLES += ("rejected_by_register",)
# What the ledger and a slice's numbers rest on; the rest of a row follows from it.
COLUMNS = {
    "delivery_file": ("delivered", "file", "records", "accepted", "rejected", "not_moved", "slices"),
    "current_slice": (
        *("flow", "slice", "file", "accepted", "current", "superseded", "cancelled", "unknown_variations"),
        *("rejected", "registers"),
    ),
}


def _pst(number: int, **changes: str) -> str:
    return line("PST", progressive=str(number), **changes)


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """A first delivery, and a second that corrects it and brings a flow that was never there."""
    top = tmp_path_factory.mktemp("deliveries")
    services = [line("STR", structure="301101"), line("STR", structure="301102", kind="CD")]
    write_file(top / "first" / "STR_030_2015.csv", [header("STR"), *services])
    corrected = [line("STR", structure="301102", kind="SR"), line("STR", structure="")]
    write_file(top / "second" / "STR_030_2015.csv", [header("STR"), *corrected])
    contacts = [*map(_pst, range(1, 300)), _pst(7, operation="C"), _pst(8, structure="999999"), _pst(9, type="27")]
    write_file(top / "second" / "PST_030_2015_S1.csv", [header("PST"), *contacts])
    return top / "first", top / "second"


@pytest.fixture(scope="module")
def base(tmp_path_factory, spark, folders) -> Path:
    """A home with the first delivery."""
    home = Home(tmp_path_factory.mktemp("base") / "home")
    ingest(Store(home, spark), folders[0], delivered=BEFORE)
    return home.path


class Steps:
    """The homes on disk around each commit of one ingestion of the second delivery, and where it ends."""

    def __init__(self, states: list[tuple[str, Path]], whole: dict[str, list]) -> None:
        self.states = states
        self.whole = whole


def _copy(base: Path, to: Path) -> Home:
    shutil.copytree(base, to)
    return Home(to)


def _tables(store: Store) -> dict[str, list]:
    """All that a home holds of known deliveries."""
    known = {entry for entry in deliveries(store.home)["delivery"]}
    told = {}
    for name in TABLES:
        frame = store.read(name)
        if name in ("raw/STR", "raw/PST", "rejected"):
            frame = frame.where(frame["delivery"].isin(sorted(known)))
        columns = COLUMNS.get(name, sorted(frame.columns))
        told[name] = sorted(tuple(map(str, row)) for row in frame.select(*columns).collect())
    return told


@pytest.fixture(scope="module")
def steps(tmp_path_factory, spark, base, folders) -> Steps:
    top = tmp_path_factory.mktemp("states")
    store = Store(_copy(base, top / "whole"), spark)
    states: list[tuple[str, Path]] = []
    write, one_at_once = Store.write, threading.Lock()  # a home that is copied stands still

    def watched(self, df, name, **options):
        with one_at_once:
            version = write(self, df, name, **options)
            states.append((name, top / f"{len(states)}-{name.replace('/', '-')}"))
            shutil.copytree(self.home.path, states[-1][1])
        return version

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "write", watched)
        assert ingest(store, folders[1], delivered=AFTER).new
    return Steps(states, _tables(store))


def _uncommit(home: Path, table: str) -> None:
    """As if the process had died after it wrote the data of a table and before it committed them."""
    log = home / "tables" / table / "_delta_log"
    last = max(path.stem for path in log.glob("*.json"))
    for path in log.iterdir():
        if path.name.lstrip(".").startswith(last):
            path.unlink()
    for whole in list((home / "tables" / table).rglob("*.parquet"))[:1]:
        whole.with_name("part-99999-cut.c000.snappy.parquet").write_bytes(whole.read_bytes()[:-20])


def test_a_death_before_any_commit_is_mended(spark, steps, folders) -> None:
    """The data of each commit are there and the commit is not; that of the one before is. All moments lie between."""
    assert {name for name, _ in steps.states} >= {*TABLES}
    for name, state in steps.states:
        _uncommit(state, name)
        store = Store(Home(state), spark)
        known = list(deliveries(store.home)["delivered"])
        assert known.count(AFTER) in (0, 2)  # a delivery exists whole or not at all
        assert ingest(store, folders[1], delivered=AFTER).new == (AFTER not in known)
        assert _tables(store) == steps.whole, f"killed before the commit of {name}"


def test_the_state_that_deaths_are_held_against_is_right(steps) -> None:
    assert len(steps.whole["raw/PST"]) == 302 and len(steps.whole["raw/STR"]) == 4
    assert [row[2:] for row in steps.whole["delivery_file"]] == [
        ("2", "2", "0", "0", "{'030-2015': 2}"),
        ("302", "301", "1", "0", "{'030-2015-S1': 301}"),
        ("2", "1", "1", "0", "{'030-2015': 1}"),
    ]
    assert len(steps.whole["current/PST"]) == 298  # 299 keys without 7; 8 once more, in a place nobody knows
    services, contacts = steps.whole["current_slice"][-2:], steps.whole["current_slice"][:-2]
    assert services == [
        ("STR", "030-2015", "STR_030_2015.csv", "1", "1", "0", "0", "0", "0", ""),
        ("STR", "030-2015", "STR_030_2015.csv", "2", "1", "1", "0", "0", "0", ""),
    ]
    # accepted 301: 298 current, the first of key 7 superseded, the second a cancellation, and 8 in the unknown place
    assert [row[:-1] for row in contacts] == [
        ("PST", "030-2015-S1", "PST_030_2015_S1.csv", "301", "298", "1", "1", "0", "1")
    ]
    assert all(row[-1] for row in contacts)  # what the register said
    assert len(steps.whole["rejected_by_register"]) == 1


def test_a_full_disk_is_an_error_and_no_loss(spark, base, steps, folders, tmp_path) -> None:
    """At the first data, at the ledger and at the current records no byte more can be written; then there is room."""
    store = Store(_copy(base, tmp_path / "home"), spark)
    java = spark._jvm.java.lang.ProcessHandle.current().pid()
    room = resource.prlimit(java, resource.RLIMIT_FSIZE)
    write = Store.write
    for full_at in ("raw/PST", "delivery_file", "current/PST", "current_slice"):

        def filling(self, df, name, at=full_at, **options):
            if name == at:
                resource.prlimit(java, resource.RLIMIT_FSIZE, (64, room[1]))
            return write(self, df, name, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Store, "write", filling)
            try:
                with pytest.raises((PercorsiError, PySparkException, Py4JError)):
                    ingest(store, folders[1], delivered=AFTER)
            finally:
                resource.prlimit(java, resource.RLIMIT_FSIZE, room)
    ingest(store, folders[1], delivered=AFTER)
    assert _tables(store) == steps.whole


COMMAND = "import sys; from percorsi.cli import main; main(sys.argv[1:])"


def _start(home: Path, folder: Path) -> subprocess.Popen:
    """The command in a process of its own, which leads a group of its own: Java is in it."""
    arguments = ["ingest", "--home", str(home), "--deliveries", str(folder), "--delivered", str(AFTER)]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _wait(until: Callable[[], bool], process: subprocess.Popen) -> None:
    while not until() and process.poll() is None:
        time.sleep(0.005)


def _gone(group: int) -> None:
    """Wait for the last process of a group: Java outlives its Python by a moment, and a home with two writers is not
    what is tested here."""
    for _ in range(12_000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.005)
    raise AssertionError("processes are left")


def test_a_killed_process_is_made_good(spark, base, steps, folders, tmp_path) -> None:
    """Python alone is killed where the ledger's first data appear; then all processes at once, at a random moment."""
    store = Store(_copy(base, tmp_path / "home"), spark)
    ledger = store.home.tables / "delivery_file"
    before = {*ledger.rglob("*.parquet")}
    process = _start(store.home.path, folders[1])
    _wait(lambda: {*ledger.rglob("*.parquet")} > before, process)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    _gone(process.pid)

    log = store.home.tables / "raw" / "PST" / "_delta_log"
    pause = random.Random(SEED).uniform(0, 6)
    process = _start(store.home.path, folders[1])
    _wait(lambda: (store.home.path / "lock.json").exists(), process)
    time.sleep(pause)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _gone(process.pid)

    assert any(log.glob("*.json"))  # it was killed in its work, and not before
    ingest(store, folders[1], delivered=AFTER)
    assert _tables(store) == steps.whole, f"PERCORSI_TEST_SEED={SEED}"


def test_of_two_at_once_one_is_refused_and_the_other_unharmed(spark, base, steps, folders, tmp_path) -> None:
    store = Store(_copy(base, tmp_path / "home"), spark)
    both = [_start(store.home.path, folders[1]) for _ in range(2)]
    said = {process.pid: process.communicate()[0] for process in both}
    refused, done = sorted(both, key=lambda process: -process.returncode)
    assert (refused.returncode, done.returncode) == (6, 0), said
    assert re.search(rf"is in use by ('ingest' \(process {done.pid}, since .*\)|another run)", said[refused.pid])
    assert _tables(store) == steps.whole
