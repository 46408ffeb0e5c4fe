"""Files in Parquet, which own layouts allow in place of text: what their footers say, and their rows as records."""

from typing import TYPE_CHECKING

from percorsi.flows.content import Content, faults_of_names, header_positions
from percorsi.flows.files import DeliveryFile, Refusal, literal_path
from percorsi.flows.layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_AGAIN = "ask the sender for the file again, or for text"
_AS_TEXT = "deliver texts, whole numbers, decimals and days"


def look(file: DeliveryFile, digest: str, layout: Layout) -> Content | Refusal:
    """What the footer of a Parquet file says, or why the file is refused. Reads no row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file.address) as opened:
            schema, rows = opened.schema_arrow, opened.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError):  # the message may quote what the file holds
        return Refusal.of(file, "the Parquet file is truncated or damaged, or none", _AGAIN, digest=digest)
    names = tuple(name.strip() for name in schema.names)
    if wrong := faults_of_names(names, layout):
        return Refusal.of(file, wrong, "use the names of the layout, each once", digest=digest)
    if odd := [i + 1 for i, field in enumerate(schema) if not _can_be_text(field.type)]:
        columns = ", ".join(map(str, odd))
        return Refusal.of(file, f"no plain values in the columns {columns}", _AS_TEXT, digest=digest)
    return Content(file, digest, rows + 1, names)


def _can_be_text(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _can_be_text(kind.value_type)
    plain = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_decimal)
    return any(is_one(kind) for is_one in (*plain, types.is_date32, types.is_null))


def records(spark: "SparkSession", layout: Layout, content: Content, blanks: str) -> "DataFrame":
    """One row a row of the file, as `FlowLines.records` gives the lines of text: row 1 is line 2, after the header.

    Values become text: days AAAA-MM-GG, numbers as they are written. Text that is no UTF-8 cannot be in such a file.
    """
    from pyspark.sql import functions as F

    file = content.file
    positions = header_positions(content.header, layout)
    read = spark.read.parquet(literal_path(str(file.address)))
    as_text = [F.expr(_as_text(name, kind)).alias(f"_{at}") for at, (name, kind) in enumerate(read.dtypes)]
    rows = read.select(F.expr("_metadata.row_index as row"), *as_text)
    texts = [
        f"nullif(btrim(_{positions[c]}, {blanks}), '') as `{c}`" if c in positions else f"cast(null as string) as `{c}`"
        for c in layout.columns
    ]
    return rows.selectExpr(
        f"{_text(file.path)} as file",
        "row + 2 as line",
        *(f"'{value}' as {name}" for name, value in _said_by_name(content).items()),
        "cast(null as string) as line_fault",
        "cast(null as string) as broken_line",
        *texts,
    )


def _as_text(name: str, kind: str) -> str:
    """SQL: a value as a text file would hold it; a whole number that came as a float is written whole."""
    value = f"`{name.replace('`', '``')}`"
    if kind in ("float", "double"):
        whole = f"abs({value}) < 1e15 and {value} = floor({value})"
        return f"if({whole}, cast(try_cast({value} as bigint) as string), cast({value} as string))"
    return f"cast({value} as string)"


def _said_by_name(content: Content) -> dict[str, str]:
    file = content.file
    return {
        "digest": content.digest,
        "file_region": file.region,
        "file_year": file.year,
        "file_period": file.period,
    }


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
