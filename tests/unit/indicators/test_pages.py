"""The pages of docs/indicators are those that the catalogue makes now."""

from pathlib import Path

from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.pages import pages, write_pages

DOCS = Path(__file__).parents[3] / "docs" / "indicators"


def test_pages_are_not_stale():
    stand = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    assert stand == pages(load_catalogue()), "python -m percorsi.indicators.pages docs/indicators"


def test_a_page_says_all_that_a_reader_asks():
    page = pages(load_catalogue())["S20.md"]
    for said in (
        "Psychiatric visit at the CSM within 14 days of SPDC discharge",
        "Pazienti che ricevono una visita psichiatrica in CSM entro 14 giorni dalla dimissione in SPDC",
        "Gestione della fase acuta",
        "principal",
        "`visited_in_time`: `days_to_csm_visit BETWEEN 0 AND :days`",
        "`days` = 14",
        "SISM Y, SISM Y+1S1, SDO Y",
        "N: national flows",
    ):
        assert said in page


def test_pages_of_indicators_that_are_no_more_go(tmp_path):
    (tmp_path / "S99.md").write_text("old")
    write_pages(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in DOCS.glob("*.md"))
