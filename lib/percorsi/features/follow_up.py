"""What happened after a day of the year: after the first SPDC discharge, and from the first contact on.

Source: measurement manual, section 3 (S20-S22, S25) and section 1 (within, at least every n days, per month, death).
All is asked of the calendars of one person, in one row.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.hospital import DIED
from percorsi.intervals.lines import days_to_first, first_missed_window, longest_gap
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import Column

# Days on which the person was in contact with a DSM or lay in a hospital.
SEEN = ("intervention", "presence", "residential", "hospital")


def ended_by_death(spdc: "Column", death: "Column") -> "Column":
    """Whether an SPDC stay (struct with discharge_date and discharge_mode) ended with the person's death."""
    from pyspark.sql import functions as F

    died = (spdc["discharge_mode"] == DIED) | (death <= spdc["discharge_date"])
    return F.coalesce(died, F.lit(False))


def first_discharge_alive(stays: "Column", death: "Column") -> "Column":
    """Discharge of the first SPDC stay of Y (`hospital.of_outcomes`) not ended by death; null where there is none."""
    from pyspark.sql import functions as F

    alive = F.filter(stays, lambda stay: ~ended_by_death(stay["spdc"], death))
    return F.get(alive, F.lit(0))["spdc"]["discharge_date"]


def after_discharge(window: EvaluationWindow, parameters: Parameters) -> dict[str, "Column"]:
    """Columns of a row with first_stay_discharge, death_date and the calendars csm_visit, home, intervention."""
    from pyspark.sql import functions as F

    calendar = window.calendar
    discharge = calendar.position(F.col("first_stay_discharge"))
    end = calendar.position(F.least(F.col("death_date"), F.lit(window.data_end)))
    missed = first_missed_window(
        calendar.line("intervention"), discharge, end, parameters.month_window_days, parameters.month_windows
    )
    return {
        "days_to_csm_visit": days_to_first(calendar.line("csm_visit"), discharge, end),
        "days_to_home_intervention": days_to_first(calendar.line("home"), discharge, end),
        "first_missed_month": missed,
    }


def longest_contact_gap(window: EvaluationWindow, parameters: Parameters) -> "Column":
    """The longest step from first_contact_date to the end of the follow-up or the death, over the calendar `seen`.

    0 where the death lies before the first contact: no window is asked for.
    """
    from pyspark.sql import functions as F

    calendar = window.calendar
    start = calendar.position(F.col("first_contact_date"))
    end = F.least(start + parameters.follow_up_days, calendar.position(F.col("death_date")), F.lit(calendar.days - 1))
    return longest_gap(calendar.line("seen"), start, end)
