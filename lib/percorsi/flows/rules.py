"""The rules of a flow as Spark columns: one pass over the records gives all errors of every one of them."""

import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from percorsi.errors import ConfigurationError
from percorsi.flows.code_pattern import code_pattern
from percorsi.flows.layout import NAMED, Layout, codes
from percorsi.flows.rule import Rule

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ERRORS_TYPE = "array<struct<field: string, code: string, severity: string>>"
WRONG_FIELDS = "P000"
NO_TEXT = "P008"
# Faults of a line that has no fields to check: code -> what it means.
LINE_FAULTS = {WRONG_FIELDS: "Wrong number of fields", NO_TEXT: "No UTF-8 text"}
NOT_MOVED = "NM"

# The end of a text is \z: for Java, $ is also before a line terminator at the end, such as U+2028.
_DATE_FORM = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\\z"
_LONG_LIST = 1000
_NUMBER_FORM = r"^[0-9]{1,9}\\z"
_DECIMAL_FORM = r"^[+-]?[0-9]{1,12}([.][0-9]{0,9})?\\z"
_CONTEXT_COLUMN = r"`\1.\2`"


def judge(df: "DataFrame", layout: Layout, delivered: date | None = None) -> "DataFrame":
    """Adds `errors` and `accepted` to records of a flow.

    Needs the flow's fields as text, `file_region`, `file_year`, `file_period`, and `line_fault`, the code of a line
    without fields (null elsewhere). `delivered` is the day that was given with the delivery: without one, what a rule
    says of that day is not applied. A line that is not moved (NM) or no record of the flow is passed over: no errors,
    not accepted.
    """
    not_moved = _not_moved(layout)
    faults = [(rule, f"coalesce({fault(rule, layout)}, false)") for rule in layout.applied]
    found = ", ".join(f"if({sql}, {error_sql(rule.field, rule.code, rule.severity)}, null)" for rule, sql in faults)
    any_fault = " or ".join(sql for _, sql in faults)
    none = f"cast(array() as {ERRORS_TYPE})"
    line_error = ", ".join(f"'{c}', array({error_sql('', c, 'reject')})" for c in LINE_FAULTS)
    errors = f"""case when line_fault is not null then map({line_error})[line_fault]
        when {not_moved} then {none}
        when {any_fault or "false"} then array_compact(array({found}))
        else {none} end"""
    return (
        df.withColumns(_typed(layout, delivered))
        .selectExpr(*df.columns, f"cast({errors} as {ERRORS_TYPE}) as errors")
        .selectExpr("*", f"not {not_moved} and not {rejects('errors')} as accepted")
    )


def rejects(errors: str) -> str:
    """Spark SQL: whether one of the errors takes the record out."""
    return f"exists({errors}, e -> e.severity = 'reject')"


def _not_moved(layout: Layout) -> str:
    """Spark SQL, never null: whether a line is passed over before the rules."""
    said = [f"upper(`{layout.operation}`) = '{NOT_MOVED}'"] if layout.operation else []
    said += [layout.passed_over] if layout.passed_over else []
    return f"coalesce({' or '.join(f'({sql})' for sql in said)}, false)" if said else "false"


def fault(rule: Rule, layout: Layout) -> str:
    """Spark SQL that is true where the record breaks the rule (null or false where it does not)."""
    field = rule.field
    match rule.kind:
        case "required":
            return f"`{field}` is null"
        case "equals":
            return f"`{field}` <> {rule.equals}"
        case "within":
            return f"`day.{field}` not between `{rule.within}.start` and `{rule.within}.end`"
        case "condition":
            return f"({re.sub(NAMED, _CONTEXT_COLUMN, rule.condition)})"
    if layout.fields[field].repeated:
        return f"exists(`each.{field}`, v -> {_fault_of_value(rule, 'v', _number('v', 'bigint'), _day('v'))})"
    return f"({_fault_of_value(rule, f'`{field}`', f'`number.{field}`', f'`day.{field}`')})"


def _fault_of_value(rule: Rule, value: str, number: str, day: str) -> str:
    match rule.kind:
        case "number":
            low, high = rule.number
            return f"{value} not rlike '{_NUMBER_FORM}' or {number} not between {low} and {high}"
        case "decimal":
            return f"{value} not rlike '{_DECIMAL_FORM}'"
        case "length":
            low, high = rule.length
            return f"length({value}) not between {low} and {high}"
        case "domain":
            return f"{value} not in ({_listed(rule.domain)})"
        case "codes":
            return f"{value} {_outside_list(rule.codes)}"
        case "pattern":
            return f"{value} not rlike {_whole(rule.pattern)}"
        case "date":
            return f"{value} is not null and {day} is null"
    raise ConfigurationError(f"rule {rule.code}: no kind of check {rule.kind}")


@cache
def _outside_list(name: str) -> str:
    """A long list is written as one pattern: thousands of literals take longer to plan than to compare with."""
    listed = codes(name)
    if len(listed) > _LONG_LIST:
        return f"not rlike {_whole(code_pattern(listed))}"
    return f"not in ({_listed(listed)})"


def _day(value: str) -> str:
    return f"case when {value} rlike '{_DATE_FORM}' then try_cast({value} as date) end"


def _number(value: str, kind: str) -> str:
    form = _NUMBER_FORM if kind == "bigint" else _DECIMAL_FORM
    return f"case when {value} rlike '{form}' then try_cast({value} as {kind}) end"


def _typed(layout: Layout, delivered: date | None) -> dict:
    """Columns that rules refer to, computed once: days and numbers of the fields, first and last day of periods."""
    from pyspark.sql import functions as F

    used = " ".join(fault(rule, layout) for rule in layout.applied)
    typed = {"delivery.day": f"date'{delivered}'" if delivered else "cast(null as date)"}
    for name, field in layout.fields.items():
        if field.repeated:
            typed[f"each.{name}"] = f"filter(transform(split(`{name}`, '[|]'), v -> btrim(v)), v -> v <> '')"
        elif field.type == "date":
            typed[f"day.{name}"] = _day(f"`{name}`")
        elif field.type in ("number", "decimal"):
            typed[f"number.{name}"] = _number(f"`{name}`", "bigint" if field.type == "number" else "decimal(24,9)")
    year, period = ("year" if "year" in layout.fields else "file_year"), "period"
    for scope, y, p in (("file", "file_year", "file_period"), ("semester", year, period)):
        whole = scope == "semester" and period not in layout.fields
        typed |= {f"{scope}.{end}": sql for end, sql in _bounds(y, "''" if whole else p).items()}
    return {name: F.expr(sql) for name, sql in typed.items() if f"`{name}`" in used}


def _bounds(year: str, period: str) -> dict[str, str]:
    """First and last day of a semester (S1, S2), a month (01-12) or, with no period, a year; null for no such year."""
    real = f"{year} rlike '^[12][0-9]{{3}}$'"
    starts = f"case when {period} = 'S2' then '07' when {period} rlike '^[01][0-9]$' then {period} else '01' end"
    months = f"case when {period} in ('S1', 'S2') then 6 when {period} rlike '^[01][0-9]$' then 1 else 12 end"
    start = f"try_cast(concat({year}, '-', {starts}, '-01') as date)"
    return {
        "start": f"case when {real} then {start} end",
        "end": f"case when {real} then date_sub(add_months({start}, {months}), 1) end",
    }


def error_sql(field: str, code: str, severity: str) -> str:
    return f"named_struct('field', '{field}', 'code', '{code}', 'severity', '{severity}')"


def _whole(pattern: str) -> str:
    """A pattern that the whole of a text has to match, as a literal."""
    return _literal(rf"^({pattern})\z")


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _listed(values: list[str]) -> str:
    return ", ".join(_literal(v) for v in values)
