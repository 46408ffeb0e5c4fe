"""What the steward's pages show, as one workbook (xlsx): to sort, to filter, to send to a region."""

import io
from collections.abc import Iterable, Sequence

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from percorsi.quality.items import FEW
from percorsi.quality.page import heat, italian, problems
from percorsi.quality.page.findings import DIAGNOSIS, Cell, Findings
from percorsi.sheets import text_cell

_SHARE = "0.0%"
_WIDE, _NARROW = 34, 13


def workbook(findings: Findings) -> bytes:
    """Sheets: leggimi, completezza (diagnosis), dipartimenti, voci, controlli, senza valore."""
    book = Workbook(write_only=True)
    _readme(book, findings)
    _sheet(book, "completezza", *_completeness(findings))
    _sheet(book, "dipartimenti", *_departments(findings))
    _sheet(book, "voci", *_items(findings))
    _sheet(book, "controlli", *_checks(findings))
    _sheet(book, "senza valore", *_absent(findings))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _readme(book: Workbook, findings: Findings) -> None:
    sheet = book.create_sheet("leggimi")
    sheet.column_dimensions["A"].width = 110
    lines = [
        *(["Dati sintetici: nulla qui riguarda persone reali."] if findings.synthetic else []),
        f"Giudizio {findings.run_key}. Uso interno: solo conteggi di record, non protetti per la pubblicazione.",
        f"Dove in tutto sono meno di {FEW}, quote e conteggi non si mostrano, se non di file e mesi consegnati.",
        "completezza: quota di record con diagnosi di apertura valida, per regione e semestre",
        "dipartimenti: dipartimenti per quota di record senza diagnosi valida, nell'ultimo semestre",
        "voci: ogni voce per area e periodo; dei dipartimenti la diagnosi in ogni semestre, il resto nell'ultimo",
        "controlli: ogni controllo in ogni area, con esito, da quando non va, perché conta e che cosa fare",
        "senza valore: gli indicatori senza valore, per regione e motivo",
    ]
    sheet.append([text_cell(sheet, f"Qualità dei dati sulla salute mentale, {findings.year}", bold=True)])
    for line in lines:
        sheet.append([text_cell(sheet, line)])


def _completeness(findings: Findings) -> tuple[list[str], Iterable[list]]:
    map_ = heat.heat_map(findings, *DIAGNOSIS, heat.nation_and_regions(findings, *DIAGNOSIS))
    heads = ["Area", *(findings.period_name(*DIAGNOSIS, rank) for rank in findings.periods(*DIAGNOSIS))]
    return heads, (
        [row.name, *(cell.why if share is None else share for cell, share in zip(row.cells, row.shares, strict=True))]
        for row in map_.rows
    )


def _departments(findings: Findings) -> tuple[list[str], Iterable[list]]:
    ranked, _ = heat.ranking(findings, *DIAGNOSIS)
    heads = ["Dipartimento", "Regione", "Quota non valida", "Record non validi", "Record", "Soprattutto", "Area"]
    return heads, ([one.name, one.region, one.share, one.lacking, one.records, one.mostly, one.area] for one in ranked)


def _items(findings: Findings) -> tuple[list[str], Iterable[list]]:
    heads = ["Area", "Nome", "Periodo", "Tavola", "Voce", *italian.CLASSES.values(), "In tutto", "Quota valida", "Nota"]
    return heads, (_item(findings, cell) for cell in findings.by_key.values() if _is_on_a_page(findings, cell))


def _is_on_a_page(findings: Findings, cell: Cell) -> bool:
    """Of a department the pages show the diagnosis in every semester, and all else in the last."""
    whole = cell.level != "dsm" or (cell.table, cell.item) == DIAGNOSIS
    return whole or cell.rank == findings.semesters[-1]


def _item(findings: Findings, cell: Cell) -> list:
    period = findings.period_name(cell.table, cell.item, cell.rank)
    label = findings.item_text(cell.table, cell.item).label
    about = [cell.area, findings.name(cell.area), period, findings.table_name(cell.table), label]
    if cell.is_told:
        return [*about, *(getattr(cell, of) for of in italian.CLASSES), cell.denominator, float(cell.share), None]
    note = f"meno di {FEW} in tutto" if cell.denominator else f"non applicabile: {cell.reason}"
    return [*about, *(None for _ in italian.CLASSES), None, None, note]


def _checks(findings: Findings) -> tuple[list[str], Iterable[list]]:
    heads = ["Area", "Nome", "Regione", "Controllo", "Riguarda", "Peso", "Esito", "Osservato", "Previsto"]
    heads += ["Non a posto", "In tutto", "Da quando", "A chi tocca", "Motivo", "Perché conta", "Che cosa fare"]
    return heads, (_check(findings, row) for row in findings.judged.to_dict("records"))


def _check(findings: Findings, row: dict) -> list:
    said = problems.verdict(findings, row)
    region = "" if row["level"] == "nation" else findings.name(row["area"][:3])
    about = [row["area"], said.area.name, region, said.title, said.subject, said.severity_word, said.status_word]
    told = said.observed != "–"
    numbers = [row["unexpected"], row["elements"]] if told else [None, None]
    observed = float(row["observed"]) if told else None
    times = [said.since.removeprefix("–"), said.whose, said.reason]
    return [*about, observed, said.threshold, *numbers, *times, said.text.why, said.text.action]


def _absent(findings: Findings) -> tuple[list[str], Iterable[list]]:
    return ["Regione", "Perché", "Codice", "Indicatore"], (
        [findings.name(region), italian.ABSENT[reason], one.code, one.title]
        for region, reasons in findings.absent.items()
        for reason, found in reasons.items()
        for one in found
    )


def _sheet(book: Workbook, name: str, heads: Sequence[str], rows: Iterable[list]) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "B2"
    for at in range(len(heads)):
        sheet.column_dimensions[get_column_letter(at + 1)].width = _WIDE if at < 2 else _NARROW
    sheet.append([text_cell(sheet, head, bold=True) for head in heads])
    for row in rows:
        sheet.append([_value(sheet, value) for value in row])


def _value(sheet, value: object):
    if value is None or value == "" or (isinstance(value, float) and pd.isna(value)):
        return None
    if isinstance(value, str):
        return text_cell(sheet, value)
    if isinstance(value, float):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = _SHARE
        return cell
    return int(value)
