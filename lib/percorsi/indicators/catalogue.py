"""The catalogue: every measure and indicator, read, checked as a whole and made ready to be compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from percorsi.digests import digest
from percorsi.errors import UsageError
from percorsi.indicators.check import check
from percorsi.indicators.clauses import Scalar, of_types
from percorsi.indicators.entries import AmongEntry, Card, CatalogueFaults, Entries, MeasureEntry, read_entries
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.kinds import KINDS
from percorsi.indicators.needs import DEATHS, POPULATION, Need, parse_need
from percorsi.settings import conf_dir


@dataclass(frozen=True)
class Indicator:
    """A measure for a pathway: its card in the agreement, the value of every parameter, its reading with them.

    `parameters` are those of the measure; `by_component` holds all that the clauses of each component are asked with.
    """

    code: str
    pathway: str
    parameters: Mapping[str, Scalar]
    by_component: Mapping[str, Mapping[str, Scalar]]
    reading: str
    card: Card


@dataclass(frozen=True)
class Component:
    """A part of a measure, whole: `population` begins with the cohort's clauses and the measure's.

    `parameters` are those that it gives itself. A measure without components has one, with no name.
    """

    name: str
    population: Mapping[str, str]
    numerator: Mapping[str, str]
    parameters: Mapping[str, Scalar]


@dataclass(frozen=True)
class Measure:
    """A definition; `population` begins with the clauses of its cohort, `parameters` with the cohort's.

    `value` and `per` are of a mean, `per` of a ratio as well; `main` is the component that is given as the value: empty
    where there are none, and for the one without a name.
    """

    name: str
    file: str
    title: str
    grain: str
    kind: str
    status: str
    parameters: Mapping[str, Scalar]
    population: Mapping[str, str]
    numerator: Mapping[str, str]
    value: str | None
    per: str | None
    components: Mapping[str, Component]
    naming: str
    main: str
    among: AmongEntry | None
    needs: tuple[Need, ...]
    indicators: Mapping[str, Indicator]

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The flows whose quality its values rest on: the files of those that it needs and regions deliver."""
        files = dict.fromkeys(file for need in self.needs for file in need.files)
        return tuple(file for file in files if file not in (POPULATION, DEATHS))

    def told_as(self, component: str) -> tuple[str, ...]:
        """The names under which a component is given: the main one as the value, which has none, as well."""
        return tuple(dict.fromkeys(["", component] if component == self.main else [component]))


@dataclass(frozen=True)
class Catalogue:
    """All measures by name, and the agreement's cards by code, in its order."""

    measures: Mapping[str, Measure]
    cards: Mapping[str, Card]

    @cached_property
    def by_code(self) -> dict[str, tuple[Measure, Indicator]]:
        """Code -> its measure and itself, in the order of the cards."""
        pairs = {c: (m, i) for m in self.measures.values() for c, i in m.indicators.items()}
        return {code: pairs[code] for code in self.cards if code in pairs}

    def find(self, code: str) -> tuple[Measure, Indicator]:
        """The measure and the indicator of a code. Raises UsageError for one that is not measured."""
        if code not in self.by_code:
            meant = f"{code.upper()} is one; " if code.upper() in self.by_code else ""
            raise UsageError(f"no indicator {code} is measured", next_step=f"{meant}`percorsi catalogue` lists all")
        return self.by_code[code]

    def definitions(self) -> dict[str, Any]:
        """All that decides a value, as plain data: layout and comments of the files are not in it."""
        return {
            code: {
                "measure": measure.name,
                "grain": measure.grain,
                "kind": measure.kind,
                "pathway": indicator.pathway,
                "population": list(measure.population.items()),
                "numerator": list(measure.numerator.items()),
                "value": measure.value,
                "per": measure.per,
                "components": [_component_definition(part) for part in measure.components.values() if part.name],
                "main": measure.main,
                "parameters": dict(indicator.parameters),
                "needs": [str(need) for need in measure.needs],
            }
            for code, (measure, indicator) in self.by_code.items()
        }


def _component_definition(part: Component) -> dict[str, Any]:
    return {
        "name": part.name,
        "population": list(part.population.items()),
        "numerator": list(part.numerator.items()),
        "parameters": dict(part.parameters),
    }


def definitions_digest(catalogue: Catalogue | None = None) -> str:
    """SHA-256 over what decides the values: clauses in their order, parameters, needs of every indicator."""
    return digest((catalogue or load_catalogue()).definitions())


def load_catalogue(folder: Path | None = None, columns: Mapping[str, Mapping[str, str]] | None = None) -> Catalogue:
    """The catalogue of a folder (conf/indicators), checked against the documented feature columns.

    `columns`: grain -> column -> Spark type, where they are not the declared tables'. Raises CatalogueFaults with every
    fault there is; Spark is not needed.
    """
    if columns is not None:
        return _load(folder or conf_dir() / "indicators", columns)
    return _load_declared(folder or conf_dir() / "indicators")


@cache
def _load_declared(folder: Path) -> Catalogue:
    return _load(folder, {name: grain.columns() for name, grain in GRAINS.items()})


def _load(folder: Path, columns: Mapping[str, Mapping[str, str]]) -> Catalogue:
    entries = read_entries(folder)
    faults = [*entries.faults, *check(entries, columns)]
    if faults:
        raise CatalogueFaults(faults)
    measures = {name: _measure(name, entry, entries) for name, entry in entries.measures.items()}
    return Catalogue(measures, entries.cards)


def _measure(name: str, entry: MeasureEntry, entries: Entries) -> Measure:
    cohort_parameters, cohort_clauses = entries.cohort(entry.cohort)
    parameters = {**cohort_parameters, **entry.parameters}
    of_kind = {name: asked for name, asked in KINDS[entry.kind].parameters.items() if isinstance(asked, type)}
    types = {name: type(value) for name, value in parameters.items()} | of_kind
    parameters = of_types(parameters, types)
    of_parts = {part: of_types(said.parameters, types) for part, said in entry.parts().items()}
    return Measure(
        name=name,
        file=entries.files[name],
        title=entry.title,
        grain=entry.grain,
        kind=entry.kind,
        status=entry.status,
        parameters=parameters,
        population={**cohort_clauses, **entry.population},
        numerator=entry.numerator,
        value=entry.value,
        per=entry.per,
        components={
            part: Component(
                part,
                {**cohort_clauses, **entry.population, **said.population},
                said.numerator or entry.numerator,
                of_parts[part],
            )
            for part, said in entry.parts().items()
        },
        naming=entry.naming,
        main=entry.main_part(),
        among=entry.among,
        needs=tuple(parse_need(flow, period) for flow, periods in entry.needs.items() for period in periods),
        indicators={
            code: _indicator(entry, {**parameters, **of_types(said.parameters, types)}, of_parts, entries.cards[code])
            for code, said in entry.indicators.items()
        },
    )


def _indicator(
    entry: MeasureEntry, parameters: dict[str, Scalar], of_parts: Mapping[str, Mapping[str, Scalar]], card: Card
) -> Indicator:
    by_component = {part: {**parameters, **own} for part, own in of_parts.items()}
    reading = entry.reading.format(**by_component[entry.main_part()])
    return Indicator(card.code, card.pathway, parameters, by_component, reading, card)
