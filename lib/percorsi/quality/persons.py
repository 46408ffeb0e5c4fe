"""The second pass over the flows of persons: what each person is found in, as bits, and the counts of it by region.

One exchange by person; a region is a bit of a mask, so that a person is one row of numbers that never leaves Spark.
"""

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from percorsi.code_lists import discipline_sql
from percorsi.quality import contacts
from percorsi.quality import diagnosis as d
from percorsi.regions import mask_sql, regions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_KNOWN, _ASSISTED, _DRUGS, _SERVICES, _DEATH, _OTHER_SEX, _OTHER_BIRTH = (1 << at for at in range(7))
_MASKS = ("active", "registered", "discharged", "died")  # of regions
_SETS = (*_MASKS, "flags", "of_services", "of_discharges")  # the last two: sets of groups of diagnoses

# Item -> who is asked in a region, the class of those of whom the condition does not hold, the condition.
_ITEMS = {
    "one_region": ("registered", "other", "bit_count(registered) = 1"),
    "person_sex": ("registered", "invalid", f"flags & {_OTHER_SEX} = 0"),
    "person_birth_year": ("registered", "invalid", f"flags & {_OTHER_BIRTH} = 0"),
    "discharge_agreement": ("compared", "other", "of_services & of_discharges <> 0"),
    "discharged_known": ("discharged", "missing", f"flags & {_KNOWN} <> 0"),
    "treated_with_drugs": ("active", "missing", f"flags & {_DRUGS} <> 0"),
    "treated_with_services": ("active", "missing", f"flags & {_SERVICES} <> 0"),
    "assisted_known": ("active", "missing", f"flags & {_ASSISTED} <> 0"),
    "deaths": ("active", "other", f"flags & {_DEATH} = 0"),
    "death_known": ("died", "missing", f"flags & {_DEATH} <> 0"),
}


def count_persons(of_contacts: "DataFrame", frames: "Mapping[str, DataFrame]", year: int) -> "DataFrame":
    """By region: region and a column `item|0|class` for each item of persons.

    `of_contacts` is the frame of `contacts`; of `frames`, the conformed tables by name, those that are not there tell
    nothing. A person counts in each region in which they are asked.
    """
    from pyspark.sql import functions as F

    parts = [
        rows.selectExpr("person_id", *(f"cast({said.get(name, '0')} as bigint) as {name}" for name in _SETS))
        for rows, said in _told(of_contacts, frames, year)
    ]
    persons = (
        reduce(lambda one, other: one.unionAll(other), parts)
        .groupBy("person_id")
        .agg(*(F.expr(f"bit_or({name})").alias(name) for name in _SETS))
        .where(f"{' | '.join(_MASKS)} <> 0")
        .withColumn("compared", F.expr("if(of_services <> 0 and of_discharges <> 0, active, 0L)"))
    )
    codes = ", ".join(f"'{code}'" for code in regions())
    in_regions = persons.selectExpr("*", f"posexplode(array({codes})) as (place, region)")
    asked = in_regions.where(f"shiftright({' | '.join(_MASKS)}, place) & 1L = 1")
    counts = []
    for item, (mask, otherwise, holds) in _ITEMS.items():
        here = f"shiftright({mask}, place) & 1L = 1"
        counts.append(F.expr(f"count_if({here} and {holds})").alias(f"{item}|0|valid"))
        counts.append(F.expr(f"count_if({here} and not ({holds}))").alias(f"{item}|0|{otherwise}"))
    return asked.groupBy("region").agg(*counts)


def _told(of_contacts: "DataFrame", frames: "Mapping[str, DataFrame]", year: int):
    """What each table says of its persons: its rows of the year, and the bits that they set."""
    place = mask_sql("region")
    group = d.group_number("latest")
    active = f"coalesce({contacts.of_year()}, false)"
    yield (
        of_contacts,
        {
            "active": f"if({contacts.in_contact()}, {place}, 0L)",
            "of_services": f"if({active}, {_one_bit(group)}, 0L)",
            "died": f"if(coalesce({d.ended_by_death('latest')}, false), {place}, 0L)",
            "flags": f"{_KNOWN}",
        },
    )
    of_date = {
        "dispensing": ("date", {"flags": f"{_DRUGS}"}),
        "outpatient_service": ("date", {"flags": f"{_SERVICES}"}),
        "cause_of_death": ("death_date", {"flags": f"{_DEATH}"}),
    }
    for name, (day, said) in of_date.items():
        if name in frames:
            yield frames[name].where(_in_year(day, year)), said
    if "registration" in frames:
        registered = {"registered": f"if(year = {year}, {place}, 0L)", "flags": f"{_KNOWN}"}
        yield frames["registration"].where(f"year <= {year}"), registered
    if "hospital_record" in frames:
        yield (
            frames["hospital_record"].where(_in_year("discharge_date", year)).where(_psychiatric()),
            {
                "discharged": f"if(institution_type = '1', {place}, 0L)",
                "of_discharges": f"{_one_bit(d.diagnosis_group('diagnosis_1'))}",
            },
        )
    if "assisted_person" in frames:
        yield frames["assisted_person"], {"flags": f"{_ASSISTED}"}
    if "person" in frames:
        conflicts = f"if(sex_conflict, {_OTHER_SEX}, 0) | if(birth_year_conflict, {_OTHER_BIRTH}, 0)"
        yield frames["person"], {"flags": conflicts}


def _one_bit(group: str) -> str:
    """SQL: the set of one group of diagnoses; empty for none."""
    return f"if({group} > 0, shiftleft(1L, cast({group} as int)), 0L)"


def _in_year(day: str, year: int) -> str:
    return f"{day} between date'{year}-01-01' and date'{year}-12-31'"


def _psychiatric() -> str:
    wards = [discipline_sql("psychiatry", ward, "discharge_date") for ward in ("admission_ward", "discharge_ward")]
    return f"regime = '1' and ({' or '.join(wards)})"
