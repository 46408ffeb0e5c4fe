"""The antipsychotics after a discharge: the first day, and the daily dose of what is dispensed again.

Source: measurement manual, section 3, S17. The window ends at the death.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.conformed.layout import AMOUNT as DOSE
from percorsi.features.drugs import ANTIPSYCHOTIC
from percorsi.intervals.coverage import LONGEST
from percorsi.settings import Parameters

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def of_persons(dispensed: "DataFrame", numbered: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """One row a person discharged in Y from a psychiatric ward: person_id, `antipsychotics`, their dispensings from Y0
    to the data end by date, a list of struct (date, substance, ddds).

    `dispensed`: rows of `drugs.dispensed`; `numbered`: rows of `hospital.numbered` of all records of the window.
    """
    from pyspark.sql import functions as F

    discharged = numbered.where(F.col("spdc") & window.in_year("discharge_date")).select("person_id")
    given = F.least(F.col(ANTIPSYCHOTIC), F.lit(LONGEST)).cast(DOSE).alias("ddds")
    return (
        dispensed.where(F.col(ANTIPSYCHOTIC).isNotNull() & (F.col("date") >= F.lit(window.start)))
        .join(discharged, "person_id", "left_semi")
        .groupBy("person_id")
        .agg(F.array_sort(F.collect_list(F.struct("date", "substance", given))).alias("antipsychotics"))
    )


def after_discharge(parameters: Parameters) -> tuple[dict[str, "Column"], ...]:
    """days_to_antipsychotic, then antipsychotic_daily_ddds, of a row with discharge_date, death_date and
    `antipsychotics`, in the order of the steps in which they are made."""
    from pyspark.sql import functions as F

    discharge, death = F.col("discharge_date"), F.col("death_date")
    seen = F.filter("antipsychotics", lambda a: (a["date"] >= discharge) & F.coalesce(a["date"] <= death, F.lit(True)))
    first = F.date_add(discharge, F.col("days_to_antipsychotic"))

    def daily(given: "Column") -> "Column":
        again = F.filter(
            "antipsychotics_after",
            lambda a: (
                (a["substance"] == given["substance"])
                & (a["date"] > given["date"])
                & (a["date"] <= F.date_add(given["date"], parameters.repeat_days))
            ),
        )
        days = F.datediff(F.get(again, F.lit(0))["date"], given["date"])
        return given["ddds"] / days.cast("decimal(5,0)")

    doses = F.filter(
        F.transform(F.filter("antipsychotics_after", lambda a: a["date"] == first), daily),
        lambda dose: dose.isNotNull(),
    )
    # Rounded once, after the sum: thirds of a dose add up to the whole.
    total = F.aggregate(doses, F.lit(0).cast("decimal(38,15)"), lambda sum, dose: (sum + dose).cast("decimal(38,15)"))
    return (
        {"antipsychotics_after": seen},
        {"days_to_antipsychotic": F.datediff(F.get("antipsychotics_after", F.lit(0))["date"], discharge)},
        {"antipsychotic_daily_ddds": F.when(F.size(doses) > 0, total.cast(DOSE))},
    )
