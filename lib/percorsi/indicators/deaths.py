"""The dead of a year by who tells of them, and how causes of death, ANA, hospitals and SISM agree: counts only."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from percorsi.indicators.cohort import FEW, shown, to_the_right
from percorsi.indicators.compute import of_year
from percorsi.indicators.grid import NATION
from percorsi.regions import regions
from percorsi.texts import text_table

if TYPE_CHECKING:
    from percorsi.storage import Store

TABLE = "features/death_agreement"
WEEK = 7  # days that a closing or a register may lag behind the death
APART = ("same_day", "within_a_week", "further_apart")
LIES = ("before_first_contact", "from_first_contact", "after_year")
_NAMES = {"cdm": "causes of death", "ana": "ANA", "sdo": "hospital", "sism": "SISM"}


@dataclass(frozen=True)
class Deaths:
    """The persons of an area (`IT`, a region) with a DSM contact day of the year who are told to be dead.

    `by_sources`: one row for each set of sources that tell of some: sources (the first is the one whose date counts),
    persons, of them by how far their dates lie apart (the columns of APART) and by where the date that counts lies
    (those of LIES). `suicides`: one row for each pair of what causes of death and SISM say (suicide, other, none) in
    which one of them says suicide: cdm, sism, persons.
    """

    year: int
    area: str
    by_sources: tuple[dict, ...]
    suicides: tuple[dict, ...]


def deaths(store: "Store", year: int, area: str = NATION) -> Deaths:
    """Count over the features of `year`."""
    columns = ["sources", "days_apart", "lies", "cdm_says", "sism_says", "persons"]
    rows = of_year(store, TABLE, year).where(f"region = '{area}'").select(*columns).collect()
    return summed(year, area, (row.asDict() for row in rows))


def summed(year: int, area: str, rows: Iterable[Mapping]) -> Deaths:
    """`rows`: those of `features/death_agreement` of one year and region."""
    counts: dict[str, Counter] = {}
    suicides: Counter = Counter()
    for row in rows:
        number = row["persons"]
        apart = APART[0 if row["days_apart"] == 0 else 1 if row["days_apart"] <= WEEK else 2]
        own = counts.setdefault(row["sources"], Counter())
        own.update({"persons": number, apart: number, row["lies"]: number})
        if "suicide" in (row["cdm_says"], row["sism_says"]):
            suicides[row["cdm_says"], row["sism_says"]] += number
    order = {source: place for place, source in enumerate(_NAMES)}
    listed = sorted(counts, key=lambda sources: [order[source] for source in sources.split(",")])
    return Deaths(
        year=year,
        area=area,
        by_sources=tuple(
            {"sources": sources, **{name: counts[sources][name] for name in ("persons", *APART, *LIES)}}
            for sources in listed
        ),
        suicides=tuple(
            {"cdm": cdm, "sism": sism, "persons": number} for (cdm, sism), number in sorted(suicides.items())
        ),
    )


def as_text(found: Deaths) -> str:
    """For a terminal; counts below `FEW` are told as such."""
    where = "the nation" if found.area == NATION else f"region {found.area} {regions()[found.area]}"
    if not found.by_sources:
        return f"{found.year}, {where}: nobody in contact is told to be dead"
    heads = {"persons": "persons", **{name: name.replace("_", " ") for name in (*APART, *LIES)}}
    by_sources = [
        {"told by": _named(row["sources"]), **{head: shown(row[name]) for name, head in heads.items()}}
        for row in found.by_sources
    ]
    suicides = [
        {"causes of death": row["cdm"], "SISM": row["sism"], "persons": shown(row["persons"])} for row in found.suicides
    ]
    none = ["nobody's death is told to be a suicide"]
    return "\n".join(
        [
            f"{found.year}, {where}: persons in contact who are dead by 31 December {found.year + 1}, by who tells it",
            f"the first named decides; apart: from the earliest to the latest date told, a week is {WEEK} days",
            text_table(to_the_right(by_sources)),
            "before the first contact: a contradiction, no death and no person-years in the mortality ratio",
            "",
            *(["what is told to be a suicide, and by whom", text_table(to_the_right(suicides))] if suicides else none),
            f"<{FEW}: 1 to {FEW - 1}; unprotected otherwise: for the analyst, not for publication",
        ]
    )


def _named(sources: str) -> str:
    return ", ".join(_NAMES[source] for source in sources.split(","))
