"""Cells of workbooks: what others wrote is text, whatever it looks like."""

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

FORMULA = ("=", "+", "-", "@", "#")  # a sheet may take these for a formula or an error


def text_cell(sheet, text: str, *, bold: bool = False):
    """Text as text, whatever it starts with: a plain string where that is enough."""
    if not bold and not text.startswith(FORMULA):
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    if text.startswith(FORMULA):
        cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
    return cell


def printable(text: str) -> str:
    r"""The text with what cannot be seen, or not be stored in a sheet, spelt out: a tab as `\t`, a zero as `\x00`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
