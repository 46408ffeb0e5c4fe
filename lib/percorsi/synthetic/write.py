"""The files of one region: opened once, filled chunk by chunk, with the number of every line known."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from percorsi.synthetic import truth
from percorsi.synthetic.discharges import COLUMNS
from percorsi.synthetic.geography import STR_COLUMNS
from percorsi.synthetic.semesters import Semesters
from percorsi.synthetic.spoil import KINDS
from percorsi.synthetic.table import Table

SISM = ("ANT", "CNT", "PST", "ANR", "CNR", "PSR", "PSS")


def header(fields: list[str], style: int) -> str:
    """The header line of a national file in a region's wording: the order of the fields is all that counts."""
    if style == 0:
        return "~".join(fields)
    if style == 1:
        return "~".join(f.upper().replace(" ", "_").replace("'", "_") for f in fields)
    if style == 2:
        return "~".join(f"CAMPO_{i:02d}" for i in range(1, len(fields) + 1))
    return "~".join(f.title().replace(" ", "").replace("'", "") for f in fields)


class RegionFiles:
    """The delivery of one region and the truth about it; a context manager that closes what it opened."""

    def __init__(
        self, delivery: Path, beside: Path, region: str, semesters: Semesters, layouts: dict, style: int
    ) -> None:
        self.region, self.semesters = region, semesters
        self._files: dict[tuple[str, int], object] = {}
        self._names: dict[str, list[str]] = {}
        self._lines: dict[str, np.ndarray] = {}
        self.spoilt = {name: 0 for name in KINDS[1:]}
        for flow in SISM:
            names = [f"{flow}_{region}_{year}_{period}.csv" for year, period in semesters.names]
            self._open(delivery, flow, names, header(layouts[flow], style))
        for flow, columns in (("SDO", COLUMNS), ("STR", STR_COLUMNS)):
            names = [f"{flow}_{region}_{year}.csv" for year in semesters.years]
            self._open(delivery, flow, names, "~".join(columns))
        self._person = pq.ParquetWriter(beside / f"person_year_{region}.parquet", truth.PERSON_YEAR)
        self._spoilt = pq.ParquetWriter(beside / f"spoilt_{region}.parquet", truth.SPOILT)

    def _open(self, delivery: Path, flow: str, names: list[str], first: str) -> None:
        self._names[flow] = names
        self._lines[flow] = np.ones(len(names), dtype=np.int64)  # the header is line 1
        for i, name in enumerate(names):
            self._files[flow, i] = stream = (delivery / name).open("wb")
            stream.write(first.encode() + b"\n")

    def __enter__(self) -> "RegionFiles":
        return self

    def __exit__(self, *_) -> None:
        for stream in (*self._files.values(), self._person, self._spoilt):
            stream.close()

    def add(self, table: Table) -> None:
        """Append records to the files of their periods, in the order of the table, and note the spoilt ones."""
        if not len(table):
            return
        table = table.take(np.argsort(table.file, kind="stable"))
        lines = table.lines()
        offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1]
        content = memoryview(lines.buffers()[2])
        files = len(self._names[table.flow])
        ends = np.searchsorted(table.file, np.arange(files + 1))
        for i in range(files):
            if ends[i] < ends[i + 1]:
                self._files[table.flow, i].write(content[offsets[ends[i]] : offsets[ends[i + 1]]])
        line = self._lines[table.flow][table.file] + 1 + np.arange(len(table)) - ends[table.file]
        self._lines[table.flow] += np.diff(ends)
        rows = np.flatnonzero(table.kind)
        kinds = table.kind[rows].astype(np.int64)
        for position, count in enumerate(np.bincount(kinds, minlength=len(KINDS))):
            if position:
                self.spoilt[KINDS[position]] += int(count)
        names = pa.array(self._names[table.flow])
        columns = [
            pa.array([table.flow]).take(pa.array(np.zeros(len(rows), np.int64))),
            names.take(pa.array(table.file[rows])),
            pa.array(line[rows].astype(np.int32)),
            pa.array(KINDS).take(pa.array(kinds)),
        ]
        self._spoilt.write_table(pa.table(columns, schema=truth.SPOILT))

    def add_register(self, position: int, rows: list[list]) -> None:
        """The rows of STR of the year at a position."""
        body = "".join("~".join(map(str, row)) + "\n" for row in rows)
        self._files["STR", position].write(body.encode())
        self._lines["STR"][position] += len(rows)

    def add_persons(self, table: pa.Table) -> None:
        """Rows of the truth about persons."""
        self._person.write_table(table)

    def counts(self) -> list[tuple]:
        """(flow, region, year, period, file, records) of each file."""
        found = []
        for flow, names in self._names.items():
            yearly = flow in ("SDO", "STR")
            periods = [(y, "") for y in self.semesters.years] if yearly else self.semesters.names
            for (year, period), name, lines in zip(periods, names, self._lines[flow], strict=True):
                found.append((flow, self.region, year, period, name, int(lines) - 1))
        return found
