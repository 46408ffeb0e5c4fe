"""Counts of units, put together so that Spark has little to ask and to add.

A unit is of one pathway: the counts of the pathways share columns, each asked of its own units. Two of a pathway share
a whole number, and what both ask first is asked once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from percorsi.indicators.placed import Sum

_BITS = 31  # of a bigint for each of two counts: no state has that many persons
_MASK = (1 << _BITS) - 1


class Count(NamedTuple):
    """Units of a pathway that meet conditions (Spark SQL; unknown is not met), and the bit mask of the regions that
    the nation counts them of."""

    pathway: str
    conditions: tuple[str, ...]
    mask: int

    def one_by_one(self) -> Sum:
        """The same count, for itself."""
        asked = (f"pathway = '{self.pathway}'", *self.conditions)
        return Sum(f"if({' AND '.join(f'({one})' for one in asked)}, 1L, 0L)", self.mask)


@dataclass(frozen=True)
class Shared:
    """Counts in columns that they share.

    `aggregates`: column -> Spark SQL aggregate of units, to be grouped by `pathway`; `places`: pathway -> column ->
    names of the counts there, that of the low bits first.
    """

    aggregates: Mapping[str, str]
    places: Mapping[str, Mapping[str, Sequence[str]]]

    def counts(self, pathway: str, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Name -> the counts of rows of a pathway, in int64."""
        return {
            name: (columns[column] >> (_BITS * place)) & _MASK
            for column, names in self.places[pathway].items()
            for place, name in enumerate(names)
        }


def shared(counts: Mapping[str, Count]) -> Shared:
    """The columns of some counts, those that begin alike next to each other."""
    pairs: dict[str, list[list[str]]] = {}
    for pathway in dict.fromkeys(one.pathway for one in counts.values()):
        own = sorted((one.conditions, name) for name, one in counts.items() if one.pathway == pathway)
        names = [name for _, name in own]
        pairs[pathway] = [names[at : at + 2] for at in range(0, len(names), 2)]
    places: dict[str, dict[str, list[str]]] = {pathway: {} for pathway in pairs}
    aggregates = {}
    for number, of_each in enumerate(zip_longest(*pairs.values())):
        column = f"counts_{number}"
        asked = []
        for pathway, names in zip(pairs, of_each, strict=True):
            if names:
                places[pathway][column] = names
                weighed = [(counts[name].conditions, 1 << (_BITS * place)) for place, name in enumerate(names)]
                asked.append(f"WHEN '{pathway}' THEN {_weight(weighed)}")
        aggregates[column] = f"sum(CASE pathway {' '.join(asked)} ELSE 0L END)"
    return Shared(aggregates, places)


def _weight(weighed: Sequence[tuple[tuple[str, ...], int]]) -> str:
    """Spark SQL (bigint) of the weights together of which all conditions hold; a first one in common is asked once."""
    met = sum(weight for conditions, weight in weighed if not conditions)
    terms = [f"{met}L"] if met else []
    asked = [(conditions, weight) for conditions, weight in weighed if conditions]
    for first in dict.fromkeys(conditions[0] for conditions, _ in asked):
        rest = [(conditions[1:], weight) for conditions, weight in asked if conditions[0] == first]
        terms.append(f"if({first}, {_weight(rest)}, 0L)")
    return " + ".join(terms)
