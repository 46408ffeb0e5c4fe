"""Persons and their anagrafica: who the registers (ANT, ANR) and the hospital discharges (SDO) speak of."""

from typing import TYPE_CHECKING

from percorsi.conformed.identity import (
    cuni_identity,
    identity_hash,
    local_identity,
    tells_nobody_apart,
    with_person_id,
)
from percorsi.conformed.layout import code, ranked_by_person, semester

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


def registration_table(registrations: "DataFrame", partitions: int) -> "DataFrame":
    """The rows of `conformed/registration`, by person: what a record says, without CUNI and Id_Rec."""
    return ranked_by_person(
        registrations,
        partitions,
        within=["register", "year", "semester", "region", "azienda", "dsm"],
        order=["id_rec"],
    )


def persons(registrations: "DataFrame", discharges: "DataFrame") -> "DataFrame":
    """One row a person: the columns of `conformed/person`, with identity_low and identity_high for the collision check.

    `registrations` as above; `discharges` needs person_id, identity_hash, sex, birth_year. One exchange.
    """
    from pyspark.sql import functions as F

    told = ["person_id", "identity_hash", "sex", "birth_year", "identity", "registrations"]
    records = registrations.withColumn("registrations", F.lit(1)).select(*told)
    records = records.unionByName(
        discharges.withColumn("identity", F.lit("cuni")).withColumn("registrations", F.lit(0)).select(*told)
    )
    return records.groupBy("person_id").agg(
        F.min("identity").alias("identity"),
        F.sum("registrations").cast("int").alias("registrations"),
        F.expr("bool_or(sex <=> '1') and bool_or(sex <=> '2')").alias("sex_conflict"),
        F.expr("coalesce(min(birth_year) <> max(birth_year), false)").alias("birth_year_conflict"),
        F.min("identity_hash").alias("identity_low"),
        F.max("identity_hash").alias("identity_high"),
    )
