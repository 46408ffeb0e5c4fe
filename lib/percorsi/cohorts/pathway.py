"""The pathway of a person in a year: the latest diagnosis in one of the four groups decides.

Source: measurement manual, section 2, Pathway of a person in Y. A dated diagnosis is packed into one number, day and
place in the order of precedence, so that the latest of a person is a plain maximum.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.cohorts.groups import group_sql
from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column

CLOSED_BY_OFFICE = "xxxxx"
_RADIX = 10


def open_in_year(opening: str, closing: str, window: EvaluationWindow) -> "Column":
    """Whether an episode is open on some day of the year; one never closed is open for ever."""
    from pyspark.sql import functions as F

    seen = F.col(closing).isNull() | (F.col(closing) >= F.lit(window.start))
    return (F.col(opening) <= F.lit(window.end)) & seen


def episode_diagnosis(opening: str, closing: str, window: EvaluationWindow) -> tuple["Column", "Column"]:
    """The one diagnosis that an episode gives, and its day. `opening`, `closing`: prefixes of `_date`, `_diagnosis`.

    The closing one counts once the episode has ended within sight, 00000 included, xxxxx not; before that the
    opening one.
    """
    from pyspark.sql import functions as F

    date, diagnosis = F.col(f"{closing}_date"), F.col(f"{closing}_diagnosis")
    by_closing = (date <= F.lit(window.end)) & (F.lower(diagnosis) != CLOSED_BY_OFFICE)
    return (
        F.when(by_closing, diagnosis).otherwise(F.col(f"{opening}_diagnosis")),
        F.when(by_closing, date).otherwise(F.col(f"{opening}_date")),
    )


def precedence(diagnosis: str, day: str, order: Sequence[str]) -> "Column":
    """A dated diagnosis as a number whose maximum decides; null where the diagnosis is in no group.

    `order`: the pathways, the one that wins a tie of the same day first.
    """
    from pyspark.sql import functions as F

    ranks = " ".join(f"when '{pathway}' then {len(order) - place}" for place, pathway in enumerate(order, start=1))
    return F.expr(f"cast(unix_date({day}) * {_RADIX} + (case {group_sql(diagnosis)} {ranks} end) as int)")


def decided(number: str, order: Sequence[str]) -> "Column":
    """The pathway of a number made by `precedence`."""
    from pyspark.sql import functions as F

    cases = " ".join(f"when {len(order) - place} then '{p}'" for place, p in enumerate(order, start=1))
    return F.expr(f"case pmod({number}, {_RADIX}) {cases} end")
