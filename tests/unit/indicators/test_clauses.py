"""The language of clauses: its two meanings, Spark's and plain Python's, are one."""

import itertools
from decimal import Decimal

import pyarrow as pa
import pytest

from percorsi.indicators.clauses import ClauseError, bind, columns, evaluate, expressions, literal, parameters, parse
from percorsi.indicators.entries import ComponentEntry, MeasureEntry
from percorsi.small_frame import small_frame

PARAMETERS = {"n": 1, "word": "it", "share": 0.5, "yes": True}
CLAUSES = [
    "a > :n AND b > :n",
    "a > :n OR b > :n",
    "NOT (a > :n OR b IS NULL)",
    "a BETWEEN b AND :n",
    "NOT a BETWEEN 0 AND b",
    "a IN (b, 0)",
    "NOT a IN (b, 0)",
    "coalesce(a, b, 0) < :n",
    "a + b * -1 >= a - 1",
    "a <> b AND (a <= b) IS NOT NULL",
    "(a = b) IS TRUE",
    "a * :share < :n",
    "w = :word OR (w = 'no') = :yes",
    "w IN ('it', 'no') AND w IS NOT NULL",
]


def test_spark_and_plain_python_agree_on_every_clause(spark):
    rows = [
        {"a": a, "b": b, "w": w} for a, b, w in itertools.product((0, 1, 2, None), (0, 1, None), ("it", "no", None))
    ]
    frame = spark.createDataFrame(pa.Table.from_pylist(rows))
    said = frame.selectExpr(*(f"{bind(sql, PARAMETERS)} as clause_{i}" for i, sql in enumerate(CLAUSES))).collect()
    for i, sql in enumerate(CLAUSES):
        expected = [evaluate(parse(sql), row, PARAMETERS) for row in rows]
        assert [row[i] for row in said] == expected, sql
        assert len(set(expected)) > 1, f"{sql} says the same of everybody"


def test_spark_and_plain_python_agree_on_bounds_that_decimals_meet(spark):
    rows = [{"dose": Decimal(dose)} for dose in ("3.333000000", "3.333000001", "1.000000000", "0.999999999")]
    asked = ["dose <= :highest", "dose >= :highest", "dose BETWEEN :lowest AND :highest"]
    bounds = {"lowest": 1.0, "highest": 3.333}
    frame = small_frame(spark, [(row["dose"],) for row in rows], "dose decimal(20,9)")
    for row, said in zip(rows, frame.selectExpr(*(bind(sql, bounds) for sql in asked)).collect(), strict=True):
        assert list(said) == [evaluate(parse(sql), row, bounds) for sql in asked]
    assert [evaluate(parse(asked[2]), row, bounds) for row in rows] == [True, False, True, False]


@pytest.mark.parametrize(
    ("value", "sql"),
    [(30, "30"), (-1, "-1"), (0.5, "0.5D"), (True, "true"), ("it", "'it'"), ("a' OR 'b", "'a\\' OR \\'b'")],
)
def test_parameters_are_literals_of_their_own_type(value, sql):
    assert literal(value) == sql


def test_columns_and_parameters_of_a_clause():
    tree = parse("a > :n AND (b IS NULL OR a + c < :m)")
    assert columns(tree) == {"a", "b", "c"}
    assert parameters(tree) == {"n", "m"}
    both = (tree, parse("d = :o"))
    assert (columns(*both), parameters(*both)) == ({"a", "b", "c", "d"}, {"n", "m", "o"})
    assert columns() == parameters() == set()


COMMON = {"title": "T", "reading": "R", "grain": "person_year", "status": "N", "cohort": "treated"}
COMMON |= {"needs": {"SISM": ["Y"]}, "indicators": {"S5": {"pathway": "schizophrenia"}}}


def test_a_part_asks_with_its_own_clauses_and_with_those_it_has_of_its_measure():
    clauses = {"population": {"old": "a > :n"}, "numerator": {"often": "b > :m"}}
    measure = MeasureEntry.model_validate({**COMMON, "kind": "proportion", **clauses})
    narrower = ComponentEntry.model_validate({"population": {"seen": "c > :k"}})
    other = ComponentEntry.model_validate({"numerator": {"twice": "d > :n"}})
    said = [expressions(measure, part) for part in (ComponentEntry(), narrower, other)]
    assert [columns(*trees) for trees in said] == [{"a", "b"}, {"a", "b", "c"}, {"a", "d"}]
    assert [parameters(*trees) for trees in said] == [{"n", "m"}, {"n", "m", "k"}, {"n"}]


def test_the_value_of_a_mean_is_asked_in_each_of_its_parts():
    mean = MeasureEntry.model_validate({**COMMON, "kind": "mean", "value": "a + b * :n", "per": "c"})
    trees = expressions(mean, ComponentEntry())
    assert (columns(*trees), parameters(*trees)) == ({"a", "b"}, {"n"})


def test_a_bound_clause_reads_as_it_was_written_and_texts_in_it_stay():
    values = {"n": 2, "word": "so:n"}
    assert bind("a + :n IS NOT NULL AND b <= :n", values) == "a + 2 IS NOT NULL AND b <= 2"
    assert bind("w = ':n' OR w IN (:word, 'x:word')", values) == "w = ':n' OR w IN ('so:n', 'x:word')"


@pytest.mark.parametrize("sql", ["(select 1) > 0", "a > 1; drop table b", "a LIKE 'x'", "t.a > 1", "a IN (select b)"])
def test_what_is_outside_the_language_is_refused(sql):
    with pytest.raises(ClauseError) as raised:
        parse(sql)
    assert raised.value.rule == "language"
