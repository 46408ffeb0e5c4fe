"""The gate: which regions' values are withheld, and the grade of the data under those that are not."""

import pandas as pd

from percorsi.regions import regions

_FAILED = "failed"


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


def regions_left(withheld: dict[str, list[str]], present: set[str], item: str = "diagnosis") -> list[str]:
    """Of the regions `present` in the data, those whose values of an item are not withheld; none: exit code 5."""
    return [region for region in regions() if region in present and item not in withheld.get(region, [])]


def _of_regions(checks: pd.DataFrame) -> pd.Series:
    return checks["level"] == "region"
