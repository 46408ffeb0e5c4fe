"""A frame of rows at hand, which goes to Spark with the plan: no job, no Python worker; where it is empty, no work."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType


def small_frame(spark: "SparkSession", rows: Iterable[Sequence[Any]], schema: "str | StructType") -> "DataFrame":
    """The rows, each with a value for each column of the schema (a type's DDL or itself), None for null.

    A map is given as a dict, a struct as a dict.
    """
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import StructType

    declared = StructType.fromDDL(schema) if isinstance(schema, str) else schema
    types = to_arrow_schema(declared).types
    rows = list(rows)
    columns = [pa.array([_given(row[at], kind) for row in rows], kind) for at, kind in enumerate(types)]
    return spark.createDataFrame(pa.Table.from_arrays(columns, names=declared.names), declared)


def _given(value: Any, kind: "pa.DataType") -> Any:
    return list(value.items()) if isinstance(value, dict) and str(kind).startswith("map") else value
