"""The oracle's table of the four sets: codes, components, and the flows and years each code needs."""

import pytest

from oracle.compare import MEANS
from oracle.coverage import needs
from oracle.indicators import compute
from oracle.sets import CODES, components, is_mean, model
from oracle_files import Delivery, Files, Y, Year

LAST = {"S": 48, "BP": 38, "D": 23, "DGP": 28}


def test_every_code_of_the_agreement():
    every = [f"{name}{number}" for name, last in LAST.items() for number in range(1, last + 1)]
    assert len(every) == 137
    assert every == CODES


def test_means_are_those_the_comparer_knows():
    assert {code for code in CODES if is_mean(code)} == set(MEANS)


def test_components_of_the_sections_table():
    by_group = ("", "1a", "1b", "1c", "2a", "2b", "2c", "a", "b", "c")
    assert components("BP15") == components("D10") == components("S18") == by_group
    assert components("BP27") == components("D18") == ("", "a", "b", "c")
    assert components("DGP23") == components("BP34") == ("", "a", "b", "a_or_b")
    assert components("BP17") == ("", "a", "b", "both")
    assert components("D14") == ("", "1", "2", "3") and components("D16") == ("", "a", "b", "c", "d")
    assert components("DGP19") == ("", "a", "b", "c", "a_allT", "b_allT", "c_allT")
    assert components("DGP20") == (*by_group, *(f"{part}_allT" for part in by_group[1:]))
    assert components("BP25") == ("",)
    assert components("DGP25") == components("S44") == ("", "M", "F")


def test_one_set_alone(tmp_path):
    files = Files(tmp_path)
    files.cells()
    rows = list(compute(Delivery(tmp_path), Year(Y), ["D"]))
    assert {row[0] for row in rows} == {code for code in CODES if code[:2] not in ("DG",) and code.startswith("D")}


def test_siblings_need_what_their_model_does():
    for code in CODES:
        if code not in ("BP25", "DGP5", "DGP15"):  # over all T: nobody is asked whether new
            assert needs(code, Y) == needs(model(code), Y)
    for code in ("BP25", "DGP15"):
        assert {year for _, year, _ in needs(code, Y)} == {Y}
    assert {year for _, year, _ in needs("DGP5", Y)} == {Y, Y + 1}


@pytest.mark.parametrize(
    ("code", "flow", "years"),
    [
        ("BP8", "SDO", {-3, -2, -1, 0}),
        ("BP9", "SDO", {-3, -2, -1, 0}),
        ("BP9", "SUP", set()),
        ("BP15", "FAR", {-2, -1, 0, 1}),
        ("BP16", "SPE", {0, 1}),
        ("BP16", "CNT", {0, 1}),
        ("BP17", "SDO", {-1, 0, 1}),
        ("BP17", "CNT", {0}),
        ("BP17", "AIC", {-1, 0, 1}),
        ("BP28", "SPE", {0}),
        ("BP30", "DIR", {-1, 0}),
        ("BP32", "SDO", {0, 1}),
        ("BP34", "PSR", {0, 1}),
        ("D4", "PST", {-3, -2, -1, 0, 1}),
        ("D13", "SDO", {-3, -2, -1, 0}),
        ("D14", "SUP", set()),
        ("D16", "FAR", {-3, -2, -1, 0}),
        ("D17", "SDO", {-2, -1, 0}),
        ("D18", "DIR", {-3, -2, -1, 0, 1}),
        ("D18", "ANT", {-2, -1, 0, 1}),
        ("DGP2", "NPIA", {-3, -2, -1, 0}),
        ("DGP2", "CNT", {-3, -2, -1, 0}),
        ("DGP7", "SDO", {0}),
        ("DGP11", "SUP", {0}),
        ("DGP13", "SUP", {0}),
        ("DGP16", "PST", {0, 1}),
        ("DGP16", "SDO", {0}),
        ("DGP19", "SDO", {0, 1}),
        ("DGP20", "AIC", {0, 1}),
        ("DGP27", "PSR", {0}),
    ],
)
def test_years_of_a_flow(code, flow, years):
    assert {year - Y for needed, year, _ in needs(code, Y) if needed == flow} == years


@pytest.mark.parametrize(
    ("gone", "code", "why"),
    [
        ("SUP", "DGP13", "supplementary_flow_absent"),
        ("SUP", "DGP16", "denominator_zero"),  # used where it is there
        (f"NPIA_030_{Y - 3}", "DGP2", "window_not_covered"),
        (f"NPIA_030_{Y - 3}", "DGP1", "denominator_zero"),
        (f"PSS_030_{Y + 1}_S2", "D4", "denominator_zero"),  # the first semester is enough
        (f"PSS_030_{Y + 1}_S2", "DGP16", "window_not_covered"),
        (f"PSS_030_{Y + 1}_S1", "DGP5", "window_not_covered"),
        (f"SDO_030_{Y - 1}", "BP17", "window_not_covered"),
        (f"SDO_030_{Y - 3}", "D16", "denominator_zero"),
        (f"FAR_030_{Y - 3}", "D16 d", "window_not_covered"),
        ("SPE", "BP30", "missing_flow"),
        (f"DIR_030_{Y + 1}", "DGP20 1a_allT", "window_not_covered"),
    ],
)
def test_flows_and_years_that_are_needed(tmp_path, gone, code, why):
    files = Files(tmp_path).all_flows()
    for name in [name for name in files.lines if name.startswith(gone)]:
        del files.lines[name]
    assert files.nation(code) == why
