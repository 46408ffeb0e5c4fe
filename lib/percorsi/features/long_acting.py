"""Long-acting antipsychotics of a year: steps between dispensings against the recommended interval, doses, visits.

Source: measurement manual, section 3, S35 and S36.
"""

from typing import TYPE_CHECKING

from percorsi.code_lists import drug_class_sql
from percorsi.cohorts.window import EvaluationWindow
from percorsi.conformed.layout import AMOUNT
from percorsi.features.drugs import LONG_ACTING, of_class
from percorsi.intervals.coverage import LONGEST
from percorsi.intervals.lines import covered_days, longest_gap

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

COUNTS = ("long_acting_interval_dispensing_days",)


def steps(
    dispensing: "DataFrame", persons: "DataFrame", institutions: "DataFrame", window: EvaluationWindow
) -> "DataFrame":
    """One row a person with long-acting packs that have a recommended interval in Y: person_id and of those packs

    long_acting_interval_dispensing_days, days with some; long_acting_delay_days (int, null: fewer than two), the
    greatest of a step less its days in an institution less what the packs of its first day last for, in days begun;
    long_acting_daily_ddds (null: no days left), DDDs of all days but the last by the days of the steps;
    long_acting_min_ddds and long_acting_max_ddds, the lowest and the highest dose of all packs.

    A step has its first day and not its last. `institutions`: rows of `institutions.of_persons`.
    """
    from pyspark.sql import functions as F

    calendar = window.history
    recommended = "interval_days is not null and interval_days > 0"
    day = F.struct(
        "date",
        F.least(F.round("lasts", 6), F.lit(LONGEST)).alias("lasts"),
        F.least("ddds", F.lit(LONGEST)).alias("ddds"),
    )
    days = (
        dispensing.where(window.in_year("date") & F.expr(f"counts and {recommended} and {drug_class_sql(LONG_ACTING)}"))
        .select("person_id", "date", "packs", "interval_days", "ddds", "min_dose_ddd", "max_dose_ddd")
        .join(F.broadcast(persons.select("person_id")), "person_id", "left_semi")
        .repartition("person_id")
        .groupBy("person_id", "date")
        .agg(
            F.expr("sum(packs * interval_days)").alias("lasts"),
            F.sum("ddds").alias("ddds"),
            F.min("min_dose_ddd").alias("lowest"),
            F.max("max_dose_ddd").alias("highest"),
        )
        .groupBy("person_id")
        .agg(
            F.array_sort(F.collect_list(day)).alias("days"),
            F.min("lowest").alias("long_acting_min_ddds"),
            F.max("highest").alias("long_acting_max_ddds"),
        )
        .join(institutions.select("person_id", "institution_days"), "person_id", "left")
        .withColumn("line", calendar.line("institution_days"))
    )

    def step(later: "Column", index: "Column") -> "Column":
        earlier = F.get(F.col("days"), index)
        start, end = calendar.position(earlier["date"]), calendar.position(later["date"])
        return F.struct(
            (end - start - covered_days(F.col("line"), start, end - 1)).alias("days"), earlier["lasts"], earlier["ddds"]
        )

    made = days.withColumn("steps", F.transform(F.slice("days", 2, F.size("days")), step))
    left = F.expr("aggregate(steps.days, 0, (sum, days) -> sum + days)")
    ddds = F.expr(f"aggregate(steps.ddds, cast(0 as {AMOUNT}), (sum, ddds) -> cast(sum + ddds as {AMOUNT}))")
    delays = F.transform("steps", lambda s: F.ceil(s["days"] - s["lasts"]).cast("int"))
    return made.withColumns({"left": left, "given": ddds}).select(
        "person_id",
        F.size("days").alias("long_acting_interval_dispensing_days"),
        F.array_max(delays).alias("long_acting_delay_days"),
        F.when(F.col("left") > 0, F.expr("given / cast(left as decimal(5,0))"))
        .cast(AMOUNT)
        .alias("long_acting_daily_ddds"),
        *("long_acting_min_ddds", "long_acting_max_ddds"),
    )


def answers() -> dict[str, "Column"]:
    """long_acting_dispensing_days and long_acting_longest_visit_gap, of a row with `drugs`, visit_line and
    end_position.

    The walk from the first to the last day of Y covered ends at the death; 0 where the death lies before it.
    """
    from pyspark.sql import functions as F

    said = of_class(LONG_ACTING)
    start, end = said["first_covered"], F.least(said["last_covered"], F.col("end_position"))
    return {
        "long_acting_dispensing_days": F.coalesce(said["dispensing_days"], F.lit(0)),
        "long_acting_longest_visit_gap": F.when(start.isNotNull(), longest_gap(F.col("visit_line"), start, end)),
    }
