"""Residential stays: from admission to discharge or, without one, to the last day of the latest semester told.

Source: measurement manual, section 1 (a residential stay comes with its semesters) and section 2, Care episode.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.boundaries import Boundaries

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STAY = ["person_id", "region", "azienda", "dsm", "structure", "contact_id", "admission_date"]


def stays(residential_stay: "DataFrame", boundaries: Boundaries, window: EvaluationWindow) -> "DataFrame":
    """One row a stay: its key, with azienda and DSM as they are in Y; `seen_end` and `last_end`, its last day by the
    latest semester up to Y1 (null: not told of by then) and by the latest of all semesters read."""
    from pyspark.sql import functions as F

    semester_end = F.expr("if(semester = 1, make_date(year, 6, 30), make_date(year, 12, 31))")
    told = F.struct("year", "semester", F.coalesce("discharge_date", semester_end).alias("end"))
    return (
        boundaries.of_year(window.activity(residential_stay))
        .groupBy(*STAY)
        .agg(F.max(F.when(F.col("year") <= window.year, told)).alias("seen"), F.max(told).alias("last"))
        .select(*STAY, F.col("seen.end").alias("seen_end"), F.col("last.end").alias("last_end"))
    )


def seen_in_year(window: EvaluationWindow) -> str:
    """SQL over a row of `stays`: the cohort sees a day of it in Y."""
    return f"seen_end >= date'{window.start}' and admission_date <= date'{window.end}'"


def of_persons(stays: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person: person_id, first_residential_day (date, in Y as the cohort sees it),
    first_residential_admission (date, of all stays that the cohort sees), the calendar in_residence_days."""
    from pyspark.sql import functions as F

    first = F.expr(f"if({seen_in_year(window)}, greatest(admission_date, date'{window.start}'), null)")
    seen = F.expr(f"if(seen_end is not null and admission_date <= date'{window.end}', admission_date, null)")
    calendar = window.calendar
    located = calendar.locate_spans(stays, F.col("admission_date"), F.col("last_end"))
    return located.groupBy("person_id").agg(
        F.min(first).alias("first_residential_day"),
        F.min(seen).alias("first_residential_admission"),
        calendar.collect_spans().alias("in_residence_days"),
    )
