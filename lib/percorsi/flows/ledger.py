"""The ledger `delivery_file`: what arrived. A delivery exists from the commit that writes its rows here, not before."""

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

from percorsi.digests import digest
from percorsi.home import Home
from percorsi.small_frame import small_frame
from percorsi.storage import Store

if TYPE_CHECKING:
    import pandas as pd

LEDGER = "delivery_file"
_SCHEMA = (
    "delivery string, delivered date, file string, flow string, region string, year string, period string, "
    "digest string, layout string, records long, accepted long, rejected long, not_moved long, refused string, "
    "slices map<string, long>"
)


@dataclass(frozen=True)
class Entry:
    """One file of one delivery.

    `records` are its lines after the header; accepted + rejected + not_moved = records. `slices` says how many of the
    accepted ones lie in each slice of the current records. `refused` is the reason why nothing of it was loaded, null
    where it was. `layout` is the digest of the layout and rules that judged it.
    """

    delivery: str
    delivered: date
    file: str
    flow: str
    region: str
    year: str
    period: str
    digest: str
    layout: str
    records: int
    accepted: int
    rejected: int
    not_moved: int
    refused: str | None
    slices: dict[str, int]

    @property
    def name(self) -> str:
        return self.file.rsplit("/", 1)[-1]


def read_ledger(home: Home) -> list[Entry]:
    """All entries, in the order of their deliveries' days; none for a new home. Needs no Spark."""
    entries = [Entry(**{**row, "slices": dict(row["slices"])}) for row in small_table(home, LEDGER)]
    return sorted(entries, key=lambda e: (e.delivered, e.delivery, e.file))


def small_table(home: Home, name: str) -> list[dict]:
    """The rows of a table that counts files and not records; none where it does not exist."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        return DeltaTable(str(home.tables / name)).to_pyarrow_table().to_pylist()
    except TableNotFoundError:
        return []


def append(store: Store, entries: list[Entry]) -> None:
    """Write all rows of one delivery in one commit."""
    (delivery,) = {e.delivery for e in entries}
    rows = [tuple(getattr(e, f.name) for f in fields(Entry)) for e in entries]
    frame = small_frame(store.spark, rows, _SCHEMA).coalesce(1)
    store.write(frame, LEDGER, partition_by=("delivery",), replace_where=f"delivery = '{delivery}'")


def delivery_id(files: list[tuple[str, str]]) -> str:
    """A delivery's identity: a digest of its files' paths below the folder and of their contents."""
    return digest(sorted(files))[:16]


def deliveries(home: Home) -> "pd.DataFrame":
    """The ledger as a table: one row a file, refused ones included, without the bookkeeping of slices."""
    import pandas as pd

    columns = [f.name for f in fields(Entry) if f.name not in ("slices", "layout")]
    return pd.DataFrame([{c: getattr(e, c) for c in columns} for e in read_ledger(home)], columns=columns)
