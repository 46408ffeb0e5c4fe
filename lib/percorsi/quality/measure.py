"""Counting a year: at most two passes over each conformed table, then sums of small frames; kept for the next judging.

The first pass counts the items that rows tell alone (`counting`), the second what is told by a contact (`contacts`) or
a person (`persons`). Rejected records of diagnoses come from the lines of the contacts, all else from small tables.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from percorsi.digests import code_digest, conf_digest, digest
from percorsi.errors import ResultUnavailable
from percorsi.flows import load_layouts
from percorsi.flows.ledger import LEDGER, read_ledger
from percorsi.quality import areas, deliveries
from percorsi.quality.contacts import contacts, count_contacts
from percorsi.quality.counting import CELL, YEARS_BEFORE, count_rows
from percorsi.quality.counts import NOTHING_REJECTED, add_up
from percorsi.quality.diagnosis import count_rejected, count_states
from percorsi.quality.items import CLASSES, load_items, load_tables
from percorsi.quality.persons import count_persons
from percorsi.regions import regions
from percorsi.small_frame import small_frame
from percorsi.storage import Store
from percorsi.tables import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

DIAGNOSIS_TABLE, ITEM_TABLE = "quality/diagnosis_count", "quality/item_count"
EPISODES, PERIODS, CONTACT_FLOWS = "conformed/care_episode", "conformed/delivered_period", ("CNT", "CNR")
_OF_PERSONS = "persons"  # the items of persons are judged where all that they are held against was delivered
# What makes the counts: pages and suites are no part of it.
_COUNTING = ("areas", "contacts", "counting", "counts", "deliveries", "diagnosis", "items", "measure", "persons")
_BESIDE = ("code_lists", "periods", "regions")
_ROOM = Path(__file__).parent
_EITHER = {"CNR", "DIR"}  # flows that need not have come: the other of the pair tells enough


@dataclass(frozen=True)
class Counts:
    """What was counted of a year: quality/diagnosis_count, quality/item_count, and what they were made from."""

    diagnoses: pd.DataFrame
    items: pd.DataFrame
    made_from: str


def inputs(store: Store) -> dict[str, int]:
    """Table that is counted -> its version. Raises ResultUnavailable where the episodes or the ledger are not there."""
    needed = {name: store.version(name) for name in (EPISODES, LEDGER)}
    conformed = [f"conformed/{name}" for name in load_tables()]
    flows = [flow for flow in CONTACT_FLOWS if store.exists(f"current/{flow}")]
    lines = [name for flow in flows for name in (f"raw/{flow}", f"current/{flow}")]
    return needed | {name: store.version(name) for name in [*conformed, *lines] if store.exists(name)}


def made_from(read: dict[str, int]) -> str:
    """Digest of all that counts rest on: tables, what identifies a record, the regions, the items, the code."""
    return digest(
        {
            "inputs": read,
            "keys": {flow: layout.key for flow, layout in load_layouts().items() if flow in CONTACT_FLOWS},
            "regions": list(regions()),
            "columns": conf_digest("tables/quality"),
            "items": conf_digest("quality/items", "codes"),
            "code": [
                code_digest("conformed", "cohorts"),
                *((_ROOM / f"{name}.py").read_text("utf-8") for name in _COUNTING),
                *((_ROOM.parent / f"{name}.py").read_text("utf-8") for name in _BESIDE),
            ],
        }
    )


def measure(
    store: Store, year: int, read: dict[str, int], *, count: bool = True, tick: Callable[[str], None] | None = None
) -> Counts:
    """The counts of a year; those that stand in the tables are taken where they were made from the same.

    Without `count` nothing is counted: raises ResultUnavailable where what stands there was made from something else.
    """
    tick = tick or (lambda step: None)
    made = made_from(read)
    noted = {name: json.loads(store.digest(name) or "{}") for name in (DIAGNOSIS_TABLE, ITEM_TABLE)}
    if all(note.get(str(year)) == made for note in noted.values()):
        found = [store.read(name).where(f"year = {year}").toPandas() for name in noted]
        return Counts(*found, made)
    if not count:
        raise ResultUnavailable(
            f"nothing was counted of {year}, or the data have changed since",
            next_step=f"count first: `percorsi quality --year {year}`",
        )
    diagnoses, items = _count(store, year, read, tick)
    for name, frame in ((DIAGNOSIS_TABLE, diagnoses), (ITEM_TABLE, items)):
        note = json.dumps({**noted[name], str(year): made}, sort_keys=True)
        write(store, frame, name, f"year = {year}", note)
    return Counts(diagnoses, items, made)


def write(store: Store, frame: pd.DataFrame, name: str, slice_: str, written: str) -> None:
    """Replace one slice (`column = value`) of a table of counts."""
    plain = frame.astype(object).where(frame.notna(), None)
    rows = [tuple(v.item() if hasattr(v, "item") else v for v in row) for row in plain.itertuples(index=False)]
    df = small_frame(store.spark, rows, table(name).schema).coalesce(1)
    store.write(df, name, digest=written, partition_by=(slice_.split()[0],), replace_where=slice_)


def _count(
    store: Store, year: int, read: dict[str, int], tick: Callable[[str], None]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables, items = load_tables(), load_items()
    frames = {name: store.read(f"conformed/{name}") for name in tables if f"conformed/{name}" in read}
    tick("count items")
    rows, volumes = count_rows(frames, tables, year, _spdc_hospitals(frames, year))
    volumes = deliveries.with_flow(volumes, {name: table.flows for name, table in tables.items()})
    tick("count contacts and persons")
    states, of_contacts, of_persons = _second_pass(frames, year)
    tick("count rejected records")
    rejected = [_rejected(store, flow, year) for flow in CONTACT_FLOWS if f"current/{flow}" in read]
    rejected = pd.concat(rejected) if rejected else NOTHING_REJECTED.assign(year=[])
    delivered = _delivered(frames)
    places = list(regions())
    by_region = [
        deliveries.count_orphans(items, _small(frames, "orphan"), volumes, year),
        deliveries.count_packs(items, _small(frames, "unknown_pack"), volumes, year),
        _melted(of_persons, items, year).drop(columns=["azienda", "dsm"]),
    ]
    if delivered is not None:
        by_region += [
            deliveries.count_deliveries(items, delivered, read_ledger(store.home), places, year),
            deliveries.count_volumes(volumes, delivered, places, year),
        ]
    regional = pd.concat(by_region)
    given = None
    if delivered is not None:
        regional = regional[_comparable(regional, delivered, year)]
        flows = {flow for item in items.values() for flow in item.flows}
        given = {(f, r) for f in flows for r in (*places, "") if deliveries.gave(delivered, f, r, year)}
    by_dsm = pd.concat([rows, _melted(of_contacts, items, year), _lost(rejected, rows)])
    counted = areas.add_up(by_dsm, regional, tables, year, given)
    of_year = rejected[rejected["year"] == year].drop(columns="year")
    return add_up(states, of_year, year), counted


def _second_pass(frames: "dict[str, DataFrame]", year: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts of diagnoses by DSM, of contacts by DSM, of persons by region."""
    of_contacts = contacts(frames, year).persist()
    try:
        return (
            count_states(of_contacts, year).toPandas(),
            count_contacts(of_contacts).toPandas(),
            count_persons(of_contacts, frames, year).toPandas(),
        )
    finally:
        of_contacts.unpersist()


def _melted(wide: pd.DataFrame, items: dict, year: int) -> pd.DataFrame:
    """Columns `item|semester|class` as rows: CELL and CLASSES."""
    of = {key: name for name, key in items}
    places = wide.reindex(columns=["region", "azienda", "dsm"])
    found: dict[tuple[str, int], pd.DataFrame] = {}
    for column in wide.columns:
        item, bar, rest = column.partition("|")
        if bar:
            semester, kind = rest.split("|")
            cell = found.setdefault((item, int(semester)), places.copy())
            cell[kind] = wide[column].to_numpy()
    rows = [
        cell.assign(table=of[item], item=item, period=year, semester=semester)
        for (item, semester), cell in found.items()
    ]
    frame = (pd.concat(rows) if rows else pd.DataFrame(columns=CELL)).reindex(columns=[*CELL, *CLASSES])
    return frame.fillna(dict.fromkeys(CLASSES, 0)).astype(dict.fromkeys(CLASSES, "int64"))


def _lost(rejected: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Records that were rejected for a diagnosis, as missing and invalid ones of its item.

    A DSM counts where it is named by current records too; else it is of the region, as `counts.add_up` has it.
    """
    of = rejected.rename(columns={"year": "period"})
    place = ["region", "azienda", "dsm"]
    known = pd.MultiIndex.from_frame(rows.loc[rows["table"] == "care_episode", place].drop_duplicates())
    of.loc[~pd.MultiIndex.from_frame(of[place]).isin(known), ["azienda", "dsm"]] = None
    both = [
        of.assign(item="diagnosis", missing=of["rejected_missing"], invalid=of["rejected_invalid"]),
        of.assign(item="closing_diagnosis", missing=0, invalid=of["rejected_closing"]),
    ]
    frame = pd.concat(both).assign(table="care_episode", valid=0, other=0, default=0)[[*CELL, *CLASSES]]
    return frame.astype(dict.fromkeys(CLASSES, "int64"))


def _comparable(rows: pd.DataFrame, delivered: deliveries.Delivered, year: int) -> pd.Series:
    """Whether all flows that the persons of a region are held against were delivered."""
    items = load_items()

    def holds(table: str, item: str, region: str) -> bool:
        told = items[table, item]
        if told.counted != _OF_PERSONS:
            return True
        needed = set(told.flows) - _EITHER
        return all(
            deliveries.gave(delivered, f, region, year) or deliveries.gave(delivered, f, "", year) for f in needed
        )

    found = [holds(*row) for row in rows[["table", "item", "region"]].itertuples(index=False)]
    return pd.Series(found, index=rows.index, dtype=bool).to_numpy()


def _delivered(frames: "dict[str, DataFrame]") -> deliveries.Delivered | None:
    if "delivered_period" not in frames:
        return None
    periods = frames["delivered_period"].select("flow", "region", "year", "period").collect()
    return deliveries.delivered_months(map(tuple, periods))


def _small(frames: "dict[str, DataFrame]", name: str) -> pd.DataFrame:
    """A table of counts, empty where it is not there."""
    return frames[name].toPandas() if name in frames else pd.DataFrame(columns=list(table(f"conformed/{name}").columns))


def _spdc_hospitals(frames: "dict[str, DataFrame]", year: int) -> list[str]:
    if "service" not in frames:
        return []
    rows = frames["service"].where(f"kind = 'SPDC' and year = {year}").selectExpr("concat(region, structure) as code")
    return sorted({row["code"] for row in rows.collect()})


def _rejected(store: Store, flow: str, year: int) -> pd.DataFrame:
    loaded = store.read(LEDGER).where("refused is null").select("delivery", "file")
    lines = store.read(f"raw/{flow}").join(loaded, ["delivery", "file"], "left_semi")
    key = load_layouts()[flow].key
    return count_rejected(lines, store.read(f"current/{flow}"), key, year, YEARS_BEFORE).toPandas()
