"""What the steward's page is made from: counts and checks of areas, names, what is withheld. No row is a person."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from percorsi.quality.items import FEW
from percorsi.quality.page.italian import CLASSES, NATION_NAME, NOTHING, semester
from percorsi.regions import regions

NATION = "IT"
DIAGNOSIS = ("care_episode", "diagnosis")
COUNT_COLUMNS = ("year", "semester", "level", "area", "table", "item", *CLASSES, "denominator")
CHECK_COLUMNS = (
    *("table", "item", "level", "area", "check", "severity", "observed", "threshold", "bound", "elements"),
    *("unexpected", "status", "reason"),
)
_SEVERITY_RANK = {"critical": 0, "warning": 1, "information": 2}


@dataclass(frozen=True)
class CheckText:
    """What a check says to a person: its title, why it matters, what to do, what is counted.

    `item` and `kind`: the item whose class is counted (`valid`: what fails is all else), where departments have it
    too; `semester`: 1 or 2 where it is of one, 0 of the year.
    """

    title: str
    why: str
    action: str
    meaning: str = ""
    item: str = ""
    kind: str = ""
    semester: int = 0


@dataclass(frozen=True)
class ItemText:
    """What an item is called, what counts as valid, and below which denominator neither share nor count is told.

    `is_volume`: it holds records against those that were to be expected: missing are too few, invalid too many.
    """

    label: str
    meaning: str = ""
    least: int = FEW
    is_volume: bool = False


@dataclass(frozen=True)
class Indicator:
    """An indicator as the agreement names it."""

    code: str
    title: str


class Cell(NamedTuple):
    """An item in an area and a semester. `share`: valid of all, null where they are few; `lacking`: all that is not."""

    level: str
    area: str
    table: str
    item: str
    rank: int
    valid: int
    other: int
    default: int
    invalid: int
    missing: int
    denominator: int
    lacking: int
    share: float
    reason: str

    @property
    def is_told(self) -> bool:
        """Whether there is enough for a share."""
        return not math.isnan(self.share)


@dataclass(frozen=True)
class Findings:
    """What one judging found.

    `counts`: COUNT_COLUMNS, a row an area, semester (1, 2; or 0 for items that have a year only), table and item; a
    column `reason` may say why a denominator is zero. `checks`: CHECK_COLUMNS, a row a check and area; there may be
    `since` (`2014-S1`: first semester of the failures that last; `~`, `/`: see `percorsi.quality.since`). `texts`:
    (table, check) -> words. `table_names`, `item_names`: what they are called, of an item also what it means.
    `withheld`: region -> items. `resting`: item -> the indicators that rest on it. `absent`: region -> reason of the
    coverage -> the indicators without a value, of all `indicators`; `lacking`: region -> flow -> periods (`2015 S1`,
    `2014`, `2014 03`) that these would need. `grades`: region -> A, B or C.
    `dsm_names`: area -> name. `accepted`: why failures were, `accepted_by` whom.
    """

    run_key: str
    year: int
    counts: pd.DataFrame
    checks: pd.DataFrame
    texts: Mapping[tuple[str, str], CheckText]
    table_names: Mapping[str, str] = field(default_factory=dict)
    item_names: Mapping[tuple[str, str], ItemText] = field(default_factory=dict)
    withheld: Mapping[str, list[str]] = field(default_factory=dict)
    resting: Mapping[str, list[Indicator]] = field(default_factory=dict)
    indicators: int = 0
    absent: Mapping[str, Mapping[str, list[Indicator]]] = field(default_factory=dict)
    lacking: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    grades: Mapping[str, str] = field(default_factory=dict)
    dsm_names: Mapping[str, str] = field(default_factory=dict)
    accepted: str | None = None
    accepted_by: str | None = None
    synthetic: bool = False

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The counts up to the year with the columns of Cell; `rank` is 2 * year + 0 or 1, of a year's item + 1."""
        counts = self.counts[self.counts["year"] <= self.year].copy()
        of_year = [item in self.yearly for item in zip(counts["table"], counts["item"], strict=True)]
        counts = counts[(counts["semester"] == 0) == of_year]
        counts["semester"] = counts["semester"].replace(0, 2).astype(int)
        counts["rank"] = counts["year"].astype(int) * 2 + counts["semester"] - 1
        counts["lacking"] = counts["denominator"] - counts["valid"]
        least = [self.least(*item) for item in zip(counts["table"], counts["item"], strict=True)]
        counts["share"] = counts["valid"] / counts["denominator"].where(counts["denominator"] >= least)
        counts["reason"] = counts["reason"].fillna(NOTHING) if "reason" in counts else NOTHING
        return counts[list(Cell._fields)]

    @cached_property
    def yearly(self) -> set[tuple[str, str]]:
        """The items that have records of years, and of no semester."""
        counts = self.counts[self.counts["denominator"] > 0]
        latest = counts.groupby(["table", "item"])["semester"].max()
        return set(latest.index[latest == 0])

    @cached_property
    def by_key(self) -> dict[tuple[str, str, str, int], Cell]:
        """(table, item, area, rank) -> the row of `cells`."""
        rows = map(Cell._make, self.cells.itertuples(index=False, name=None))
        return {(cell.table, cell.item, cell.area, cell.rank): cell for cell in rows}

    @cached_property
    def volumes(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """(table, item, area) -> records of the year that came and that were to be expected, of items that say both."""
        of_year = self.counts[(self.counts["year"] == self.year) & (self.counts["semester"] == 0)]
        return {
            (row.table, row.item, row.area): (row.valid + row.invalid, row.valid + row.missing)
            for row in of_year.itertuples()
            if self.item_text(row.table, row.item).is_volume
        }

    @cached_property
    def semesters(self) -> list[int]:
        """The ranks of all semesters from the first that was counted to the second of the year."""
        last = self.year * 2 + 1
        return list(range(int(self.cells["rank"].min()) if len(self.cells) else last - 1, last + 1))

    def periods(self, table: str, item: str) -> list[int]:
        """The ranks of an item from the first with records on: all semesters, or the years' where it has years only."""
        first, last = self._begun.get((table, item), self.semesters[-1]), self.semesters[-1]
        yearly = (table, item) in self.yearly
        return [rank for rank in self.semesters if first <= rank <= last and (rank % 2 or not yearly)]

    @cached_property
    def _begun(self) -> dict[tuple[str, str], int]:
        return self.cells[self.cells["denominator"] > 0].groupby(["table", "item"])["rank"].min().to_dict()

    def period_name(self, table: str, item: str, rank: int, *, short: bool = False) -> str:
        """`1° semestre 2015`, or `2015`."""
        return str(rank // 2) if (table, item) in self.yearly else semester(rank, short=short)

    @cached_property
    def items(self) -> list[tuple[str, str]]:
        """(table, item), the diagnosis first, then as their tables and they are called."""
        found = set(self.cells[["table", "item"]].itertuples(index=False, name=None))
        return sorted(found, key=lambda one: (one != DIAGNOSIS, one[0] != DIAGNOSIS[0], self.subject(*one).casefold()))

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The checks, the gravest first: `since` and `rank` (of the severity) are there."""
        checks = self.checks.assign(rank=self.checks["severity"].map(_SEVERITY_RANK))
        checks["since"] = checks.get("since")
        return checks.sort_values(["rank", "table", "check"], kind="stable").reset_index(drop=True)

    @cached_property
    def failed(self) -> pd.DataFrame:
        return self.judged[self.judged["status"] == "failed"]

    @cached_property
    def dsms(self) -> dict[str, list[str]]:
        """Region -> areas of its DSMs, by name."""
        found: dict[str, list[str]] = {region: [] for region in regions()}
        for frame in (self.cells, self.judged):
            for area in frame.loc[frame["level"] == "dsm", "area"].unique():
                if area not in found.setdefault(area[:3], []):
                    found[area[:3]].append(area)
        return {region: sorted(areas, key=lambda area: (self.name(area), area)) for region, areas in found.items()}

    def name(self, area: str) -> str:
        """Name of an area. A DSM without one is told by what its number is a number of."""
        if area == NATION:
            return NATION_NAME
        if len(area) == 3:
            return regions().get(area, f"Regione {area}")
        _, azienda, dsm = area.split("-", 2)
        return self.dsm_names.get(area) or f"Dipartimento {dsm} dell'azienda {azienda}"

    def of_item(self, table: str, item: str) -> pd.DataFrame:
        return self.cells[(self.cells["table"] == table) & (self.cells["item"] == item)]

    def table_name(self, table: str) -> str:
        return self.table_names.get(table, table.replace("_", " "))

    def item_text(self, table: str, item: str) -> ItemText:
        return self.item_names.get((table, item)) or ItemText(item.replace("_", " "))

    def least(self, table: str, item: str) -> int:
        """The smallest denominator that is told."""
        return self.item_text(table, item).least

    def is_national(self, table: str, item: str) -> bool:
        """Whether an item is counted of the nation alone."""
        return (table, item) not in self._of_regions

    def has_departments(self, table: str, item: str) -> bool:
        """Whether an item is counted by department."""
        return (table, item) in self._of_departments

    @cached_property
    def _of_departments(self) -> set[tuple[str, str]]:
        rows = self.cells.loc[self.cells["level"] == "dsm", ["table", "item"]]
        return set(rows.drop_duplicates().itertuples(index=False, name=None))

    @cached_property
    def _of_regions(self) -> set[tuple[str, str]]:
        rows = self.cells.loc[self.cells["level"] == "region", ["table", "item"]]
        return set(rows.drop_duplicates().itertuples(index=False, name=None))

    def label(self, item: str) -> str:
        """What an item is called, whichever table has it."""
        return next((text.label for (_, name), text in self.item_names.items() if name == item), item.replace("_", " "))

    def subject(self, table: str, item: str) -> str:
        """`Contatti con i servizi: diagnosi di apertura`."""
        label = self.item_text(table, item).label
        return f"{self.table_name(table)}: {label if label[:2].isupper() else label[:1].lower() + label[1:]}"

    def rank_of(self, text: CheckText) -> int:
        """The semester whose departments a check is shown with: its own, of a check of the year the last."""
        return self.year * 2 + text.semester - 1 if text.semester else self.semesters[-1]

    def text(self, table: str, check: str) -> CheckText:
        """The words of a check; a check without any is called by its name."""
        return self.texts.get((table, check)) or CheckText(check.replace("_", " "), "", "")
