"""What was delivered, kept: `raw/<FLOW>` with every line and its errors, and `rejected` without any value."""

from typing import TYPE_CHECKING

from percorsi.flows.layout import Layout
from percorsi.flows.lines import FlowLines
from percorsi.flows.rules import judge
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

REJECTED = "rejected"
_PARTITIONS = ("delivery", "slice")


def write_raw(store: Store, layout: Layout, lines: FlowLines, delivery: str, delivered: str) -> None:
    """All lines of a flow's files in one delivery, judged; a delivery loaded again replaces its part."""
    judged = judge(lines.records(), layout)
    operation = [] if layout.operation else ["'I' as operation"]
    kept = judged.selectExpr(
        f"'{delivery}' as delivery",
        f"{slice_sql(layout)} as slice",
        f"date'{delivered}' as delivered",
        *("file", "line", "digest", "file_region", "file_year", "file_period"),
        *(f"`{c}`" for c in layout.columns),
        *operation,
        *("broken_line", "accepted", "errors"),
    )
    store.write(kept, f"raw/{layout.flow}", partition_by=_PARTITIONS, replace_where=f"delivery = '{delivery}'")


def slice_sql(layout: Layout) -> str:
    """The slice of current records a line belongs to: by its own key where it is accepted, else by its file's name.

    Text such as `030-2015-S1`, `030-2015`, `all`; a year that is none, which own layouts may hold, is `other`.
    """
    parts = []
    for name in layout.slice:
        own = "if(`year` rlike '^[12][0-9]{3}$', `year`, 'other')" if name == "year" else f"`{name}`"
        parts.append(f"if(accepted, {own}, file_{name})")
    return f"concat_ws('-', {', '.join(parts)})" if parts else "'all'"


def counts(store: Store, flows: list[str], delivery: str) -> "list[Row]":
    """Lines of a delivery by flow, file and slice: records, accepted, rejected, not_moved, first_line, last_line."""
    from pyspark.sql import functions as F

    def one(flow: str) -> "DataFrame":
        return (
            store.read(f"raw/{flow}")
            .where(f"delivery = '{delivery}'")
            .selectExpr(f"'{flow}' as flow", "file", "slice", "line", "accepted", "size(errors) as faults")
        )

    grouped = (
        _union([one(f) for f in flows])
        .groupBy("flow", "file", "slice")
        .agg(
            F.count("*").alias("records"),
            F.count_if("accepted").alias("accepted"),
            F.count_if(F.expr("not accepted and faults > 0")).alias("rejected"),
            F.count_if(F.expr("not accepted and faults = 0")).alias("not_moved"),
            F.min("line").alias("first_line"),
            F.max("line").alias("last_line"),
        )
    )
    return grouped.collect()


def write_rejected(store: Store, flows: list[str], delivery: str) -> None:
    """The errors of a delivery, one row each: where (flow, file, line, field) and which rule, never a value."""

    def one(flow: str) -> "DataFrame":
        return (
            store.read(f"raw/{flow}")
            .where(f"delivery = '{delivery}' and size(errors) > 0")
            .selectExpr("delivery", f"'{flow}' as flow", "file", "line", "accepted", "explode(errors) as error")
            .selectExpr("delivery", "flow", "file", "line", "error.field", "error.code", "error.severity")
        )

    store.write(
        _union([one(f) for f in flows]),
        REJECTED,
        partition_by=("delivery", "flow"),
        replace_where=f"delivery = '{delivery}'",
    )


def _union(frames: "list[DataFrame]") -> "DataFrame":
    from functools import reduce

    return reduce(lambda a, b: a.unionByName(b), frames)
