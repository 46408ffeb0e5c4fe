"""The files of conf/indicators as they are written: entries of measures and cohorts, cards of the agreement.

An entry with `each` is one definition of several measures that differ in words, such as the class of drugs.

Reading gathers faults and goes on, so that an author sees all of them at once.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from percorsi.errors import CatalogueError, ConfigurationError
from percorsi.settings import load_yaml

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
# Those of the manual, such as 1a; the empty one is the value itself, where it is asked otherwise than every other.
ComponentName = Annotated[StrictStr, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_]*)?$")]
Parameter = StrictBool | StrictInt | StrictFloat | StrictStr
Clauses = dict[Name, StrictStr]
Pathway = Literal["schizophrenia", "bipolar", "depressive", "severe_personality"]
COHORTS = "cohorts.yaml"
CARDS = "cards.csv"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IndicatorEntry(_Entry):
    """A measure for a pathway, with the parameters in which it differs."""

    pathway: Pathway
    parameters: dict[Name, Parameter] = {}


class ComponentEntry(_Entry):
    """A part of a measure: narrows the population, replaces the numerator, gives parameters; each as it needs."""

    parameters: dict[Name, Parameter] = {}
    population: Clauses = {}
    numerator: Clauses = {}


class AmongEntry(_Entry):
    """A measure in whose numerator a population lies; in that of some of its components together, if it names any."""

    measure: Name
    components: tuple[ComponentName, ...] = ()


class MeasureEntry(_Entry):
    """One definition. Status: N national flows as the card says, P a proxy on them, S the supplementary flow.

    A proportion has a numerator, a mean a `value` of each unit, which `per` may divide; of a ratio, `per` is the column
    of the days at risk. `main` names the component that is given as the value of the indicator, unless one has no name.
    `among`: whose numerator a release has to keep in mind where it shows how many are in this population.
    """

    title: StrictStr
    reading: StrictStr
    grain: StrictStr
    kind: StrictStr
    status: Literal["N", "P", "S"]
    cohort: StrictStr
    parameters: dict[Name, Parameter] = {}
    population: Clauses = {}
    numerator: Clauses = {}
    value: StrictStr | None = None
    per: StrictStr | None = None
    components: dict[ComponentName, ComponentEntry] = {}
    naming: StrictStr = ""
    main: StrictStr | None = None
    among: AmongEntry | None = None
    needs: dict[StrictStr, list[StrictStr]] = Field(min_length=1)
    indicators: dict[StrictStr, IndicatorEntry] = Field(min_length=1)

    def parts(self) -> dict[str, ComponentEntry]:
        """The components; of a measure without any, one with no name and nothing of its own."""
        return self.components or {"": ComponentEntry()}

    def main_part(self) -> str:
        """The name of the component that is the value; empty where there are no components."""
        return self.main or ""


class EachEntry(_Entry):
    """What of an entry says for which names it stands, and which of its indicators are of which."""

    each: dict[Name, dict[Name, StrictStr]] = Field(min_length=1)
    indicators: dict[StrictStr, dict[StrictStr, Any]] = Field(min_length=1)


class CohortEntry(_Entry):
    """Clauses that stand before those of a measure; a cohort may extend another."""

    extends: StrictStr | None = None
    parameters: dict[Name, Parameter] = {}
    clauses: Clauses = Field(min_length=1)


class Card(_Entry):
    """What the agreement says of an indicator, in its own language."""

    code: str
    pathway: Pathway
    principal: bool
    phase: Literal["Presa in carico precoce", "Gestione della fase acuta", "Trattamenti continuativi e a lungo termine"]
    title: str


@dataclass(frozen=True)
class Fault:
    """One finding: file and entry where it stands, the rule it breaks, what was found."""

    file: str
    entry: str
    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}: {self.entry}: {self.detail} [{self.rule}]"


class CatalogueFaults(CatalogueError):
    """The catalogue of indicators has faults; all of them are in `faults`."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)), next_step="correct the entries named; nothing was computed")
        self.faults = tuple(faults)


@dataclass
class Entries:
    """All that was read, with what was found wrong on the way. `files`: measure or cohort -> its file."""

    measures: dict[str, MeasureEntry] = field(default_factory=dict)
    cohorts: dict[str, CohortEntry] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def has_cohort(self, name: str | None) -> bool:
        """Whether a cohort and all that it extends are there, with no circle."""
        seen: set[str] = set()
        while name is not None:
            if name not in self.cohorts or name in seen:
                return False
            seen.add(name)
            name = self.cohorts[name].extends
        return True

    def cohort(self, name: str) -> tuple[dict[str, Parameter], dict[str, str]]:
        """Parameters and clauses of a cohort, those of the cohort it extends first."""
        own = self.cohorts[name]
        parameters, clauses = self.cohort(own.extends) if own.extends else ({}, {})
        return {**parameters, **own.parameters}, {**clauses, **own.clauses}


def read_entries(folder: Path) -> Entries:
    """Every *.yaml of the folder and the cards; what cannot be read is a fault, never an exception."""
    entries = Entries()
    for path in sorted(folder.glob("*.yaml")):
        try:
            content = load_yaml(path)
        except ConfigurationError as error:
            entries.faults.append(Fault(path.name, "(file)", "yaml", error.message))
            continue
        for name, fields in content.items():
            for measure, expanded in _each(entries, path.name, str(name), fields):
                _read_entry(entries, path.name, measure, expanded)
    _read_cards(entries, folder / CARDS)
    return entries


def _each(entries: Entries, file: str, name: str, fields: object) -> list[tuple[str, object]]:
    """The measures of an entry: itself, or with `each` one for each of its names, with the words put in.

    `each: {mood_stabiliser_maintenance: {drug: mood_stabiliser}}`: every `<drug>` in the texts of the entry, also
    inside the name of a column, is `mood_stabiliser` in that measure, which has the indicators that are `of` it.
    """
    if not isinstance(fields, dict) or "each" not in fields:
        return [(name, fields)]
    try:
        entry = EachEntry.model_validate({key: fields.get(key) for key in ("each", "indicators")})
    except ValidationError as error:
        found = error.errors()[0]
        path = ".".join(str(part) for part in found["loc"])
        entries.faults.append(Fault(file, name, "schema", f"{path}: {found['msg']}"))
        return []
    for code, said in entry.indicators.items():
        if said.get("of") not in entry.each:
            entries.faults.append(Fault(file, name, "schema", f"{code}: 'of' names none of {', '.join(entry.each)}"))
    measures = []
    for measure, words in entry.each.items():
        own = {key: _with_words(value, words) for key, value in fields.items() if key not in ("each", "indicators")}
        codes = {code: said for code, said in entry.indicators.items() if said.get("of") == measure}
        own["indicators"] = {code: {k: v for k, v in said.items() if k != "of"} for code, said in codes.items()}
        measures.append((measure, own))
    return measures


def _with_words(value: object, words: dict[str, str]) -> object:
    """The value with each `<word>` of its texts replaced."""
    if isinstance(value, dict):
        return {key: _with_words(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_words(one, words) for one in value]
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(f"<{word}>", text)
    return value


def _read_entry(entries: Entries, file: str, name: str, fields: object) -> None:
    model, target = (CohortEntry, entries.cohorts) if file == COHORTS else (MeasureEntry, entries.measures)
    if name in target:
        entries.faults.append(Fault(file, name, "doubled_measure", f"stands already in {entries.files[name]}"))
        return
    try:
        target[name] = model.model_validate(fields)
        entries.files[name] = file
    except ValidationError as error:
        for found in error.errors():
            path = ".".join(str(part) for part in found["loc"])
            entries.faults.append(Fault(file, name, "schema", f"{path or '(entry)'}: {found['msg']}"))


def _read_cards(entries: Entries, path: Path) -> None:
    try:
        rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    except OSError as error:
        entries.faults.append(Fault(path.name, "(file)", "cards", f"cannot be read ({error.strerror})"))
        return
    for line, row in enumerate(rows, start=2):
        try:
            card = Card.model_validate(row)
        except ValidationError as error:
            found = error.errors()[0]
            entries.faults.append(Fault(path.name, f"line {line}", "cards", f"{found['loc']}: {found['msg']}"))
            continue
        if card.code in entries.cards:
            entries.faults.append(Fault(path.name, card.code, "doubled_card", f"line {line} repeats the card"))
        entries.cards[card.code] = card
