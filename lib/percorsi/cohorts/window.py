"""What an evaluation year reads, and what its cohort may see.

Source: measurement manual, section 1. What else a region has loaded changes nothing: every other function of
`cohorts` and `features` takes frames that went through here first.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from percorsi.intervals.calendar import Calendar

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

YEARS_BEFORE = 3
YEARS_AFTER = 1


@dataclass(frozen=True)
class EvaluationWindow:
    """The years read for the evaluation year `year`: the three before it, itself and the one after it."""

    year: int

    @property
    def start(self) -> date:
        """Y0, the first day of the evaluation year."""
        return date(self.year, 1, 1)

    @property
    def end(self) -> date:
        """Y1, the last day of the evaluation year, and of the cohort's sight."""
        return date(self.year, 12, 31)

    @property
    def year_before(self) -> date:
        """The first day of Y-1, from which on a window may be asked for that begins before its day in Y."""
        return date(self.year - 1, 1, 1)

    @property
    def recent_start(self) -> date:
        """1 January Y-2, the first day of the three years up to Y1 that tell a recurrent depression."""
        return date(self.year - 2, 1, 1)

    @property
    def first_year(self) -> int:
        return self.year - YEARS_BEFORE

    @property
    def last_year(self) -> int:
        return self.year + YEARS_AFTER

    @property
    def data_end(self) -> date:
        """The last day that outcomes may see."""
        return date(self.last_year, 12, 31)

    @property
    def calendar(self) -> Calendar:
        """The days on which outcomes are looked for, from Y0 to the data end."""
        return Calendar(self.start, self.data_end)

    @property
    def history(self) -> Calendar:
        """All days that are read, from 1 January Y-3 to the data end."""
        return Calendar(date(self.first_year, 1, 1), self.data_end)

    @property
    def days(self) -> int:
        """Number of days of Y."""
        return (self.end - self.start).days + 1

    @property
    def days_before(self) -> int:
        """Number of days read before Y: the position of Y0 in `history`."""
        return (self.start - self.history.first).days

    def activity(self, df: "DataFrame", from_year: int | None = None) -> "DataFrame":
        """SISM activity of the semesters read (from the year given on), of persons that the data end knows."""
        from pyspark.sql import functions as F

        from percorsi.conformed.link import known_by

        read = known_by(df, self.last_year).drop("known_from", "known_until")
        return read.where(F.col("year").between(from_year or self.first_year, self.last_year))

    def discharges(self, df: "DataFrame") -> "DataFrame":
        """Hospital records discharged in the years read."""
        return self.dated(df, "discharge_date")

    def dated(self, df: "DataFrame", day: str = "date") -> "DataFrame":
        """Records of a flow that is read by its dates (FAR, DIR, SPE, SIND, NPIA, PS; SDO by discharge): from 1 January
        Y-3 to the data end."""
        from pyspark.sql import functions as F

        return df.where(F.col(day).between(F.lit(date(self.first_year, 1, 1)), F.lit(self.data_end)))

    def registrations(self, df: "DataFrame") -> "DataFrame":
        """Anagrafica up to Y1, from whenever."""
        from pyspark.sql import functions as F

        return df.where(F.col("year") <= self.year)

    def events(self, df: "DataFrame") -> "DataFrame":
        """Supplementary events begun up to the data end, from whenever."""
        from pyspark.sql import functions as F

        return df.where(F.col("start_date") <= F.lit(self.data_end))

    def services(self, df: "DataFrame") -> "DataFrame":
        """The register of services up to the last year read, from whenever."""
        from pyspark.sql import functions as F

        return df.where(F.col("year") <= self.last_year)

    def in_sight(self) -> "Column":
        """Whether the cohort sees dated SISM activity: of a semester and of a day up to Y1."""
        from pyspark.sql import functions as F

        return (F.col("year") <= self.year) & (F.col("date") <= F.lit(self.end))

    def in_year(self, day: "Column | str") -> "Column":
        """Whether a day lies in the evaluation year."""
        from pyspark.sql import functions as F

        day = F.col(day) if isinstance(day, str) else day
        return day.between(F.lit(self.start), F.lit(self.end))
