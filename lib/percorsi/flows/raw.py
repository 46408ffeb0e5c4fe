"""What was delivered, kept: `raw/<FLOW>` with every line and its errors, and `rejected` without any value."""

from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import unquote

from percorsi.flows.files import literal_path
from percorsi.flows.layout import SLICE_FORMS, Layout
from percorsi.flows.lines import FlowLines
from percorsi.flows.rules import ERRORS_TYPE, judge
from percorsi.small_frame import small_frame
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

REJECTED = "rejected"
# Tables of slices lie in folders by region, and not by slice: a nation's semesters would be thousands of small files.
# Within a region the least and the greatest slice that Delta notes of each file find those of a slice.
REGION_OF_SLICE = "substring_index(slice, '-', 1) as slice_region"
_PARTITIONS = ("delivery", "slice_region")


def write_raw(
    store: Store, layout: Layout, lines: FlowLines, delivery: str, delivered: date, given: bool = False
) -> None:
    """All lines of a flow's files in one delivery, judged; a delivery loaded again replaces its part.

    `given`: the day `delivered` came with the delivery, so that rules on the time of sending can take it.
    """
    operation = [] if layout.operation else ["'I' as operation"]
    kept = judge(lines.records(), layout, delivered if given else None).selectExpr(
        f"{slice_sql(layout)} as slice",  # the first column: the one whose bounds Delta notes
        f"'{delivery}' as delivery",
        f"date'{delivered}' as delivered",
        *("file", "line", "digest", "file_region", "file_year", "file_period"),
        *(f"`{c}`" for c in layout.columns),
        *operation,
        *("broken_line", "accepted", "errors"),
    )
    store.write(
        kept.selectExpr("*", REGION_OF_SLICE),
        f"raw/{layout.flow}",
        partition_by=_PARTITIONS,
        replace_where=f"delivery = '{delivery}'",
    )


def slice_sql(layout: Layout) -> str:
    """The slice of current records a line belongs to: by its own key where it is accepted, else by its file's name.

    Text such as `030-2015-S1`, `030-2015`, `all`; a value that is no region, year or period is `other`.
    """
    parts = []
    for name in layout.slice:
        own = layout.derived.get(name, f"`{name}`")
        parts.append(rf"if(accepted, if({own} rlike '^({SLICE_FORMS[name]})\\z', {own}, 'other'), file_{name})")
    return f"concat_ws('-', {', '.join(parts)})" if parts else "'all'"


def judged(store: Store, flows: list[str], delivery: str) -> "DataFrame":
    """The judged lines of a delivery, all flows in one scan: flow, slice, file, line, accepted, errors.

    The tables share these columns, and their logs say which files hold the delivery: read so, nine tables cost the
    planning of one.
    """
    from deltalake import DeltaTable

    files = [
        unquote(path)  # a home may be called `my home`
        for flow in flows
        for path in DeltaTable(store.path(f"raw/{flow}")).file_uris(partition_filters=[("delivery", "=", delivery)])
    ]
    schema = f"slice string, file string, line long, accepted boolean, errors {ERRORS_TYPE}"
    if not files:
        return small_frame(store.spark, [], f"flow string, {schema}")
    return (
        store.spark.read.schema(schema)
        .parquet(*map(literal_path, files))
        .selectExpr(
            "regexp_extract(_metadata.file_path, '/raw/([A-Z]+)/delivery=', 1) as flow",
            *("slice", "file", "line", "accepted", "errors"),
        )
    )


def counts(lines: "DataFrame") -> "list[Row]":
    """Judged lines by flow, file and slice: records, accepted, rejected, not_moved, first_line, last_line."""
    from pyspark.sql import functions as F

    grouped = lines.groupBy("flow", "file", "slice").agg(
        F.count("*").alias("records"),
        F.count_if("accepted").alias("accepted"),
        F.count_if(F.expr("not accepted and size(errors) > 0")).alias("rejected"),
        F.count_if(F.expr("not accepted and size(errors) = 0")).alias("not_moved"),
        F.min("line").alias("first_line"),
        F.max("line").alias("last_line"),
    )
    return grouped.collect()


def write_rejected(store: Store, lines: "DataFrame", delivery: str) -> None:
    """The errors of a delivery, one row each: where (flow, file, line, field) and which rule, never a value."""
    errors = lines.where("size(errors) > 0").selectExpr("flow", "file", "line", "explode(errors) as error")
    store.write(
        errors.selectExpr(
            f"'{delivery}' as delivery", "flow", "file", "line", "error.field", "error.code", "error.severity"
        ),
        REJECTED,
        partition_by=("delivery",),
        replace_where=f"delivery = '{delivery}'",
    )
