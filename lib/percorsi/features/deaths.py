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
# Flow -> table and the day of a record; the flow of episodes follows from their register.
DATED = {
    "PST": ("intervention", "date"),
    "PSS": ("presence", "date"),
    "PSR": ("residential_stay", "admission_date"),
    "SDO": ("hospital_record", "admission_date"),
}


def certified(cause_of_death: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person of CDM: person_id, `cdm_death` (date, the earliest), `cdm_cause` (that of the date)."""
    from pyspark.sql import functions as F

    earliest = F.min(F.struct("death_date", "cause")).alias("m")
    read = cause_of_death.where(F.col("death_date") <= F.lit(window.data_end))
    told = read.groupBy("person_id").agg(earliest)
    return told.select("person_id", F.col("m.death_date").alias("cdm_death"), F.col("m.cause").alias("cdm_cause"))


def columns(window: EvaluationWindow) -> "dict[str, Column]":
    """death_date, death_source and suicide of a row with the columns of `SOURCES`, cdm_cause and sism_suicide (date).

    A suicide is one in Y: by its cause where CDM has the person, else by the closing of an episode concluded so.
    """
    from pyspark.sql import functions as F

    by_cause = F.expr(cause_of_death_sql("suicide", "cdm_cause", "cdm_death"))
    certified_day = F.when(by_cause, F.col("cdm_death"))
    day = F.when(F.col("cdm_death").isNotNull(), certified_day).otherwise(F.col("sism_suicide"))
    told = [F.when(F.col(column).isNotNull(), source) for source, column in SOURCES.items()]
    return {
        "death_date": F.coalesce(*SOURCES.values()),
        "death_source": F.coalesce(*told),
        "suicide": F.coalesce(window.in_year(day), F.lit(False)),
    }


def records_after(frames: Mapping[str, "DataFrame"], persons: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """How many records read for Y are dated after the death of their person: flow, region, records, persons.

    `persons`: person_id, death_date of the persons of the year. A record is of the day on which it begins.
    """
    from pyspark.sql import functions as F

    dead = F.broadcast(persons.where("death_date is not null").select("person_id", "death_date"))
    read = [
        (window.discharges(frames[name]) if flow == "SDO" else window.activity(frames[name])).select(
            "person_id", "region", F.col(day).alias("day"), F.lit(flow).alias("flow")
        )
        for flow, (name, day) in DATED.items()
    ]
    episodes = window.activity(frames["care_episode"]).select(
        "person_id",
        "region",
        F.col("opening_date").alias("day"),
        F.expr("if(register = 'territorial', 'CNT', 'CNR')").alias("flow"),
    )
    after = [rows.join(dead, "person_id").where("day > death_date") for rows in (*read, episodes)]
    return (
        reduce(lambda one, other: one.unionByName(other), after)
        .groupBy("flow", "region")
        .agg(F.count("*").alias("records"), F.count_distinct("person_id").alias("persons"))
    )
