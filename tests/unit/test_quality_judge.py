"""Judging end to end on hand-made tables: what passes, fails, is withheld, and that no value of a person gets out."""

import json
import re
import zipfile
from datetime import date

import pytest
from deltalake import DeltaTable, write_deltalake

from percorsi.errors import ConfigurationError, ResultUnavailable, UsageError
from percorsi.flows import load_layouts
from percorsi.home import Home
from percorsi.quality import judge, load_suites, measure, regions_left
from percorsi.quality.suites import expectations_dir
from percorsi.small_frame import small_frame
from percorsi.storage import Store
from percorsi.tables import table

RAW_SCHEMA = """delivery string, file string, file_region string, file_year string, file_period string, slice string,
    year string, period string, region string, azienda string, dsm string, id_rec string, structure string,
    contact_id string, accepted boolean, errors array<struct<field: string, code: string>>"""
PLANTED_CONTACT, PLANTED_STRUCTURE, PLANTED_PERSON = "ZQCONTACTZQ", "ZQSTRUCTZQ", 770077007700


def episodes(region, good, bad, first=0):
    """One record in each semester for `good` episodes with a diagnosis and `bad` ones that await it."""
    where = {
        "register": "territorial",
        "region": region,
        "azienda": "321",
        "dsm": "001",
        "structure": PLANTED_STRUCTURE,
    }
    said = {"year": 2015, "opening_date": date(2014, 5, 1), "previous_contacts": "1", "referral": "2"}
    return [
        episode(
            **where,
            **said,
            person_id=PLANTED_PERSON + first + i,
            contact_id=f"{PLANTED_CONTACT}{i}",
            semester=semester,
            opening_diagnosis="29530" if i < good else "99999",
        )
        for i in range(good + bad)
        for semester in (1, 2)
    ]


def episode(**said):
    """A row of conformed/care_episode."""
    return tuple(said.get(column) for column in table("conformed/care_episode").columns)


def line(contact, delivery):
    """A line of region 150 that was rejected for a missing diagnosis."""
    file = (delivery, "CNT_150_2015_S1.csv", "150", "2015", "S1", "150-2015-S1")
    key = ("2015", "S1", "150", "321", "001", "ZQRECORDZQ", PLANTED_STRUCTURE, f"{PLANTED_CONTACT}{contact}")
    return (*file, *key, False, [("opening_diagnosis", "3231")])


@pytest.fixture(scope="module")
def judged(spark, tmp_path_factory):
    """Judged twice under one key: first as accepted, then not. Another judging stands in the table already.

    Region 010: 10 of 10. 030: 5 of 10, on the critical threshold. 041: 4 of 10. 150: 9 of 9, 2 rejected.
    """
    store = Store(Home(tmp_path_factory.mktemp("judged")), spark)

    def write(name, rows, schema, **options):
        write_deltalake(store.path(name), small_frame(spark, rows, schema).toArrow(), **options)

    rows = episodes("010", 10, 0) + episodes("030", 5, 5, 100) + episodes("041", 4, 6, 200) + episodes("150", 9, 0, 300)
    early = (*episodes("010", 0, 1, 400)[0][:-1], 2014)  # what a data end of 2014 took for a person: not in sight
    write("conformed/care_episode", [*rows, early], table("conformed/care_episode").schema)
    lines = [line(1, "a"), line(2, "a"), line(3, "not in the ledger")]
    write("raw/CNT", lines, RAW_SCHEMA)
    write("current/CNT", [], RAW_SCHEMA)
    ledger = [("a", "CNT_150_2015_S1.csv", None), ("a", "CNT_150_2015_S2.csv", "truncated")]
    write("delivery_file", ledger, "delivery string, file string, refused string")
    another = [("another", *[None] * (len(table("quality/check").columns) - 1))]
    write("quality/check", another, table("quality/check").schema, partition_by=["run_key"])
    accepted = judge(store, 2015, "run-a", accept="agreed with the region", accepted_by="the steward")
    return store, accepted, judge(store, 2015, "run-a")


def rows_of(store, name, version=None):
    """The rows of a table, read without Spark."""
    return DeltaTable(store.path(name), version=version).to_pyarrow_table().to_pylist()


def row(report, check, area):
    found = report.checks[(report.checks["check"] == check) & (report.checks["area"] == area)]
    assert len(found) == 1
    return found.iloc[0].to_dict()


def test_a_share_on_the_threshold_passes_and_one_below_fails(judged):
    *_, report = judged
    on, below = row(report, "diagnosis_usable", "030"), row(report, "diagnosis_usable", "041")
    assert (on["status"], on["observed"], on["elements"], on["unexpected"]) == ("passed", 0.5, 20, 10)
    assert (below["status"], below["observed"], below["elements"], below["unexpected"]) == ("failed", 0.4, 20, 12)
    assert (below["severity"], below["threshold"], below["bound"]) == ("critical", 0.5, "min")


def test_rejected_records_count_in_the_denominator(judged):
    *_, report = judged
    found = row(report, "diagnosis_missing", "150")
    assert (found["elements"], found["unexpected"], found["observed"]) == (20, 2, 0.1)
    assert found["bound"] == "max"


def test_the_nation_is_judged_and_never_withheld(judged):
    *_, report = judged
    found = row(report, "diagnosis_usable", "IT")
    assert (found["elements"], found["unexpected"]) == (80, 24)  # 78 records, 2 rejected; 10 + 12 awaited, 2 missing
    assert report.withheld == {"041": ["diagnosis"]}


def test_a_region_without_records_is_not_applicable(judged):
    *_, report = judged
    found = row(report, "diagnosis_usable", "200")
    assert found["status"] == "not_applicable"
    assert found["observed"] is None or found["observed"] != found["observed"]
    assert found["reason"] == "no_records"
    nothing = report.checks[report.checks["area"] == "200"]
    assert set(nothing["status"]) == {"not_applicable"}
    assert "200" not in report.grades


def test_grades(judged):
    *_, report = judged
    # 010 and 150 fail nothing; 030 fails warnings; 041 is withheld and has no grade.
    assert report.grades == {"010": "A", "030": "B", "150": "A"}
    assert regions_left(report.withheld, {"010", "030", "041", "150"}) == ["010", "030", "150"]
    assert regions_left(report.withheld, {"041"}) == []


def test_what_stands_in_the_tables_is_what_the_report_says(judged):
    store, _, report = judged
    keys = [row["run_key"] for row in rows_of(store, "quality/check")]
    of_nation = {"spdc_days", "spdc_end", "pack_ddd", "pack_form", "death_cause"}  # of tables without a region
    checks = {check.meta.check for suite in load_suites().values() for check in suite.checks}
    assert keys.count("run-a") == len(report.checks) == 22 * len(checks - of_nation) + len(of_nation)
    assert keys.count("another") == 1  # judgings stand beside each other
    assert rows_of(store, "quality/withheld") == [
        {"run_key": "run-a", "year": 2015, "region": "041", "item": "diagnosis", "reason": "diagnosis_usable"}
    ]
    cells = {(row["area"], row["semester"]): row for row in rows_of(store, "quality/diagnosis_count", 0)}
    count = cells["030-321-001", 0]
    assert (count["records"], count["opening_default"], count["episodes"], count["episodes_usable"]) == (20, 10, 10, 5)


def test_accepted_failures_withhold_nothing_and_are_recorded(judged):
    store, accepted, report = judged
    assert accepted.withheld == {}
    assert accepted.grades["041"] == "C"
    assert (accepted.accepted, accepted.accepted_by) == ("agreed with the region", "the steward")
    assert (report.accepted, report.accepted_by) == (None, None)
    kept = [row for row in rows_of(store, "quality/check", 1) if row["reason"] == "agreed with the region"]
    assert [(r["run_key"], r["area"], r["check"]) for r in kept] == [("run-a", "041", "diagnosis_usable")]
    assert kept[0]["accepted_by"] == "the steward"
    others = [row for row in rows_of(store, "quality/check", 1) if row["run_key"] == "run-a" and row not in kept]
    assert {row["accepted_by"] for row in others} == {None}
    assert rows_of(store, "quality/withheld", 0) == []


def test_years_by_turns_are_counted_once_each(judged):
    store, *_ = judged
    read = measure.inputs(store)
    versions = [store.version(name) for name in ("quality/diagnosis_count", "quality/item_count")]
    assert versions == [0, 0]  # judged twice, counted once
    of_2014 = measure.measure(store, 2014, read).diagnoses
    again = measure.measure(store, 2015, read).diagnoses
    versions = [store.version(name) for name in ("quality/diagnosis_count", "quality/item_count")]
    assert versions == [1, 1]
    assert again["records"].sum() == sum(row["records"] for row in rows_of(store, "quality/diagnosis_count", 0))
    assert (set(of_2014["year"]), set(again["year"])) == ({2014}, {2015})


def test_thresholds_are_judged_again_without_counting(judged, monkeypatch, tmp_path):
    """The steward asks for 91% of usable diagnoses: 150 (18 of 20) fails as well, and nothing is counted for it."""
    store, *_ = judged
    before = {name: store.version(name) for name in ("quality/diagnosis_count", "quality/item_count")}
    for path in expectations_dir().glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    suite = json.loads((tmp_path / "care_episode.json").read_text())
    suite["expectations"][0]["kwargs"]["min_value"] = 0.91
    (tmp_path / "care_episode.json").write_text(json.dumps(suite))
    monkeypatch.setenv("PERCORSI_EXPECTATIONS", str(tmp_path))
    monkeypatch.setattr(measure, "_count", None)  # whoever counts, fails
    again = judge(store, 2015, "again", rejudge=True)
    assert again.withheld == {"030": ["diagnosis"], "041": ["diagnosis"], "150": ["diagnosis"]}
    assert (row(again, "diagnosis_usable", "150")["observed"], again.grades) == (0.9, {"010": "A"})
    assert {name: store.version(name) for name in before} == before


def test_what_was_not_counted_of_the_data_as_they_are_is_not_judged_again(judged, monkeypatch):
    store, *_ = judged
    written = store.version("quality/check")
    with pytest.raises(ResultUnavailable, match="nothing was counted of 2013"):
        judge(store, 2013, "again", rejudge=True)
    with monkeypatch.context() as other:
        other.setattr(measure, "regions", lambda: {"010": "Piemonte"})
        with pytest.raises(ResultUnavailable, match="or the data have changed since"):
            judge(store, 2015, "again", rejudge=True)
    assert store.version("quality/check") == written


def test_what_is_read_decides_whether_it_is_counted_again(monkeypatch):
    before = measure.made_from({"conformed/care_episode": 3})
    assert measure.made_from({"conformed/care_episode": 3}) == before
    assert measure.made_from({"conformed/care_episode": 4}) != before
    with monkeypatch.context() as other:
        other.setattr(measure, "regions", lambda: {"010": "Piemonte"})
        assert measure.made_from({"conformed/care_episode": 3}) != before
    layouts = load_layouts()
    with monkeypatch.context() as other:
        other.setattr(measure, "load_layouts", lambda: layouts | {"CNT": layouts["PST"]})  # another key
        assert measure.made_from({"conformed/care_episode": 3}) != before


def test_what_cannot_be_judged_is_refused_before_anything_is_written(store, judged, monkeypatch, tmp_path):
    with pytest.raises(UsageError):
        judge(judged[0], 2015, "../elsewhere")
    with pytest.raises(ResultUnavailable, match="conformed/care_episode does not exist"):
        judge(store, 2015, "run")
    (tmp_path / "care_episode.json").write_text("{")
    monkeypatch.setenv("PERCORSI_EXPECTATIONS", str(tmp_path))
    with pytest.raises(ConfigurationError, match="care_episode.json"):
        judge(store, 2015, "run")
    assert not store.home.path.exists()


def test_nothing_of_a_person_is_written(judged):
    store, _, report = judged
    planted = ("ZQRECORDZQ", PLANTED_CONTACT, PLANTED_STRUCTURE, str(PLANTED_PERSON)[:8])
    files = [p for p in store.home.quality.rglob("*") if p.is_file()]
    assert report.docs in files
    for path in files:
        content = [path.read_bytes()]
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                content = [book.read(name) for name in book.namelist()]
        text = b"".join(content).decode("utf-8", "replace")
        assert not [p for p in planted if p in text], path.name
    for name in ("quality/diagnosis_count", "quality/item_count", "quality/check", "quality/withheld"):
        text = "\n".join(map(str, rows_of(store, name)))
        assert not [p for p in planted if p in text], name
    assert not [p for p in planted if p in str(report)]


def test_the_pages_ask_no_address(judged):
    *_, report = judged
    pages = list(report.docs.parent.rglob("*.html"))
    assert len(pages) > 2 * len(load_suites())  # a suite and its results, and the steward's pages
    for page in pages:
        text = page.read_text()
        assert not re.findall(r"<script|<link|<img|url\(|@import", text), page.name


def test_the_pages_of_great_expectations_say_where_and_what_to_do(judged):
    *_, report = judged
    site = report.docs.parent
    suite = (site / "expectations" / "care_episode.html").read_text()
    assert suite.count("What to do:") == len(load_suites()["care_episode"].checks)
    (result,) = (site / "validations" / "care_episode").rglob("*.html")
    assert "Provincia autonoma di Bolzano" in result.read_text()
