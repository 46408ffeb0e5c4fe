"""Laboratory tests of a person: how often one was done on the days of a window.

Source: measurement manual, section 2, Laboratory. An execution is a day with the test; a hospital stay (any ward) with
a day inside the window is one more execution of each test.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.code_lists import laboratory_sql
from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

METABOLIC = ("glucose", "cholesterol", "triglycerides")


def tests(outpatient_service: "DataFrame", window: EvaluationWindow, kinds: Sequence[str]) -> "DataFrame":
    """One row a person with a test of these kinds (lists of conf/codes/laboratory.yaml): person_id, `tests` (array of
    structs of kind and date, without doubles), from 1 January Y-1 to the data end."""
    from pyspark.sql import functions as F

    kind = F.coalesce(*(F.when(F.expr(laboratory_sql(name)), name) for name in kinds))
    return (
        window.dated(outpatient_service)
        .where(F.col("date") >= F.lit(window.year_before))
        .withColumn("kind", kind)
        .where("kind is not null")
        .groupBy("person_id")
        .agg(F.collect_set(F.struct("kind", "date")).alias("tests"))
    )


def executions(
    kinds: Sequence[str], first: "Column", last: "Column", name: str = "{kind}_tests", stays: bool = True
) -> "dict[str, Column]":
    """How often each test was done on [first, last] (int), by `name`; null where a day is null, 0 where last lies
    before first.

    Of a row with `tests` (see above) and `hospital_stays` (`hospital.of_outcomes`), null for none. `stays`: whether a
    hospital stay counts as an execution.
    """
    from pyspark.sql import functions as F

    def size(array: "Column") -> "Column":
        return F.coalesce(F.size(array), F.lit(0))

    inside = F.filter(
        "hospital_stays",
        lambda stay: F.greatest(stay["admission_date"], first) <= F.least(stay["discharge_date"], last),
    )
    asked = first.isNotNull() & last.isNotNull()

    def times(kind: str) -> "Column":
        days = F.filter("tests", lambda test: (test["kind"] == kind) & test["date"].between(first, last))
        return F.when(asked, size(days) + size(inside) if stays else size(days))

    return {name.format(kind=kind): times(kind) for kind in kinds}


def of_year(window: EvaluationWindow, kinds: Sequence[str] = METABOLIC) -> "dict[str, Column]":
    """`<kind>_tests` of Y."""
    from pyspark.sql import functions as F

    return executions(kinds, F.lit(window.start), F.lit(window.end))


def after_first_dispensing(drug_class: str, days: int, kinds: Sequence[str] = METABOLIC) -> "dict[str, Column]":
    """`<class>_<kind>_tests` within so many days of the first dispensing in Y of a class, cut at the death; null
    without one. Of a row with `<class>_first_dispensing` and death_date."""
    from pyspark.sql import functions as F

    first = F.col(f"{drug_class}_first_dispensing")
    last = F.least(F.date_add(first, days), "death_date")
    return executions(kinds, first, last, f"{drug_class}_{{kind}}_tests")
