"""The table `erasure`: that somebody was erased, when and how much, and the keyed numbers that tell a return."""

from dataclasses import dataclass
from datetime import date

from percorsi.erasure.unfinished import Erasure
from percorsi.flows.ledger import small_table
from percorsi.home import Home
from percorsi.small_frame import small_frame
from percorsi.storage import Store

TABLE = "erasure"
_SCHEMA = (
    "erasure string, day date, key string, persons array<bigint>, reason string, lines map<string, bigint>, "
    "runs array<string>"
)


@dataclass(frozen=True)
class Record:
    """One erasure: its name and day, the fingerprint of the key its numbers were made with, the numbers of its
    persons, the steward's reason, the lines blanked by flow, the runs that can no longer be reproduced."""

    erasure: str
    day: date
    key: str
    persons: list[int]
    reason: str | None
    lines: dict[str, int]
    runs: list[str]


def records(home: Home) -> list[Record]:
    """All erasures of a home, in the order of their days. Needs no Spark."""
    rows = [Record(**{**row, "lines": dict(row["lines"])}) for row in small_table(home, TABLE)]
    return sorted(rows, key=lambda record: (record.day, record.erasure))


def keep(store: Store, erasure: Erasure, key: str, reason: str | None, lines: dict[str, int], runs: list[str]) -> None:
    """Write one erasure's row; written again it is the same row."""
    row = (erasure.name, date.fromisoformat(erasure.day), key, list(erasure.persons), reason, lines, runs)
    frame = small_frame(store.spark, [row], _SCHEMA).coalesce(1)
    store.write(frame, TABLE, replace_where=f"erasure = '{erasure.name}'")
