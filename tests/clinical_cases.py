"""The clinical cases (tests/cases) for the tests: the histories, what is expected of them, the features made of them.

A case says who, what happened, why, and what is expected: of a person, or of each SPDC stay by its admission,

    numerator                      in the denominator and in the numerator
    {denominator: clause}          in the denominator; `clause` is the first of the numerator's that does not hold
    {excluded: clause}             in no denominator; `clause` is the first of the population's that does not hold
    {value: 7/3}                   of a mean: in it, with that value
    nobody                         no row at all: no DSM contact in the year, or no year of birth

Of a measure with components a mapping of each component to its place, or one place that all of them have.

A file holds the cases of a measure, told of one of its indicators: `<measure>.yaml`. An indicator with parameters of
its own has a file of its own, `<measure>.<code>.yaml`; the others differ in nothing but the pathway. A definition for
several classes of drugs (`each` in the catalogue) may have the cases of another class, `like` it, of other drugs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from histories import frames
from percorsi.features.frames import build_frames
from percorsi.indicators.cases import read_cases
from percorsi.indicators.catalogue import Measure, load_catalogue
from percorsi.indicators.kinds import FRACTION
from percorsi.settings import load_settings

CASES = Path(__file__).parent / "cases"
YEAR = 2015
# of every episode that tells none
DIAGNOSES = {"schizophrenia": "29530", "bipolar": "29640", "depressive": "29630", "severe_personality": "30183"}
NOBODY = "nobody"
UNTOLD = ("why", "expected", "areas")
Place = str | dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One history of a file; `person_id` is its place among all of them."""

    file: str
    code: str
    person_id: int
    person: Mapping[str, Any]

    @property
    def measure(self) -> str:
        return self.file.partition(".")[0]

    @property
    def expected(self) -> dict[str, dict[str, Place]]:
        """Unit -> component -> place. Unit: '' for the person, the day of admission for a stay."""
        said = self.person["expected"]
        if said == NOBODY:
            return {}
        units = {str(stay["admitted"]): stay["is"] for stay in said} if isinstance(said, list) else {"": said}
        return {unit: self._by_component(place) for unit, place in units.items()}

    def _by_component(self, said: Place) -> dict[str, Place]:
        measure, _ = load_catalogue().find(self.code)
        components = {str(part): place for part, place in said.items()} if isinstance(said, dict) else {}
        if set(components) == set(measure.components):
            return {part: _exact(place) for part, place in components.items()}
        return dict.fromkeys(measure.components, _exact(said))


def _exact(place: Place) -> Place:
    """Of a mean, the value as a fraction: "7/3", 2 or 0.5."""
    if isinstance(place, dict) and set(place) == {"value"}:
        return {"value": Fraction(str(place["value"]))}
    return place


def place(measure: Measure, component: str, said: Mapping[str, Any]) -> Place:
    """Where a unit stands in a component, as the cases say it. `said`: clause -> whether it holds, `value`."""
    part = measure.components[component]
    for where, clauses in (("excluded", ["pathway", *part.population]), ("denominator", part.numerator)):
        for clause in clauses:
            if not said[clause]:
                return {where: clause}
    if measure.value is not None:
        return {"value": None if said["value"] is None else Fraction(said["value"], FRACTION)}
    return "numerator"


@cache
def cases() -> list[Case]:
    """All cases in the order of the files and in each file."""
    found = []
    for path in sorted(CASES.glob("*.yaml"), key=lambda path: path.stem):
        code, histories = read_cases(path)
        unsaid = {"diagnosis": DIAGNOSES[load_catalogue().find(code)[1].pathway]}
        found += [(path.stem, code, {**unsaid, **history.model_dump(exclude_unset=True)}) for history in histories]
    return [Case(file, code, number, person) for number, (file, code, person) in enumerate(found, start=1)]


def built_cases(spark) -> dict:
    """The feature frames of all cases together, kept, so that who asks again does not make them again."""
    people = [{key: said for key, said in case.person.items() if key not in UNTOLD} for case in cases()]
    made = build_frames(frames(spark, people), load_settings().parameters, YEAR, lambda df: df.persist())
    return {name: frame.persist() for name, frame in made.items()}
