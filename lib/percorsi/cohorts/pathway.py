"""The pathway of a person in a year: the latest diagnosis in one of the four groups decides.

Source: measurement manual, section 2, Pathway of a person in Y. Of a person the latest day of each group is kept,
packed with what told it into one number: plain maxima say which group decides, and which others there were.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from percorsi.cohorts.groups import group_sql
from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column

CLOSED_BY_OFFICE = "xxxxx"


def open_in_year(opening: str, closing: str, window: EvaluationWindow) -> "Column":
    """Whether an episode is open on some day of the year; one never closed is open for ever."""
    from pyspark.sql import functions as F

    seen = F.col(closing).isNull() | (F.col(closing) >= F.lit(window.start))
    return (F.col(opening) <= F.lit(window.end)) & seen


def episode_diagnosis(opening: str, closing: str, window: EvaluationWindow) -> tuple["Column", "Column", "Column"]:
    """The one diagnosis that an episode gives, its day, and whether it is the closing one. `opening`, `closing`:
    prefixes of `_date`, `_diagnosis`.

    The closing one counts once the episode has ended within sight, 00000 included, xxxxx not; before that the
    opening one.
    """
    from pyspark.sql import functions as F

    date, diagnosis = F.col(f"{closing}_date"), F.col(f"{closing}_diagnosis")
    by_closing = F.coalesce((date <= F.lit(window.end)) & (F.lower(diagnosis) != CLOSED_BY_OFFICE), F.lit(False))
    return (
        F.when(by_closing, diagnosis).otherwise(F.col(f"{opening}_diagnosis")),
        F.when(by_closing, date).otherwise(F.col(f"{opening}_date")),
        by_closing,
    )


def latest_by_group(diagnosis: str, day: str, order: Sequence[str], closing: str = "false") -> "Column":
    """Aggregate: for each pathway of `order`, the latest day of a diagnosis of its group as a number, null for none
    (array<int>). `closing`: SQL, whether an episode's closing told it; of two of one day that one stands.
    """
    from pyspark.sql import functions as F

    number = f"shiftleft(unix_date({day}), 1) + int({closing})"
    group = group_sql(diagnosis)
    return F.array(*(F.max(F.expr(f"if({group} = '{pathway}', {number}, null)")) for pathway in order))


def decided(latest: str, order: Sequence[str]) -> dict[str, "Column"]:
    """What an array made by `latest_by_group` says.

    pathway: the one of the latest day, of several the first of `order`, null where no diagnosis lies in a group;
    by_closing: whether an episode's closing told it; groups: how many were diagnosed; tied: whether another was on that
    day.
    """
    from pyspark.sql import functions as F

    names = ", ".join(f"'{pathway}'" for pathway in order)
    days = f"transform({latest}, n -> shiftright(n, 1))"
    place = f"int(array_position({days}, array_max({days}))) - 1"
    return {
        "pathway": F.expr(f"get(array({names}), {place})"),
        "by_closing": F.expr(f"(get({latest}, {place}) & 1) = 1"),
        "groups": F.expr(f"size(filter({latest}, n -> n is not null))"),
        "tied": F.expr(f"size(filter({days}, d -> d = array_max({days}))) > 1"),
    }
