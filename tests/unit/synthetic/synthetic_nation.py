"""A nation made for the tests, and a plain reading of its files."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from percorsi.synthetic import Summary

YEARS = range(2014, 2016)


@dataclass(frozen=True)
class Line:
    """A line of a delivery: its file, its number there (the header is 1), its fields."""

    file: str
    number: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Nation:
    """A nation made for the tests."""

    summary: Summary

    def lines(self, flow: str) -> list[Line]:
        """All lines of a flow but the headers, by file and number."""
        found = []
        for path in sorted(self.summary.delivery.glob(f"{flow}_*.csv")):
            content = path.read_text(encoding="utf-8")
            assert content.endswith("\n")
            for number, line in enumerate(content.splitlines()[1:], start=2):
                found.append(Line(path.name, number, tuple(line.split("~"))))
        return found

    def truth(self, name: str) -> list[dict]:
        """All rows of a table of the truth."""
        rows = []
        for path in sorted(self.summary.truth.glob(f"{name}*.parquet")):
            rows += pq.read_table(path).to_pylist()
        return rows


def checksums(folder: Path) -> dict[str, int]:
    """Name -> hash of the content, of all delivered files."""
    return {path.name: hash(path.read_bytes()) for path in folder.iterdir()}
