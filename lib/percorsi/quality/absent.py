"""The values that regions will not have, and the files they would need: told with the judging, before the run does."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from percorsi.flows.layout import Layout
from percorsi.flows.ledger import Entry
from percorsi.flows.missing import NATION, missing
from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.coverage import coverage
from percorsi.periods import PERIODS
from percorsi.quality.gate import by_flow
from percorsi.regions import regions

OPTIONAL = "SUP"  # whose absence is a reason of its own
NOT_DELIVERED = ("missing_flow", "window_not_covered")

Absences = Mapping[str, Mapping[str, Collection[str]]]


@dataclass(frozen=True)
class Gaps:
    """`absent`: region -> reason -> codes without a value; `files`: region -> flow -> periods that it lacks."""

    absent: Absences = field(default_factory=dict)
    files: Absences = field(default_factory=dict)


def absent(
    catalogue: Catalogue,
    delivered: Iterable[tuple[str, str, int | None, str]],
    year: int,
    withheld: Mapping[str, Collection[str]],
) -> dict[str, dict[str, list[str]]]:
    """Region -> reason -> codes of the indicators that have no value there, in the order of the agreement.

    `delivered`: rows of conformed/delivered_period as (flow, region, year, period), of which those of no known period
    say nothing, as everywhere in the judging; `withheld`: region -> items.
    """
    known = [row for row in delivered if row[3] in PERIODS]
    found: dict[str, dict[str, list[str]]] = {region: {} for region in regions()}
    for code, reasons in coverage(catalogue, known, year, by_flow(withheld)).reasons.items():
        for region, reason in reasons.items():
            found[region].setdefault(reason, []).append(code)
    return found


def files_lacking(
    catalogue: Catalogue,
    entries: Iterable[Entry],
    layouts: Mapping[str, Layout],
    year: int,
    absences: Absences,
) -> dict[str, dict[str, list[str]]]:
    """Region -> flow -> the periods that it lacks of those that its absent indicators need (`2015 S1`, `2014`).

    `absences`: as `absent` gives them; a region with all it needs is not there. A flow of which one of several would be
    enough is named as well, the supplementary one, which is optional, is not.
    """
    rows = [row for row in missing(entries, layouts) if row["flow"] != OPTIONAL]
    found: dict[str, dict[str, list[str]]] = {}
    for region, reasons in absences.items():
        needed = _needed(catalogue, [code for reason in NOT_DELIVERED for code in reasons.get(reason, ())], year)
        for row in rows:
            own = [period for period in row["missing"] if int(period[:4]) in needed.get(row["flow"], ())]
            if row["region"] in (region, NATION) and own:
                found.setdefault(region, {})[row["flow"]] = own
    return found


def _needed(catalogue: Catalogue, codes: Collection[str], year: int) -> dict[str, set[int]]:
    """Flow -> the years of it that some indicators need."""
    years: dict[str, set[int]] = {}
    for need in {need for code in codes for need in catalogue.by_code[code][0].needs}:
        for flow in need.files:
            years.setdefault(flow, set()).update(of for of, _ in need.months(year))
    return years
