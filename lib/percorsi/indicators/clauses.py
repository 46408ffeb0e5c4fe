"""The language of clauses: conditions over feature columns, a small part of Spark SQL.

A clause is parsed once (sqlglot) and serves three ends: its columns and parameters can be checked before Spark starts,
it becomes Spark SQL with the parameters bound as literals, and it can be evaluated for one row in plain Python with
SQL's three truth values. What is not in the tables below is not in the language: a clause means the same in both.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Protocol

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

Scalar = bool | int | float | str

_COMPARISONS: dict[type, Callable] = {
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
}
_ARITHMETIC: dict[type, Callable] = {exp.Add: operator.add, exp.Sub: operator.sub, exp.Mul: operator.mul}
_CONDITIONS = (*_COMPARISONS, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Boolean)
_LANGUAGE = (
    *_CONDITIONS,
    *_ARITHMETIC,
    exp.Column,
    exp.Identifier,
    exp.Placeholder,
    exp.Literal,
    exp.Null,
    exp.Paren,
    exp.Neg,
    exp.Coalesce,
)
_OPERANDS = {(exp.And, exp.Or, exp.Not): "boolean", (*_ARITHMETIC, exp.Neg): "number"}


class ClauseError(ValueError):
    """A clause that is not in the language; `rule` says which rule it breaks."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


def parse(sql: str) -> exp.Expression:
    """The tree of a clause: a condition, or a column, which `check_condition` holds to be one.

    Raises ClauseError: `syntax`, `language` (a construct outside it), `no_condition`.
    """
    parsed = tree(sql)
    if not isinstance(parsed.unnest(), (*_CONDITIONS, exp.Column)):
        raise ClauseError("no_condition", f"'{sql}' is neither true nor false")
    return parsed


def parse_value(sql: str) -> exp.Expression:
    """The tree of the value of a mean. Raises ClauseError: `syntax`, `language`, `no_value` (it is a condition)."""
    parsed = tree(sql)
    if isinstance(parsed.unnest(), _CONDITIONS):
        raise ClauseError("no_value", f"'{sql}' is a condition and no number")
    return parsed


@cache
def tree(sql: str) -> exp.Expression:
    """The tree of any expression of the language. Raises ClauseError: `syntax`, `language` (a construct outside it)."""
    try:
        parsed = sqlglot.parse_one(sql, dialect="spark")
    except SqlglotError as error:
        raise ClauseError("syntax", str(error).splitlines()[0]) from error
    for node in parsed.walk():
        if not isinstance(node, _LANGUAGE) or node.args.get("table") or node.args.get("query"):
            raise ClauseError("language", f"'{node.sql(dialect='spark')}' is not in the language of clauses")
    return parsed


class Part(Protocol):
    """A part of a measure, as it is written or whole."""

    population: Mapping[str, str]
    numerator: Mapping[str, str]


class Asking(Part, Protocol):
    """A measure, as it is written or loaded; what its parts are without, they have of it."""

    value: str | None


def asked(measure: Asking, part: Part) -> Iterator[tuple[Callable[[str], exp.Expression], str]]:
    """All that is asked of a unit in a part of a measure, each after what parses it: clauses, the value of a mean."""
    conditions = {**measure.population, **part.population}
    for sql in (*conditions.values(), *(part.numerator or measure.numerator).values()):
        yield parse, sql
    if measure.value is not None:
        yield parse_value, measure.value


def expressions(measure: Asking, part: Part) -> list[exp.Expression]:
    """The trees of all that is asked of a unit in a part of a measure. Raises ClauseError as `parse`."""
    return [reader(sql) for reader, sql in asked(measure, part)]


def columns(*trees: exp.Expression) -> set[str]:
    """Names of the columns that expressions read."""
    return {node.name for tree in trees for node in tree.find_all(exp.Column)}


def parameters(*trees: exp.Expression) -> set[str]:
    """Names of the parameters (`:name`) that expressions use."""
    return {node.name for tree in trees for node in tree.find_all(exp.Placeholder)}


def bare_numbers(tree: exp.Expression) -> list[str]:
    """Numbers other than 0 and 1 that stand in a clause: thresholds without a name."""
    return [n.name for n in tree.find_all(exp.Literal) if not n.is_string and n.name not in ("0", "1")]


def literal(value: Scalar) -> str:
    """A parameter as a literal of its own type in Spark SQL; a float is a double, never a decimal."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value!r}D"
    return exp.Literal.string(value).sql(dialect="spark")


def fits(value: object, asked: type) -> bool:
    """Whether a value is of the type that a parameter asks for; a whole number is where a float is asked for."""
    return type(value) is asked or (asked is float and type(value) is int)


def of_types(values: Mapping[str, Scalar], asked: Mapping[str, type]) -> dict[str, Scalar]:
    """The values, whole numbers as floats where these are asked for: 2 and 2.0 are one reading."""
    return {name: float(value) if asked.get(name) is float else value for name, value in values.items()}


def bind(sql: str, values: Mapping[str, Scalar]) -> str:
    """Spark SQL of a clause with every parameter replaced by its literal. A missing value is a KeyError."""
    return _bound(sql, tuple((name, literal(values[name])) for name in _parameters_of(sql)))


@cache
def _parameters_of(sql: str) -> tuple[str, ...]:
    return tuple(sorted(parameters(tree(sql))))


@cache
def _bound(sql: str, literals: tuple[tuple[str, str], ...]) -> str:
    """Spark SQL with the literals in place; kept, since pathways and years ask many clauses with the same ones."""
    by_name = dict(literals)

    def replace(node: exp.Expression) -> exp.Expression:
        return exp.Var(this=by_name[node.name]) if isinstance(node, exp.Placeholder) else node

    def as_written(node: exp.Expression) -> exp.Expression:
        """IS NOT NULL, which the parser takes for NOT ... IS NULL."""
        inner = node.this if isinstance(node, exp.Not) else None
        known = isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null)
        return exp.Is(this=inner.this, expression=exp.Not(this=exp.Null())) if known else node

    return tree(sql).transform(replace).transform(as_written).sql(dialect="spark")


def check_types(tree: exp.Expression, columns: Mapping[str, str], values: Mapping[str, Scalar]) -> str | None:
    """The type of an expression (`number`, `text`, `boolean`, `date`; None for NULL), from those of its columns.

    Raises ClauseError (`type`) where two types meet: Spark would cast one of them, and fail at the first value that
    cannot be cast, in the middle of a run.
    """
    if isinstance(tree, exp.Column):
        return _type_group(columns[tree.name])
    if isinstance(tree, exp.Placeholder):
        return _type_of(values[tree.name])
    if isinstance(tree, exp.Literal | exp.Boolean):
        return _type_of(tree.to_py())
    parts = [node for node in tree.iter_expressions() if isinstance(node, _LANGUAGE)]
    types = {check_types(part, columns, values) for part in parts} - {None}
    needed = next((t for nodes, t in _OPERANDS.items() if isinstance(tree, nodes)), None)
    if len(types) > 1 or (needed and not types <= {needed}):
        raise ClauseError(
            "type", f"'{tree.sql(dialect='spark')}' mixes {' and '.join(sorted(types | {needed} - {None}))}"
        )
    return "boolean" if isinstance(tree, _CONDITIONS) else next(iter(types), None)


def check_condition(tree: exp.Expression, columns: Mapping[str, str], values: Mapping[str, Scalar]) -> None:
    """Raises ClauseError: `type` as `check_types`, `no_condition` where the whole is a column of another type."""
    if check_types(tree, columns, values) != "boolean":
        raise ClauseError("no_condition", f"'{tree.sql(dialect='spark')}' is neither true nor false")


def _type_of(value: Scalar) -> str:
    return "boolean" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"


def _type_group(spark_type: str) -> str:
    return {"string": "text", "boolean": "boolean", "date": "date", "timestamp": "date"}.get(spark_type, "number")


def evaluate(tree: exp.Expression, row: Mapping[str, Any], values: Mapping[str, Scalar]) -> Any:
    """What a clause says of one row: True, False or None (unknown); an absent column is null."""
    if isinstance(tree, exp.Column):
        return row.get(tree.name)
    if isinstance(tree, exp.Placeholder):
        return values[tree.name]
    if isinstance(tree, exp.Literal | exp.Boolean | exp.Null):
        return tree.to_py()

    def of(node: exp.Expression) -> Any:
        return evaluate(node, row, values)

    if isinstance(tree, exp.Paren):
        return of(tree.this)
    if isinstance(tree, exp.And | exp.Or):
        return _joined(of(tree.left), of(tree.right), ends=isinstance(tree, exp.Or))
    if isinstance(tree, exp.Not):
        said = of(tree.this)
        return None if said is None else not said
    if isinstance(tree, exp.Is):
        return of(tree.this) is of(tree.expression)
    if isinstance(tree, exp.Coalesce):
        return next((v for v in map(of, [tree.this, *tree.expressions]) if v is not None), None)
    if isinstance(tree, exp.In):
        asked, members = of(tree.this), [of(member) for member in tree.expressions]
        return None if asked is None else True if asked in members else None if None in members else False
    if isinstance(tree, exp.Between):
        asked, low, high = of(tree.this), of(tree.args["low"]), of(tree.args["high"])
        return _joined(_apply(operator.ge, asked, low), _apply(operator.le, asked, high), ends=False)
    if isinstance(tree, exp.Neg):
        number = of(tree.this)
        return None if number is None else -number
    return _apply({**_COMPARISONS, **_ARITHMETIC}[type(tree)], of(tree.left), of(tree.right))


def _apply(function: Callable, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if {type(left), type(right)} == {Decimal, float}:  # as Spark: doubles, so that a bound met exactly is met
        left, right = float(left), float(right)
    return function(left, right)


def _joined(left: bool | None, right: bool | None, *, ends: bool) -> bool | None:
    """AND (ends=False) and OR (ends=True): one side decides alone when it is what ends the matter."""
    return ends if ends in (left, right) else None if None in (left, right) else not ends
