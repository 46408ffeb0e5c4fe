"""Tables of a home as Arrow, without Spark: what listings read of tables that may be large."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from percorsi.home import Home

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

_BATCH = 1 << 15


def scan(
    home: Home,
    name: str,
    columns: Sequence[str],
    where: "ds.Expression | None" = None,
    partitions: list[tuple[str, str, str]] | None = None,
) -> "Iterator[pa.Table]":
    """Some columns of the rows for which `where` is true, in pieces: memory is bounded whatever the table's size.

    `partitions` names the folders to read, such as `[("delivery", "=", "...")]`. Nothing where there is no table.
    """
    import pyarrow as pa
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        dataset = DeltaTable(str(home.tables / name)).to_pyarrow_dataset(partitions=partitions)
    except TableNotFoundError:
        return
    reading = {"batch_size": _BATCH, "batch_readahead": 2, "fragment_readahead": 1}
    for batch in dataset.scanner(columns=list(columns), filter=where, **reading).to_batches():
        if batch.num_rows:
            yield pa.Table.from_batches([batch])


def partition_values(home: Home, name: str, delivery: str, column: str) -> list[str]:
    """The folders of a table that hold a part of a delivery, by the value of one partition column, sorted."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        parts = DeltaTable(str(home.tables / name)).partitions([("delivery", "=", delivery)])
    except TableNotFoundError:
        return []
    return sorted({part[column] or "" for part in parts})
