"""Counts of units, put together so that Spark has little to ask and to add.

A unit is of one pathway: the counts of the pathways share columns, each asked of its own units. Two of a pathway share
a whole number, and what both ask first is asked once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import pandas as pd

from percorsi.indicators.placed import Block, Sum

NUMBER = "pathway_number"
_BITS = 31  # of a bigint for each of two counts: no state has that many persons or stays in a year
_MASK = (1 << _BITS) - 1


class Count(NamedTuple):
    """Units of a pathway that meet conditions (Spark SQL; unknown is not met), and the bit mask of the regions that
    the nation counts them of."""

    pathway: str
    conditions: tuple[str, ...]
    mask: int

    def alone(self) -> Sum:
        """The same count in an expression of its own, which a unit of any pathway can be asked."""
        asked = (f"pathway = '{self.pathway}'", *self.conditions)
        return Sum(f"if({' AND '.join(f'({one})' for one in asked)}, 1L, 0L)", self.mask)


@dataclass(frozen=True)
class Shared:
    """Counts in columns that they share.

    `number`: Spark SQL (int) of which pathway a unit is, its position among `places`; `aggregates`: column -> Spark SQL
    aggregate of units, to be grouped by the column NUMBER; `places`: of each pathway, column -> names of the counts
    there, that of the low bits first.
    """

    number: str
    aggregates: Mapping[str, str]
    places: Sequence[Mapping[str, Sequence[str]]]

    def blocks(self, rows: pd.DataFrame) -> list[Block]:
        """The counts in rows of the aggregate, a block a pathway."""
        of = rows[NUMBER].to_numpy()
        return [self._block(np.flatnonzero(of == number), rows, held) for number, held in enumerate(self.places)]

    @staticmethod
    def _block(own: np.ndarray, rows: pd.DataFrame, held: Mapping[str, Sequence[str]]) -> Block:
        columns = {column: rows[column].to_numpy()[own] for column in held}
        return Block(
            own,
            {
                name: (columns[column] >> (_BITS * place)) & _MASK
                for column, names in held.items()
                for place, name in enumerate(names)
            },
        )


def shared(counts: Mapping[str, Count]) -> Shared:
    """The columns of some counts, those that begin alike next to each other."""
    pathways = list(dict.fromkeys(one.pathway for one in counts.values()))
    pairs = [_pairs({name: one for name, one in counts.items() if one.pathway == pathway}) for pathway in pathways]
    places: list[dict[str, list[str]]] = [{} for _ in pathways]
    aggregates = {}
    for position, of_each in enumerate(zip_longest(*pairs)):
        column = f"counts_{position}"
        asked = []
        for number, names in enumerate(of_each):
            if names:
                places[number][column] = names
                weighed = [(counts[name].conditions, 1 << (_BITS * place)) for place, name in enumerate(names)]
                asked.append(f"WHEN {number} THEN {_weight(weighed)}")
        aggregates[column] = f"sum(CASE {NUMBER} {' '.join(asked)} ELSE 0L END)"
    # A number is compared faster than a name, which every column would compare anew.
    numbered = " ".join(f"WHEN '{pathway}' THEN {number}" for number, pathway in enumerate(pathways))
    return Shared(f"CASE pathway {numbered} END", aggregates, places)


def _pairs(counts: Mapping[str, Count]) -> list[list[str]]:
    """Names of counts, two and two, in the order of what they ask."""
    names = sorted(counts, key=lambda name: counts[name].conditions)
    return [names[at : at + 2] for at in range(0, len(names), 2)]


def _weight(weighed: Sequence[tuple[tuple[str, ...], int]]) -> str:
    """Spark SQL (bigint) of the weights together of which all conditions hold; a first one in common is asked once."""
    met = sum(weight for conditions, weight in weighed if not conditions)
    terms = [f"{met}L"] if met else []
    asked = [(conditions, weight) for conditions, weight in weighed if conditions]
    for first in dict.fromkeys(conditions[0] for conditions, _ in asked):
        rest = [(conditions[1:], weight) for conditions, weight in asked if conditions[0] == first]
        terms.append(f"if({first}, {_weight(rest)}, 0L)")
    return " + ".join(terms)
