"""Events of the supplementary flow of a person: what began in the year or was on in it, the days of restraints and of
psychoeducation, the level of care.

Source: measurement manual, section 5; section 3 (D14). A plan, a contract, a restraint, a psychoeducation is of its
start day; the others last from their start to their end, both included; without an end they are still on.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

RESTRAINT, PSYCHOEDUCATION, PATHWAY = "RESTRAINT", "PSYCHOEDUCATION", "PATHWAY"
LEVELS = ("consultation", "treatment", "care")
# What is counted of the year: SQL over an event. Those of the first are of their start day, the others last.
STARTED = {
    "plans_started": "type = 'PTI'",
    "contracts_started": "type = 'CONTRACT'",
    "patient_psychoeducation_events": f"type = '{PSYCHOEDUCATION}'",
}
LASTING = {
    "case_manager_events": "type = 'CASE_MANAGER'",
    "penal_measure_events": "type = 'PENAL_MEASURE'",
    "housing_events": "type = 'HOUSING'",
    "work_placement_events": "type = 'WORK' and attributes['kind'] = 'placement'",
}
COUNTS = (*STARTED, *LASTING)


def events(supplementary_event: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person with an event begun up to the data end.

    person_id; the counts of `COUNTS` (int), of Y; restraint_days and psychoeducation_days (arrays of dates, one for
    each such event); pathway_level, what the latest of those PATHWAY events on some day of Y says that say one of
    `LEVELS`, of several of one start the one of the highest event_id (null: none).
    """
    from pyspark.sql import functions as F

    started = window.in_year("start_date")
    end = F.coalesce("end_date", F.lit(window.end))
    on = (F.col("start_date") <= F.lit(window.end)) & (end >= F.lit(window.start))

    level = F.col("attributes")["level"]
    of_care = on & (F.col("type") == PATHWAY) & level.isin(*LEVELS)
    latest = F.struct("start_date", "event_id", "region", level.alias("level"))  # a number is of its region

    def days(kind: str) -> "Column":
        return F.collect_list(F.when(F.col("type") == kind, F.col("start_date")))

    def count(name: str, event: str, of_year: "Column") -> "Column":
        return F.count_if(F.expr(event) & of_year).cast("int").alias(name)

    return (
        window.events(supplementary_event)
        .groupBy("person_id")
        .agg(
            *(count(name, event, started) for name, event in STARTED.items()),
            *(count(name, event, on) for name, event in LASTING.items()),
            days(RESTRAINT).alias("restraint_days"),
            days(PSYCHOEDUCATION).alias("psychoeducation_days"),
            F.max(F.when(of_care, latest))["level"].alias("pathway_level"),
        )
    )


def restraints(first: "Column", last: "Column") -> "Column":
    """How many restraints of a row with restraint_days began on [first, last] (int; 0 for none)."""
    from pyspark.sql import functions as F

    during = F.filter("restraint_days", lambda day: day.between(first, last))
    return F.coalesce(F.size(during), F.lit(0))
