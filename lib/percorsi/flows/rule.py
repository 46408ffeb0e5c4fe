"""Rules of the flows: what a record has to keep, as conf/flows/<FLOW>.yaml says it."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

KINDS = (
    *("required", "number", "decimal", "length", "domain", "codes", "pattern", "date", "equals", "within"),
    *("condition", "register"),
)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Register(Strict):
    """A check against a register that regions deliver: `flow` is the register's.

    `of` and `has` map columns of the register to Spark SQL over the record. The record is at fault where the register
    has rows that agree with all of `of` and none of them agrees with all of `has` as well; a null is at no fault.
    `when` says of which records it is asked. It is applied to the current records, whenever the register came.
    """

    flow: str
    of: dict[str, str] = {}
    has: dict[str, str] = Field(min_length=1)
    when: str = "true"


class Rule(Strict):
    """One rule: error code, field, what is checked, and whether a fault rejects the record or is only reported.

    Exactly one kind of check, except in a rule that is not implemented, which says why:

    - `required`: the field is not empty; all other kinds pass over an empty field (a condition speaks for itself)
    - `number`: digits only, and between the two limits; `decimal`: digits, with a sign and a decimal point where needed
    - `length`: characters, between the two limits
    - `domain`: one of the values; `codes`: one of the keys of conf/codes/<name>.yaml
    - `pattern`: the whole value matches the regular expression
    - `date`: AAAA-MM-GG and a day of the calendar
    - `equals`: the value is that of the file's name
    - `within`: the day lies in the semester the record names, or in the period of the file's name
    - `condition`: Spark SQL over the fields, true where the record is at fault
    - `register`: what a register that was delivered has to know

    A rule on a field that holds several values is broken where any of them breaks it.
    """

    code: str
    field: str
    severity: Literal["reject", "report"]
    title: str
    required: Literal[True] | None = None
    number: tuple[int, int] | None = None
    length: tuple[int, int] | None = None
    decimal: Literal[True] | None = None
    domain: list[str] | None = None
    codes: str | None = None
    pattern: str | None = None
    date: Literal[True] | None = None
    equals: Literal["file_region", "file_year", "file_period"] | None = None
    within: Literal["semester", "file"] | None = None
    condition: str | None = None
    register_: Register | None = Field(None, alias="register")
    implemented: bool = True
    reason: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> "Rule":
        given = [k for k in KINDS if self.check(k) is not None]
        if self.implemented and len(given) != 1:
            raise ValueError(f"rule {self.code}: exactly one kind of check is expected, found {given or 'none'}")
        if not self.implemented and (given or not self.reason):
            raise ValueError(f"rule {self.code}: a rule that is not implemented has a reason and no check")
        return self

    @property
    def kind(self) -> str:
        """Which kind of check it is; empty for a rule that is not implemented."""
        return next((k for k in KINDS if self.check(k) is not None), "")

    def check(self, kind: str) -> object:
        """What is said for one kind of check; None where it is not of that kind."""
        return getattr(self, "register_" if kind == "register" else kind)


class Apart(Strict):
    """What tells a flow from another with as many fields: a field, its form in this flow and in the other.

    A file with the other's form in a line, and its own in none, is the other flow's.
    """

    field: str
    own: str
    foreign: str

    @model_validator(mode="after")
    def _are_patterns(self) -> "Apart":
        for pattern in (self.own, self.foreign):
            check_pattern(f"apart: {self.field}", pattern)
        return self


def check_pattern(where: str, pattern: str) -> None:
    """Raise ValueError where a pattern is no regular expression."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{where}: {pattern} is no regular expression ({error})") from error
