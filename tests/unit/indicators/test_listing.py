"""What the command lists: each card of the agreement, measured or waiting, and how many there are."""

import json

from typer.testing import CliRunner

from percorsi import cli
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.listing import catalogue_rows


def told(*options: str):
    result = CliRunner().invoke(cli.app, ["catalogue", *options])
    assert result.exit_code == 0
    return result.output


def test_every_card_is_listed_and_what_waits_is_told():
    rows = {row["code"]: row for row in json.loads(told("--json"))}
    catalogue = load_catalogue()
    assert list(rows) == list(catalogue.cards) and len(rows) == 137
    assert [row for row in rows.values() if row["status"] != "waiting"] == catalogue_rows(catalogue)
    waiting = [code for code, row in rows.items() if row["status"] == "waiting"]
    assert waiting == ["S24", "S43", "S44", "BP21", "BP35", "BP36", "D21", "D22", "DGP24", "DGP25"]
    assert {row["measure"] for code, row in rows.items() if code in waiting} == {""}
    assert (rows["S24"]["pathway"], rows["S24"]["title"]) == ("schizophrenia", catalogue.cards["S24"].title)
    assert all(list(row) == list(rows["S1"]) for row in rows.values())


def test_the_counts_of_the_sets_are_told_as_json_too():
    counts = json.loads(told("--counts", "--json"))
    assert [(row["set"], row["cards"], row["waiting"]) for row in counts] == [
        ("schizophrenia", 48, 3),
        ("bipolar", 38, 3),
        ("depressive", 23, 2),
        ("severe_personality", 28, 2),
        ("all", 137, 10),
    ]


def test_the_table_ends_in_the_counts():
    table, counts = told().split("\n\n")
    assert len(table.splitlines()) == 2 + 137
    assert counts == told("--counts") and counts.splitlines()[-1].split()[:2] == ["all", "137"]
