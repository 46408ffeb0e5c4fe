"""The cohort of a year: persons by pathway, how each came to it, and who has another pathway than the year before.

Counts only: one row comes for each pathway, that of the year before, and what told it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from percorsi.cohorts.groups import groups
from percorsi.cohorts.treated import BY_CLOSING, BY_OPENING, BY_STAY
from percorsi.indicators.compute import of_year
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.grid import NATION
from percorsi.indicators.needs import Need
from percorsi.indicators.placed import each_area
from percorsi.periods import Months, months_of
from percorsi.regions import regions
from percorsi.texts import text_table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from percorsi.storage import Store

GRAIN = GRAINS["person_year"]
SOURCES = {BY_CLOSING: "closing", BY_OPENING: "opening", BY_STAY: "SPDC stay"}
FEW = 3  # people read no smaller count, but 0


@dataclass(frozen=True)
class Cohort:
    """The persons of an area (`IT`, a region) with a DSM contact day of the year whose year of birth is known.

    `pathways`: one row a pathway, the last for who has none (null): pathway, persons, of them by what told it
    (sism_closing, sism_opening, sdo), several_groups (whose diagnoses are of more than one group) and tied (whose
    deciding day has a diagnosis of another group). `both_years`: those with a pathway in the year and in the year
    before, `changed`: of them those with another; `changes`: one row for each pathway of the year before and of the
    year: from, to, persons. `untold`: year -> regions of the area, of those with a contact, of which not all files of
    SISM of the year came.
    """

    year: int
    area: str
    pathways: tuple[dict, ...]
    both_years: int
    changed: int
    changes: tuple[dict, ...]
    untold: Mapping[int, tuple[str, ...]]


def cohort(store: "Store", before: "DataFrame", year: int, area: str = NATION) -> Cohort:
    """Count over the features of `year`. `before`: person_id and pathway of the year before."""
    from pyspark.sql import functions as F

    persons = each_area(of_year(store, GRAIN.units, year)).where("level <> 'dsm'")
    counted = (
        persons.where(F.col("area") == area)
        .select("person_id", "pathway", "pathway_source", "pathway_groups", "pathway_tied")
        .join(before.select("person_id", F.col("pathway").alias("before")), "person_id", "left")
        .groupBy("before", "pathway", "pathway_source")
        .agg(F.count("*"), F.count_if(F.col("pathway_groups") > 1), F.count_if("pathway_tied"))
        .collect()
    )
    in_contact = {area}
    if area == NATION:
        in_contact = {row[0] for row in persons.where("level = 'region'").select("area").distinct().collect()}
    delivered = store.read("conformed/delivered_period").select("flow", "region", "year", "period")
    told = _told_months(map(tuple, delivered.collect()))
    untold = {of: _untold(told, of, in_contact) for of in (year - 1, year)}
    return summed(year, area, map(tuple, counted), {of: some for of, some in untold.items() if some})


def summed(year: int, area: str, counted: Iterable[tuple], untold: Mapping[int, tuple[str, ...]]) -> Cohort:
    """`counted`: pathway of the year before, of the year, what told it, persons, of several groups, tied."""
    persons: Counter = Counter()  # (pathway, column) -> persons
    moves: Counter = Counter()  # (from, to) -> persons
    for before, pathway, source, number, several, tied in counted:
        persons[pathway, "persons"] += number
        persons[pathway, source] += number
        persons[pathway, "several_groups"] += several
        persons[pathway, "tied"] += tied
        moves[before, pathway] += number
    columns = ("persons", *SOURCES, "several_groups", "tied")
    changes = [{"from": one, "to": other, "persons": moves[one, other]} for one in groups() for other in groups()]
    return Cohort(
        year=year,
        area=area,
        pathways=tuple(
            {"pathway": pathway, **{column: persons[pathway, column] for column in columns}}
            for pathway in (*groups(), None)
        ),
        both_years=sum(change["persons"] for change in changes),
        changed=sum(change["persons"] for change in changes if change["from"] != change["to"]),
        changes=tuple(changes),
        untold=untold,
    )


def _told_months(delivered: Iterable[tuple[str, str, int | None, str]]) -> dict[tuple[str, str], Months]:
    """(file, region) -> the months that came, of (flow, region, year, period)."""
    months: dict[tuple[str, str], Months] = {}
    for file, region, year, period in delivered:
        if year is not None:
            months.setdefault((file, region), set()).update(months_of(year, period))
    return months


def _untold(months: Mapping[tuple[str, str], Months], year: int, among: Iterable[str]) -> tuple[str, ...]:
    """The regions of which a file of SISM of the year did not come whole, in the order of their codes."""
    sism = Need("SISM", 0)
    wanted = sism.months(year)
    return tuple(
        region
        for region in sorted(among)
        if not all(wanted <= months.get((file, region), set()) for file in sism.files)
    )


def as_text(found: Cohort) -> str:
    """For a terminal; counts below `FEW` are told as such."""
    where = "the nation" if found.area == NATION else f"region {found.area} {regions()[found.area]}"
    heads = {"persons": "persons", **SOURCES, "several_groups": "several groups", "tied": "same day"}
    by_pathway = [
        {"pathway": row["pathway"] or "none", **{head: shown(row[column]) for column, head in heads.items()}}
        for row in found.pathways
    ]
    return "\n".join(
        [
            f"{found.year}, {where}: persons in contact by pathway, and what told it",
            "several groups: diagnoses of more than one; same day: the deciding day has one of another group",
            text_table(to_the_right(by_pathway)),
            "",
            *_moves(found),
            *(f"not all of SISM of {year} was delivered: regions {', '.join(r)}" for year, r in found.untold.items()),
            f"<{FEW}: 1 to {FEW - 1}; unprotected otherwise: for the analyst, not for publication",
        ]
    )


def _moves(found: Cohort) -> list[str]:
    before = found.year - 1
    if not found.both_years:
        return [f"nobody has a pathway in {before} as well"]
    rows = [
        {
            "from": pathway,
            **{move["to"]: shown(move["persons"]) for move in found.changes if move["from"] == pathway},
        }
        for pathway in groups()
    ]
    return [
        f"{shown(found.both_years)} have a pathway in {before} as well, {shown(found.changed)} of them another: from"
        f" {before} to {found.year}",
        text_table(to_the_right(rows)),
    ]


def shown(count: int) -> str:
    """A count as people read it: none below `FEW` but 0."""
    return f"<{FEW}" if 0 < count < FEW else str(count)


def to_the_right(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """All but the first column set to the right, each as wide as its widest cell or head."""
    first, *others = rows[0]
    widths = {head: max(len(head), *(len(row[head]) for row in rows)) for head in others}
    return [{first: row[first], **{head: row[head].rjust(widths[head]) for head in others}} for row in rows]
