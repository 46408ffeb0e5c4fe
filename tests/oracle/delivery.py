"""The files of a delivery and the records they leave current (manual, section 2, "Current records")."""

import gzip
import re
import sys
from collections import defaultdict, namedtuple
from pathlib import Path

from .boundaries import read_moves
from .layouts import (
    ALSO_CALLED,
    BY_POSITION,
    DATES,
    FIELDS,
    KEYS,
    NATIONAL,
    NO_OPERATION,
    OPTIONAL_NAMES,
    RECORD,
    SISM,
    WITH_TOTALS,
)
from .rules import Register, day, sound_sism, sound_str
from .rules_drugs import sound_dir
from .rules_emergency import sound_ps
from .rules_own import SOUND

File = namedtuple("File", "flow region year period path")
NAME = re.compile(r"([A-Z]+)(?:_([0-9]{3}))?_([0-9]{4})(?:_(S1|S2|0[1-9]|1[0-2]))?\.csv(?:\.gz)?")


class Delivery:
    """Current records by flow, with dates as day numbers, and the months delivered by flow, region and year."""

    def __init__(self, folder):
        files = find_files(Path(folder))
        self.regions = sorted({file.region for file in files if file.flow not in NATIONAL})
        self.months = delivered_months(files)
        self.moves = read_moves(Path(folder))
        self.services = current_records("STR", files, lambda record, file: sound_str(record))
        register = Register(self.services)
        self.records = {
            "DIR": current_records("DIR", files, lambda r, file: sound_dir(r, file) and register.knows_aziende_of(r)),
            "PS": current_records("PS", files, sound_ps),
        }
        for flow, sound_own in SOUND.items():

            def sound(record, file, sound_own=sound_own):
                return sound_own(record)

            self.records[flow] = current_records(flow, files, sound)
        for flow in SISM:

            def sound(record, file, flow=flow):
                return sound_sism(flow, record, file) and register.knows(flow, record)

            self.records[flow] = current_records(flow, files, sound)


def find_files(folder):
    """The files of the flows that layouts.py knows, whatever their sub-folder; others are ignored."""
    files = []
    for path in folder.rglob("*"):
        match = NAME.fullmatch(path.name)
        named = match and match[1] in FIELDS and (match[2] or match[1] in NATIONAL)
        if named and path.is_file():
            files.append(File(match[1], match[2] or "", int(match[3]), match[4] or "", path))
    return sorted(files, key=lambda file: str(file.path))


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
    """(number, text) of the lines of a file, gzip or not; text is None where the bytes are no UTF-8."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            yield number, line.decode("utf-8").rstrip("\r")
        except UnicodeDecodeError:
            yield number, None


def rows_of(file):
    """(line, record) of a file, fields trimmed: by position (any header) or by the header's names."""
    names = FIELDS[file.flow]
    lines = lines_of(file.path)
    header = [name.strip() for name in (next(lines)[1] or "").split("~")]
    header = [ALSO_CALLED.get(name, name) for name in header]
    if header == [""] and file.flow not in BY_POSITION:
        return  # an empty file: a delivery of nothing
    order = range(len(names))
    if file.flow not in BY_POSITION:
        if set(header) - set(names) or set(names) - set(header) - OPTIONAL_NAMES:
            raise ValueError(f"{file.path.name}: a column is missing or unknown")
        order = [header.index(name) if name in header else None for name in names]
    width = len(names) if file.flow in BY_POSITION else len(header)
    for number, line in lines:
        values = [sys.intern(value.strip()) for value in (line or "").split("~")]
        if len(values) == width:  # another number of fields: no record of the layout
            yield number, RECORD[file.flow](*("" if index is None else values[index] for index in order))


def passed_over(flow, record):
    """NM does nothing, the total of a prescription is dropped: both before the rules."""
    return (flow not in NO_OPERATION and record.op == "NM") or (flow in WITH_TOTALS and record.riga == "99")


def current_records(flow, files, sound):
    """Section 2: I inserts, V replaces or inserts, C removes, NM does nothing; a rejected record has no effect.

    Order: period of the file, file name, line; then the path, which the manual does not name. The last wins.
    """
    ordered = []
    for file in files:
        if file.flow == flow:
            for number, record in rows_of(file):
                if not passed_over(flow, record) and sound(record, file):
                    ordered.append((file.year, last_month(file.period), file.path.name, number, str(file.path), record))
    ordered.sort(key=lambda item: item[:5])
    current = {}
    for *_, record in ordered:
        key = tuple(getattr(record, name) for name in KEYS[flow])
        current.pop(key, None)
        if flow in NO_OPERATION or record.op.upper() != "C":  # DIR: in small letters too
            current[key] = record
    return [with_day_numbers(record) for record in current.values()]


def with_day_numbers(record):
    """The same record with its dates as day numbers (None for none) and its year as a number."""
    changed = {name: day(getattr(record, name)) for name in record._fields if name in DATES}
    if "year" in record._fields:
        changed["year"] = int(record.year)
    return record._replace(**changed)
