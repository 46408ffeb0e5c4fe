"""How conformed rows are typed and laid: texts as days, codes and numbers, rows ranked by person in one exchange."""

from typing import TYPE_CHECKING

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


def icd10(column: str) -> "Column":
    """An ICD-10 code in capitals and without its dot; null where it is empty."""
    from pyspark.sql import functions as F

    return F.expr(f"nullif(upper(replace(trim({column}), '.', '')), '')").alias(column)


def four_digits(column: str) -> "Column":
    """A year of four digits (int); null for anything else."""
    from pyspark.sql import functions as F

    return F.expr(f"if({column} rlike '^[0-9]{{4}}$', cast({column} as int), null)").alias(column)


def whole(column: str) -> "Column":
    """A whole number of at most nine digits (int); null for anything else."""
    from pyspark.sql import functions as F

    return F.expr(f"if(trim({column}) rlike '^[+-]?[0-9]{{1,9}}$', cast(trim({column}) as int), null)").alias(column)


def exact(column: str, kind: str = "decimal(20,9)") -> "Column":
    """A number such as 12, 12.5 or -3.00, exactly; null for anything else, and for one that is too large."""
    from pyspark.sql import functions as F

    form = "^[+-]?[0-9]{1,18}([.][0-9]{1,18})?$"
    return F.expr(f"if(trim({column}) rlike '{form}', try_cast(trim({column}) as {kind}), null)").alias(column)


def ranked_by_person(df: "DataFrame", ranges: int, place: "Column", within: list[str], order: list[str]) -> "DataFrame":
    """`df` sorted by person, `within` and `order`, with `record_rank` (int, from 1): the place by `order` among the
    rows of one person and `within`.

    `place` is the number, from 0, of the range among `ranges` that a row goes to; all rows of a person and `within`
    go to one. Where `within` names the region the rows are sorted by it first. One exchange and one sort serve both:
    rows go to their range first, and the window is cut along the range too, which that exchange satisfies.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    first = [c for c in within if c == "region"]
    groups = [*first, "_range", "person_id", *(c for c in within if c != "region")]
    return (
        df.withColumn("_range", place)
        .repartitionById(ranges, F.col("_range"))
        .withColumn("record_rank", F.row_number().over(Window.partitionBy(*groups).orderBy(*order)))
        .drop("_range")
    )
