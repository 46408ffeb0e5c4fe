"""The gate: which regions' values are withheld, and the grade of the data under those that are not.

An indicator rests on the items that tell of the flows it needs. So what is withheld and graded goes by item to the
steward, and by flow to the indicators. What is judged in the nation alone, or of a file of the nation in it alone for
want of numbers, is of every region.
"""

from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from percorsi.flows import load_layouts
from percorsi.quality.items import item_flows
from percorsi.regions import regions

_FAILED = "failed"
# Items that an earlier judging knew and this one does not are taken for those of the contacts, which all rest on.
_OF_CONTACTS = ("CNT", "CNR")


def withheld(checks: pd.DataFrame) -> dict[str, list[str]]:
    """Region -> items of which a critical check failed there, in the order of the regions' coding.

    `checks` has the columns of quality/check. The nation is never withheld: it leaves those regions out.
    """
    judged = _of_regions(checks)
    bad = judged[(judged["status"] == _FAILED) & (judged["severity"] == "critical")]
    found = {area: sorted(set(rows["item"])) for area, rows in bad.groupby("area")}
    return {region: found[region] for region in regions() if region in found}


def grades(checks: pd.DataFrame) -> dict[str, str]:
    """Region -> A (no warning and nothing critical failed), B (a warning failed), C (something critical failed).

    A region of which nothing could be judged has no grade.
    """
    return _graded(_of_regions(checks))


def _graded(rows: pd.DataFrame) -> dict[str, str]:
    judged = rows[rows["status"] != "not_applicable"]
    found = {}
    for area, rows in judged.groupby("area"):
        failed = set(rows.loc[rows["status"] == _FAILED, "severity"])
        found[area] = "C" if "critical" in failed else "B" if "warning" in failed else "A"
    return {region: found[region] for region in regions() if region in found}


def grades_of_flows(checks: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Flow -> region -> the grade of the items that tell of the flow."""
    flows = sorted({flow for item in set(checks["item"]) for flow in flows_of(item)})
    rows = _of_regions(checks)  # of all items: a region may be judged in none of a flow's
    return {flow: _graded(rows[rows["item"].map(lambda item, flow=flow: flow in flows_of(item))]) for flow in flows}


def by_flow(withheld: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Region -> items, as the gate tells it, as flow -> regions, as the indicators ask it."""
    found: dict[str, set[str]] = {}
    for region, items in withheld.items():
        for flow in (flow for item in items for flow in flows_of(item)):
            found.setdefault(flow, set()).add(region)
    return found


def flows_of(item: str) -> tuple[str, ...]:
    """The flows that an item tells of."""
    return item_flows().get(item, _OF_CONTACTS)


def regions_left(
    withheld: Mapping[str, Collection[str]], present: Collection[str], flows: Collection[str] = _OF_CONTACTS
) -> list[str]:
    """Of the regions `present` in the data, those whose values are not withheld for what rests on some flows."""
    closed = by_flow(withheld)
    shut = set().union(*(closed.get(flow, ()) for flow in flows))
    return [region for region in regions() if region in present and region not in shut]


def is_closed(
    withheld: Mapping[str, Collection[str]], present: Collection[str], needed: Iterable[Collection[str]]
) -> bool:
    """Whether no region is left for anything; `needed`: the flows of each indicator. None present: it is open."""
    return bool(present) and not any(regions_left(withheld, present, flows) for flows in needed)


def _of_regions(checks: pd.DataFrame) -> pd.DataFrame:
    """The rows of regions; and, as rows of theirs, what the nation fails and they are not judged in by themselves.

    That is a check of an item that regions do not have, or one of a file of the nation (CDM, ANA, AIC) of which they
    have too few. Of regions of which something was judged at all.
    """
    regional = checks[checks["level"] == "region"]
    judged = regional[regional["status"] != "not_applicable"]
    asked = set(regional["item"])
    known = set(zip(judged["item"], judged["severity"], judged["area"], strict=True))
    failed = checks[(checks["level"] == "nation") & (checks["status"] == _FAILED)]
    added = [
        {**row, "level": "region", "area": area}
        for row in failed.to_dict("records")
        if row["item"] not in asked or _is_national(row["item"])
        for area in judged["area"].unique()
        if (row["item"], row["severity"], area) not in known
    ]
    return pd.concat([regional, pd.DataFrame(added, columns=checks.columns)]) if added else regional


def _is_national(item: str) -> bool:
    """Whether an item tells of files of the nation alone."""
    layouts = load_layouts()
    return all(layouts[flow].scope == "national" for flow in flows_of(item))
