"""The files of a delivery and the records they leave current (manual, section 2, "Current records")."""

import gzip
import re
import sys
from collections import defaultdict, namedtuple
from pathlib import Path

from .layouts import DATES, FIELDS, KEYS, OPTIONAL_NAMES, RECORD, SISM
from .rules import day, sound_sdo, sound_sism, sound_str

File = namedtuple("File", "flow region year period path")
NAME = re.compile(r"([A-Z]+)_([0-9]{3})_([0-9]{4})(?:_(S1|S2|0[1-9]|1[0-2]))?\.csv(?:\.gz)?")


class Registers:
    """STR in the place of the Ministry's registers, for the regions and years that deliver it (flows README)."""

    def __init__(self, services):
        self.years = {(row.regione, row.anno) for row in services}
        self.aziende = {(row.regione, row.anno, row.azienda) for row in services}
        self.dsms = {(row.regione, row.anno, row.azienda, row.dsm) for row in services}
        self.structures = {(row.regione, row.anno, row.azienda, row.struttura) for row in services}

    def knows_azienda(self, region, year, azienda):
        """3601: the azienda stands in the register of the year."""
        return (region, year) not in self.years or (region, year, azienda) in self.aziende

    def knows_dsm(self, region, year, azienda, dsm):
        """3310 and 3315: the azienda, and in it the DSM, stand in the register of the year."""
        return (region, year) not in self.years or (region, year, azienda, dsm) in self.dsms

    def knows_structure(self, region, year, azienda, structure):
        """3330: the structure stands in the register of the year, under its azienda."""
        return (region, year) not in self.years or (region, year, azienda, structure) in self.structures


class Delivery:
    """Current records by flow, with dates as day numbers, and the months delivered by flow, region and year."""

    def __init__(self, folder):
        files = find_files(Path(folder))
        self.regions = sorted({file.region for file in files})
        self.months = delivered_months(files)
        self.services = current_records("STR", files, lambda record, file: sound_str(record))
        registers = Registers(self.services)
        self.records = {"SDO": current_records("SDO", files, lambda record, file: sound_sdo(record))}
        for flow in SISM:

            def sound(record, file, flow=flow):
                return sound_sism(flow, record, file, registers)

            self.records[flow] = current_records(flow, files, sound)


def find_files(folder):
    """The files of the seven SISM flows, SDO and STR, whatever their sub-folder; other files are ignored."""
    files = []
    for path in folder.rglob("*"):
        match = NAME.fullmatch(path.name)
        if match and match[1] in FIELDS and path.is_file():
            files.append(File(match[1], match[2], int(match[3]), match[4] or "", path))
    # Section 2: "period of the file, file name, line; the last wins".
    return sorted(files, key=lambda file: (file.year, last_month(file.period), file.path.name, str(file.path)))


def months_of(period):
    """The months a file's period stands for."""
    if period == "":
        return set(range(1, 13))
    if period in ("S1", "S2"):
        return set(range(1, 7)) if period == "S1" else set(range(7, 13))
    return {int(period)}


def last_month(period):
    """Where a file's period ends in its year."""
    return max(months_of(period))


def delivered_months(files):
    """Section 1: a year's file, both semesters or twelve months cover a year; an empty file is a delivery."""
    months = defaultdict(set)
    for file in files:
        months[file.flow, file.region, file.year] |= months_of(file.period)
    return months


def lines_of(path):
    """The lines of a text file, gzip or not, without the empty ones."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    for line in content.decode("utf-8-sig", errors="replace").split("\n"):
        if line.strip():
            yield line.rstrip("\r")


def rows_of(file):
    """The records of a file, fields trimmed: SISM by position (any header), SDO and STR by the header's names."""
    names = FIELDS[file.flow]
    lines = lines_of(file.path)
    header = [name.strip() for name in next(lines, "").split("~")]
    order = range(len(names))
    if file.flow not in SISM:
        if header == [""]:
            return  # an empty file: a delivery of nothing
        if set(header) - set(names) or set(names) - set(header) - OPTIONAL_NAMES:
            raise ValueError(f"{file.path.name}: a column is missing or unknown")
        order = [header.index(name) if name in header else None for name in names]
    for line in lines:
        values = [sys.intern(value.strip()) for value in line.split("~")]
        if any(values[len(header) if file.flow not in SISM else len(names) :]):
            continue  # more fields than the layout has: no record of it
        values += [""] * (len(names) - len(values))
        yield RECORD[file.flow](*("" if index is None else values[index] for index in order))


def current_records(flow, files, sound):
    """Section 2: I inserts, V replaces or inserts, C removes, NM does nothing; a rejected record has no effect."""
    current = {}
    for file in files:
        if file.flow != flow:
            continue
        for record in rows_of(file):
            op = "I" if flow == "STR" else record.op
            if op == "NM" or not sound(record, file):
                continue
            key = tuple(getattr(record, name) for name in KEYS[flow])
            current.pop(key, None)
            if op != "C":
                current[key] = record
    return [with_day_numbers(record) for record in current.values()]


def with_day_numbers(record):
    """The same record with its dates as day numbers (None for none) and its year as a number."""
    changed = {name: day(getattr(record, name)) for name in record._fields if name in DATES}
    if "year" in record._fields:
        changed["year"] = int(record.year)
    return record._replace(**changed)
