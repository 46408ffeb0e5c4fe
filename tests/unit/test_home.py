"""The home's lock and its key."""

import json
import os
import stat
import subprocess
import sys

import pytest

from percorsi.errors import ConfigurationError, HomeLocked

HOLDER = """
import sys, time
from pathlib import Path
from percorsi.home import Home
with Home(Path(sys.argv[1])).lock("ingest"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(home):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(home.path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "held"
    yield process
    process.kill()
    process.wait()


def test_a_second_run_is_refused_and_told_who_holds_the_home(home, holder):
    with pytest.raises(HomeLocked) as caught, home.lock("run"):
        pass
    assert "'ingest'" in str(caught.value)
    assert f"process {holder.pid}" in str(caught.value)
    assert caught.value.exit_code == 6


def test_a_killed_holder_leaves_the_home_free(home, holder):
    holder.kill()
    holder.wait()
    with home.lock("run"):
        assert json.loads((home.path / "lock.json").read_text())["process"] == os.getpid()
    assert not (home.path / "lock.json").exists()


def test_a_new_home_gets_a_key_only_its_owner_can_read(home):
    key = home.person_key()
    mode = stat.S_IMODE((home.path / "person.key").stat().st_mode)
    assert (len(key), mode) == (32, 0o600)
    assert home.person_key() == key
    assert os.listdir(home.path) == ["person.key"]


def test_a_key_that_others_can_read_is_refused(home):
    home.person_key()
    (home.path / "person.key").chmod(0o640)
    with pytest.raises(ConfigurationError, match="can be read by others"):
        home.person_key()


def test_the_environment_s_key_comes_first_and_never_appears_in_an_error(home, monkeypatch):
    monkeypatch.setenv("PERCORSI_PERSON_KEY", "ab" * 32)
    assert home.person_key() == b"\xab" * 32
    assert not home.path.exists()
    for bad in ("ab" * 31, "zz" * 32):
        monkeypatch.setenv("PERCORSI_PERSON_KEY", bad)
        with pytest.raises(ConfigurationError) as caught:
            home.person_key()
        assert bad not in str(caught.value)


def test_a_named_key_file_must_exist(home, monkeypatch, tmp_path):
    monkeypatch.setenv("PERCORSI_PERSON_KEY_FILE", str(tmp_path / "absent.key"))
    with pytest.raises(ConfigurationError, match="absent.key"):
        home.person_key()
