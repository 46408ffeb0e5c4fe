"""The catalogue as rows: what listings and releases say of each indicator, and which indicators lie in each other."""

from collections import Counter
from collections.abc import Mapping
from itertools import permutations

from percorsi.errors import CatalogueError
from percorsi.indicators.catalogue import Catalogue, Component
from percorsi.indicators.clauses import Scalar, bind
from percorsi.indicators.entries import Card
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.kind import PROPORTION, RATE
from percorsi.texts import wrapped_table

# Principal and accessory indicators of each set, as the index of the agreement of 2014 counts them.
AGREEMENT = {"schizophrenia": (13, 35), "bipolar": (12, 26), "depressive": (10, 13), "severe_personality": (10, 18)}
PHASES = {
    "early": "Presa in carico precoce",
    "acute": "Gestione della fase acuta",
    "long term": "Trattamenti continuativi e a lungo termine",
}
STATUSES = ("N", "P", "S")
WAITING = "waiting"  # the status of a card that is not measured


def catalogue_rows(catalogue: Catalogue) -> list[dict]:
    """An entry for each indicator, in the agreement's order."""
    return [
        {
            "code": code,
            "title": indicator.card.title,
            "title_en": measure.title,
            "pathway": indicator.pathway,
            "phase": indicator.card.phase,
            "principal": indicator.card.principal,
            "kind": measure.kind,
            "unit": GRAINS[measure.grain].unit,
            "status": measure.status,
            "measure": measure.name,
            "reading": indicator.reading,
        }
        for code, (measure, indicator) in catalogue.by_code.items()
    ]


def card_rows(catalogue: Catalogue) -> list[dict]:
    """As `catalogue_rows`, with an entry for each card of the agreement: one that is not measured has the status
    waiting, and nothing is said of its measure."""
    measured = {row["code"]: row for row in catalogue_rows(catalogue)}
    return [measured.get(code) or _waiting(code, card) for code, card in catalogue.cards.items()]


def listed(rows: list[dict], width: int) -> str:
    """For a terminal: what a card says and what is measured; the readings stand on the pages."""
    told = ("code", "title", "pathway", "phase", "mark", "kind", "status")
    marked = [{**row, "mark": "principal" if row["principal"] else "accessory"} for row in rows]
    return wrapped_table([{name: row[name] for name in told} for row in marked], width)


def _waiting(code: str, card: Card) -> dict:
    told = {"title": card.title, "title_en": "", "pathway": card.pathway, "phase": card.phase}
    unsaid = {"kind": "", "unit": "", "status": WAITING, "measure": "", "reading": ""}
    return {"code": code, **told, "principal": card.principal, **unsaid}


def summary_rows(catalogue: Catalogue) -> list[dict]:
    """A row for each set of the agreement and one for all: how many cards, how many are measured, from which data.

    Raises CatalogueError where principal and accessory cards are not as many as the agreement has.
    """
    found = {pathway: Counter(principal=0, accessory=0) for pathway in AGREEMENT}
    for code, card in catalogue.cards.items():
        status = catalogue.by_code[code][0].status if code in catalogue.by_code else WAITING
        found[card.pathway].update(["principal" if card.principal else "accessory", card.phase, status])
    rows = []
    for pathway, counts in [*found.items(), ("all", sum(found.values(), Counter()))]:
        numbers = {name: counts[name] for name in ("principal", "accessory")}
        if pathway in AGREEMENT and tuple(numbers.values()) != AGREEMENT[pathway]:
            raise CatalogueError(
                f"cards.csv has {counts['principal']} principal and {counts['accessory']} accessory indicators of"
                f" {pathway}, the agreement {AGREEMENT[pathway][0]} and {AGREEMENT[pathway][1]}",
                next_step="compare the cards with the index of the agreement",
            )
        phases = {name: counts[phase] for name, phase in PHASES.items()}
        measured = {f"status {status}": counts[status] for status in STATUSES}
        cards = sum(numbers.values())
        rows.append({"set": pathway, "cards": cards, **numbers, **phases, **measured, WAITING: counts[WAITING]})
    return rows


def nestings(catalogue: Catalogue) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Which proportions and rates ask the same of fewer: pairs of code and component, the one over more persons first.

    The one over fewer has every clause of the other's population and some of its own, and the same numerator. The
    parameters of the numerator may differ (four interventions, five): whether the one may still hold the other is for
    the counts to say. Components of one code are told by their counts alone (see `percorsi.release.components`).
    """
    asked = [
        ((code, part.name), (measure.grain, indicator.pathway), *asks(part, indicator.by_component[part.name]))
        for code, (measure, indicator) in catalogue.by_code.items()
        if measure.kind in (PROPORTION, RATE)
        for part in measure.components.values()
    ]
    return [
        (larger, smaller)
        for (larger, of, wide, numerator), (smaller, less, narrow, same) in permutations(asked, 2)
        if larger[0] != smaller[0] and of == less and wide < narrow and numerator == same
    ]


def populations(catalogue: Catalogue) -> list[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Which populations are another code's numerator: the code, and the other with its components (`among`)."""
    return [
        (code, (other, among.components or ("",)))
        for code, (measure, indicator) in catalogue.by_code.items()
        if (among := measure.among) is not None
        for other, (theirs, same) in catalogue.by_code.items()
        if theirs.name == among.measure and same.pathway == indicator.pathway
    ]


def asks(part: Component, parameters: Mapping[str, Scalar]) -> tuple[frozenset[str], frozenset[str]]:
    """The clauses of the population, with their parameters put in, and those of the numerator, without."""
    population = frozenset(bind(clause, parameters) for clause in part.population.values())
    return population, frozenset(part.numerator.values())
