"""What the benchmarks measure with: seconds, and plain passes over tables to hold a stage against."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from percorsi.storage import Store


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def scan(store: Store, names: Iterable[str], columns: Mapping[str, Sequence[str]] | None = None) -> None:
    """All rows of some tables, once: all of their columns, or those that `columns` names for each."""
    for name in names:
        table = store.read(name)
        kinds = dict(table.dtypes)
        read = table.columns if columns is None else columns[name]
        hashed = [f"map_entries(`{c}`)" if kinds[c].startswith("map") else f"`{c}`" for c in read]  # a map has no hash
        table.selectExpr(f"bit_xor(xxhash64({', '.join(hashed)}))").collect()
