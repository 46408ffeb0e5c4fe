"""Periods as sets of months: a year's file, two semesters and twelve months are the same thing (manual, section 1)."""

Months = set[tuple[int, int]]

_MONTHS = {
    "": range(1, 13),
    "S1": range(1, 7),
    "S2": range(7, 13),
    **{f"{month:02}": range(month, month + 1) for month in range(1, 13)},
}


PERIODS = tuple(_MONTHS)


def months_of(year: int, period: str) -> Months:
    """(year, month) pairs of a period: `S1`, `S2`, `01` to `12`, or empty for the year."""
    return {(year, month) for month in _MONTHS[period]}
