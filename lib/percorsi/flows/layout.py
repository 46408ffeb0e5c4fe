"""Layouts of the flows: conf/flows/<FLOW>.yaml says which fields a record has and which rules it must keep.

A flow is data. Its rules are of the few kinds that `Rule` names; `percorsi.flows.rules` compiles them to Spark columns.
"""

import re
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from percorsi.digests import digest
from percorsi.errors import ConfigurationError
from percorsi.flows.rule import Apart, Rule, Strict, check_pattern
from percorsi.settings import conf_dir, load_yaml, refuse

# What a condition may name beside the fields: `day.<date field>`, `number.<number or decimal field>`, `each.<repeated
# field>` and these; `delivery.day` is the day that was given with the delivery, null where none was.
CONTEXT = ("file.start", "file.end", "semester.start", "semester.end", "delivery.day")
NAMED = r"\b(day|number|each|file|semester|delivery)\.(\w+)"
# What can be said of a slice, and the form a value has; another one, which own layouts may hold, is `other`.
SLICE_FORMS = {"region": "[0-9]{3}", "year": "[12][0-9]{3}", "period": "S[12]|0[1-9]|1[0-2]"}


class LayoutField(Strict):
    """One field: its official name (in own layouts the header's, with others it may have there), type and length.

    `presence` and `length` say what the layout prints; what is checked, the rules say. A `repeated` field holds
    several values, with a bar between them.
    """

    name: str
    also: list[str] = []
    type: Literal["text", "number", "decimal", "date"]
    presence: Literal["obligatory", "conditional", "optional"]
    length: int | str | None = None
    repeated: bool = False
    in_header: Literal["required", "optional"] = "required"


class Layout(Strict):
    """One flow: fields in order, key of a record, slice of the current records, rules.

    `layout` national: by position; own: by the names in the header. `scope` national: the name of a file need not name
    a region. `slice` is a part of the key, or `derived` from it in Spark SQL: two records of one key are in one slice.
    Lines for which `passed_over` is true are no records of the flow: they are not moved, whatever they hold. `apart`
    tells the flow from another with as many fields.
    """

    flow: str = Field(pattern=r"^[A-Z]{2,4}$")
    title: str
    layout: Literal["national", "own"]
    scope: Literal["region", "national"] = "region"
    period: Literal["semester", "year"]
    key: list[str] = Field(min_length=1)
    slice: list[Literal["region", "year", "period"]]
    derived: dict[Literal["region", "year", "period"], str] = {}
    operation: str | None = None
    passed_over: str | None = None
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
        """The rules that a record is judged by as it is read, in order."""
        return [r for r in self.rules if r.implemented and r.kind != "register"]

    @property
    def registered(self) -> list[Rule]:
        """The rules that ask a register; they are applied to the current records."""
        return [r for r in self.rules if r.kind == "register"]

    @property
    def judges_by(self) -> str:
        """Digest of all that decides how a line is read and judged: not of titles, reasons and what is only printed."""
        fields = {
            name: f.model_dump(include={"name", "also", "type", "in_header", "repeated"})
            for name, f in self.fields.items()
        }
        if self.national:  # by position: the names are shown and not read
            fields = {name: {k: f[k] for k in ("type", "repeated")} for name, f in fields.items()}
        rules = [
            rule.model_dump(exclude={"title", "reason", "implemented"}, exclude_none=True)
            | ({"listed": codes(rule.codes)} if rule.codes else {})
            for rule in (*self.applied, *self.registered)
        ]
        plain = self.model_dump(include={"layout", "period", "key", "slice", "derived", "operation", "passed_over"})
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
        if not set(self.slice) <= {*self.key, *self.derived}:
            raise ValueError("slice: the columns of a slice are a part of the key, or derived from it")
        for rule in self.rules:
            self._check_rule(rule)
        return self

    def _check_rule(self, rule: Rule) -> None:
        if rule.pattern:
            check_pattern(f"rule {rule.code}", rule.pattern)
        if (rule.within or rule.date) and self.fields[rule.field].type != "date":
            raise ValueError(f"rule {rule.code}: {rule.field} is no date")
        if self.fields[rule.field].repeated and rule.kind in ("equals", "within"):
            raise ValueError(f"rule {rule.code}: {rule.field} holds several values; {rule.kind} is of one")
        for prefix, name in re.findall(NAMED, rule.condition or ""):
            if not self._knows(prefix, name):
                raise ValueError(f"rule {rule.code}: {prefix}.{name} is not known")

    def _knows(self, prefix: str, name: str) -> bool:
        field = self.fields.get(name)
        match prefix:
            case "day":
                return field is not None and field.type == "date"
            case "number":
                return field is not None and field.type in ("number", "decimal")
            case "each":
                return field is not None and field.repeated
            case _:
                return f"{prefix}.{name}" in CONTEXT


@cache
def codes(name: str, conf: Path | None = None) -> list[str]:
    """The codes of a list in conf/codes. Raises ConfigurationError where there is no such list."""
    return list(load_yaml((conf or conf_dir()) / "codes" / f"{name}.yaml"))


@cache
def load_layouts(conf: Path | None = None) -> dict[str, Layout]:
    """All flows, by code. Raises ConfigurationError that names the file, the key and what is wrong with it."""
    layouts = {}
    for path in sorted(((conf or conf_dir()) / "flows").glob("*.yaml")):
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
    for layout in layouts.values():
        _check_registers(layout, layouts)
    return layouts


def _check_registers(layout: Layout, layouts: dict[str, Layout]) -> None:
    for rule in layout.registered:
        asked = rule.register_
        columns = layouts[asked.flow].fields if asked.flow in layouts else {}
        if lacking := ", ".join(sorted({*asked.of, *asked.has} - columns.keys())):
            where = f"conf/flows/{layout.flow}.yaml: rule {rule.code}"
            raise ConfigurationError(f"{where}: the register {asked.flow} has no {lacking}")
