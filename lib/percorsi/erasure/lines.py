"""Lines of `raw` blanked where they lie, and the ledger and the current records brought in line with what is left.

A blanked line keeps its delivery, file, line and slice, so that numbers of lines and of records stay true; its fields
are null, its operation is `erased`, and the name of the erasure stands where a broken line has its text. In the ledger
it counts as not moved, unless it was rejected: then it stays rejected, and its errors, which hold no value, stay too.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from percorsi.erasure.matching import ERASED, PLACE
from percorsi.flows import ledger as book
from percorsi.flows.current import STATE, read_fates, refresh
from percorsi.flows.layout import Layout
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_PARTITIONS = ("delivery", "slice_region")


def blank(store: Store, layout: Layout, lines: "DataFrame", mark: str) -> bool:
    """Blank some lines of a flow in one commit; whether there were any. `lines` has the columns of `PLACE`."""
    from pyspark.sql import functions as F

    lines = lines.persist()
    try:
        parts = sorted((r["delivery"], r["slice_region"]) for r in lines.select(*_PARTITIONS).distinct().collect())
        if not parts:
            return False
        name = f"raw/{layout.flow}"
        where = " or ".join(f"(delivery = '{delivery}' and slice_region = '{region}')" for delivery, region in parts)
        marked = F.broadcast(lines.withColumn("_mark", F.lit(True)))
        raw = store.read(name).where(where).join(marked, list(PLACE), "left")
        blanked = {column: f"if(_mark, null, `{column}`)" for column in layout.columns} | {
            "operation": f"if(_mark, '{ERASED}', operation)",
            "broken_line": f"if(_mark, '{mark}', broken_line)",
            "accepted": "_mark is null and accepted",
        }
        columns = store.read(name).columns
        kept = raw.selectExpr(*(f"{blanked.get(c, f'`{c}`')} as `{c}`" for c in columns))
        store.write(kept, name, partition_by=_PARTITIONS, replace_where=where)
        return True
    finally:
        lines.unpersist()


def follow(store: Store, layouts: dict[str, Layout], flows: list[str], tick: Callable[[str], None]) -> None:
    """Ledger and current records as what is left in `raw` makes them. Doing it again changes nothing."""
    tick("ledger")
    _recount(store, flows)
    entries = book.read_ledger(store.home)
    _forget_stale(store, entries)
    # as at ingestion: of a new table the log notes the bounds of the slice and of no column of a record
    bounds = "spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols"
    store.spark.conf.set(bounds, "1")
    try:
        refresh(store, entries, layouts, tick)
    finally:
        store.spark.conf.unset(bounds)


def marked(store: Store, flows: list[str], mark: str) -> dict[str, dict[tuple[str, str], int]]:
    """The lines that an erasure blanked: flow -> delivery and file -> number; flows without any are left out."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for flow in flows:
        rows = store.read(f"raw/{flow}").where(f"broken_line = '{mark}'").groupBy("delivery", "file").count().collect()
        if rows:
            found[flow] = {(row["delivery"], row["file"]): row["count"] for row in rows}
    return found


def _recount(store: Store, flows: list[str]) -> None:
    """The ledger's accepted records by file and slice, as `raw` has them now; a slice left with none stays, with 0."""
    from pyspark.sql import functions as F

    accepted: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for flow in flows:
        counted = store.read(f"raw/{flow}").groupBy("delivery", "file", "slice").agg(F.count_if("accepted").alias("n"))
        for row in counted.collect():
            accepted[flow, row["delivery"], row["file"]][row["slice"]] = row["n"]
    by_delivery = defaultdict(list)
    for entry in book.read_ledger(store.home):
        by_delivery[entry.delivery].append(entry)
    for entries in by_delivery.values():
        now = [_counted(e, accepted[e.flow, e.delivery, e.file]) if e.flow in flows else e for e in entries]
        if now != entries:
            book.append(store, now)


def _counted(entry: book.Entry, accepted: dict[str, int]) -> book.Entry:
    if entry.refused is not None:
        return entry
    slices = {part: accepted.get(part, 0) for part in entry.slices}
    number = sum(slices.values())
    return replace(entry, slices=slices, accepted=number, not_moved=entry.records - entry.rejected - number)


def _forget_stale(store: Store, entries: list[book.Entry]) -> None:
    """Take the slices out of the books whose files had other numbers when they were built: they are built again."""
    due = {(e.flow, part, e.delivery, e.file): n for e in entries for part, n in e.slices.items()}
    stale = {
        (fate.flow, fate.slice)
        for fate in read_fates(store.home)
        if due.get((fate.flow, fate.slice, fate.delivery, fate.file)) != fate.accepted
    }
    if stale:
        listed = ", ".join(f"'{flow} {part}'" for flow, part in sorted(stale))
        store.write(store.read(STATE).where(f"concat(flow, ' ', slice) not in ({listed})").coalesce(1), STATE)
