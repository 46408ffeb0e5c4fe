"""Which regions' data cover an indicator, and why the others do not (manual sections 1 and 3).

Pure Python over the small table of delivered periods. A period is a set of months, so that a year's file, two semesters
and twelve months are the same thing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from percorsi.indicators.catalogue import Catalogue, Measure
from percorsi.indicators.needs import DEATHS, POPULATION, YEARS_READ, Need
from percorsi.periods import Months, months_of
from percorsi.reference import years_of_deaths, years_of_population
from percorsi.regions import mask, regions

# In the order in which they are given where several hold.
REASONS = (
    "missing_flow",
    "window_not_covered",
    "supplementary_flow_absent",
    "quality",
    "denominator_zero",
    "expected_below_one",
)
COUNTS_STAY = ("expected_below_one",)  # numerator and denominator are given, and no value


@dataclass(frozen=True)
class Coverage:
    """Code -> region -> reason, for the regions that have no value; the others cover the indicator."""

    reasons: Mapping[str, Mapping[str, str]]

    def covering(self, code: str) -> list[str]:
        """The regions that cover an indicator, in the order of their codes."""
        return [region for region in regions() if region not in self.reasons[code]]

    def mask(self, code: str) -> int:
        """The covering regions as a mask (regions.bit)."""
        return mask(set(self.covering(code)))

    def first_reason(self, code: str, among: Collection[str]) -> str:
        """The first, in the order of REASONS, of the reasons of some regions left out; of all where none is named."""
        found = {reason for region, reason in self.reasons[code].items() if region in among or not among}
        return min(found, key=REASONS.index)


def coverage(
    catalogue: Catalogue,
    delivered: Iterable[tuple[str, str, int | None, str]],
    year: int,
    withheld: Mapping[str, Collection[str]] | None = None,
) -> Coverage:
    """What was delivered, as (flow, region, year, period), against what every indicator of `year` needs.

    Reference data of conf/reference are delivered to all. `withheld`: flow -> regions whose values are not given for
    the indicators that rest on the quality of the flow.
    """
    months = _delivered_months([*delivered, *_reference()], year)
    by_measure = {
        name: {region: reason for region in regions() if (reason := _reason(measure, region, months, year, withheld))}
        for name, measure in catalogue.measures.items()
    }
    return Coverage({code: by_measure[measure.name] for code, (measure, _) in catalogue.by_code.items()})


def _delivered_months(
    delivered: Iterable[tuple[str, str, int | None, str]], year: int
) -> dict[tuple[str, str], Months]:
    """(file, region) -> the months of the years that are read; region '' for the files of the nation.

    The supplementary flow is read from before as well: it was delivered once where any year up to the last read was.
    """
    months: dict[tuple[str, str], Months] = {}
    for file, region, of_year, period in delivered:
        if of_year is None:
            continue
        if of_year - year in YEARS_READ or (file == "SUP" and of_year - year < YEARS_READ.start):
            months.setdefault((file, region), set()).update(months_of(of_year, period))
    return months


def _reason(
    measure: Measure,
    region: str,
    months: Mapping[tuple[str, str], Months],
    year: int,
    withheld: Mapping[str, Collection[str]] | None,
) -> str | None:
    holds = {reason for need in measure.needs if (reason := _lacking(need, region, months, year))}
    if any(region in (withheld or {}).get(flow, ()) for flow in measure.rests_on):
        holds.add("quality")
    return min(holds, key=REASONS.index, default=None)


def _lacking(need: Need, region: str, months: Mapping[tuple[str, str], Months], year: int) -> str | None:
    """Why a need is not met: where one of several flows is enough, it is missing where all of them are."""
    lacking = []
    for files in need.alternatives:
        holds = set()
        for file in files:
            there = months.get((file, region), set()) | months.get((file, ""), set())  # the nation's hold for all
            if not there:
                holds.add("supplementary_flow_absent" if file == "SUP" else "missing_flow")
            elif not need.months(year) <= there:
                holds.add("window_not_covered")
        lacking.append(min(holds, key=REASONS.index, default=None))
    return None if None in lacking else max(lacking, key=REASONS.index)


def _reference() -> Iterator[tuple[str, str, int, str]]:
    """The years of reference data, as deliveries of the nation."""
    for flow, years in ((POPULATION, years_of_population()), (DEATHS, years_of_deaths())):
        yield from ((flow, "", year, "") for year in years)
