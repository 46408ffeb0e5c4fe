"""Days in an institution: in hospital, in any ward, or in a residential facility.

They bridge and extend a therapy and never start one. Source: measurement manual, section 2, Dispensing.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def of_persons(
    stays: "DataFrame", stays_seen: "DataFrame", residential_stays: "DataFrame", window: EvaluationWindow
) -> "DataFrame":
    """One row a person: person_id; the calendars (of all years read) institution_days, as outcomes see them, and
    institution_days_seen, as the cohort does.

    `stays`, `stays_seen`: hospital stays (`hospital.stays`) of all records, and of those discharged up to Y1.
    """
    from pyspark.sql import functions as F

    never = F.lit(None).cast("date")
    end = F.col("discharge_date")
    days = (
        residential_stays.select("person_id", "admission_date", "last_end", "seen_end")
        .unionByName(stays.select("person_id", "admission_date", end.alias("last_end"), never.alias("seen_end")))
        .unionByName(stays_seen.select("person_id", "admission_date", never.alias("last_end"), end.alias("seen_end")))
    )
    calendar, start = window.history, F.col("admission_date")
    located = calendar.locate_spans(days, start, F.col("last_end"))
    return (
        calendar.locate_spans(located, start, F.col("seen_end"), "seen")
        .groupBy("person_id")
        .agg(
            calendar.collect_spans().alias("institution_days"),
            calendar.collect_spans("seen").alias("institution_days_seen"),
        )
    )
