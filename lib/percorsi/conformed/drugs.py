"""Drugs as facts of persons: packs of the pharmacies (FAR) and of direct distribution (DIR) with ATC, DDDs and form.

All amounts are decimals: nothing is rounded before the last of nine decimals. Source: measurement manual, section 2,
Dispensing.
"""

from typing import TYPE_CHECKING

from percorsi.conformed.identity import of_somebody
from percorsi.conformed.layout import AMOUNT, code, day, exact, whole

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PHARMACY, DIRECT = "FAR", "DIR"
# Wide enough for what the layouts allow (twelve digits and two), narrow enough that no product overflows.
_QUANTITY = "decimal(18,6)"
_FACTOR = "decimal(6,0)"
NO_QUANTITY, UNKNOWN_PACK, NO_DDD = "no_quantity", "unknown_pack", "no_ddd"


def packs(aic: "DataFrame") -> "DataFrame":
    """`conformed/drug_pack`: the register of packs (AIC), typed."""
    from pyspark.sql import functions as F

    amounts = [exact(c) for c in ("ddd_per_pack", "min_dose_ddd", "max_dose_ddd")]
    typed = aic.select(
        *(code("aic"), F.upper(code("atc")).alias("atc"), code("description"), F.lower(code("form")).alias("form")),
        *(whole("interval_days"), *amounts),
    )
    return typed.coalesce(1).sortWithinPartitions("aic")


def dispensings(far: "DataFrame", dir_: "DataFrame", packs: "DataFrame", key: bytes) -> "DataFrame":
    """`conformed/dispensing`: one row a record of FAR or DIR of somebody, unsorted.

    `packs` are the rows of `conformed/drug_pack`. A record whose packs cannot be counted is kept with `counts` false
    and the first reason of `no_quantity`, `unknown_pack`, `no_ddd` that holds.
    """
    from pyspark.sql import functions as F

    given = (
        _given(far, PHARMACY, drug="aic", quantity="packs", factor="'1'")
        .unionByName(_given(dir_, DIRECT, drug="drug", quantity="quantity", factor="conversion_factor"))
        .join(F.broadcast(packs.withColumn("registered", F.lit(True))), "aic", "left")
    )
    amounts = given.selectExpr(
        "*",
        f"try_cast(quantity / factor as {AMOUNT}) as packs",
        f"try_cast(quantity * ddd_per_pack / factor as {AMOUNT}) as ddds",
    )
    reasoned = amounts.withColumn(
        "reason",
        F.expr(f"""case when packs is null or packs <= 0 then '{NO_QUANTITY}'
            when registered is null then '{UNKNOWN_PACK}'
            when ddd_per_pack is null or ddd_per_pack <= 0 then '{NO_DDD}'
            when ddds is null or ddds <= 0 then '{NO_QUANTITY}' end"""),
    ).withColumn("counts", F.col("reason").isNull())
    return of_somebody(reasoned, key, cuni_type="cuni_type")


def _given(records: "DataFrame", channel: str, drug: str, quantity: str, factor: str) -> "DataFrame":
    """What both channels say, under one name: whose, where, when, which pack, how much of it."""
    from pyspark.sql import functions as F

    typed = records if "cuni_type" in records.columns else records.withColumn("cuni_type", F.lit(None).cast("string"))
    return typed.select(
        *(F.lit(channel).alias("channel"), "region", "cuni", "cuni_type", day("date"), code(drug).alias("aic")),
        exact(quantity, _QUANTITY).alias("quantity"),
        F.expr(f"if({factor} rlike '^[0-9]{{1,6}}$', nullif(cast({factor} as {_FACTOR}), 0), null)").alias("factor"),
    )


def unknown_packs(dispensings: "DataFrame") -> "DataFrame":
    """`conformed/unknown_pack`: how many dispensings count nowhere, by channel, region, year of the date and reason."""
    order = ["channel", "region", "year", "reason"]
    return (
        dispensings.where("not counts")
        .selectExpr("channel", "region", "year(date) as year", "reason")
        .groupBy(*order)
        .count()
        .withColumnRenamed("count", "records")
        .coalesce(1)
        .sortWithinPartitions(*order)
    )
