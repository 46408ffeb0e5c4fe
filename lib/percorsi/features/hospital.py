"""Hospital stays of a person: SPDC stays of the year, as outcomes and as the cohort see them, days in any ward.

Source: measurement manual, section 2, Hospital stay; section 1, what a cohort sees; section 3 (D16).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.code_lists import discipline_sql
from percorsi.cohorts.groups import group_sql
from percorsi.cohorts.pathway import latest_by_group
from percorsi.cohorts.window import EvaluationWindow
from percorsi.conformed.hospital import COMPULSORY, WARDS, number_stays
from percorsi.features.services import dsm_area
from percorsi.regions import mask_sql
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

DIED = "1"
DEPRESSIVE = "depressive"
PSYCHIATRIC = ("psychiatry", "child_neuropsychiatry")  # disciplines
READ = (
    *("person_id", "region", "hospital", "regime", "admission_date", "discharge_date", "admission_ward"),
    *("discharge_ward", "admission_type", "discharge_mode", "diagnosis_1", "institution_type", "sex", "birth_year"),
    "record_rank",
)


def records(hospital_record: "DataFrame", dsms: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """The hospital records of the window, those of a person together, with `place_dsm`: the DSM of the hospital as
    region-azienda-dsm, null where it is of none, or of several.

    `dsms`: rows of `services.dsm_of_hospitals`. One exchange; all that is asked of the records is chained behind it.
    """
    from pyspark.sql import functions as F

    of_hospital = ["region", "hospital", "discharge_year"]
    return (
        window.discharges(hospital_record)
        .select(*READ, F.year("discharge_date").alias("discharge_year"))
        .join(F.broadcast(dsms.select(*of_hospital, dsm_area().alias("place_dsm"))), of_hospital, "left")
        .select(*READ, "place_dsm")
        .repartition("person_id")
    )


def numbered(records: "DataFrame", parameters: Parameters) -> "DataFrame":
    """Ordinary records with `stay` and `spdc`, as the parameters join and know them."""
    return number_stays(records, parameters.transfer_gap_days, parameters.spdc_public_only)


def stays(numbered: "DataFrame") -> "DataFrame":
    """One row a hospital stay: person_id, stay, admission_date and discharge_date of the whole; `spdc`, null without an
    SPDC record, else a struct:

    admission_date, discharge_date of its SPDC stay; compulsory_records and depressive_records (int), those with such a
    primary diagnosis; discharge_mode and diagnosis (the primary one) of the last SPDC record; regions (bit mask),
    in_regions and in_dsms (sets of areas) of the SPDC records.
    """
    from pyspark.sql import functions as F

    spdc = F.col("spdc")
    depressive = F.expr(f"{group_sql('diagnosis_1')} = '{DEPRESSIVE}'")
    last = F.max(F.when(spdc, F.struct("discharge_date", "record_rank", "discharge_mode", "diagnosis_1")))
    joined = numbered.groupBy("person_id", "stay").agg(
        F.min("admission_date").alias("admission_date"),
        F.max("discharge_date").alias("discharge_date"),
        F.min(F.when(spdc, F.col("admission_date"))).alias("spdc_admission"),
        F.count_if(spdc & (F.col("admission_type") == COMPULSORY)).cast("int").alias("compulsory_records"),
        F.count_if(spdc & depressive).cast("int").alias("depressive_records"),
        last.alias("last"),
        F.bit_or(F.when(spdc, F.expr(mask_sql("region")))).alias("regions"),
        F.collect_set(F.when(spdc, F.col("region"))).alias("in_regions"),
        F.collect_set(F.when(spdc, F.col("place_dsm"))).alias("in_dsms"),
    )
    told = F.struct(
        F.col("spdc_admission").alias("admission_date"),
        F.col("last.discharge_date").alias("discharge_date"),
        *("compulsory_records", "depressive_records"),
        F.col("last.discharge_mode").alias("discharge_mode"),
        F.col("last.diagnosis_1").alias("diagnosis"),
        *("regions", "in_regions", "in_dsms"),
    )
    return joined.select(
        *("person_id", "stay", "admission_date", "discharge_date"),
        F.when(F.col("last").isNotNull(), told).alias("spdc"),
    )


def of_outcomes(stays: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person: person_id; `spdc_stays`, the SPDC stays discharged in Y by admission; the calendars
    hospital_days and spdc_days; `hospital_stays`, the stays in any ward with a day from 1 January Y-1 on (structs of
    admission_date, discharge_date and spdc_discharge_date, null without an SPDC record, in no order).

    An SPDC stay is a struct of `stay`, `spdc` (the struct of `stays`) and days_since_previous_stay (int, null: none
    before it in the window).
    """
    from pyspark.sql import functions as F

    listed = "array_sort(collect_list(struct(stay, spdc)) filter (where spdc is not null))"
    previous = "get(listed, i - 1).spdc.discharge_date"
    year = f"date'{window.start}' and date'{window.end}'"
    told = f"""filter(transform(listed, (s, i) -> struct(
        s.stay, s.spdc, datediff(s.spdc.admission_date, {previous}) as days_since_previous_stay)),
        s -> s.spdc.discharge_date between {year})"""
    calendar = window.calendar
    dates = F.struct("admission_date", "discharge_date", F.col("spdc.discharge_date").alias("spdc_discharge_date"))
    located = calendar.locate_spans(stays, F.col("admission_date"), F.col("discharge_date"))
    asked = F.col("discharge_date") >= F.lit(window.year_before)
    return (
        calendar.locate_spans(located, F.col("spdc.admission_date"), F.col("spdc.discharge_date"), "spdc_span")
        .groupBy("person_id")
        .agg(
            F.expr(listed).alias("listed"),
            calendar.collect_spans().alias("hospital_days"),
            calendar.collect_spans("spdc_span").alias("spdc_days"),
            F.collect_list(F.when(asked, dates)).alias("hospital_stays"),
        )
        .withColumn("spdc_stays", F.expr(told))
        .drop("listed")
    )


def of_cohort(stays: "DataFrame", window: EvaluationWindow, order: Sequence[str]) -> "DataFrame":
    """One row a person with an SPDC stay: person_id, first_spdc_admission (date), first_spdc_day (date, in Y, null
    without a day in Y), `sdo_diagnoses` (the latest of each group, see `cohorts.pathway.latest_by_group`, of the stays
    with a day in Y), depressive_stay_days_recent (int, days of the longest stay discharged from 1 January Y-2 on with a
    depressive diagnosis on one of its records, null for none).

    `stays`: made of records discharged up to Y1 only.
    """
    from pyspark.sql import functions as F

    start = F.lit(window.start)
    in_year = F.col("discharge_date") >= start
    recent = (F.col("depressive_records") > 0) & (F.col("discharge_date") >= F.lit(window.recent_start))
    return (
        stays.where(F.col("spdc").isNotNull())
        .select("person_id", "spdc.*")
        .withColumn("diagnosis_of_year", F.when(in_year, F.col("diagnosis")))
        .groupBy("person_id")
        .agg(
            F.min("admission_date").alias("first_spdc_admission"),
            F.min(F.when(in_year, F.greatest("admission_date", start))).alias("first_spdc_day"),
            latest_by_group("diagnosis_of_year", "discharge_date", order).alias("sdo_diagnoses"),
            F.max(F.when(recent, F.datediff("discharge_date", "admission_date"))).alias("depressive_stay_days_recent"),
        )
    )


def of_records(records: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person who died in hospital or was in a psychiatric ward, in any regime: person_id; `sdo_death` (date,
    the earliest); first_psychiatric_admission (date, the earliest to a ward of psychiatry or child neuropsychiatry,
    discharged up to Y1)."""
    from pyspark.sql import functions as F

    died = F.col("discharge_mode") == DIED
    in_ward = (discipline_sql(name, ward, "discharge_date") for name in PSYCHIATRIC for ward in WARDS)
    psychiatric = F.expr(" or ".join(in_ward)) & (F.col("discharge_date") <= F.lit(window.end))
    return (
        records.where(died | psychiatric)
        .groupBy("person_id")
        .agg(
            F.min(F.when(died, F.col("discharge_date"))).alias("sdo_death"),
            F.min(F.when(psychiatric, F.col("admission_date"))).alias("first_psychiatric_admission"),
        )
    )
