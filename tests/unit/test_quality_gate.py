"""The gate over checks written by hand, and the suites' file: what is refused, and that all faults are told."""

import json

import pandas as pd
import pytest

from percorsi.errors import ConfigurationError
from percorsi.indicators.catalogue import load_catalogue
from percorsi.quality import by_flow, grades_of_flows, is_closed, load_suites, regions_left
from percorsi.quality.counts import SHARES
from percorsi.quality.gate import flows_of, grades, withheld
from percorsi.quality.items import item_flows
from percorsi.quality.suites import expectations_dir
from percorsi.tables import declared_tables


def checks(*rows):
    return pd.DataFrame(rows, columns=["level", "area", "item", "severity", "status"])


def test_a_critical_failure_withholds_its_item_in_its_region():
    found = checks(
        ("region", "200", "diagnosis", "critical", "failed"),
        ("region", "030", "diagnosis", "critical", "failed"),
        ("region", "030", "diagnosis", "critical", "failed"),
        ("region", "030", "closing_diagnosis", "critical", "failed"),
        ("region", "150", "diagnosis", "critical", "passed"),
        ("region", "160", "diagnosis", "warning", "failed"),
        ("region", "020", "diagnosis", "critical", "not_applicable"),
        ("nation", "IT", "diagnosis", "critical", "failed"),
    )
    assert withheld(found) == {"030": ["closing_diagnosis", "diagnosis"], "200": ["diagnosis"]}
    assert list(withheld(found)) == ["030", "200"]


def test_what_the_nation_fails_of_its_own_files_is_of_every_region_that_cannot_be_judged():
    found = checks(
        ("nation", "IT", "death_known", "critical", "failed"),  # CDM is a file of the nation
        ("region", "030", "death_known", "critical", "passed"),
        ("region", "150", "death_known", "critical", "not_applicable"),
        ("region", "150", "diagnosis", "critical", "passed"),
        ("region", "020", "death_known", "critical", "not_applicable"),  # of Aosta nothing was judged
        ("nation", "IT", "pack_ddd", "warning", "failed"),  # regions have no such item
        ("nation", "IT", "diagnosis", "warning", "failed"),  # the regions' own, none of which fails it
    )
    assert withheld(found) == {"150": ["death_known"]}
    assert grades(found) == {"030": "B", "150": "C"}
    assert by_flow(withheld(found)) == {"CDM": {"150"}}
    by_flows = grades_of_flows(found)  # of the flow's own items 150 is judged in none
    assert by_flows["CDM"] == {"030": "A", "150": "C"} and by_flows["AIC"] == {"030": "B", "150": "B"}
    assert by_flows["CNT"] == {"150": "A"}


def test_what_the_nation_passes_is_of_no_region():
    found = checks(
        ("nation", "IT", "death_known", "critical", "passed"),
        ("region", "150", "death_known", "critical", "not_applicable"),
        ("region", "150", "diagnosis", "critical", "passed"),
    )
    assert withheld(found) == {} and grades(found) == {"150": "A"}


@pytest.mark.parametrize(
    ("severity", "status", "grade"),
    [
        ("critical", "passed", "A"),
        ("information", "failed", "A"),
        ("warning", "failed", "B"),
        ("critical", "failed", "C"),
    ],
)
def test_the_grade_is_that_of_the_gravest_failure(severity, status, grade):
    found = checks(
        ("region", "030", "diagnosis", severity, status),
        ("region", "030", "diagnosis", "information", "failed"),
        ("region", "030", "diagnosis", "warning", "not_applicable"),
        ("region", "010", "diagnosis", "critical", "not_applicable"),
        ("nation", "IT", "diagnosis", "critical", "failed"),
    )
    assert grades(found) == {"030": grade}


def test_what_is_withheld_by_item_is_asked_by_flow():
    gate = {"030": ["discharged_known", "treated_with_drugs"], "150": ["diagnosis"], "010": ["no_item_of_today"]}
    assert by_flow(gate) == {
        "SDO": {"030"},
        "ANT": {"030"},  # who is known to the services is told by both flows
        "FAR": {"030"},
        "DIR": {"030"},
        "CNT": {"150", "010"},  # what is not known any more closes what all rest on
        "CNR": {"150", "010"},
    }


def test_regions_left():
    gate = {"030": ["treated_with_drugs"], "150": ["diagnosis"]}
    assert regions_left(gate, {"150", "030", "010"}) == ["010", "030"]
    assert regions_left(gate, {"150", "030", "010"}, ["FAR", "SDO"]) == ["010", "150"]
    assert regions_left(gate, {"150"}) == []


def test_the_gate_is_closed_only_where_no_region_is_left_for_any_indicator():
    needed = [("CNT", "SDO"), ("CNT", "FAR")]
    some = {"030": ["treated_with_drugs"], "150": ["diagnosis"]}
    assert not is_closed(some, {"030", "150"}, needed)  # 030 has the first
    assert is_closed(some, {"030", "150"}, [("CNT", "FAR")])
    assert is_closed(some, {"150"}, needed)
    assert not is_closed({}, {"150"}, needed)
    assert not is_closed(some, set(), needed)  # nothing was judged


def test_grades_are_of_the_flows_an_item_tells_of():
    found = checks(
        ("region", "030", "treated_with_drugs", "warning", "failed"),
        ("region", "030", "diagnosis", "critical", "passed"),
        ("region", "150", "diagnosis", "critical", "failed"),
    )
    assert grades_of_flows(found) == {
        "FAR": {"030": "B"},
        "DIR": {"030": "B"},
        "CNT": {"030": "A", "150": "C"},
        "CNR": {"030": "A", "150": "C"},
    }


def test_every_indicator_rests_on_the_diagnosis_and_on_the_items_of_the_flows_it_needs():
    measures = {code: measure for code, (measure, _) in load_catalogue().by_code.items()}
    assert all(not set(flows_of("diagnosis")).isdisjoint(m.rests_on) for m in measures.values())
    resting = {item for item, flows in item_flows().items() if not set(flows).isdisjoint(measures["S20"].rests_on)}
    assert {"diagnosis", "intervention_contact", "discharged_known", "records_sdo"} <= resting
    assert not {"treated_with_drugs", "known_packs_far", "outpatient_code", "visit_diagnosis"} & resting  # SISM and SDO


def test_the_suite_of_the_project_judges_every_share():
    suite = load_suites()["care_episode"]
    assert set(SHARES) <= {check.kwargs.column for check in suite.checks}
    critical = [(c.meta.check, c.kwargs.column, c.threshold) for c in suite.checks if c.severity == "critical"]
    assert critical == [
        ("diagnosis_usable", "opening_usable", 0.5),
        ("contacts_as_before", "records_cnt_valid", 0.05),
    ]


def test_every_conformed_table_has_a_suite_and_every_flow_something_that_is_judged():
    suites = load_suites()
    assert [f"conformed/{name}" for name in sorted(suites)] == declared_tables("conformed")
    assert sum(len(suite.checks) for suite in suites.values()) >= 60
    graded = [check for suite in suites.values() for check in suite.checks if check.severity != "info"]
    judged = {flow for check in graded for flow in flows_of(check.meta.item)}  # by what can move a grade
    needed = {flow for measure in load_catalogue().measures.values() for flow in measure.rests_on}
    assert needed <= judged
    for suite in suites.values():
        for check in suite.checks:
            least = 20 if check.meta.check == "diagnosis_usable" else 100
            assert check.severity != "critical" or check.meta.least >= least


def edited(tmp_path, edit):
    """The project's suite with one edit, as a steward's editor leaves it."""
    suite = json.loads((expectations_dir() / "care_episode.json").read_text())
    edit(suite["expectations"])
    (tmp_path / "care_episode.json").write_text(json.dumps(suite))
    return tmp_path


def test_an_edited_threshold_is_another_suite(tmp_path):
    before = load_suites()["care_episode"]
    after = load_suites(edited(tmp_path, lambda e: e[0]["kwargs"].update(min_value=0.6)))["care_episode"]
    assert (before.checks[0].threshold, after.checks[0].threshold) == (0.5, 0.6)
    assert after.digest != before.digest
    assert after.checks[1:] == before.checks[1:]
    assert before.checks[0].bound_in_percent == "at least 50%"
    assert before.checks[4].bound_in_percent == "at most 15%"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda e: e[0]["kwargs"].update(max_value=0.9), "exactly one of min_value and max_value"),
        (lambda e: e[0]["kwargs"].pop("min_value"), "exactly one of min_value and max_value"),
        (lambda e: e[0]["kwargs"].update(min_value=50), "less than or equal to 1"),
        (lambda e: e[0]["kwargs"].update(mostly=0.9), "mostly"),
        (lambda e: e[0]["kwargs"].update(column="opening_usble"), "no column 'opening_usble' is judged"),
        (lambda e: e[0]["meta"].update(item="age"), "the column 'opening_usable' is of the item 'diagnosis'"),
        (lambda e: e[0]["meta"].update(check="diagnosis_missing"), "diagnosis_missing: a check of this name"),
        (lambda e: e[0]["meta"].pop("why"), "why"),
        (lambda e: e[0]["meta"].pop("title"), "title"),
        (lambda e: e[0]["meta"].update(least=-1), "least"),
        (lambda e: e[0]["kwargs"].update(column="diagnosis_valid_third_semester"), "no column 'diagnosis_valid_third"),
        (lambda e: e[0].update(severity="fatal"), "severity"),
        (lambda e: e[0].update(type="expect_column_max_to_be_between"), "type"),
    ],
)
def test_a_faulty_suite_is_refused(tmp_path, edit, told):
    with pytest.raises(ConfigurationError, match=told) as caught:
        load_suites(edited(tmp_path, edit))
    assert "care_episode.json" in str(caught.value)


def test_a_check_of_one_name_in_two_suites_is_refused(tmp_path):
    edited(tmp_path, lambda e: None)
    suite = json.loads((expectations_dir() / "person.json").read_text())
    suite["expectations"][0]["meta"]["check"] = "diagnosis_usable"
    (tmp_path / "person.json").write_text(json.dumps(suite))
    with pytest.raises(ConfigurationError, match="diagnosis_usable: .* in care_episode.json and in person.json"):
        load_suites(tmp_path)


def test_a_suite_of_no_table_is_refused(tmp_path):
    edited(tmp_path, lambda e: None)
    (tmp_path / "interventon.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="interventon.json: no table of this name is counted"):
        load_suites(tmp_path)


def test_all_faults_are_told_at_once(tmp_path):
    def edit(expectations):
        expectations[0]["kwargs"]["column"] = "a"
        expectations[1]["kwargs"]["column"] = "b"

    with pytest.raises(ConfigurationError, match="(?s)no column 'a'.*no column 'b'"):
        load_suites(edited(tmp_path, edit))


def test_a_key_written_twice_is_refused_with_its_line(tmp_path):
    text = (expectations_dir() / "care_episode.json").read_text()
    twice = text.replace('"min_value": 0.5}', '"min_value": 0.5, "min_value": 0.1}', 1)
    (tmp_path / "care_episode.json").write_text(twice)
    with pytest.raises(ConfigurationError, match="line 7: the key 'min_value'"):
        load_suites(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"name": "perché"}'.encode("latin-1"), "not UTF-8"),
        (b'{"name": "care_episode",\n "expectations": [],}', "line 2: no valid JSON"),
        (b"name: care_episode\n", "line 1: no valid JSON"),  # YAML that is no JSON
        (b"", "no valid JSON"),
        (b"[]", "a mapping of keys is expected"),
        (b'{"name": "care_episode"}', "expectations: Field required"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path, content, told):
    if content is not None:
        (tmp_path / "care_episode.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match=told) as caught:
        load_suites(tmp_path)
    assert "care_episode.json" in str(caught.value)


def test_the_folder_of_the_suites_is_named_by_a_variable(tmp_path, monkeypatch):
    edited(tmp_path, lambda e: e[0]["kwargs"].update(min_value=0.6))
    monkeypatch.setenv("PERCORSI_EXPECTATIONS", str(tmp_path))
    assert load_suites()["care_episode"].checks[0].threshold == 0.6
    monkeypatch.setenv("PERCORSI_EXPECTATIONS", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="PERCORSI_EXPECTATIONS names .*nowhere, which is no folder"):
        load_suites()
