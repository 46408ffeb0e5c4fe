"""Since when a check fails: its threshold held to the same share in each earlier period that was counted."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from percorsi.quality.suites import Check, Suite

# Shares of diagnoses that are also the share of a class of an item; that of episodes is of no period before.
_ALSO = {
    "opening_usable": ("diagnosis", "valid", 0),
    "opening_usable_first_semester": ("diagnosis", "valid", 1),
    "opening_usable_second_semester": ("diagnosis", "valid", 2),
    "opening_missing": ("diagnosis", "missing", 0),
    "opening_default": ("diagnosis", "default", 0),
    "opening_invalid": ("diagnosis", "invalid", 0),
    "opening_no_disorder": ("diagnosis", "other", 0),
    "opening_specific": ("diagnosis_specific", "valid", 0),
    "closing_usable": ("closing_diagnosis", "valid", 0),
}


@dataclass(frozen=True)
class _Asked:
    """What a check judges: an item, a class of it, 1 or 2 where it is of one semester."""

    check: Check
    item: str
    kind: str
    semester: int

    def fails(self, counted: Mapping[str, int] | None) -> bool | None:
        """Whether a period fails; of one without records, or with too few, nothing is known."""
        if counted is None or counted["denominator"] < max(self.check.meta.least, 1):
            return None
        share = counted[self.kind] / counted["denominator"]
        return share < self.check.threshold if self.check.is_minimum else share > self.check.threshold


def since(checks: pd.DataFrame, counts: pd.DataFrame, suites: Mapping[str, Suite]) -> list[str | None]:
    """For each row of `checks` (quality/check): `2014-S2`, the first semester of the failures that last; else null.

    Failures last as long as no semester between them passes, or has nothing to judge. `~2014-S2`: of what was before
    nothing is known. Where they ended before the last semester of the year it is `2014-S2/2015-S1`; of items that are
    counted by year, `2014`. Null for what does not fail, for shares that no earlier period has, and where the year
    fails and none of its semesters does.
    """
    asked = {check.meta.check: _asked(check, suite) for suite in suites.values() for check in suite.checks}
    wanted = counts[(counts["level"] != "dsm") & (counts["denominator"] > 0)]
    columns = ["item", "area", "period", "semester", "valid", "other", "default", "invalid", "missing", "denominator"]
    counted = {(r["item"], r["area"], r["period"], r["semester"]): r for r in wanted[columns].to_dict("records")}
    in_semesters = {item for item, _, _, semester in counted if semester}
    first = int(counts["period"].min()) if len(counts) else 0
    return [
        _since(asked.get(row.check), row.area, int(row.year), first, counted, in_semesters)
        if row.status == "failed"
        else None
        for row in checks[["check", "area", "year", "status"]].itertuples(index=False)
    ]


def judged_class(check: Check, suite: Suite) -> tuple[str, str, int] | None:
    """The item and the class whose share a check judges, and 1 or 2 where it is of one semester; null for others."""
    name = check.kwargs.column
    column = suite.columns[name]
    return (column.item, column.kind, column.semester) if column.kind else _ALSO.get(name)


def _asked(check: Check, suite: Suite) -> _Asked | None:
    found = judged_class(check, suite)
    return _Asked(check, *found) if found else None


def _since(
    asked: _Asked | None, area: str, year: int, first: int, counted: Mapping[tuple, Mapping], in_semesters: set[str]
) -> str | None:
    if asked is None:
        return None
    if asked.item in in_semesters:
        periods = [(y, half) for y in range(first, year + 1) for half in (1, 2)]
        if asked.semester == 1:
            periods.pop()
        this_year = [period for period in periods if period[0] == year and asked.semester in (0, period[1])]
    else:
        periods = [(y, 0) for y in range(first, year + 1)]
        this_year = periods[-1:]
    failing = [asked.fails(counted.get((asked.item, area, *period))) for period in periods]
    now = [at for at, period in enumerate(periods) if failing[at] and period in this_year]
    if not now:
        return None
    begun = now[-1]
    while begun and failing[begun - 1]:
        begun -= 1
    passed_before = begun > 0 and failing[begun - 1] is False
    ended = "" if now[-1] == len(periods) - 1 else f"/{_name(periods[now[-1]])}"
    return ("" if passed_before else "~") + _name(periods[begun]) + ended


def _name(period: tuple[int, int]) -> str:
    year, semester = period
    return f"{year}-S{semester}" if semester else str(year)
