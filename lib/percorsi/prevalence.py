"""Prevalence of disorders by others' estimates, with source and interval: conf/reference/prevalence."""

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError, model_validator

from percorsi.settings import conf_dir, load_yaml, refuse

_PerTenThousand = Annotated[float, Field(gt=0, lt=10_000)]


class Prevalence(BaseModel):
    """Persons with a disorder among 10,000 of all ages, and the 95% limits of that, None where the source has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    per_10000: _PerTenThousand
    lower: _PerTenThousand | None = None
    upper: _PerTenThousand | None = None
    source: Annotated[StrictStr, Field(min_length=1)]

    @model_validator(mode="after")
    def _limits_around_the_estimate(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("give both limits or neither")
        if self.lower is not None and not self.lower <= self.per_10000 <= self.upper:
            raise ValueError("the limits do not lie around the estimate")
        return self


def load_prevalences(folder: Path | None = None) -> dict[str, Prevalence]:
    """Name -> prevalence, of all files of the folder, a later file's entry of a name in place of an earlier's.

    Raises ConfigurationError naming file, entry and what is wrong.
    """
    return dict(_load(folder or conf_dir() / "reference" / "prevalence"))


@cache
def _load(folder: Path) -> dict[str, Prevalence]:
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            found |= {name: Prevalence.model_validate(entry) for name, entry in load_yaml(path).items()}
        except ValidationError as error:
            raise refuse(path, error) from error
    return found
