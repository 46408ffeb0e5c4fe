"""The steward's pages and workbook as files: whole, linked, offline, in Italian, and nothing in them that does harm."""

import io
import re
from urllib.parse import unquote

import pandas as pd
import pytest
from openpyxl import load_workbook

from html_reading import Page
from percorsi.quality.page import CheckText, write_report
from percorsi.quality.page.links import WORKBOOK, area_page, item_page
from percorsi.regions import regions
from quality_findings import BAD, DIAGNOSIS, GOOD, HOSTILE, PLACE, SMALL, checks, counts, findings


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "validations" / "care_episode").mkdir(parents=True)
    (folder / "validations" / "care_episode" / "esito.html").write_text("<html></html>")
    assert write_report(folder, findings()) == folder / "index.html"
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {path.name: Page(path.read_text(encoding="utf-8")) for path in site.glob("*.html")}


def written(folder, **changed) -> dict[str, Page]:
    write_report(folder, findings(**changed))
    return {path.name: Page(path.read_text(encoding="utf-8")) for path in folder.glob("*.html")}


def test_there_is_a_page_for_the_nation_and_each_region_department_item_and_check(pages):
    assert len(pages) == 1 + 21 + 3 + 3 + 3
    assert {area_page(area) for area in ("IT", *regions(), GOOD, SMALL, BAD)} <= set(pages)


def test_every_link_leads_somewhere(site, pages):
    for name, page in pages.items():
        for link in page.links:
            file, _, anchor = unquote(link).partition("#")
            target = site / (file or name)
            assert target.is_file(), f"{name}: {link}"
            if anchor:
                assert anchor in pages[target.name].ids, f"{name}: {link}"
        assert len(page.ids) == len(set(page.ids)), name


def test_the_drill_down_goes_from_the_nation_to_a_department_and_back(pages):
    assert area_page("180") in pages["index.html"].links
    assert area_page(BAD) in pages[area_page("180")].links
    assert {"index.html", area_page("180")} <= set(pages[area_page(BAD)].links)


def test_a_department_is_held_against_what_its_region_fails(pages):
    (caption,) = [name for name in pages[area_page(BAD)].tables if name.startswith("Controlli che la regione")]
    assert pages[area_page(BAD)].tables[caption][1:] == [
        ["Diagnosi utilizzabile", "grave", "2° semestre 2015", "30,0%", "70 su 100", "35,0%", "almeno 50%"],
        ["Diagnosi mancante", "avviso", "2° semestre 2015", "50,0%", "50 su 100", "45,0%", "al massimo 15%"],
    ]
    assert not [name for name in pages[area_page(GOOD)].tables if name.startswith("Controlli che la regione")]


def test_pages_hold_no_script_and_ask_for_nothing(site, pages):
    for name, page in pages.items():
        assert not {"script", "link", "img", "iframe", "form", "object"} & set(page.tags), name
        text = (site / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|//[a-z]|url\(|@import|\son[a-z]+=", text.replace("w3.org", "")), name
        assert "default-src 'none'" in text
        assert '<html lang="it">' in text and 'name="viewport"' in text


def test_a_region_without_any_value_is_named_and_so_are_its_files(pages):
    said = "Senza alcun valore perché mancano file: Lazio . Quali, è scritto nella pagina di ogni regione."
    assert said in pages["index.html"].text
    lazio = pages[area_page("120")].text
    assert "La regione non ha nessun valore , perché mancano file ." in lazio
    assert "Indicatori senza valore 3 su 3, per ciò che è stato consegnato o per come." in lazio
    assert "Presenze (PSS): 2° semestre 2015, 2014, 03/2014" in lazio
    assert "Indicatori senza valore Nessuno, per ciò che è stato consegnato" in pages[area_page("010")].text


def test_a_failure_is_told_with_the_region_where_it_is_worst(pages):
    rows = pages["index.html"].tables["Controlli non superati, i più gravi per primi"]
    assert rows[0][4:6] == ["Dove va peggio", "Italia"]
    assert [row[4:6] for row in rows[1:]] == [["35,0%Calabria", "64,9%"], ["45,0%Calabria", "21,6%"]]


def test_names_that_others_wrote_are_text(site, pages):
    text = (site / area_page(BAD)).read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert HOSTILE in pages[area_page(BAD)].text
    assert "Dipartimento di Torino & dintorni" in pages["index.html"].text


def test_the_first_page_says_who_is_withheld_and_which_indicators(pages):
    text = pages["index.html"].text
    assert "Non si possono pubblicare tutti i valori di 1 regione: Calabria (trattenuti 2 indicatori su 3)" in text
    assert "2 indicatori trattenuti S1 Continuità della cura S20 Visita dopo la dimissione" in text
    assert "non vanno 2 controlli su 3" in text
    assert "I valori della regione non si pubblicano per 2 indicatori" in pages[area_page("180")].text
    assert "non si pubblicano" not in pages[area_page("010")].text


def test_the_heat_map_of_the_first_page(pages):
    rows = pages["index.html"].tables["Diagnosi di apertura: completezza per regione e semestre"]
    assert rows[0] == ["Regione", "Andamento", "Ultima variazione in punti"] + [
        f"{half}° sem. {year}" for year in (2014, 2015) for half in (1, 2)
    ]
    named = {row[0]: row[2:] for row in rows[1:]}
    assert list(named) == ["Italia", *regions().values()]
    assert named["Calabria"] == ["−10,0", "60,0%", "45,0%", "40,0%", "30,0%"]
    assert named["Sardegna"] == ["–", "–a", "–a", "–b", "–b"]  # letters of the reasons below


def test_tables_of_classes_and_of_regions(pages):
    rows = pages["index.html"].tables["Italia: diagnosi di apertura per semestre"]
    heads = [
        "Semestre",
        "In figura",
        "valido",
        "altro valore previsto",
        "non noto o provvisorio",
        "non valido",
        "mancante",
        "In tutto",
    ]
    assert rows[0] == heads
    assert rows[4] == ["2° semestre 2015", "", "63,2%", "0,5%", "5,2%", "7,1%", "24,1%", "212"]  # 134 1 11 15 51
    named = {row[0]: row[1:] for row in pages["index.html"].tables["Regioni: voto e controlli"][1:]}
    optional = "1: il flusso aggiuntivo, facoltativo, non consegnato"
    assert named["Lazio"][-1] == f"2: un periodo non consegnato; {optional}"
    assert named["Piemonte"] == ["voto A", "0", "0", "0", "3", "0", "2", "nessuno"]
    assert named["Calabria"] == [
        "valori trattenuti",
        "1",
        "1",
        "0",
        "0",
        "1",
        "1",
        f"2: difetti gravi nei dati; {optional}",
    ]
    assert named["Sardegna"] == ["non giudicata", "0", "0", "0", "0", "3", "0", "nessuno"]


def test_not_applicable_stands_apart_with_its_reason(pages):
    text = pages[area_page("200")].text
    assert "Non si è potuto giudicare nulla." in text
    assert "non è un esito positivo" in text
    assert text.count("nessun record nel periodo") == 3
    rows = pages["controllo-intervention-place_given.html"].tables["Esito per regione"]
    assert ["Calabria", "– non applicabile", "–", "–", "–", "nessun record nel periodo"] in rows
    assert ["Piemonte", "✓ superato", ">99,9%", "1 su 2.200", "–", ""] in rows


def test_synthetic_data_say_so_on_every_page_and_real_ones_do_not(pages, tmp_path):
    words = "Dati sintetici: nulla qui riguarda persone reali."
    assert all(page.text.count(words) == 1 for page in pages.values())
    real = written(tmp_path, synthetic=False)
    assert len(real) == len(pages) and not any("sintetic" in page.text for page in real.values())


def test_what_was_accepted_is_told_with_its_reason(tmp_path):
    page = written(tmp_path, withheld={}, accepted="d'accordo con la regione")["index.html"]
    assert "Difetti gravi accettati per 1 regione: Calabria" in page.text
    assert "«d'accordo con la regione»" in page.text
    assert "trattenuti" not in page.text


def test_where_nothing_fails_it_says_so(tmp_path):
    good = checks()
    good.loc[good["status"] == "failed", "status"] = "passed"
    page = written(tmp_path, withheld={}, checks=good)["index.html"]
    assert "Nessuna regione ha difetti gravi: nessun valore è trattenuto." in page.text
    assert "Nulla: ogni controllo che si è potuto fare è superato." in page.text


def test_plain_words_and_no_codes_of_the_program(pages):
    for name, page in pages.items():
        for code in ("not_applicable", "critical", "warning", "care_episode", "diagnosis_usable", "None", "nan", "DSM"):
            assert code not in page.text, (name, code)


def test_the_workbook_holds_what_the_pages_show(site):
    book = load_workbook(io.BytesIO((site / WORKBOOK).read_bytes()))
    assert book.sheetnames == ["leggimi", "completezza", "dipartimenti", "voci", "controlli", "senza valore"]
    sheets = {name: [[cell.value for cell in row] for row in book[name].iter_rows()] for name in book.sheetnames}
    assert sheets["leggimi"][1] == ["Dati sintetici: nulla qui riguarda persone reali."]
    completeness = {row[0]: row[1:] for row in sheets["completezza"]}
    assert completeness["Calabria"] == [0.6, 0.45, 0.4, 0.3]
    assert completeness["Sardegna"][3] == "la regione non ha inviato il flusso"
    assert sheets["dipartimenti"][1] == [HOSTILE, "Calabria", 0.7, 70, 100, "mancante", BAD]
    items = {tuple(row[:3]): row for row in sheets["voci"] if row[4] == "Diagnosi di apertura"}
    assert items[(GOOD, "Dipartimento di Torino & dintorni", "2° semestre 2015")][5:12] == [95, 0, 0, 5, 0, 100, 0.95]
    assert items[(GOOD, "Dipartimento di Torino & dintorni", "1° semestre 2014")][5:12] == [80, 5, 5, 0, 10, 100, 0.8]
    assert items[("IT", "Italia", "2° semestre 2015")][5:11] == [134, 1, 11, 15, 51, 212]
    assert items[("200", "Sardegna", "1° semestre 2015")][12] == "non applicabile: la regione non ha inviato il flusso"
    grave = next(row for row in sheets["controlli"] if row[0] == "180" and row[3] == "Diagnosi utilizzabile")
    assert grave[5:11] == ["grave", "non superato", 0.35, "almeno 50%", 130, 200]
    assert grave[11:13] == ["dal 2° semestre 2014", "Calabria"]
    assert sheets["senza valore"][1:4] == [
        ["Calabria", "difetti gravi nei dati", "S1", "Continuità della cura"],
        ["Calabria", "difetti gravi nei dati", "S20", "Visita dopo la dimissione"],
        ["Calabria", "il flusso aggiuntivo, facoltativo, non consegnato", "S45", "Risocializzazione"],
    ]
    assert {row[0] for row in sheets["senza valore"][4:]} == {"Lazio"}


def test_shares_stand_under_their_semesters_where_other_items_begin_earlier(tmp_path):
    earlier = dict(year=2012, semester=1, level="nation", area="IT", table=PLACE[0], item=PLACE[1])
    earlier |= dict(valid=20, other=0, default=0, invalid=0, missing=0, denominator=20, reason=None)
    write_report(tmp_path, findings(counts=pd.concat([counts(), pd.DataFrame([earlier])], ignore_index=True)))
    rows = list(load_workbook(tmp_path / WORKBOOK)["completezza"].iter_rows(values_only=True))
    calabria = next(row for row in rows if row[0] == "Calabria")
    assert dict(zip(rows[0][1:], calabria[1:], strict=True)) == {
        **{"1° semestre 2014": 0.6, "2° semestre 2014": 0.45},
        **{"1° semestre 2015": 0.4, "2° semestre 2015": 0.3},
    }


def test_a_check_of_a_semester_is_shown_with_the_departments_of_that_semester(tmp_path):
    text = CheckText("Primo semestre", "Perché.", "Che fare.", "Record.", "diagnosis", "valid", 1)
    usable = ("care_episode", "diagnosis_usable")
    pages = written(tmp_path, texts={**findings().texts, usable: text})
    said = "record non a posto nel 1° semestre 2015: "
    assert f"{said}{HOSTILE} (60 su 100)" in pages[area_page("180")].text
    (caption,) = [name for name in pages[area_page(BAD)].tables if name.startswith("Controlli che la regione")]
    assert pages[area_page(BAD)].tables[caption][1][2:5] == ["1° semestre 2015", "40,0%", "60 su 100"]


def test_an_item_that_departments_do_not_have_says_so(tmp_path):
    alone = counts()
    alone = alone[(alone["level"] != "dsm") | (alone["item"] != PLACE[1])]
    pages = written(tmp_path, counts=alone)
    assert "Questa voce non si conta per dipartimento." in pages[item_page(*PLACE)].text
    assert "Questa voce non si conta per dipartimento." not in pages[item_page(*DIAGNOSIS)].text


def test_few_records_are_in_no_file(tmp_path):
    write_report(tmp_path, findings(year=2014))  # the small department has 9 records there
    book = load_workbook(tmp_path / WORKBOOK)
    row = next(row for row in book["voci"].iter_rows(values_only=True) if row[0] == SMALL)
    assert row[5:13] == (None,) * 7 + ("meno di 10 in tutto",)
    page = Page((tmp_path / area_page(SMALL)).read_text(encoding="utf-8"))
    rows = page.tables["Dipartimento 002 dell'azienda 302: diagnosi di apertura per semestre"]
    assert rows[2] == ["2° semestre 2014", "meno di 10 in tutto: la quota non si calcola", "<10"]


def test_text_in_the_workbook_is_never_a_formula(tmp_path):
    write_report(tmp_path, findings(dsm_names={BAD: "=1+1"}))
    cell = load_workbook(tmp_path / WORKBOOK)["dipartimenti"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
