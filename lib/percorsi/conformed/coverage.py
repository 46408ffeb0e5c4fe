"""What was delivered, and what of it belongs to nobody: counts, never records."""

from functools import reduce
from typing import TYPE_CHECKING

from percorsi.conformed.identity import tells_nobody_apart

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SLICE = ["flow", "region", "year", "period"]


def services(str_records: "DataFrame") -> "DataFrame":
    """`conformed/service`: the register of services (STR), typed."""
    numbers = {"year": "int", "seats": "int", "population": "bigint"}
    typed = [
        f"try_cast({c} as {numbers[c]}) as {c}" if c in numbers else f"nullif(trim({c}), '') as {c}"
        for c in str_records.columns
    ]
    order = ["region", "azienda", "dsm", "structure", "year"]
    return str_records.selectExpr(*typed).coalesce(1).sortWithinPartitions(*order)


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


def linked_slices(facts: "DataFrame", flow: str | None) -> "DataFrame":
    """How many activity records have a person, by flow, region and semester.

    A record has exactly one row without `known_until`, whatever its number of rows. Where `flow` is None the table is
    that of the episodes, and the register tells CNT from CNR.
    """
    named = f"'{flow}'" if flow else "if(register = 'territorial', 'CNT', 'CNR')"
    return (
        facts.where("known_until is null")
        .selectExpr(f"{named} as flow", "region", "cast(year as string) as year", "concat('S', semester) as period")
        .groupBy(*_SLICE)
        .count()
    )


def current_slices(records: "DataFrame", flow: str) -> "DataFrame":
    """How many current records a flow has, by region and period."""
    return records.selectExpr(f"'{flow}' as flow", "region", "year", "period").groupBy(*_SLICE).count()


def anonymous_slices(sdo: "DataFrame") -> "DataFrame":
    """How many hospital discharges carry a CUNI that tells nobody apart, by region and year."""
    anonymous = sdo.where(tells_nobody_apart("cuni"))
    return anonymous.selectExpr("'SDO' as flow", "region", "year", "'' as period").groupBy(*_SLICE).count()


def orphans(current: list["DataFrame"], with_person: list["DataFrame"], of_nobody: list["DataFrame"]) -> "DataFrame":
    """`conformed/orphan`: current records less those with a person, and those counted as of nobody; none at zero."""
    from pyspark.sql import functions as F

    signed = [
        *(frame.withColumn("records", F.col("count")) for frame in (*current, *of_nobody)),
        *(frame.withColumn("records", -F.col("count")) for frame in with_person),
    ]
    return (
        reduce(lambda left, right: left.unionByName(right), signed)
        .groupBy(*_SLICE)
        .agg(F.sum("records").alias("records"))
        .where("records <> 0")
        .withColumn("year", F.col("year").cast("int"))
        .coalesce(1)
        .sortWithinPartitions(*_SLICE)
    )
