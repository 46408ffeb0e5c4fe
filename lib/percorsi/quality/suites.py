"""Suites of expectations: Great Expectations' own JSON in expectations/, one file for each conformed table.

A steward edits the thresholds there. What this room needs beyond the format stands in each expectation's `meta`, and
all faults of a file are told at once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from percorsi.digests import digest
from percorsi.errors import ConfigurationError
from percorsi.quality.columns import DIAGNOSES, Column, columns
from percorsi.quality.items import load_tables
from percorsi.settings import editable_folder, load_yaml, refuse


class _Kwargs(BaseModel):
    """One column and one bound. No `mostly`: each area is judged for itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    column: str
    min_value: float | None = Field(None, ge=0, le=1)
    max_value: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _one_bound(self) -> "_Kwargs":
        if (self.min_value is None) == (self.max_value is None):
            raise ValueError("exactly one of min_value and max_value is expected")
        return self


class _Meta(BaseModel):
    """What a check is called, what it is about, why it is made and what a steward does about it.

    `title` is for the steward; below `least` in the denominator an area is not judged.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    check: str = Field(pattern=r"^[a-z0-9_]+$")
    item: str
    title: str = Field(min_length=1)
    least: int = Field(0, ge=0)
    why: str = Field(min_length=1)
    action: str = Field(min_length=1)


class Check(BaseModel):
    """One expectation of a suite, in Great Expectations' form."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["expect_column_values_to_be_between"]
    severity: Literal["critical", "warning", "info"]
    kwargs: _Kwargs
    meta: _Meta
    id: str | None = None

    @property
    def threshold(self) -> float:
        return self.kwargs.max_value if self.kwargs.min_value is None else self.kwargs.min_value

    @property
    def is_minimum(self) -> bool:
        return self.kwargs.min_value is not None

    @property
    def judged_column(self) -> str:
        """The name of its column in the frame that is judged: areas with too few to judge have none there."""
        return f"{self.kwargs.column}_of_at_least_{self.meta.least}" if self.meta.least else self.kwargs.column

    def of_at_least(self, floor: int) -> "Check":
        """The check with no smaller `least` than that of its item."""
        return self.model_copy(update={"meta": self.meta.model_copy(update={"least": max(self.meta.least, floor)})})

    @property
    def bound_in_percent(self) -> str:
        """The threshold in words, such as `at least 50%`."""
        return f"{'at least' if self.is_minimum else 'at most'} {100 * self.threshold:.4g}%"

    def configuration(self, meaning: str) -> dict[str, Any]:
        """For Great Expectations; what is judged, why and what to do come along, its pages show them."""
        return {
            "type": self.type,
            "severity": self.severity,
            "kwargs": {**self.kwargs.model_dump(exclude_none=True), "column": self.judged_column},
            "description": f"{self.meta.check} ({self.severity}): {self.bound_in_percent}. {meaning}".replace(
                "$", "$$"
            ),
            "notes": [f"Why: {self.meta.why}", f"What to do: {self.meta.action}"],
            "meta": {"check": self.meta.check, "item": self.meta.item, "title": self.meta.title},
        }


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    expectations: list[Check] = Field(min_length=1)
    meta: dict[str, Any] = {}
    id: str | None = None
    notes: Any = None
    suite_parameters: dict[str, Any] = {}


@dataclass(frozen=True)
class Suite:
    """The checks of one table, what the columns are that they judge, and the digest of what they say."""

    name: str
    checks: tuple[Check, ...]
    digest: str
    columns: Mapping[str, Column]


def expectations_dir() -> Path:
    """The folder of the suites."""
    return editable_folder("expectations")


def load_suites(folder: Path | None = None) -> dict[str, Suite]:
    """All suites by name, from `<name>.json` in the folder; needs no Spark. Tables without a file are not judged.

    Raises ConfigurationError naming the file and every fault: no JSON in UTF-8, a column that is not judged or of
    another item, a check named twice (in one suite or two), no threshold or two, an unknown severity, a key written
    twice; a file of no table; no suite of the care episodes, which carry the diagnoses.
    """
    folder = folder or expectations_dir()
    judged = columns(load_tables())
    names = sorted({DIAGNOSES, *(path.stem for path in folder.glob("*.json"))})
    if strange := [name for name in names if name not in judged]:
        raise ConfigurationError(
            f"{folder}: {', '.join(f'{name}.json' for name in strange)}: no table of this name is counted",
            next_step=f"name it after one of {', '.join(sorted(judged))}",
        )
    suites = {name: _load(folder / f"{name}.json", name, judged[name]) for name in names}
    owner: dict[str, str] = {}
    for suite in suites.values():
        for check in suite.checks:
            other = owner.setdefault(check.meta.check, suite.name)
            if other != suite.name:
                raise ConfigurationError(
                    f"{folder}: {check.meta.check}: a check of this name is in {other}.json and in {suite.name}.json",
                    next_step="give one of them another name",
                )
    return suites


def _load(path: Path, name: str, judged: dict[str, Column]) -> Suite:
    load_yaml(path)  # JSON is YAML, and a key written twice is refused with its line
    try:
        file = _File.model_validate(json.loads(path.read_text(encoding="utf-8-sig")))
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{path}, line {error.lineno}: no valid JSON ({error.msg})") from error
    except ValidationError as error:
        raise refuse(path, error) from error
    faults, seen = [], set()
    if file.name != name:
        faults.append(f"the suite is called '{file.name}', the file says '{name}'")
    for check in file.expectations:
        label, column = check.meta.check, check.kwargs.column
        if label in seen:
            faults.append(f"{label}: a check of this name stands there twice")
        seen.add(label)
        if column not in judged:
            faults.append(f"{label}: no column '{column}' is judged; {_known(judged)}")
        elif judged[column].item != check.meta.item:
            faults.append(f"{label}: the column '{column}' is of the item '{judged[column].item}'")
    if faults:
        raise ConfigurationError("\n".join(f"{path}: {fault}" for fault in faults), next_step="correct the file")
    checks = tuple(check.of_at_least(judged[check.kwargs.column].least) for check in file.expectations)
    used = {check.kwargs.column: judged[check.kwargs.column] for check in file.expectations}
    return Suite(name, checks, digest([c.model_dump() for c in checks]), used)


def _known(judged: dict[str, Column]) -> str:
    items = ", ".join(sorted({column.item for column in judged.values()}))
    named = ", ".join(sorted(name for name, column in judged.items() if not column.kind))
    return f"<item>_<class> is, of {items}" + (f"; and {named}" if named else "")
