"""What arrived and what became of it, for a reader: by delivery, flow and region. Needs no Spark."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from percorsi.flows.arrow import scan
from percorsi.flows.current import read_fates
from percorsi.flows.layout import Layout
from percorsi.flows.ledger import Entry, read_ledger, small_table
from percorsi.flows.missing import NATION, missing, spans
from percorsi.home import Home
from percorsi.periods import Months, months_of
from percorsi.texts import text_table

_ORPHANS = "conformed/orphan"
_OF_ENTRY = ("records", "accepted", "rejected", "not_moved")
_OF_FATE = ("rejected_by_register", "current", "superseded", "cancelled")
_UNKNOWN = "unknown_variations"
# Shorter heads, for a terminal.
_HEADS = {"rejected_by_register": "by register", "not_moved": "not moved", _UNKNOWN: "of them unknown"}


@dataclass(frozen=True)
class Listing:
    """All that `percorsi deliveries` tells.

    `deliveries`: a row for each delivery, flow and region (`IT` for files of the nation): delivered, delivery, flow,
    region, periods, files, and numbers of records, where records = accepted + rejected + not_moved and accepted =
    rejected_by_register + current + superseded + cancelled; `varied` are the accepted variations, `unknown_variations`
    those of them that found no record of their key. `refused`: the files of which nothing was loaded, with the reason.
    `orphaned`: current records that belong to nobody, by flow, region, year and period, as of the last `conform`; None
    where it has not run. They are of a key and not of a file, so that no delivery can be named. `missing`: see
    `percorsi.flows.missing`.
    """

    deliveries: list[dict]
    refused: list[dict]
    orphaned: list[dict] | None
    missing: list[dict]


def listing(home: Home, layouts: Mapping[str, Layout], year: int | None = None) -> Listing:
    """The listing of a home, of all years or of the files whose names say `year`."""
    entries = read_ledger(home)
    chosen = [e for e in entries if year is None or e.year == str(year)]
    orphans = small_table(home, _ORPHANS) if (home.tables / _ORPHANS).exists() else None
    refused = [
        {"delivered": e.delivered, "delivery": e.delivery, "file": e.file, "reason": e.refused}
        for e in chosen
        if e.refused is not None
    ]
    return Listing(
        delivery_rows(home, chosen),
        refused,
        None if orphans is None else [row for row in orphans if year is None or row["year"] == year],
        missing(entries, layouts, year),
    )


def delivery_rows(home: Home, entries: Iterable[Entry]) -> list[dict]:
    """What became of the files of the ledger's `entries`, by delivery, flow and region: see `Listing.deliveries`."""
    groups: dict[tuple, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.refused is None:
            groups[entry.delivered, entry.delivery, entry.flow, entry.region or NATION].append(entry)
    became = _fates(home)
    varied = _variations(home, {e.flow for e in entries}, {e.delivery for e in entries})
    rows = []
    for (delivered, delivery, flow, region), files in groups.items():
        months: Months = set().union(*(months_of(int(e.year), e.period) for e in files))
        of_files = [became[delivery, e.file] for e in files]
        rows.append(
            {
                **{"delivered": delivered, "delivery": delivery, "flow": flow, "region": region},
                **{"periods": ", ".join(spans(months)), "files": len(files)},
                **{name: sum(getattr(e, name) for e in files) for name in _OF_ENTRY},
                **{name: sum(fate[name] for fate in of_files) for name in _OF_FATE},
                "varied": sum(varied[flow, delivery, e.file] for e in files),
                _UNKNOWN: sum(fate[_UNKNOWN] for fate in of_files),
            }
        )
    return sorted(rows, key=lambda r: (r["delivered"], r["delivery"], r["flow"], r["region"]))


def _fates(home: Home) -> dict[tuple[str, str], Counter]:
    """(delivery, file) -> what became of its accepted records, all slices together."""
    found: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for fate in read_fates(home):
        numbers = {name: getattr(fate, name) for name in (*_OF_FATE[1:], _UNKNOWN)}
        found[fate.delivery, fate.file].update(numbers | {_OF_FATE[0]: fate.rejected})
    return found


def _variations(home: Home, flows: Collection[str], deliveries: Collection[str]) -> Counter:
    """(flow, delivery, file) -> accepted variations. The operation is compared in capitals."""
    import pyarrow.dataset as ds

    operation = ds.field("operation")
    varies = ds.field("accepted") & ((operation == "V") | (operation == "v"))
    where = varies & ds.field("delivery").isin(sorted(deliveries))
    found: Counter = Counter()
    for flow in sorted(flows):
        for table in scan(home, f"raw/{flow}", ["delivery", "file"], where):
            for row in table.group_by(["delivery", "file"]).aggregate([([], "count_all")]).to_pylist():
                found[flow, row["delivery"], row["file"]] += row["count_all"]
    return found


def as_text(told: Listing) -> str:
    """The listing for a terminal: each delivery with its flows, what was refused, what belongs to nobody."""
    if not told.deliveries and not told.refused:
        return "nothing yet"
    parts = [_delivery(told, *which) for which in sorted({(r["delivered"], r["delivery"]) for r in _all(told)})]
    return "\n\n".join([*parts, _orphaned(told.orphaned), _gaps(told.missing)])


def _all(told: Listing) -> list[dict]:
    return [*told.deliveries, *told.refused]


def _delivery(told: Listing, delivered: object, delivery: str) -> str:
    rows = [r for r in told.deliveries if r["delivery"] == delivery]
    refused = [r for r in told.refused if r["delivery"] == delivery]
    files, records = (sum(r[name] for r in rows) for name in ("files", "records"))
    head = f"{delivered}  delivery {delivery}: {_number(files, 'file')}, {_number(records, 'record')}"
    shown = [{_HEADS.get(k, k): v for k, v in r.items() if k not in ("delivered", "delivery")} for r in rows]
    lines = [head + (f"; {_number(len(refused), 'file')} refused" if refused else "")]
    lines += [text_table(shown)] if shown else []
    return "\n".join([*lines, *(f"refused: {r['file']}: {r['reason']}" for r in refused)])


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _orphaned(rows: list[dict] | None) -> str:
    if rows is None:
        return "records that belong to nobody: known once `percorsi conform` has run"
    by_flow: Counter = Counter()
    for row in rows:
        by_flow[row["flow"]] += row["records"]
    told = ", ".join(f"{number} of {flow}" for flow, number in sorted(by_flow.items())) or "none"
    return f"current records that belong to nobody, as of the last `percorsi conform`: {told}"


def _gaps(rows: list[dict]) -> str:
    """In how many pairs a period is missing, of the regions that sent something and the flows that somebody sent."""
    sent = [row for row in rows if row["state"] != "never"]
    flows, places = ({row[name] for row in sent} for name in ("flow", "region"))
    due = [row for row in rows if row["flow"] in flows and row["region"] in places]
    gaps = sum(row["state"] != "all" for row in due)
    return f"a period is missing in {gaps} of {len(due)} pairs of region and flow: `percorsi deliveries --missing`"
