"""The clinical cases as a clinician reads them: who, what happened, why, expected."""

import json
from datetime import date
from pathlib import Path
from textwrap import fill

import pytest
from typer.testing import CliRunner

from percorsi import cli
from percorsi.errors import ConfigurationError
from percorsi.indicators.cases import UNSAID, as_text, cases_of, load_cases, place
from percorsi.indicators.catalogue import load_catalogue
from percorsi.settings import cases_dir

CASES = """indicator: S15
cases:
- who: Thirty-one days
  why: 10 February to 13 March is 31.
  born: 1998
  living: alone
  registered: no
  diagnosis:
  facts:
  - SPDC stay: {from: 2015-02-10, to: 2015-03-13, TSO: true, died: false}
  - intervention: {day: [2015-04-01, 2015-04-02], by: [physician, nurse]}
  - supplementary event: {from: 2015-05-01, attributes: {kind: placement, level: high}}
  expected:
  - {admitted: 2015-02-10, is: numerator}
  areas: [IT, "030"]
- who: Nobody
  why: No contact.
  expected: nobody
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "long_stay.yaml").write_text(CASES)
    (tmp_path / "README.md").write_text("no case")
    return tmp_path


def test_a_case_in_words(folder):
    first, second = load_cases(folder)["long_stay"]
    assert (first.code, first.measure, first.who) == ("S15", "long_stay", "Thirty-one days")
    assert first.happened == (
        "born 1998",
        "living alone",
        "not registered",
        "no diagnosis",
        "SPDC stay: from 2015-02-10, to 2015-03-13, TSO, not died",
        "intervention: day 2015-04-01 and 2015-04-02, by physician and nurse",
        "supplementary event: from 2015-05-01, attributes kind=placement level=high",
    )
    assert first.expected == [{"admitted": date(2015, 2, 10), "is": "numerator"}]
    assert first.place == "stay of 2015-02-10: numerator\ncounts in IT, 030"
    assert (second.happened, second.place) == ((), "nobody")


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ("numerator", "numerator"),
        ("nobody", "nobody"),
        ({"denominator": "long"}, "denominator only, long does not hold"),
        ({"excluded": "adult"}, "excluded, adult does not hold"),
        ({"value": "7/3"}, "value 7/3"),
        ({"a": "numerator", "b": {"denominator": "late"}}, "a: numerator\nb: denominator only, late does not hold"),
        ({"1a": {"value": 2}, 2: {"excluded": "new"}}, "1a: value 2\n2: excluded, new does not hold"),
        (
            [
                {"admitted": "2015-01-01", "is": {"a": "numerator", "b": "numerator"}},
                {"admitted": "2015-03-01", "is": "numerator"},
            ],
            "stay of 2015-01-01: a, b: numerator\nstay of 2015-03-01: numerator",
        ),
    ],
)
def test_a_place_in_words(expected, words):
    assert place(expected) == words


def test_cases_are_asked_for_by_code_or_measure_and_all_follow_the_agreement():
    catalogue, cases = load_catalogue(), load_cases()
    assert cases_of(catalogue, cases, "S15") == cases_of(catalogue, cases, "long_stay") == cases["long_stay"]
    every = cases_of(catalogue, cases)
    assert len(every) == sum(len(cases.get(name, [])) for name in catalogue.measures)
    order = list(dict.fromkeys(case.measure for case in every))
    codes = [measure.name for measure, _ in catalogue.by_code.values()]
    assert order == [name for name in dict.fromkeys(codes) if name in cases]


def test_as_text(folder):
    text = as_text(load_catalogue(), load_cases(folder)["long_stay"][1:], 110)
    assert text.splitlines() == [
        *fill(UNSAID, 110).splitlines(),
        "",
        "S15 Hospital stays longer than 30 days",
        load_catalogue().find("S15")[1].reading,
        "",
        "who     what happened  why          expected",
        "------  -------------  -----------  --------",
        "Nobody                 No contact.  nobody",
    ]
    assert as_text(load_catalogue(), [], 110) == "no cases are told of it yet"


def test_the_folder_is_the_checkout_s_unless_another_is_named(folder, monkeypatch):
    assert cases_dir() == Path(__file__).parents[2] / "cases"
    monkeypatch.setenv("PERCORSI_CASES", str(folder))
    assert list(load_cases()) == ["long_stay"]
    monkeypatch.setenv("PERCORSI_CASES", str(folder / "nowhere"))
    with pytest.raises(ConfigurationError, match="PERCORSI_CASES"):
        load_cases()


@pytest.mark.parametrize("text", ["cases: []\n", "indicator: S15\ncases:\n- who: A\n  expected: numerator\n"])
def test_a_file_of_another_form_is_refused_by_name(tmp_path, text):
    (tmp_path / "long_stay.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match="long_stay.yaml"):
        load_cases(tmp_path)


def call(*arguments: str):
    return CliRunner().invoke(cli.app, ["cases", *arguments])


def test_the_command(folder, monkeypatch):
    monkeypatch.setenv("PERCORSI_CASES", str(folder))
    (first, second) = json.loads(call("long_stay", "--json").output)
    assert list(first) == ["file", "code", "measure", "who", "happened", "why", "expected", "place"]
    assert first["expected"] == [{"admitted": "2015-02-10", "is": "numerator"}]
    assert second["happened"] == []
    assert "Thirty-one days" in call("S15").output
    assert call("S20").output == "no cases are told of it yet\n"
    unknown = call("S99")
    assert (unknown.exit_code, "no indicator S99" in unknown.output) == (2, True)
