"""Layouts of the flows: conf/flows/<FLOW>.yaml says which fields a record has and which rules it must keep.

A flow is data. Its rules are of the few kinds that `Rule` names; `percorsi.flows.rules` compiles them to Spark columns.
"""

import re
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from percorsi.digests import digest
from percorsi.errors import ConfigurationError
from percorsi.settings import conf_dir, load_yaml, refuse

_UNREAD = "unread.yaml"
# What a condition may name beside the fields: `day.<date field>`, `number.<number field>` and these.
CONTEXT = ("file.start", "file.end", "semester.start", "semester.end")
KINDS = ("required", "number", "length", "domain", "codes", "pattern", "date", "equals", "within", "condition")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LayoutField(_Strict):
    """One field: its official name (in own layouts the header's, with others it may have there), type and length.

    `presence` and `length` say what the layout prints; what is checked, the rules say.
    """

    name: str
    also: list[str] = []
    type: Literal["text", "number", "date"]
    presence: Literal["obligatory", "conditional", "optional"]
    length: int | None = None
    in_header: Literal["required", "optional"] = "required"


class Rule(_Strict):
    """One rule: error code, field, what is checked, and whether a fault rejects the record or is only reported.

    Exactly one kind of check, except in a rule that is not implemented, which says why:

    - `required`: the field is not empty; all other kinds pass over an empty field (a condition speaks for itself)
    - `number`: digits only, and between the two limits
    - `length`: characters, between the two limits
    - `domain`: one of the values; `codes`: one of the keys of conf/codes/<name>.yaml
    - `pattern`: the whole value matches the regular expression
    - `date`: AAAA-MM-GG and a day of the calendar
    - `equals`: the value is that of the file's name
    - `within`: the day lies in the semester the record names, or in the period of the file's name
    - `condition`: Spark SQL over the fields, true where the record is at fault
    """

    code: str
    field: str
    severity: Literal["reject", "report"]
    title: str
    required: Literal[True] | None = None
    number: tuple[int, int] | None = None
    length: tuple[int, int] | None = None
    domain: list[str] | None = None
    codes: str | None = None
    pattern: str | None = None
    date: Literal[True] | None = None
    equals: Literal["file_region", "file_year", "file_period"] | None = None
    within: Literal["semester", "file"] | None = None
    condition: str | None = None
    implemented: bool = True
    reason: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> "Rule":
        given = [k for k in KINDS if getattr(self, k) is not None]
        if self.implemented and len(given) != 1:
            raise ValueError(f"rule {self.code}: exactly one kind of check is expected, found {given or 'none'}")
        if not self.implemented and (given or not self.reason):
            raise ValueError(f"rule {self.code}: a rule that is not implemented has a reason and no check")
        return self

    @property
    def kind(self) -> str:
        """Which kind of check it is; empty for a rule that is not implemented."""
        return next((k for k in KINDS if getattr(self, k) is not None), "")


class Apart(_Strict):
    """What tells a flow from another with as many fields: a field, its form in this flow and in the other.

    A file with the other's form in a line, and its own in none, is the other flow's.
    """

    field: str
    own: str
    foreign: str

    @model_validator(mode="after")
    def _are_patterns(self) -> "Apart":
        for pattern in (self.own, self.foreign):
            _check_pattern(f"apart: {self.field}", pattern)
        return self


def _check_pattern(where: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{where}: {pattern} is no regular expression ({error})") from error


class Layout(_Strict):
    """One flow: fields in order, key of a record, slice of the current records, rules.

    `layout` national: by position; own: by the names in the header. `slice` is a part of the key: two records of one
    key are in one slice. `apart` tells the flow from another with as many fields.
    """

    flow: str = Field(pattern=r"^[A-Z]{2,4}$")
    title: str
    layout: Literal["national", "own"]
    period: Literal["semester", "year"]
    key: list[str] = Field(min_length=1)
    slice: list[Literal["region", "year", "period"]]
    operation: str | None = None
    apart: Apart | None = None
    fields: dict[str, LayoutField]
    rules: list[Rule]

    @property
    def columns(self) -> list[str]:
        return list(self.fields)

    @property
    def national(self) -> bool:
        return self.layout == "national"

    @property
    def applied(self) -> list[Rule]:
        """The rules that are implemented, in order."""
        return [r for r in self.rules if r.implemented]

    @property
    def judges_by(self) -> str:
        """Digest of all that decides how a line is read and judged: not of titles, reasons and what is only printed."""
        fields = {name: f.model_dump(include={"name", "also", "type", "in_header"}) for name, f in self.fields.items()}
        if self.national:  # by position: the names are shown and not read
            fields = {name: {"type": f["type"]} for name, f in fields.items()}
        rules = [
            rule.model_dump(exclude={"title", "reason", "implemented"}, exclude_none=True)
            | ({"listed": codes(rule.codes)} if rule.codes else {})
            for rule in self.applied
        ]
        plain = self.model_dump(include={"layout", "period", "key", "slice", "operation"})
        return digest([plain, list(fields.items()), rules])

    @model_validator(mode="after")
    def _names_exist(self) -> "Layout":
        named = [
            *self.key,
            *([self.apart.field] if self.apart else []),
            *(r.field for r in self.rules),
            *([self.operation] if self.operation else []),
        ]
        unknown = sorted({n for n in named if n not in self.fields})
        if unknown:
            raise ValueError(f"no such field: {', '.join(unknown)}")
        if not set(self.slice) <= set(self.key):
            raise ValueError("slice: the columns of a slice are a part of the key")
        for rule in self.rules:
            self._check_rule(rule)
        return self

    def _check_rule(self, rule: Rule) -> None:
        if rule.pattern:
            _check_pattern(f"rule {rule.code}", rule.pattern)
        if (rule.within or rule.date) and self.fields[rule.field].type != "date":
            raise ValueError(f"rule {rule.code}: {rule.field} is no date")
        for prefix, name in re.findall(r"\b(day|number|file|semester)\.(\w+)", rule.condition or ""):
            kind = {"day": "date", "number": "number"}.get(prefix)
            known = self.fields[name].type == kind if kind and name in self.fields else f"{prefix}.{name}" in CONTEXT
            if not known:
                raise ValueError(f"rule {rule.code}: {prefix}.{name} is not known")


@cache
def codes(name: str, conf: Path | None = None) -> list[str]:
    """The codes of a list in conf/codes. Raises ConfigurationError where there is no such list."""
    return list(load_yaml((conf or conf_dir()) / "codes" / f"{name}.yaml"))


@cache
def load_layouts(conf: Path | None = None) -> dict[str, Layout]:
    """All flows, by code. Raises ConfigurationError that names the file, the key and what is wrong with it."""
    layouts = {}
    for path in sorted(((conf or conf_dir()) / "flows").glob("*.yaml")):
        if path.name == _UNREAD:
            continue
        try:
            layout = Layout(**load_yaml(path))
        except (ValidationError, TypeError) as error:
            if isinstance(error, TypeError):
                raise ConfigurationError(f"{path}: {error}") from error
            raise refuse(path, error) from error
        if layout.flow != path.stem:
            raise ConfigurationError(f"{path}: flow: the file is named after its flow, {layout.flow}")
        for rule in layout.applied:
            if rule.codes:
                codes(rule.codes, conf)
        layouts[layout.flow] = layout
    return layouts


@cache
def unread_flows(conf: Path | None = None) -> dict[str, str]:
    """Flows that may lie in a delivery and are not read yet, by code: conf/flows/unread.yaml."""
    return dict(load_yaml((conf or conf_dir()) / "flows" / _UNREAD))
