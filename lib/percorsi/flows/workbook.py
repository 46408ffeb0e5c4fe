"""The steward's workbook of a delivery: what was rejected or reported, in sum, by rule, and record by record.

It names records by line and by the key under which they were delivered, for the sender to find them.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from percorsi.errors import UsageError
from percorsi.flows.faults import by_rule, faulty_records, key_columns
from percorsi.flows.layout import Layout
from percorsi.flows.ledger import Entry
from percorsi.flows.listing import delivery_rows
from percorsi.home import Home
from percorsi.sheets import printable, text_cell

_ROWS = 1_048_576  # of a sheet, the header included
_NARROW, _MIDDLE, _WIDE = 12, 30, 60
_WIDTHS = {"file": _MIDDLE, "title": _WIDE, "name": _MIDDLE, "periods": _MIDDLE, "key id_rec": _MIDDLE}
_NOTE = "Single records, named by their key: for the sender of the delivery alone, and not for publication."
_SYNTHETIC = "SYNTHETIC DATA: nothing here is of a real person."
_COUNTED = "rejected: as the file was read; rejected_by_register: later, when a register did not know a code."
_NUMBERS = ("files", "records", "accepted", "rejected", "rejected_by_register", "not_moved", "current")


def write_workbook(home: Home, entries: list[Entry], layouts: Mapping[str, Layout], path: Path) -> int:
    """Write the workbook of a delivery (its ledger's `entries`); gives the number of rows of records.

    Sheets: Summary (by flow and region), By rule, Records, which goes on in Records 2 and so on where a sheet is full.
    Rows are written as they are read, so that memory is bounded. The file is its owner's alone, it is written whole or
    not at all, and replaces one of its name. Raises UsageError where it cannot be written.
    """
    rules = by_rule(home, entries, layouts)
    flows = sorted({row["flow"] for row in rules} & layouts.keys())
    head = ["flow", "file", "line", "field", "code", "severity", "title"]
    head += [f"key {column}" for column in key_columns(layouts, flows)]
    records = ([*row[:-1], *row[-1]] for row in faulty_records(home, entries, layouts, flows))
    with _written_whole(path) as stream:
        book = Workbook(write_only=True)
        _summary(book, home, entries)
        _add(book, "By rule", list(rules[0]) if rules else ["flow", "code"], (list(row.values()) for row in rules))
        number = _add(book, "Records", head, records)
        book.save(stream)
    return number


def _summary(book: Workbook, home: Home, entries: list[Entry]) -> None:
    rows = delivery_rows(home, entries)
    refused = sum(e.refused is not None for e in entries)
    told = [
        [f"Delivery {entries[0].delivery} of {entries[0].delivered}"],
        [_NOTE],
        *([[_SYNTHETIC]] if home.synthetic else []),
        *([[f"{refused} files were refused: nothing of them was loaded."]] if refused else []),
        [_COUNTED],
        [],
    ]
    head = ["flow", "region", "periods", *_NUMBERS]
    total = ["all", "", "", *(sum(row[name] for row in rows) for name in _NUMBERS)]
    table = [*([row[name] for name in head] for row in rows), total]
    _add(book, "Summary", head, table, above=told)


def _add(
    book: Workbook, title: str, head: Sequence[str], rows: Iterable[Sequence], above: Sequence[Sequence] = ()
) -> int:
    """A sheet with a table below some lines, its header in sight and filtered; a full one goes on in another."""
    rows = iter(rows)
    row = next(rows, None)
    number = sheets = 0
    while row is not None or not sheets:
        sheets += 1
        sheet = book.create_sheet(title if sheets == 1 else f"{title} {sheets}")
        for at, name in enumerate(head, 1):
            sheet.column_dimensions[get_column_letter(at)].width = _WIDTHS.get(name, _NARROW)
        top = written = len(above) + 1
        sheet.freeze_panes = f"A{top + 1}"
        for line in above:
            sheet.append([text_cell(sheet, text) for text in line])
        sheet.append([text_cell(sheet, name, bold=True) for name in head])
        while row is not None and written < _ROWS:
            sheet.append([_value(sheet, value) for value in row])
            written += 1
            row = next(rows, None)
        sheet.auto_filter.ref = f"A{top}:{get_column_letter(len(head))}{written}"
        number += written - top
    return number


def _value(sheet, value: object) -> object:
    return text_cell(sheet, printable(value)) if isinstance(value, str) else value


@contextlib.contextmanager
def _written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path`, for its owner alone, which takes its name at the end or leaves no trace."""
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
            os.replace(aside, path)
        except BaseException:
            os.unlink(aside)
            raise
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror})", next_step="name a file in a folder that exists"
        ) from error
