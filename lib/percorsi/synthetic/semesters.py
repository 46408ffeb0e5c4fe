"""The semesters of a delivery, and the list of dates that records point into."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pyarrow as pa

from percorsi.synthetic.parameters import day

_OLDEST = day(1930)


@dataclass
class Semesters:
    """The semesters of consecutive years, in order."""

    years: range

    def __len__(self) -> int:
        return 2 * len(self.years)

    @property
    def names(self) -> list[tuple[int, str]]:
        return [(y, s) for y in self.years for s in ("S1", "S2")]

    @cached_property
    def starts(self) -> np.ndarray:
        """First day of each semester, and the day after the last one."""
        return np.array([day(y, m) for y in self.years for m in (1, 7)] + [day(self.years.stop)])

    @property
    def first(self) -> int:
        return int(self.starts[0])

    @property
    def last(self) -> int:
        return int(self.starts[-1]) - 1

    def of(self, days: np.ndarray) -> np.ndarray:
        """The position of the semester that holds a day."""
        return np.searchsorted(self.starts, days, side="right") - 1

    def spanned(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(row, semester) for each semester in which [start, end] has a day, in order of row."""
        low = np.maximum(self.of(np.maximum(start, self.first)), 0)
        high = self.of(np.minimum(end, self.last))
        count = np.where((end >= self.first) & (start <= self.last), np.maximum(high - low + 1, 0), 0)
        total = np.concatenate([[0], np.cumsum(count)])
        row = np.repeat(np.arange(len(start)), count)
        return row, low[row] + np.arange(total[-1]) - total[:-1][row]

    @property
    def calendar(self) -> pa.Array:
        """Position 0 is no date, then each day from the oldest."""
        return _calendar(self.years.stop + 2)

    @staticmethod
    def date(days: np.ndarray, given: np.ndarray | bool = True) -> np.ndarray:
        """Positions of days in the calendar; 0 where not given."""
        return np.where(given, np.maximum(days - _OLDEST, 0) + 1, 0)


@cache
def _calendar(year: int) -> pa.Array:
    days = np.arange(_OLDEST, day(year))
    return pa.array(["", *days.astype("datetime64[D]").astype(str)])
