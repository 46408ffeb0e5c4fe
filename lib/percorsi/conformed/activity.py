"""SISM activity as facts of persons: episodes, interventions, presences, residential stays.

Each function takes current records (text) and the links, and gives the columns of its declared table, unsorted.
"""

from typing import TYPE_CHECKING

from percorsi.conformed.layout import code, day, diagnosis, semester
from percorsi.conformed.link import linked
from percorsi.conformed.people import RESIDENTIAL, TERRITORIAL

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def care_episodes(cnt: "DataFrame", cnr: "DataFrame", links: "DataFrame") -> "DataFrame":
    """`conformed/care_episode`: one row a record of CNT or CNR."""
    from pyspark.sql import functions as F

    said = [
        *(day("opening_date"), diagnosis("opening_diagnosis"), code("previous_contacts"), code("referral")),
        *(day("closing_date"), diagnosis("closing_diagnosis"), code("conclusion_mode")),
    ]
    both = cnt.withColumn("register", F.lit(TERRITORIAL)).unionByName(cnr.withColumn("register", F.lit(RESIDENTIAL)))
    return linked(both.select("register", *_record(), *said), links)


def interventions(pst: "DataFrame", links: "DataFrame") -> "DataFrame":
    """`conformed/intervention`: one row a record of PST."""
    said = ["type", "delivery_mode", "place", "operator_1", "operator_2", "operator_3"]
    return linked(pst.select(_register(TERRITORIAL), *_record(), day("date"), *map(code, said)), links)


def presences(pss: "DataFrame", links: "DataFrame") -> "DataFrame":
    """`conformed/presence`: one row a record of PSS."""
    said = [day("date"), code("structure_type"), code("attendance")]
    return linked(pss.select(_register(RESIDENTIAL), *_record(), *said), links)


def residential_stays(psr: "DataFrame", links: "DataFrame") -> "DataFrame":
    """`conformed/residential_stay`: one row a record of PSR."""
    said = [code("structure_type"), day("admission_date"), day("discharge_date")]
    return linked(psr.select(_register(RESIDENTIAL), *_record(), *said), links)


def _register(name: str) -> "Column":
    from pyspark.sql import functions as F

    return F.lit(name).alias("register")


def _record() -> list["Column | str"]:
    """Where and when a record is of, and the Id_Rec that leads to its person."""
    from pyspark.sql import functions as F

    return [
        *("region", "azienda", "dsm", "id_rec", "structure", "contact_id"),
        F.col("year").cast("int").alias("year"),
        semester("period").alias("semester"),
    ]
