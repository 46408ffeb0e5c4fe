"""What happened after a day of the year: after the first SPDC discharge, from the first contact on, after an episode
was broken off; and how many days of the year were lived in a residence.

Source: measurement manual, section 3 (S20-S22, S25, S41, BP34, DGP27) and section 1 (within, at least every n days, per
month, death). All is asked of the calendars of one person, in one row.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.hospital import DIED
from percorsi.intervals.lines import (
    covered_days,
    days_to_first,
    first_missed_window,
    longest_gap,
    longest_left,
    longest_wait,
)
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import Column

# Days on which the person was in contact with a DSM or lay in a hospital.
SEEN = ("intervention_days", "presence_days", "in_residence_days", "hospital_days")
# Days of contact with a DSM alone.
DSM = ("intervention_days", "presence_days", "in_residence_days", "spdc_days")
# Calendars that are asked after a discharge.
AFTER_DISCHARGE = ("intervention", "csm_visit", "home")


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


def lines(window: EvaluationWindow) -> dict[str, "Column"]:
    """The lines of the calendars that follow, by name, of a row with first_stay_discharge and all
    calendars; those asked after a discharge, or after a dropout, are null without one, that of residences without a
    stay. dropout_line and residence_line are of Y alone, closing_line has the dropouts after it, too."""
    from pyspark.sql import functions as F

    calendar = window.calendar
    discharged = F.col("first_stay_discharge").isNotNull()
    after = {f"{name}_line": F.when(discharged, calendar.line(f"{name}_days")) for name in AFTER_DISCHARGE}
    dropped_out = F.exists("dropout_days", lambda word: word != 0)
    closings, residence = calendar.line("dropout_days"), calendar.line("in_residence_days")
    dropout = {
        "closing_line": closings,
        "dropout_line": F.substring(closings, 1, window.days),
        "dsm_line": calendar.line(*DSM),
    }
    in_residence = F.col("in_residence_days").isNotNull()
    return {
        **after,
        "seen_line": calendar.line(*SEEN),
        "residence_line": F.when(in_residence, F.substring(residence, 1, window.days)),
        **{name: F.when(dropped_out, line) for name, line in dropout.items()},
    }


def positions(window: EvaluationWindow) -> dict[str, "Column"]:
    """The days that the questions start and end at, as positions in the lines; null where there is no such day."""
    from pyspark.sql import functions as F

    calendar = window.calendar
    return {
        "contact_position": calendar.position(F.col("first_contact_date")),
        "discharge_position": calendar.position(F.col("first_stay_discharge")),
        "end_position": F.least(calendar.position(F.col("death_date")), F.lit(calendar.days - 1)),
    }


def answers(parameters: Parameters) -> dict[str, "Column"]:
    """Columns of `features/person_year`, of a row with `lines` and `positions`.

    longest_contact_gap is 0 where the death lies before the first contact: no window is asked for; nor is one after a
    closing, or a contact that a dropout may follow, on the day of the death or later.
    """
    from pyspark.sql import functions as F

    contact, discharge, end = (F.col(f"{name}_position") for name in ("contact", "discharge", "end"))
    follow_up_end = F.least(contact + parameters.follow_up_days, end)
    windows = (parameters.month_window_days, parameters.month_windows)
    early, late, over = (
        contact + F.datediff(F.add_months("first_contact_date", months), F.col("first_contact_date"))
        for months in (parameters.dropout_from_month, parameters.dropout_middle_month, parameters.dropout_to_month)
    )

    def dropout_gap(first: "Column", before: "Column") -> "Column":
        return longest_left(F.col("dsm_line"), F.col("closing_line"), first, before, end)

    residence = F.col("residence_line")
    return {
        "days_to_csm_visit": days_to_first(F.col("csm_visit_line"), discharge, end),
        "days_to_home_intervention": days_to_first(F.col("home_line"), discharge, end),
        "first_missed_month": first_missed_window(F.col("intervention_line"), discharge, end, *windows),
        "longest_contact_gap": longest_gap(F.col("seen_line"), contact, follow_up_end),
        "days_without_contact_after_dropout": longest_wait(F.col("dropout_line"), F.col("dsm_line"), end),
        "dropout_early_gap_days": dropout_gap(early, late),
        "dropout_late_gap_days": dropout_gap(late, over),
        "residential_days": F.coalesce(covered_days(residence, F.lit(0), F.length(residence) - 1), F.lit(0)),
    }
