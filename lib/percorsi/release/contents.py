"""The tables of a bundle: columns as declared in conf/tables/release, the same bytes for the same content."""

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from percorsi.errors import CatalogueError, PercorsiError
from percorsi.regions import regions
from percorsi.release.kinds import FUNNELS, PROTECTED, WIDE
from percorsi.tables import TableDeclaration, table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_LEVELS = {"nation": 0, "region": 1, "dsm": 2}
_ALL = ("component", "sex", "age_class")  # empty says: all of them, or the value itself
# Columns of runs that have grades, means, ratios and gaps, limits at 99.8%; funnels are made anew (see `shown`).
_MAY_LACK = ("grade", "left_out", "sd", "median", "q1", "q3", "persons", *WIDE, *FUNNELS)
_FRICTIONLESS = {"string": "string", "double": "number", "int": "integer", "boolean": "boolean"}
# Text of deliveries must not become a formula where a spreadsheet opens the file.
_UNSAFE = re.compile(r"^[\s=+\-@]+|[\x00-\x1f\x7f]+")


def values_table() -> TableDeclaration:
    return table("release/values")


def indicators_table() -> TableDeclaration:
    return table("release/indicators")


def code_order(code: str) -> tuple[str, int, str]:
    """S3 before S13: letters, then the number."""
    letters, number, rest = re.fullmatch(r"(\D*)(\d*)(.*)", code, flags=re.DOTALL).groups()
    return letters, int(number or 0), rest


def prepare(values: "pd.DataFrame") -> "pd.DataFrame":
    """The columns disclosure control works on, empty keys as '', in order of code, component, level, area, sex, age.

    Raises PercorsiError where there are no values, a column is missing or the level is not known.
    """
    wanted = [c for c in values_table().columns if c not in ("area_name", "status")]
    missing = [c for c in wanted if c not in values.columns and c not in _MAY_LACK]
    if missing or values.empty:
        what = f"columns missing: {', '.join(missing)}" if missing else "it has no values"
        raise PercorsiError(f"the run cannot be released: {what}", next_step="compute the indicators of the run again")
    frame = values.reindex(columns=wanted)
    text = [c for c, declared in values_table().columns.items() if declared.type == "string" and c in wanted]
    frame[text] = frame[text].astype(object).where(frame[text].notna() & (frame[text] != ""), None)
    frame[list(_ALL)] = frame[list(_ALL)].fillna("")
    numbers = [c for c, declared in values_table().columns.items() if declared.type == "double"]
    frame[numbers] = frame[numbers].astype(float)
    if not set(frame["level"]) <= set(_LEVELS):
        raise PercorsiError("the run cannot be released: its values have a level that is not known")
    order = frame.assign(
        _code=frame["code"].map(code_order), _level=frame["level"].map(_LEVELS), _component=frame["component"]
    ).sort_values(["_code", "_component", "_level", "area", "sex", "age_class"], kind="stable")
    return order[wanted].reset_index(drop=True)


def with_area_names(frame: "pd.DataFrame", dsm_names: dict[str, str]) -> "pd.DataFrame":
    """Adds `area_name`: of the nation, the regions, and the departments where one was delivered."""
    names = {"IT": "Italia", **regions(), **{k: _UNSAFE.sub("", v or "").strip() for k, v in dsm_names.items()}}
    frame = frame.assign(area_name=[names.get(area) or None for area in frame["area"]])
    return frame[list(values_table().columns)]


def indicator_rows(catalogue: list[dict], codes: set[str]) -> list[dict]:
    """The entries of the codes released.

    Raises CatalogueError for a code without entry, title or a rule of protection.
    """
    entries = {entry["code"]: entry for entry in catalogue}
    unknown = sorted(c for c in codes if not entries.get(c, {}).get("title"))
    if unknown:
        raise CatalogueError(
            f"no entry with a title for: {', '.join(unknown)}",
            next_step="release with the catalogue the run was computed with",
        )
    ordered = sorted(codes, key=code_order)
    unprotected = [code for code in ordered if entries[code].get("kind") not in PROTECTED]
    if unprotected:
        raise CatalogueError(
            f"no rule of disclosure control for the kind of: {', '.join(unprotected)}",
            next_step="release a run without them",
        )
    columns = list(indicators_table().columns)
    return [{c: entries[code].get(c) for c in columns} for code in ordered]


def _text(value: Any) -> str:
    """A cell of a CSV: empty for none, whole numbers without decimals, others as the shortest exact text."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value)


def csv_bytes(declared: TableDeclaration, rows: list[dict]) -> bytes:
    """UTF-8, comma, line ends of RFC 4180."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(declared.columns)
    writer.writerows([_text(row[c]) for c in declared.columns] for row in rows)
    return stream.getvalue().encode()


def arrow_table(declared: TableDeclaration, rows: list[dict]) -> "pa.Table":
    """The rows with declared types; what is missing is null, and no metadata of a tool travels along."""
    import pyarrow as pa

    types = {"string": pa.string(), "double": pa.float64(), "int": pa.int32(), "boolean": pa.bool_()}
    fields = [pa.field(name, types[column.type]) for name, column in declared.columns.items()]
    clean = [{k: None if v is None or v != v else v for k, v in row.items()} for row in rows]
    return pa.Table.from_pylist(clean, schema=pa.schema(fields))


def table_schema(declared: TableDeclaration) -> dict:
    """The Table Schema (Frictionless) of a CSV."""
    fields = []
    for name, column in declared.columns.items():
        notes = [
            column.meaning,
            f"unit: {column.unit}" if column.unit else "",
            f"empty: {column.null}" if column.null else "",
        ]
        constraints = {} if column.null else {"constraints": {"required": True}}
        description = "; ".join(note for note in notes if note)
        fields.append({"name": name, "type": _FRICTIONLESS[column.type], "description": description, **constraints})
    return {"fields": fields, "missingValues": [""]}
