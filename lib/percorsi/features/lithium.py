"""The lithium level at the start of lithium: after a stay in an SPDC, and from the first dispensing on.

Source: measurement manual, section 3, BP17: days with the level alone, no hospital stay counts. Windows end at the
death.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.laboratory import LITHIUM_LEVEL

if TYPE_CHECKING:
    from pyspark.sql import Column

FIRST = "lithium_first_dispensing"


def found(window: EvaluationWindow) -> dict[str, "Column"]:
    """Days by which `answers` tell, of a row with lithium_first_dispensing, death_date, `tests` (`laboratory.tests`)
    and `hospital_stays` (`hospital.of_outcomes`): lithium_levels, the days with a level up to the death, in order (null
    without lithium in Y); lithium_stay_discharge, the latest discharge from an SPDC in Y-1 or Y up to the first
    dispensing."""
    from pyspark.sql import functions as F

    first = F.col(FIRST)
    until = F.coalesce("death_date", F.lit(window.data_end))
    levels = F.filter("tests", lambda test: (test["kind"] == LITHIUM_LEVEL) & (test["date"] <= until))
    discharges = F.filter(
        F.transform("hospital_stays", lambda stay: stay["spdc_discharge_date"]),
        lambda day: day.between(F.lit(window.year_before), first),
    )
    return {
        "lithium_levels": F.when(first.isNotNull(), F.array_sort(F.transform(levels, lambda test: test["date"]))),
        "lithium_stay_discharge": F.array_max(discharges),
    }


def answers() -> dict[str, "Column"]:
    """Columns of `features/person_year`, of a row with `found`."""
    from pyspark.sql import functions as F

    first, discharge = F.col(FIRST), F.col("lithium_stay_discharge")

    def levels_from(start: "Column") -> "Column":
        return F.filter("lithium_levels", lambda day: day >= start)

    return {
        "lithium_days_since_stay": F.datediff(first, discharge),
        "lithium_stay_days_to_level": F.datediff(F.get(levels_from(discharge), F.lit(0)), discharge),
        "lithium_start_days_to_second_level": F.datediff(F.get(levels_from(first), F.lit(1)), first),
    }
