"""What the steward's page is made from: counts and checks of areas, names, what is withheld. No row is a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from percorsi.quality.page.italian import CLASSES, NATION_NAME, NOTHING
from percorsi.regions import regions

NATION = "IT"
DIAGNOSIS = ("care_episode", "diagnosis")
FEW = 10  # below it a share says nothing of how a service works, and a count comes near a person
COUNT_COLUMNS = ("year", "semester", "level", "area", "table", "item", *CLASSES, "denominator")
CHECK_COLUMNS = (
    *("table", "item", "level", "area", "check", "severity", "observed", "threshold", "bound", "elements"),
    *("unexpected", "status", "reason"),
)
_SEVERITY_RANK = {"critical": 0, "warning": 1, "information": 2}


@dataclass(frozen=True)
class CheckText:
    """What a check says to a person: its title, why it matters, what to do, and who is to do it."""

    title: str
    why: str
    action: str
    who: str = ""


@dataclass(frozen=True)
class Indicator:
    """An indicator as the agreement names it."""

    code: str
    title: str


@dataclass(frozen=True)
class Findings:
    """What one judging found.

    `counts`: COUNT_COLUMNS, a row an area, semester (1, 2; rows of the whole year, 0, are not looked at), table and
    item; a column `reason` may say why a denominator is zero. `checks`: CHECK_COLUMNS, a row a check and area;
    columns `since` (`2014-S1`: first semester of the failures that last) and `unit` (of `observed`; `share` where it
    is not there) may be there. `texts`: (table, check) -> words. `withheld`: region -> items. `resting`: item -> the
    indicators that rest on it. `grades`: region -> A, B or C. `dsm_names`: area -> name.
    """

    run_key: str
    year: int
    counts: pd.DataFrame
    checks: pd.DataFrame
    texts: Mapping[tuple[str, str], CheckText]
    withheld: Mapping[str, list[str]] = field(default_factory=dict)
    resting: Mapping[str, list[Indicator]] = field(default_factory=dict)
    grades: Mapping[str, str] = field(default_factory=dict)
    dsm_names: Mapping[str, str] = field(default_factory=dict)
    accepted: str | None = None
    synthetic: bool = False

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The counts of semesters up to the year: `rank` (2 * year + 0 or 1), `lacking` (default, invalid, missing),
        `complete` (share that is not lacking; null where there are fewer than FEW), `reason`."""
        counts = self.counts[(self.counts["semester"] > 0) & (self.counts["year"] <= self.year)].copy()
        counts["rank"] = counts["year"].astype(int) * 2 + counts["semester"].astype(int) - 1
        counts["lacking"] = counts["default"] + counts["invalid"] + counts["missing"]
        enough = counts["denominator"].where(counts["denominator"] >= FEW)
        counts["complete"] = 1 - counts["lacking"] / enough
        counts["reason"] = counts["reason"].fillna(NOTHING) if "reason" in counts else NOTHING
        return counts

    @cached_property
    def by_key(self) -> dict[tuple[str, str, str, int], dict]:
        """(table, item, area, rank) -> the row of `cells`."""
        keys = self.cells[["table", "item", "area", "rank"]].itertuples(index=False, name=None)
        return dict(zip(keys, self.cells.to_dict("records"), strict=True))

    @cached_property
    def semesters(self) -> list[int]:
        """The ranks of all semesters from the first that was counted to the second of the year."""
        last = self.year * 2 + 1
        return list(range(int(self.cells["rank"].min()) if len(self.cells) else last - 1, last + 1))

    @cached_property
    def items(self) -> list[tuple[str, str]]:
        """(table, item), the diagnosis first, then as they are counted."""
        found = list(dict.fromkeys(self.cells[["table", "item"]].itertuples(index=False, name=None)))
        return sorted(found, key=lambda item: item != DIAGNOSIS)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """The checks, the gravest first: `since`, `unit` and `rank` (of the severity) are there."""
        checks = self.checks.copy()
        for column, otherwise in (("since", None), ("unit", "share")):
            checks[column] = checks.get(column, otherwise)
        checks["unit"] = checks["unit"].fillna("share")
        checks["rank"] = checks["severity"].map(_SEVERITY_RANK)
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

    def text(self, table: str, check: str) -> CheckText:
        """The words of a check; a check without any is called by its name."""
        return self.texts.get((table, check)) or CheckText(check.replace("_", " "), "", "")
