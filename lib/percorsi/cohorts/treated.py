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


def pathway_columns(order: Sequence[str], use_sdo: bool) -> dict[str, "Column"]:
    """The pathway, and what told it: an episode (`sism`) or an SPDC stay (`sdo`); both null for none of the four.

    Of a row with sism_pathway and sdo_pathway (numbers of `cohorts.pathway.precedence`).
    """
    from pyspark.sql import functions as F

    by_sism, by_sdo = F.col("sism_pathway"), F.col("sdo_pathway") if use_sdo else F.lit(None).cast("int")
    return {
        "pathway": F.coalesce(
            decided("sism_pathway", order), decided("sdo_pathway", order) if use_sdo else F.lit(None)
        ),
        "pathway_source": F.when(by_sism.isNotNull(), "sism").when(by_sdo.isNotNull(), "sdo"),
    }
