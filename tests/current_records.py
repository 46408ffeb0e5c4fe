"""Current records by hand: frames, and tables of a home written without Spark, as the stage `conform` reads them."""

from typing import TYPE_CHECKING

import pyarrow as pa
from deltalake import write_deltalake

from percorsi.conformed.sources import COLUMNS, LEDGER, LEDGER_COLUMNS, REGION
from percorsi.home import Home
from percorsi.small_frame import small_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NATIONAL = ("AIC", "ANA", "CDM")


def frame(spark: "SparkSession", flow: str, rows: list[dict]) -> "DataFrame":
    """Current records of a flow as the stage reads them: text, null where a row says nothing."""
    columns = COLUMNS[flow]
    schema = ", ".join(f"{c} string" for c in columns)
    return small_frame(spark, [tuple(row.get(c) for c in columns) for row in rows], schema)


def deliver(home: Home, flow: str, rows: list[dict], only_region: str | None = None) -> None:
    """The current records of a flow in the place of what was there, or in that of one region's, as ingestion lays them.

    Region of the slice and file are those of the record where a row does not say otherwise.
    """
    schema = pa.schema([(c, pa.string()) for c in dict.fromkeys([*COLUMNS[flow], REGION])])
    laid = pa.Table.from_pylist([{**_file(flow, row), **row} for row in rows], schema)
    predicate = f"{REGION} = '{only_region}'" if only_region else None
    path = home.tables / f"current/{flow}"
    write_deltalake(path, laid, mode="overwrite", partition_by=[REGION], predicate=predicate)


def _file(flow: str, row: dict) -> dict:
    region = row.get("region")
    return {
        REGION: "all" if flow in NATIONAL else region,
        "file_region": region,
        "file_year": row.get("year"),
        "file_period": row.get("period"),
    }


def list_files(home: Home, rows: list[dict]) -> None:
    """The ledger of deliveries: its columns that the stage reads."""
    schema = pa.schema([(c, pa.string()) for c in LEDGER_COLUMNS])
    write_deltalake(home.tables / LEDGER, pa.Table.from_pylist(rows, schema), mode="overwrite")
