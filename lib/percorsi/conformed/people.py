"""Persons and their anagrafica: who the registers (ANT, ANR) and the flows that tell sex or birth speak of."""

from functools import reduce
from typing import TYPE_CHECKING

from percorsi.conformed.identity import (
    cuni_identity,
    identity_hash,
    local_identity,
    tells_nobody_apart,
    with_person_id,
)
from percorsi.conformed.layout import birth_year, code, ranked_by_person, semester
from percorsi.storage import region_task, task_count

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TERRITORIAL = "territorial"
RESIDENTIAL = "residential"
_CODES = [
    *("sex", "citizenship", "residence_region", "residence_azienda"),
    *("marital_status", "living_arrangement", "education", "occupation"),
]


def registrations(ant: "DataFrame", anr: "DataFrame", key: bytes) -> "DataFrame":
    """All current anagrafica records with their person, typed where the stage needs it.

    The columns of `conformed/registration` but record_rank, and id_rec, identity, identity_hash.
    """
    from pyspark.sql import functions as F

    both = ant.withColumn("register", F.lit(TERRITORIAL)).unionByName(anr.withColumn("register", F.lit(RESIDENTIAL)))
    local = tells_nobody_apart("cuni", "cuni_type")
    identity = F.when(local, local_identity()).otherwise(cuni_identity("cuni"))
    typed = both.select(
        *("register", "region", "azienda", "dsm", "id_rec"),
        F.col("year").cast("int").alias("year"),
        semester("period").alias("semester"),
        F.expr("try_cast(birth_year as int)").alias("birth_year"),
        *map(code, _CODES),
        F.when(local, "local_record").otherwise("cuni").alias("identity"),
        identity_hash(identity).alias("identity_hash"),
        identity.alias("_identity"),
    )
    return with_person_id(typed, F.col("_identity"), key).drop("_identity")


def registration_table(registrations: "DataFrame", tasks: dict[str, range]) -> "DataFrame":
    """The rows of `conformed/registration`, by region and person: what a record says, without CUNI and Id_Rec.

    `tasks`: the partitions that the rows of each region go to, as in `storage.by_region`.
    """
    return ranked_by_person(
        registrations,
        task_count(tasks),
        region_task(tasks),
        within=["region", "register", "year", "semester", "azienda", "dsm"],
        order=["id_rec"],
    )


# How the flows without an anagrafica of their own tell the year of birth: it, and the day it was told on, as SQL.
TELLING = {
    "ANA": ("birth_year", "start_date"),
    "PS": ("birth_year", "entry_date"),
    "DIR": ("cast(year(try_cast(birth_date as date)) as string)", "date"),
}
# Those whose CUNI has a type.
TYPED = ("DIR", "PS")


def told_of(records: "DataFrame", flow: str, key: bytes) -> "DataFrame":
    """Whom the current records of ANA, DIR or PS speak of: person_id, identity_hash, sex, birth_year."""
    from pyspark.sql import functions as F

    cuni_type = "cuni_type" if flow in TYPED else None
    year, told_on = TELLING[flow]
    named = records.where(~tells_nobody_apart("cuni", cuni_type)).select(
        cuni_identity("cuni").alias("_identity"), code("sex"), birth_year(told_on, year)
    )
    hashed = named.withColumn("identity_hash", identity_hash(F.col("_identity")))
    return with_person_id(hashed, F.col("_identity"), key).drop("_identity")


def persons(registrations: "DataFrame", others: "list[DataFrame]") -> "DataFrame":
    """One row a person: the columns of `conformed/person`, with identity_low and identity_high for the collision check.

    `registrations` as above; `others`, of the flows that carry a CUNI, need person_id, identity_hash, sex, birth_year.
    One exchange.
    """
    from pyspark.sql import functions as F

    told = ["person_id", "identity_hash", "sex", "birth_year", "identity", "registrations"]
    of_registers = registrations.withColumn("registrations", F.lit(1)).select(*told)
    of_others = [
        df.withColumn("identity", F.lit("cuni")).withColumn("registrations", F.lit(0)).select(*told) for df in others
    ]
    records = reduce(lambda left, right: left.unionByName(right), [of_registers, *of_others])
    return records.groupBy("person_id").agg(
        F.min("identity").alias("identity"),
        F.sum("registrations").cast("int").alias("registrations"),
        F.expr("bool_or(sex <=> '1') and bool_or(sex <=> '2')").alias("sex_conflict"),
        F.expr("coalesce(min(birth_year) <> max(birth_year), false)").alias("birth_year_conflict"),
        F.min("identity_hash").alias("identity_low"),
        F.max("identity_hash").alias("identity_high"),
    )
