"""The faults of a delivery, by rule and record by record: what was found as it was read, and by the registers.

Needs no Spark. Of the records only those with a fault are read, and of these the key alone; the CUNI is read so that no
value is told that is the same.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from percorsi.errors import ResultUnavailable
from percorsi.flows.arrow import partition_values, scan
from percorsi.flows.layout import Layout
from percorsi.flows.ledger import LEDGER, Entry, read_ledger
from percorsi.flows.raw import REJECTED
from percorsi.flows.rule_list import SEVERITIES, titles
from percorsi.flows.unknown import REJECTED_BY_REGISTER
from percorsi.home import Home
from percorsi.sheets import printable

if TYPE_CHECKING:
    import pyarrow as pa

_ERROR = ("field", "code", "severity")
_HELD = 100_000  # faulty records that are held, to be sorted
_LONGEST = 40  # a longer value of a key, where the layout allows none, is no key and might be anything
_CUNI = "cuni"
_REGION = "slice_region"


def find_delivery(home: Home, wanted: str) -> list[Entry]:
    """The ledger's entries of a delivery; `latest` is the one loaded last.

    Raises ResultUnavailable where there is none of that name.
    """
    entries = read_ledger(home)
    known = {e.delivery for e in entries}
    name = _last_loaded(home) if wanted == "latest" and known else wanted
    if name not in known:
        raise ResultUnavailable(
            f"there is no delivery '{wanted}' in {home.path}",
            next_step="`percorsi deliveries` lists those that arrived" if known else "load one: percorsi ingest",
        )
    return [e for e in entries if e.delivery == name]


def _last_loaded(home: Home) -> str:
    """The delivery that came into the ledger last; that its rows were written again later does not count."""
    first: dict[str, int] = {}
    for commit in sorted((home.tables / LEDGER / "_delta_log").glob("*.json")):
        for action in map(json.loads, commit.read_text().splitlines() if commit.stem.isdigit() else []):
            if added := action.get("add"):
                first.setdefault(added["partitionValues"]["delivery"], int(commit.stem))
    return max(first, key=lambda delivery: first[delivery])


def by_rule(home: Home, entries: list[Entry], layouts: Mapping[str, Layout]) -> list[dict]:
    """How many records of a delivery broke each rule, a row for each that was broken.

    Columns: flow, code, title, field, name (the field's official name), severity, records, share (of the records of the
    flow in the delivery). A record that breaks several rules counts at each.
    """
    import pyarrow.dataset as ds

    (delivery,) = {e.delivery for e in entries}
    found: Counter = Counter()
    for table in (REJECTED, REJECTED_BY_REGISTER):
        for part in scan(home, table, ["flow", *_ERROR, "file", "line"], ds.field("delivery") == delivery):
            once = part.group_by(["flow", *_ERROR, "file", "line"]).aggregate([])
            for row in once.group_by(["flow", *_ERROR]).aggregate([([], "count_all")]).to_pylist():
                found[row["flow"], row["code"], row["field"], row["severity"]] += row["count_all"]
    of_flow: Counter = Counter()
    for entry in entries:
        of_flow[entry.flow] += entry.records
    titled = titles(layouts)
    ranked = sorted(found.items(), key=lambda item: (item[0][0], -item[1], item[0]))
    return [
        {
            **{"flow": flow, "code": code, "title": titled.get((flow, code, field), ""), "field": field},
            **{"name": _name(layouts, flow, field), "severity": SEVERITIES[severity], "records": number},
            "share": number / of_flow[flow],
        }
        for (flow, code, field, severity), number in ranked
    ]


def _name(layouts: Mapping[str, Layout], flow: str, field: str) -> str:
    fields = layouts[flow].fields if flow in layouts else {}
    return fields[field].name if field in fields else ""


def key_columns(layouts: Mapping[str, Layout], flows: list[str]) -> list[str]:
    """The fields of the flows' keys, each once: all but the CUNI, which names a person everywhere."""
    return list(dict.fromkeys(column for flow in flows for column in _own_key(layouts[flow])))


def _own_key(layout: Layout) -> list[str]:
    return [column for column in layout.key if column != _CUNI]


def faulty_records(
    home: Home, entries: list[Entry], layouts: Mapping[str, Layout], flows: list[str]
) -> Iterator[tuple[str, str, int, str, str, str, str, list[str | None]]]:
    """The faults of some flows of a delivery: flow, file, line, field, code, severity, title, values of `key_columns`.

    One row a record and rule, by flow, file and line (of very many, in parts that are sorted each); those of the
    registers stand after those of the same record that were found as it was read. Values are printable; a field that
    no record of the flow has, and an empty one, is None.
    """
    (delivery,) = {e.delivery for e in entries}
    columns, titled = key_columns(layouts, flows), titles(layouts)
    for flow in flows:
        layout = layouts[flow]
        for row in _sorted(_with_errors(home, layout, delivery)):
            key = [_shown(row.get(f"key.{column}"), layout, column, row.get(_CUNI)) for column in columns]
            for error in dict.fromkeys((e["field"], e["code"], e["severity"]) for e in row["errors"]):
                field, code, severity = error
                title = titled.get((flow, code, field), "")
                yield flow, printable(row["file"]), row["line"], field, code, SEVERITIES[severity], title, key


def _shown(value: str | None, layout: Layout, column: str, cuni: str | None) -> str | None:
    """A value of the key; of one that is far too long for its field, or may be a CUNI, only the length."""
    if value is None:
        return None
    allowed = layout.fields[column].length
    longest = max(_LONGEST, allowed) if isinstance(allowed, int) else _LONGEST
    known = len(value) <= longest and not _may_be_cuni(value, layout, cuni)
    return printable(value) if known else f"({len(value)} characters)"


def _may_be_cuni(value: str, layout: Layout, cuni: str | None) -> bool:
    """Whether a value is the record's CUNI, or is as long as one where no CUNI stands in its place."""
    if _CUNI not in layout.fields:
        return False
    return value == cuni or (len(value) > _LONGEST and len(cuni or "") != layout.fields[_CUNI].length)


def _sorted(parts: "Iterator[pa.Table]") -> Iterator[dict]:
    """Rows by file and line; memory stays bounded, so that very many are sorted in parts."""
    for table in _in_pieces(parts):
        for batch in table.sort_by([("file", "ascending"), ("line", "ascending")]).to_batches(max_chunksize=4096):
            yield from batch.to_pylist()


def _in_pieces(parts: "Iterator[pa.Table]") -> "Iterator[pa.Table]":
    """Small tables put together, to about as many rows as may be held."""
    import pyarrow as pa

    held: list[pa.Table] = []
    for part in parts:
        held.append(part)
        if sum(table.num_rows for table in held) >= _HELD:
            yield pa.concat_tables(held)
            held.clear()
    if held:
        yield pa.concat_tables(held)


def _with_errors(home: Home, layout: Layout, delivery: str) -> "Iterator[pa.Table]":
    """The records of a flow that have errors: file, line, errors, key.<column>, and cuni where the flow has it."""
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    name = f"raw/{layout.flow}"
    others = ["file", "line", "errors", *([_CUNI] if _CUNI in layout.fields else [])]
    columns = [*others, *_own_key(layout)]
    heads = [*others, *(f"key.{column}" for column in _own_key(layout))]

    def read(where: ds.Expression, region: str) -> "Iterator[pa.Table]":
        for part in scan(home, name, columns, where, [("delivery", "=", delivery), (_REGION, "=", region)]):
            yield part.rename_columns(heads)

    for region in partition_values(home, name, delivery, _REGION):
        yield from read(pc.list_value_length(ds.field("errors")) > 0, region)
        for errors in _in_pieces(_by_register(home, layout, delivery, region)):
            places = (pc.is_in(ds.field(column), pc.unique(errors[column])) for column in ("line", "file"))
            for part in read(reduce(and_, places), region):
                yield _given(part, errors)


def _by_register(home: Home, layout: Layout, delivery: str, region: str) -> "Iterator[pa.Table]":
    """What the registers found in the records of a flow and region: file, line, field, code, severity."""
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    part = ds.field("slice")
    here = (part == region) | pc.starts_with(part, f"{region}-")
    where = (ds.field("delivery") == delivery) & (ds.field("flow") == layout.flow) & here
    if layout.registered:
        yield from scan(home, REJECTED_BY_REGISTER, ["file", "line", *_ERROR], where)


def _given(records: "pa.Table", errors: "pa.Table") -> "pa.Table":
    """Those of the records that the registers found at fault, with these errors in place of their own."""
    import pyarrow as pa

    found: dict[tuple[str, int], list[dict]] = {}
    for error in errors.to_pylist():
        found.setdefault((error["file"], error["line"]), []).append({name: error[name] for name in _ERROR})
    places = zip(records["file"].to_pylist(), records["line"].to_pylist(), strict=True)
    own = [found.get(place) for place in places]
    at = records.schema.get_field_index("errors")
    given = records.set_column(at, "errors", pa.array(own, records.schema.field(at).type))
    return given.filter(pa.array([errors is not None for errors in own]))
