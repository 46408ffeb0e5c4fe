"""The current records: `current/<FLOW>`, the last record of each key, a pure function of the deliveries in the ledger.

It is rebuilt slice by slice, and only where the files that contribute to a slice are others than those it was built
from. The table `current_slice` keeps that, and what became of every file's records.
"""

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from percorsi.errors import PercorsiError, ResultUnavailable
from percorsi.flows.layout import Layout
from percorsi.flows.ledger import Entry, read_ledger, small_table
from percorsi.flows.registers import Registers, asked_by
from percorsi.flows.unknown import BROADCAST_KEYS, faults_by_file, holds_faults, without_rejected, write_faults
from percorsi.home import Home
from percorsi.side_by_side import side_by_side
from percorsi.small_frame import small_frame
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

STATE = "current_slice"
_STATE_SCHEMA = (
    "flow string, slice string, delivery string, file string, accepted long, current long, superseded long, "
    "cancelled long, unknown_variations long, rejected long, registers string"
)
_FEW = 200_000  # records that are simply sorted by their key
_FILE_ROWS = 250_000  # a task writes a file a region: few records, few tasks
_ONE_OF_FAULTS = threading.Lock()  # all flows share the table of what the registers reject
_FILE = ("slice", "delivery", "file")
# Day of delivery, period of the file (by its last month), file name, line; then what tells apart two files of one name
# and day.
_LAST_MONTH = "case file_period when 'S1' then '06' when 'S2' then '12' when '' then '12' else file_period end"
_ORDER = ("delivered", "file_year", _LAST_MONTH, "substring_index(file, '/', -1)", "line", "file", "delivery")


# (flow, slice) -> (delivery, file) -> accepted records
Due = dict[tuple[str, str], dict[tuple[str, str], int]]


@dataclass(frozen=True)
class Fate:
    """What became of the records of one file in one slice that were accepted as they were read.

    accepted = current + superseded + cancelled + rejected. `rejected` are those that a register does not know;
    `registers` is the digest of what the registers said. Of the others of a key the last decides: it is current, or,
    being a cancellation, cancelled; those before it are superseded. `unknown_variations` are variations that found no
    record of their key and were taken as insertions.
    """

    flow: str
    slice: str
    delivery: str
    file: str
    accepted: int
    current: int
    superseded: int
    cancelled: int
    unknown_variations: int
    rejected: int
    registers: str


def read_fates(home: Home) -> list[Fate]:
    """What became of every file's records, as the current records stand; none for a new home. Needs no Spark."""
    return [Fate(**row) for row in small_table(home, STATE)]


def refresh(store: Store, ledger: list[Entry], layouts: dict[str, Layout], tick: Callable[[str], None]) -> list[Fate]:
    """Bring the current records up to date with the ledger; gives what became of the records of each file.

    Raises PercorsiError where the records of a file are not conserved.
    """
    due = _due(ledger)
    built: dict[tuple[str, str], dict[tuple[str, str], Fate]] = defaultdict(dict)
    for fate in read_fates(store.home):
        built[fate.flow, fate.slice][fate.delivery, fate.file] = fate
    empty = {e.flow for e in ledger if e.refused is None and not store.exists(f"current/{e.flow}")}
    first = asked_by(layouts)
    rebuilt = False
    for flows in (first, layouts.keys() - first):  # the registers first: others are judged by them
        registers = Registers(store)
        stale: dict[str, list[str]] = {flow: [] for flow in sorted(flows & empty)}
        for flow, part in sorted(due):
            if flow in flows and _is_stale(due[flow, part], built[flow, part], registers.digest(layouts[flow], part)):
                stale.setdefault(flow, []).append(part)

        def rebuild(flow: str, registers: Registers = registers, stale: dict = stale) -> dict:
            tick(f"current records of {flow}")
            known = {part for f, part in due if f == flow}
            return _rebuild(store, layouts[flow], stale[flow], known, due, registers)

        for flow, parts in zip(stale, side_by_side(rebuild, stale), strict=True):
            built.update({(flow, part): fates for part, fates in parts.items()})
        rebuilt = rebuilt or any(stale.values())
    fates = [fate for parts in built.values() for fate in parts.values()]
    if rebuilt:
        rows = [tuple(getattr(fate, f.name) for f in fields(Fate)) for fate in fates]
        store.write(small_frame(store.spark, rows, _STATE_SCHEMA).coalesce(1), STATE)
    return fates


def _due(ledger: list[Entry]) -> Due:
    due: Due = defaultdict(dict)
    for entry in ledger:
        for part, accepted in (entry.slices or {}).items():
            due[entry.flow, part][entry.delivery, entry.file] = accepted
    return due


def refuse_behind(home: Home) -> None:
    """Raise ResultUnavailable where the current records lag behind what was delivered: an ingestion was killed."""
    built = defaultdict(set)
    for fate in read_fates(home):
        built[fate.flow, fate.slice].add((fate.delivery, fate.file))
    behind = sorted(
        {flow for (flow, part), files in _due(read_ledger(home)).items() if files.keys() != built[flow, part]}
    )
    if behind:
        raise ResultUnavailable(
            f"the current records of {', '.join(behind)} are behind what was delivered: an ingestion did not end",
            next_step="give `percorsi ingest` again, with the same deliveries: it goes on where it was",
        )


def _is_stale(due: dict[tuple[str, str], int], built: dict[tuple[str, str], Fate], registers: str) -> bool:
    """Whether a slice was built from other files, or judged by other registers, than those that hold now."""
    return due.keys() != built.keys() or any(fate.registers != registers for fate in built.values())


def _rebuild(
    store: Store, layout: Layout, stale: list[str], known: set[str], due: Due, registers: Registers
) -> dict[str, dict[tuple[str, str], Fate]]:
    """Write the stale slices of a flow in one commit; gives their files' fates, conserved."""
    from pyspark.sql import functions as F

    name = f"current/{layout.flow}"
    files = {part: due[layout.flow, part] for part in stale}
    accepted = (
        store.read(f"raw/{layout.flow}")
        .where(F.col("delivery").isin(sorted({d for part in files.values() for d, _ in part})))
        .where(_slices_sql(stale))
        .where("accepted")
        .drop("broken_line", "accepted", "errors", "digest")
    )
    with contextlib.ExitStack() as cached:
        faults = registers.faults(accepted, layout)
        unknown: list[Row] = []
        if faults is not None:
            cached.callback(faults.persist().unpersist)
            unknown = faults_by_file(faults)
            accepted = without_rejected(accepted, faults, sum(row["rejected"] for row in unknown))
        number = sum(sum(part.values()) for part in files.values())
        single, several = _by_records_of_key(accepted, layout, number, cached)
        ranked = _ranked(several, layout).persist()
        cached.callback(ranked.unpersist)
        current = ranked.where("fate = 'current'").drop("fate", "unknown")
        store.write(
            current.coalesce(1 + number // _FILE_ROWS) if single is None else current.unionByName(single),
            name,
            partition_by=("slice_region",),
            replace_where=None if known == set(stale) else _slices_sql(stale),
        )
        written = store.read(name).where(_slices_sql(stale)).selectExpr(*_FILE, "'current' as fate", "0 as unknown")
        others = ranked.where("fate <> 'current' or unknown")
        counted = (
            written.unionByName(others.selectExpr(*_FILE, "nullif(fate, 'current') as fate", "int(unknown) as unknown"))
            .groupBy(*_FILE)
            .agg(
                *(F.count_if(F.expr(f"fate = '{f}'")).alias(f) for f in ("current", "superseded", "cancelled")),
                F.sum("unknown").alias("unknown_variations"),
            )
        )
        found = {(r["slice"], r["delivery"], r["file"]): r.asDict() for r in counted.collect()}
        if faults is not None:
            with _ONE_OF_FAULTS:
                if unknown or holds_faults(store, layout.flow):
                    write_faults(store, layout.flow, faults, _slices_sql(stale))
        for row in unknown:
            place = row["slice"], row["delivery"], row["file"]
            found.setdefault(place, {})["rejected"] = row["rejected"]
    return {part: _fates(layout.flow, part, files[part], found, registers.digest(layout, part)) for part in stale}


def _by_records_of_key(
    records: "DataFrame", layout: Layout, number: int, cached: contextlib.ExitStack
) -> "tuple[DataFrame | None, DataFrame]":
    """Records that are the only one of their key, and insertions; and those whose keys have to be brought together.

    Most keys have one record. Of many records the others are found by a hash of the key first, so that only they are
    shuffled and sorted; they are told apart by the key itself, so that two keys of one hash do no harm.
    """
    from pyspark.sql import functions as F

    if number <= _FEW:
        return None, records
    keyed = records.withColumn("_key", F.xxhash64(*layout.key))
    again = (
        keyed.groupBy("_key")
        .agg(F.count("*").alias("n"), F.bool_or(F.expr("upper(operation) <> 'I'")).alias("moved"))
        .where("n > 1 or moved")
        .select("_key")
        .persist()
    )
    cached.callback(again.unpersist)
    marks = F.broadcast(again) if again.count() <= BROADCAST_KEYS else again
    return keyed.join(marks, "_key", "left_anti").drop("_key"), keyed.join(marks, "_key", "left_semi").drop("_key")


def _ranked(df: "DataFrame", layout: Layout) -> "DataFrame":
    """Adds to each record of a key its `fate`, and `unknown`: a variation with no record to vary."""
    keys = ", ".join(f"`{k}`" for k in layout.key)
    window = f"over (partition by {keys} order by {', '.join(_ORDER)})"
    return df.selectExpr(
        "*",
        f"""case when lead(line) {window} is not null then 'superseded'
            when upper(operation) = 'C' then 'cancelled' else 'current' end as fate""",
        f"upper(operation) = 'V' and coalesce(lag(upper(operation)) {window}, 'C') = 'C' as unknown",
    )


def _fates(
    flow: str, part: str, due: dict[tuple[str, str], int], found: dict, registers: str
) -> dict[tuple[str, str], Fate]:
    """The fates of the files of a slice, each held against the number of records the ledger says were accepted."""
    names = ("current", "superseded", "cancelled", "unknown_variations", "rejected")
    fates = {}
    for (delivery, file), accepted in due.items():
        row = found.get((part, delivery, file), {})
        fate = Fate(flow, part, delivery, file, accepted, *(row.get(n, 0) for n in names), registers)
        if fate.current + fate.superseded + fate.cancelled + fate.rejected != accepted:
            raise PercorsiError(
                f"{file}: of {accepted} accepted records {fate.current} are current, {fate.superseded} superseded, "
                f"{fate.cancelled} cancelled and {fate.rejected} rejected by a register: records were lost or doubled",
                next_step="report it; the delivery stays in the ledger, and `percorsi ingest` builds the slice again",
            )
        fates[delivery, file] = fate
    return fates


def _slices_sql(parts: list[str]) -> str:
    """A condition on some slices that also names their regions, the folders they lie in; false for none."""

    def listed(names: set[str]) -> str:
        return ", ".join(f"'{name}'" for name in sorted(names))

    regions = {part.split("-")[0] for part in parts}
    return f"slice_region in ({listed(regions)}) and slice in ({listed(set(parts))})" if parts else "false"
