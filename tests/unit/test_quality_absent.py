"""What the judging says of values that regions will not have: the run's own coverage, and the files by name."""

from datetime import date

import pytest

from percorsi.flows import load_layouts
from percorsi.flows.ledger import Entry
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.needs import FLOWS, SISM
from percorsi.quality.absent import absent, files_lacking

YEAR = 2015
OF_NATION = ("CDM", "ANA", "AIC")
REFERENCE = ("POP", "DEATHS")


def delivered(region: str) -> list[tuple[str, str, int, str]]:
    """Everything that any indicator of 2015 reads, but the supplementary flow."""
    years = range(YEAR - 3, YEAR + 2)
    semesters = [(flow, region, year, half) for flow in SISM for year in years for half in ("S1", "S2")]
    others = [flow for flow in (*FLOWS, "AIC") if flow not in ("SISM", "SUP", *REFERENCE)]
    return semesters + [(flow, "" if flow in OF_NATION else region, year, "") for flow in others for year in years]


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue()


def entry(row: tuple[str, str, int, str]) -> Entry:
    flow, region, year, period = row
    return Entry("d", date(2016, 4, 30), "f", flow, region, str(year), period, "", "", 0, 0, 0, 0, None, {})


def told(catalogue, rows: list, withheld: dict | None = None) -> tuple[dict, dict]:
    absences = absent(catalogue, rows, YEAR, withheld or {})
    return absences, files_lacking(catalogue, map(entry, rows), load_layouts(), YEAR, absences)


def test_who_delivered_all_lacks_the_supplementary_flow_alone(catalogue):
    absences, files = told(catalogue, delivered("030"))
    assert list(absences["030"]) == ["supplementary_flow_absent"]
    assert "030" not in files
    assert len(absences["010"]["missing_flow"]) == len(catalogue.by_code)  # Piemonte sent nothing


def test_a_semester_that_lacks_is_named_and_costs_what_needs_it(catalogue):
    rows = [row for row in delivered("030") if row != ("PSS", "030", YEAR, "S2")]
    absences, files = told(catalogue, rows)
    assert len(absences["030"]["window_not_covered"]) == len(catalogue.by_code)  # every cohort reads the presences
    assert files["030"] == {"PSS": ["2015 S2"]}


def test_a_year_that_nothing_needs_is_not_named(catalogue):
    gone = [("SPE", "030", YEAR - 3, ""), ("SPE", "030", YEAR, "")]
    absences, files = told(catalogue, [row for row in delivered("030") if row not in gone])
    lost = [code for code, (measure, _) in catalogue.by_code.items() if any(n.flow == "SPE" for n in measure.needs)]
    assert lost and absences["030"]["window_not_covered"] == lost
    assert files["030"] == {"SPE": ["2015"]}


def test_what_is_withheld_has_its_reason_after_what_was_not_delivered(catalogue):
    absences, _ = told(catalogue, delivered("030"), {"030": ["diagnosis"]})
    withheld, optional = absences["030"]["quality"], absences["030"]["supplementary_flow_absent"]
    assert len(withheld) + len(optional) == len(catalogue.by_code) and not set(withheld) & set(optional)
