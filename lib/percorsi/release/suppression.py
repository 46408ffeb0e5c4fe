"""Which cells are not shown: the small ones, and those that would give a small one away by subtraction.

The rule, of a threshold t (2): a cell is sensitive where its numerator, or the rest of its denominator, is 1..t. In
every relation with a hidden part and a shown total, the hidden parts together are what anyone gets by subtraction;
so there are at least two of them and their joint numerator and joint rest are themselves neither 1..t nor both zero.
Two hidden parts do not share a numerator or a rest of exactly t+1 either: who knows the rule would know both small.
"""

from dataclasses import dataclass

import numpy as np

from percorsi.release.relations import LinkedTable, Relation


@dataclass(frozen=True)
class Rule:
    """Counts of 1 to `threshold` are not published."""

    threshold: int = 2

    def small(self, counts: np.ndarray) -> np.ndarray:
        return (counts >= 1) & (counts <= self.threshold)

    def sensitive(self, table: LinkedTable) -> np.ndarray:
        """Cells that are not published for their own sake; a denominator of 1..t always is one. Remainders never."""
        sensitive = self.small(table.numerator) | self.small(table.rest)
        sensitive[table.rows :] = False
        return sensitive

    def joint(self, parts: int, numerator: int, rest: int) -> bool:
        """Whether the joint counts of the hidden parts of one shown total may be known."""
        tight = self.threshold + (1 if parts == 2 else 0)
        return parts > 1 and numerator + rest > 0 and not (1 <= numerator <= tight or 1 <= rest <= tight)


def complete(table: LinkedTable, hidden: np.ndarray, rule: Rule) -> np.ndarray:
    """The hidden cells of a table, completed until every relation keeps the rule.

    `hidden`: booleans of shape (cells,). Deterministic: of the cells that help, the one with the smallest
    denominator, then first in order of cell; the total only where no part is left. Ends because cells are only added.
    """
    hidden = hidden.copy()
    hidden[table.rows :] = True
    changed = True
    while changed:
        changed = False
        for relation in table.relations:
            while (extra := next_cell(table, relation, hidden, rule)) is not None:
                hidden[extra] = changed = True
    return hidden


def next_cell(table: LinkedTable, relation: Relation, hidden: np.ndarray, rule: Rule) -> int | None:
    """The cell to hide next for one relation; None where it keeps the rule."""
    parts = np.array(relation.parts)
    inside = parts[hidden[parts] & (table.denominator[parts] > 0)]
    if hidden[relation.total]:
        # shown: how much the total is beyond its hidden parts. With none hidden, the total itself.
        return None if len(inside) else smallest(table, candidates(table, relation, hidden))
    rows = inside < table.rows
    if not rows.any():
        return None
    numerator, rest = int(table.numerator[inside].sum()), int(table.rest[inside].sum())
    options = candidates(table, relation, hidden)
    if rule.joint(len(inside), numerator, rest):
        # where areas overlap, who subtracts gets less than that: not a small number either, if it can be helped
        apparent = numerator + relation.numerator_offset
        apparent_rest = rest + relation.denominator_offset - relation.numerator_offset
        return smallest(table, options) if rule.small(np.array([apparent, apparent_rest])).any() else None
    helps = [
        i
        for i in options
        if rule.joint(len(inside) + 1, numerator + int(table.numerator[i]), rest + int(table.rest[i]))
    ]
    extra = smallest(table, helps or options)
    return relation.total if extra is None else extra


def candidates(table: LinkedTable, relation: Relation, hidden: np.ndarray) -> list[int]:
    """Shown parts with somebody in them: hiding a cell known to be empty hides nothing."""
    return [i for i in relation.parts if not hidden[i] and table.denominator[i] > 0]


def smallest(table: LinkedTable, options: list[int]) -> int | None:
    return min(options, key=lambda i: (int(table.denominator[i]), table.cells[i]), default=None)
