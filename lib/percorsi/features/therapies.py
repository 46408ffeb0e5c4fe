"""Therapies of a person: first dispensings of the year, interruptions, starts after a stay in an SPDC.

Source: measurement manual, section 2, Dispensing; section 3, S18, S19, S33, S38, S39, D16, DGP17-DGP20 and their
siblings. All is asked of the runs that `drugs.of_persons` found, in one row; and of all classes by one expression, so
that a further class costs no more to plan.
"""

from typing import TYPE_CHECKING, Any

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.drugs import (
    AFTER_DISCHARGE,
    ANTIDEPRESSANT,
    ANTIPSYCHOTIC,
    CLOZAPINE,
    IN_A_THERAPY,
    LITHIUM,
    MOOD_STABILISER,
    STARTED_AFTER_STAY,
    THERAPIES,
    of_class,
)
from percorsi.intervals.lines import covered_days, days_to_first
from percorsi.intervals.runs import interruption_after, interruptions
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import Column

# Classes whose interruptions of the year are asked for.
INTERRUPTED = (ANTIPSYCHOTIC, MOOD_STABILISER)
# What is said of a class in the column <class>_<this>, and of which classes.
SAID = {
    "dispensing_days": (*THERAPIES, CLOZAPINE),
    "days_since_previous": THERAPIES,
    "days_to_interruption": tuple(name for name in THERAPIES if name != LITHIUM),
    "longest_therapy_days": IN_A_THERAPY,
    "started_after_stay": STARTED_AFTER_STAY,
    "after_stay_days_to_interruption": STARTED_AFTER_STAY,
    "interruptions": INTERRUPTED,
    "interruption_days_to_csm_visit": INTERRUPTED,
    "after_discharge": AFTER_DISCHARGE,
    "after_discharge_days_to_interruption": AFTER_DISCHARGE,
    "recent_longest_therapy_days": (ANTIDEPRESSANT,),
    "recent_therapies": (ANTIDEPRESSANT,),
    "days_in_psychotherapy": (ANTIDEPRESSANT,),
}
# Where it is said by its name of who has nothing of the class.
NOTHING: dict[str, Any] = {
    **dict.fromkeys(("started_after_stay", "after_discharge"), False),
    **dict.fromkeys(("dispensing_days", "longest_therapy_days", "interruptions"), 0),
    **dict.fromkeys(("recent_longest_therapy_days", "recent_therapies", "days_in_psychotherapy"), 0),
}


def first_dispensings() -> dict[str, "Column"]:
    """`<class>_first_dispensing`, of a row with `drugs`."""
    return {f"{name}_first_dispensing": of_class(name)["first"] for name in THERAPIES}


def lines(window: EvaluationWindow) -> dict[str, "Column"]:
    """The lines that follow, by name, of a row with the calendars, `stays` and `drugs`; dispensing_lines, a map from a
    class to that of its days (null where they are not asked for, and without a stay); last_position, the last day that
    outcomes see, in the calendar of all years read."""
    from pyspark.sql import functions as F

    history = window.history
    asked = "size(stays) > 0 and drug.days is not null"
    return {
        "visit_line": window.calendar.line("csm_visit_days"),
        "hospital_line": window.calendar.line("hospital_days"),
        "dispensing_lines": F.expr(
            f"transform_values(drugs, (name, drug) -> if({asked}, {history.line_sql('drug.days')}, null))"
        ),
        "last_position": F.least(history.position(F.col("death_date")), F.lit(history.days - 1)),
    }


def found(window: EvaluationWindow, parameters: Parameters) -> dict[str, "Column"]:
    """Days by which `told` and `answers` tell, of a row with `lines` and first_stay_discharge: drug_days, a map from a
    class to a struct of the start after a stay, the first dispensing after_discharge and the interruptions that count
    (null where none is asked for); service_date."""
    from pyspark.sql import functions as F

    def days(name: "Column", drug: "Column") -> "Column":
        line = F.try_element_at("dispensing_lines", name)
        return F.struct(
            _start_after_stay(line, window, parameters).alias("start"),
            _after_discharge(line, window, parameters).alias("after_discharge"),
            F.when(name.isin(*INTERRUPTED), _interrupted(drug["therapies"], window, parameters)).alias("interrupted"),
        )

    return {"drug_days": F.transform_values("drugs", days), "service_date": _service_date(window)}


def _start_after_stay(line: "Column", window: EvaluationWindow, parameters: Parameters) -> "Column":
    """Position of the earliest first dispensing after an SPDC stay of Y, within some days of its discharge, with none
    in the days before its admission; null without one."""
    from pyspark.sql import functions as F

    history = window.history

    def start(stay: "Column") -> "Column":
        admission, discharge = (history.position(stay["spdc"][f"{day}_date"]) for day in ("admission", "discharge"))
        until = F.least(discharge + parameters.start_after_discharge_days, F.col("last_position"))
        before = F.greatest(admission - parameters.naive_days_before_stay, F.lit(0))
        naive = days_to_first(line, before, admission - 1).isNull()
        return F.when(naive, discharge + days_to_first(line, discharge, until))

    return F.when(line.isNotNull(), F.array_min(F.transform("stays", start)))


def _after_discharge(line: "Column", window: EvaluationWindow, parameters: Parameters) -> "Column":
    """Position of the first dispensing within some days of the discharge of the first SPDC stay of Y not ended by
    death; null without one."""
    from pyspark.sql import functions as F

    discharge = window.history.position(F.col("first_stay_discharge"))
    until = F.least(discharge + parameters.start_after_discharge_days, F.col("last_position"))
    return discharge + days_to_first(line, discharge, until)


def _interrupted(therapies: "Column", window: EvaluationWindow, parameters: Parameters) -> "Column":
    """Interruptions dated in Y without a hospital day in the days from them on: positions in the calendar of
    outcomes."""
    from pyspark.sql import functions as F

    first, last = window.days_before, F.col("last_position")
    year_end = F.lit(first + window.days - 1)
    ends = interruptions(therapies, F.lit(first), year_end, parameters.therapy_gap_days, last)

    def at_home(end: "Column") -> "Column":
        until = F.least(end + parameters.interruption_hospital_days, last)
        return days_to_first(F.col("hospital_line"), end - first, until - first).isNull()

    return F.transform(F.filter(ends, at_home), lambda end: end - first)


def _service_date(window: EvaluationWindow) -> "Column":
    """The earlier of the first SPDC discharge of Y and the first visit at the CSM in Y."""
    from pyspark.sql import functions as F

    discharge = F.array_min(F.transform("stays", lambda stay: stay["spdc"]["discharge_date"]))
    visit = days_to_first(F.col("visit_line"), F.lit(0), F.lit(window.days - 1))
    return F.least(discharge, F.date_add(F.lit(window.start), visit))


def told(window: EvaluationWindow, parameters: Parameters) -> dict[str, "Column"]:
    """drugs_said, a map from a class to a struct of all that `SAID` names, of a row with `found`, first_session and
    last_session."""
    from pyspark.sql import functions as F

    history, calendar = window.history, window.calendar
    gap, last = parameters.therapy_gap_days, F.col("last_position")
    first_session, last_session = (calendar.position(F.col(f"{which}_session")) for which in ("first", "last"))

    def said(name: "Column", drug: "Column") -> "Column":
        days = F.try_element_at("drug_days", name)

        def to_interruption(start: "Column") -> "Column":
            return interruption_after(drug["therapies"], start, gap, last) - start

        visit = days_to_first(F.col("visit_line"), F.get(days["interrupted"], F.lit(0)), F.col("end_position"))
        recent = drug["recent_therapies"]
        answers = {
            "dispensing_days": drug["dispensing_days"],
            "days_since_previous": F.datediff(drug["first"], drug["previous"]),
            "days_to_interruption": to_interruption(history.position(drug["first"])),
            "longest_therapy_days": drug["longest_therapy_days"],
            "started_after_stay": days["start"].isNotNull(),
            "after_stay_days_to_interruption": to_interruption(days["start"]),
            "interruptions": F.size(days["interrupted"]),
            "interruption_days_to_csm_visit": visit,
            "after_discharge": days["after_discharge"].isNotNull(),
            "after_discharge_days_to_interruption": to_interruption(days["after_discharge"]),
            "recent_longest_therapy_days": F.array_max(recent),
            "recent_therapies": F.size(F.filter(recent, lambda length: length >= parameters.recent_therapy_days)),
            "days_in_psychotherapy": covered_days(drug["covered"], first_session, last_session),
        }
        return F.struct(*(answers[answer].alias(answer) for answer in SAID))

    return {"drugs_said": F.transform_values("drugs", said)}


def answers() -> dict[str, "Column"]:
    """Columns of `features/person_year`, of a row with `told`, `found` and `first_dispensings`."""
    from pyspark.sql import functions as F

    def said(name: str, answer: str) -> "Column":
        column = F.try_element_at("drugs_said", F.lit(name))[answer]
        return F.coalesce(column, F.lit(NOTHING[answer])) if answer in NOTHING else column

    dispensed = [said(name, "after_discharge").cast("int") for name in AFTER_DISCHARGE]
    interrupted = [said(name, "after_discharge_days_to_interruption") for name in AFTER_DISCHARGE]
    return {
        **{f"{name}_{answer}": said(name, answer) for answer, classes in SAID.items() for name in classes},
        **{
            f"{name}_days_from_service": F.datediff(f"{name}_first_dispensing", "service_date")
            for name in STARTED_AFTER_STAY
        },
        "drug_classes_after_discharge": sum(dispensed, F.lit(0)),
        "drug_classes_after_discharge_days_to_interruption": F.least(*interrupted),
    }
