"""Contacts with services for addictions in the year.

Source: measurement manual, section 3 (S40).
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

COUNTS = ("addiction_contacts",)


def contacts(addiction_contact: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person with a contact in Y: person_id, addiction_contacts (int)."""
    from pyspark.sql import functions as F

    read = window.dated(addiction_contact).where(window.in_year("date"))
    return read.groupBy("person_id").agg(F.count("*").cast("int").alias("addiction_contacts"))
