"""Coverage: the days that amounts of drugs last for, as spans to be collected in a calendar.

Source: measurement manual, section 2, Dispensing. Spans are two days, both included (`Calendar.locate_spans`).
"""

from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# More days than any calendar has: what lasts longer covers the rest of it, and no sum of days overflows.
LONGEST = 10_000


def days_covered(ddds: Column) -> Column:
    """Days that an amount covers (int), DDDs rounded to six decimals, then up to a whole day: at one DDD a day.

    28 -> 28;  28.0000004 -> 28;  28.000001 -> 29;  0.5 -> 1
    """
    return F.ceil(F.round(F.least(ddds, F.lit(LONGEST)), 6)).cast("int")


def with_spans(df: "DataFrame", ddds: Column, carried: list[str] | None = None) -> "DataFrame":
    """`df` (with `date`) with span_start and span_end, the first and the last day that an amount of the date covers.

    With `carried`, columns that tell apart what adds up: what is left of earlier amounts of the same is used up first.
    """
    given = df.withColumn("_days", days_covered(ddds))
    start = F.col("date")
    if carried is not None:
        from pyspark.sql import Window

        # The end of amount i is the greatest, over j up to i, of its day j and all that was given from j to i.
        so_far = Window.partitionBy(*carried).orderBy("date").rowsBetween(Window.unboundedPreceding, Window.currentRow)
        given = given.withColumn("_given", F.sum("_days").over(so_far)).withColumn(
            "_slack", F.max(F.datediff("date", F.lit("1970-01-01")) - (F.col("_given") - F.col("_days"))).over(so_far)
        )
        start = F.date_add(F.lit("1970-01-01").cast("date"), F.expr("cast(_slack + _given - _days as int)"))
    return (
        given.withColumn("span_start", start)
        .withColumn("span_end", F.date_add("span_start", F.col("_days") - 1))
        .drop("_days", "_given", "_slack")
    )
