"""A flow's records as positions in code lists, and their rendering as lines of text.

A layout is a sequence of segments; a segment is one or several neighbouring columns whose lists of strings are
multiplied out once, so that a line costs a few look-ups however many fields it has.
"""

from dataclasses import dataclass, field
from functools import cache
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def words(values) -> pa.Array:
    """A list of strings to look codes up in."""
    return pa.array([str(v) for v in values], type=pa.string())


def text(numbers: np.ndarray, digits: int = 0) -> pa.Array:
    """Whole numbers as strings, filled with zeros to `digits`."""
    found = pa.array(numbers).cast(pa.string())
    return pc.utf8_lpad(found, digits, "0") if digits else found


def glue(*columns: pa.Array, separator: str = "~") -> pa.Array:
    """Neighbouring fields as one."""
    return pc.binary_join_element_wise(*columns, pa.scalar(separator))


def repeated(value: str, count: int) -> pa.Array:
    """The same string `count` times."""
    return pa.repeat(pa.scalar(value), count)


@cache
def _multiplied(*lists: tuple[str, ...]) -> pa.Array:
    return words("~".join(parts) for parts in product(*lists))


@dataclass
class Table:
    """Records of one flow. `lists` gives the strings of a column; a column without list is text itself (pa.Array
    by record in `lists`, its codes being positions in it)."""

    flow: str
    file: np.ndarray  # position of the file among those of the flow
    uid: np.ndarray  # 64 bits that tell records apart: what errors hang on
    who: np.ndarray  # position of the person in the chunk
    codes: dict[str, np.ndarray]
    lists: dict[str, list[str] | pa.Array]
    segments: list[tuple[str, ...]]
    kind: np.ndarray = field(default=None)  # error, by position in spoil.KINDS; 0 none
    # how the other flows are spoilt: kind -> column and the wrong position (one, or by record); the column that a line
    # corrected later has wrong, with its wrong positions; the column whose list holds a second number for each
    # record, so many positions further
    faults: dict[str, tuple[str, int | np.ndarray]] = field(default_factory=dict)
    varied: tuple[str, np.ndarray] | None = None
    phantom: tuple[str, int] | None = None

    def __post_init__(self) -> None:
        if self.kind is None:
            self.kind = np.zeros(len(self.file), dtype=np.int8)

    def __len__(self) -> int:
        return len(self.file)

    def take(self, rows: np.ndarray) -> "Table":
        """These records, in this order."""
        codes = {name: values[rows] for name, values in self.codes.items()}
        return Table(
            self.flow,
            self.file[rows],
            self.uid[rows],
            self.who[rows],
            codes,
            self.lists,
            self.segments,
            self.kind[rows],
        )

    def followed_by(self, other: "Table", column: str) -> "Table":
        """The records of both, which differ in the strings of one column only."""
        codes = {name: np.concatenate([values, other.codes[name]]) for name, values in self.codes.items()}
        codes[column][len(self) :] += len(self.lists[column])
        lists = {**self.lists, column: pa.concat_arrays([self.lists[column], other.lists[column]])}
        file, uid, who, kind = (
            np.concatenate([getattr(self, name), getattr(other, name)]) for name in ("file", "uid", "who", "kind")
        )
        return Table(self.flow, file, uid, who, codes, lists, self.segments, kind)

    def lines(self) -> pa.Array:
        """Each record as a line, its end of line included."""
        columns = []
        for segment in self.segments:
            lists = [self.lists[name] for name in segment]
            if len(segment) == 1:
                strings = lists[0] if isinstance(lists[0], pa.Array) else words(lists[0])
                positions = self.codes[segment[0]]
            else:
                strings = _multiplied(*map(tuple, lists))
                positions = np.zeros(len(self), dtype=np.int64)
                for name, each in zip(segment, lists, strict=True):
                    positions = positions * len(each) + self.codes[name]
            columns.append(strings.take(pa.array(positions)))
        return pc.binary_join_element_wise(*columns, pa.scalar("~"))
