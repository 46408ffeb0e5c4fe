"""Components of an indicator are shown together: which tables they make, and that they hide the same cells.

Two components of one population, one of whose numerators holds the other's, show by subtraction how many are in the one
only. So these differences are protected like components of their own, and a cell hidden in one component is hidden in
all. The component that is the value has two rows; they are one table, and share its fate.

Where a code asks the same of fewer (S7 of those with a recent onset, S25 of all), the difference of the two is a table
as well: who is in the larger population only. They are not shown together; the difference is known where both are.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from percorsi.release.relations import KEY, Cell, LinkedTable, Relation, relate

if TYPE_CHECKING:
    import pandas as pd


def repeated(frame: "pd.DataFrame") -> dict[int, int]:
    """Position of a row -> that of the row of another component of its code which says the same.

    A component repeats another where all its rows do: the value that of the component it is, the last of several equal
    ones those before. They are one table to a reader, and to the attack.
    """
    found: dict[int, int] = {}
    at = frame.reset_index(drop=True)
    for _, part in at[["code", "component", *KEY, "numerator", "denominator", "reason"]].groupby("code", sort=True):
        distinct: list[pd.DataFrame] = []
        for name in sorted(set(part["component"]), key=lambda name: (name == "", name)):  # the value comes last
            own = part[part["component"] == name].reset_index().set_index(KEY)
            for other in distinct:
                told = other.reindex(own.index)
                same = [_same(own[column], told[column]) for column in ("numerator", "denominator", "reason")]
                if len(own) and np.logical_and.reduce(same).all() and told["index"].notna().all():
                    found |= dict(zip(own["index"].tolist(), told["index"].astype(int).tolist(), strict=True))
                    break
            else:
                distinct.append(own)
    return found


def _same(one: "pd.Series", other: "pd.Series") -> np.ndarray:
    return ((one == other) | (one.isna() & other.isna())).to_numpy()


def with_differences(tables: list[LinkedTable]) -> list[LinkedTable]:
    """The tables and, of each code with several, the counts of persons that lie between two of its components.

    Of two components and one that holds both, also of those in both: one of the two less those in the other only. A
    component with the numerator of another, over more persons, is its twin: what lies between is the other's matter.
    """
    made: list[LinkedTable] = []
    for code in dict.fromkeys(table.code for table in tables):
        own = [table for table in tables if table.code == code]
        _find_twins(own)
        there = [table for table in own if table.twin is None]
        known = {_content(table) for table in there}
        between = list(_differences(permutations(there, 2), there, known))
        only = [(one, other) for one in there for other in between if one not in other.between]
        made += [*own, *between, *_differences(only, [*there, *between], known)]
    return made


def _find_twins(own: list[LinkedTable]) -> None:
    """Mark the tables of a code that have the numerator of one over fewer persons, as a share of the few and of all."""
    least: dict[bytes, LinkedTable] = {}
    for table in sorted(own, key=lambda table: int(table.denominator[: table.rows].sum())):
        smaller = least.setdefault(_numerator(table), table)
        rows = slice(table.rows)
        comparable = smaller is not table and smaller.cells == table.cells and table.numerator[rows].any()
        if comparable and (smaller.denominator[rows] <= table.denominator[rows]).all():
            table.twin = smaller


def _differences(
    pairs: Iterable[tuple[LinkedTable, LinkedTable]], there: list[LinkedTable], known: set[tuple[bytes, bytes]]
) -> Iterator[LinkedTable]:
    """Of the pairs whose counts allow it, each that says something new; adds to what is known.

    Where a third table lies between two, the differences with it say what that of the two does.
    """
    for larger, smaller in pairs:
        if any(_holds(larger, third) and _holds(third, smaller) for third in there if third not in (larger, smaller)):
            continue
        difference = _between(larger, smaller)
        if difference is not None and _content(difference) not in known:
            known.add(_content(difference))
            yield difference


def _holds(larger: LinkedTable, smaller: LinkedTable) -> bool:
    """Whether the counts let one numerator of a population hold another."""
    rows = slice(larger.rows)
    return (
        larger.cells == smaller.cells
        and _denominator(larger) == _denominator(smaller)
        and bool((larger.numerator[rows] >= smaller.numerator[rows]).all())
    )


def _content(table: LinkedTable) -> tuple[bytes, bytes]:
    return _numerator(table), _denominator(table)


def _numerator(table: LinkedTable) -> bytes:
    return table.numerator[: table.rows].tobytes()


def _denominator(table: LinkedTable) -> bytes:
    return table.denominator[: table.rows].tobytes()


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


Nesting = tuple[tuple[str, str], tuple[str, str]]  # code and component of the larger, of the smaller


def with_nested(tables: list[LinkedTable], nested: Collection[Nesting]) -> list[LinkedTable]:
    """The tables and, of each two that lie in each other, the counts of those in the larger only."""
    place = {(table.code, table.component): table for table in tables if table.between is None}
    pairs = [(place.get(larger), place.get(smaller)) for larger, smaller in nested]
    found = [_across(larger, smaller) for larger, smaller in pairs if larger is not None and smaller is not None]
    return [*tables, *(table for table in found if table.rows)]


def _across(larger: LinkedTable, smaller: LinkedTable) -> LinkedTable:
    """Of the cells that both have and where the counts let the one hold the other (regions covered may differ)."""
    index = {cell: i for i, cell in enumerate(smaller.cells)}
    both = [(i, index[cell]) for i, cell in enumerate(larger.cells) if cell in index]
    both = [
        (i, j) for i, j in both if smaller.numerator[j] <= larger.numerator[i] and smaller.rest[j] <= larger.rest[i]
    ]
    of, less = np.array([i for i, _ in both], dtype=int), np.array([j for _, j in both], dtype=int)
    table = LinkedTable(
        f"{larger.code} without {smaller.code}",
        f"{larger.component} without {smaller.component}".strip(),
        [larger.cells[i] for i in of],
        larger.row[of],
        larger.numerator[of] - smaller.numerator[less],
        larger.denominator[of] - smaller.denominator[less],
        between=(larger, smaller),
        places=[(i, j, here) for here, (i, j) in enumerate(both)],
    )
    relate(table)
    # where one of the two lacks an area, the differences of the others are no sum
    whole = _sums(larger) & _sums(smaller)
    table.relations = [relation for relation in table.relations if _sum(table, relation) in whole]
    return table


def _sums(table: LinkedTable) -> set[tuple[Cell, frozenset[Cell]]]:
    return {_sum(table, relation) for relation in table.relations}


def _sum(table: LinkedTable, relation: Relation) -> tuple[Cell, frozenset[Cell]]:
    """The total and the parts that have a row."""
    return table.cells[relation.total], frozenset(table.cells[i] for i in relation.parts if i < table.rows)


def bound(tables: list[LinkedTable]) -> list[list[int]]:
    """Positions of the tables whose numerators are bound to each other, in order of their first.

    Those of one code with their differences, and codes of which a difference is among the tables.
    """
    found: list[tuple[set[str], list[int]]] = []
    for i, table in enumerate(tables):
        codes = {table.code, *(one.code for one in table.between or ())}
        joined = [one for one in found if one[0] & codes]
        found = [one for one in found if not one[0] & codes]
        found.append((codes.union(*(c for c, _ in joined)), sorted([i, *(at for _, own in joined for at in own)])))
    return sorted(own for _, own in found)


def told(table: LinkedTable, known: Collection[int]) -> np.ndarray:
    """Which rows of a table are among the known ones; of a difference of two codes, where both are or nobody is."""
    among = np.isin(table.row, list(known))
    if table.across:
        smaller = table.between[1]
        told_or_nobody = np.isin(smaller.row, list(known)) | (smaller.denominator[: smaller.rows] == 0)
        for _, j, here in table.places:
            among[here] &= told_or_nobody[j]
    return among


def share_across(tables: list[LinkedTable], masks: list[np.ndarray]) -> bool:
    """Differences of codes are hidden where one of the two is, and only there, in place; whether more is hidden now.

    Where the difference must not be known, the smaller code goes: it has fewer persons, and fewer readers. Where there
    is nobody between, both say the same, and are hidden together.
    """
    place = {id(table): i for i, table in enumerate(tables)}
    changed = False
    for table, mask in zip(tables, masks, strict=True):
        if not table.across:
            continue
        larger, smaller = (masks[place[id(one)]] for one in table.between)
        persons = table.between[1].denominator
        for i, j, here in table.places:
            one_of_them = larger[i] or smaller[j]
            if not table.denominator[here]:
                if one_of_them and not (larger[i] and smaller[j]):
                    larger[i] = smaller[j] = changed = True
            elif one_of_them and not mask[here]:
                mask[here] = changed = True
            elif mask[here] and not one_of_them:
                (smaller if persons[j] else larger)[j if persons[j] else i] = changed = True
    return changed


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
