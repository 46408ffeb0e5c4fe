"""Which periods of which flow are missing: whole years, semesters and months are the same thing in other words."""

from datetime import date

import pytest

from percorsi.flows.layout import load_layouts
from percorsi.flows.ledger import Entry
from percorsi.flows.missing import matrix, missing, spans
from percorsi.periods import months_of
from percorsi.regions import regions

_ALL = load_layouts()
LAYOUTS = {flow: _ALL[flow] for flow in ("PST", "SDO")}
NATIONAL = _ALL["SDO"].model_copy(update={"flow": "AIC", "scope": "national"})


def _file(flow: str, region: str, year: int, period: str = "", refused: str | None = None) -> Entry:
    name = "_".join(part for part in (flow, region, str(year), period) if part) + ".csv"
    place = (name, flow, region, str(year), period)
    return Entry("d", date(2016, 4, 30), *place, "", "", 0, 0, 0, 0, refused, {})


def _told(entries: list[Entry], year: int | None = None, **layouts) -> dict[tuple[str, str], tuple]:
    rows = missing(entries, LAYOUTS | layouts, year)
    return {(r["flow"], r["region"]): (r["state"], r["expected"], r["missing"], r["cell"]) for r in rows}


def test_years_are_expected_from_the_first_to_the_last_that_any_file_names() -> None:
    told = _told([_file("PST", "030", 2013, "S1"), _file("PST", "030", 2013, "S2"), _file("SDO", "050", 2014)])
    assert told["PST", "030"] == ("some", 4, ["2014 S1", "2014 S2"], "2014 missing")
    assert told["SDO", "050"] == ("some", 2, ["2013"], "2013 missing")
    assert told["SDO", "030"] == ("never", 2, ["2013", "2014"], "never")
    assert len(told) == 2 * len(regions()) == 42


def test_a_year_may_come_whole_in_semesters_or_in_months_and_a_semester_as_itself() -> None:
    months = [_file("SDO", "030", 2015, f"{m:02}") for m in range(1, 13)]
    halves = [_file("SDO", "050", 2015, "S1"), _file("SDO", "050", 2015, "S2")]
    mixed = [_file("SDO", "060", 2015, "S1"), *(_file("SDO", "060", 2015, f"{m:02}") for m in range(7, 11))]
    few = [_file("SDO", "070", 2015, "01"), _file("SDO", "070", 2015, "02")]
    told = _told([*months, *halves, *mixed, *few, _file("SDO", "080", 2015)])
    for region in ("030", "050", "080"):
        assert told["SDO", region] == ("all", 1, [], "all")
    assert told["SDO", "060"] == ("some", 1, ["2015 11", "2015 12"], "2015 11 - 2015 12 missing")
    assert told["SDO", "070"][2] == ["2015 03", "2015 04", "2015 05", "2015 06", "2015 S2"]


def test_an_empty_file_is_a_delivery_and_a_refused_one_is_none() -> None:
    told = _told([_file("PST", "030", 2015, "S1"), _file("PST", "030", 2015, "S2", refused="not text")])
    assert told["PST", "030"] == ("some", 2, ["2015 S2"], "2015 S2 missing")
    assert missing([_file("PST", "030", 2015, "S1", refused="not text")], LAYOUTS) == []


def test_one_year_can_be_asked_for() -> None:
    entries = [_file("PST", "030", 2013, "S1"), _file("PST", "030", 2015, "S2")]
    assert _told(entries, 2015)["PST", "030"] == ("some", 2, ["2015 S1"], "2015 S1 missing")
    assert _told(entries)["PST", "030"][3] == "2013 S2 - 2015 S1 missing"
    assert _told(entries, 2017)["PST", "030"][3] == "2017 missing"


def test_a_flow_of_the_nation_has_one_row_unless_a_region_sends_it() -> None:
    at_all = _file("PST", "030", 2015, "S1")
    assert _told([at_all], AIC=NATIONAL)["AIC", "IT"] == ("never", 1, ["2015"], "never")
    told = _told([at_all, _file("AIC", "", 2015)], AIC=NATIONAL)
    assert {key for key in told if key[0] == "AIC"} == {("AIC", "IT")} and told["AIC", "IT"][0] == "all"
    told = _told([at_all, _file("AIC", "050", 2015)], AIC=NATIONAL)
    assert {key for key in told if key[0] == "AIC"} == {("AIC", "050")}


@pytest.mark.parametrize(
    ("periods", "words"),
    [
        ([("2012", ""), ("2013", ""), ("2015", "")], ["2012-2013", "2015"]),
        ([("2012", "S2"), ("2013", "S1")], ["2012 S2 - 2013 S1"]),
        ([("2012", "03")], ["2012 03"]),
        ([("2012", "12"), ("2013", "01")], ["2012 12 - 2013 01"]),
        ([(f"{2000 + n}", "S1") for n in range(2)], ["2000 S1", "2001 S1"]),
    ],
)
def test_months_are_told_as_the_runs_they_make(periods: list[tuple[str, str]], words: list[str]) -> None:
    assert spans(set().union(*(months_of(int(year), part) for year, part in periods))) == words


def test_the_matrix_has_regions_by_flows_and_names_who_sent_nothing() -> None:
    gaps = [_file("PST", "050", year, "S1") for year in (2010, 2012, 2014, 2016)]
    entries = [_file("SDO", "050", 2010), _file("AIC", "", 2010), *gaps]
    lines = matrix(missing(entries, LAYOUTS | {"AIC": NATIONAL})).splitlines()
    assert lines[0].split() == ["region", "PST", "SDO", "AIC"]
    assert lines[2].split("  ")[0] == "IT nation" and lines[2].endswith("2011-2016 missing")
    assert lines[3].startswith("050 Veneto  2010 S2 - 2011 S2, 2012 S2 - 2013 S2 and 2 more missing")
    assert lines[5].startswith("never anything from: 010 Piemonte, 020 Valle d'Aosta")
    silent = " ".join(lines[5:])
    assert "050" not in silent and silent.count(",") == len(regions()) - 2 and silent.endswith("200 Sardegna")
    assert matrix([]) == "nothing yet"
