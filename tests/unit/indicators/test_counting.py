"""Counts that share columns, held to the same counts asked one by one and to plain Python."""

import random

import numpy as np
import pandas as pd
import pytest

from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.compile import clause_columns, sides
from percorsi.indicators.counting import NUMBER, Count, shared
from percorsi.indicators.kind import DENOMINATOR
from percorsi.indicators.kinds import KINDS

# Spark SQL -> whether a unit is known to meet it
CONDITIONS = {
    "age >= 18": lambda age, seen, known: age is not None and age >= 18,
    "seen": lambda age, seen, known: seen is True,
    "seen OR age > 30": lambda age, seen, known: (
        True if seen or (age or 0) > 30 else None if None in (seen, age) else False
    ),
    "NOT known": lambda age, seen, known: not known,
    "age IS NULL": lambda age, seen, known: age is None,
}
PATHWAYS = ["schizophrenia", "bipolar", "depressive"]


def random_counts(chance: random.Random) -> dict[str, Count]:
    """Of three pathways unlike numbers of counts, odd ones too, with beginnings in common and without a condition."""
    made = {Count("bipolar", (), 3), Count("bipolar", ("seen", "NOT known"), 3), Count("bipolar", ("seen",), 3)}
    for pathway, number in zip(PATHWAYS, (9, 4, 1), strict=True):
        for _ in range(number):
            asked = chance.sample(list(CONDITIONS), chance.randrange(len(CONDITIONS)))
            made.add(Count(pathway, tuple(asked), chance.choice([1, 3])))
    return {f"count_{number}": one for number, one in enumerate(sorted(made))}


def random_units(chance: random.Random) -> list[tuple]:
    return [
        (
            chance.choice([*PATHWAYS, "severe_personality", None]),
            chance.choice([None, 17, 18, 30, 31]),
            chance.choice([None, True, False]),
            chance.choice([True, False]),
        )
        for _ in range(300)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_counts_together_are_those_asked_one_by_one(spark, seed):
    from pyspark.sql import functions as F

    chance = random.Random(seed)
    counts, units = random_counts(chance), random_units(chance)
    frame = spark.createDataFrame(units, "pathway string, age int, seen boolean, known boolean").repartition(3)
    columns = shared(counts)
    numbered = frame.selectExpr("*", f"{columns.number} as {NUMBER}").groupBy(NUMBER)
    rows = numbered.agg(*(F.expr(sql).alias(name) for name, sql in columns.aggregates.items())).toPandas()
    found = {}
    for block in columns.blocks(rows):
        assert len(block.rows) == 1
        found |= {name: int(values[0]) for name, values in block.columns.items()}
    alone = frame.selectExpr(*(f"sum({one.alone().unit}) as {name}" for name, one in counts.items())).first()
    plain = {
        name: sum(
            pathway == one.pathway and all(CONDITIONS[asked](*unit) for asked in one.conditions)
            for pathway, *unit in units
        )
        for name, one in counts.items()
    }
    assert found == alone.asDict() == plain
    assert len(set(plain.values())) > 5  # the comparison was of something
    of_each = [sum(one.pathway == pathway for one in counts.values()) for pathway in PATHWAYS]
    assert len(columns.aggregates) == (max(of_each) + 1) // 2


def test_a_count_may_be_as_large_as_its_bits():
    counts = {"few": Count("bipolar", ("a",), 1), "many": Count("bipolar", ("b",), 1)}
    columns = shared(counts)
    most = 2**31 - 1
    rows = pd.DataFrame({NUMBER: [0, 0, 0], "counts_0": np.array([most << 31, most, most << 31 | most])})
    (block,) = columns.blocks(rows)
    assert block.columns["few"].tolist() == [0, most, most]
    assert block.columns["many"].tolist() == [most, 0, most]


def test_what_is_counted_is_what_a_clinical_case_is_asked():
    catalogue = load_catalogue()
    asked = 0
    for measure, indicator in catalogue.by_code.values():
        for part in measure.components.values():
            clauses = clause_columns(measure, indicator, part.name)
            met = sides(indicator, part)
            for side in KINDS[measure.kind].sides:
                certain = [f"coalesce({one}, false)" for one in (f"pathway = '{indicator.pathway}'", *met[side])]
                own = clauses["population" if side == DENOMINATOR else "numerator"]
                assert own == f"({' AND '.join(certain)})"
                asked += 1
    assert asked > 400  # of 222 components


def test_what_counts_ask_first_is_asked_once():
    counts = {
        "numerator": Count("bipolar", ("age >= 18", "seen", "a OR b"), 1),
        "denominator": Count("bipolar", ("age >= 18", "seen"), 1),
        "third": Count("bipolar", ("known",), 1),
    }
    assert list(shared(counts).aggregates.values()) == [
        f"sum(CASE {NUMBER} WHEN 0 THEN if(age >= 18, if(seen, 1L + if(a OR b, 2147483648L, 0L), 0L), 0L) ELSE 0L END)",
        f"sum(CASE {NUMBER} WHEN 0 THEN if(known, 1L, 0L) ELSE 0L END)",
    ]
