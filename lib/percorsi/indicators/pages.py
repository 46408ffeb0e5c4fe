"""A page for each indicator, and their index, made from the catalogue: docs/indicators."""

import sys
from pathlib import Path

from percorsi.indicators.catalogue import Catalogue, Indicator, Measure, load_catalogue
from percorsi.indicators.grains import GRAINS

_PATHWAYS = {
    "schizophrenia": "schizophrenia",
    "bipolar": "bipolar disorder",
    "depressive": "depressive disorder",
    "severe_personality": "severe personality disorder",
}
_STATUS = {
    "N": "national flows, as the card says",
    "P": "proxy on the national flows",
    "S": "needs the supplementary flow of the region",
}
_INDEX = "README.md"


def pages(catalogue: Catalogue) -> dict[str, str]:
    """File name -> Markdown."""
    made = {f"{code}.md": _page(measure, indicator) for code, (measure, indicator) in catalogue.by_code.items()}
    return {_INDEX: _index(catalogue), **made}


def write_pages(folder: Path) -> None:
    """Write all pages of the catalogue into a folder, and remove those of indicators that are no more."""
    made = pages(load_catalogue())
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
        "The pages are made from the catalogue: `python -m percorsi.indicators.pages docs/indicators`.",
        "",
        "| code | indicator | pathway | mark | measure |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| [{code}]({code}.md) | {measure.title} | {_PATHWAYS[of.pathway]} | {_mark(of)} | `{measure.name}` |"
        for code, (measure, of) in catalogue.by_code.items()
    ]
    return "\n".join(lines) + "\n"


def _page(measure: Measure, indicator: Indicator) -> str:
    card = indicator.card
    unit = GRAINS[measure.grain].unit
    lines = [
        f"# {indicator.code} {measure.title}",
        "",
        f"*{card.title}*",
        "",
        indicator.reading,
        "",
        "| | |",
        "| --- | --- |",
        f"| pathway | {_PATHWAYS[card.pathway]} |",
        f"| phase | {card.phase} |",
        f"| mark | {_mark(indicator)} |",
        f"| measure | `{measure.name}` ({measure.kind}), in `conf/indicators/{measure.file}` |",
        f"| unit | {unit} |",
        f"| status | {measure.status}: {_STATUS[measure.status]} |",
        f"| needed flows | {', '.join(map(str, measure.needs))} |",
        f"| rests on the quality of | {', '.join(measure.rests_on)} |",
        "",
        f"## Population: each {unit} of the year of which all of these hold",
        "",
        f"1. `pathway`: {_PATHWAYS[card.pathway]}",
        *(f"1. `{name}`: `{sql}`" for name, sql in measure.population.items()),
        "",
        "## Numerator: of these, each of which all of these hold",
        "",
        *(f"1. `{name}`: `{sql}`" for name, sql in measure.numerator.items()),
        "",
        "## Parameters",
        "",
        *(f"- `{name}` = {value}" for name, value in indicator.parameters.items()),
        "",
        "What is unknown counts as not holding; who has no DSM contact day in the year is in no population. Y is the",
        f"evaluation year; the columns are documented in `conf/tables/features/{measure.grain}.yaml`.",
    ]
    return "\n".join(lines) + "\n"


def _mark(indicator: Indicator) -> str:
    return "principal" if indicator.card.principal else "accessory"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
