"""A release as one workbook: a page to read first, the values, the indicators. The same release, the same bytes."""

import csv
import io
import re
import zipfile
from datetime import datetime

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from percorsi.release.contents import indicators_table, values_table
from percorsi.sheets import text_cell
from percorsi.tables import TableDeclaration

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can carry
_WIDTH = 14


def workbook(files: dict[str, bytes]) -> bytes:
    """The workbook (xlsx) of a release, from its files (name -> content). Text is never a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("leggimi")
    sheet.column_dimensions["A"].width = 120
    for line in files["README.md"].decode().splitlines():
        sheet.append([text_cell(sheet, line, bold=line.startswith("#"))])
    _add(book, values_table(), files["values.csv"])
    _add(book, indicators_table(), files["indicators.csv"])
    stream = io.BytesIO()
    book.save(stream)
    return _without_times(stream.getvalue())


def _add(book: Workbook, declared: TableDeclaration, content: bytes) -> None:
    sheet = book.create_sheet(declared.name.split("/")[1])
    sheet.freeze_panes = "A2"
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    header = next(rows)
    for i in range(len(header)):
        sheet.column_dimensions[get_column_letter(i + 1)].width = _WIDTH
    sheet.append([text_cell(sheet, name, bold=True) for name in header])
    types = [declared.columns[name].type for name in header]
    for row in rows:
        sheet.append([_value(sheet, text, kind) for text, kind in zip(row, types, strict=True)])


def _value(sheet, text: str, kind: str):
    if text == "":
        return None
    if kind == "double":
        return float(text)
    if kind == "boolean":
        return text == "true"
    return text_cell(sheet, text)


def _without_times(content: bytes) -> bytes:
    """The same archive with all its times at one epoch."""
    stream = io.BytesIO()
    fixed = datetime(*_EPOCH).isoformat() + "Z"
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*(</dcterms)", rb"\g<1>" + fixed.encode() + rb"\2", data)
            new.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
