"""Visits to emergency departments in the year, all of them and those for a mental disorder.

Source: measurement manual, section 3 (S23: a diagnosis 290-319 in any position; or any cause).
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

COUNTS = ("emergency_visits", "emergency_mental_visits")
MENTAL_DISORDER = "^(29|3[01])[0-9]"  # chapter 290-319 of ICD-9-CM, without dots, whatever follows


def visits(emergency_visit: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person with a visit in Y: person_id and the counts of `COUNTS` (int)."""
    from pyspark.sql import functions as F

    mental = F.exists("diagnoses", lambda diagnosis: diagnosis.rlike(MENTAL_DISORDER))
    read = window.dated(emergency_visit).where(window.in_year("date"))
    return read.groupBy("person_id").agg(
        F.count("*").cast("int").alias("emergency_visits"),
        F.count_if(mental).cast("int").alias("emergency_mental_visits"),
    )
