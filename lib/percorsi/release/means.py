"""Disclosure control of means: which are not shown, and what is shown of the others.

Numerator and rest of a mean are no counts of persons; what must not come out is what one person, or a few, had. So a
mean over fewer than MINIMUM persons is not shown, nor one where a single person may hold more than SHARE of the sum,
nor are others from which their sums could be worked out by subtraction: see
docs/decisions/0502-disclosure-control-of-means.md.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from percorsi.errors import ResultUnavailable
from percorsi.release.kinds import FUNNELS, WIDE
from percorsi.release.relations import LinkedTable, linked_tables
from percorsi.release.suppression import Rule, candidates, complete, smallest

if TYPE_CHECKING:
    import pandas as pd

MINIMUM = 10
SHARE = 0.5
VALUE_DECIMALS = 2
_LIMITS = ("lower", "upper", *WIDE, *FUNNELS[:4])
_ROUNDED = {"value": VALUE_DECIMALS, **dict.fromkeys(_LIMITS, 2), "sd": 2, "median": 1, "q1": 1, "q3": 1}
_TOLERANCE = 1e-9


@dataclass
class Hidden:
    """Positions of the rows that are not shown, and how many of them for their own sake and before the attack."""

    rows: set[int]
    sensitive: int = 0
    complementary: int = 0
    after_attack: int = 0
    tables: list[LinkedTable] = field(default_factory=list)  # how many persons each mean is over
    unknown: list[np.ndarray] = field(default_factory=list)  # of each table, the cells that nothing shows


def hide_means(
    frame: "pd.DataFrame", means: np.ndarray, keep_hidden: Collection[int] = (), known: Collection[int] = ()
) -> Hidden:
    """Which rows of means are not shown. `means`: whether a row of the frame is one; the others take no part.

    `keep_hidden`, `known`: positions of rows that an earlier release hid or showed. Raises ResultUnavailable where a
    mean over too few could be worked out although nothing is left to hide.
    """
    rule = Rule(MINIMUM - 1)
    hidden = Hidden(set())
    for table in linked_tables(_sizes(frame, means)):
        sums = _sums(frame, table)
        small = rule.sensitive(table)
        small[: table.rows] |= (table.denominator[: table.rows] > 0) & dominated(*sums)
        kept = np.zeros(len(table.numerator), dtype=bool)
        kept[: table.rows] = np.isin(table.row, list(keep_hidden)) & (table.denominator[: table.rows] > 0)
        shown_before = np.zeros(len(table.numerator), dtype=bool)
        shown_before[: table.rows] = np.isin(table.row, list(known))
        mask = complete(table, small | kept, rule)
        first = int(mask[: table.rows].sum())
        again = True
        while again:
            again = False
            unknown = mask & ~shown_before
            found = determined(table, unknown, small)
            if len(found) and not _cover(table, mask, int(found[0])):
                raise ResultUnavailable(
                    f"with what earlier releases of the year show, means of {table.code} could be worked out",
                    next_step="do not publish these values: what was released is in others' hands",
                )
            # of several together nothing more can be done than to hide all around them
            if len(found) or any(_cover(table, mask, cell) for cell in _dominated_together(table, unknown, sums)):
                mask = complete(table, mask, rule)
                again = True
        hidden.tables.append(table)
        hidden.unknown.append(mask & ~shown_before)
        hidden.rows.update(table.row[mask[: table.rows]].tolist())
        hidden.sensitive += int(small.sum())
        hidden.complementary += first - int(small.sum())
        hidden.after_attack += int(mask[: table.rows].sum()) - first
    return hidden


def _sizes(frame: "pd.DataFrame", means: np.ndarray) -> "pd.DataFrame":
    """The rows of means as counts of persons alone: nobody in the numerator, everybody in the rest."""
    counted = means & frame["denominator"].notna().to_numpy()
    return frame.assign(
        numerator=np.where(counted, 0.0, np.nan),
        reason=frame["reason"].where(means, "no mean"),
    )


def _sums(frame: "pd.DataFrame", table: LinkedTable) -> np.ndarray:
    """Persons, sum and sum of squares of each row of a table, which are not known without a deviation: (3, rows)."""
    at = frame.iloc[table.row]
    persons = table.denominator[: table.rows].astype(float)
    total = np.where(persons > 0, at["numerator"].astype(float), 0.0)
    deviation = at["sd"].to_numpy(dtype=float) if "sd" in at.columns else np.full(len(at), np.nan)
    mean = total / np.maximum(persons, 1)
    squares = np.where(persons > 0, (persons - 1) * deviation**2 + persons * mean**2, 0.0)
    return np.stack([persons, total, squares])


def dominated(persons: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Whether one person may hold more than SHARE of a sum, by how many they are, the sum and the sum of squares.

    None of n numbers is more than mean + sd * (n - 1) / sqrt(n) (Samuelson), and one is where all others are equal. Of
    nothing nobody holds a share; where the squares are not known, or the sum is below zero, nothing bounds it.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / persons
        variance = np.maximum(squares - persons * mean**2, 0) / (persons - 1)
        largest = mean + np.sqrt(variance) * (persons - 1) / np.sqrt(persons)
        bounded = (total > 0) & (largest <= SHARE * total * (1 + _TOLERANCE))
        nothing = (np.abs(total) <= _TOLERANCE) & (squares <= _TOLERANCE)
    return (persons > 0) & ~bounded & ~nothing


def _dominated_together(table: LinkedTable, unknown: np.ndarray, sums: np.ndarray) -> list[int]:
    """A part of each total of which what is hidden, by subtraction, is a sum that one person may dominate."""
    found = []
    for relation in table.relations:
        hidden = [i for i in relation.parts if unknown[i] and i < table.rows and table.denominator[i] > 0]
        if unknown[relation.total] or not hidden:
            continue
        shown = [i for i in relation.parts if not unknown[i]]
        # where areas overlap, what is left is less than the parts: then these are what has to be harmless
        left = np.stack([sums[:, relation.total] - sums[:, shown].sum(axis=1), sums[:, hidden].sum(axis=1)], axis=1)
        if dominated(*left).any():
            found.append(hidden[0])
    return found


def determined(table: LinkedTable, unknown: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Positions of the cells among `asked` whose sum follows from the relations and the cells that are not unknown.

    The sums of the relations are linear equations; a cell is determined where no solution of their homogeneous part
    moves it. Nothing is read of the values: it is which cells are unknown that decides.
    """
    there = np.flatnonzero(unknown & (table.denominator > 0))
    column = {cell: place for place, cell in enumerate(there)}
    equations = np.zeros((len(table.relations), len(there)))
    for number, relation in enumerate(table.relations):
        for cell, sign in ((relation.total, 1.0), *((part, -1.0) for part in relation.parts)):
            if cell in column:
                equations[number, column[cell]] = sign
    if not len(there) or not len(equations):
        return np.array([], dtype=int)
    _, values, right = np.linalg.svd(equations, full_matrices=True)
    rank = int((values > _TOLERANCE * max(equations.shape)).sum())
    free = np.abs(right[rank:]).max(axis=0) if rank < len(there) else np.zeros(len(there))
    fixed = there[free < 1e-7]
    return fixed[asked[fixed]]


def _cover(table: LinkedTable, mask: np.ndarray, cell: int) -> bool:
    """Hide one more cell around a determined one, in place; whether there was any."""
    around = [r for r in table.relations if cell == r.total or cell in r.parts]
    parts = [i for r in around for i in candidates(table, r, mask) if i < table.rows]
    totals = [r.total for r in around if not mask[r.total]]
    every = [i for i in range(table.rows) if not mask[i] and table.denominator[i] > 0]
    extra = smallest(table, parts or totals or every)
    if extra is not None:
        mask[extra] = True
    return extra is not None


def rounded(frame: "pd.DataFrame", means: np.ndarray) -> "pd.DataFrame":
    """The frame with what is shown of means: no sum, numbers of few decimals."""
    if not means.any():
        return frame
    frame = frame.copy()
    frame.loc[means, "numerator"] = np.nan
    for name, decimals in _ROUNDED.items():
        frame[name] = frame[name].astype(float)
        frame.loc[means, name] = frame.loc[means, name].round(decimals)
    return frame
