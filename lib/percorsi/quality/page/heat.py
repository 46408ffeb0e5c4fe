"""Completeness as a table of areas against semesters: the number in every cell, a colour that only repeats it.

Also the same by class (valid, other, provisional, invalid, missing) for one area, and the ranking of departments.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from percorsi.quality.page import italian
from percorsi.quality.page.findings import FEW, NATION, Findings
from percorsi.quality.page.links import area_page
from percorsi.regions import regions

# Least share of each step of the colours, from the worst up; the steps of warnings and critical checks are among them.
STEPS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95)
_FEW_WORDS = f"meno di {FEW} record: la quota non si calcola"


@dataclass(frozen=True)
class Cell:
    """A share in its colour, or why there is none."""

    text: str
    css: str
    why: str = ""
    note: int | None = None


@dataclass(frozen=True)
class HeatRow:
    name: str
    href: str
    cells: list[Cell]
    shares: list[float | None]
    change: str
    is_total: bool = False


@dataclass(frozen=True)
class HeatMap:
    """`heads` are the semesters; `notes` the numbered reasons of the cells without a share."""

    heads: list[str]
    rows: list[HeatRow]
    notes: list[str]


@dataclass(frozen=True)
class ClassRow:
    """The classes of an item in one semester: class -> (share, count), and the denominator as shown."""

    name: str
    href: str
    denominator: str
    shares: dict[str, float]
    texts: dict[str, str]
    complete: str
    why: str = ""


@dataclass(frozen=True)
class Ranked:
    """A department in the order of what it lacks."""

    place: int
    area: str
    name: str
    href: str
    region: str
    region_href: str
    share: float
    lacking: int
    records: int
    change: float | None
    mostly: str


def step(share: float) -> int:
    """The number of the colour of a share, 0 the worst."""
    return sum(share >= least for least in STEPS) - 1


def heat_map(findings: Findings, table: str, item: str, areas: Iterable[str]) -> HeatMap:
    """The areas in the order given, the nation told apart from what it is the sum of."""
    notes: list[str] = []
    rows = []
    for area in areas:
        found = [_cell(findings.by_key.get((table, item, area, rank)), notes) for rank in findings.semesters]
        cells, shares = [cell for cell, _ in found], [share for _, share in found]
        name, change = findings.name(area), italian.points(_change(shares))
        rows.append(HeatRow(name, area_page(area), cells, shares, change, area == NATION))
    return HeatMap([italian.semester(rank, short=True) for rank in findings.semesters], rows, notes)


def nation_and_regions() -> list[str]:
    return [NATION, *regions()]


def by_semester(findings: Findings, table: str, item: str, area: str) -> list[ClassRow]:
    """The classes of an item in an area, a row a semester."""
    return [
        class_row(italian.semester(rank), "", findings.by_key.get((table, item, area, rank)))
        for rank in findings.semesters
    ]


def class_row(name: str, href: str, row: dict | None) -> ClassRow:
    """One row of classes; without shares where nothing was delivered, or too few records. `row` is one of `cells`."""
    denominator = row["denominator"] if row else 0
    if denominator < FEW:
        why = _FEW_WORDS if denominator else row["reason"] if row else italian.NOTHING
        return ClassRow(name, href, f"<{FEW}" if denominator else "0", {}, {}, "–", why)
    shares = {of: row[of] / denominator for of in italian.CLASSES}
    texts = {of: italian.percent(share) for of, share in shares.items()}
    return ClassRow(name, href, italian.number(denominator), shares, texts, italian.percent(row["complete"]))


def ranking(findings: Findings, table: str, item: str) -> tuple[list[Ranked], int]:
    """DSMs by the share of records that lack the item in the last semester of the year, most first.

    Of equal shares the one with more records first. Also how many DSMs have too few records to be among them.
    """
    found = findings.of_item(table, item)
    found = found[found["level"] == "dsm"]
    last = found[found["rank"] == findings.semesters[-1]]
    before = found[found["rank"] == findings.semesters[-1] - 1].set_index("area")["complete"]
    some = last[(last["denominator"] > 0) & (last["denominator"] < FEW)]
    enough = last[last["denominator"] >= FEW]
    enough = enough.assign(share=enough["lacking"] / enough["denominator"])
    enough = enough.sort_values(["share", "lacking", "area"], ascending=[False, False, True])
    ranked = [
        Ranked(
            place,
            row["area"],
            findings.name(row["area"]),
            area_page(row["area"]),
            findings.name(row["area"][:3]),
            area_page(row["area"][:3]),
            row["share"],
            row["lacking"],
            row["denominator"],
            before.get(row["area"], float("nan")) - row["complete"],
            _mostly(row),
        )
        for place, row in enumerate(enough.to_dict("records"), 1)
    ]
    return ranked, len(some)


def _cell(row: dict | None, notes: list[str]) -> tuple[Cell, float | None]:
    denominator = row["denominator"] if row else 0
    if denominator >= FEW:
        return Cell(italian.percent(row["complete"]), f"c{step(row['complete'])}"), row["complete"]
    why = _FEW_WORDS if denominator else row["reason"] if row else italian.NOTHING
    if why not in notes:
        notes.append(why)
    return Cell(f"<{FEW}" if denominator else "–", "nothing", why, notes.index(why) + 1), None


def _change(shares: list[float | None]) -> float | None:
    """Of the last semester against the one before."""
    last, before = shares[-1], shares[-2] if len(shares) > 1 else None
    return None if last is None or before is None else last - before


def _mostly(row: dict) -> str:
    """The class that most of what is lacking belongs to."""
    if not row["lacking"]:
        return "–"
    return italian.CLASSES[max(("missing", "default", "invalid"), key=lambda of: row[of])]
