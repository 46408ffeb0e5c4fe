"""Which periods of which flow were delivered by whom, and which are missing (manual, section 1).

A period is a set of months, so that a year's file, two semesters and twelve months are the same thing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from textwrap import fill

from percorsi.flows.layout import Layout
from percorsi.flows.ledger import Entry
from percorsi.periods import Months, months_of
from percorsi.regions import regions
from percorsi.texts import text_table

NATION = "IT"
_WIDTH = 118
_RUNS = 2  # runs of missing periods that a cell tells one by one


def missing(entries: Iterable[Entry], layouts: Mapping[str, Layout], year: int | None = None) -> list[dict]:
    """For each flow and region what was expected, and what of it is missing; nothing where nothing was delivered.

    Expected are all years from the first to the last that any file names, or `year` alone. An empty file is a delivery,
    a refused one is none. Rows: flow, region (`IT` for files of the nation), state (`all`, `some` or `never`), expected
    (number of periods), missing (`2014 S2`, `2014`; of a year that came in part its semesters or months), cell (the
    same for readers). A flow of the nation is expected of regions only where a region sends it.
    """
    loaded = [e for e in entries if e.refused is None and e.flow in layouts]
    if not loaded:
        return []
    given: dict[tuple[str, str], Months] = defaultdict(set)
    for entry in loaded:
        given[entry.flow, entry.region or NATION] |= months_of(int(entry.year), entry.period)
    seen = [int(e.year) for e in loaded]
    years = [year] if year else list(range(min(seen), max(seen) + 1))
    return [
        _row(layouts[flow], place, years, given.get((flow, place)))
        for flow in layouts
        for place in _places(layouts[flow], {place for of, place in given if of == flow})
    ]


def _places(layout: Layout, givers: set[str]) -> list[str]:
    """Who is expected to deliver a flow."""
    if layout.scope == "region":
        return list(regions())
    return [place for place in (NATION, *regions()) if place in givers] or [NATION]


def _row(layout: Layout, place: str, years: list[int], given: Months | None) -> dict:
    units = ["S1", "S2"] if layout.period == "semester" else [""]
    lacking: list[str] = []
    months: Months = set()
    for year in years:
        for unit in units:
            due = months_of(year, unit)
            lacks = due - (given or set())
            months |= lacks
            lacking += _named(year, unit, lacks, due)
    state = "never" if given is None else "some" if lacking else "all"
    return {
        "flow": layout.flow,
        "region": place,
        "state": state,
        "expected": len(years) * len(units),
        "missing": lacking,
        "cell": f"{_short(months)} missing" if state == "some" else state,
    }


def _named(year: int, unit: str, lacks: Months, due: Months) -> list[str]:
    """What is missing of one expected period: nothing, all of it, or its semesters or months."""
    if lacks == due:
        return [f"{year} {unit}".rstrip()]
    names = []
    for half in ("S1", "S2"):
        of_half = months_of(year, half)
        names += [f"{year} {half}"] if of_half <= lacks else [f"{year} {m:02}" for _, m in sorted(of_half & lacks)]
    return names


def spans(months: Months) -> list[str]:
    """Months as the runs they make: `2012-2014`, `2012 S2 - 2013 S1`, `2014 03`, `2014 03 - 2014 05`."""
    runs: list[list[tuple[int, int]]] = []
    for year, month in sorted(months):
        if runs and runs[-1][-1] in ((year, month - 1), (year - 1, month + 11)):
            runs[-1].append((year, month))
        else:
            runs.append([(year, month)])
    return [_span(run[0], run[-1]) for run in runs]


def _span(first: tuple[int, int], last: tuple[int, int]) -> str:
    (year, month), (last_year, last_month) = first, last
    if (month, last_month) == (1, 12):
        begin, end = f"{year}", f"{last_year}"
        return begin if begin == end else f"{begin}-{end}"
    if month in (1, 7) and last_month in (6, 12):
        begin, end = f"{year} S{1 + month // 7}", f"{last_year} S{last_month // 6}"
    else:
        begin, end = f"{year} {month:02}", f"{last_year} {last_month:02}"
    return begin if begin == end else f"{begin} - {end}"


def _short(months: Months) -> str:
    runs = spans(months)
    more = len(runs) - _RUNS
    return ", ".join(runs[:_RUNS]) + (f" and {more} more" if more > 0 else "")


def matrix(rows: list[dict]) -> str:
    """The rows of `missing` as regions by flows, in as many blocks as a terminal is narrow.

    Regions that sent nothing at all, and flows that nobody sent, are named below it.
    """
    if not rows:
        return "nothing yet"
    names = {NATION: "nation", **regions()}
    cells = {(row["region"], row["flow"]): row["cell"] for row in rows}
    sent = [row for row in rows if row["state"] != "never"]
    flows = [f for f in dict.fromkeys(row["flow"] for row in rows) if f in {row["flow"] for row in sent}]
    senders = [place for place in names if place in {row["region"] for row in sent}]
    blocks = []
    for some in _blocks(flows, cells, max(len(f"{p} {names[p]}") for p in senders)):
        blocks.append(
            text_table({"region": f"{p} {names[p]}", **{f: cells.get((p, f), "") for f in some}} for p in senders)
        )
    silent = [f"{place} {names[place]}" for place in regions() if place not in senders]
    unsent = [f for f in dict.fromkeys(row["flow"] for row in rows) if f not in flows]
    blocks += [fill(f"never anything from: {', '.join(silent)}", _WIDTH)] if silent else []
    blocks += [fill(f"never sent by anybody: {', '.join(unsent)}", _WIDTH)] if unsent else []
    return "\n\n".join(blocks)


def _blocks(flows: list[str], cells: dict[tuple[str, str], str], first: int) -> list[list[str]]:
    """The flows in groups whose columns stand beside each other."""
    blocks: list[list[str]] = []
    width = _WIDTH
    for flow in flows:
        own = 2 + max(len(flow), *(len(cell) for (_, of), cell in cells.items() if of == flow))
        if width + own > _WIDTH:
            blocks.append([])
            width = first
        blocks[-1].append(flow)
        width += own
    return blocks
