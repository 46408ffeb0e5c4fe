"""The persons of a year: who had a DSM contact day in it, when the first one was, and on which pathway.

Source: measurement manual, section 2, DSM contact day, Treated in Y. The age (18 or more) is a clause of the
catalogue.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.cohorts.pathway import decided

if TYPE_CHECKING:
    from pyspark.sql import Column

# First day of Y of each kind of DSM contact, as the cohort sees it.
FIRST_DAYS = ("first_intervention", "first_presence", "first_residential_day", "first_spdc_day")


def first_contact() -> "Column":
    """`c`: the first day of Y on which a DSM had contact, of a row with `FIRST_DAYS`."""
    from pyspark.sql import functions as F

    return F.least(*FIRST_DAYS)


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
