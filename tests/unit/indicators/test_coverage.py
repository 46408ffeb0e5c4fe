"""Coverage by hand: the rows that a region delivered, the reason that follows."""

import pytest
from indicator_nation import everything

from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.coverage import Coverage, coverage
from percorsi.indicators.needs import DRUGS, FLOWS, SISM, parse_need
from percorsi.regions import bit, regions

Y = 2015
YEARS = range(Y - 3, Y + 2)
REFERENCE = ("POP", "DEATHS")  # of conf/reference, delivered by nobody
OTHER_FLOWS = [flow for flow in (*FLOWS, "AIC") if flow not in ("SISM", "SDO", *REFERENCE)]
FULL = everything("030", YEARS) + [(flow, "030", year, "") for flow in OTHER_FLOWS for year in YEARS]
ONSET = {"S2", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12"}


def reason(code: str, delivered: list, **withheld) -> str | None:
    """The reason of Lombardia."""
    return coverage(load_catalogue(), delivered, Y, withheld).reasons[code].get("030")


def without(*gone: tuple) -> list:
    return [row for row in FULL if row not in gone]


def test_all_of_it_covers_every_indicator():
    covered = coverage(load_catalogue(), FULL, Y)
    for code in covered.reasons:
        assert covered.covering(code) == ["030"]
        assert covered.mask(code) == bit("030")
        assert set(covered.reasons[code].values()) == {"missing_flow"}
    assert covered.first_reason("S20", ["010"]) == "missing_flow"


def test_the_first_semester_after_is_needed_by_visits_after_discharge():
    lacks = without(("PST", "030", Y + 1, "S1"))
    assert [reason(code, lacks) for code in ("S20", "S21", "S22", "S25")] == ["window_not_covered"] * 4
    assert [reason(code, lacks) for code in ("S13", "S26", "S32")] == [None] * 3
    assert reason("S20", without(("PST", "030", Y + 1, "S2"))) is None
    assert reason("S25", without(("PST", "030", Y + 1, "S2"))) == "window_not_covered"


def test_hospital_years_that_readmission_and_continuity_need():
    assert reason("S14", without(("SDO", "030", Y - 1, ""))) == "window_not_covered"
    assert reason("S13", without(("SDO", "030", Y - 1, ""))) is None
    assert reason("S25", without(("SDO", "030", Y + 1, ""))) == "window_not_covered"


@pytest.mark.parametrize(
    ("row", "lost"),
    [
        (("NPIA", "030", Y - 3, ""), set()),
        (("NPIA", "030", Y - 2, ""), {"S1"}),
        (("NPIA", "030", Y, ""), {"S1"}),
        (("NPIA", "030", Y + 1, ""), set()),
        (("SIND", "030", Y, ""), {"S40"}),
        (("PS", "030", Y, ""), {"S23"}),
        (("SUP", "030", Y, ""), {"S16", "S28", "S29", "S48"}),
        (("SUP", "030", Y - 1, ""), set()),
        (("SPE", "030", Y - 1, ""), set()),
        (("SDO", "030", Y - 3, ""), {"S1", "S3"} | ONSET),
        (("SDO", "030", Y - 1, ""), {"S1", "S3", "S14"} | ONSET),
        (("SDO", "030", Y + 1, ""), {"S7", "S25", "S41"}),
        (("CNT", "030", Y - 3, "S1"), {"S1", "S3"} | ONSET),
        (("ANT", "030", Y - 1, "S2"), {"S1", "S3", "S42"} | ONSET),
        (("PSS", "030", Y + 1, "S1"), {"S3", "S4", "S7", "S20", "S21", "S22", "S25", "S41"}),
        (("PSS", "030", Y + 1, "S2"), {"S7", "S25"}),
        (("CDM", "030", Y, ""), {"S43"}),
        (("CDM", "030", Y + 1, ""), set()),
        (("ANA", "030", Y, ""), set()),
    ],
)
def test_what_a_period_that_lacks_costs(row, lost):
    covered = coverage(load_catalogue(), without(row), Y)
    drugs = {code for code, (m, _) in load_catalogue().by_code.items() if {need.flow for need in m.needs} & set(DRUGS)}
    lacking = {code for code in covered.reasons if "030" in covered.reasons[code]}
    assert {code for code in lacking - drugs if load_catalogue().by_code[code][1].pathway == "schizophrenia"} == lost
    assert {covered.reasons[code]["030"] for code in lost} <= {"window_not_covered"}


def test_the_supplementary_flow_is_absent_where_it_was_never_delivered():
    never = [row for row in FULL if row[0] != "SUP"]
    assert reason("S28", never) == "supplementary_flow_absent"
    assert reason("S28", [*never, ("SUP", "030", Y + 2, "")]) == "supplementary_flow_absent"
    assert reason("S28", [*never, ("SUP", "030", Y - 5, "")]) == "window_not_covered"  # read from before Y-3 too
    assert [reason(code, never) for code in ("S42", "S47")] == [None, None]
    assert reason("S28", [row for row in never if row[0] != "SDO"]) == "missing_flow"


def test_one_of_two_flows_is_enough():
    def lacking(*gone: tuple) -> list:
        return [row for row in FULL if not any(row[: len(own)] == own for own in gone)]

    cdm, ana = ("CDM", "030"), ("ANA", "030")
    assert reason("S44", lacking(cdm)) is reason("S44", lacking(ana)) is None
    assert reason("S44", lacking(cdm, ana)) == "missing_flow"
    # the one never came, the other for other years: some of what was asked for is there
    assert reason("S44", lacking(cdm, (*ana, Y))) == "window_not_covered"
    assert reason("S44", lacking((*cdm, Y), (*ana, Y))) == "window_not_covered"
    assert reason("S44", [*lacking(cdm, (*ana, Y)), ("ANA", "", Y, "")]) is None


@pytest.mark.parametrize(
    ("year", "why"),
    [
        (2015, None),
        (2016, "window_not_covered"),  # deaths up to 2015, residents up to 2017
        (2018, "window_not_covered"),
        (2019, "missing_flow"),  # 2015 is not among the years read, nor is any later one there
    ],
)
def test_a_year_without_reference_data_has_a_reason(year, why):
    years = range(year - 3, year + 2)
    delivered = everything("030", years) + [("CDM", "030", of, "") for of in years]
    assert coverage(load_catalogue(), delivered, year).reasons["S44"].get("030") == why
    assert "030" not in coverage(load_catalogue(), delivered, year).reasons["S43"]


@pytest.mark.parametrize("file", SISM)
def test_any_of_the_seven_files_is_missed(file):
    assert reason("S32", [row for row in FULL if row[0] != file]) == "missing_flow"
    assert reason("S32", without((file, "030", Y, "S2"))) == "window_not_covered"


def test_other_years_do_not_make_a_flow_there():
    only_other_flow = [row for row in FULL if row[0] != "SDO"]
    assert reason("S13", [*only_other_flow, ("SDO", "030", Y - 4, ""), ("SDO", "030", Y + 2, "")]) == "missing_flow"
    assert reason("S13", [*only_other_flow, ("SDO", "030", Y - 3, "")]) == "window_not_covered"


def test_a_register_without_a_year_covers_none():
    assert reason("S13", [*FULL, ("STR", "030", None, ""), ("CDM", "", None, "")]) is None
    assert reason("S13", [row for row in FULL if row[0] != "SDO"] + [("SDO", "030", None, "")]) == "missing_flow"


def test_a_year_is_a_file_or_two_halves_or_twelve_months():
    rest = [row for row in FULL if row[0] != "SDO"]
    months = [("SDO", "030", Y, f"{month:02}") for month in range(1, 13)]
    assert reason("S13", rest + months) is None
    assert reason("S13", rest + months[:-1]) == "window_not_covered"
    assert reason("S13", [*rest, ("SDO", "030", Y, "S1"), ("SDO", "030", Y, "S2")]) is None


def test_quality_comes_after_what_is_not_covered():
    assert reason("S20", FULL, CNT=["030"]) == "quality"
    assert reason("S20", without(("PST", "030", Y + 1, "S1")), diagnosis=["030"]) == "window_not_covered"
    assert reason("S20", FULL, diagnosis=["010"], other=["030"]) is None


def test_the_nation_has_the_first_reason_of_the_regions_left_out():
    found = Coverage({"S20": {region: "missing_flow" for region in regions()} | {"020": "window_not_covered"}})
    assert found.first_reason("S20", ["020"]) == "window_not_covered"
    assert found.first_reason("S20", ["020", "030"]) == "missing_flow"
    assert found.first_reason("S20", []) == "missing_flow"


@pytest.mark.parametrize(
    ("period", "first", "last", "count"),
    [
        ("Y", (2015, 1), (2015, 12), 12),
        ("Y-3", (2012, 1), (2012, 12), 12),
        ("Y+1S1", (2016, 1), (2016, 6), 6),
        ("YS2", (2015, 7), (2015, 12), 6),
    ],
)
def test_periods_are_months(period, first, last, count):
    months = parse_need("SISM", period).months(Y)
    assert (min(months), max(months), len(months)) == (first, last, count)
    assert str(parse_need("SISM", period)) == f"SISM {period}"


@pytest.mark.parametrize("period", ["Y+2", "Y-4", "2015", "Y+1S3", "X"])
def test_other_periods_are_refused(period):
    with pytest.raises(ValueError):
        parse_need("SISM", period)


def test_a_file_of_the_nation_holds_for_every_region():
    national = [row if row[0] != "SDO" else ("SDO", "", *row[2:]) for row in FULL]
    assert [reason(code, national) for code in ("S13", "S14", "S25")] == [None] * 3
    late = [row for row in national if row[:3] != ("SDO", "", Y - 1)]
    assert reason("S14", late) == "window_not_covered"
    assert reason("S14", [*late, ("SDO", "030", Y - 1, "")]) is None  # the nation's and the region's together


def test_drugs_need_the_register_of_packs():
    assert [parse_need(flow, "Y").files for flow in ("FAR", "DIR", "SPE")] == [
        ("FAR", "AIC"),
        ("DIR", "AIC"),
        ("SPE",),
    ]
