"""Whose activity it is: SISM activity carries Id_Rec only, its person comes from the anagrafica (manual, section 2).

The anagrafica of the same semester and register decides; else the latest of that register, else the latest of the
other register. "Latest" is meant among what an evaluation reads: its data end is a year of its own. So a record whose
own semester has no anagrafica may be of nobody, or of another person, for an earlier data end than for a later one.
Such a record has one row for each run of data ends that agree, with `known_from` and `known_until` (years); all
others have both null. `known_by` gives the rows that one data end sees.

One join serves a table: everything that the anagrafica says of a record is one row of the link, keyed by a 64-bit hash
instead of the 88 characters of Id_Rec.
"""

from typing import TYPE_CHECKING

from percorsi.conformed.people import RESIDENTIAL, TERRITORIAL

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_REGISTERS = (TERRITORIAL, RESIDENTIAL)
_STEP = "struct<person_id: bigint, known_from: int, known_until: int>"


def record_hash() -> "Column":
    """The key of the link: region, azienda, DSM and Id_Rec, with which a record names its patient."""
    from pyspark.sql import functions as F

    return F.xxhash64("region", "azienda", "dsm", "id_rec")


def links(registrations: "DataFrame") -> "DataFrame":
    """One row for each region, azienda, DSM and Id_Rec of the anagrafica.

    `registrations` needs region, azienda, dsm, id_rec, register, year (int), semester (int), person_id. Columns:
    record_hash bigint; person_id, the one person of all its records (null where there are several); first_year, year of
    the earliest record; and, for several persons only, own (register and semester -> person) and a list of steps for
    each register: who it is for a data end, where the semester has no record of its own.
    """
    from pyspark.sql import functions as F

    said = F.struct("register", "year", "semester", "person_id")
    told = (
        registrations.select(record_hash().alias("record_hash"), "register", "year", "semester", "person_id")
        .groupBy("record_hash")
        .agg(
            F.min("person_id").alias("lowest"),
            F.max("person_id").alias("highest"),
            F.min("year").cast("int").alias("first_year"),
            F.collect_list(said).alias("history"),
        )
    )
    several = F.col("lowest") != F.col("highest")
    return told.select(
        "record_hash",
        F.when(~several, F.col("lowest")).alias("person_id"),
        "first_year",
        F.when(several, F.expr(f"map_from_entries(transform(history, h -> struct({_slot('h')}, h.person_id)))")).alias(
            "own"
        ),
        *(F.when(several, _steps(register)).alias(f"{register}_steps") for register in _REGISTERS),
    )


def _slot(row: str) -> str:
    """SQL: register and semester of a row as one text, `territorial 2015-1`."""
    return f"concat({row}.register, ' ', {row}.year, '-', {row}.semester)"


def _steps(register: str) -> "Column":
    """Who a record is for data ends of ever later years: the latest of the register, else of the other.

    Years that change nothing are left out; a step ends the year before the next begins.
    """
    from pyspark.sql import functions as F

    latest = f"""array_max(transform(filter(history, h -> h.year <= y),
        h -> struct(h.register = '{register}' as own, h.year, h.semester, h.person_id))).person_id"""
    years = f"transform(array_sort(array_distinct(history.year)), y -> struct(y as year, {latest} as person_id))"
    changes = f"""filter({years}, (s, i) -> i = 0 or s.person_id <> get({years}, i - 1).person_id)"""
    return F.expr(f"""transform({changes}, (s, i) ->
        cast(struct(s.person_id, s.year, get({changes}, i + 1).year - 1) as {_STEP}))""")


def linked(activity: "DataFrame", links: "DataFrame") -> "DataFrame":
    """Activity records with their person; those of nobody are left out.

    `activity` needs region, azienda, dsm, id_rec, register, year (int), semester (int); id_rec is dropped, person_id,
    known_from and known_until (int) are added. One join by the hash of the record.
    """
    from pyspark.sql import functions as F

    late = f"""cast(array(struct(links.person_id, if(links.first_year > a.year, links.first_year, null),
        cast(null as int))) as array<{_STEP}>)"""
    own = f"try_element_at(links.own, {_slot('a')})"
    steps = f"if(a.register = '{TERRITORIAL}', links.{TERRITORIAL}_steps, links.{RESIDENTIAL}_steps)"
    fallback = f"""transform(filter({steps}, s -> s.known_until is null or s.known_until >= a.year),
        s -> cast(struct(s.person_id, if(s.known_from > a.year, s.known_from, null), s.known_until) as {_STEP}))"""
    who = f"""case when links.person_id is not null then {late}
        when {own} is not null then cast(array(struct({own}, null, null)) as array<{_STEP}>)
        else {fallback} end"""
    kept = [c for c in activity.columns if c != "id_rec"]
    return (
        activity.select(*kept, record_hash().alias("record_hash"))
        .alias("a")
        .join(links.alias("links"), "record_hash")
        .select(*(F.col(f"a.{c}") for c in kept), F.expr(f"inline({who})"))
    )


def known_by(facts: "DataFrame", data_end_year: int) -> "DataFrame":
    """The rows of a conformed table of SISM activity whose person a data end of that year knows; columns unchanged."""
    return facts.where(
        f"coalesce(known_from, {data_end_year}) <= {data_end_year}"
        f" and coalesce(known_until, {data_end_year}) >= {data_end_year}"
    )
