"""How many remain after each clause of an indicator: of all units of a year to its population, then to its numerator.

One aggregate for the nation and all regions, over the clauses as the engine has them, with the engine's rules: a unit
counts once in each area, and the nation is over who has a contact in a region that covers the indicator.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from percorsi.errors import UsageError
from percorsi.indicators.catalogue import Catalogue, Component, Indicator, Measure, load_catalogue
from percorsi.indicators.clauses import bind
from percorsi.indicators.compile import clause_columns, conditions, population_clauses
from percorsi.indicators.compute import Withheld, areas_of_year, of_year
from percorsi.indicators.coverage import coverage
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.grid import NATION
from percorsi.indicators.placed import Sum, each_area
from percorsi.indicators.results import Regional
from percorsi.regions import regions
from percorsi.texts import text_table

if TYPE_CHECKING:
    from percorsi.storage import Store


@dataclass(frozen=True)
class Step:
    """One clause: its part (`all`, `population`, `numerator`, `value`), its name, its condition with the parameters'
    values. Of a mean, the last asks whether there is a value."""

    part: str
    clause: str
    condition: str


@dataclass(frozen=True)
class Attrition:
    """`remaining`: area (`IT`, a region) -> how many are left after each step; an area that has no value has a reason
    in its stead. `left_out`: the regions with a contact that the nation is without."""

    code: str
    component: str
    year: int
    unit: str
    title: str
    steps: tuple[Step, ...]
    remaining: Mapping[str, tuple[int, ...]]
    reasons: Mapping[str, str]
    left_out: tuple[str, ...]

    def rows(self) -> list[dict]:
        """One row an area and step, the nation first; of an area with a reason one row a step without numbers."""
        return [row for area in (NATION, *regions()) for row in self.of(area)]

    def of(self, area: str) -> Iterator[dict]:
        """The rows of one area. Columns: code, component, level, area, step (0 is all), part, clause, condition,
        remaining, lost (from the step before), reason."""
        counts = self.remaining.get(area)
        for number, step in enumerate(self.steps):
            yield {
                **{"code": self.code, "component": self.component},
                **{"level": "nation" if area == NATION else "region", "area": area, "step": number},
                **{"part": step.part, "clause": step.clause, "condition": step.condition},
                "remaining": counts[number] if counts else None,
                "lost": counts[number - 1] - counts[number] if counts and number else None,
                "reason": self.reasons.get(area),
            }


def as_text(found: Attrition, area: str = NATION) -> str:
    """For a terminal: one area, a clause a line."""
    heads = ("remaining", "lost", "part", "clause", "condition")
    reason = found.reasons.get(area)
    return "\n".join(
        [
            _headline(found, "the nation" if area == NATION else f"region {area} {regions()[area]}"),
            *(
                [f"no value: {reason}"]
                if reason
                else [text_table({h: row[h] for h in heads} for row in found.of(area))]
            ),
            *_footnotes(found, nation=area == NATION),
        ]
    )


def by_region(found: Attrition) -> str:
    """For a terminal: the nation and every region, a clause a column."""
    rows = [
        {
            "area": area,
            "name": name,
            **dict(
                zip((s.clause for s in found.steps), found.remaining.get(area, (None,) * len(found.steps)), strict=True)
            ),
            "no value": found.reasons.get(area),
        }
        for area, name in {NATION: "nation", **regions()}.items()
    ]
    return "\n".join([_headline(found, "nation and regions"), text_table(rows), *_footnotes(found, nation=True)])


def _headline(found: Attrition, where: str) -> str:
    named = f"{found.code} {found.component}".rstrip()
    return f"{named} {found.title}, {found.year}, {where}: {found.unit}s that remain after each clause"


def _footnotes(found: Attrition, *, nation: bool) -> list[str]:
    """What a reader must know of the counts."""
    left_out = [f"the nation is without the regions {', '.join(found.left_out)}"] if nation and found.left_out else []
    return [*left_out, "unprotected counts: for the analyst, not for publication"]


def find_component(measure: Measure, code: str, component: str | None) -> Component:
    """A component of a measure, the main one where none is named. Raises UsageError for one that is not there."""
    name = measure.main if component is None else component
    if name not in measure.components:
        known = ", ".join(name for name in measure.components if name)
        raise UsageError(
            f"{code} has no component '{name}'",
            next_step=f"use one of: {known}" if known else "it has none: leave it out",
        )
    return measure.components[name]


def attrition(
    store: "Store",
    year: int,
    code: str,
    component: str | None = None,
    *,
    withheld: Withheld | None = None,
    catalogue: Catalogue | None = None,
) -> Attrition:
    """Count over the features of `year`. `withheld`: flow -> regions, as in `compute`.

    Raises UsageError for a code or component that is not there.
    """
    catalogue = catalogue or load_catalogue()
    measure, indicator = catalogue.find(code)
    part = find_component(measure, code, component)
    asked = steps(measure, indicator, part)
    certain = clause_columns(measure, indicator, part.name)
    if measure.value is not None:
        certain["value"] += " IS NOT NULL"
    delivered = store.read("conformed/delivered_period").select("flow", "region", "year", "period")
    covered = coverage(catalogue, map(tuple, delivered.collect()), year, withheld)
    sums = _sums([certain[step.clause] for step in asked[1:]], covered.mask(code))
    in_contact, _ = areas_of_year(store, year)
    said = Regional(covered, in_contact, {}).about(code, measure.rests_on)
    counted = _counted(store, year, measure.grain, sums)
    none = (0,) * len(asked)
    return Attrition(
        code=code,
        component=part.name,
        year=year,
        unit=GRAINS[measure.grain].unit,
        title=measure.title,
        steps=asked,
        remaining={area: counted.get(area, none) for area in (NATION, *regions()) if area not in said.reasons},
        reasons=said.reasons,
        left_out=tuple(region for region in said.left_out.split(",") if region),
    )


def steps(measure: Measure, indicator: Indicator, part: Component) -> tuple[Step, ...]:
    """All units first; then the clauses in the order in which they are asked."""
    asked = conditions(indicator, part)
    population = [Step("population", name, asked[name]) for name in population_clauses(measure, part.name)]
    numerator = [Step("numerator", name, asked[name]) for name in part.numerator]
    return (Step("all", "in_contact", ""), *population, *numerator, *_value(measure, indicator, part))


def _value(measure: Measure, indicator: Indicator, part: Component) -> list[Step]:
    """Whether there is a value, of a mean; asked as the compiled value is made."""
    if measure.value is None:
        return []
    value = bind(measure.value, indicator.by_component[part.name])
    divided = f" AND {measure.per} BETWEEN 1 AND 12" if measure.per else ""
    return [Step("value", "value", f"{value} IS NOT NULL{divided}")]


def _sums(conditions: list[str], mask: int) -> list[str]:
    """For no clause, the first, the first two, ...: 1 for a unit of which they hold in an area that counts it."""
    held = [" AND ".join(conditions[:number]) or "true" for number in range(len(conditions) + 1)]
    return [Sum(f"if({holds}, 1L, 0L)", mask).in_area() for holds in held]


def _counted(store: "Store", year: int, grain: str, sums: list[str]) -> dict[str, tuple[int, ...]]:
    """Nation or region -> the sums over its units. One row comes for each area that has any."""
    from pyspark.sql import functions as F

    rows = (
        each_area(of_year(store, GRAINS[grain].units, year))
        .where("level <> 'dsm'")
        .groupBy("area")
        .agg(*(F.expr(f"sum({one})").alias(f"sum_{number}") for number, one in enumerate(sums)))
        .collect()
    )
    return {row[0]: tuple(row[1:]) for row in rows}
