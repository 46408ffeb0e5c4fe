"""From the opening of the first episode of care to the first visit, and from the first intervention to the assessments.

Source: measurement manual, section 3 (S3, S4). The first intervention ever is the first among the years read.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column

# Two days in one number, the first in the higher bits, so that the earliest of a person is a plain minimum.
_BITS = 24
_NO_OPENING = (1 << _BITS) - 1  # later than every opening
_EPOCH = 1 << 22  # added to the day of the opening, so that one before 1970 is not below zero


def earliest(first_day: str, opening: str) -> "Column":
    """Aggregate: the earliest first day of a person with the earliest opening among the episodes of that day."""
    from pyspark.sql import functions as F

    opened = f"coalesce(unix_date({opening}) + {_EPOCH}, {_NO_OPENING})"
    return F.min(F.expr(f"shiftleft(bigint(unix_date({first_day})), {_BITS}) + {opened}"))


def told(number: str) -> dict[str, "Column"]:
    """first_intervention_ever and first_care_opening (dates) of a number made by `earliest`.

    Where no episode of the first day is told of, the day itself stands for the opening.
    """
    from pyspark.sql import functions as F

    day = f"date_from_unix_date(int(shiftright({number}, {_BITS})))"
    opened = f"int({number} & {_NO_OPENING})"
    opening = f"if({opened} = {_NO_OPENING}, {day}, date_from_unix_date({opened} - {_EPOCH}))"
    return {"first_intervention_ever": F.expr(day), "first_care_opening": F.expr(opening)}


def answers(window: EvaluationWindow) -> dict[str, "Column"]:
    """Columns of `features/person_year`, of a row with `told`, death_date, first_intervention and the first days of Y
    or after it of a visit at the CSM and of the assessments (`contacts.interventions`)."""
    from pyspark.sql import functions as F

    death, data_end = F.col("death_date"), F.lit(window.data_end)
    began = F.coalesce(window.in_year("first_intervention_ever"), F.lit(False))
    opening = F.when(began, F.col("first_care_opening"))

    def alive(day: str) -> "Column":
        return F.when(F.col(day) <= F.least(death, data_end), F.col(day))

    return {
        "first_intervention_ever_in_year": began,
        "days_opening_to_csm_visit": F.datediff(alive("first_csm_visit"), opening),
        "days_opening_to_death": F.datediff(death, opening),
        "months_to_physician_assessment": complete_months("first_intervention", alive("first_physician_assessment")),
        "months_to_other_assessment": complete_months("first_intervention", alive("first_other_assessment")),
    }


def complete_months(start: "Column | str", day: "Column") -> "Column":
    """The greatest k with add_months(start, k) <= day (int), for a day not before the start.

    2014-11-30, 2015-02-27 -> 2;  2014-11-30, 2015-02-28 -> 3
    """
    from pyspark.sql import functions as F

    # The month of `day` is reached after as many months as lie between the two; its day, or the one before, decides.
    months = (F.year(day) - F.year(start)) * 12 + F.month(day) - F.month(start)
    return months - (F.add_months(start, months) > day).cast("int")
