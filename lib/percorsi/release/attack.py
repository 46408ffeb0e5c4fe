"""The attacker: what anyone can work out about the hidden cells from the shown ones.

The attacker knows every shown count, every relation, that counts are whole and 0 <= numerator <= denominator, and
that codes with one denominator share it: a denominator shown for one of them is known for all. Nothing is assumed
about who is in a cell. The system of equations is handed to a solver of integer programs.

A hidden cell is exposed where its numerator, or its rest, can only be one number above zero, or only be 1..t; or where
both are certain. That everybody in it is on one side (0% or 100%) may be known as long as how many are is not.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from percorsi.release.relations import LinkedTable

_SECONDS = 20.0  # for one question to the solver; one without an answer counts as exposed
_SWEEPS = 6


@dataclass
class View:
    """One linked table as the attacker sees it. `denominator_key[i]` names the denominator of cell i.

    Cells of several tables with the same name have the same denominator.
    """

    table: LinkedTable
    hidden: np.ndarray
    denominator_key: list


def exposed(views: list[View], threshold: int = 2, seed: int = 1) -> list[tuple[int, int]]:
    """Hidden cells that give themselves away, as (position of the view, position of the cell).

    `views` are the tables that share denominators. Only what is shown of them is used: the counts of hidden cells are
    never read. Empty where every hidden cell is safe.
    """
    system = _System(views)
    if not system.targets:
        return []
    spread = _Spread(system, threshold)
    generator = np.random.default_rng(seed)
    for _ in range(_SWEEPS):
        if not spread.open():
            break
        spread.learn(system.solve(generator.uniform(-1, 1, system.size)))
    return [system.targets[i] for i in spread.open() if not _cleared(system, spread, i)]


def _cleared(system: "_System", spread: "_Spread", target: int) -> bool:
    """Ask the solver for the ends of the numerator, then of the rest, until the cell is seen to be safe."""
    for weights in system.weights(target):
        for sign in (1.0, -1.0):
            if spread.safe(target):
                return True
            spread.learn(system.solve(sign * weights))
    return spread.safe(target)


class _Spread:
    """The smallest and largest numerator and rest seen of each target over the attacker's possible worlds."""

    def __init__(self, system: "_System", threshold: int) -> None:
        self.system, self.threshold = system, threshold
        self.low = np.full((2, len(system.targets)), np.inf)
        self.high = -self.low

    def learn(self, world: np.ndarray | None) -> None:
        if world is None:
            return
        seen = self.system.counts(world)
        self.low, self.high = np.minimum(self.low, seen), np.maximum(self.high, seen)

    def _safe(self) -> np.ndarray:
        certain = self.low >= self.high
        told = (certain & (self.low > 0)) | ((self.low >= 1) & (self.high <= self.threshold))
        return ~told.any(axis=0) & ~certain.all(axis=0)

    def safe(self, target: int) -> bool:
        return bool(self._safe()[target])

    def open(self) -> list[int]:
        return [int(i) for i in np.flatnonzero(~self._safe())]


class _System:
    """The unknowns (hidden numerators, denominators shown nowhere) and the equations between them."""

    def __init__(self, views: list[View]) -> None:
        self.targets = [
            (v, int(i)) for v, view in enumerate(views) for i in np.flatnonzero(view.hidden[: view.table.rows])
        ]
        self._shown: dict = {}  # name of a denominator -> its count, where any table shows it
        for view in views:
            for i in np.flatnonzero(~view.hidden):
                self._shown[view.denominator_key[i]] = int(view.table.denominator[i])
        self._columns: dict = {}  # unknown -> its column
        self._entries: list[tuple[int, int, float]] = []
        self._low: list[float] = []
        self._high: list[float] = []
        for v, view in enumerate(views):
            self._add_table(v, view)
        self.size = len(self._columns)
        self._large = 10.0 * sum(self._shown.values()) + 1000.0
        self._place_targets(views)
        if self.targets:
            rows, columns, weights = zip(*self._entries, strict=True)
            matrix = coo_array((weights, (rows, columns)), shape=(len(self._low), self.size)).tocsr()
            self._constraint = LinearConstraint(matrix, self._low, self._high)

    def _add_table(self, v: int, view: View) -> None:
        """numerator <= denominator for each hidden cell, and each relation, of both counts."""
        names = view.denominator_key
        for i in np.flatnonzero(view.hidden):
            self._add_row([(("d", names[i]), 1.0), (("n", v, int(i)), -1.0)], 0, np.inf)
        for relation in view.table.relations:
            signed = [(relation.total, 1.0), *((i, -1.0) for i in relation.parts)]
            shown = sum(sign * int(view.table.numerator[i]) for i, sign in signed if not view.hidden[i])
            hidden = [(("n", v, i), sign) for i, sign in signed if view.hidden[i]]
            self._add_row(hidden, relation.numerator_offset - shown, relation.numerator_offset - shown)
            denominators = [(("d", names[i]), sign) for i, sign in signed]
            self._add_row(denominators, relation.denominator_offset, relation.denominator_offset)

    def _add_row(self, terms: list[tuple[tuple, float]], low: float, high: float) -> None:
        """low <= sum of the terms <= high, with the denominators that are shown put in."""
        constant = sum(weight * self._shown[name[1]] for name, weight in terms if self._is_shown(name))
        unknown = [(name, weight) for name, weight in terms if not self._is_shown(name)]
        if unknown:
            for name, weight in unknown:
                column = self._columns.setdefault(name, len(self._columns))
                self._entries.append((len(self._low), column, weight))
            self._low.append(low - constant)
            self._high.append(high - constant)

    def _is_shown(self, name: tuple) -> bool:
        return name[0] == "d" and name[1] in self._shown

    def _place_targets(self, views: list[View]) -> None:
        """Where the counts of the targets stand: columns of numerator and denominator, -1 where it is known."""
        names = [views[v].denominator_key[i] for v, i in self.targets]
        self._numerators = np.array([self._columns["n", v, i] for v, i in self.targets], dtype=int)
        self._denominators = np.array([self._columns.get(("d", name), -1) for name in names], dtype=int)
        self._known = np.array([self._shown.get(name, 0) for name in names], dtype=float)

    def weights(self, target: int) -> tuple[np.ndarray, np.ndarray]:
        """The numerator and the rest of one target, as sums over the unknowns."""
        numerator = np.zeros(self.size)
        numerator[self._numerators[target]] = 1.0
        rest = -numerator
        if self._denominators[target] >= 0:
            rest[self._denominators[target]] += 1.0
        return numerator, rest

    def counts(self, world: np.ndarray) -> np.ndarray:
        """Numerator and rest of each target in a world: shape (2, targets)."""
        numerators = world[self._numerators]
        denominators = np.where(self._denominators >= 0, world[self._denominators], self._known)
        return np.stack([numerators, denominators - numerators])

    def solve(self, weights: np.ndarray) -> np.ndarray | None:
        """One possible world that is largest in `weights`; None where the solver has none to give."""
        found = milp(
            -weights,
            constraints=self._constraint,
            integrality=np.ones(self.size),
            bounds=Bounds(0, self._large),
            options={"time_limit": _SECONDS},
        )
        return None if found.x is None else np.round(found.x)
