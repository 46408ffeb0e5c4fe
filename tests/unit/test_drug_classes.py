"""Code lists that facts are told by: who is in which, and what a wrong file is told."""

import shutil
from pathlib import Path

import pytest

from percorsi import code_lists
from percorsi.errors import ConfigurationError
from percorsi.settings import conf_dir, load_yaml
from percorsi.small_frame import small_frame

STABILISER = {"mood_stabiliser", "mood_stabiliser_without_antipsychotics", "mood_stabiliser_or_antipsychotic"}
FIRST = {"antipsychotic", "mood_stabiliser_or_antipsychotic"}
SECOND = {*FIRST, "second_generation"}
RISK = {*SECOND, "dysmetabolic_risk"}
# ATC, form -> the classes of the manual's table that it is of
PACKS = {
    ("N05AN01", "oral"): {*STABILISER, "lithium"},
    ("N05AX08", "oral"): RISK,
    ("N05AX08", "depot"): {*RISK, "mood_stabiliser", "long_acting"},
    ("N05AX08", None): RISK,
    ("N05AH02", "oral"): {*RISK, "clozapine"},
    ("N05AH03", "oral"): {*RISK, "mood_stabiliser"},
    ("N05AH04", "oral"): {*RISK, "mood_stabiliser"},
    ("N05AH06", "oral"): SECOND,
    ("N05AL03", "oral"): SECOND,
    ("N05AX12", "oral"): {*RISK, "mood_stabiliser"},
    ("N05AX12", "depot"): {*RISK, "mood_stabiliser", "long_acting"},
    ("N05AD01", "depot"): {*FIRST, "long_acting"},
    ("N05AD01", "parenteral"): FIRST,
    ("N05BA12", "oral"): set(),
    ("N06AB03", "oral"): {"antidepressant"},
    ("N06AB03", "depot"): {"antidepressant"},
    ("N06BA04", "oral"): set(),
    ("N03AF01", "oral"): {*STABILISER, "carbamazepine_valproate"},
    ("N03AF02", "oral"): set(),
    ("N03AG01", "oral"): {*STABILISER, "carbamazepine_valproate"},
    ("N03AG02", "oral"): {*STABILISER, "carbamazepine_valproate"},
    ("N03AX09", "oral"): STABILISER,
    (None, None): set(),
}
SUICIDE = {
    "X60": True,
    "X84": True,
    "X849": True,
    "X599": False,
    "X85": False,
    "Y870": True,
    "Y871": False,
    None: False,
}
PRECURSORS = {"F92": True, "F920": True, "F901": True, "F900": False, "F911": True, "F912": False, "F913": True}


def holding(spark, columns: str, rows: list[tuple], conditions: dict[str, str]) -> list[set[str]]:
    """Row -> names of the conditions that hold; none is ever null."""
    frame = small_frame(spark, rows, columns).selectExpr(*(f"{sql} as {name}" for name, sql in conditions.items()))
    found = [r.asDict() for r in frame.collect()]
    assert not any(value is None for row in found for value in row.values())
    return [{name for name, value in row.items() if value} for row in found]


def test_drug_classes(spark) -> None:
    names = code_lists.check_code_lists()["drug_classes"]
    conditions = {name: code_lists.drug_class_sql(name) for name in names}
    assert holding(spark, "atc string, form string", list(PACKS), conditions) == list(PACKS.values())


def test_causes_and_diagnoses(spark) -> None:
    suicide = {"suicide": code_lists.cause_of_death_sql("suicide")}
    found = holding(spark, "cause string", [(c,) for c in SUICIDE], suicide)
    assert [bool(f) for f in found] == list(SUICIDE.values())
    precursor = {"precursor": code_lists.npia_diagnosis_sql("severe_personality_precursor")}
    found = holding(spark, "diagnosis string", [(d,) for d in PRECURSORS], precursor)
    assert [bool(f) for f in found] == list(PRECURSORS.values())


def test_laboratory(spark) -> None:
    names = code_lists.check_code_lists()["laboratory"]
    conditions = {name: code_lists.laboratory_sql(name) for name in names}
    codes = ["90.27.1", "90.14.3", "90.43.2", "90.32.2", "90.16.3", "90.44.3", "90.42.1", "90.42.3", "90.43.3"]
    codes += ["90.62.2", "90.04.5", "90.09.2", "90.25.5", "90.23.5", "89.52"]
    rows = [(code, "N") for code in codes] + [("90.27.2", "N"), ("90271", "N"), (None, None)]
    found = holding(spark, "service string, nomenclature string", rows, conditions)
    assert found == [{name} for name in names] + [set(), set(), set()]


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    shutil.copytree(conf_dir() / "codes", tmp_path / "codes")
    return tmp_path


def write(conf: Path, name: str, lists: str) -> None:
    (conf / "codes" / f"{name}.yaml").write_text(f"source: here\nvalid: always\nlists:\n{lists}")


def test_codes_of_a_region_and_of_a_span_of_years(spark, conf: Path, monkeypatch) -> None:
    write(
        conf,
        "laboratory",
        "  ecg:\n    - {codes: ['89.52'], to: 2014}\n    - {codes: ['89.53'], from: 2015}\n"
        "    - {codes: ['12.1'], nomenclature: c}\n",
    )
    monkeypatch.setenv("PERCORSI_CONF", str(conf))
    rows = [
        *(("89.52", "N", "2014-12-31"), ("89.52", "N", "2015-01-01"), ("89.53", "N", "2015-01-01")),
        *(("89.53", "N", "2014-12-31"), ("12.1", "c", "2014-06-01"), ("12.1", "N", "2014-06-01"), ("89.53", "N", None)),
    ]
    columns = "service string, nomenclature string, date string"
    code_lists._lists.cache_clear()
    try:
        found = holding(spark, columns, rows, {"ecg": code_lists.laboratory_sql("ecg")})
    finally:
        code_lists._lists.cache_clear()
    assert [bool(f) for f in found] == [True, False, True, False, True, False, False]


REGIONAL = """
  ecg: [{codes: ['89.52', '89.53']}, {codes: ['12.1'], to: 2014}]
  tsh: [{codes: ['89.52'], nomenclature: c, from: 2015}, {codes: ['12.1'], from: 2015}]
  ft4: [{codes: ['89.52'], nomenclature: d}]
"""
# Service, nomenclature, day -> the test it is.
SERVICES = {
    ("89.52", "N", "2015-01-01"): {"ecg"},
    ("89.52", None, "2015-01-01"): {"ecg"},
    ("89.52", None, None): {"ecg"},
    ("89.52", "c", "2015-01-01"): {"tsh"},
    ("89.52", "c", "2014-12-31"): {"ecg"},
    ("89.52", "d", "2014-12-31"): {"ft4"},
    ("89.52", "d", None): {"ft4"},
    ("89.53", "c", "2015-01-01"): {"ecg"},
    ("12.1", "N", "2014-12-31"): {"ecg"},
    ("12.1", "N", "2015-01-01"): {"tsh"},
}


def test_a_code_is_one_test_in_a_nomenclature_and_a_year(spark, conf: Path, monkeypatch) -> None:
    write(conf, "laboratory", REGIONAL)
    monkeypatch.setenv("PERCORSI_CONF", str(conf))
    code_lists._lists.cache_clear()
    try:
        conditions = {kind: code_lists.laboratory_sql(kind) for kind in ("ecg", "tsh", "ft4")}
    finally:
        code_lists._lists.cache_clear()
    columns = "service string, nomenclature string, date string"
    assert holding(spark, columns, list(SERVICES), conditions) == list(SERVICES.values())


def test_psychiatric_disciplines(spark) -> None:
    names = code_lists.check_code_lists()["psychiatric_disciplines"]
    conditions = {name: code_lists.discipline_sql(name, "ward") for name in names}
    wards = {"40": {"psychiatry"}, "4012": {"psychiatry"}, "33": {"child_neuropsychiatry"}, "2640": set(), None: set()}
    assert holding(spark, "ward string", [(w,) for w in wards], conditions) == list(wards.values())
    listed = load_yaml(conf_dir() / "codes" / "psychiatric_disciplines.yaml")["lists"]
    labels = load_yaml(conf_dir() / "codes" / "disciplines.yaml")
    assert {
        name: [labels[code] for entry in entries for code in entry["codes"]] for name, entries in listed.items()
    } == {
        "psychiatry": ["Psichiatria"],
        "child_neuropsychiatry": ["Neuropsichiatria infantile"],
    }


@pytest.mark.parametrize(
    ("name", "lists", "told"),
    [
        ("laboratory", "  ecg: [{codes: ['89-52']}]", "lists.ecg.0.codes.0"),
        ("laboratory", "  ecg: [{codes: ['89.52']}]\n  tsh: [{codes: ['89.52']}]", "89.52 is listed as ecg and as tsh"),
        (
            "laboratory",
            "  ecg: [{codes: ['89.52'], to: 2015}]\n  tsh: [{codes: ['89.52'], from: 2015}]",
            "89.52 is listed as ecg and as tsh",
        ),
        (
            "laboratory",
            "  ecg: [{codes: ['89.52'], nomenclature: c}]\n  tsh: [{codes: ['89.52'], nomenclature: c}]",
            "89.52 is listed as ecg and as tsh",
        ),
        ("laboratory", "  ecg: []", "lists.ecg"),
        ("psychiatric_disciplines", "  psychiatry: [{codes: ['040']}]", "lists.psychiatry.0.codes.0"),
        ("event_attributes", "  attributes: [Shared Plan]", "lists.attributes.0"),
        ("laboratory", "  ecg: [{codes: ['89.52'], from: 2016, to: 2015}]", "lists.ecg.0"),
        ("drug_classes", "  a: [{atc: [N5]}]", "lists.a.0.atc.0"),
        ("drug_classes", "  a: [{atc: [N05A], except: [N06A]}]", "N06A is not below any code"),
        ("drug_classes", "  a: [{list: b}]\n  b: [{list: a}]", "a: list: b is none of the classes above it"),
        ("drug_classes", "  a: [{forms: [depot]}]", "either atc or list"),
        ("drug_classes", "  a: [{atc: [N05A], forms: [spray]}]", "lists.a.0.forms.0"),
        ("causes_of_death", "  a: [{codes: [X60-84]}]", "lists.a.0.codes.0"),
        ("npia_diagnoses", "  a: [{kodes: [F92]}]", "lists.a.0.kodes"),
    ],
)
def test_a_wrong_list_names_its_file_and_key(conf: Path, name: str, lists: str, told: str) -> None:
    write(conf, name, lists + "\n")
    with pytest.raises(ConfigurationError) as refused:
        code_lists.check_code_lists(conf)
    assert f"{name}.yaml" in str(refused.value)
    assert told in str(refused.value)


def test_a_list_without_source_is_refused_and_an_unknown_one_too(conf: Path) -> None:
    (conf / "codes" / "causes_of_death.yaml").write_text("valid: always\nlists: {suicide: [{codes: [X60]}]}\n")
    with pytest.raises(ConfigurationError, match="source"):
        code_lists.check_code_lists(conf)
    with pytest.raises(ConfigurationError, match="no list 'sedative'"):
        code_lists.drug_class_sql("sedative")
