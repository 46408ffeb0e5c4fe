"""Completeness as a table of areas against semesters: the number in every cell, a colour that only repeats it.

Also the same by class (valid, other, provisional, invalid, missing) for one area, and the ranking of departments.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_lowercase

from percorsi.quality.items import FEW
from percorsi.quality.page import italian
from percorsi.quality.page.findings import NATION, Cell, Findings
from percorsi.quality.page.links import area_page
from percorsi.regions import regions

# Least share of each step of the colours, from the worst up; the steps of warnings and critical checks are among them.
STEPS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95)
_FEW_WORDS = f"meno di {FEW} in tutto: la quota non si calcola"


@dataclass(frozen=True)
class HeatCell:
    """A share in its colour, or why there is none."""

    text: str
    css: str
    why: str = ""
    note: str = ""


@dataclass(frozen=True)
class HeatRow:
    name: str
    href: str
    cells: list[HeatCell]
    shares: list[float | None]
    change: str
    is_total: bool = False


@dataclass(frozen=True)
class HeatMap:
    """`heads` are the semesters, `notes` the lettered reasons of cells without a share, `least` is the lowest share."""

    heads: list[str]
    rows: list[HeatRow]
    notes: list[str]
    least: float


@dataclass(frozen=True)
class ClassRow:
    """The classes of an item in one semester: class -> (share, count), and the denominator as shown."""

    name: str
    href: str
    denominator: str
    shares: dict[str, float]
    texts: dict[str, str]
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
    periods = findings.periods(table, item)
    for area in areas:
        found = [_cell(findings.by_key.get((table, item, area, rank)), notes) for rank in periods]
        cells, shares = [cell for cell, _ in found], [share for _, share in found]
        name, change = findings.name(area), italian.points(_change(shares))
        rows.append(HeatRow(name, area_page(area), cells, shares, change, area == NATION))
    heads = [findings.period_name(table, item, rank, short=True) for rank in periods]
    return HeatMap(heads, rows, notes, min((s for row in rows for s in row.shares if s is not None), default=0.0))


def nation_and_regions(findings: Findings, table: str, item: str) -> list[str]:
    """The nation and all regions; the nation alone for what is counted of it alone."""
    return [NATION] if findings.is_national(table, item) else [NATION, *regions()]


def by_semester(findings: Findings, table: str, item: str, area: str) -> list[ClassRow]:
    """The classes of an item in an area, a row a semester."""
    return [
        class_row(findings.period_name(table, item, rank), "", findings.by_key.get((table, item, area, rank)))
        for rank in findings.periods(table, item)
    ]


def class_row(name: str, href: str, cell: Cell | None) -> ClassRow:
    """One row of classes; without shares where nothing was delivered, or too few records."""
    if cell is None or not cell.is_told:
        shown = f"<{FEW}" if cell and cell.denominator else "0"
        return ClassRow(name, href, shown, {}, {}, _why(cell))
    shares = {of: getattr(cell, of) / cell.denominator for of in italian.CLASSES}
    texts = {of: italian.percent(share) for of, share in shares.items()}
    return ClassRow(name, href, italian.number(cell.denominator), shares, texts)


def ranking(findings: Findings, table: str, item: str) -> tuple[list[Ranked], int]:
    """DSMs by the share of records without a valid item in the last period, most first; how many have too few records.

    Of equal shares the one with more such records comes first. DSMs without any record are not among them.
    """
    *earlier, last = findings.periods(table, item)
    keys = [(table, item, area, last) for areas in findings.dsms.values() for area in areas]
    cells = [cell for key in keys if (cell := findings.by_key.get(key)) and cell.denominator]
    enough = [cell for cell in cells if cell.is_told]
    enough.sort(key=lambda cell: (cell.share, -cell.lacking, cell.area))
    before = {
        cell.area: findings.by_key.get((table, item, cell.area, earlier[-1] if earlier else 0)) for cell in enough
    }
    ranked = [
        Ranked(
            place,
            cell.area,
            findings.name(cell.area),
            area_page(cell.area),
            findings.name(cell.area[:3]),
            area_page(cell.area[:3]),
            cell.lacking / cell.denominator,
            cell.lacking,
            cell.denominator,
            before[cell.area].share - cell.share if before[cell.area] else None,
            _mostly(cell),
        )
        for place, cell in enumerate(enough, 1)
    ]
    return ranked, len(cells) - len(enough)


def _cell(cell: Cell | None, notes: list[str]) -> tuple[HeatCell, float | None]:
    if cell and cell.is_told:
        return HeatCell(italian.percent(cell.share), f"c{step(round(cell.share, 3))}"), cell.share
    why = _why(cell)
    if why not in notes:
        notes.append(why)
    shown = f"<{FEW}" if cell and cell.denominator else "–"
    return HeatCell(shown, "nothing", why, ascii_lowercase[notes.index(why)]), None


def _why(cell: Cell | None) -> str:
    """Why there is no share."""
    if cell is None:
        return italian.NOTHING
    return _FEW_WORDS if cell.denominator else cell.reason


def _change(shares: list[float | None]) -> float | None:
    """Of the last semester against the one before."""
    last, before = shares[-1], shares[-2] if len(shares) > 1 else None
    return None if last is None or before is None else last - before


def _mostly(cell: Cell) -> str:
    """The class that most of what is lacking belongs to."""
    if not cell.lacking:
        return "–"
    return italian.CLASSES[max(("missing", "default", "invalid", "other"), key=lambda of: getattr(cell, of))]
