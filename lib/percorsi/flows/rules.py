"""The rules of a flow as Spark columns: one pass over the records gives all errors of every one of them."""

import re
from typing import TYPE_CHECKING

from percorsi.flows.layout import Layout, Rule, codes

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ERRORS_TYPE = "array<struct<field: string, code: string, severity: string>>"
WRONG_FIELDS = "P000"
NO_TEXT = "P008"
# Faults of a line that has no fields to check: code -> what it means.
LINE_FAULTS = {WRONG_FIELDS: "Wrong number of fields", NO_TEXT: "No UTF-8 text"}
NOT_MOVED = "NM"

_DATE_FORM = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_NUMBER_FORM = "^[0-9]{1,9}$"


def judge(df: "DataFrame", layout: Layout) -> "DataFrame":
    """Adds `errors` and `accepted` to records of a flow.

    Needs the flow's fields as text, `file_region`, `file_year`, `file_period`, and `line_fault`, the code of a line
    without fields (null elsewhere). A record that is not moved (NM) is passed over: no errors, not accepted.
    """
    operation = f"`{layout.operation}`" if layout.operation else "'I'"
    faults = [(rule, f"coalesce({fault(rule, layout)}, false)") for rule in layout.applied]
    found = ", ".join(f"if({sql}, {_error(rule.field, rule.code, rule.severity)}, null)" for rule, sql in faults)
    any_fault = " or ".join(sql for _, sql in faults)
    none = f"cast(array() as {ERRORS_TYPE})"
    line_error = ", ".join(f"'{c}', array({_error('', c, 'reject')})" for c in LINE_FAULTS)
    errors = f"""case when line_fault is not null then map({line_error})[line_fault]
        when {operation} = '{NOT_MOVED}' then {none}
        when {any_fault or "false"} then array_compact(array({found}))
        else {none} end"""
    rejected = "exists(errors, e -> e.severity = 'reject')"
    return (
        df.withColumns(_typed(layout))
        .selectExpr(*df.columns, f"cast({errors} as {ERRORS_TYPE}) as errors")
        .selectExpr("*", f"not coalesce({operation} = '{NOT_MOVED}', false) and not {rejected} as accepted")
    )


def fault(rule: Rule, layout: Layout) -> str:
    """Spark SQL that is true where the record breaks the rule (null or false where it does not)."""
    value = f"`{rule.field}`"
    match rule.kind:
        case "required":
            return f"{value} is null"
        case "number":
            low, high = rule.number
            return f"({value} not rlike '{_NUMBER_FORM}' or `number.{rule.field}` not between {low} and {high})"
        case "length":
            low, high = rule.length
            return f"length({value}) not between {low} and {high}"
        case "domain":
            return f"{value} not in ({_listed(rule.domain)})"
        case "codes":
            return f"{value} not in ({_listed(codes(rule.codes))})"
        case "pattern":
            return f"{value} not rlike {_literal(f'^({rule.pattern})$')}"
        case "date":
            return f"({value} is not null and `day.{rule.field}` is null)"
        case "equals":
            return f"{value} <> {rule.equals}"
        case "within":
            return f"`day.{rule.field}` not between `{rule.within}.start` and `{rule.within}.end`"
        case _:
            return f"({_condition(rule.condition)})"


def _typed(layout: Layout) -> dict:
    """Columns that rules refer to, computed once: days and numbers of the fields, first and last day of periods."""
    from pyspark.sql import functions as F

    used = " ".join(fault(rule, layout) for rule in layout.applied)
    typed = {}
    for name, field in layout.fields.items():
        if field.type == "date":
            typed[f"day.{name}"] = f"case when `{name}` rlike '{_DATE_FORM}' then try_cast(`{name}` as date) end"
        if field.type == "number":
            typed[f"number.{name}"] = f"case when `{name}` rlike '{_NUMBER_FORM}' then try_cast(`{name}` as int) end"
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


def _condition(text: str) -> str:
    return re.sub(r"\b(day|number|file|semester)\.(\w+)", r"`\1.\2`", text)


def _error(field: str, code: str, severity: str) -> str:
    return f"named_struct('field', '{field}', 'code', '{code}', 'severity', '{severity}')"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _listed(values: list[str]) -> str:
    return ", ".join(_literal(v) for v in values)
