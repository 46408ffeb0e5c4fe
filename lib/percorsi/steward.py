"""The commands of the data steward: what arrived, which rules there are, what was rejected. To look needs no Spark."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from percorsi.console import (
    HOME,
    HomeOption,
    JsonOption,
    command,
    existing,
    print_rows,
    tell,
)
from percorsi.errors import UsageError

_RULE_COLUMNS = ("flow", "code", "field", "severity", "kind", "implemented", "title", "reason")


@command
def deliveries(
    home: HomeOption = HOME,
    files: Annotated[bool, typer.Option("--files", help="File by file, as the ledger has it.")] = False,
    missing: Annotated[bool, typer.Option("--missing", help="Which periods of which flow a region lacks.")] = False,
    year: Annotated[int | None, typer.Option(min=1900, max=2100, help="Only the files and periods of a year.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what was delivered by whom, what became of the records, and what is missing."""
    from percorsi import flows
    from percorsi.flows.ledger import read_ledger
    from percorsi.flows.listing import as_text, listing
    from percorsi.flows.missing import matrix
    from percorsi.flows.missing import missing as missing_periods

    if files and missing:
        raise UsageError("--files and --missing are two listings", next_step="ask for one of them")
    found, layouts = existing(home), flows.load_layouts()
    if files:
        rows = flows.deliveries(found).to_dict("records")
        print_rows([row for row in rows if year is None or row["year"] == str(year)], as_json)
    elif missing:
        rows = missing_periods(read_ledger(found), layouts, year)
        tell(rows, matrix, as_json)
    else:
        tell(listing(found, layouts, year), as_text, as_json)


@command
def rules(
    flow: Annotated[str | None, typer.Option(help="Only the rules of a flow, such as PST.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List every rule of every flow: whether it rejects or reports, and why it is not applied where it is not."""
    from percorsi.flows import load_layouts
    from percorsi.flows.rule_list import rule_rows

    rows = rule_rows(load_layouts(), flow)
    print_rows(rows if as_json else [{name: row[name] for name in _RULE_COLUMNS} for row in rows], as_json)


@command
def rejected(
    delivery: Annotated[str, typer.Option(help="A delivery as `percorsi deliveries` names it, or 'latest'.")],
    xlsx: Annotated[Path | None, typer.Option(help="Write the steward's workbook; it holds single records.")] = None,
    home: HomeOption = HOME,
    as_json: JsonOption = False,
) -> None:
    """Tell which rules the records of a delivery broke; as a workbook, also which records."""
    from percorsi.flows import load_layouts
    from percorsi.flows.faults import by_rule, find_delivery

    found, layouts = existing(home), load_layouts()
    entries = find_delivery(found, delivery)
    named = f"delivery {entries[0].delivery} of {entries[0].delivered}"
    if xlsx is None or as_json:
        rows = by_rule(found, entries, layouts)
        if as_json or rows:
            if not as_json:
                print(f"{named}: faults by rule, those that only report included")
            print_rows(rows if as_json else [row | {"share": f"{row['share']:.2%}"} for row in rows], as_json)
        else:
            print(f"{named}: no record broke a rule")
    if xlsx:
        from percorsi.flows.workbook import write_workbook

        number = write_workbook(found, entries, layouts, xlsx)
        print(f"{number} faults of single records in {xlsx}", file=sys.stderr if as_json else sys.stdout)


@command
def anomalies(
    home: HomeOption = HOME,
    year: Annotated[int | None, typer.Option(min=1900, max=2100, help="Only of a year.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what is odd and was kept: contradictions, unknown packs and areas, records of nobody or after a death."""
    from percorsi.anomalies import anomalies as work
    from percorsi.anomalies import as_text

    tell(work(existing(home), year), as_text, as_json)
