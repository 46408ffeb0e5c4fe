"""How intense treatment was from a day on: tests, visits and sessions after the first contact, psychotherapy from its
first session on.

Source: measurement manual, section 3 (D4, D13, DGP5, DGP16); section 1 (each record counts as one; a window ends at the
death). The days are not known before all facts of a person lie side by side: the records go there as a list of numbers.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.contacts import FAMILY_PSYCHOEDUCATION, PSYCHIATRIC_VISIT, SESSIONS, TEST
from percorsi.features.opening import complete_months
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# What is told apart, in the lowest bits of a number; the others are the position of its day.
VISITS, TESTS, TALKS, EDUCATION = range(4)
KINDS = {VISITS: (PSYCHIATRIC_VISIT,), TESTS: (TEST,), TALKS: SESSIONS, EDUCATION: FAMILY_PSYCHOEDUCATION}
_BITS = 2
_MASK = (1 << _BITS) - 1


def listed(intervention: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person with an intervention of `KINDS` from Y0 to the data end: person_id, listed_interventions
    (array<int>, a number for each: its position in the calendar of outcomes, then what it is)."""
    from pyspark.sql import functions as F

    kinds = [F.when(F.col("type").isin(*types), F.lit(kind)) for kind, types in KINDS.items()]
    position = window.calendar.position(F.col("date"))
    rows = window.activity(intervention, from_year=window.year).where(
        F.col("date").between(F.lit(window.start), F.lit(window.data_end))
        & F.col("type").isin(*(one for types in KINDS.values() for one in types))
    )
    return (
        rows.select("person_id", (F.shiftleft(position, _BITS) + F.coalesce(*kinds)).alias("number"))
        .groupBy("person_id")
        .agg(F.collect_list("number").alias("listed_interventions"))
    )


def _positions(*kinds: int) -> "Column":
    """The positions of the records of some kinds, of a row with listed_interventions; null for none."""
    from pyspark.sql import functions as F

    wanted = F.filter("listed_interventions", lambda number: number.bitwiseAND(_MASK).isin(*kinds))
    return F.transform(wanted, lambda number: F.shiftright(number, _BITS))


def _within(positions: "Column", first: "Column", last: "Column") -> "Column":
    from pyspark.sql import functions as F

    return F.filter(positions, lambda position: position.between(first, last))


def _count(positions: "Column") -> "Column":
    from pyspark.sql import functions as F

    return F.coalesce(F.size(positions), F.lit(0))


def sessions(window: EvaluationWindow) -> dict[str, "Column"]:
    """intensive_positions: of psychotherapy, psychological interviews, family psychoeducation and psychoeducation of
    the patient, of a row with `listed` and `supplementary.events`; array<int>, events from before Y among them."""
    from pyspark.sql import functions as F

    of_patient = F.transform("psychoeducation_days", window.calendar.position)
    nothing = F.array().cast("array<int>")
    both = (F.coalesce(positions, nothing) for positions in (_positions(TALKS, EDUCATION), of_patient))
    return {"intensive_positions": F.concat(*both)}


def first_session(window: EvaluationWindow) -> dict[str, "Column"]:
    """intensive_first, the first of `sessions` in Y (position, null for none)."""
    from pyspark.sql import functions as F

    in_year = _within(F.col("intensive_positions"), F.lit(0), F.lit(window.days - 1))
    return {"intensive_first": F.array_min(in_year)}


def inside(parameters: Parameters) -> dict[str, "Column"]:
    """intensive_inside: those of `sessions` from `first_session` on, of a row with `follow_up.positions`."""
    from pyspark.sql import functions as F

    first = F.col("intensive_first")
    last = F.least(first + parameters.intensive_days, F.col("end_position"))
    return {"intensive_inside": _within(F.col("intensive_positions"), first, last)}


def answers(window: EvaluationWindow, parameters: Parameters) -> dict[str, "Column"]:
    """Columns of `features/person_year`, of a row with `inside`; first_contact_date and `follow_up.positions`."""
    from pyspark.sql import functions as F

    day, contact, end = F.col("first_contact_date"), F.col("contact_position"), F.col("end_position")
    months_end = contact + F.datediff(F.add_months(day, parameters.first_months), day) - 1
    weeks_end = F.least(contact + parameters.first_weeks_days, end)
    first, last = (F.date_add(F.lit(window.start), p) for p in ("intensive_first", F.array_max("intensive_inside")))
    return {
        "tests_first_months": _count(_within(_positions(TESTS), contact, F.least(months_end, end))),
        "intervention_on_first_day": F.coalesce(F.col("first_intervention") == day, F.lit(False)),
        "visits_first_weeks": _count(_within(_positions(VISITS), contact, weeks_end)),
        "psychotherapy_or_interviews_first_weeks": _count(_within(_positions(TALKS), contact, weeks_end)),
        "intensive_psychotherapy_interventions": _count(F.col("intensive_inside")),
        "intensive_psychotherapy_months": complete_months(first, last),
    }
