"""Files in Parquet, which own layouts allow in place of text: whether they can be read, and their rows as records."""

from typing import TYPE_CHECKING

from percorsi.flows.content import LONGEST_LINE, SEPARATOR, Content, faults_of_names, header_positions
from percorsi.flows.files import DeliveryFile, Refusal, literal_path
from percorsi.flows.layout import Layout
from percorsi.flows.rules import NO_TEXT
from percorsi.small_frame import small_frame

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.sql import DataFrame, SparkSession

_AGAIN = "ask the sender for the file again, or for text"
_AS_TEXT = "deliver texts, whole numbers, decimals and days"
_PLAINLY = "write it with snappy, gzip, zstd, lz4 or no compression, and the encodings that are the default"
_CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4"}  # those that Spark brings with it
_ENCODINGS = {"PLAIN", "PLAIN_DICTIONARY", "RLE", "RLE_DICTIONARY", "BIT_PACKED", "DELTA_BINARY_PACKED"}
_ENCODINGS |= {"DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"}
_MOST_DIGITS = 38  # of a decimal, in Spark
_ROWS = 1 << 14
_BUFFER = 1 << 20


def look(file: DeliveryFile, digest: str, layout: Layout) -> Content | Refusal:
    """What a Parquet file holds, or why it is refused; a file of no bytes has no records, like any other.

    Its pages are read once, in pieces, so that what is damaged behind a sound footer is refused here, and does not fail
    later in Spark.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if not file.address.stat().st_size:
            return Content(file, digest, 0, ())
        with pq.ParquetFile(file.address) as opened:
            schema, footer = opened.schema_arrow, opened.metadata
        if refused := _refused_by_footer(file, digest, layout, schema, footer):
            return refused
        line = _too_long(file, schema, footer)
    except (pa.ArrowException, OSError, ValueError):  # the message may quote what the file holds
        return Refusal.of(file, "the Parquet file is truncated or damaged, or none", _AGAIN, digest=digest)
    if line:
        return Refusal.of(file, "a value of more than a million characters", _AGAIN, line, digest)
    return Content(file, digest, footer.num_rows + 1, _names(schema))


def _names(schema: "pa.Schema") -> tuple[str, ...]:
    return tuple(name.strip() for name in schema.names)


def _refused_by_footer(
    file: DeliveryFile, digest: str, layout: Layout, schema: "pa.Schema", footer: "pq.FileMetaData"
) -> Refusal | None:
    if wrong := faults_of_names(_names(schema), layout):
        return Refusal.of(file, wrong, "use the names of the layout, each once", digest=digest)
    if odd := [i + 1 for i, field in enumerate(schema) if not _can_be_text(field.type)]:
        columns = ", ".join(map(str, odd))
        return Refusal.of(file, f"no plain values in the columns {columns}", _AS_TEXT, digest=digest)
    chunks = [footer.row_group(g).column(c) for g in range(footer.num_row_groups) for c in range(footer.num_columns)]
    if unread := sorted(
        {c.compression for c in chunks} - _CODECS | {e for c in chunks for e in c.encodings} - _ENCODINGS
    ):
        return Refusal.of(file, f"written in a way that is not read: {', '.join(unread)}", _PLAINLY, digest=digest)
    return None


def _can_be_text(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _can_be_text(kind.value_type)
    if types.is_decimal(kind):
        return kind.precision <= _MOST_DIGITS
    plain = (types.is_string, types.is_large_string, types.is_integer, types.is_float32, types.is_float64)
    return any(is_one(kind) for is_one in (*plain, types.is_date32, types.is_null))


def _too_long(file: DeliveryFile, schema: "pa.Schema", footer: "pq.FileMetaData") -> int | None:
    """The line of a value that is too long, where there is one; ValueError where rows are missing.

    Column by column, and texts as a list of values with the places where they stand: a long value that is repeated is
    held once.
    """
    import pyarrow.parquet as pq

    how = {"read_dictionary": schema.names, "buffer_size": _BUFFER, "page_checksum_verification": True}
    with pq.ParquetFile(file.address, **how) as opened:
        for name in schema.names:
            rows = 0
            for batch in opened.iter_batches(_ROWS, columns=[name], use_threads=False):
                if (at := _first_too_long(batch.column(0))) is not None:
                    return rows + at + 2
                rows += batch.num_rows
            if rows != footer.num_rows:
                raise ValueError("rows are missing")
    return None


def _first_too_long(values: "pa.Array") -> int | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    listed = values.dictionary if isinstance(values, pa.DictionaryArray) else values
    if not (pa.types.is_string(listed.type) or pa.types.is_large_string(listed.type)):
        return None
    long = pc.greater(pc.binary_length(listed), LONGEST_LINE)
    if not pc.any(long).as_py():
        return None
    places = pc.indices_nonzero(pc.fill_null(long.take(values.indices) if listed is not values else long, False))
    return places[0].as_py() if len(places) else None


def records(spark: "SparkSession", layout: Layout, content: Content, blanks: str) -> "DataFrame":
    """One row a row of the file, as `FlowLines.records` gives the lines of text: row 1 is line 2, after the header.

    Values become text: days AAAA-MM-GG, numbers as they are written. A row with text that is no UTF-8 is a line that is
    none.
    """
    from pyspark.sql import functions as F

    file = content.file
    if not content.lines:
        return small_frame(spark, [], _schema(layout))
    positions = header_positions(content.header, layout)
    read = spark.read.parquet(literal_path(str(file.address)))
    as_text = [F.expr(_as_text(name, kind)).alias(f"_{at}") for at, (name, kind) in enumerate(read.dtypes)]
    sound = [f"is_valid_utf8(_{at})" for at, (_, kind) in enumerate(read.dtypes) if kind == "string"]
    fault = f"case when not ({' and '.join(sound)}) then '{NO_TEXT}' end" if sound else "cast(null as string)"
    rows = read.select(F.expr("_metadata.row_index as row"), *as_text).selectExpr("*", f"{fault} as line_fault")
    whole = ", ".join(f"coalesce(_{at}, '')" for at in range(len(read.dtypes)))
    texts = [
        f"if(line_fault is null, nullif(btrim(_{positions[c]}, {blanks}), ''), null) as `{c}`"
        if c in positions
        else f"cast(null as string) as `{c}`"
        for c in layout.columns
    ]
    return rows.selectExpr(
        f"{_text(file.path)} as file",
        "row + 2 as line",
        *(f"'{value}' as {name}" for name, value in _said_by_name(content).items()),
        "line_fault",
        f"if(line_fault is null, null, make_valid_utf8(concat_ws('{SEPARATOR}', {whole}))) as broken_line",
        *texts,
    )


def _schema(layout: Layout) -> str:
    said = ("digest", "file_region", "file_year", "file_period", "line_fault", "broken_line")
    texts = ", ".join(f"`{name}` string" for name in (*said, *layout.columns))
    return f"file string, line long, {texts}"


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
