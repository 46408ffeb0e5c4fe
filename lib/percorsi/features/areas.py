"""What is said of areas: their names, and the codes of which neither register nor crosswalk knows what they are.

A code that the register of its own year does not have is none of a SISM record (rule 3315 rejects it); of a
supplementary event, which no register judges, it may be.

Counts and names only, no person.
"""

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.boundaries import Boundaries
from percorsi.features.crosswalk import Crosswalk
from percorsi.features.services import SPDC, dsm_area
from percorsi.regions import regions
from percorsi.small_frame import small_frame

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SUPPLEMENTARY = "SUP"
# Table -> SQL for the flow of a record.
SOURCES = {
    "registration": "if(register = 'territorial', 'ANT', 'ANR')",
    "care_episode": "if(register = 'territorial', 'CNT', 'CNR')",
    "intervention": "'PST'",
    "presence": "'PSS'",
    "residential_stay": "'PSR'",
    "service": "'STR'",
    "supplementary_event": f"'{SUPPLEMENTARY}'",
}
NOT_IN_REGISTER = "not_in_register"
NOT_IN_REGISTER_OF_Y = "not_in_register_of_y"
AMBIGUOUS = "ambiguous"


def names(service: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """level (region, dsm, hospital), area, name: of regions by their code list, else by the register of services of Y.

    An area that the register names twice has the name of its last row by azienda, DSM and structure.
    """
    from pyspark.sql import functions as F

    of_year = service.where(F.col("year") == window.year)
    order = F.struct("azienda", "dsm", "structure")

    def named(rows: "DataFrame", level: str, area: "Column", name: str) -> "DataFrame":
        told = rows.where(F.col(name).isNotNull()).groupBy(area.alias("area")).agg(F.max_by(name, order).alias("name"))
        return told.select(F.lit(level).alias("level"), "area", "name")

    of_regions = small_frame(
        service.sparkSession,
        [("region", code, name) for code, name in regions().items()],
        "level string, area string, name string",
    )
    hospitals = of_year.where(F.col("kind") == SPDC)
    return of_regions.unionByName(named(of_year, "dsm", dsm_area(), "dsm_name")).unionByName(
        named(hospitals, "hospital", F.concat_ws("-", "region", "structure"), "name")
    )


def unknown(
    frames: Mapping[str, "DataFrame"], crosswalk: Crosswalk, boundaries: Boundaries, window: EvaluationWindow
) -> "DataFrame":
    """Codes of the records read that are no code of an area: source, region, azienda, dsm, year_of_code, why, records.

    `why`, the first that holds: not_in_register (of a supplementary event: it is not in the register of its own year,
    where that of the region came, nor in a row of the crosswalk), ambiguous (several codes of Y may be meant),
    not_in_register_of_y (of another year; led to Y, it is in no row of the register of Y, where that came).
    """
    from pyspark.sql import functions as F

    register = window.services(frames["service"])
    codes = boundaries.of_year(_codes(frames, window), into=("azienda_of_y", "dsm_of_y"))
    own = register.select("region", "azienda", "dsm", "year").distinct().withColumn("own", F.lit(True))
    came = register.select("region", "year").distinct().withColumn("came", F.lit(True))
    of_y = register.where(F.col("year") == window.year)
    there = of_y.select("region", F.col("azienda").alias("azienda_of_y"), F.col("dsm").alias("dsm_of_y"))
    came_of_y = of_y.select("region").distinct().withColumn("came_of_y", F.lit(True))
    asked = (
        codes.join(F.broadcast(own), ["region", "azienda", "dsm", "year"], "left")
        .join(F.broadcast(came), ["region", "year"], "left")
        .join(F.broadcast(there.distinct().withColumn("there", F.lit(True))), list(there.columns), "left")
        .join(F.broadcast(came_of_y), "region", "left")
    )
    judged = F.col("source") != SUPPLEMENTARY
    why = (
        F.when(~judged & F.col("came") & F.col("own").isNull() & ~_in_a_row_of(crosswalk), NOT_IN_REGISTER)
        .when(F.col("azienda_of_y").isNull(), AMBIGUOUS)
        .when((F.col("year") != window.year) & F.col("came_of_y") & F.col("there").isNull(), NOT_IN_REGISTER_OF_Y)
    )
    return (
        asked.withColumn("why", why)
        .where("why is not null")
        .groupBy("source", "region", "azienda", "dsm", F.col("year").alias("year_of_code"), "why")
        .agg(F.sum("records").alias("records"))
    )


def _codes(frames: Mapping[str, "DataFrame"], window: EvaluationWindow) -> "DataFrame":
    """The codes of the records read, counted: source, region, azienda, dsm, structure, year, records.

    Of the years read; a supplementary event, which is read from whenever, has the year in which it begins.
    """
    from pyspark.sql import functions as F

    counted = []
    for name, source in SOURCES.items():
        rows = _read(frames[name], window)
        structure = "structure" if "structure" in rows.columns else "cast(null as string) as structure"
        told = rows.selectExpr(f"{source} as source", "region", "azienda", "dsm", structure, "year")
        counted.append(told.groupBy(*told.columns).agg(F.count("*").alias("records")))
    return reduce(lambda one, other: one.unionByName(other), counted)


def _read(rows: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """The records of a table that the year reads, each once, with the year of their code."""
    from pyspark.sql import functions as F

    if "known_from" in rows.columns:
        return window.activity(rows)
    if "start_date" in rows.columns:
        named = window.events(rows).where("azienda is not null and dsm is not null")
        return named.withColumn("year", F.year("start_date"))
    return rows.where(F.col("year").between(window.first_year, window.last_year))


def _in_a_row_of(crosswalk: Crosswalk) -> "Column":
    """Whether the crosswalk names the code of a row: its azienda as a whole, or its DSM."""
    from pyspark.sql import functions as F

    named = {
        "-".join(filter(None, (move.region, code.azienda, code.dsm)))
        for move in crosswalk.moves
        for code in (move.code, move.to)
    }
    return F.concat_ws("-", "region", "azienda").isin(*sorted(named)) | dsm_area().isin(*sorted(named))
