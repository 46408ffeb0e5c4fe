"""The clinical cases (tests/cases) as rows and words: who, what happened, why, and the place each must have.

Small histories, none of a real person, that a clinician can check. The notation is told in tests/cases/README.md.
"""

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
    " episode of care opened on 1 March 2014 with a diagnosis of schizophrenia. The evaluation year is 2015."
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
    model_config = ConfigDict(frozen=True)
    indicator: str
    cases: list[_History]


@dataclass(frozen=True)
class Case:
    """A history and its place: `happened` in words, a fact a line; `expected` as it is written, `place` in words."""

    code: str
    measure: str
    who: str
    happened: tuple[str, ...]
    why: str
    expected: Any
    place: str


def load_cases(folder: Path | None = None) -> dict[str, list[Case]]:
    """Measure -> its cases in the order of the file. Raises ConfigurationError for a file of another form."""
    found = {}
    for path in sorted((folder or cases_dir()).glob("*.yaml")):
        try:
            file = _File.model_validate(load_yaml(path))
        except ValidationError as error:
            raise refuse(path, error) from error
        found[path.stem] = [_case(path.stem, file.indicator, history) for history in file.cases]
    return found


def cases_of(catalogue: Catalogue, cases: Mapping[str, list[Case]], which: str | None = None) -> list[Case]:
    """The cases of a measure, by its name or the code of one of its indicators; of all measures where none is named.

    In the order of the agreement. Raises UsageError for a name that is neither.
    """
    measures = list(dict.fromkeys(measure.name for measure, _ in catalogue.by_code.values()))
    if which is not None:
        measures = [which] if which in catalogue.measures else [catalogue.find(which)[0].name]
    return [case for measure in measures for case in cases.get(measure, [])]


def _case(measure: str, code: str, history: _History) -> Case:
    happened = (*_person(history.model_dump()), *map(_fact, history.facts))
    counts = f"\ncounts in {', '.join(history.areas)}" if history.areas else ""
    return Case(code, measure, history.who, happened, history.why, history.expected, place(history.expected) + counts)


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
    """Where a case must stand, in words; of several stays or components a line each."""
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
            return "\n".join(f"{component}: {_in_line(of)}" for component, of in expected.items())
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
    for name in dict.fromkeys(case.measure for case in found):
        own = [case for case in found if case.measure == name]
        _, indicator = catalogue.find(own[0].code)
        title = f"{own[0].code} {catalogue.measures[name].title}\n{fill(indicator.reading, width)}"
        parts.append(f"{title}\n\n{wrapped_table(case_rows(own), width)}")
    return "\n\n".join(parts)
