"""The attacker: what anyone can work out about the hidden cells from the shown ones.

The attacker knows every shown count, every relation, that counts are whole and 0 <= numerator <= denominator, and
that codes with one denominator share it: a denominator shown for one of them is known for all. Nothing is assumed
about who is in a cell. The system of equations is handed to a solver of integer programs.

A hidden cell is exposed where its numerator or its rest is sure to be within 1..t, or where both are certain. One of
them may be certain if it is not small and the other is not: the value is not known then, and nobody is pointed at.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from percorsi.release.relations import LinkedTable, Relation

_SECONDS = 20.0  # for one question to the solver; one without an answer counts as exposed
_SWEEPS = 8

Target = tuple[int, int]  # position of the view, position of the cell


@dataclass
class View:
    """One linked table as the attacker sees it. `denominator_key[i]` names the denominator of cell i.

    Cells of several tables with the same name have the same denominator.
    """

    table: LinkedTable
    hidden: np.ndarray
    denominator_key: list


def exposed(
    views: list[View],
    threshold: int = 2,
    seen: "Seen | None" = None,
    only: list[int] | None = None,
    granted: dict | None = None,
) -> list[Target]:
    """Hidden cells that give themselves away, as (position of the view, position of the cell).

    `views` are the tables that share denominators. Only what is shown of them is used: the counts of hidden cells are
    never read. Empty where every hidden cell is safe. `seen` carries what was learnt to the next attack on the same
    tables, which may hide more and not less: what was possible then still is. With `only`, the cells of these views are
    asked for, and the others tell no more than their shown denominators: a weaker attacker, and a faster one.
    `granted`: name of a denominator -> its count, which something that is no view shows.
    """
    seen = Seen(threshold) if seen is None else seen
    if only is None:
        system = _System(dict(enumerate(views)), granted)
    else:
        system = _System({v: views[v] for v in only}, {**(granted or {}), **shown_denominators(views)})
    generator = np.random.default_rng(1)
    left = _swept(system, seen, [target for target in system.targets if not seen.safe(target)], generator)
    if only is None:
        left = _apart(views, system, seen, left, generator)
    return [target for target in left if not _cleared(system, seen, target)]


def shown_denominators(views: list[View]) -> dict:
    """Name of a denominator -> its count, of those that the views show."""
    return {
        view.denominator_key[i]: int(view.table.denominator[i]) for view in views for i in np.flatnonzero(~view.hidden)
    }


def groups(views: list[View]) -> list[list[int]]:
    """Positions of the views whose numerators are bound to each other: components of one code and their differences.

    Codes that lie in each other are bound as well, where their difference is among the views.
    """
    by_code: dict[str, list[int]] = {}
    for v, view in enumerate(views):
        by_code.setdefault(view.table.code, []).append(v)
    for view in views:
        if view.table.across:
            bound = {view.table.code, *(table.code for table in view.table.between)}
            own = [members for members in by_code.values() if any(views[v].table.code in bound for v in members)]
            together = sorted({v for members in own for v in members})
            by_code = {code: members for code, members in by_code.items() if members not in own}
            by_code[view.table.code] = together
    return list(by_code.values())


def _apart(
    views: list[View],
    system: "_System",
    seen: "Seen",
    left: list[Target],
    generator: np.random.Generator,
) -> list[Target]:
    """The targets that are not seen to be safe where the numerators of one code alone move.

    Codes of one family share nothing but denominators. In a world that is possible for all, with all its denominators
    as they are, what is possible for one code is therefore possible with the rest: a question of a few unknowns.
    """
    of_codes = groups(views)
    world = system.world(generator.uniform(-1, 1, system.size)) if left and len(of_codes) > 1 else None
    if world is None:
        return left
    denominators = system.denominators(world)
    for group in of_codes:
        part = _System({v: views[v] for v in group}, denominators)
        for target in _swept(part, seen, [target for target in left if target[0] in group], generator):
            _cleared(part, seen, target)
    return [target for target in left if not seen.safe(target)]


def _swept(system: "_System", seen: "Seen", left: list[Target], generator: np.random.Generator) -> list[Target]:
    """One world for all that are left, each pushed to one of its ends: most are seen to be safe at once."""
    for sweep in range(_SWEEPS):
        if not left:
            break
        weights = [system.weights(target)[sweep % 2] * generator.uniform(-1, 1) for target in left]
        seen.learn(system.targets, system.solve(np.sum(weights, axis=0)))
        left = [target for target in left if not seen.safe(target)]
    return left


def _cleared(system: "_System", seen: "Seen", target: Target) -> bool:
    """Ask the solver for the ends of the numerator, then of the rest, until the cell is seen to be safe."""
    for weights in system.weights(target):
        for sign in (1.0, -1.0):
            if seen.safe(target):
                return True
            seen.learn(system.targets, system.solve(sign * weights))
    return seen.safe(target)


class Seen:
    """The smallest and largest numerator and rest of each target over the possible worlds that were met."""

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self._ends: dict[Target, tuple[float, float, float, float]] = {}

    def learn(self, targets: list[Target], counts: np.ndarray | None) -> None:
        """Adds a world: numerator and rest of each target, shape (2, targets); None teaches nothing."""
        if counts is None:
            return
        for target, n, r in zip(targets, *counts.tolist(), strict=True):
            low_n, high_n, low_r, high_r = self._ends.get(target, (n, n, r, r))
            self._ends[target] = (min(low_n, n), max(high_n, n), min(low_r, r), max(high_r, r))

    def safe(self, target: Target) -> bool:
        """Whether neither count is known to be small, and not both are certain."""
        if target not in self._ends:
            return False
        low_n, high_n, low_r, high_r = self._ends[target]
        small_n = low_n >= 1 and high_n <= self._threshold
        small_r = low_r >= 1 and high_r <= self._threshold
        return not (small_n or small_r or (low_n == high_n and low_r == high_r))


class _System:
    """The unknowns (hidden numerators, denominators shown nowhere) and the equations between them.

    `views`: position -> view; `granted`: name of a denominator -> its count, taken to be known.
    """

    def __init__(self, views: dict[int, View], granted: dict | None = None) -> None:
        self.targets = [
            (v, int(i)) for v, view in views.items() for i in np.flatnonzero(view.hidden[: view.table.rows])
        ]
        self._shown: dict = dict(granted or {})  # name of a denominator -> its count, where any table shows it
        for view in views.values():
            for i in np.flatnonzero(~view.hidden):
                self._shown[view.denominator_key[i]] = int(view.table.denominator[i])
        self._columns: dict = {}  # unknown -> its column
        self._entries: list[tuple[int, int, float]] = []
        self._low: list[float] = []
        self._high: list[float] = []
        for v, view in views.items():
            self._add_table(v, view)
        self._add_differences(views)
        self.size = len(self._columns)
        self._large = 10.0 * sum(self._shown.values()) + 1000.0
        self._position = {target: i for i, target in enumerate(self.targets)}
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
            if view.table.across and (relation.numerator_offset or relation.denominator_offset):
                continue  # the sums of the two codes say where areas overlap; a cell that contradicts is no part of it
            signed = [(relation.total, 1.0), *((i, -1.0) for i in relation.parts)]
            shown = sum(sign * int(view.table.numerator[i]) for i, sign in signed if not view.hidden[i])
            hidden = [(("n", v, i), sign) for i, sign in signed if view.hidden[i]]
            self._add_row(hidden, relation.numerator_offset - shown, relation.numerator_offset - shown)
            if relation.nested and (relation.numerator_offset or relation.denominator_offset):
                self._add_nested(v, view, relation)
            denominators = [(("d", names[i]), sign) for i, sign in signed]
            self._add_row(denominators, relation.denominator_offset, relation.denominator_offset)

    def _add_differences(self, views: dict[int, View]) -> None:
        """larger = smaller + difference (see `components`): of the numerators; across codes of the denominators too."""
        place = {id(view.table): v for v, view in views.items()}
        for v, view in views.items():
            parts = [place.get(id(table)) for table in view.table.between or ()]
            if not parts or None in parts:
                continue
            signed = [(parts[0], 1.0), (parts[1], -1.0), (v, -1.0)]
            for i in range(view.table.rows):
                places = zip(signed, view.table.places[i] if view.table.across else (i, i, i), strict=True)
                cells = [(w, int(c), s) for (w, s), c in places]
                shown = sum(s * int(views[w].table.numerator[c]) for w, c, s in cells if not views[w].hidden[c])
                self._add_row([(("n", w, c), s) for w, c, s in cells if views[w].hidden[c]], -shown, -shown)
                if view.table.across:
                    self._add_row([(("d", views[w].denominator_key[c]), s) for w, c, s in cells], 0, 0)

    def _add_nested(self, v: int, view: View, relation: Relation) -> None:
        """numerator and rest of each part <= those of the total: where areas overlap, the sums do not say it."""
        total = relation.total
        for i in relation.parts:
            if not (view.hidden[i] or view.hidden[total]):
                continue
            shown = sum(s * int(view.table.numerator[j]) for j, s in ((total, 1), (i, -1)) if not view.hidden[j])
            hidden = [(("n", v, j), s) for j, s in ((total, 1.0), (i, -1.0)) if view.hidden[j]]
            denominators = [(("d", view.denominator_key[total]), 1.0), (("d", view.denominator_key[i]), -1.0)]
            self._add_row(hidden, -shown, np.inf)
            self._add_row([*denominators, *((name, -s) for name, s in hidden)], shown, np.inf)

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

    def _place_targets(self, views: dict[int, View]) -> None:
        """Where the counts of the targets stand: columns of numerator and denominator, -1 where it is known."""
        names = [views[v].denominator_key[i] for v, i in self.targets]
        self._numerators = np.array([self._columns["n", v, i] for v, i in self.targets], dtype=int)
        self._denominators = np.array([self._columns.get(("d", name), -1) for name in names], dtype=int)
        self._known = np.array([self._shown.get(name, 0) for name in names], dtype=float)

    def weights(self, target: Target) -> tuple[np.ndarray, np.ndarray]:
        """The numerator and the rest of one target, as sums over the unknowns."""
        at = self._position[target]
        numerator = np.zeros(self.size)
        numerator[self._numerators[at]] = 1.0
        rest = -numerator
        if self._denominators[at] >= 0:
            rest[self._denominators[at]] += 1.0
        return numerator, rest

    def _counts(self, world: np.ndarray) -> np.ndarray:
        """Numerator and rest of each target in a world: shape (2, targets)."""
        numerators = world[self._numerators]
        denominators = np.where(self._denominators >= 0, world[self._denominators], self._known)
        return np.stack([numerators, denominators - numerators])

    def denominators(self, world: np.ndarray) -> dict:
        """Name of a denominator -> its count in a world, of all there are."""
        hidden = {name[1]: int(world[column]) for name, column in self._columns.items() if name[0] == "d"}
        return {**self._shown, **hidden}

    def solve(self, weights: np.ndarray) -> np.ndarray | None:
        """Numerator and rest of each target in a possible world largest in `weights`; None where there is none."""
        world = self.world(weights)
        return None if world is None else self._counts(world)

    def world(self, weights: np.ndarray) -> np.ndarray | None:
        """A possible world largest in `weights`, a count for each unknown; None where the solver has none.

        The relaxed problem has whole solutions most of the time; whatever comes back is held against the equations.
        """
        for integrality in (0, 1):
            found = milp(
                -weights,
                constraints=self._constraint,
                integrality=np.full(self.size, integrality),
                bounds=Bounds(0, self._large),
                # presolve of integer programs takes some of these systems for infeasible, which no true table is
                options={"time_limit": _SECONDS, "presolve": not integrality},
            )
            if found.x is not None and self._possible(world := np.round(found.x)):
                return world
        return None

    def _possible(self, world: np.ndarray) -> bool:
        sums = self._constraint.A @ world
        return bool((world >= 0).all() and (sums >= self._constraint.lb).all() and (sums <= self._constraint.ub).all())
