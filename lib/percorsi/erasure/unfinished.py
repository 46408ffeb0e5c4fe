"""An erasure under way: begun before the first record goes, ended after the last trace, known across a crash."""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from percorsi.erasure.matching import ERASED
from percorsi.erasure.notes import read_note, remove_note, write_note
from percorsi.errors import HomeLocked, UsageError
from percorsi.home import Home

_FILE = "erasure.json"
_AGAIN = "unless it is still at work, give `percorsi erase` again, with the same file of CUNIs: it goes on where it was"


@dataclass(frozen=True)
class Erasure:
    """One erasure: a random name, its day (ISO), the keyed numbers of its persons, their records in SISM.

    `records` are region, azienda, DSM and Id_Rec, as the anagrafica gave them before anything was erased: once a line
    of it is gone, nothing else says whose the lines left under its Id_Rec are. They are kept until the erasure ends.
    """

    name: str
    day: str
    persons: tuple[int, ...]
    records: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @property
    def mark(self) -> str:
        """What stands in place of a line that was erased."""
        return f"{ERASED} {self.name}"


def begun(home: Home) -> Erasure | None:
    """The erasure that was begun and has not ended."""
    told = read_note(_path(home))
    if told is None:
        return None
    return Erasure(told["name"], told["day"], tuple(told["persons"]), tuple(map(tuple, told["records"])))


def resumed(home: Home, persons: tuple[int, ...]) -> Erasure | None:
    """The erasure that was begun for these persons. Raises UsageError where one for others has not ended."""
    earlier = begun(home)
    if earlier is not None and earlier.persons != persons:
        raise UsageError(f"the erasure begun on {earlier.day}, of other persons, has not ended", next_step=_AGAIN)
    return earlier


def begin(home: Home, persons: tuple[int, ...], records: tuple[tuple[str, ...], ...]) -> Erasure:
    """A new erasure, noted in the home before anything is erased."""
    erasure = Erasure(secrets.token_hex(8), date.today().isoformat(), persons, records)
    write_note(_path(home), asdict(erasure))
    return erasure


def end(home: Home) -> None:
    remove_note(_path(home))


def refuse_unfinished(home: Home) -> None:
    """Raise HomeLocked where an erasure was begun and has not ended: nothing may read or change what is half erased."""
    erasure = begun(home)
    if erasure is not None:
        raise HomeLocked(f"{home.path}: the erasure begun on {erasure.day} has not ended", next_step=_AGAIN)


def _path(home: Home) -> Path:
    return home.path / _FILE
