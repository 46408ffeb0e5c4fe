"""The DSM of a hospital: what the register of services says of its SPDC.

Source: measurement manual, section 2, Hospital stay.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.boundaries import Boundaries

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SPDC = "SPDC"


def dsm_area() -> "Column":
    """The name of a DSM as an area: region, azienda and DSM joined by hyphens; null without a DSM."""
    from pyspark.sql import functions as F

    return F.when(F.col("dsm").isNotNull(), F.concat_ws("-", "region", "azienda", "dsm"))


def dsm_of_hospitals(service: "DataFrame", boundaries: Boundaries, window: EvaluationWindow) -> "DataFrame":
    """One row a hospital and year of discharge in the window: region, hospital, discharge_year (int), azienda, dsm.

    The rows of the register of that year decide, else those of the nearest year, two years as near both; azienda and
    DSM are those of Y (null where they cannot be told). A hospital with several DSMs there has no row, nor has one
    without SPDC.
    """
    from pyspark.sql import functions as F

    distance = F.abs(F.col("year") - F.col("discharge_year")).alias("distance")
    return (
        boundaries.of_year(window.services(service).where(F.col("kind") == SPDC))
        .withColumn("discharge_year", F.explode(F.sequence(F.lit(window.first_year), F.lit(window.last_year))))
        .groupBy("region", F.col("structure").alias("hospital"), "discharge_year")
        .agg(F.collect_set(F.struct(distance, F.struct("azienda", "dsm").alias("said"))).alias("rows"))
        .withColumn("nearest", F.expr("filter(rows, r -> r.distance = array_min(rows.distance)).said"))
        .where(F.size("nearest") == 1)
        .select("region", "hospital", "discharge_year", F.col("nearest")[0].alias("said"))
        .select("region", "hospital", "discharge_year", "said.azienda", "said.dsm")
    )
