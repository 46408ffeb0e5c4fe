"""The pages of docs/indicators are those that the catalogue and the clinical cases make now."""

from pathlib import Path

import yaml

from percorsi.indicators.cases import load_cases
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.pages import pages, write_pages

DOCS = Path(__file__).parents[3] / "docs" / "indicators"
CARDS = """code,pathway,principal,phase,title
S42,schizophrenia,true,Trattamenti continuativi e a lungo termine,Senza fissa dimora
S5,schizophrenia,false,Presa in carico precoce,Intensità
BP6,bipolar,false,Presa in carico precoce,Intensità
D5,depressive,false,Presa in carico precoce,Intensità
S24,schizophrenia,true,Presa in carico precoce,Divario
"""
COHORTS = {"treated": {"parameters": {"adult_age": 18}, "clauses": {"adult": "age >= :adult_age"}}}
COMMON = {"grain": "person_year", "cohort": "treated", "needs": {"SISM": ["Y"], "SUP": ["Y"]}}
MEASURES = {
    "homeless": {
        **COMMON,
        "kind": "proportion",
        "status": "P",
        "title": "Homeless",
        "reading": "With at least {times}.",
        "parameters": {"times": 3},
        "components": {
            "a": {"numerator": {"many": "interventions >= :times"}},
            "b": {
                "parameters": {"times": 5},
                "population": {"known": "interventions >= 1"},
                "numerator": {"many": "interventions >= :times"},
            },
            "c": {"population": {"seen": "presences >= 1"}, "numerator": {"some": "presences >= :times"}},
            "d": {"population": {"known": "interventions >= 1"}, "numerator": {"many": "interventions >= :times"}},
        },
        "main": "b",
        "indicators": {"S42": {"pathway": "schizophrenia"}},
    },
    "intensity": {
        **COMMON,
        "kind": "mean",
        "status": "N",
        "title": "Intensity",
        "reading": "Contacts.",
        "value": "interventions + presences",
        "per": "spdc_stays",
        "indicators": {"S5": {"pathway": "schizophrenia"}, "BP6": {"pathway": "bipolar"}},
    },
}
CASES = """indicator: S5
cases:
- who: Seen twice
  why: 2 | 1 is 2.
  facts:
  - intervention: {day: 2015-03-01}
  - intervention: {day: 2015-03-02}
  expected: {value: 2}
"""


def made(folder: Path) -> dict[str, str]:
    """The pages of a catalogue of two measures, one of which has a case."""
    (folder / "cards.csv").write_text(CARDS, encoding="utf-8")
    (folder / "cohorts.yaml").write_text(yaml.safe_dump(COHORTS, sort_keys=False))
    (folder / "measures.yaml").write_text(yaml.safe_dump(MEASURES, sort_keys=False))
    (folder / "cases").mkdir()
    (folder / "cases" / "intensity.yaml").write_text(CASES)
    return pages(load_catalogue(folder), load_cases(folder / "cases"))


def section(page: str, title: str) -> list[str]:
    """The lines under a title, up to the next."""
    lines = page.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"## {title}")) + 1
    end = next((n for n, line in enumerate(lines[start:], start) if line.startswith("## ")), len(lines))
    return [line for line in lines[start:end] if line]


def test_pages_are_not_stale():
    stand = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    assert stand == pages(load_catalogue(), load_cases()), "python -m percorsi.indicators.pages docs/indicators"


def test_a_page_says_all_that_a_reader_asks():
    page = pages(load_catalogue(), load_cases())["S20.md"]
    for said in (
        "# S20 Psychiatric visit at the CSM within 14 days of SPDC discharge",
        "| official name | Pazienti che ricevono una visita psichiatrica in CSM entro 14 giorni dalla dimissione",
        "| phase | Gestione della fase acuta (care in the acute phase) |",
        "| mark | principal |",
        "`visited_in_time`: `days_to_csm_visit BETWEEN 0 AND :days`",
        "`days` = 14",
        "| needed flows | SISM Y, Y+1S1; SDO Y |",
        "N: national flows",
        "| Visited on day 14 | SPDC stay: from 2015-02-10, to 2015-03-03<br>intervention: day 2015-03-17 "
        "| 3 to 17 March is 14 days; both ends are within. | numerator |",
    ):
        assert said in page


def test_components_say_what_each_does_otherwise(tmp_path):
    page = made(tmp_path)["S42.md"]
    assert "\nWith at least 5.\n" in page  # the value is that of b
    assert section(page, "Population") == [
        "1. `pathway`: schizophrenia",
        "1. `adult`: `age >= :adult_age`",
        "1. `known`: `interventions >= 1`",
    ]
    assert section(page, "Numerator") == ["1. `many`: `interventions >= :times`"]
    assert section(page, "Parameters") == ["- `adult_age` = 18", "- `times` = 5"]
    assert section(page, "Components")[:9] == [
        "The value of the indicator is that of `b`, told above.",
        "- `a`: `times` = 3",
        "  - in the population also where `known` does not hold",
        "- `b`",
        "- `c`: `times` = 3",
        "  - in the population only where `seen`: `presences >= 1`",
        "  - in the population also where `known` does not hold",
        "  - in the numerator where `some`: `presences >= 3`",
        "- `d`: `times` = 3",
    ]
    assert "## Clinical cases" not in page


def test_a_number_of_the_features_tells_whom_it_moves_too():
    done = pages(load_catalogue(), load_cases())

    def numbers(code: str) -> list[str]:
        return [line for line in section(done[f"{code}.md"], "Numbers") if line.startswith("- ")]

    gap, start = numbers("DGP20")
    assert gap.startswith(
        "- `therapy_gap_days`, in `drug_classes_after_discharge_days_to_interruption`: one number for"
    )
    assert start == (
        "- `start_after_discharge_days`, in `drug_classes_after_discharge`: one number for S18, BP15, D10, DGP17, "
        "DGP18, DGP19 too"
    )
    assert numbers("DGP2") == ["- `precursor_years`, in `npia_precursor_contacts`"]
    monitoring, gap = numbers("S19")
    assert monitoring.startswith("- `monitoring_days`, in `dysmetabolic_risk_")
    assert monitoring.endswith(": one number for BP16 too")
    assert gap.startswith("- `therapy_gap_days`, in `dysmetabolic_risk_days_to_interruption`: one number for S18, S33")
    assert "## Numbers" not in done["S22.md"]


def test_a_mean_says_its_value_and_what_divides_it(tmp_path):
    page = made(tmp_path)["S5.md"]
    assert "| measure | `intensity` (mean), in `conf/indicators/measures.yaml` |" in page
    assert section(page, "Value") == [
        "`interventions + presences` of each person, divided by `spdc_stays`, the mean over all of them."
    ]
    assert "## Numerator" not in page and "## Components" not in page


def test_the_cases_of_a_measure_stand_on_all_its_pages(tmp_path):
    done = made(tmp_path)
    row = "| Seen twice | intervention: day 2015-03-01<br>intervention: day 2015-03-02 | 2 \\| 1 is 2. | value 2 |"
    assert section(done["S5.md"], "Clinical cases")[1:] == ["| who | what happened | why | expected |"] + [
        "| --- | --- | --- | --- |",
        row,
    ]
    assert section(done["BP6.md"], "Clinical cases")[-1] == row
    assert section(done["BP6.md"], "Clinical cases")[0].endswith(
        "are run by the tests; they are told of S5, of the same measure."
    )


def test_the_index_is_by_phase_and_says_what_is_not_measured(tmp_path):
    index = made(tmp_path)["README.md"]
    phases = [line for line in index.splitlines() if line.startswith("## ")]
    assert phases == [
        "## Presa in carico precoce (early care)",
        "## Trattamenti continuativi e a lungo termine (continuous and long-term treatment)",
    ]
    assert [line.split(" | ")[0] for line in section(index, "Presa")[2:]] == ["| [S5](S5.md)", "| [BP6](BP6.md)"]
    assert section(index, "Trattamenti")[2] == (
        "| [S42](S42.md) | Homeless | Senza fissa dimora | schizophrenia | principal | P | `homeless` |"
    )
    assert index.splitlines()[-1] == "Not measured yet: schizophrenia: S24; depressive disorder: all 1."


def test_pages_of_indicators_that_are_no_more_go(tmp_path):
    (tmp_path / "S99.md").write_text("old")
    write_pages(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in DOCS.glob("*.md"))
