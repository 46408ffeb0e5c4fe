"""A new key for `person_id`: all that carries the old number is emptied, and made anew by the next run."""

import os
import secrets
from dataclasses import dataclass, field

from percorsi.conformed.identity import KEY_FINGERPRINT, fingerprint
from percorsi.erasure import traces
from percorsi.erasure.notes import read_note, remove_note, write_note
from percorsi.erasure.runs import note_gone, noted, resting_on
from percorsi.erasure.unfinished import refuse_unfinished
from percorsi.errors import UsageError
from percorsi.home import KEY_FILE_VARIABLE, KEY_VARIABLE, Home
from percorsi.settings import Settings
from percorsi.storage import Store

_NOTE = "rekey.json"  # a change under way: its name, and the fingerprint of the key that the environment named for it


@dataclass(frozen=True)
class RekeyReport:
    """What a new key rewrote: where the key comes from, the tables emptied, the runs that cannot be reproduced."""

    origin: str
    emptied: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(
            [
                f"the key is new, from {self.origin}",
                f"emptied, made anew by the next run: {', '.join(self.emptied) or 'none'}",
                f"runs that can no longer be reproduced: {', '.join(self.runs) or 'none'}",
            ]
        )


def rekey(home: Home, settings: Settings) -> RekeyReport:
    """Give a home another key: the one the environment names, else a new random one in place of the home's own.

    Every table of persons is emptied before the key changes, so that never two keys stand side by side: killed before
    the end, the home is one of the old key with less in it, and the command is given again. Needs no Spark.

    Raises UsageError where the environment names the key the tables were made with, ResultUnavailable where the store
    of the runs cannot be reached, HomeLocked where an erasure has not ended: its persons are known by the present key.
    """
    with home.lock("rekey"):
        refuse_unfinished(home)
        named = next((name for name in (KEY_VARIABLE, KEY_FILE_VARIABLE) if os.environ.get(name)), None)
        tables = traces.tables_of_persons(home)
        act = _begin(home, named, tables)
        traces.clear_half_made(home)
        note_gone(settings, home, resting_on(settings, home, tables), act)
        for name in tables:
            traces.empty(home, name)
        if not named:
            (home.path / "person.key").unlink(missing_ok=True)
        new = fingerprint(home.person_key())
        store = Store(home, None)
        for name in tables:
            if store.property(name, KEY_FINGERPRINT) is not None:
                traces.empty(home, name, {KEY_FINGERPRINT: new})
        report = RekeyReport(
            f"the environment ({named})" if named else str(home.path / "person.key"), tables, noted(settings, home, act)
        )
        remove_note(home.path / _NOTE)
        return report


def _begin(home: Home, named: str | None, tables: list[str]) -> str:
    """The act's name for the runs: a random one, and the same again where the change was begun and has not ended."""
    wanted = fingerprint(home.person_key()) if named else None
    earlier = read_note(home.path / _NOTE) or {}
    if named and earlier.get("key") != wanted:  # that very change may have ended in all but its report
        _refuse_same(home, named, tables)
    act = earlier.get("act") or f"key changed {secrets.token_hex(8)}"
    write_note(home.path / _NOTE, {"act": act, "key": wanted})
    return act


def _refuse_same(home: Home, named: str, tables: list[str]) -> None:
    store = Store(home, None)
    made_with = {store.property(name, KEY_FINGERPRINT) for name in tables} - {None}
    if made_with == {fingerprint(home.person_key())}:
        raise UsageError(
            f"{named} names the key that the tables were made with",
            next_step="let it name the new key, or leave it out: the home then makes one of its own",
        )
