"""How conformed rows are typed and laid: semesters as numbers, rows ranked and sorted by person in one exchange."""

from typing import TYPE_CHECKING

from percorsi.storage import person_range

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def semester(period: str) -> "Column":
    """`S1` and `S2` as 1 and 2; null for any other period."""
    from pyspark.sql import functions as F

    return F.when(F.col(period).isin("S1", "S2"), F.substring(period, 2, 1).cast("int"))


def day(column: str) -> "Column":
    """A day as text (AAAA-MM-GG) as a date; null where it is empty."""
    from pyspark.sql import functions as F

    return F.expr(f"try_cast(nullif(trim({column}), '') as date)").alias(column)


def code(column: str) -> "Column":
    """A code as it was delivered; null where it is empty."""
    from pyspark.sql import functions as F

    return F.expr(f"nullif(trim({column}), '')").alias(column)


def diagnosis(column: str) -> "Column":
    """A diagnosis without its dot; null where it is empty."""
    from pyspark.sql import functions as F

    return F.expr(f"nullif(replace(trim({column}), '.', ''), '')").alias(column)


def ranked_by_person(df: "DataFrame", partitions: int, within: list[str], order: list[str]) -> "DataFrame":
    """`df` sorted by person, `within` and `order`, with `record_rank` (int, from 1): the place by `order` among the
    rows of one person and `within`.

    One exchange and one sort serve both: rows go to the range of their person first, and the window is cut along range
    and person, which that exchange satisfies.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    ranged = df.withColumn("_range", person_range(partitions))
    window = Window.partitionBy("_range", "person_id", *within).orderBy(*order)
    return (
        ranged.repartitionById(partitions, F.col("_range"))
        .withColumn("record_rank", F.row_number().over(window))
        .drop("_range")
    )
