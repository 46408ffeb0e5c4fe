"""The files of one region: opened once, filled chunk by chunk, with the number of every line known."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from percorsi.synthetic import periods, truth
from percorsi.synthetic.civil import ANA_COLUMNS, CDM_COLUMNS
from percorsi.synthetic.discharges import COLUMNS
from percorsi.synthetic.dispensing import FAR_COLUMNS
from percorsi.synthetic.geography import STR_COLUMNS
from percorsi.synthetic.laboratory import SPE_COLUMNS
from percorsi.synthetic.other_services import NPIA_COLUMNS, SIND_COLUMNS
from percorsi.synthetic.parameters import Parameters
from percorsi.synthetic.semesters import Semesters
from percorsi.synthetic.spoil import KINDS
from percorsi.synthetic.supplementary import PER_COLUMNS, SUP_COLUMNS
from percorsi.synthetic.table import Table

SISM = ("ANT", "CNT", "PST", "ANR", "CNR", "PSR", "PSS")
YEARLY = {"SDO": COLUMNS, "STR": STR_COLUMNS, "PER": PER_COLUMNS}
CUT = {"FAR": FAR_COLUMNS, "SPE": SPE_COLUMNS, "SIND": SIND_COLUMNS, "NPIA": NPIA_COLUMNS, "SUP": SUP_COLUMNS}
NATIONAL = {"ANA": ANA_COLUMNS, "CDM": CDM_COLUMNS}  # a part a region, without header


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
        self, delivery: Path, beside: Path, parts: Path, region: str, semesters: Semesters, parameters: Parameters
    ) -> None:
        self.region, self.semesters = region, semesters
        self._files: dict[tuple[str, int], object] = {}
        self._names: dict[str, list[tuple[str, int, str]]] = {}
        self._lines: dict[str, np.ndarray] = {}
        self.spoilt = {name: 0 for name in KINDS[1:]}
        self.spoilt_nationally: list[tuple[str, str, int, str]] = []  # flow, file, line of the part, kind
        layouts, style = parameters.conf["layouts"], parameters.conf["regions"][region]["header"]
        by_semester = [(y, p) for y, p in semesters.names]
        for flow in SISM:
            names = [(f"{flow}_{region}_{y}_{p}.csv", y, p) for y, p in by_semester]
            self._open(delivery, flow, names, header(layouts[flow], style))
        for flow, columns in YEARLY.items():
            self._open(delivery, flow, periods.names(flow, region, semesters, 1), "~".join(columns))
        for flow in (*CUT, "DIR", "PS"):
            if flow == "SUP" and region not in parameters.flows["supplementary"]["regions"]:
                continue
            first = "~".join(CUT[flow]) if flow in CUT else header(parameters.flows["layouts"][flow], style)
            names = periods.names(flow, region, semesters, periods.parts(parameters, region, flow))
            self._open(delivery, flow, names, first)
        for flow in NATIONAL:
            names = [(f"{flow}_{y}.csv", y, "") for y in semesters.years]
            self._open(parts / region, flow, names, None)
        self._person = pq.ParquetWriter(beside / f"person_year_{region}.parquet", truth.PERSON_YEAR)
        self._known = pq.ParquetWriter(beside / f"known_{region}.parquet", truth.KNOWN)
        self._spoilt = pq.ParquetWriter(beside / f"spoilt_{region}.parquet", truth.SPOILT)

    def _open(self, delivery: Path, flow: str, names: list[tuple[str, int, str]], first: str | None) -> None:
        self._names[flow] = names
        self._lines[flow] = np.full(len(names), int(first is not None), dtype=np.int64)  # the header is line 1
        delivery.mkdir(parents=True, exist_ok=True)
        for i, (name, *_) in enumerate(names):
            self._files[flow, i] = stream = (delivery / name).open("wb")
            if first is not None:
                stream.write(first.encode() + b"\n")

    def __enter__(self) -> "RegionFiles":
        return self

    def __exit__(self, *_) -> None:
        for stream in (*self._files.values(), self._person, self._known, self._spoilt):
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
        rows = np.flatnonzero(table.kind > 0)
        kinds = table.kind[rows].astype(np.int64)
        for position, count in enumerate(np.bincount(kinds, minlength=len(KINDS))):
            if position:
                self.spoilt[KINDS[position]] += int(count)
        if table.flow in NATIONAL:
            for row in rows:
                name = self._names[table.flow][table.file[row]][0]
                self.spoilt_nationally.append((table.flow, name, int(line[row]), KINDS[table.kind[row]]))
            return
        names = pa.array([name for name, *_ in self._names[table.flow]])
        columns = [
            pa.array([table.flow]).take(pa.array(np.zeros(len(rows), np.int64))),
            names.take(pa.array(table.file[rows])),
            pa.array(line[rows].astype(np.int32)),
            pa.array(KINDS).take(pa.array(kinds)),
        ]
        self._spoilt.write_table(pa.table(columns, schema=truth.SPOILT))

    def add_register(self, flow: str, position: int, rows: list[list]) -> None:
        """The rows of STR or PER of the year at a position."""
        body = "".join("~".join(map(str, row)) + "\n" for row in rows)
        self._files[flow, position].write(body.encode())
        self._lines[flow][position] += len(rows)

    def add_persons(self, years: pa.Table | None, known: pa.Table) -> None:
        """Rows of the truth about persons: their years in care (none of controls), and who they are."""
        if years is not None:
            self._person.write_table(years)
        self._known.write_table(known)

    def counts(self) -> list[tuple]:
        """(flow, region, year, period, file, records) of each file."""
        return [
            (flow, self.region, year, period, name, int(lines) - 1)
            for flow, names in self._names.items()
            if flow not in NATIONAL
            for (name, year, period), lines in zip(names, self._lines[flow], strict=True)
        ]

    def parts(self) -> dict[tuple[str, str], int]:
        """(flow, file) -> lines of this region's part of a national file."""
        return {
            (flow, name): int(lines)
            for flow in NATIONAL
            for (name, *_), lines in zip(self._names[flow], self._lines[flow], strict=True)
        }
