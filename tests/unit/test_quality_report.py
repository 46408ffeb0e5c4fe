"""From a judging to what the pages show: names, reasons, times and indicators find their words. No Spark."""

import re

import pandas as pd
import pytest

from html_reading import Page
from percorsi.quality.absent import Gaps
from percorsi.quality.items import load_items
from percorsi.quality.page.links import check_page, item_page
from percorsi.quality.report import findings, write_report
from percorsi.quality.suites import load_suites
from percorsi.quality.verdict import REASONS, SEVERITY, QualityReport
from percorsi.tables import table

KEY = ("care_episode", "diagnosis")


def count(period: int, semester: int, level: str, area: str, valid: int, missing: int) -> dict:
    classes = dict(valid=valid, other=0, default=0, invalid=0, missing=missing, denominator=valid + missing)
    reason = None if valid + missing else "not_delivered"
    about = dict(year=2015, period=period, semester=semester, level=level, area=area, table=KEY[0], item=KEY[1])
    return {**about, **classes, "reason": reason}


def check(area: str, status: str, **changed) -> dict:
    about = dict(run_key="prova", year=2015, table=KEY[0], item=KEY[1], level="region", area=area)
    judged = dict(check="diagnosis_usable", severity="critical", threshold=0.5, bound="min", status=status)
    return {**about, **judged, "observed": 0.4, "elements": 200, "unexpected": 120, "reason": None, **changed}


@pytest.fixture
def judging(tmp_path):
    """Calabria fails since the second semester of 2014; Sardegna sent nothing; Molise was accepted."""
    counts = [
        *(count(2014, half, "region", "180", valid, 100 - valid) for half, valid in ((1, 80), (2, 40))),
        *(count(2015, half, "region", "180", 40, 60) for half in (1, 2)),
        *(count(2015, half, "region", "200", 0, 0) for half in (1, 2)),
        count(2015, 2, "dsm", "180-201-001", 20, 30),
    ]
    checks = [
        check("180", "failed"),
        check("200", "not_applicable", observed=None, elements=0, unexpected=0, reason="not_delivered"),
        check("140", "failed", reason="così d'accordo", accepted_by="Anna"),
    ]
    columns = list(table("quality/check").columns)
    report = QualityReport(
        "prova",
        2015,
        pd.DataFrame(checks, columns=columns),
        {"180": ["diagnosis"]},
        {},
        tmp_path / "index.html",
    )
    return report, pd.DataFrame(counts)


def test_what_the_pages_are_given(judging):
    found = findings(*judging, load_suites(), True, {"180-201-001": "Dipartimento di Cosenza"}, Gaps())
    assert list(found.checks["since"]) == ["2014-S2", None, None]
    assert list(found.checks["reason"]) == [None, REASONS["not_delivered"], "così d'accordo"]
    assert set(found.counts["reason"].dropna()) == {REASONS["not_delivered"]}
    assert found.semesters == [4028, 4029, 4030, 4031]
    assert found.by_key[(*KEY, "180", 4029)].share == 0.4  # the records' year, not the evaluation's
    assert found.subject(*KEY) == "Contatti con i servizi: diagnosi di apertura"
    assert found.name("180-201-001") == "Dipartimento di Cosenza"
    assert found.least("care_episode", "diagnosis") == 10
    assert found.least("delivered_period", "in_time_cnt") == 1  # a region delivers two files a year
    assert found.synthetic


def test_every_check_of_every_suite_has_its_words(judging):
    suites = load_suites()
    found = findings(*judging, suites, True, {}, Gaps())
    asked = {(suite.name, check.meta.check) for suite in suites.values() for check in suite.checks}
    assert set(found.texts) == asked
    assert all(text.title and text.why and text.action and text.meaning for text in found.texts.values())
    assert found.texts[KEY[0], "diagnosis_default"].kind == "default"
    assert {name for (_, name), text in found.texts.items() if not text.kind} == {"episode_usable"}
    items = {(suite.name, check.meta.item) for suite in suites.values() for check in suite.checks}
    assert items <= set(found.item_names) and {name for name, _ in items} <= set(found.table_names)


def test_indicators_that_rest_on_what_is_withheld(judging):
    codes = [one.code for one in findings(*judging, load_suites(), True, {}, Gaps()).resting["diagnosis"]]
    assert {"S20", "BP18", "D11"} <= set(codes)
    assert len(codes) == len(set(codes))


def test_the_report_is_written(judging, tmp_path):
    page = write_report(tmp_path / "prova", *judging, load_suites(), False).read_text(encoding="utf-8")
    assert page.count("dal 2° semestre 2014") == 2  # where it is listed, and where its values are withheld
    assert "Calabria" in page and "sintetic" not in page
    assert (tmp_path / "prova" / "qualita.xlsx").is_file()


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory):
    """Every item and every check of the project for one region and its DSM, all of which fail."""
    rows, judged = [], []
    for name, key in load_items():
        for half in (0, 1, 2):
            for level, area in (("nation", "IT"), ("region", "042"), ("dsm", "042-201-001")):
                rows.append(count(2015, half, level, area, 60, 40) | {"table": name, "item": key})
    suites = load_suites()
    for suite in suites.values():
        for one in suite.checks:
            about = {"table": suite.name, "item": one.meta.item, "check": one.meta.check, "threshold": one.threshold}
            bound = {"bound": "min" if one.is_minimum else "max", "severity": SEVERITY[one.severity]}
            judged.append(check("042", "failed", **about, **bound))
            nothing = {"observed": None, "elements": 0, "unexpected": 0}
            for region, reason in zip(("010", "020", "030", "050", "060"), REASONS, strict=True):
                judged.append(check(region, "not_applicable", **about, **bound, **nothing, reason=reason))
    folder = tmp_path_factory.mktemp("whole")
    columns = list(table("quality/check").columns)
    report = QualityReport("prova", 2015, pd.DataFrame(judged, columns=columns), {}, {}, folder / "index.html")
    write_report(folder, report, pd.DataFrame(rows), suites, True, {"042-201-001": "Dipartimento di Trento"})
    return {path.name: Page(path.read_text(encoding="utf-8")) for path in folder.glob("*.html")}


def test_every_item_and_check_of_the_project_has_a_page_and_is_led_to(whole_site):
    suites, items = load_suites(), load_items()
    pages = {check_page(suite.name, one.meta.check) for suite in suites.values() for one in suite.checks}
    pages |= {item_page(*key) for key in items}
    assert pages <= set(whole_site)
    assert pages <= {link.split("#")[0] for link in whole_site["index.html"].links}


def test_no_word_of_the_program_stands_on_the_pages_of_the_project(whole_site):
    codes = [*REASONS, "critical", "warning", "not_applicable", "None", "nan", "care_episode"]
    word = re.compile(rf"\b({'|'.join(codes)})\b")
    found = {(name, code) for name, page in whole_site.items() for code in word.findall(page.text)}
    assert not found
    for words in REASONS.values():
        assert any(words in page.text for page in whole_site.values()), words
