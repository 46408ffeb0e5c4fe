"""Components of an indicator are shown together: which tables they make, and that they hide the same cells.

Two components of one population, one of whose numerators holds the other's, show by subtraction how many are in the one
only. So these differences are protected like components of their own, and a cell hidden in one component is hidden in
all. The component that is the value has two rows; they are one table, and share its fate.
"""

from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from percorsi.release.relations import KEY, LinkedTable, relate

if TYPE_CHECKING:
    import pandas as pd


def repeated(frame: "pd.DataFrame") -> dict[int, int]:
    """Position of a row with the empty name -> that of the component's row which says the same.

    A code repeats a component where all its rows do.
    """
    found: dict[int, int] = {}
    at = frame.reset_index(drop=True)
    for _, part in at[["code", "component", *KEY, "numerator", "denominator", "reason"]].groupby("code", sort=True):
        if part["component"].nunique() < 2:
            continue
        value = part[part["component"] == ""].reset_index().set_index(KEY)
        for name in sorted(set(part["component"]) - {""}):
            other = part[part["component"] == name].reset_index().set_index(KEY).reindex(value.index)
            same = [_same(value[column], other[column]) for column in ("numerator", "denominator", "reason")]
            if len(value) and np.logical_and.reduce(same).all() and other["index"].notna().all():
                found |= dict(zip(value["index"].tolist(), other["index"].astype(int).tolist(), strict=True))
                break
    return found


def _same(one: "pd.Series", other: "pd.Series") -> np.ndarray:
    return ((one == other) | (one.isna() & other.isna())).to_numpy()


def with_differences(tables: list[LinkedTable]) -> list[LinkedTable]:
    """The tables and, of each code with several, the counts of persons that lie between two of its components.

    Of two components and one that holds both, also of those in both: one of the two less those in the other only.
    """
    made: list[LinkedTable] = []
    for code in dict.fromkeys(table.code for table in tables):
        own = [table for table in tables if table.code == code]
        known = {_content(table) for table in own}
        between = list(_differences(permutations(own, 2), known))
        only = [(one, other) for one in own for other in between if one not in other.between]
        made += [*own, *between, *_differences(only, known)]
    return made


def _differences(
    pairs: Iterable[tuple[LinkedTable, LinkedTable]], known: set[tuple[bytes, bytes]]
) -> Iterator[LinkedTable]:
    """Of the pairs whose counts allow it, each that says something new; adds to what is known."""
    for larger, smaller in pairs:
        difference = _between(larger, smaller)
        if difference is not None and _content(difference) not in known:
            known.add(_content(difference))
            yield difference


def _content(table: LinkedTable) -> tuple[bytes, bytes]:
    return table.numerator[: table.rows].tobytes(), table.denominator[: table.rows].tobytes()


def _between(larger: LinkedTable, smaller: LinkedTable) -> LinkedTable | None:
    """Who is in the one and not in the other; None where the counts do not say that the one holds the other."""
    if larger.cells != smaller.cells:
        return None
    rows = slice(larger.rows)
    numerator = larger.numerator[rows] - smaller.numerator[rows]
    denominator = larger.denominator[rows] - smaller.denominator[rows]
    if (numerator < 0).any() or not numerator.any():
        return None
    if not denominator.any():  # one population: those of the one numerator only, out of all
        return _made(larger, smaller, numerator, larger.denominator[rows])
    if (denominator < numerator).any():
        return None
    return _made(larger, smaller, numerator, denominator)  # the rest of the population


def _made(larger: LinkedTable, smaller: LinkedTable, numerator: np.ndarray, denominator: np.ndarray) -> LinkedTable:
    name = f"{larger.component} without {smaller.component}"
    table = LinkedTable(larger.code, name, list(larger.cells), larger.row, numerator.copy(), denominator.copy())
    table.between = (larger, smaller)
    relate(table)
    return table


def share(tables: list[LinkedTable], masks: list[np.ndarray]) -> bool:
    """Hide in all tables of a code what is hidden in one of them, in place; whether anything was shown before."""
    changed = False
    for code in dict.fromkeys(table.code for table in tables):
        own = [i for i, table in enumerate(tables) if table.code == code]
        hidden = {tables[i].cells[c] for i in own for c in np.flatnonzero(masks[i][: tables[i].rows])}
        for i in own if len(own) > 1 else ():
            table = tables[i]
            wanted = [
                c
                for c, cell in enumerate(table.cells)
                if cell in hidden and not masks[i][c] and table.denominator[c] > 0
            ]
            masks[i][wanted] = True
            changed = changed or bool(wanted)
    return changed
