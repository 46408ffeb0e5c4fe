"""What is counted of what was delivered: months, accepted lines, days; records of nobody, packs that are not known.

Made from small tables of counts and files; the rows that come back are of regions.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

import pandas as pd

from percorsi.flows.ledger import Entry
from percorsi.periods import PERIODS, months_of
from percorsi.quality.items import CLASSES, Item, volume_item

DAYS_TO_DELIVER = 180  # after the end of a period
MONTHS = 12
REGIONAL = ["table", "item", "region", "period", "semester", *CLASSES]

Delivered = Mapping[tuple[str, str], set[tuple[int, int]]]  # flow, region -> months


def delivered_months(periods: Iterable[tuple[str, str, int | None, str]]) -> Delivered:
    """(flow, region) -> the (year, month) pairs that were delivered; region '' for the files of the nation."""
    months = defaultdict(set)
    for flow, region, year, period in periods:
        if year is not None and period in PERIODS:
            months[flow, region] |= months_of(year, period)
    return months


def gave(delivered: Delivered, flow: str, region: str, year: int) -> bool:
    """Whether something of a flow was delivered for a year, by the region or for the whole nation."""
    return any(of == year for place in (region, "") for of, _ in delivered.get((flow, place), ()))


def count_deliveries(
    items: Mapping[tuple[str, str], Item], delivered: Delivered, ledger: list[Entry], places: Iterable[str], year: int
) -> pd.DataFrame:
    """Items of what was delivered for the year, of the regions that delivered anything for it: REGIONAL columns."""
    givers = {region for (_, region), months in delivered.items() if any(of == year for of, _ in months)}
    giving = [place for place in places if place in givers]
    loaded = [e for e in ledger if e.refused is None and e.year == str(year)]
    counters: dict[str, Callable[[str, str], dict[str, int]]] = {
        "delivered": lambda flow, place: _months(delivered.get((flow, place), set()), year),
        "accepted": lambda flow, place: _accepted([e for e in loaded if (e.flow, e.region) == (flow, place)]),
        "in_time": lambda flow, place: _in_time([e for e in loaded if (e.flow, e.region) == (flow, place)]),
    }
    rows = [
        _row((table, key, place), year, **counters[item.counted](flow, place))
        for (table, key), item in items.items()
        if item.counted in counters
        for flow in item.flows
        for place in giving
    ]
    return _frame(rows)


def count_orphans(
    items: Mapping[tuple[str, str], Item], orphans: pd.DataFrame, volumes: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Records of nobody (missing) beside those of somebody: REGIONAL columns. `orphans`: conformed/orphan."""
    somebody = _of_flow_and_region(volumes, year)
    nobody = orphans[orphans["year"] == year].groupby(["flow", "region"])["records"].sum().to_dict()
    rows = [
        _row((*place, region), year, valid=somebody.get((flow, region), 0), missing=nobody.get((flow, region), 0))
        for place, item in items.items()
        if item.counted == "orphans"
        for flow in item.flows
        for region in sorted({r for f, r in (*somebody, *nobody) if f == flow and r})
    ]
    return _frame(rows)


def count_packs(
    items: Mapping[tuple[str, str], Item], unknown: pd.DataFrame, volumes: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Dispensings that count and those that count nowhere, by reason. `unknown`: conformed/unknown_pack."""
    kinds = {"unknown_pack": "invalid", "no_quantity": "missing", "no_ddd": "other"}
    totals = _of_flow_and_region(volumes, year)
    of_year = unknown[unknown["year"] == year]
    lost = of_year.groupby(["channel", "region", "reason"])["records"].sum().to_dict()
    rows = []
    for (table, key), item in items.items():
        if item.counted != "packs":
            continue
        (flow,) = item.flows
        for region in sorted({r for f, r in totals if f == flow}):
            classes = {kind: int(lost.get((flow, region, reason), 0)) for reason, kind in kinds.items()}
            rest = max(totals[flow, region] - sum(classes.values()), 0)
            rows.append(_row((table, key, region), year, valid=rest, **classes))
    return _frame(rows)


def _of_flow_and_region(volumes: pd.DataFrame, year: int) -> dict[tuple[str, str], int]:
    of_year = volumes[volumes["period"] == year].groupby(["flow", "region"])["records"].sum()
    return {key: int(number) for key, number in of_year.items()}


def count_volumes(volumes: pd.DataFrame, delivered: Delivered, places: Iterable[str], year: int) -> pd.DataFrame:
    """Records of a flow in the year's delivered semesters, beside what the earlier ones let expect: REGIONAL columns.

    Expected is the mean of the delivered semesters of the years before, for as many semesters; the smaller of the two
    numbers is valid, what is lacking is missing, what is beyond is invalid: both lower the share alike. No row
    where the year or the years before have no whole semester, or nothing came in those before.
    """
    numbers = volumes.groupby(["table", "item", "flow", "region", "period", "semester"])["records"].sum().to_dict()
    rows = []
    for table, item, flow in volumes[["table", "item", "flow"]].drop_duplicates().itertuples(index=False):
        for place in places:
            months = delivered.get((flow, place), set()) | delivered.get((flow, ""), set())
            halves = [(y, s) for y in range(year - 3, year + 1) for s in (1, 2) if months_of(y, f"S{s}") <= months]
            found = {half: numbers.get((table, item, flow, place, *half), 0) for half in halves}
            before = [number for (of, _), number in found.items() if of < year]
            now = {half: number for half, number in found.items() if half[0] == year}
            if not sum(before) or not now:  # where nothing came before, nothing is to be expected
                continue
            mean = sum(before) / len(before)
            for semester, number in [*((s, n) for (_, s), n in now.items()), (0, sum(now.values()))]:
                expected = round(mean * (len(now) if semester == 0 else 1))
                lacking, beyond = max(expected - number, 0), max(number - expected, 0)
                counted = {"valid": min(number, expected), "missing": lacking, "invalid": beyond}
                rows.append(_row((table, item, place), year, **counted) | {"semester": semester})
    return _frame(rows)


def with_flow(volumes: pd.DataFrame, flows: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    """The records of each flow with the flow's name. `flows`: table -> its flows."""
    names = {volume_item(flow): flow for own in flows.values() for flow in own}
    return volumes.assign(flow=volumes["item"].map(names))


def _row(place: tuple[str, str, str], year: int, **classes: int) -> dict:
    table, item, region = place
    return {"table": table, "item": item, "region": region, "period": year, "semester": 0, **classes}


def _months(months: set[tuple[int, int]], year: int) -> dict[str, int]:
    there = sum(of == year for of, _ in months)
    return {"valid": there, "missing": MONTHS - there}


def _accepted(entries: list[Entry]) -> dict[str, int]:
    last = {e.period: e for e in sorted(entries, key=lambda e: (e.delivered, e.delivery, e.file))}
    return {"valid": sum(e.accepted for e in last.values()), "invalid": sum(e.rejected for e in last.values())}


def _in_time(entries: list[Entry]) -> dict[str, int]:
    first: dict[str, date] = {}
    for entry in entries:
        first[entry.period] = min(entry.delivered, first.get(entry.period, entry.delivered))
    late = sum(day > _end(entries[0].year, period) + timedelta(days=DAYS_TO_DELIVER) for period, day in first.items())
    return {"valid": len(first) - late, "other": late}


def _end(year: str, period: str | None) -> date:
    _, month = max(months_of(int(year), period or ""))
    return date(int(year), 12, 31) if month == MONTHS else date(int(year), month + 1, 1) - timedelta(days=1)


def _frame(rows: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=REGIONAL)
    return frame.fillna(dict.fromkeys(CLASSES, 0)).astype(dict.fromkeys(CLASSES, "int64"))
