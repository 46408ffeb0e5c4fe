"""Suites of expectations: Great Expectations' own JSON in expectations/, one file for each conformed table.

A steward edits the thresholds there. What this room needs beyond the format stands in each expectation's `meta`, and
all faults of a file are told at once.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from percorsi.digests import digest
from percorsi.errors import ConfigurationError
from percorsi.quality.counts import SHARES
from percorsi.settings import editable_folder, load_yaml, refuse

# Suite, named after its table -> the columns it can judge and the item of each.
_JUDGED = {"care_episode": {name: share.item for name, share in SHARES.items()}}


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
    """What a check is called, what it is about, why it is made and what a steward does about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    check: str = Field(pattern=r"^[a-z0-9_]+$")
    item: str
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
    def bound_in_percent(self) -> str:
        """The threshold in words, such as `at least 50%`."""
        return f"{'at least' if self.is_minimum else 'at most'} {100 * self.threshold:.4g}%"

    def configuration(self, meaning: str) -> dict[str, Any]:
        """For Great Expectations; what is judged, why and what to do come along, its pages show them."""
        return {
            "type": self.type,
            "severity": self.severity,
            "kwargs": self.kwargs.model_dump(exclude_none=True),
            "description": f"{self.meta.check} ({self.severity}): {self.bound_in_percent}. {meaning}".replace(
                "$", "$$"
            ),
            "notes": [f"Why: {self.meta.why}", f"What to do: {self.meta.action}"],
            "meta": {"check": self.meta.check, "item": self.meta.item},
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
    """The checks of one table and the digest of what they say."""

    name: str
    checks: tuple[Check, ...]
    digest: str


def expectations_dir() -> Path:
    """The folder of the suites."""
    return editable_folder("expectations")


def load_suites(folder: Path | None = None) -> dict[str, Suite]:
    """All suites by name, from `<name>.json` in the folder; needs no Spark.

    Raises ConfigurationError naming the file and every fault: no JSON in UTF-8, a column that is not judged or of
    another item, a check named twice, no threshold or two, an unknown severity, a key written twice.
    """
    folder = folder or expectations_dir()
    return {name: _load(folder / f"{name}.json", name, columns) for name, columns in _JUDGED.items()}


def _load(path: Path, name: str, columns: dict[str, str]) -> Suite:
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
        if column not in columns:
            faults.append(f"{label}: no column '{column}' is judged; there are {', '.join(sorted(columns))}")
        elif columns[column] != check.meta.item:
            faults.append(f"{label}: the column '{column}' is of the item '{columns[column]}'")
    if faults:
        raise ConfigurationError("\n".join(f"{path}: {fault}" for fault in faults), next_step="correct the file")
    return Suite(name, tuple(file.expectations), digest([c.model_dump() for c in file.expectations]))
