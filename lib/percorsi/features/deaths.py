"""Death and suicide: the date, what told it, and the records that lie after it.

Source: measurement manual, section 2, Death; section 1 (records dated after the death are reported). The sources, the
first that tells decides, the earliest date within it: causes of death (CDM), the register of assisted persons (ANA),
hospital discharges (SDO), episodes of care (SISM). Nothing after the data end is read.
"""

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from percorsi.code_lists import cause_of_death_sql
from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Source -> its column in the row of a person, in the order of precedence.
SOURCES = {"cdm": "cdm_death", "ana": "ana_death", "sdo": "sdo_death", "sism": "sism_death"}
# What a row of a person is counted by where the sources are held against each other (`agreement`).
TOLD = (*SOURCES.values(), "cdm_says", "sism_says")
SUICIDE, OTHER, NONE = "suicide", "other", "none"
# Table -> how the window reads it, SQL for the flow of a record and for the last day of which the record tells.
DATED = {
    "intervention": (EvaluationWindow.activity, "'PST'", "date"),
    "presence": (EvaluationWindow.activity, "'PSS'", "date"),
    "care_episode": (
        EvaluationWindow.activity,
        "if(register = 'territorial', 'CNT', 'CNR')",
        "greatest(opening_date, closing_date)",
    ),
    # Without a discharge the person is in on every day of the semester: from its first day on.
    "residential_stay": (
        EvaluationWindow.activity,
        "'PSR'",
        "greatest(admission_date, coalesce(discharge_date, make_date(year, if(semester = 1, 1, 7), 1)))",
    ),
    "hospital_record": (EvaluationWindow.discharges, "'SDO'", "admission_date"),
    "dispensing": (EvaluationWindow.dated, "channel", "date"),
    "outpatient_service": (EvaluationWindow.dated, "'SPE'", "date"),
    "emergency_visit": (EvaluationWindow.dated, "'PS'", "date"),
    "addiction_contact": (EvaluationWindow.dated, "'SIND'", "date"),
    "neuropsychiatry_contact": (EvaluationWindow.dated, "'NPIA'", "date"),
    "supplementary_event": (EvaluationWindow.events, "'SUP'", "start_date"),
}


def certified(cause_of_death: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person of CDM: person_id, `cdm_death` (date, the earliest), `cdm_cause` (that of the date)."""
    from pyspark.sql import functions as F

    earliest = F.min(F.struct("death_date", "cause")).alias("m")
    read = cause_of_death.where(F.col("death_date") <= F.lit(window.data_end))
    told = read.groupBy("person_id").agg(earliest)
    return told.select("person_id", F.col("m.death_date").alias("cdm_death"), F.col("m.cause").alias("cdm_cause"))


def columns(window: EvaluationWindow) -> "dict[str, Column]":
    """death_date, death_source, alive_at_year_end, suicide, cdm_says and sism_says of a row with the columns of
    `SOURCES`, cdm_cause and sism_suicide (date).

    A suicide is one in Y: by its cause where CDM has the person, else by the closing of an episode concluded so.
    """
    from pyspark.sql import functions as F

    by_cause = F.expr(cause_of_death_sql("suicide", "cdm_cause", "cdm_death"))
    certified_day = F.when(by_cause, F.col("cdm_death"))
    day = F.when(F.col("cdm_death").isNotNull(), certified_day).otherwise(F.col("sism_suicide"))
    told = [F.when(F.col(column).isNotNull(), source) for source, column in SOURCES.items()]
    death = F.coalesce(*SOURCES.values())
    return {
        "death_date": death,
        "death_source": F.coalesce(*told),
        "alive_at_year_end": F.coalesce(death > F.lit(window.end), F.lit(True)),
        "suicide": F.coalesce(window.in_year(day), F.lit(False)),
        "cdm_says": F.when(by_cause, SUICIDE).when(F.col("cdm_death").isNotNull(), OTHER).otherwise(NONE),
        "sism_says": F.when(F.col("sism_suicide").isNotNull(), SUICIDE)
        .when(F.col("sism_death").isNotNull(), OTHER)
        .otherwise(NONE),
    }


def agreement(persons: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """How the sources of death agree, counted: region (`IT`: the nation), sources, days_apart, lies, cdm_says,
    sism_says, persons.

    `persons`: rows with the columns of `TOLD`, death_date, first_contact_date and in_regions, of everybody of the year.
    """
    from pyspark.sql import functions as F

    days = list(SOURCES.values())
    sources = F.concat_ws(",", *(F.when(F.col(day).isNotNull(), name) for name, day in SOURCES.items()))
    lies = (
        F.when(F.col("death_date") < F.col("first_contact_date"), "before_first_contact")
        .when(F.col("death_date") <= F.lit(window.end), "from_first_contact")
        .otherwise("after_year")
    )
    told = {
        "sources": sources,
        "days_apart": F.datediff(F.greatest(*days), F.least(*days)),
        "lies": lies,
        "region": F.explode(F.concat(F.array(F.lit("IT")), "in_regions")),
    }
    by = ["region", "sources", "days_apart", "lies", "cdm_says", "sism_says"]
    dead = persons.where("death_date is not null").withColumns(told)
    return dead.groupBy(*by).agg(F.count("*").alias("persons"))


def records_after(frames: Mapping[str, "DataFrame"], persons: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """How many records read for Y are dated after the death of their person: flow, region, records, persons.

    `persons`: person_id, death_date of the persons of the year. A record is after the death where one of its days is:
    the closing of an episode, the discharge or the semester of a residential stay too; a hospital record, a
    supplementary event where it begins after it. One scan a table.
    """
    from pyspark.sql import functions as F

    dead = F.broadcast(persons.where("death_date is not null").select("person_id", "death_date"))
    dated = [
        read(window, frames[name]).selectExpr("person_id", "region", f"{day} as day", f"{flow} as flow")
        for name, (read, flow, day) in DATED.items()
    ]
    # One join for all: the plan of `persons` is large, and a copy of it for each table costs more than the records do.
    return (
        reduce(lambda one, other: one.unionByName(other), dated)
        .join(dead, "person_id")
        .where("day > death_date")
        .groupBy("flow", "region")
        .agg(F.count("*").alias("records"), F.count_distinct("person_id").alias("persons"))
    )
