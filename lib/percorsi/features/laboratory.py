"""Laboratory tests of a person: how often one was done on the days of a window.

Source: measurement manual, section 2, Laboratory. An execution is a day with the test; a hospital stay (any ward) with
a day inside the window is one more execution of each test.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.code_lists import laboratory_sql
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.drugs import DYSMETABOLIC_RISK, OR_ANTIPSYCHOTIC

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

METABOLIC = ("glucose", "cholesterol", "triglycerides")
LITHIUM_LEVEL = "lithium_level"
# Lists of conf/codes/laboratory.yaml that are asked for in Y,
OF_YEAR = (
    *(*METABOLIC, LITHIUM_LEVEL, "creatinine", "urine", "tsh", "ft3", "ft4"),
    *("alt", "ast", "ggt", "alkaline_phosphatase", "blood_count"),
)
# and after the first dispensing in Y of a class of drugs.
AT_START = {
    DYSMETABOLIC_RISK: METABOLIC,
    OR_ANTIPSYCHOTIC: ("blood_count", "alt", "ast", "creatinine", "tsh", "cholesterol", "triglycerides", "ecg"),
}
KINDS = tuple(dict.fromkeys((*OF_YEAR, *(kind for kinds in AT_START.values() for kind in kinds))))


def tests(outpatient_service: "DataFrame", window: EvaluationWindow, kinds: Sequence[str] = KINDS) -> "DataFrame":
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


def done(name: str, first: "Column", last: "Column") -> "dict[str, Column]":
    """What `executions` counts, by name: <name>_done, the kind of each test on [first, last], and <name>_stays, the
    number of hospital stays with a day there; null where a day is null.

    Of a row with `tests` (see above) and `hospital_stays` (`hospital.of_outcomes`), null for none.
    """
    from pyspark.sql import functions as F

    asked = first.isNotNull() & last.isNotNull()
    inside = F.filter("tests", lambda test: test["date"].between(first, last))
    stays = F.filter(
        "hospital_stays",
        lambda stay: F.greatest(stay["admission_date"], first) <= F.least(stay["discharge_date"], last),
    )
    kinds = F.coalesce(F.transform(inside, lambda test: test["kind"]), F.array().cast("array<string>"))
    return {
        f"{name}_done": F.when(asked, kinds),
        f"{name}_stays": F.when(asked, F.coalesce(F.size(stays), F.lit(0))),
    }


def executions(kinds: Sequence[str], counted: str, name: str = "{kind}_tests") -> "dict[str, Column]":
    """How often each test was done (int), by `name`, of a row with `done` by the name `counted`; null where a day of it
    is null, 0 where its last lies before its first."""
    from pyspark.sql import functions as F

    tests, stays = F.col(f"{counted}_done"), F.col(f"{counted}_stays")
    # What goes with the removal of a kind: a lambda for each would cost more to plan and to run.
    return {name.format(kind=kind): F.size(tests) - F.size(F.array_remove(tests, kind)) + stays for kind in kinds}


def done_in_year(window: EvaluationWindow) -> "dict[str, Column]":
    """`done` in Y."""
    from pyspark.sql import functions as F

    return done("year", F.lit(window.start), F.lit(window.end))


def done_at_start(days: int) -> "dict[str, Column]":
    """`done` within so many days of the first dispensing in Y of each class of `AT_START`, cut at the death; null
    without one. Of a row with `<class>_first_dispensing` and death_date."""
    from pyspark.sql import functions as F

    found: dict[str, Column] = {}
    for name in AT_START:
        first = F.col(f"{name}_first_dispensing")
        found |= done(name, first, F.least(F.date_add(first, days), "death_date"))
    return found


def answers() -> "dict[str, Column]":
    """`<kind>_tests` of Y and `<class>_<kind>_tests`, of a row with `done_in_year` and `done_at_start`."""
    of_year = executions(OF_YEAR, "year")
    at_start = (executions(kinds, name, f"{name}_{{kind}}_tests") for name, kinds in AT_START.items())
    return of_year | {name: said for of_class in at_start for name, said in of_class.items()}
