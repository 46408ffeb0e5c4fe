"""Drugs of a person, by class: what was dispensed on which days, what it covers, the therapies that follow.

Source: measurement manual, section 2, Dispensing. What is asked of classes goes through one exchange; a class adds rows
to what is behind it, no columns and no exchange. The intervals of long-acting packs (`long_acting.steps`) are read once
more, those packs alone, through an exchange of their own.
"""

from typing import TYPE_CHECKING

from percorsi.code_lists import drug_class_sql
from percorsi.cohorts.window import EvaluationWindow
from percorsi.intervals.coverage import with_spans
from percorsi.intervals.lines import covered_days
from percorsi.intervals.runs import days_inside, longest_run, runs
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Classes of conf/codes/drug_classes.yaml.
ANTIPSYCHOTIC = "antipsychotic"
DYSMETABOLIC_RISK = "dysmetabolic_risk"
ANTIDEPRESSANT = "antidepressant"
MOOD_STABILISER = "mood_stabiliser"
WITHOUT_ANTIPSYCHOTICS = "mood_stabiliser_without_antipsychotics"
OR_ANTIPSYCHOTIC = "mood_stabiliser_or_antipsychotic"
LITHIUM = "lithium"
LONG_ACTING = "long_acting"
CLOZAPINE = "clozapine"
# Classes of which the first dispensing of Y and the interruption of its therapy are asked for,
THERAPIES = (ANTIPSYCHOTIC, DYSMETABOLIC_RISK, MOOD_STABILISER, ANTIDEPRESSANT, LITHIUM, OR_ANTIPSYCHOTIC)
# a start after an SPDC stay of whom was not treated with them before it,
STARTED_AFTER_STAY = (ANTIPSYCHOTIC, MOOD_STABILISER, ANTIDEPRESSANT)
# a dispensing after the first SPDC stay of Y, whatever went before it,
AFTER_DISCHARGE = (ANTIPSYCHOTIC, ANTIDEPRESSANT, WITHOUT_ANTIPSYCHOTICS)
# the longest therapy inside Y.
IN_A_THERAPY = (ANTIPSYCHOTIC, LITHIUM, "carbamazepine_valproate")
AFTER_A_STAY = tuple(dict.fromkeys((*STARTED_AFTER_STAY, *AFTER_DISCHARGE)))
CLASSES = tuple(dict.fromkeys((*THERAPIES, *AFTER_A_STAY, *IN_A_THERAPY, LONG_ACTING, CLOZAPINE)))
SUBSTANCE_LENGTH = 7  # of an ATC code of the fifth level


def code_list(drug_class: str, parameters: Parameters) -> str:
    """The list of conf/codes/drug_classes.yaml that a class is told by."""
    if drug_class == MOOD_STABILISER and not parameters.mood_stabiliser_includes_antipsychotics:
        return WITHOUT_ANTIPSYCHOTICS
    return drug_class


def dispensed(
    dispensing: "DataFrame", persons: "DataFrame", window: EvaluationWindow, parameters: Parameters
) -> "DataFrame":
    """One row a dispensing, the packs of a substance on a day: person_id, substance (ATC 5), date, and for each of
    `CLASSES` its DDDs (null: none of the class).

    `persons`: person_id of those in question. One exchange, by person.
    """
    from pyspark.sql import functions as F

    conditions = {name: drug_class_sql(code_list(name, parameters)) for name in CLASSES}
    return (
        window.dated(dispensing)
        .where("counts")
        .where(" or ".join(conditions.values()))
        .select("person_id", "date", "atc", "form", "ddds")
        .join(F.broadcast(persons.select("person_id")), "person_id", "left_semi")
        .repartition("person_id")
        .groupBy("person_id", F.left("atc", F.lit(SUBSTANCE_LENGTH)).alias("substance"), "date")
        .agg(*(F.expr(f"sum(if({condition}, ddds, null))").alias(name) for name, condition in conditions.items()))
    )


def coverages(dispensed: "DataFrame", parameters: Parameters) -> "DataFrame":
    """One row a dispensing and class: person_id, drug_class, substance, date, span_start and span_end, its coverage."""
    from pyspark.sql import functions as F

    each = ", ".join(f"struct('{name}' as drug_class, {name} as ddds)" for name in CLASSES)
    of_class = dispensed.selectExpr("person_id", "substance", "date", f"inline(array({each}))").where(
        "ddds is not null"
    )
    carried = ["person_id", "drug_class", "substance"] if parameters.carry_forward else None
    return with_spans(of_class, F.col("ddds"), carried).drop("ddds")


def of_persons(
    coverages: "DataFrame", institutions: "DataFrame", window: EvaluationWindow, parameters: Parameters
) -> "DataFrame":
    """One row a person: person_id, `drugs`, a map from a class to a struct:

    first and previous, dates of the first dispensing of Y and of the last one before Y; dispensing_days, the number of
    days of Y with a dispensing, and days, the calendar of all such days; first_covered and last_covered of Y, by
    dispensings (positions in the calendar of outcomes), and covered, the line of Y covered by them; therapies, the runs
    (positions in the calendar of all years read), as outcomes see them. Of the runs as the cohort sees them
    longest_therapy_days, of the longest inside Y, and recent_therapies, the days of each inside Y and the two years
    before. What is not asked of a class is null. `institutions`: rows of `institutions.of_persons`.
    """
    from pyspark.sql import functions as F

    calendar, date = window.history, F.col("date")
    located = calendar.locate(calendar.locate_spans(coverages, F.col("span_start"), F.col("span_end")), date)
    lines = (
        located.groupBy("person_id", "drug_class")
        .agg(
            F.min(F.when(window.in_year(date), date)).alias("first"),
            F.max(F.when(date < F.lit(window.start), date)).alias("previous"),
            calendar.collect_days().alias("days"),
            calendar.collect_spans().alias("covered"),
        )
        .join(institutions, "person_id", "left")
        .select(
            *("person_id", "drug_class", "first", "previous", "days"),
            calendar.line("days").alias("days_line"),
            calendar.line("covered").alias("covered_line"),
            calendar.line("covered", "institution_days").alias("line"),
            calendar.line("covered", "institution_days_seen").alias("line_seen"),
        )
    )
    before = window.days_before
    seen_days = before + window.days

    def of_year(line: str) -> "Column":
        return F.substring(F.col(line), before + 1, window.days)

    def sight(line: str) -> "Column":
        return F.substring(F.col(line), 1, seen_days)

    gap = parameters.therapy_gap_days
    first_covered = F.instr(of_year("covered_line"), F.lit("1")) - 1

    def asked(classes: tuple[str, ...], answer: "Column") -> "Column":
        # Runs cost more than all the rest: they are sought where they are asked for, and nothing is carried in vain.
        return F.when(F.col("drug_class").isin(*classes), answer)

    seen_runs = runs(sight("line_seen"), gap, sight("covered_line"))
    with_runs = lines.withColumns(
        {
            "therapies": asked((*THERAPIES, *AFTER_A_STAY), runs(F.col("line"), gap, F.col("covered_line"))),
            "therapies_seen": asked((*IN_A_THERAPY, ANTIDEPRESSANT), seen_runs),
        }
    )
    seen, last_seen = F.col("therapies_seen"), F.lit(seen_days - 1)
    recent = (window.recent_start - calendar.first).days
    said = F.struct(
        *("first", "previous"),
        covered_days(F.col("days_line"), F.lit(before), last_seen).alias("dispensing_days"),
        asked(AFTER_A_STAY, F.col("days")).alias("days"),
        F.when(first_covered >= 0, first_covered).alias("first_covered"),
        F.when(first_covered >= 0, F.length(F.rtrim(of_year("covered_line"), F.lit("0"))) - 1).alias("last_covered"),
        asked((ANTIDEPRESSANT,), of_year("covered_line")).alias("covered"),
        "therapies",
        asked(IN_A_THERAPY, longest_run(seen, F.lit(before), last_seen)).alias("longest_therapy_days"),
        asked((ANTIDEPRESSANT,), days_inside(seen, F.lit(recent), last_seen)).alias("recent_therapies"),
    )
    return (
        with_runs.select("person_id", F.struct("drug_class", said.alias("said")).alias("entry"))
        .groupBy("person_id")
        .agg(F.map_from_entries(F.collect_list("entry")).alias("drugs"))
    )


def of_class(drug_class: str) -> "Column":
    """What `drugs` says of a class; null where nothing of it was dispensed."""
    from pyspark.sql import functions as F

    return F.try_element_at(F.col("drugs"), F.lit(drug_class))
