"""Registers, typed: assisted persons (ANA), causes of death (CDM), services (STR), staff (PER)."""

from typing import TYPE_CHECKING

from percorsi.conformed.identity import of_somebody
from percorsi.conformed.layout import birth_year, code, day, exact, icd10, whole

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def assisted_persons(ana: "DataFrame", key: bytes) -> "DataFrame":
    """`conformed/assisted_person`: one row a period of assistance (ANA), unsorted."""
    said = [*map(day, ("start_date", "end_date", "death_date")), birth_year("start_date")]
    return of_somebody(ana.select("cuni", *said, *map(code, ("sex", "residence_region", "residence_azienda"))), key)


def causes_of_death(cdm: "DataFrame", key: bytes) -> "DataFrame":
    """`conformed/cause_of_death`: one row a death of somebody (CDM), unsorted."""
    return of_somebody(cdm.select("cuni", day("death_date"), icd10("cause")), key)


def services(str_records: "DataFrame") -> "DataFrame":
    """`conformed/service`: the register of services (STR)."""
    order = ["region", "azienda", "dsm", "structure", "year"]
    numbers = ("year", "seats", "population")
    typed = str_records.select(*(whole(c) if c in numbers else code(c) for c in str_records.columns))
    return typed.coalesce(1).sortWithinPartitions(*order)


def staff(per: "DataFrame") -> "DataFrame":
    """`conformed/staff`: heads and hours of a department in a year, by profile (PER)."""
    order = ["region", "azienda", "dsm", "year", "profile"]
    said = [*map(code, ("region", "azienda", "dsm", "profile")), whole("year")]
    typed = per.select(*said, whole("heads"), exact("weekly_hours", "decimal(12,2)"))
    return typed.coalesce(1).sortWithinPartitions(*order)
