"""Which periods came, and what of them belongs to nobody: counts, never records."""

from functools import reduce
from typing import TYPE_CHECKING

from percorsi.conformed.identity import tells_nobody_apart

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SLICE = ["flow", "region", "year", "period"]


def delivered_periods(ledger: "DataFrame") -> "DataFrame":
    """`conformed/delivered_period`: the distinct periods of the files that were loaded, empty files included."""
    return (
        ledger.where("refused is null")
        .selectExpr(
            "flow", "coalesce(region, '') as region", "try_cast(year as int) as year", "coalesce(period, '') as period"
        )
        .distinct()
        .coalesce(1)
        .sortWithinPartitions(*_SLICE)
    )


def current_records(records: "DataFrame", flow: str) -> "DataFrame":
    """The current records of an activity flow as counts: flow, region, year, period, and 1 for each."""
    return records.selectExpr(f"'{flow}' as flow", "region", "try_cast(year as int) as year", "period", "1 as records")


def linked_records(facts: "DataFrame", flow: str) -> "DataFrame":
    """The records that have a person, counted against `current_records`: the same columns, and -1 for each.

    `facts` is the table of the flow; that of the episodes (CNT or CNR) holds two, which its register tells apart. A
    record has exactly one row without `known_until`, whatever its number of rows.
    """
    named = "if(register = 'territorial', 'CNT', 'CNR')" if "register" in facts.columns else f"'{flow}'"
    return facts.where("known_until is null").selectExpr(
        f"{named} as flow", "region", "year", "concat('S', semester) as period", "-1 as records"
    )


def records_of_nobody(records: "DataFrame", flow: str, cuni_type: str | None = None) -> "DataFrame":
    """The current records of a flow whose CUNI (or its type) tells nobody apart, as `current_records`.

    Region, year and period are those of the file they came in; a national file has no region.
    """
    return records.where(tells_nobody_apart("cuni", cuni_type)).selectExpr(
        f"'{flow}' as flow",
        "coalesce(file_region, '') as region",
        "try_cast(file_year as int) as year",
        "coalesce(file_period, '') as period",
        "1 as records",
    )


def orphans(counted: list["DataFrame"]) -> "DataFrame":
    """`conformed/orphan`: what remains of each flow, region and period when all counts are added; none at zero."""
    return (
        reduce(lambda left, right: left.unionByName(right), counted)
        .groupBy(*_SLICE)
        .agg({"records": "sum"})
        .withColumnRenamed("sum(records)", "records")
        .where("records <> 0")
        .coalesce(1)
        .sortWithinPartitions(*_SLICE)
    )
