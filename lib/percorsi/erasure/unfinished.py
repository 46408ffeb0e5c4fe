"""An erasure under way: begun before the first record goes, ended after the last trace, known across a crash."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from percorsi.erasure.matching import ERASED
from percorsi.errors import HomeLocked, UsageError
from percorsi.home import Home

_FILE = "erasure.json"
_AGAIN = "give `percorsi erase` again, with the same file of CUNIs: it goes on where it was"


@dataclass(frozen=True)
class Erasure:
    """One erasure: a random name, its day (ISO), the keyed numbers of its persons."""

    name: str
    day: str
    persons: tuple[int, ...]

    @property
    def mark(self) -> str:
        """What stands in place of a line that was erased."""
        return f"{ERASED} {self.name}"


def begun(home: Home) -> Erasure | None:
    """The erasure that was begun and has not ended."""
    path = _path(home)
    if not path.exists():
        return None
    told = json.loads(path.read_text())
    return Erasure(told["name"], told["day"], tuple(told["persons"]))


def begin(home: Home, persons: tuple[int, ...]) -> Erasure:
    """A new erasure, or the one that was begun for the same persons.

    Raises UsageError where one for other persons has not ended.
    """
    earlier = begun(home)
    if earlier is not None:
        if earlier.persons != persons:
            raise UsageError(f"the erasure begun on {earlier.day}, of other persons, has not ended", next_step=_AGAIN)
        return earlier
    erasure = Erasure(secrets.token_hex(8), date.today().isoformat(), persons)
    draft = _path(home).with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(json.dumps(asdict(erasure)))
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, _path(home))
    return erasure


def end(home: Home) -> None:
    _path(home).unlink(missing_ok=True)


def refuse_unfinished(home: Home) -> None:
    """Raise HomeLocked where an erasure was begun and has not ended: no stage may read what is half erased."""
    erasure = begun(home)
    if erasure is not None:
        raise HomeLocked(f"{home.path}: the erasure begun on {erasure.day} has not ended", next_step=_AGAIN)


def _path(home: Home) -> Path:
    return home.path / _FILE
