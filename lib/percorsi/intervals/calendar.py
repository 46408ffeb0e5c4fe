"""Calendars: the days of a person as the bits of a few 64-bit words.

A calendar spans fixed days. Its words are aggregated with `bit_or`, which Spark compiles, merges before the shuffle
and needs no sorting for: a day counted twice is one day, and the union of two calendars is the OR of their words.
Questions are asked of the `line` of a calendar, a text of one character a day (see `percorsi.intervals.lines`).
"""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

WORD_DAYS = 64


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

    def names(self, calendar: str) -> list[str]:
        """The columns that hold the words of a calendar."""
        return [f"{calendar}_{k}" for k in range(self.words)]

    def locate(self, df: DataFrame, day: Column) -> DataFrame:
        """`df` with the word and the bit of a day, for `collect_days`; days outside get a word that does not exist."""
        located = df.withColumn("day_position", self.position(day))
        return located.withColumn("day_word", F.floor(F.col("day_position") / WORD_DAYS).cast("int")).withColumn(
            "day_bit", F.expr(f"shiftleft(1L, {WORD_DAYS - 1} - pmod(day_position, {WORD_DAYS}))")
        )

    def collect_days(self, calendar: str, when: Column | None = None) -> list[Column]:
        """Aggregates: the words of the calendar of located days for which `when` holds (all, where it is left out)."""
        wanted = F.lit(True) if when is None else when
        return [
            F.bit_or(
                F.when((F.col("day_word") == k) & wanted, F.col("day_bit")).otherwise(F.lit(0).cast("bigint"))
            ).alias(name)
            for k, name in enumerate(self.names(calendar))
        ]

    def collect_spans(self, calendar: str, start: str, end: str) -> list[Column]:
        """Aggregates: the words of the union of the spans [start, end] (two date columns, both days included).

        What lies outside the calendar is cut off; a span whose end lies before its start covers nothing.
        """
        return [
            F.bit_or(F.expr(self._span_word(start, end, k))).alias(name) for k, name in enumerate(self.names(calendar))
        ]

    def _span_word(self, start: str, end: str, k: int) -> str:
        before = f"datediff({start}, date'{self.first}') - {k * WORD_DAYS}"
        first_bit = f"greatest(0, {before})"
        last_bit = f"least({WORD_DAYS - 1}, datediff({end}, date'{self.first}') - {k * WORD_DAYS})"
        ones = f"shiftrightunsigned(-1L, {first_bit}) & shiftleft(-1L, {WORD_DAYS - 1} - {last_bit})"
        return f"case when {first_bit} <= {last_bit} then {ones} else 0L end"

    def line(self, *calendars: str) -> Column:
        """A calendar, or the union of several of one row, as text; words that are null cover nothing.

        Character i + 1 is '1' where the day of position i is covered, else '0'.
        """
        united = (" | ".join(f"coalesce({c}_{k}, 0L)" for c in calendars) for k in range(self.words))
        words = (f"lpad(bin({word}), {WORD_DAYS}, '0')" for word in united)
        return F.expr(f"substring(concat({', '.join(words)}), 1, {self.days})")
