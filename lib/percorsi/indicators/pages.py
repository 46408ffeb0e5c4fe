"""A page for each indicator, and their index by phase, of the catalogue and the clinical cases: docs/indicators."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from percorsi.indicators.cases import UNSAID, Case, cases_of_code, load_cases
from percorsi.indicators.catalogue import Catalogue, Component, Indicator, Measure, load_catalogue
from percorsi.indicators.clauses import Scalar, bind
from percorsi.indicators.columns import numbers_named
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.kind import GAP, RATE, RATIO
from percorsi.prevalence import load_prevalences

_PATHWAYS = {
    "schizophrenia": "schizophrenia",
    "bipolar": "bipolar disorder",
    "depressive": "depressive disorder",
    "severe_personality": "severe personality disorder",
}
_PHASES = {  # in the order of care
    "Presa in carico precoce": "early care",
    "Gestione della fase acuta": "care in the acute phase",
    "Trattamenti continuativi e a lungo termine": "continuous and long-term treatment",
}
_STATUS = {
    "N": "national flows, as the card says",
    "P": "proxy on the national flows",
    "S": "needs the supplementary flow of the region",
}
_INDEX = "README.md"


def pages(catalogue: Catalogue, cases: Mapping[str, list[Case]]) -> dict[str, str]:
    """File name -> Markdown. `cases`: measure -> its clinical cases."""
    numbers = numbers_named(catalogue)
    made = {
        f"{code}.md": _page(measure, indicator, cases_of_code(catalogue, cases, code), numbers)
        for code, (measure, indicator) in catalogue.by_code.items()
    }
    return {_INDEX: _index(catalogue), **made}


def write_pages(folder: Path) -> None:
    """Write all pages of the catalogue into a folder, and remove those of indicators that are no more."""
    made = pages(load_catalogue(), load_cases())
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def _index(catalogue: Catalogue) -> str:
    lines = [
        "# Indicators",
        "",
        f"{len(catalogue.by_code)} of the agreement's {len(catalogue.cards)} indicators are measured.",
        "The pages are made from the catalogue and the clinical cases:",
        "`python -m percorsi.indicators.pages docs/indicators`.",
    ]
    for phase, in_english in _PHASES.items():
        rows = [
            (
                f"[{code}]({code}.md)",
                measure.title,
                of.card.title,
                _PATHWAYS[of.pathway],
                _mark(of),
                measure.status,
                f"`{measure.name}`",
            )
            for code, (measure, of) in catalogue.by_code.items()
            if of.card.phase == phase
        ]
        if rows:
            heads = ("code", "indicator", "official name", "pathway", "mark", "status", "measure")
            lines += ["", f"## {phase} ({in_english})", "", *_table(heads, rows)]
    status = "; ".join(f"{letter}, {meaning}" for letter, meaning in _STATUS.items())
    return "\n".join([*lines, "", f"Status: {status}.", "", *_not_measured(catalogue)]) + "\n"


def _not_measured(catalogue: Catalogue) -> list[str]:
    """What the agreement has besides, by pathway; a pathway of which nothing is measured by its number only."""
    all_of = Counter(card.pathway for card in catalogue.cards.values())
    missing = {
        pathway: [c for c, card in catalogue.cards.items() if card.pathway == pathway and c not in catalogue.by_code]
        for pathway in _PATHWAYS
    }
    said = [
        f"{_PATHWAYS[pathway]}: {', '.join(codes) if len(codes) < all_of[pathway] else f'all {len(codes)}'}"
        for pathway, codes in missing.items()
        if codes
    ]
    return [f"Not measured yet: {'; '.join(said)}."] if said else []


def _page(
    measure: Measure, indicator: Indicator, cases: list[Case], numbers: Mapping[str, Mapping[str, list[str]]]
) -> str:
    card = indicator.card
    unit = GRAINS[measure.grain].unit
    given = measure.components[measure.main]  # what the value of the indicator asks
    facts = {
        "official name": card.title,
        "English name": measure.title,
        "pathway": _PATHWAYS[card.pathway],
        "phase": f"{card.phase} ({_PHASES[card.phase]})",
        "mark": _mark(indicator),
        "measure": f"`{measure.name}` ({measure.kind}), in `conf/indicators/{measure.file}`",
        "unit": unit,
        "status": f"{measure.status}: {_STATUS[measure.status]}",
        "needed flows": _needs(measure),
        "rests on the quality of": ", ".join(measure.rests_on),
    }
    lines = [
        f"# {indicator.code} {measure.title}",
        "",
        indicator.reading,
        "",
        *_table(("", ""), facts.items()),
        "",
        f"## Population: each {unit} of the year of which all of these hold",
        "",
        f"1. `pathway`: {_PATHWAYS[card.pathway]}",
        *_clauses(given.population),
        "",
        *_counted(measure, indicator, given, unit),
        "## Parameters",
        "",
        *_parameters(indicator.by_component[given.name]),
        "",
        *_numbers(indicator.code, numbers),
        *_components(measure, indicator),
        "What is unknown counts as not holding; who has no DSM contact day in the year is in no population. Y is the",
        f"evaluation year; the columns are documented in `conf/tables/features/{measure.grain}.yaml`, and listed by",
        "`percorsi features --list`.",
        *_cases(indicator, cases),
    ]
    return "\n".join(lines) + "\n"


def _needs(measure: Measure) -> str:
    """`SISM Y, Y+1S1; SDO Y`"""
    periods: dict[str, list[str]] = {}
    for need in measure.needs:
        periods.setdefault(need.flow, []).append(str(need).removeprefix(f"{need.flow} "))
    return "; ".join(f"{flow} {', '.join(of_flow)}" for flow, of_flow in periods.items())


def _counted(measure: Measure, indicator: Indicator, given: Component, unit: str) -> list[str]:
    """What is made of the population: the numerator of a proportion, the value of a mean."""
    if measure.kind == RATIO:
        return [
            "## Numerator: of these, each of which all of these hold",
            "",
            *_clauses(measure.numerator),
            "",
            "## Denominator: the deaths expected",
            "",
            f"`{measure.per}` of each {unit}, or one year with `time` = headcount, summed by sex and class of five",
            "years (90 and over together), times the deaths of Y by the mean of the residents of 1 January of Y and of",
            "Y+1, of the nation or, with `reference` = region, of the region of residence. Below `minimum_expected`",
            "both counts are given and no ratio.",
            "",
        ]
    if measure.kind == GAP:
        prevalence = load_prevalences()[indicator.parameters["prevalence"]]
        limits = f" ({prevalence.lower:g} to {prevalence.upper:g})" if prevalence.lower is not None else ""
        return [
            "## Value",
            "",
            f"All of these {unit}s are treated: per 10,000 residents of all ages on 1 January of Y they are the",
            "numerator, and the prevalence per 10,000 is the denominator. The component `coverage` is the one by the",
            "other, the value what that leaves of 1. Residents are ISTAT's of the region; of the nation those of the",
            "regions that cover the indicator; of a DSM the catchments of its CSMs.",
            "",
            f"Prevalence, as `prevalence` names it in `conf/reference/prevalence`: {prevalence.per_10000:g}{limits}.",
            prevalence.source,
            "",
            "Of a synthetic nation below scale 1 this says nothing: residents are not scaled.",
            "",
        ]
    if measure.value is not None:
        per = [f"divided by `{measure.per}`, "] if measure.per else []
        said = f"`{measure.value}` of each {unit}, {''.join(per)}the mean over all of them."
        return ["## Value", "", said, ""]
    if not given.numerator:
        return []
    per = ["The value is given per 1000 of the population.", ""] if measure.kind == RATE else []
    return ["## Numerator: of these, each of which all of these hold", "", *_clauses(given.numerator), "", *per]


def _numbers(code: str, numbers: Mapping[str, Mapping[str, list[str]]]) -> list[str]:
    """The numbers of the making of the features that its columns name, and who else is moved with them."""
    lines = []
    for number, columns in numbers.items():
        if code in columns:
            others = ", ".join(other for other in columns if other != code)
            own = ", ".join(f"`{column}`" for column in columns[code])
            lines.append(f"- `{number}`, in {own}{f': one number for {others} too' if others else ''}")
    said = "They stand in `conf/base/parameters.yaml`, and each is one for all who read it."
    return ["## Numbers that the meaning of its columns names", "", said, "", *lines, ""] if lines else []


def _components(measure: Measure, indicator: Indicator) -> list[str]:
    """The parts, each with what it does otherwise than the one that is the value, which the sections above tell."""
    named = [part for part in measure.components.values() if part.name]
    if not named:
        return []
    given, known = measure.components[measure.main], indicator.by_component[measure.main]
    lines = ["## Components", "", *([measure.naming, ""] if measure.naming else [])]
    if measure.main:
        lines += [f"The value of the indicator is that of `{measure.main}`, told above.", ""]
    for part in named:
        asked = indicator.by_component[part.name]
        own = [f"`{name}` = {value}" for name, value in asked.items() if value != known.get(name)]
        lines.append(f"- `{part.name}`{': ' if own else ''}{', '.join(own)}")
        lines += [f"  - {line}" for line in _other_clauses(part, given, asked)]
    return [*lines, ""]


def _other_clauses(part: Component, given: Component, asked: Mapping[str, Scalar]) -> list[str]:
    """What a part asks otherwise, with its own numbers put in."""

    def told(name: str, sql: str) -> str:
        return f"`{name}`: `{bind(sql, asked)}`"

    own = [told(name, sql) for name, sql in part.population.items() if given.population.get(name) != sql]
    gone = [f"`{name}`" for name in given.population if name not in part.population]
    numerator = [told(name, sql) for name, sql in part.numerator.items() if part.numerator != given.numerator]
    return [
        *(f"in the population only where {clause}" for clause in own),
        *(f"in the population also where {name} does not hold" for name in gone),
        *(f"in the numerator where {clause}" for clause in numerator),
    ]


def _cases(indicator: Indicator, cases: list[Case]) -> list[str]:
    if not cases:
        return []
    rows = [(case.who, "<br>".join(case.happened), case.why, case.place.replace("\n", "<br>")) for case in cases]
    told_of = f"; they are told of {cases[0].code}, of the same measure" if cases[0].code != indicator.code else ""
    return [
        "",
        "## Clinical cases",
        "",
        f"{UNSAID} The cases stand in `tests/cases/{cases[0].file}` and are run by the tests{told_of}.",
        "",
        *_table(("who", "what happened", "why", "expected"), rows),
    ]


def _clauses(clauses: Mapping[str, str]) -> list[str]:
    return [f"1. `{name}`: `{sql}`" for name, sql in clauses.items()]


def _parameters(parameters: Mapping[str, Scalar]) -> list[str]:
    return [f"- `{name}` = {value}" for name, value in parameters.items()]


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = list(heads)
    ruled = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return ["| " + " | ".join(cells) + " |" if any(cells) else "|" + " |" * len(cells) for cells in ruled]


def _mark(indicator: Indicator) -> str:
    return "principal" if indicator.card.principal else "accessory"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
