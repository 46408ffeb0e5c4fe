"""Ingestion: a delivery goes in whole or not at all, and the current records follow it."""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from percorsi.errors import ConfigurationError, DeliveryRefused, PercorsiError, UsageError
from percorsi.flows import ledger as book
from percorsi.flows.content import Content, Watch, digests, read_contents
from percorsi.flows.current import Fate, refresh
from percorsi.flows.files import DeliveryFile, Refusal, discover
from percorsi.flows.layout import Layout, load_layouts
from percorsi.flows.ledger import Entry
from percorsi.flows.lines import FlowLines
from percorsi.flows.raw import counts, judged, write_raw, write_rejected
from percorsi.side_by_side import side_by_side
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Tick = Callable[[str], None]


@dataclass
class FlowReport:
    """What one delivery brought of one flow: numbers of files and records.

    records = accepted + rejected + not_moved; accepted = current + superseded + cancelled. Rejected are those that
    break a rule as they are read, and those that a register does not know.
    """

    files: int = 0
    records: int = 0
    accepted: int = 0
    rejected: int = 0
    not_moved: int = 0
    current: int = 0
    superseded: int = 0
    cancelled: int = 0
    unknown_variations: int = 0


@dataclass
class IngestReport:
    """What an ingestion did: the delivery and its day, the numbers by flow, the files refused.

    `new` is False where nothing was written: the delivery was loaded before.
    """

    delivery: str | None
    delivered: date | None
    new: bool
    flows: dict[str, FlowReport] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    known_files: int = 0


def ingest(
    store: Store,
    deliveries: Path,
    *,
    delivered: date | None = None,
    skip_refused: bool = False,
    tick: Tick | None = None,
) -> IngestReport:
    """Load the delivery in a folder: check its files, keep and judge their lines, bring the current records up to date.

    Without `delivered` files loaded before, by name and content, keep their day and are passed over; the others make
    a delivery of today. With it, the folder is one delivery of that day. Loading a delivery again changes nothing.
    The caller holds the home's lock. `tick` is told what is done.

    Raises DeliveryRefused, with all refused files, before anything is loaded (with `skip_refused` they are noted and
    the others loaded), UsageError where the delivery was loaded with another day, ConfigurationError where a layout
    or its rules are others than those that judged what is loaded.
    """
    tick = tick or (lambda step: None)
    layouts = load_layouts()
    tick("reading the files")
    entries = book.read_ledger(store.home)
    _refuse_changed_layouts(entries, layouts)
    folder = discover(deliveries, layouts)
    found, refused = folder.files, folder.refused
    if not found and not refused:
        raise UsageError(f"{deliveries}: no file of a delivery in it", next_step="name the folder that holds the files")
    watch = Watch(found)
    known = digests(found)
    fresh = _fresh(found, known, refused, entries, delivered)
    identity = book.delivery_id([*((f.path, known[f.path]) for f in fresh), *((r.path, "") for r in refused)])
    contents, unreadable = read_contents(fresh, known, layouts)
    with _steady_blocks(store.spark):
        with _told_apart(watch):
            lines = _lines_by_flow(store.spark, contents, layouts)

            def check(read: FlowLines) -> list[Refusal]:
                tick(f"checking {read.layout.flow}")
                return read.check()

            unreadable += chain.from_iterable(side_by_side(check, lines.values()))
            refused += unreadable
            if refused and not skip_refused:
                raise _refusal(refused)
            for read in lines.values():
                read.leave_out({r.path for r in unreadable})
            noted = {(e.file, e.digest) for e in entries if e.refused is not None}
            new = any(read.contents for read in lines.values()) or any((r.path, r.digest) not in noted for r in refused)
            new = new and not (delivered and not fresh)
            day = delivered or date.today()
            if new:
                entries += _load(store, lines, layouts, refused, identity, day, delivered is not None, watch, tick)
        fates = refresh(store, entries, layouts, tick)
    report = IngestReport(identity if new else None, day if new else None, new, refused=refused)
    report.known_files = len(found) - len(fresh)
    if new:
        report.flows = _by_flow([e for e in entries if e.delivery == identity], fates)
    return report


def _refuse_changed_layouts(entries: list[Entry], layouts: dict[str, Layout]) -> None:
    """Raise ConfigurationError where what is loaded was judged by other rules than those that hold now."""
    loaded = {(e.flow, e.layout) for e in entries if e.refused is None}
    changed = sorted({f for f, judged_by in loaded if f not in layouts or layouts[f].judges_by != judged_by})
    if changed:
        raise ConfigurationError(
            f"the layout or the rules of {', '.join(changed)} are others than those that judged the deliveries loaded",
            next_step="load the deliveries into a new home, or put back conf/flows and conf/codes as they were",
        )


def _fresh(
    found: list[DeliveryFile],
    known: dict[str, str],
    refused: list[Refusal],
    entries: list[Entry],
    delivered: date | None,
) -> list[DeliveryFile]:
    """The files to load: with a day all, or none of a delivery loaded before; without a day those not loaded before."""
    if delivered is None:
        loaded = {(e.name, e.digest) for e in entries if e.refused is None}
        return [f for f in found if (f.name, known[f.path]) not in loaded]
    identity = book.delivery_id([*((f.path, known[f.path]) for f in found), *((r.path, "") for r in refused)])
    earlier = next((e.delivered for e in entries if e.delivery == identity), None)
    if earlier is None:
        return found
    if earlier != delivered:
        raise UsageError(
            f"the same delivery was loaded as of {earlier}, not {delivered}",
            next_step=f"leave the day out, or give --delivered {earlier}",
        )
    return []


def _lines_by_flow(spark: "SparkSession", contents: list[Content], layouts: dict[str, Layout]) -> dict[str, FlowLines]:
    by_flow: dict[str, list[Content]] = defaultdict(list)
    for content in contents:
        by_flow[content.file.flow].append(content)
    return {flow: FlowLines(spark, layouts[flow], by_flow[flow]) for flow in sorted(by_flow)}


@contextlib.contextmanager
def _steady_blocks(spark: "SparkSession") -> Iterator[None]:
    """The same files are cut into the same blocks each time they are read, however many cores there are by then.

    Line numbers rest on it. Beside that, folders of many files are listed here and not by a job of many tiny tasks,
    small files are packed together, and of new tables only the first column, the slice, has its bounds noted.
    """
    steady = {
        "spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols": "1",
        "spark.sql.files.minPartitionNum": str(spark.sparkContext.defaultParallelism),
        "spark.sql.files.openCostInBytes": str(256 * 1024),
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
    }
    before = {key: spark.conf.get(key, None) for key in steady}
    for key, value in steady.items():
        spark.conf.set(key, value)
    try:
        yield
    finally:
        for key, value in before.items():
            spark.conf.unset(key) if value is None else spark.conf.set(key, value)


@contextlib.contextmanager
def _told_apart(watch: Watch) -> Iterator[None]:
    """What fails because a file changed under Spark's hands is told as that, and not in Spark's words."""
    try:
        yield
    except Exception:
        watch.refuse_changed()
        raise


def _refusal(refused: list[Refusal]) -> DeliveryRefused:
    refused = sorted(refused, key=lambda r: r.path)
    return DeliveryRefused(
        "\n".join([f"nothing was loaded: {len(refused)} of the delivery's files cannot be read", *map(str, refused)]),
        next_step="mend the files named, or load the others alone (--skip-refused)",
    )


def _load(
    store: Store,
    lines: dict[str, FlowLines],
    layouts: dict[str, Layout],
    refused: list[Refusal],
    identity: str,
    day: date,
    given: bool,
    watch: Watch,
    tick: Tick,
) -> list[Entry]:
    """Write the lines, their errors and, last and in one commit, the ledger's rows: then the delivery exists."""

    def write(flow: str) -> None:
        tick(f"loading {flow}")
        write_raw(store, layouts[flow], lines[flow], identity, day, given)

    flows = [flow for flow, read in lines.items() if read.contents]
    side_by_side(write, flows)
    entries = [_refused_entry(identity, day, r) for r in refused]
    if flows:
        tick("rejected records")
        kept = judged(store, flows, identity)
        write_rejected(store, kept, identity)
        by_file = defaultdict(list)
        for row in counts(kept):
            by_file[row["file"]].append(row)
        for flow in flows:
            judged_by = layouts[flow].judges_by
            entries += [
                _entry(identity, day, content, judged_by, by_file[content.file.path])
                for content in lines[flow].contents.values()
            ]
    watch.refuse_changed()
    book.append(store, entries)
    return entries


def _entry(identity: str, day: date, content: Content, judged_by: str, rows: list) -> Entry:
    """One file's row, once its lines are all there: counted in its bytes before, and by Spark after."""
    file = content.file
    records, accepted, rejected, not_moved = (
        sum(r[n] for r in rows) for n in ("records", "accepted", "rejected", "not_moved")
    )
    first, last = min((r["first_line"] for r in rows), default=2), max((r["last_line"] for r in rows), default=1)
    if not records == content.records == accepted + rejected + not_moved == last - first + 1 or first != 2:
        raise PercorsiError(
            f"{file.path}: {content.records} records were delivered, {records} kept, of them {accepted} accepted, "
            f"{rejected} rejected and {not_moved} not moved: the numbers do not agree",
            next_step="ingest the delivery again; nothing of it has been loaded",
        )
    return Entry(
        *(identity, day, file.path, file.flow, file.region, file.year, file.period, content.digest, judged_by),
        *(records, accepted, rejected, not_moved, None),
        {r["slice"]: r["accepted"] for r in rows if r["accepted"]},
    )


def _refused_entry(identity: str, day: date, refusal: Refusal) -> Entry:
    place = (refusal.path, refusal.flow, refusal.region, refusal.year, refusal.period, refusal.digest)
    return Entry(identity, day, *place, "", 0, 0, 0, 0, refusal.reason, {})


def _by_flow(entries: list[Entry], fates: list[Fate]) -> dict[str, FlowReport]:
    """A delivery's numbers, flow by flow."""
    reports: dict[str, FlowReport] = defaultdict(FlowReport)
    for entry in entries:
        if entry.refused is None:
            report = reports[entry.flow]
            report.files += 1
            for name in ("records", "accepted", "rejected", "not_moved"):
                setattr(report, name, getattr(report, name) + getattr(entry, name))
    for fate in fates:
        if entries and fate.delivery == entries[0].delivery:
            report = reports[fate.flow]
            for name in ("current", "superseded", "cancelled", "unknown_variations"):
                setattr(report, name, getattr(report, name) + getattr(fate, name))
            report.accepted -= fate.rejected
            report.rejected += fate.rejected
    return dict(sorted(reports.items()))
