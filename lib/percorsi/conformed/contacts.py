"""What services outside the departments record of a person: outpatient services, emergency visits, addiction services,
child neuropsychiatry, and the events of the supplementary flow.

Each function takes current records (text) and the key of `person_id`, and gives the columns of its declared table,
unsorted; records that name nobody are left out, `conformed/orphan` counts them. Source: measurement manual, section 2.
"""

from typing import TYPE_CHECKING

from percorsi.code_lists import event_attribute_sql
from percorsi.conformed.identity import of_somebody
from percorsi.conformed.layout import code, day, icd10, ward, whole

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_VISIT_DIAGNOSES = ("main_diagnosis", "other_diagnoses", "obi_main_diagnosis", "obi_other_diagnoses")


def outpatient_services(spe: "DataFrame", key: bytes) -> "DataFrame":
    """`conformed/outpatient_service`: one row a line of a prescription (SPE)."""
    said = [*map(code, ("azienda", "structure", "nomenclature", "service")), ward("discipline")]
    return of_somebody(spe.select("cuni", "region", day("date"), whole("quantity"), *said), key)


def emergency_visits(ps: "DataFrame", key: bytes) -> "DataFrame":
    """`conformed/emergency_visit`: one row a visit to an emergency department (PS), its region the institute's."""
    from pyspark.sql import functions as F

    said = [F.col("slice_region").alias("region"), code("institute"), day("entry_date").alias("date")]
    told = [_diagnoses().alias("diagnoses"), code("triage"), code("outcome")]
    return of_somebody(ps.select("cuni", "cuni_type", *said, *told), key, cuni_type="cuni_type")


def _diagnoses() -> "Column":
    """The diagnoses of a visit and of its brief observation, without dots, in the order of the fields."""
    from pyspark.sql import functions as F

    listed = f"split(replace(concat_ws('|', {', '.join(_VISIT_DIAGNOSES)}), '.', ''), '[|]')"
    return F.expr(f"filter(transform({listed}, d -> upper(trim(d))), d -> d <> '')")


def addiction_contacts(sind: "DataFrame", key: bytes) -> "DataFrame":
    """`conformed/addiction_contact`: one row a contact with a service for addictions (SIND)."""
    said = [*map(code, ("azienda", "serd", "contact_type"))]
    return of_somebody(sind.select("cuni", "region", day("date"), *said), key)


def neuropsychiatry_contacts(npia: "DataFrame", key: bytes) -> "DataFrame":
    """`conformed/neuropsychiatry_contact`: one row a contact with child and adolescent neuropsychiatry (NPIA)."""
    said = [*map(code, ("azienda", "structure"))]
    return of_somebody(npia.select("cuni", "region", day("date"), icd10("diagnosis"), *said), key)


def supplementary_events(sup: "DataFrame", key: bytes) -> "DataFrame":
    """`conformed/supplementary_event`: one row an event of the supplementary flow (SUP).

    Only attributes of the code list go further; `other_attributes` counts the names of the others.
    """
    from pyspark.sql import functions as F

    said = [*map(code, ("azienda", "dsm", "event_id")), F.upper(code("type")).alias("type")]
    days = [day("start_date"), day("end_date")]
    told = F.expr(attributes_sql("attributes")).alias("_told")
    listed = F.expr(f"map_filter(_told, (name, value) -> {event_attribute_sql('name')})").alias("attributes")
    events = sup.select("cuni", "region", *said, *days, told).select("*", listed)
    return of_somebody(events.selectExpr("*", "size(_told) - size(attributes) as other_attributes").drop("_told"), key)


def attributes_sql(column: str) -> str:
    """Spark SQL: `name=value; ...` as a map, empty for none.

    Blanks around names and values do not count, names are in small letters, of a name given twice the last value holds;
    a piece without `=` or without a name says nothing. A value may hold further `=`.
    """
    pieces = f"filter(split(coalesce({column}, ''), ';'), p -> instr(p, '=') > 0)"
    name, value = "lower(trim(substring_index(p, '=', 1)))", "trim(substring(p, instr(p, '=') + 1))"
    pairs = f"filter(transform({pieces}, p -> struct({name} as name, {value} as value)), e -> e.name <> '')"
    later = f"exists(slice({pairs}, i + 2, greatest(size({pairs}), 1)), o -> o.name = e.name)"
    return f"map_from_entries(filter({pairs}, (e, i) -> not {later}))"
