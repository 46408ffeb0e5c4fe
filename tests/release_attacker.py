"""An attacker of releases written apart from the library: linear programs over what a release shows."""

import numpy as np
import pandas as pd
from scipy.optimize import linprog

_NEAR = 1e-3


def relations_of(rows: pd.DataFrame) -> list[tuple[int, list[int]]]:
    """Total and parts, by position of the row: found here apart from the library."""
    found = []
    for i, total in rows.iterrows():
        same = rows[(rows["code"] == total["code"]) & (rows["component"] == total["component"])]
        whole = total["sex"] == "" and total["age_class"] == ""
        below = {"nation": same["level"] == "region", "region": same["area"].str.startswith(f"{total['area']}-")}
        groups = []
        if whole:
            own = same["area"] == total["area"]
            groups += [own & (same["sex"] != ""), own & (same["age_class"] != "")]
        if total["level"] in below:
            like = (same["sex"] == total["sex"]) & (same["age_class"] == total["age_class"])
            groups.append(below[total["level"]] & like)
        found += [(i, list(same.index[g])) for g in groups if g.any()]
    return found


class Attacker:
    """Who knows the release and how many persons each cell holds, but of no hidden cell the numerator.

    `truth`: the rows before protection, of which the denominators are read; `pairs`: (larger, smaller) positions of
    rows of which the one holds the other; `holds`: the same of one population; `means`: codes without numerators.
    """

    def __init__(
        self, release: pd.DataFrame, truth: pd.DataFrame, pairs: tuple = (), holds: tuple = (), means: tuple = ()
    ) -> None:
        self.hidden = (release["status"] == "suppressed") & ~release["code"].isin(means)
        self.persons = truth["denominator"].fillna(0)
        self.shown = release["numerator"].fillna(0).where(~release["code"].isin(means), 0)
        self.unknown = {i: at for at, i in enumerate(release.index[self.hidden])}
        self.relations = [r for r in relations_of(release) if release.at[r[0], "code"] not in means]
        self.pairs = pairs
        equal = [self._row({total: 1} | dict.fromkeys(parts, -1)) for total, parts in self.relations]
        limits = []
        for larger, smaller in self.pairs:  # nobody is in the smaller alone, on neither side
            limits.append(self._row({smaller: 1, larger: -1}))
            weights, known = self._row({larger: 1, smaller: -1})
            limits.append((weights, known - (self.persons[larger] - self.persons[smaller])))
        limits += [self._row({smaller: 1, larger: -1}) for larger, smaller in holds]
        self.system = {**_matrix(limits, "ub"), **_matrix(equal, "eq")}
        self.bounds = [(0, self.persons[i]) for i in self.unknown]

    def _row(self, signed: dict[int, int]) -> tuple[np.ndarray, float]:
        weights, known = np.zeros(len(self.unknown)), 0.0
        for i, sign in signed.items():
            if i in self.unknown:
                weights[self.unknown[i]] += sign
            else:
                known += sign * self.shown[i]
        return weights, known

    def ends(self, *signed: tuple[int, int]) -> tuple[float, float]:
        """The least and the most that a signed sum of numerators can be."""
        weights, known = self._row(dict(signed))
        if not weights.any():
            return known, known
        found = [linprog(sign * weights, **self.system, bounds=self.bounds) for sign in (1, -1)]
        assert all(f.status == 0 for f in found), [f.message for f in found]
        return known + found[0].fun, known - found[1].fun

    def told(self) -> list:
        """Hidden rows of which a small count is told, and pairs of which the difference is one."""
        found = [i for i in self.unknown if self._tells(*self.ends((i, 1)), self.persons[i]) and not self._grouped(i)]
        for larger, smaller in self.pairs:
            between = self.persons[larger] - self.persons[smaller]
            low, high = self.ends((larger, 1), (smaller, -1))
            if high - low < _NEAR and self._tells(low, high, between) and not self._grouped(larger):
                found.append((larger, smaller))
        return found

    def _tells(self, low: float, high: float, persons: float) -> bool:
        if persons <= 2 and high - low > _NEAR:
            return False
        return any(a > 1 - _NEAR and b < 2 + _NEAR for a, b in ((low, high), (persons - high, persons - low)))

    def _grouped(self, i: int, beneath: tuple[int, ...] = ()) -> bool:
        """Whether it is known to have none, or all, as one of a group of more than two who have none, or all."""
        low, high = self.ends((i, 1))
        if high - low > _NEAR or not (high < _NEAR or low > self.persons[i] - _NEAR) or i in beneath:
            return False
        if self.persons[i] > 2:
            return True
        side = 0 if high < _NEAR else 1
        for total, parts in self.relations:
            own = [p for p in parts if p in self.unknown]
            together = self.ends(*((p, 1) for p in own))
            everybody = self.persons[own].sum()
            if i in own and everybody > 2 and self._one_sided(*together, everybody, side):
                return True
            if i in parts and self._grouped(total, (*beneath, i)):
                return True
            there = [p for p in parts if self.persons[p] > 0]
            if i == total and there and all(self._grouped(p, (*beneath, i)) for p in there):
                return True
        beside = [b for pair in self.pairs for a, b in (pair, pair[::-1]) if a == i]
        return any(self._grouped(b, (*beneath, i)) for b in beside)

    def _one_sided(self, low: float, high: float, persons: float, side: int) -> bool:
        return low > persons - _NEAR if side else high < _NEAR


def _matrix(sums: list[tuple[np.ndarray, float]], name: str) -> dict:
    some = [(weights, known) for weights, known in sums if weights.any()]
    if not some:
        return {}
    return {f"A_{name}": np.array([w for w, _ in some]), f"b_{name}": [-known for _, known in some]}
