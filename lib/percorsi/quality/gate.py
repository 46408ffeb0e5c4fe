"""The gate: which regions' values are withheld, and the grade of the data under those that are not.

An indicator rests on the items that tell of the flows it needs. So what is withheld and graded goes by item to the
steward, and by flow to the indicators.
"""

from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from percorsi.quality.items import item_flows
from percorsi.regions import regions

_FAILED = "failed"
# Items that an earlier judging knew and this one does not are taken for those of the contacts, which all rest on.
_OF_CONTACTS = ("CNT", "CNR")


def withheld(checks: pd.DataFrame) -> dict[str, list[str]]:
    """Region -> items of which a critical check failed there, in the order of the regions' coding.

    `checks` has the columns of quality/check. The nation is never withheld: it leaves those regions out.
    """
    bad = checks[_of_regions(checks) & (checks["status"] == _FAILED) & (checks["severity"] == "critical")]
    found = {area: sorted(set(rows["item"])) for area, rows in bad.groupby("area")}
    return {region: found[region] for region in regions() if region in found}


def grades(checks: pd.DataFrame) -> dict[str, str]:
    """Region -> A (no warning and nothing critical failed), B (a warning failed), C (something critical failed).

    A region of which nothing could be judged has no grade.
    """
    judged = checks[_of_regions(checks) & (checks["status"] != "not_applicable")]
    found = {}
    for area, rows in judged.groupby("area"):
        failed = set(rows.loc[rows["status"] == _FAILED, "severity"])
        found[area] = "C" if "critical" in failed else "B" if "warning" in failed else "A"
    return {region: found[region] for region in regions() if region in found}


def grades_of_flows(checks: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Flow -> region -> the grade of the items that tell of the flow."""
    flows = sorted({flow for item in set(checks["item"]) for flow in flows_of(item)})
    return {flow: grades(checks[checks["item"].map(lambda item, flow=flow: flow in flows_of(item))]) for flow in flows}


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


def _of_regions(checks: pd.DataFrame) -> pd.Series:
    return checks["level"] == "region"
