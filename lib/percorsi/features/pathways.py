"""The pathways of a year alone: what `frames.persons` says of them, without the other columns.

For who asks what the year before said of a person (`percorsi cohort`). A test holds both to each other.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from percorsi.cohorts import treated
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features import episodes, hospital, places, residential, services
from percorsi.features.boundaries import Boundaries
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

INPUTS = ("care_episode", "intervention", "presence", "residential_stay", "hospital_record", "service")


def pathways(
    frames: Mapping[str, "DataFrame"], parameters: Parameters, window: EvaluationWindow, boundaries: Boundaries
) -> "DataFrame":
    """One row a person with a DSM contact day of Y in the cohort's sight, of known age or not: person_id and the
    columns of `treated.pathway_columns`. `frames`: the conformed tables of `INPUTS`."""
    from pyspark.sql import functions as F

    order = parameters.pathway_order
    seen = frames["hospital_record"].where(F.col("discharge_date") <= F.lit(window.end))
    dsms = services.dsm_of_hospitals(frames["service"], boundaries, window)
    numbered = hospital.numbered(hospital.records(seen, dsms, window), parameters)
    residential_stays = residential.stays(frames["residential_stay"], boundaries, window)
    activity = (frames["intervention"], frames["presence"])
    present = places.of_year(*activity, residential_stays, numbered, window).select("person_id").distinct()
    reports = episodes.latest_reports(frames["care_episode"], boundaries, window)
    told = treated.pathway_columns(order, parameters.use_sdo_diagnosis)
    return (
        present.join(episodes.diagnoses(reports, window, order), "person_id", "left")
        .join(hospital.of_cohort(hospital.stays(numbered), window, order), "person_id", "left")
        .withColumns(told)
        .select("person_id", *told)
    )
