"""Which published cells add up to which: the linked table of one indicator component, as integers and sums.

A cell is (level, area, sex, age_class). The relations are those a reader can subtract along:

- an area by sex, and by age class;
- the nation over its regions, for all persons and within each sex and age class;
- a region over its departments (DSM).

A person seen in two areas counts in both, so a sum over areas may exceed its total; that excess is kept as the
relation's offset and taken to be known to the attacker. A stay whose department is not known is in the region only:
what a total has beyond its parts becomes a further part that is never published (a remainder).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from percorsi.errors import PercorsiError

if TYPE_CHECKING:
    import pandas as pd

KEY = ["level", "area", "sex", "age_class"]
Cell = tuple[str, str, str, str]


class Relation(NamedTuple):
    """count[total] - sum(count[parts]) = offset, of numerators and of denominators; never above zero.

    `nested`: no part has a larger numerator or rest than the total (as it is where the same facts hold in each area).
    """

    total: int
    parts: tuple[int, ...]
    numerator_offset: int = 0
    denominator_offset: int = 0
    nested: bool = True


@dataclass(eq=False)
class LinkedTable:
    """All cells of one code and component that carry counts, and their relations.

    `numerator` and `denominator` are integers of shape (cells,); the remainders, which have no row, stand at the end:
    the first `rows` cells are rows of the frame, `row[i]` is the frame's position of cell i.
    """

    code: str
    component: str
    cells: list[Cell]
    row: np.ndarray
    numerator: np.ndarray
    denominator: np.ndarray
    relations: list[Relation] = field(default_factory=list)
    between: "tuple[LinkedTable, LinkedTable] | None" = None  # whose difference it is (see `components`)
    places: list[tuple[int, int, int]] = field(default_factory=list)  # across: the cell in larger, smaller, here
    twin: "LinkedTable | None" = None  # the table over fewer persons with the same numerator

    @property
    def rows(self) -> int:
        return len(self.row)

    @property
    def across(self) -> bool:
        """Whether it is the difference of two codes; it is published only in that both of them are."""
        return self.between is not None and self.between[0].code != self.between[1].code

    @property
    def rest(self) -> np.ndarray:
        """Those of the denominator who are not in the numerator."""
        return self.denominator - self.numerator


def linked_tables(frame: "pd.DataFrame") -> list[LinkedTable]:
    """The linked table of each code and component, in order of code and component.

    Cells without counts take no part, except that a denominator of zero is a count: a known one. Raises PercorsiError
    where a proportion's counts are no whole numbers with 0 <= numerator <= denominator.
    """
    counts = frame[["numerator", "denominator"]].to_numpy(dtype=float)
    zero = (frame["reason"] == "denominator_zero").to_numpy()
    counts[zero] = 0
    known = ~np.isnan(counts).any(axis=1) & (zero | frame["reason"].isna().to_numpy())
    whole = np.where(known[:, None], counts, 0)
    faulty = (whole != np.round(whole)).any(axis=1) | (whole[:, 0] < 0) | (whole[:, 0] > whole[:, 1])
    if faulty.any():
        codes = sorted(set(frame["code"].to_numpy()[faulty]))
        raise PercorsiError(
            f"{int(faulty.sum())} values are no counts of a proportion (codes {', '.join(codes)})",
            next_step="compute the indicators again; disclosure control cannot judge these values",
        )
    whole = whole.astype(np.int64)
    tables = []
    positions = np.arange(len(frame))
    for (code, component), part in frame.assign(_at=positions)[known].groupby(["code", "component"], sort=True):
        cells = list(part[KEY].itertuples(index=False, name=None))
        if len(set(cells)) < len(cells):
            raise PercorsiError(f"{code}: a cell stands more than once among the values of the run")
        at = part["_at"].to_numpy()
        table = LinkedTable(code, component, cells, at, whole[at, 0], whole[at, 1])
        relate(table)
        tables.append(table)
    return tables


def of_proportions(frame: "pd.DataFrame", is_mean: np.ndarray, repeated: Collection[int]) -> "pd.DataFrame":
    """The frame in which only proportions have counts, each component once."""
    elsewhere = is_mean.copy()
    elsewhere[list(repeated)] = True
    return frame.assign(reason=frame["reason"].where(~elsewhere, "elsewhere"))


def relate(table: LinkedTable) -> None:
    """Find the relations of a table and settle what does not add up in them."""
    index = {cell: i for i, cell in enumerate(table.cells)}
    groups: dict[tuple[str, Cell], list[int]] = {}
    for (level, area, sex, age), i in index.items():
        if sex:
            groups.setdefault(("sex", (level, area, "", "")), []).append(i)
        if age:
            groups.setdefault(("age", (level, area, "", "")), []).append(i)
        if level == "region":
            groups.setdefault(("area", ("nation", "IT", sex, age)), []).append(i)
        if level == "dsm":
            groups.setdefault(("area", ("region", area.split("-")[0], "", "")), []).append(i)
    numerators, denominators = list(table.numerator), list(table.denominator)
    for (_, total), parts in sorted(groups.items()):
        if total not in index:
            continue
        at = index[total]
        own = list(parts)
        beyond_n = int(table.numerator[at] - table.numerator[parts].sum())
        beyond_d = int(table.denominator[at] - table.denominator[parts].sum())
        remainder_n = max(beyond_n, 0)
        remainder_d = max(beyond_d, remainder_n)
        if remainder_d:
            parts = [*parts, len(numerators)]
            numerators.append(remainder_n)
            denominators.append(remainder_d)
        nested = bool((table.numerator[own] <= table.numerator[at]).all() and (table.rest[own] <= table.rest[at]).all())
        table.relations.append(Relation(at, tuple(parts), beyond_n - remainder_n, beyond_d - remainder_d, nested))
    table.numerator = np.array(numerators, dtype=np.int64)
    table.denominator = np.array(denominators, dtype=np.int64)
