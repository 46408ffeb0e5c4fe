"""Populations that are other codes' numerators: who was admitted (DGP7), of whom DGP17 to DGP20 ask what they took.

How many persons there are in a cell is known to everybody (see `attack`), but not how many of them were admitted: that
is DGP7's to show. So where it does not, those codes show nothing either, not even that there is nobody.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from percorsi.release.relations import KEY

if TYPE_CHECKING:
    from percorsi.release.suppression import Rule

Population = tuple[
    str, tuple[str, tuple[str, ...]]
]  # a code; the code, and its components, in whose numerators it lies


def withheld(frame: pd.DataFrame, hidden: Collection[int], populations: Collection[Population], rule: "Rule") -> set:
    """Positions of the rows that are not shown because of who their population is, `hidden` being those of others.

    Where a row of the other code is hidden; and where 1 to t of its numerator are not of the population (who died in
    hospital), since both together would tell.
    """
    at = frame.assign(_at=range(len(frame)))
    found: set[int] = set()
    for code, (other, components) in populations:
        own, theirs = at[at["code"] == code], at[at["code"] == other]
        counted = theirs[theirs["component"].isin(components)].groupby(KEY)["numerator"].sum(min_count=1)
        value = own[own["component"] == ""].set_index(KEY)
        persons = value["denominator"].where(value["reason"] != "denominator_zero", 0)
        between = (counted - persons).dropna()
        cells = {*between.index[rule.small(between)], *_keys(theirs[theirs["_at"].isin(list(hidden))])}
        there = own["reason"].isna() | (own["reason"] == "denominator_zero")
        mine = own[there & pd.Series([key in cells for key in _keys(own)], index=own.index, dtype=bool)]
        found |= set(mine["_at"].tolist())
    return found


def _keys(rows: pd.DataFrame) -> list[tuple]:
    return list(rows[KEY].itertuples(index=False, name=None))
