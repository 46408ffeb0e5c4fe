"""Where a person had a DSM contact day of the year, in the cohort's sight; and who therefore is in question.

Source: measurement manual, section 1 (facts are the person's), section 2, DSM contact day, Hospital stay.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.residential import seen_in_year
from percorsi.features.services import dsm_area
from percorsi.regions import mask_sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PLACE = ["person_id", "region", "place_dsm"]


def of_year(
    intervention: "DataFrame",
    presence: "DataFrame",
    residential_stays: "DataFrame",
    numbered_seen: "DataFrame",
    window: EvaluationWindow,
) -> "DataFrame":
    """person_id, region and place_dsm of all DSM contact days of Y, with doubles. `residential_stays`: rows of
    `residential.stays`; `numbered_seen`: as for `of_spdc`."""
    return (
        of_activity(intervention, window)
        .unionByName(of_activity(presence, window))
        .unionByName(of_residential(residential_stays, window))
        .unionByName(of_spdc(numbered_seen, window))
    )


def of_activity(activity: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """person_id, region and place_dsm (region-azienda-dsm) of interventions or presences in Y."""
    from pyspark.sql import functions as F

    rows = window.activity(activity, from_year=window.year).where(F.col("year") == window.year)
    return _places(rows.where(window.in_year("date")))


def of_residential(stays: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """person_id, region and place_dsm of residential stays (`residential.stays`) with a day in Y."""
    return _places(stays.where(seen_in_year(window)))


def _places(rows: "DataFrame") -> "DataFrame":
    # Without doubles before the name of the DSM is put together: one of a person and place instead of one of a record.
    place = rows.select("person_id", "region", "azienda", "dsm").distinct()
    return place.select("person_id", "region", dsm_area().alias("place_dsm"))


def of_spdc(numbered: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """person_id, region and place_dsm (null where the hospital is of no DSM, or of several) of SPDC records with a day
    in Y. `numbered`: of the records discharged up to Y1 (`hospital.numbered`)."""
    from pyspark.sql import functions as F

    return numbered.where(F.col("spdc") & window.in_year("discharge_date")).select(*PLACE)


def of_persons(places: "DataFrame") -> "DataFrame":
    """One row a person: person_id, in_regions and in_dsms (sets of areas), regions (bit mask)."""
    from pyspark.sql import functions as F

    return places.groupBy("person_id").agg(
        F.collect_set("region").alias("in_regions"),
        F.collect_set("place_dsm").alias("in_dsms"),
        F.bit_or(F.expr(mask_sql("region"))).alias("regions"),
    )
