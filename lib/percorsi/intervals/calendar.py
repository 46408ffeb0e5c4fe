"""Calendars: the days of a person as the bits of a few 64-bit words, 63 days in each.

A calendar spans fixed days. Its words are aggregated with `bit_or`, which Spark compiles, merges before the shuffle
and needs no sorting for: a day counted twice is one day, and the union of two calendars is the OR of their words.
Questions are asked of the `line` of a calendar, a text of one character a day (see `percorsi.intervals.lines`).
"""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# One bit of a word is left free: set when the word is written as text, it keeps the zeros at its beginning.
WORD_DAYS = 63
_FREE_BIT = "shiftleft(1L, 63)"


@dataclass(frozen=True)
class Calendar:
    """The days from `first` to `last`, both included; the position of `first` is 0."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def words(self) -> int:
        return -(-self.days // WORD_DAYS)

    def position(self, day: Column) -> Column:
        """Number of days from the first day (int; negative before it, null for null)."""
        return F.datediff(day, F.lit(self.first))

    def locate(self, df: DataFrame, day: Column) -> DataFrame:
        """`df` with day_position, day_word and day_bit of a day, for `collect_days`; no word for days outside."""
        located = df.withColumn("day_position", self.position(day))
        return located.withColumns(
            {
                "day_word": F.expr(f"if(day_position >= 0, cast(day_position div {WORD_DAYS} as int), null)"),
                "day_bit": F.expr(f"shiftleft(1L, {WORD_DAYS - 1} - pmod(day_position, {WORD_DAYS}))"),
            }
        )

    def collect_days(self, when: Column | None = None) -> Column:
        """Aggregate: the calendar (array of words) of located days for which `when` holds, all where it is left out."""
        wanted = F.lit(True) if when is None else when
        nothing = F.lit(0).cast("bigint")
        bits = (F.when((F.col("day_word") == k) & wanted, F.col("day_bit")) for k in range(self.words))
        return F.array(*(F.bit_or(bit.otherwise(nothing)) for bit in bits))

    def locate_spans(self, df: DataFrame, start: Column, end: Column, name: str = "span") -> DataFrame:
        """`df` with the positions of two days (both included), <name>_first and <name>_last, for `collect_spans`."""
        return df.withColumns({f"{name}_first": self.position(start), f"{name}_last": self.position(end)})

    def collect_spans(self, name: str = "span") -> Column:
        """Aggregate: the calendar (array of words) of the union of located spans.

        What lies outside the calendar is cut off; a span whose end lies before its start covers nothing, nor does one
        without days.
        """
        return F.array(*(F.bit_or(F.expr(_span_word(k * WORD_DAYS, self.days, name))) for k in range(self.words)))

    def line(self, *calendars: str) -> Column:
        """A calendar, or the union of several of one row, as text; a calendar that is null covers nothing.

        Character i + 1 is '1' where the day of position i is covered, else '0'.
        """
        return F.expr(self.line_sql(*calendars))

    def line_sql(self, *calendars: str) -> str:
        """`line` as SQL, for calendars that only SQL can name: those of a variable of its own."""
        united = (" | ".join(f"coalesce(get({c}, {k}), 0L)" for c in calendars) for k in range(self.words))
        words = (f"substring(bin({word} | {_FREE_BIT}), 2)" for word in united)
        return f"substring(concat({', '.join(words)}), 1, {self.days})"

    def common_days(self, *calendars: Column) -> Column:
        """Number of days (int) that a calendar covers, or that several of one row all cover."""
        common = (reduce(Column.bitwiseAND, (F.get(c, F.lit(k)) for c in calendars)) for k in range(self.words))
        return reduce(add, map(F.bit_count, common))


def _span_word(start: int, days: int, name: str) -> str:
    """SQL: the bits of a located span in the word whose first day has the position `start`, of a calendar of so many
    days: the last word has room for more."""
    last = start + WORD_DAYS - 1
    unused = max(last - days + 1, 0)
    begin, end = f"{name}_first", f"{name}_last"
    touches = f"{begin} <= {end} and {begin} <= {last} and {end} >= {start}"
    from_first = f"shiftrightunsigned(-1L, greatest({begin} - {start}, 0) + 1)"
    to_last = f"shiftleft(-1L, greatest({last} - {end}, {unused}))"
    return f"case when {touches} then {from_first} & {to_last} else 0L end"
