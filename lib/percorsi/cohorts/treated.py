"""The persons of a year: who had a DSM contact day in it, when the first one was, how long, and on which pathway.

Source: measurement manual, section 2, DSM contact day, Treated in Y; section 3 (S5, months in care). The age (18 or
more) is a clause of the catalogue.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.cohorts.pathway import decided
from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column

# First day of Y of each kind of DSM contact, as the cohort sees it.
FIRST_DAYS = ("first_intervention", "first_presence", "first_residential_day", "first_spdc_day")
# What told a pathway.
BY_CLOSING, BY_OPENING, BY_STAY = "sism_closing", "sism_opening", "sdo"


def first_contact() -> "Column":
    """`c`: the first day of Y on which a DSM had contact, of a row with `FIRST_DAYS`."""
    from pyspark.sql import functions as F

    return F.least(*FIRST_DAYS)


def months_in_care(window: EvaluationWindow) -> "Column":
    """Months of Y from that of the first contact to December, or to that of the death, both included; 1 where the death
    lies before the contact. Of a row with first_contact_date and death_date."""
    from pyspark.sql import functions as F

    last = F.least(F.col("death_date"), F.lit(window.end))
    months = F.month(last) - F.month("first_contact_date") + 1
    return F.when(last >= F.col("first_contact_date"), months).otherwise(1)


def days_at_risk(window: EvaluationWindow) -> "Column":
    """Days from the first contact to the death or the end of Y, both included; 0 where the death lies before the
    contact. Of a row with first_contact_date and death_date."""
    from pyspark.sql import functions as F

    last = F.least(F.col("death_date"), F.lit(window.end))
    return F.greatest(F.datediff(last, "first_contact_date") + 1, F.lit(0))


def pathway_columns(order: Sequence[str], use_sdo: bool) -> dict[str, "Column"]:
    """The pathway and how the person came to it; all null for none of the four groups.

    pathway; pathway_source: an episode's closing (`sism_closing`) or opening diagnosis (`sism_opening`), an SPDC stay
    (`sdo`); pathway_groups (int), how many groups the diagnoses asked are of: those of the episodes, of the SPDC stays
    where these decided; pathway_tied (boolean), whether several are of the deciding day.

    Of a row with sism_diagnoses and sdo_diagnoses (arrays of `cohorts.pathway.latest_by_group`).
    """
    from pyspark.sql import functions as F

    sism, sdo = decided("sism_diagnoses", order), decided("sdo_diagnoses", order)
    by_sism = sism["pathway"].isNotNull()
    by_sdo = ~by_sism & sdo["pathway"].isNotNull() & F.lit(use_sdo)

    def told(what: str) -> "Column":
        return F.when(by_sism, sism[what]).when(by_sdo, sdo[what])

    by_episode = F.when(sism["by_closing"], BY_CLOSING).otherwise(BY_OPENING)
    return {
        "pathway": told("pathway"),
        "pathway_source": F.when(by_sism, by_episode).when(by_sdo, BY_STAY),
        "pathway_groups": told("groups"),
        "pathway_tied": told("tied"),
    }
