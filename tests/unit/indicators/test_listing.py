"""What the command lists: each card of the agreement, measured or waiting, and how many there are."""

import json
from dataclasses import replace

from typer.testing import CliRunner

from percorsi import cli
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.listing import card_rows, catalogue_rows, summary_rows


def told(*options: str):
    result = CliRunner().invoke(cli.app, ["catalogue", *options])
    assert result.exit_code == 0
    return result.output


def test_every_card_is_listed():
    rows = {row["code"]: row for row in json.loads(told("--json"))}
    catalogue = load_catalogue()
    assert list(rows) == list(catalogue.cards) and len(rows) == 137
    assert list(rows.values()) == catalogue_rows(catalogue)
    assert all(list(row) == list(rows["S1"]) for row in rows.values())


def test_what_waits_for_its_measure_is_told():
    whole = load_catalogue()
    left = replace(whole, measures={name: one for name, one in whole.measures.items() if name != "treatment_gap"})
    rows = {row["code"]: row for row in card_rows(left)}
    assert list(rows) == list(whole.cards)
    waiting = {code: row for code, row in rows.items() if row["status"] == "waiting"}
    assert list(waiting) == ["S24", "BP21"] and {row["measure"] for row in waiting.values()} == {""}
    assert (rows["S24"]["pathway"], rows["S24"]["title"]) == ("schizophrenia", whole.cards["S24"].title)
    assert summary_rows(left)[-1]["waiting"] == 2


def test_the_counts_of_the_sets_are_told_as_json_too():
    counts = json.loads(told("--counts", "--json"))
    assert [(row["set"], row["cards"], row["waiting"]) for row in counts] == [
        ("schizophrenia", 48, 0),
        ("bipolar", 38, 0),
        ("depressive", 23, 0),
        ("severe_personality", 28, 0),
        ("all", 137, 0),
    ]


def test_the_table_ends_in_the_counts():
    *cards, counts = told().split("\n\n")
    assert [card.split()[0] for card in cards[1:]] == [row["code"] for row in card_rows(load_catalogue())][1:]
    assert len(cards) == 137 and max(map(len, told().splitlines())) <= 160
    assert counts == told("--counts") and counts.splitlines()[-1].split()[:2] == ["all", "137"]
