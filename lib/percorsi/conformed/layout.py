"""How conformed rows are typed and laid: texts as days, codes and numbers, rows ranked by person in one exchange."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

AMOUNT = "decimal(20,9)"  # of packs, DDDs and doses, and what is made of them
OLDEST = 120  # years: nobody of whom a record speaks was born longer ago


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


def ward(column: str) -> "Column":
    """A discipline, or a ward that begins with one: two digits (`40`) with or without a number (`4001`).

    A discipline of three digits (`040`) loses its leading zero. Null where it is empty.
    """
    from pyspark.sql import functions as F

    return F.expr(f"nullif(regexp_replace(trim({column}), '^0([0-9]{{2}})$', '$1'), '')").alias(column)


def birth_year(day: str, year: str = "birth_year") -> "Column":
    """The year of birth (int) as a record of some day tells it: four digits, at most OLDEST years before and not after.

    `day` and `year` are Spark SQL over text. Null where the year cannot be one, or the record has no day.
    """
    from pyspark.sql import functions as F

    born, told = f"try_cast(trim({year}) as int)", f"year(try_cast({day} as date))"
    four_digits = f"coalesce(trim({year}) rlike '^[0-9]{{4}}$', false)"
    possible = f"if({four_digits}, {born} between {told} - {OLDEST} and {told}, false)"
    return F.expr(f"if({possible}, {born}, null)").alias("birth_year")


def whole(column: str) -> "Column":
    """A whole number of at most nine digits (int); null for anything else."""
    from pyspark.sql import functions as F

    return F.expr(f"if(trim({column}) rlike '^[+-]?[0-9]{{1,9}}$', cast(trim({column}) as int), null)").alias(column)


def exact(column: str, kind: str = AMOUNT) -> "Column":
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
