"""Hospital discharges as facts of persons: records of any regime, and stays with the transfers joined.

Source: measurement manual, section 2, Hospital stay.
"""

from typing import TYPE_CHECKING

from percorsi.code_lists import discipline_sql
from percorsi.conformed.identity import cuni_identity, identity_hash, tells_nobody_apart, with_person_id
from percorsi.conformed.layout import birth_year, code, day, diagnosis, ranked_by_person, ward
from percorsi.storage import person_range

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

WARDS = ("admission_ward", "discharge_ward")
ORDINARY_REGIME = "1"
PUBLIC = "1"
COMPULSORY = "3"


def discharges(sdo: "DataFrame", key: bytes) -> "DataFrame":
    """Current SDO records of somebody, with person_id and identity_hash, typed; those of nobody are left out.

    Beside the columns of `conformed/hospital_record` (but record_rank) it keeps `record`, the number of the SCHEDA.
    """
    from pyspark.sql import functions as F

    codes = ["regime", "admission_type", "injury", "discharge_mode", "institution_type", "sex", "residence_region"]
    typed = sdo.where(~tells_nobody_apart("cuni")).select(
        *("cuni", "region", "hospital", "record"),
        F.expr("try_cast(year as int)").alias("year"),
        *(day("admission_date"), day("discharge_date")),
        *(*map(code, codes), *map(ward, WARDS)),
        *(diagnosis(f"diagnosis_{n}") for n in range(1, 7)),
        birth_year("discharge_date"),
        identity_hash(cuni_identity("cuni")).alias("identity_hash"),
    )
    return with_person_id(typed, cuni_identity("cuni"), key).drop("cuni")


def hospital_records(discharges: "DataFrame", partitions: int) -> "DataFrame":
    """The rows of `conformed/hospital_record`, by person and in their order."""
    order = ["admission_date", "discharge_date", "region", "hospital", "year", "record"]
    return ranked_by_person(discharges, partitions, person_range(partitions), within=[], order=order)


def number_stays(records: "DataFrame", gap_days: int = 0, spdc_public_only: bool = True) -> "DataFrame":
    """Ordinary hospital records, each with the stay it belongs to and whether it is an SPDC record.

    `records`: rows of `conformed/hospital_record`, all or those of a window. Keeps its columns, leaves out other
    regimes, adds `stay` (int, from 1, by admission, within the person) and `spdc` (boolean). A record admitted at most
    `gap_days` after any earlier discharge, or before it, continues the stay.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    ordered = Window.partitionBy("person_id").orderBy("admission_date", "discharge_date", "record_rank")
    earlier = ordered.rowsBetween(Window.unboundedPreceding, -1)
    so_far = ordered.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    latest_discharge = F.max("discharge_date").over(earlier)
    begins = latest_discharge.isNull() | (F.datediff("admission_date", latest_discharge) > gap_days)
    return (
        records.where(F.col("regime") == ORDINARY_REGIME)
        .withColumn("_begins", begins.cast("int"))
        .withColumn("stay", F.sum("_begins").over(so_far).cast("int"))
        .withColumn("spdc", _is_spdc(spdc_public_only))
        .drop("_begins")
    )


def _is_spdc(public_only: bool) -> "Column":
    from pyspark.sql import functions as F

    psychiatric = F.expr(" or ".join(discipline_sql("psychiatry", column) for column in WARDS))
    public = F.coalesce(F.col("institution_type") == PUBLIC, F.lit(False)) if public_only else F.lit(True)
    return psychiatric & public


def join_transfers(records: "DataFrame", gap_days: int = 0, spdc_public_only: bool = True) -> "DataFrame":
    """Hospital stays: the columns of `conformed/hospital_stay`, one row a stay, in no order.

    `records`: rows of `conformed/hospital_record`, all or those of a window; needs person_id, regime, admission_date,
    discharge_date, admission_ward, discharge_ward, admission_type, discharge_mode, institution_type, record_rank.
    The last SPDC record of a stay is the one discharged last, then the one of the highest record_rank. One exchange.
    """
    from pyspark.sql import functions as F

    needed = [
        *("person_id", "regime", "admission_date", "discharge_date", "admission_ward", "discharge_ward"),
        *("admission_type", "discharge_mode", "institution_type", "record_rank"),
    ]
    spdc = F.col("spdc")
    last = F.max(F.when(spdc, F.struct("discharge_date", "record_rank", "discharge_mode")))
    return (
        number_stays(records.select(*needed), gap_days, spdc_public_only)
        .groupBy("person_id", "stay")
        .agg(
            F.min("admission_date").alias("admission_date"),
            F.max("discharge_date").alias("discharge_date"),
            F.count("*").cast("int").alias("records"),
            F.min(F.when(spdc, F.col("admission_date"))).alias("spdc_admission_date"),
            F.max(F.when(spdc, F.col("discharge_date"))).alias("spdc_discharge_date"),
            F.count_if(spdc).cast("int").alias("spdc_records"),
            F.count_if(spdc & (F.col("admission_type") == COMPULSORY)).cast("int").alias("compulsory_records"),
            last["discharge_mode"].alias("spdc_discharge_mode"),
        )
    )
