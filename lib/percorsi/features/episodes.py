"""Care episodes: what the latest semester says of each, the pathway and the death that follow from them.

Source: measurement manual, section 2, Care episode, Death, Pathway, New to the DSM; section 3 (S3, S41, BP34).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.cohorts.pathway import episode_diagnosis, latest_by_group, open_in_year
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features import opening
from percorsi.features.attributes import TERRITORIAL
from percorsi.features.boundaries import Boundaries

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

EPISODE = ["person_id", "register", "region", "azienda", "dsm", "structure", "contact_id"]
SUICIDE, DEATH = "4", "5"  # how an episode was concluded
DROPOUT = ("3", "9")  # broken off, closed by the office


def keyed(rows: "DataFrame", boundaries: Boundaries) -> "DataFrame":
    """SISM activity with the codes of Y in the key of its episode; empty ones where they cannot be told, so that keys
    can be compared."""
    return boundaries.of_year(rows).na.fill("", ["azienda", "dsm"])


def latest_reports(care_episode: "DataFrame", boundaries: Boundaries, window: EvaluationWindow) -> "DataFrame":
    """One row an episode: its key, `seen` (the report of the latest semester up to Y1, null for none) and `last` (of
    all semesters read), each a struct of opening and closing date and diagnosis and the mode of conclusion."""
    from pyspark.sql import functions as F

    said = F.struct("opening_date", "opening_diagnosis", "closing_date", "closing_diagnosis", "conclusion_mode")
    report = F.struct("year", "semester", said.alias("said"))
    return (
        keyed(window.activity(care_episode), boundaries)
        .groupBy(*EPISODE)
        .agg(
            F.max(F.when(F.col("year") <= window.year, report)).alias("seen"),
            F.max(report).alias("last"),
        )
        .select(*EPISODE, F.col("seen.said").alias("seen"), F.col("last.said").alias("last"))
    )


def with_first_interventions(
    reports: "DataFrame", intervention: "DataFrame", boundaries: Boundaries, window: EvaluationWindow
) -> "DataFrame":
    """`reports` (rows of `latest_reports`) with first_day, the day of the first intervention up to Y1 that names the
    episode; a row without report for an episode that no semester tells of. Both sides lie by the key: the join needs no
    exchange.
    """
    from pyspark.sql import functions as F

    # Always so, but no literal: one would be taken out of the key, and both sides exchanged anew for the join.
    register = F.when(F.col("year") > 0, TERRITORIAL)
    rows = window.activity(intervention).where(window.in_sight()).withColumn("register", register)
    first_days = keyed(rows, boundaries).groupBy(*EPISODE).agg(F.min("date").alias("first_day"))
    return reports.join(first_days, list(EPISODE), "full")


def _diagnosed(seen: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """What the cohort sees of episodes with `diagnosis`, the one that each gives (null: not open in Y), its `day`, and
    whether it is the closing one (by_closing)."""
    from pyspark.sql import functions as F

    diagnosis, day, by_closing = episode_diagnosis("opening", "closing", window)
    given = F.when(open_in_year("opening_date", "closing_date", window), diagnosis)
    return seen.withColumns({"diagnosis": given, "day": day, "by_closing": by_closing})


def diagnoses(reports: "DataFrame", window: EvaluationWindow, order: Sequence[str]) -> "DataFrame":
    """One row a person: person_id, `sism_diagnoses` (see `of_persons`). `reports`: rows of `latest_reports`."""
    latest = latest_by_group("diagnosis", "day", order, "by_closing")
    seen = _diagnosed(reports.select("person_id", "seen.*"), window)
    return seen.groupBy("person_id").agg(latest.alias("sism_diagnoses"))


def of_persons(reports: "DataFrame", window: EvaluationWindow, order: Sequence[str]) -> "DataFrame":
    """One row a person: person_id, `sism_diagnoses` (the latest of each group, see `cohorts.pathway.latest_by_group`),
    `sism_death` and `sism_suicide` (dates, the earliest closings with such a conclusion), first_opening (the earliest
    opening that the cohort sees), the columns of `opening.told`, the calendar dropout_days (closings broken off or by
    the office, of Y and after it).

    `reports`: rows of `with_first_interventions`; `order`: pathways in their order on a tie.
    """
    from pyspark.sql import functions as F

    def concluded(*modes: str) -> "Column":
        return F.when(F.col("last.conclusion_mode").isin(*modes), F.col("last.closing_date"))

    calendar = window.calendar
    told = reports.select(
        *("person_id", "first_day", "seen.*"),
        F.col("last.opening_date").alias("last_opening"),
        concluded(SUICIDE, DEATH).alias("death"),
        concluded(SUICIDE).alias("suicide"),
        concluded(*DROPOUT).alias("dropout"),
    )
    of_person = (
        calendar.locate(_diagnosed(told, window), F.col("dropout"))
        .groupBy("person_id")
        .agg(
            latest_by_group("diagnosis", "day", order, "by_closing").alias("sism_diagnoses"),
            F.min("death").alias("sism_death"),
            F.min("suicide").alias("sism_suicide"),
            F.min(F.when(F.col("opening_date") <= F.lit(window.end), F.col("opening_date"))).alias("first_opening"),
            opening.earliest("first_day", "last_opening").alias("_first"),
            calendar.collect_days().alias("dropout_days"),
        )
    )
    return of_person.withColumns(opening.told("_first")).drop("_first")
