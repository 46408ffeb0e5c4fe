"""The clinical cases (tests/cases) as rows and words: who, what happened, why, and the place each must have.

Small histories, none of a real person, that a clinician can check. The notation is told in tests/cases/README.md. A
file is of a measure, `<measure>.yaml`, or of an indicator with parameters of its own, `<measure>.<code>.yaml`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from percorsi.indicators.catalogue import Catalogue
from percorsi.settings import cases_dir, load_yaml, refuse
from percorsi.texts import wrapped_table

UNSAID = (
    "Where nothing else is said: a woman born in 1970, registered in the department 030-321-001 since 2014, in an"
    " episode of care opened on 1 March 2014 with a diagnosis of the indicator's pathway. The evaluation year is 2015."
)
_TOLD_APART = ("who", "why", "facts", "expected", "areas")


class _History(BaseModel):
    """One history; what else it says is of the person."""

    model_config = ConfigDict(extra="allow", frozen=True)
    who: str
    why: str
    facts: list[dict[str, Any]] = []
    expected: Any
    areas: list[str] = []


class _File(BaseModel):
    """`like`: a file whose cases hold here, too, of other drugs (`drugs`: its name of a drug -> the one here)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    indicator: str
    cases: list[_History] = []
    like: str | None = None
    drugs: dict[str, str] = {}


@dataclass(frozen=True)
class Case:
    """A history and its place: `happened` in words, a fact a line; `expected` as it is written, `place` in words."""

    file: str
    code: str
    measure: str
    who: str
    happened: tuple[str, ...]
    why: str
    expected: Any
    place: str


def load_cases(folder: Path | None = None) -> dict[str, list[Case]]:
    """Measure -> its cases in the order of the files. Raises ConfigurationError for a file of another form."""
    found: dict[str, list[Case]] = {}
    for path in sorted((folder or cases_dir()).glob("*.yaml"), key=lambda path: path.stem):
        code, histories = read_cases(path)
        found.setdefault(_measure(path.name), []).extend(_case(path.name, code, history) for history in histories)
    return found


def read_cases(path: Path) -> tuple[str, list[_History]]:
    """The code that a file is told of, and its histories, those that it shares with another first."""
    try:
        file = _File.model_validate(load_yaml(path))
    except ValidationError as error:
        raise refuse(path, error) from error
    if file.like is None:
        return file.indicator, file.cases
    _, others = read_cases(path.with_name(f"{file.like}.yaml"))
    return file.indicator, [*(_of_drugs(history, file.drugs) for history in others), *file.cases]


def _of_drugs(history: _History, drugs: Mapping[str, str]) -> _History:
    """The history with other drugs dispensed, and named; olanzapine where it names none."""
    facts = []
    for fact in history.facts:
        ((kind, said),) = fact.items()
        drug = said.get("drug", "olanzapine") if kind == "dispensing" else None
        facts.append({kind: {**said, "drug": drugs.get(drug, drug)}} if drug else fact)
    words = {name: _named(getattr(history, name), drugs) for name in ("who", "why")}
    return history.model_copy(update={"facts": facts, **words})


def _named(text: str, drugs: Mapping[str, str]) -> str:
    """The text with each drug that it names replaced, all at once: one may be called what another was."""
    names = {**drugs, **{drug.capitalize(): other.capitalize() for drug, other in drugs.items()}}
    return re.sub("|".join(map(re.escape, names)), lambda found: names[found.group()], text) if names else text


def cases_of(catalogue: Catalogue, cases: Mapping[str, list[Case]], which: str | None = None) -> list[Case]:
    """The cases of a measure, by its name or the code of one of its indicators; of all measures where none is named.

    In the order of the agreement. Raises UsageError for a name that is neither.
    """
    if which is not None and which not in catalogue.measures:
        return cases_of_code(catalogue, cases, which)
    measures = dict.fromkeys(measure.name for measure, _ in catalogue.by_code.values())
    return [case for measure in ([which] if which else measures) for case in cases.get(measure, [])]


def cases_of_code(catalogue: Catalogue, cases: Mapping[str, list[Case]], code: str) -> list[Case]:
    """The cases told of a code; else, where nothing but the pathway differs, those of another one of its measure."""
    measure, indicator = catalogue.find(code)
    own = cases.get(measure.name, [])
    return [case for case in own if case.code == code] or [
        case for case in own if measure.indicators[case.code].parameters == indicator.parameters
    ]


def _measure(file: str) -> str:
    return file.partition(".")[0]


def _case(file: str, code: str, history: _History) -> Case:
    happened = (*_person(history.model_dump()), *map(_fact, history.facts))
    counts = f"\ncounts in {', '.join(history.areas)}" if history.areas else ""
    where = place(history.expected) + counts
    return Case(file, code, _measure(file), history.who, happened, history.why, history.expected, where)


def _person(said: Mapping[str, Any]) -> Iterator[str]:
    """What is said of the person beside the facts: `born 1998`, `no diagnosis`."""
    for name, value in said.items():
        if name not in _TOLD_APART:
            yield f"no {name}" if value is None else _part(name, value)


def _fact(fact: Mapping[str, Any]) -> str:
    ((kind, said),) = fact.items()
    return f"{kind}: {', '.join(_part(name, value) for name, value in said.items())}"


def _part(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return name if value else f"not {name}"
    if isinstance(value, Mapping):
        return f"{name} {' '.join(f'{key}={of}' for key, of in value.items())}"
    return f"{name} {_joined(value) if isinstance(value, list) else value}"


def _joined(some: list) -> str:
    *first, last = map(str, some)
    return f"{', '.join(first)} and {last}" if first else last


def place(expected: Any) -> str:
    """Where a case must stand, in words: of stays a line each, of components one for those of the same place."""
    if isinstance(expected, list):
        return "\n".join(f"stay of {stay['admitted']}: {_in_line(stay['is'])}" for stay in expected)
    match expected:
        case {"denominator": clause}:
            return f"denominator only, {clause} does not hold"
        case {"excluded": clause}:
            return f"excluded, {clause} does not hold"
        case {"value": value}:
            return f"value {value}"
        case Mapping():
            names: dict[str, list[str]] = {}
            for component, of in expected.items():
                names.setdefault(_in_line(of), []).append(str(component) if component else "all")
            return "\n".join(f"{', '.join(some)}: {where}" for where, some in names.items())
    return str(expected)


def _in_line(expected: Any) -> str:
    return place(expected).replace("\n", "; ")


def case_rows(cases: Iterable[Case]) -> list[dict]:
    """What a reader's table shows of each case."""
    return [
        {"who": case.who, "what happened": "\n".join(case.happened), "why": case.why, "expected": case.place}
        for case in cases
    ]


def as_text(catalogue: Catalogue, cases: Iterable[Case], width: int) -> str:
    """For a terminal: the cases of each measure in a table under its title."""
    found = list(cases)
    parts = [fill(UNSAID, width)] if found else ["no cases are told of it yet"]
    for code in dict.fromkeys(case.code for case in found):
        own = [case for case in found if case.code == code]
        measure, indicator = catalogue.find(code)
        title = f"{code} {measure.title}\n{fill(indicator.reading, width)}"
        parts.append(f"{title}\n\n{wrapped_table(case_rows(own), width)}")
    return "\n\n".join(parts)
