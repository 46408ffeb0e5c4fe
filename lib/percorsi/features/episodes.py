"""Care episodes: what the latest semester says of each, the pathway and the death that follow from them.

Source: measurement manual, section 2, Care episode, Death, Pathway.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.cohorts.pathway import episode_diagnosis, open_in_year, precedence
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.boundaries import Boundaries

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

EPISODE = ["person_id", "register", "region", "azienda", "dsm", "structure", "contact_id"]
SUICIDE, DEATH = "4", "5"  # how an episode was concluded


def latest_reports(care_episode: "DataFrame", boundaries: Boundaries, window: EvaluationWindow) -> "DataFrame":
    """One row an episode: its key, `seen` (the report of the latest semester up to Y1, null for none) and `last` (of
    all semesters read), each a struct of opening and closing date and diagnosis and the mode of conclusion."""
    from pyspark.sql import functions as F

    said = F.struct("opening_date", "opening_diagnosis", "closing_date", "closing_diagnosis", "conclusion_mode")
    report = F.struct("year", "semester", said.alias("said"))
    return (
        boundaries.of_year(window.activity(care_episode))
        .groupBy(*EPISODE)
        .agg(
            F.max(F.when(F.col("year") <= window.year, report)).alias("seen"),
            F.max(report).alias("last"),
        )
        .select(*EPISODE, F.col("seen.said").alias("seen"), F.col("last.said").alias("last"))
    )


def of_persons(reports: "DataFrame", window: EvaluationWindow, order: Sequence[str]) -> "DataFrame":
    """One row a person: person_id, `sism_pathway` (a number, see `cohorts.pathway.precedence`), `sism_death` and
    `sism_suicide` (dates, the earliest closings with such a conclusion).

    `reports`: rows of `latest_reports`; `order`: pathways in their order on a tie.
    """
    from pyspark.sql import functions as F

    diagnosis, day = episode_diagnosis("opening", "closing", window)

    def concluded(*modes: str) -> "Column":
        return F.when(F.col("last.conclusion_mode").isin(*modes), F.col("last.closing_date"))

    told = reports.select(
        "person_id",
        "seen.*",
        concluded(SUICIDE, DEATH).alias("death"),
        concluded(SUICIDE).alias("suicide"),
    ).select(
        "person_id",
        "death",
        "suicide",
        F.when(open_in_year("opening_date", "closing_date", window), diagnosis).alias("diagnosis"),
        day.alias("day"),
    )
    return told.groupBy("person_id").agg(
        F.max(precedence("diagnosis", "day", order)).alias("sism_pathway"),
        F.min("death").alias("sism_death"),
        F.min("suicide").alias("sism_suicide"),
    )
