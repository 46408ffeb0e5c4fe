"""Therapies of a person: first dispensings of the year, interruptions, starts after a stay in an SPDC.

Source: measurement manual, section 2, Dispensing; section 3, S18, S19, S33, S38, S39. All is asked of the runs that
`drugs.of_persons` found, in one row.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.drugs import ANTIPSYCHOTIC, CLOZAPINE, IN_A_THERAPY, THERAPIES, of_class
from percorsi.intervals.lines import days_to_first
from percorsi.intervals.runs import interruption_after, interruptions, longest_run
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import Column

# Classes whose starts after a stay are asked for, and whose interruptions of the year are.
STARTED_AFTER_STAY = (ANTIPSYCHOTIC,)
INTERRUPTED = (ANTIPSYCHOTIC,)


def lines(window: EvaluationWindow) -> dict[str, "Column"]:
    """The lines that follow, by name, of a row with the calendars, `stays` and `drugs`; last_position, the last day
    that outcomes see, in the calendar of all years read."""
    from pyspark.sql import functions as F

    history = window.history
    stayed = F.size("stays") > 0
    return {
        "visit_line": window.calendar.line("csm_visit_days"),
        "hospital_line": window.calendar.line("hospital_days"),
        "last_position": F.least(history.position(F.col("death_date")), F.lit(history.days - 1)),
        **{f"{name}_days_line": F.when(stayed, _days_line(name, window)) for name in STARTED_AFTER_STAY},
    }


def _days_line(name: str, window: EvaluationWindow) -> "Column":
    from pyspark.sql import functions as F

    return F.when(of_class(name).isNotNull(), window.history.line(f"try_element_at(drugs, '{name}').days"))


def found(window: EvaluationWindow, parameters: Parameters) -> dict[str, "Column"]:
    """Days by which `answers` are told, of a row with `lines`: of the start after a stay, of interruptions that count
    (null without such a class)."""
    starts = {f"{name}_start": _start_after_stay(name, window, parameters) for name in STARTED_AFTER_STAY}
    ends = {f"{name}_interrupted": _interrupted(name, window, parameters) for name in INTERRUPTED}
    return {**starts, **ends}


def _start_after_stay(name: str, window: EvaluationWindow, parameters: Parameters) -> "Column":
    """Position of the earliest first dispensing after an SPDC stay of Y, within some days of its discharge, with none
    in the days before its admission; null without one."""
    from pyspark.sql import functions as F

    history, line = window.history, F.col(f"{name}_days_line")

    def start(stay: "Column") -> "Column":
        admission, discharge = (history.position(stay["spdc"][f"{day}_date"]) for day in ("admission", "discharge"))
        until = F.least(discharge + parameters.start_after_discharge_days, F.col("last_position"))
        before = F.greatest(admission - parameters.naive_days_before_stay, F.lit(0))
        naive = days_to_first(line, before, admission - 1).isNull()
        return F.when(naive, discharge + days_to_first(line, discharge, until))

    return F.when(line.isNotNull(), F.array_min(F.transform("stays", start)))


def _interrupted(name: str, window: EvaluationWindow, parameters: Parameters) -> "Column":
    """Interruptions dated in Y without a hospital day in the days from them on: positions in the calendar of
    outcomes."""
    from pyspark.sql import functions as F

    first, last = window.days_before, F.col("last_position")
    year_end = F.lit(first + window.days - 1)
    ends = interruptions(of_class(name)["therapies"], F.lit(first), year_end, parameters.therapy_gap_days, last)

    def at_home(end: "Column") -> "Column":
        until = F.least(end + parameters.interruption_hospital_days, last)
        return days_to_first(F.col("hospital_line"), end - first, until - first).isNull()

    return F.transform(F.filter(ends, at_home), lambda end: end - first)


def answers(window: EvaluationWindow, parameters: Parameters) -> dict[str, "Column"]:
    """Columns of `features/person_year`, of a row with `found` and `drugs`."""
    from pyspark.sql import functions as F

    said = {}
    for name in THERAPIES:
        said |= _of_class(name, window, parameters)
    for name in STARTED_AFTER_STAY:
        start = F.col(f"{name}_start")
        said |= {
            f"{name}_started_after_stay": start.isNotNull(),
            f"{name}_after_stay_days_to_interruption": _to_interruption(name, start, parameters),
        }
    for name in INTERRUPTED:
        days = F.col(f"{name}_interrupted")
        visit = days_to_first(F.col("visit_line"), F.get(days, F.lit(0)), F.col("end_position"))
        said |= {
            f"{name}_interruptions": F.coalesce(F.size(days), F.lit(0)),
            f"{name}_interruption_days_to_csm_visit": visit,
        }
    before = window.days_before
    for name in IN_A_THERAPY:
        year = (F.lit(before), F.lit(before + window.days - 1))
        said[f"{name}_longest_therapy_days"] = longest_run(of_class(name)["therapies_seen"], *year)
    return {
        **said,
        "antipsychotic_days_from_service": _from_service(window),
        "clozapine_dispensing_days": F.coalesce(of_class(CLOZAPINE)["dispensing_days"], F.lit(0)),
    }


def _of_class(name: str, window: EvaluationWindow, parameters: Parameters) -> dict[str, "Column"]:
    from pyspark.sql import functions as F

    drug = of_class(name)
    return {
        f"{name}_first_dispensing": drug["first"],
        f"{name}_dispensing_days": F.coalesce(drug["dispensing_days"], F.lit(0)),
        f"{name}_days_since_previous": F.datediff(drug["first"], drug["previous"]),
        f"{name}_days_to_interruption": _to_interruption(name, window.history.position(drug["first"]), parameters),
    }


def _to_interruption(name: str, start: "Column", parameters: Parameters) -> "Column":
    """Days from a day with a dispensing to the interruption of its therapy; null where none is seen."""
    from pyspark.sql import functions as F

    gap, last = parameters.therapy_gap_days, F.col("last_position")
    return interruption_after(of_class(name)["therapies"], start, gap, last) - start


def _from_service(window: EvaluationWindow) -> "Column":
    """Days from the earlier of the first SPDC discharge of Y and the first visit at the CSM in Y to the first
    antipsychotic of Y."""
    from pyspark.sql import functions as F

    discharge = F.array_min(F.transform("stays", lambda stay: stay["spdc"]["discharge_date"]))
    visit = days_to_first(F.col("visit_line"), F.lit(0), F.lit(window.days - 1))
    service = F.least(discharge, F.date_add(F.lit(window.start), visit))
    return F.datediff(of_class(ANTIPSYCHOTIC)["first"], service)
