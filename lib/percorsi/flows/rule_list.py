"""All rules of all flows as a list: what a steward reads and a region asks about."""

from collections.abc import Mapping

from percorsi.errors import UsageError
from percorsi.flows.layout import Layout
from percorsi.flows.rule import Rule
from percorsi.flows.rules import LINE_FAULTS, NO_TEXT, WRONG_FIELDS

SEVERITIES = {"reject": "rejects", "report": "reports"}
_LINE_CHECKS = {
    WRONG_FIELDS: "the line has as many fields as the layout, or the header",
    NO_TEXT: "the line is UTF-8",
}


def rule_rows(layouts: Mapping[str, Layout], flow: str | None = None) -> list[dict]:
    """One row a rule, in the order of the layouts, those of the whole line first.

    Columns: flow, code, field (the column), name (the field's official name), severity (`rejects` or `reports`), kind,
    checks (what must hold; of a condition and of a register the Spark SQL), implemented (`yes` or `no`), title (the
    official one, where the rule is published), reason (why it is not implemented, or where it is read otherwise than
    printed). Raises UsageError for a flow that has no layout.
    """
    if flow and flow not in layouts:
        raise UsageError(f"no flow {flow}", next_step=f"use one of: {', '.join(layouts)}")
    chosen = [layouts[flow]] if flow else layouts.values()
    return [row for layout in chosen for row in _of(layout)]


def _of(layout: Layout) -> list[dict]:
    lines = [
        {
            **{"flow": layout.flow, "code": code, "field": "", "name": "", "severity": SEVERITIES["reject"]},
            **{"kind": "line", "checks": _LINE_CHECKS[code], "implemented": "yes", "title": title, "reason": ""},
        }
        for code, title in LINE_FAULTS.items()
    ]
    rules = [
        {
            **{"flow": layout.flow, "code": rule.code, "field": rule.field, "name": layout.fields[rule.field].name},
            **{"severity": SEVERITIES[rule.severity], "kind": rule.kind, "checks": checks(rule)},
            **{"implemented": "yes" if rule.implemented else "no", "title": rule.title, "reason": rule.reason},
        }
        for rule in layout.rules
    ]
    return lines + rules


def checks(rule: Rule) -> str:
    """What must hold, in words; where only Spark SQL says it, the SQL. Empty for a rule that is not implemented."""
    match rule.kind:
        case "required":
            return "not empty"
        case "number":
            return f"digits, {rule.number[0]} to {rule.number[1]}"
        case "decimal":
            return "a number, with a decimal point where it needs one"
        case "length":
            low, high = rule.length
            return f"{low} characters" if low == high else f"{low} to {high} characters"
        case "domain":
            return f"one of: {', '.join(rule.domain)}"
        case "codes":
            return f"in the list conf/codes/{rule.codes}.yaml"
        case "pattern":
            return f"of the form {rule.pattern}"
        case "date":
            return "AAAA-MM-GG, a day of the calendar"
        case "equals":
            return f"the {rule.equals.removeprefix('file_')} of the file's name"
        case "within":
            return "a day of the semester" if rule.within == "semester" else "a day of the file's period"
        case "condition":
            return f"not: {rule.condition}"
        case "register":
            return _register(rule)
    return ""


def _register(rule: Rule) -> str:
    asked = rule.register_
    of, has = (" and ".join(f"{column} = {sql}" for column, sql in part.items()) for part in (asked.of, asked.has))
    among = f" among its rows with {of}" if of else ""
    when = "" if asked.when == "true" else f"; asked where {asked.when}"
    return f"{asked.flow} knows {has}{among}{when}"


def titles(layouts: Mapping[str, Layout]) -> dict[tuple[str, str, str], str]:
    """(flow, code, field) -> title; where two rules of a field share a code, both their titles."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in rule_rows(layouts):
        of_rule = found.setdefault((row["flow"], row["code"], row["field"]), [])
        if row["title"] not in of_rule:
            of_rule.append(row["title"])
    return {rule: " / ".join(of_rule) for rule, of_rule in found.items()}
