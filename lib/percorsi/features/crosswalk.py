"""How the codes of aziende and DSMs move from year to year: the table of the moves, checked as a whole.

conf/reference/area_crosswalk.csv says what a row means. A home that has a table of its own, brought by its deliveries
(`brought`), uses that one instead: a made-up nation has made-up boundaries.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from percorsi.errors import ConfigurationError
from percorsi.home import CROSSWALK, Home
from percorsi.regions import regions
from percorsi.settings import conf_dir

COLUMNS = ["year", "region", "azienda", "dsm", "structure", "new_azienda", "new_dsm"]
_FORMS = {
    "year": r"[12][0-9]{3}",
    "azienda": r"[0-9]{3}",
    "dsm": r"([A-Za-z0-9]{3})?",
    "structure": r"([A-Za-z0-9]{1,8})?",
    "new_azienda": r"[0-9]{3}",
    "new_dsm": r"([A-Za-z0-9]{3})?",
}


class Code(NamedTuple):
    """What a record is of, in a region: azienda, DSM, structure; an empty DSM or structure is any that no row names."""

    azienda: str
    dsm: str = ""
    structure: str = ""


class Move(NamedTuple):
    """One row: from 1 January of `year`, `code` is another one; `line` of the file."""

    year: int
    region: str
    code: Code
    to: Code
    line: int

    @property
    def stays(self) -> bool:
        """Whether the row only says that a code goes on beside those it takes in."""
        return self.code[:2] == self.to[:2]


@dataclass(frozen=True)
class Crosswalk:
    """All moves, in the order of the file."""

    moves: tuple[Move, ...] = ()

    @cached_property
    def _by_step(self) -> dict[tuple[int, str], dict[Code, Move]]:
        steps: dict[tuple[int, str], dict[Code, Move]] = {}
        for move in self.moves:
            steps.setdefault((move.year, move.region), {})[move.code] = move
        return steps

    def step(self, year: int, region: str) -> dict[Code, Move]:
        """The moves of one 1 January in a region."""
        return self._by_step.get((year, region), {})

    def between(self, first: int, last: int) -> list[Move]:
        """The moves of the years from `first` on to `last`."""
        return [move for move in self.moves if first <= move.year <= last]

    def moved(self, region: str, code: Code, year: int) -> Code:
        """What a code of the year before is in `year`: the narrowest row that speaks of it decides."""
        step = self.step(year, region)
        for known in (code, code._replace(structure=""), Code(code.azienda)):
            if known in step:
                to = step[known].to
                return Code(to.azienda, to.dsm or code.dsm, code.structure)
        return code

    def forward(self, region: str, code: Code, year: int, to_year: int) -> Code:
        """What a code of `year` is in a later year, through all moves between."""
        for step in range(year + 1, to_year + 1):
            code = self.moved(region, code, step)
        return code

    def backward(self, region: str, code: Code, year: int, to_year: int) -> tuple[set[Code], set[Code]]:
        """What a code of `year` may have been in an earlier year: codes that are certain to have been there, and codes
        of which the table does not say whether they were there before they took others in."""
        certain, doubtful = {code}, set()
        for step in range(year, to_year, -1):
            sure, unsure = certain, doubtful
            certain, doubtful = set(), set()
            for known in sure | unsure:
                before, perhaps = self._before(region, known, step)
                doubtful |= perhaps
                (certain if known in sure else doubtful).update(before)
        return certain, doubtful - certain

    def _before(self, region: str, code: Code, year: int) -> tuple[set[Code], set[Code]]:
        """The step back: a structure's own row tells all; what takes others in may have been there before."""
        whole, own = set(), set()
        for move in self.step(year, region).values():
            source = Code(move.code.azienda, move.code.dsm or code.dsm, code.structure)
            named = move.code.structure
            if named in ("", code.structure) and self.moved(region, source, year) == code:
                (own if named else whole).add(source)
        if own or not whole:
            return own or {code}, set()
        return whole, {code} - whole if self.moved(region, code, year) == code else set()


def crosswalk_file(home: Home) -> Path:
    """The table that a home uses: its own, else that of the configuration."""
    own = home.path / CROSSWALK
    return own if own.is_file() else conf_dir() / "reference" / CROSSWALK


def brought(home: Home, deliveries: Path) -> bytes | None:
    """The table that lies in a folder of deliveries, checked; None where there is none. `keep` makes it the home's.

    Raises ConfigurationError where it has faults, or the home has another one already.
    """
    path = deliveries / CROSSWALK
    if not path.is_file():
        return None
    load_crosswalk(path)
    own, content = home.path / CROSSWALK, path.read_bytes()
    if own.is_file() and own.read_bytes() != content:
        raise ConfigurationError(
            f"{path}: the home has another table of boundaries already",
            next_step="start a new home, or write one table that tells all moves and put it in the place of both",
        )
    return content


def keep(home: Home, content: bytes | None) -> None:
    """Make a table that was brought the home's own, whole or not at all."""
    if content is None:
        return
    home.create()
    part = (home.path / CROSSWALK).with_suffix(".part")
    part.write_bytes(content)
    part.replace(home.path / CROSSWALK)


def load_crosswalk(path: Path) -> Crosswalk:
    """The moves of a file. Raises ConfigurationError naming file and line for a row that is none, a code that moves
    twice in a year, a code that moves in the year in which it takes others in, an unknown region."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as UTF-8 text ({type(error).__name__})") from error
    moves = tuple(_moves(path, text))
    _refuse_doubles(path, moves)
    _refuse_chains(path, moves)
    return Crosswalk(moves)


def _moves(path: Path, text: str) -> Iterator[Move]:
    lines = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip() and line[0] != "#"]
    rows = [(n, [field.strip() for field in next(csv.reader([line]))]) for n, line in lines]
    if not rows or rows[0][1] != COLUMNS:
        where = f", line {rows[0][0]}" if rows else ""
        raise _fault(f"{path}{where}", f"the header must be {','.join(COLUMNS)}")
    for line, fields in rows[1:]:
        where = f"{path}, line {line}"
        if len(fields) != len(COLUMNS):
            raise _fault(where, f"{len(COLUMNS)} fields are expected")
        row = dict(zip(COLUMNS, fields, strict=True))
        for name, form in _FORMS.items():
            if not re.fullmatch(form, row[name]):
                raise _fault(where, f"{name} is not of its form")
        if row["region"] not in regions():
            raise _fault(where, "the region is none of conf/codes/regions.yaml")
        if bool(row["dsm"]) != bool(row["new_dsm"]):
            raise _fault(where, "dsm and new_dsm are given both, or neither")
        if row["structure"] and not row["dsm"]:
            raise _fault(where, "a structure moves from a DSM to a DSM")
        code = Code(row["azienda"], row["dsm"], row["structure"])
        to = Code(row["new_azienda"], row["new_dsm"], row["structure"])
        yield Move(int(row["year"]), row["region"], code, to, line)


def _refuse_doubles(path: Path, moves: tuple[Move, ...]) -> None:
    seen: dict[tuple, int] = {}
    for move in moves:
        key = (move.year, move.region, move.code)
        if key in seen:
            raise _fault(f"{path}, line {move.line}", f"line {seen[key]} moves the same code in the same year")
        seen[key] = move.line


def _refuse_chains(path: Path, moves: tuple[Move, ...]) -> None:
    """A destination that moves in the same year: a chain, or a circle; where a code ends up must be said at once."""
    for move in moves:
        for other in moves:
            same_day = (other.year, other.region) == (move.year, move.region)
            if not same_day or other is move or move.stays or other.stays or other.code.structure:
                continue
            dsms = {move.to.dsm, other.code.dsm}
            if other.code.azienda == move.to.azienda and (len(dsms) == 1 or "" in dsms):
                raise _fault(
                    f"{path}, line {move.line}", f"its destination moves in the same year itself (line {other.line})"
                )


def _fault(where: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{where}: {what}", next_step=f"the head of conf/reference/{CROSSWALK} says how rows are written"
    )
