"""The diagnosis groups of the four pathways (conf/codes/pathways.yaml) as Spark SQL.

Source: measurement manual, section 2, Pathway of a person in Y.
"""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from percorsi.errors import ConfigurationError
from percorsi.settings import conf_dir, load_yaml, refuse

Pathway = Literal["schizophrenia", "bipolar", "depressive", "severe_personality"]
CODE_LENGTH = 5


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    icd9cm: list[str] = Field(min_length=1)


class _Groups(RootModel[dict[Pathway, _Group]]):
    pass


@cache
def groups(path: Path | None = None) -> dict[str, list[str]]:
    """Pathway -> patterns of ICD-9-CM codes.

    Raises ConfigurationError for a pathway that is none, or a code that would lie in two groups.
    """
    path = path or conf_dir() / "codes" / "pathways.yaml"
    try:
        read = _Groups(load_yaml(path)).root
    except ValidationError as error:
        raise refuse(path, error) from error
    patterns = {pathway: group.icd9cm for pathway, group in read.items()}
    for pathway, own in patterns.items():
        for other, theirs in patterns.items():
            shared = [c for c in own for d in theirs if pathway < other and _overlap(c, d)]
            if shared:
                raise ConfigurationError(f"{path}: {', '.join(shared)} lies in {pathway} and in {other}")
    return patterns


def _overlap(one: str, other: str) -> bool:
    """Whether some code would match both patterns."""
    if not one.endswith("*"):
        one, other = other, one
    if not one.endswith("*"):
        return bool(set(_written(one)) & set(_written(other)))
    prefix = one[:-1]
    if other.endswith("*"):
        return prefix.startswith(other[:-1]) or other.startswith(prefix)
    return any(code.startswith(prefix) for code in _written(other))


def _written(code: str) -> list[str]:
    """The ways to write a code: itself, and with zeros at its end up to five characters."""
    return [code + "0" * zeros for zeros in range(max(CODE_LENGTH - len(code), 0) + 1)]


def group_sql(diagnosis: str) -> str:
    """Spark SQL: the pathway in whose group a diagnosis (without dot) lies, null for any other and for none."""
    cases = []
    for pathway, patterns in groups().items():
        tests = [f"startswith({diagnosis}, '{p[:-1]}')" for p in patterns if p.endswith("*")]
        exact = [f"'{code}'" for p in patterns if not p.endswith("*") for code in _written(p)]
        if exact:
            tests.append(f"{diagnosis} in ({', '.join(exact)})")
        cases.append(f"when {' or '.join(tests)} then '{pathway}'")
    return f"(case {' '.join(cases)} end)"
