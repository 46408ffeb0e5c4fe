"""The attacker: what anyone can work out about the hidden cells from the shown ones.

The attacker knows every shown count, every relation, how many persons each cell holds (whether or not it is shown), and
that counts are whole and 0 <= numerator <= denominator. Nothing is assumed about who is in a cell. The system of
equations is handed to a solver of integer programs.

A hidden cell is exposed where its numerator or its rest is sure to be within 1..t; of a cell of 1..t persons, and of
the difference of two codes, which is not published itself, where it is certain. Not where it is part of a group of
more than t persons known to be all on one side: that a group has none, or that all have it, is shown, and so is known
of whoever is among them. Nor where it is larger: it was hidden for others, and points at nobody.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from percorsi.release.relations import LinkedTable, Relation

_SECONDS = 20.0  # for one question to the solver; one without an answer counts as exposed
_SWEEPS = 8

Target = tuple[int, int]  # position of the view, position of the cell


@dataclass
class View:
    """One linked table as the attacker sees it: the numerators of the cells that are hidden are not known."""

    table: LinkedTable
    hidden: np.ndarray


def exposed(views: list[View], threshold: int = 2, seen: "Seen | None" = None) -> list[Target]:
    """Hidden cells that give themselves away, as (position of the view, position of the cell).

    `views` are the tables whose numerators are bound to each other. The numerators of hidden cells are never read.
    Empty where every hidden cell is safe. `seen` carries what was learnt to the next attack on the same tables, which
    may hide more and not less: what was possible then still is.
    """
    seen = Seen(threshold) if seen is None else seen
    seen.derived = {v for v, view in enumerate(views) if view.table.across}
    generator = np.random.default_rng(1)
    open_to_attack = [view.hidden & ~own for view, own in zip(views, _of_one_side(views, threshold), strict=True)]
    targets = {(v, int(i)) for v, own in enumerate(open_to_attack) for i in np.flatnonzero(own[: views[v].table.rows])}
    found: list[Target] = []
    for part in _parts(views):
        left = [target for target in part.targets if target in targets and not seen.safe(target)]
        left = _swept(part, seen, left, generator)
        found += [target for target in left if not _cleared(part, seen, target)]
    return sorted(found)


def _of_one_side(views: list[View], threshold: int) -> list[np.ndarray]:
    """Cells of each view that belong to a group of more than t persons known to be all in the numerator, or all out.

    It is known of a group where what is shown leaves none on one side, and of who is among such a group.
    """
    known = [np.zeros(len(view.hidden), dtype=bool) for view in views]
    for side in (0, 1):  # nobody in the numerators, nobody in the rests
        counts = [view.table.rest if side else view.table.numerator for view in views]
        groups = [
            np.where(view.hidden | (own > 0), 0, view.table.denominator)
            for view, own in zip(views, counts, strict=True)
        ]
        while any([_grown(*of) for of in zip(views, counts, groups, strict=True)]) or _grown_across(
            views, groups, side
        ):
            pass
        for own, group in zip(known, groups, strict=True):
            own |= group > threshold
    return known


def _grown(view: View, counts: np.ndarray, group: np.ndarray) -> bool:
    """Within one table, in place: `group` is, of each cell with none on a side, how many are known to have none."""
    grown, everybody = False, int(view.table.denominator.max(initial=0))
    for relation in view.table.relations:
        hidden = [i for i in relation.parts if view.hidden[i]]
        if view.hidden[relation.total]:
            none_left = bool(group[relation.total])
        else:
            beside = sum(int(counts[i]) for i in relation.parts if not view.hidden[i])
            none_left = int(counts[relation.total]) == (beside if _adds_up(relation) else 0)
        if none_left and (_adds_up(relation) or relation.nested):
            persons = max(int(view.table.denominator[hidden].sum()), int(group[relation.total]))
            for i in hidden:
                if group[i] < persons:
                    group[i], grown = persons, True
        # a total of parts that have none has none
        there = [i for i in relation.parts if view.table.denominator[i] > 0]
        persons = int(group[there].min(initial=everybody)) if there and _adds_up(relation) else 0
        if group[relation.total] < persons:
            group[relation.total], grown = persons, True
    return grown


def _grown_across(views: list[View], groups: list[np.ndarray], side: int) -> bool:
    """From the larger of two tables to the smaller and the difference, and back where these are all of it; in place."""
    grown = False
    for larger, smaller, difference in _triples(views):
        parts = [(v, i) for v, i in (smaller, difference) if views[v].table.denominator[i] > 0]
        persons = min((int(groups[v][i]) for v, i in parts), default=0)
        if groups[larger[0]][larger[1]] < persons:
            groups[larger[0]][larger[1]], grown = persons, True
        if side and not views[larger[0]].table.denominator[larger[1]] > views[smaller[0]].table.denominator[smaller[1]]:
            continue  # of one population, those who are all in the larger numerator need not be in the smaller
        persons = groups[larger[0]][larger[1]]
        for v, i in (smaller, difference):
            if groups[v][i] < persons:
                groups[v][i], grown = persons, True
    of = _numerators_of(views)
    for v, view in enumerate(views if not side else ()):  # a numerator of none is one of none over more persons, too
        for i in range(view.table.rows if view.table.twin is not None else 0):
            w, _ = of((v, i))
            persons = max(groups[v][i], groups[w][i])
            if persons > min(groups[v][i], groups[w][i]):
                groups[v][i] = groups[w][i] = persons
                grown = True
    return grown


def _adds_up(relation: Relation) -> bool:
    return not (relation.numerator_offset or relation.denominator_offset)


def _swept(part: "_Part", seen: "Seen", left: list[Target], generator: np.random.Generator) -> list[Target]:
    """One world for all that are left, each pushed to one of its ends: most are seen to be safe at once."""
    for sweep in range(_SWEEPS if len(left) > 1 else 0):
        if not left:
            break
        weights = np.zeros(part.size)
        for target in left:
            # in turns up and down, all the same way and each its own
            weights[part.targets[target][0]] = (1 - 2 * (sweep % 2)) * generator.uniform(-1 if sweep > 1 else 0, 1)
        part.ask(weights, seen)
        left = [target for target in left if not seen.safe(target)]
    return left


def _cleared(part: "_Part", seen: "Seen", target: Target) -> bool:
    """Ask the solver for the ends of the numerator until the cell is seen to be safe."""
    weights = np.zeros(part.size)
    weights[part.targets[target][0]] = 1.0
    for sign in (1.0, -1.0):
        if seen.safe(target):
            return True
        part.ask(sign * weights, seen)
    return seen.safe(target)


class Seen:
    """The smallest and largest numerator and rest of each target over the possible worlds that were met."""

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self.derived: set[int] = set()  # views that are the difference of two codes: they are not published themselves
        self._ends: dict[Target, tuple[float, float, float, float]] = {}

    def learn(self, target: Target, numerator: float, rest: float) -> None:
        low_n, high_n, low_r, high_r = self._ends.get(target, (numerator, numerator, rest, rest))
        ends = (min(low_n, numerator), max(high_n, numerator), min(low_r, rest), max(high_r, rest))
        self._ends[target] = ends

    def safe(self, target: Target) -> bool:
        """Whether nothing is told: see above."""
        if target not in self._ends:
            return False
        low_n, high_n, low_r, high_r = self._ends[target]
        if (target[0] in self.derived or low_n + high_r <= self._threshold) and low_n < high_n:
            return True
        return not (1 <= low_n <= high_n <= self._threshold or 1 <= low_r <= high_r <= self._threshold)


@dataclass
class _Part:
    """Unknown numerators that are bound to each other, and to no others: a system of its own.

    `targets`: cell -> its column and how many persons it holds; `persons`: the most that each column can be.
    """

    targets: dict[Target, tuple[int, int]]
    persons: np.ndarray
    matrix: csr_array
    low: np.ndarray
    high: np.ndarray

    @property
    def size(self) -> int:
        return len(self.persons)

    def ask(self, weights: np.ndarray, seen: Seen) -> None:
        """Learn of a possible world largest in `weights`, if the solver has one.

        The relaxed problem has whole solutions most of the time; whatever comes back is held against the equations.
        """
        for integrality in (0, 1):
            found = milp(
                -weights,
                constraints=LinearConstraint(self.matrix, self.low, self.high) if len(self.low) else None,
                integrality=np.full(self.size, integrality),
                bounds=Bounds(0, self.persons),
                # presolve of integer programs takes some of these systems for infeasible, which no true table is
                options={"time_limit": _SECONDS, "presolve": not integrality},
            )
            if found.x is not None and self._possible(world := np.round(found.x)):
                for target, (column, persons) in self.targets.items():
                    seen.learn(target, world[column], persons - world[column])
                return

    def _possible(self, world: np.ndarray) -> bool:
        sums = self.matrix @ world
        inside = (world >= 0).all() and (world <= self.persons).all()
        return bool(inside and (sums >= self.low).all() and (sums <= self.high).all())


def _parts(views: list[View]) -> Iterator[_Part]:
    """The equations between the unknown numerators, apart by what is bound to what."""
    asked = [(v, int(i)) for v, view in enumerate(views) for i in np.flatnonzero(view.hidden)]
    of = _numerators_of(views)
    hidden = list(dict.fromkeys(cell for cell in map(of, asked) if views[cell[0]].hidden[cell[1]]))
    column = {cell: at for at, cell in enumerate(hidden)}
    persons = np.array([views[v].table.denominator[i] for v, i in hidden], dtype=float)
    entries: list[tuple[int, int, float]] = []
    low: list[float] = []
    high: list[float] = []
    for terms, least, most in (*_sums(views), *_differences(views)):
        known = sum(sign * int(views[v].table.numerator[i]) for (v, i), sign in terms if (v, i) not in column)
        unknown = [(column[cell], sign) for cell, sign in terms if cell in column]
        entries += [(len(low), at, sign) for at, sign in unknown]
        if unknown:
            low.append(least - known)
            high.append(most - known)
    if not hidden:
        return
    rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
    matrix = coo_array((np.array(signs, dtype=float), (rows, columns)), shape=(len(low), len(hidden))).tocsr()
    number, label = connected_components(abs(matrix.T) @ abs(matrix), directed=False)
    of_row = label[matrix.indices[matrix.indptr[:-1]]] if len(low) else np.array([], dtype=int)
    lows, highs = np.array(low), np.array(high)
    targets: list[dict[Target, tuple[int, int]]] = [{} for _ in range(number)]
    own_columns, own_rows = _by_label(label, number), _by_label(of_row, number)
    place = {int(c): at for mine in own_columns for at, c in enumerate(mine)}
    for v, i in asked:
        if i < views[v].table.rows and (at := column.get(of((v, i)))) is not None:
            targets[label[at]][v, i] = (place[at], int(views[v].table.denominator[i]))
    for own, mine, equations in zip(targets, own_columns, own_rows, strict=True):
        if own:
            yield _Part(own, persons[mine], matrix[equations][:, mine], lows[equations], highs[equations])


def _numerators_of(views: list[View]) -> Callable[[Target], Target]:
    """Where the numerator of a cell stands: of a table with a twin among the views, there."""
    place = {id(view.table): v for v, view in enumerate(views)}
    twins = [place.get(id(view.table.twin), v) for v, view in enumerate(views)]
    return lambda cell: (twins[cell[0]], cell[1]) if cell[1] < views[cell[0]].table.rows else cell


def _by_label(label: np.ndarray, number: int) -> list[np.ndarray]:
    """Positions of each label, in ascending order."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.searchsorted(label[order], np.arange(1, number)))


Equation = tuple[list[tuple[Target, float]], float, float]  # signed numerators, the least and the most they sum to


def _sums(views: list[View]) -> Iterator[Equation]:
    """What each relation says of the numerators: of persons counted in two areas not whether they are in it twice."""
    for v, view in enumerate(views):
        if view.table.twin is not None:
            continue  # its numerators are those of its twin, and so are their sums
        persons = view.table.denominator
        for relation in view.table.relations:
            if view.table.across and not _adds_up(relation):
                continue  # the sums of the two codes say where areas overlap; a cell that contradicts is no part of it
            total = ((v, relation.total), 1.0)
            least = min(relation.numerator_offset, relation.denominator_offset)
            yield [total, *(((v, i), -1.0) for i in relation.parts)], least, 0
            if relation.nested and not _adds_up(relation):  # which the sum does not say
                for i in relation.parts:
                    yield [total, ((v, i), -1.0)], 0, int(persons[relation.total] - persons[i])


def _differences(views: list[View]) -> Iterator[Equation]:
    """larger = smaller + difference (see `components`)."""
    for larger, smaller, difference in _triples(views):
        yield [(larger, 1.0), (smaller, -1.0), (difference, -1.0)], 0, 0


def _triples(views: list[View]) -> Iterator[tuple[Target, Target, Target]]:
    """A cell of two tables and of their difference, of all differences that are among the views with both."""
    place = {id(view.table): v for v, view in enumerate(views)}
    for v, view in enumerate(views):
        parts = [place.get(id(table)) for table in view.table.between or ()]
        if parts and None not in parts:
            for i in range(view.table.rows):
                larger, smaller, here = view.table.places[i] if view.table.across else (i, i, i)
                yield (parts[0], larger), (parts[1], smaller), (v, here)
