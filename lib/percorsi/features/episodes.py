"""Care episodes: what the latest semester says of each, the pathway and the death that follow from them.

Source: measurement manual, section 2, Care episode, Death, Pathway.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.cohorts.pathway import episode_diagnosis, open_in_year, precedence
from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

EPISODE = ["person_id", "register", "region", "azienda", "dsm", "structure", "contact_id"]
DEATH_MODES = ("4", "5")  # suicide, death


def latest_reports(care_episode: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row an episode: its key, `seen` (the report of the latest semester up to Y1, null for none) and `last` (of
    all semesters read), each a struct of opening and closing date and diagnosis and the mode of conclusion."""
    from pyspark.sql import functions as F

    said = F.struct("opening_date", "opening_diagnosis", "closing_date", "closing_diagnosis", "conclusion_mode")
    report = F.struct("year", "semester", said.alias("said"))
    return (
        window.activity(care_episode)
        .groupBy(*EPISODE)
        .agg(
            F.max(F.when(F.col("year") <= window.year, report)).alias("seen"),
            F.max(report).alias("last"),
        )
        .select(*EPISODE, F.col("seen.said").alias("seen"), F.col("last.said").alias("last"))
    )


def of_persons(reports: "DataFrame", window: EvaluationWindow, order: Sequence[str]) -> "DataFrame":
    """One row a person: person_id, `sism_pathway` (a number, see `cohorts.pathway.precedence`), `sism_death` (date).

    `reports`: rows of `latest_reports`; `order`: pathways in their order on a tie.
    """
    from pyspark.sql import functions as F

    diagnosis, day = episode_diagnosis("opening", "closing", window)
    told = reports.select(
        "person_id",
        "seen.*",
        F.when(F.col("last.conclusion_mode").isin(*DEATH_MODES), F.col("last.closing_date")).alias("death"),
    ).select(
        "person_id",
        "death",
        F.when(open_in_year("opening_date", "closing_date", window), diagnosis).alias("diagnosis"),
        day.alias("day"),
    )
    return told.groupBy("person_id").agg(
        F.max(precedence("diagnosis", "day", order)).alias("sism_pathway"), F.min("death").alias("sism_death")
    )
