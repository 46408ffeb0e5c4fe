"""Several antipsychotics of a person in one year: how long they overlap, and how long each of a pair is taken.

Source: measurement manual, section 3, S34 and S37: covered by dispensings alone, days of Y.
"""

from typing import TYPE_CHECKING

from percorsi.code_lists import drug_class_sql
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.drugs import ANTIPSYCHOTIC
from percorsi.intervals.calendar import Calendar

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

COUNTS = ("antipsychotic_overlap_days", "antipsychotic_pair_days")


def of_persons(coverages: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person with two antipsychotics in Y: person_id, the columns of `COUNTS` (int).

    Overlap: the most days on which both of a pair are covered. Pair: the greatest of the lesser number of days covered
    by one of a pair, one of which at least is of second generation. `coverages`: rows of `drugs.coverages`.
    """
    from pyspark.sql import functions as F

    calendar = Calendar(window.start, window.end)
    second = F.expr(drug_class_sql("second_generation", "substance", "cast(null as string)"))
    in_year = (F.col("span_end") >= F.lit(window.start)) & (F.col("span_start") <= F.lit(window.end))
    taken = coverages.where((F.col("drug_class") == ANTIPSYCHOTIC) & in_year).withColumn("second", second)
    substances = (
        calendar.locate_spans(taken, F.col("span_start"), F.col("span_end"))
        .groupBy("person_id", "substance")
        .agg(calendar.collect_spans().alias("covered"), F.bool_or("second").alias("second"))
    )
    said = F.struct("covered", calendar.common_days(F.col("covered")).alias("days"), "second")
    several = substances.groupBy("person_id").agg(F.collect_list(said).alias("taken")).where(F.size("taken") > 1)

    def pair(one: "Column", other: "Column") -> "Column":
        return F.struct(
            calendar.common_days(one["covered"], other["covered"]).alias("overlap"),
            F.when(one["second"] | other["second"], F.least(one["days"], other["days"])).alias("both"),
        )

    def with_later(one: "Column", index: "Column") -> "Column":
        return F.transform(F.slice("taken", index + 2, F.size("taken")), lambda other: pair(one, other))

    return several.withColumn("pairs", F.flatten(F.transform("taken", with_later))).select(
        "person_id",
        F.array_max("pairs.overlap").alias(COUNTS[0]),
        F.array_max("pairs.both").alias(COUNTS[1]),
    )
