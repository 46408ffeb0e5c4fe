"""The first day on which mental health services of adults knew a person, and what psychiatry had seen before it.

Source: measurement manual, section 2, New to the DSM, Onset; section 3 (DGP2). All as the cohort sees it: nothing
after Y1 is told.
"""

from typing import TYPE_CHECKING

from percorsi.code_lists import discipline_sql, npia_diagnosis_sql
from percorsi.cohorts.window import EvaluationWindow
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

PRECURSOR = "severe_personality_precursor"  # list of conf/codes/npia_diagnoses.yaml
MONTHS = 12  # of a year
# The earliest dates of a person, as the cohort sees them: of SISM, and of an SPDC stay.
FIRST_DATES = (
    "first_opening",
    "first_intervention_ever",
    "first_presence_ever",
    "first_residential_admission",
    "first_spdc_admission",
)


def services_before(contacts: "DataFrame", outpatient: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person known to child neuropsychiatry or to outpatient psychiatry up to Y1: person_id,
    neuropsychiatry_days (array<date>, each day of an NPIA contact once), precursor_days (array<date>, one for each
    contact with a diagnosis of `PRECURSOR`), first_psychiatric_outpatient (date, the earliest of these and of the SPE
    records of discipline 40). One exchange for both flows.
    """
    from pyspark.sql import functions as F

    in_sight = F.col("date") <= F.lit(window.end)
    psychiatric = F.expr(discipline_sql("psychiatry", "discipline", "date"))
    of_adults = window.dated(outpatient).where(in_sight & psychiatric)
    precursor = F.expr(npia_diagnosis_sql(PRECURSOR)).alias("precursor")
    days = window.dated(contacts).where(in_sight).select("person_id", "date", F.lit(True).alias("child"), precursor)
    never = F.lit(False)
    return (
        days.unionByName(of_adults.select("person_id", "date", never.alias("child"), never.alias("precursor")))
        .groupBy("person_id")
        .agg(
            F.min("date").alias("first_psychiatric_outpatient"),
            F.collect_set(F.when(F.col("child"), F.col("date"))).alias("neuropsychiatry_days"),
            F.collect_list(F.when(F.col("precursor"), F.col("date"))).alias("precursor_days"),
        )
    )


def first_seen(window: EvaluationWindow) -> dict[str, "Column"]:
    """first_seen_date (f) and new_to_dsm of a row with `FIRST_DATES`."""
    from pyspark.sql import functions as F

    first = F.least(*FIRST_DATES)
    return {"first_seen_date": first, "new_to_dsm": F.coalesce(window.in_year(first), F.lit(False))}


def seen_before(parameters: Parameters) -> dict[str, "Column"]:
    """Days from what psychiatry had seen before f to f, and the contacts with a precursor diagnosis in the years before
    it, of a row with first_seen_date, first_psychiatric_admission and the columns of `services_before`; a service on
    the day f itself, or after it, is none before it."""
    from pyspark.sql import functions as F

    first = F.col("first_seen_date")
    service = F.least("first_psychiatric_admission", "first_psychiatric_outpatient")
    contact = F.array_max(F.filter("neuropsychiatry_days", lambda day: day < first))
    asked_from = F.add_months(first, -MONTHS * parameters.precursor_years)
    precursors = F.filter("precursor_days", lambda day: (day >= asked_from) & (day < first))
    return {
        "days_from_first_psychiatric_service": F.when(service < first, F.datediff(first, service)),
        "days_since_npia_contact": F.datediff(first, contact),
        "npia_precursor_contacts": F.coalesce(F.size(precursors), F.lit(0)),
    }
