"""Interventions and presences of a person: counts of the year, and the days on which outcomes are looked for.

Source: measurement manual, section 1 (each record counts as one), section 2, Kinds
of intervention.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

PSYCHIATRIC_VISIT = "01"
PSYCHOLOGICAL_INTERVIEW = "02"
PSYCHOTHERAPY = ("07", "08", "09", "10")
SESSIONS = (*PSYCHOTHERAPY, PSYCHOLOGICAL_INTERVIEW)
TEST = "06"
FAMILY = ("09", "12", "13", "14")
FAMILY_PSYCHOEDUCATION = ("13", "14")
MEETING = "15"
SKILLS = ("16", "17")
RESOCIALISATION = ("18", "19", "20")
EXPRESSIVE = ("21", "22")
WORK_TRAINING = "23"
ASSESSMENTS = ("01", "02", "03", "06")
WITHOUT_PATIENT = ("15", "26")  # meetings and network interventions
HOME = "2"
GENERAL_HOSPITAL, PRISON = "5", "6"
PHYSICIAN, PSYCHOLOGIST = ("1",), ("2",)
PHYSICIAN_OR_NURSE = ("1", "4")
OTHER_PROFILES = ("2", "3", "4", "5", "6")
OTHER_ASSESSORS = ("2", "3", "5", "6")

# What is counted of the year, by the conditions below.
COUNTS = (
    "interventions",
    "family_interventions",
    "family_psychoeducation",
    "psychotherapy_sessions",
    "psychological_interviews",
    "skills_interventions",
    "physician_interventions",
    "other_profile_interventions",
    "physician_or_nurse_interventions",
    "psychologist_only_interventions",
    "home_interventions",
    "meetings",
    "resocialisation_interventions",
    "expressive_interventions",
    "work_training_interventions",
    "prison_interventions",
)


def _by(profiles: tuple[str, ...]) -> "Column":
    """Whether one of the three operators is of these profiles."""
    from pyspark.sql import functions as F

    operators = [F.coalesce(F.col(f"operator_{n}").isin(*profiles), F.lit(False)) for n in (1, 2, 3)]
    return operators[0] | operators[1] | operators[2]


def _only_by(profiles: tuple[str, ...]) -> "Column":
    """Whether all operators, of whom there is one at least, are of these profiles."""
    from pyspark.sql import functions as F

    operators = [F.coalesce(F.col(f"operator_{n}").isin(*profiles), F.lit(True)) for n in (1, 2, 3)]
    somebody = F.coalesce("operator_1", "operator_2", "operator_3").isNotNull()
    return somebody & operators[0] & operators[1] & operators[2]


def _conditions() -> dict[str, "Column"]:
    from pyspark.sql import functions as F

    kind, place = F.col("type"), F.coalesce("place", F.lit(""))
    with_patient = ~kind.isin(*WITHOUT_PATIENT)
    return {
        "interventions": F.lit(True),
        "family_interventions": kind.isin(*FAMILY),
        "family_psychoeducation": kind.isin(*FAMILY_PSYCHOEDUCATION),
        "psychotherapy_sessions": kind.isin(*PSYCHOTHERAPY),
        "psychological_interviews": kind == PSYCHOLOGICAL_INTERVIEW,
        "skills_interventions": kind.isin(*SKILLS),
        "physician_interventions": with_patient & _by(PHYSICIAN),
        "other_profile_interventions": with_patient & _by(OTHER_PROFILES),
        "physician_or_nurse_interventions": _only_by(PHYSICIAN_OR_NURSE),
        "psychologist_only_interventions": _only_by(PSYCHOLOGIST),
        "home_interventions": place == HOME,
        "meetings": kind == MEETING,
        "resocialisation_interventions": kind.isin(*RESOCIALISATION),
        "expressive_interventions": kind.isin(*EXPRESSIVE),
        "work_training_interventions": kind == WORK_TRAINING,
        "prison_interventions": place == PRISON,
    }


def interventions(intervention: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person with an intervention from Y0 to the data end.

    person_id; the counts of `COUNTS`, in Y; first_intervention, date of the first one in Y (null: none); first_session
    and last_session, of psychotherapy or a psychological interview in Y;
    first_csm_visit, first_physician_assessment and first_other_assessment, dates of the first from Y0 on; the calendars
    intervention_days, csm_visit_days (psychiatric visits outside hospital and prison) and home_days.
    """
    from pyspark.sql import functions as F

    calendar = window.calendar
    in_year = window.in_year("date")
    place = F.coalesce(F.col("place"), F.lit(""))
    assessment = F.col("type").isin(*ASSESSMENTS)
    session = F.when(in_year & F.col("type").isin(*SESSIONS), F.col("date"))
    csm_visit = (F.col("type") == PSYCHIATRIC_VISIT) & ~place.isin(GENERAL_HOSPITAL, PRISON)

    def first(condition: "Column") -> "Column":
        return F.min(F.when((F.col("date") >= F.lit(window.start)) & condition, F.col("date")))

    rows = calendar.locate(window.activity(intervention, from_year=window.year), F.col("date"))
    return rows.groupBy("person_id").agg(
        *(F.count_if(in_year & condition).cast("int").alias(name) for name, condition in _conditions().items()),
        F.min(F.when(in_year, F.col("date"))).alias("first_intervention"),
        F.min(session).alias("first_session"),
        F.max(session).alias("last_session"),
        first(csm_visit).alias("first_csm_visit"),
        first(assessment & _by(PHYSICIAN)).alias("first_physician_assessment"),
        first(assessment & _by(OTHER_ASSESSORS)).alias("first_other_assessment"),
        calendar.collect_days().alias("intervention_days"),
        calendar.collect_days(csm_visit).alias("csm_visit_days"),
        calendar.collect_days(place == HOME).alias("home_days"),
    )


def presences(presence: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person with a presence in the years read: person_id, presences (int, in Y), first_presence (date, in
    Y), first_presence_ever (date, up to Y1), the calendar presence_days."""
    from pyspark.sql import functions as F

    calendar = window.calendar
    in_year = window.in_year("date")
    rows = calendar.locate(window.activity(presence), F.col("date"))
    return rows.groupBy("person_id").agg(
        F.count_if(in_year).cast("int").alias("presences"),
        F.min(F.when(in_year, F.col("date"))).alias("first_presence"),
        F.min(F.when(window.in_sight(), F.col("date"))).alias("first_presence_ever"),
        calendar.collect_days().alias("presence_days"),
    )
