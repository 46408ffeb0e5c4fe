"""The oracle's suicide and mortality, with numbers worked out by hand."""

import pytest

from oracle import gap, mortality
from oracle.indicators import compute
from oracle_files import Delivery, Files, Y, Year

DEATHS = ["region,sex,age_class,deaths", "030,F,50-54,300", "010,F,50-54,100", "030,M,50-54,800", "030,F,90+,50"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Women of 50 to 54: 400 deaths, 900 and 1,100 residents, a rate of 0.4 a year; men one of 0.5."""
    for name, years in (("deaths", (Y,)), ("population", (Y, Y + 1))):
        (tmp_path / name).mkdir()
        for year in years:
            people = ["region,sex,age,residents", f"030,F,50,{900 if year == Y else 1000}", "010,F,54,100"][
                : 2 + year - Y
            ]
            people += ["030,M,52,1600", "030,F,90,50", "030,F,100,50"]
            rows = DEATHS if name == "deaths" else people
            (tmp_path / name / f"{year}.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(mortality, "REFERENCE", tmp_path)
    monkeypatch.setattr(gap, "POPULATION", tmp_path / "population")
    mortality.counts.cache_clear()
    gap.residents_of_regions.cache_clear()
    yield Files(tmp_path / "files")
    mortality.counts.cache_clear()
    gap.residents_of_regions.cache_clear()


def test_rates_of_the_nation(files):
    assert mortality.counts("population", Y)["2", 50] == 900
    assert mortality.counts("population", Y + 1)["2", 50] == 1100
    assert mortality.counts("population", Y)["2", 90] == 100  # 90 and 100
    assert mortality.counts("deaths", Y)["2", 50] == 400
    assert mortality.counts("deaths", Y + 1) == {}


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        *[(cause, True) for cause in ("X60", "X70.9", "X84", "X849", "Y87.0", "Y870")],
        *[(cause, False) for cause in ("X59", "X599", "X85", "Y87.1", "Y87", "", "I21", "W19", "Y60")],
    ],
)
def test_causes(cause, said):
    assert mortality.is_suicide(cause) is said


def seen(files, who, day):
    """A man of 52 on the pathway of schizophrenia."""
    files.anagrafica(who=who, birth=str(Y - 52))
    files.episode(who=who)
    files.intervention(day, who=who, number=files.number())


def certify(files, who, day, cause):
    lines = files.lines[f"CDM_{Y}.csv"]
    if not lines:
        lines.append("CUNI~DATA_DECESSO~CAUSA_INIZIALE")
    lines.append(("C" + who).ljust(88, "0") + f"~{day}~{cause}")


def test_deaths_observed_and_expected(files):
    files.folder.mkdir()
    for who in "BCD":
        seen(files, who, f"{Y}-01-01")  # 365 days, half a death each
    seen(files, "A", f"{Y}-02-01")
    certify(files, "A", f"{Y}-07-02", "I21")  # 152 days: 28 + 31 + 30 + 31 + 30 + 2
    seen(files, "E", f"{Y}-02-01")
    certify(files, "E", f"{Y}-01-31", "X70")  # before the contact: in neither, and a suicide all the same
    cells = files.cells()
    expected = f"{1.5 + 152 / 365 / 2:.15g}"
    for name, sex in (("S44", ""), ("S44", "1"), ("S44 M", "")):
        assert cells[name, "IT", sex, ""] == (1, expected)
    assert cells["S44", "030-321-001", "", ""] == (1, expected)
    assert cells["S44 F", "IT", "", ""] == cells["S44", "IT", "9", ""] == "denominator_zero"
    assert ("S44", "IT", "", "45-54") not in cells and ("S44 M", "IT", "1", "") not in cells
    assert cells["S43", "IT", "", ""] == (1, 5)
    assert cells["S43", "IT", "", "45-54"] == (1, 5)


def test_less_than_one_expected(files):
    files.folder.mkdir()
    seen(files, "A", f"{Y}-01-01")
    certify(files, "B", f"{Y}-07-02", "I21")  # somebody else: the file is there
    cells = files.cells()
    assert cells["S44", "IT", "", ""] == "expected_below_one"
    assert cells["S43", "IT", "", ""] == (0, 1)
    assert given(files, "S44", "") == given(files, "S44", "M") == (0, "0.5", "expected_below_one")
    assert given(files, "S44", "F") == ("", "", "denominator_zero")


def test_a_death_where_none_is_expected(files, tmp_path):
    files.folder.mkdir()
    seen(files, "A", f"{Y}-01-01")
    certify(files, "A", f"{Y}-07-02", "I21")
    table = tmp_path / "deaths" / f"{Y}.csv"
    table.write_text(table.read_text().replace("030,M,50-54,800", "030,M,50-54,0"))
    files.cells()
    assert given(files, "S44", "") == given(files, "S44", "M") == (1, "0", "expected_below_one")
    assert given(files, "S44", "F") == ("", "", "denominator_zero")


def given(files, code, component):
    """Numerator, denominator and reason that the nation has, whatever the reason."""
    rows = compute(Delivery(files.folder), Year(Y), ["S"])
    (found,) = [row[6:] for row in rows if row[:6] == (code, component, "nation", "IT", "", "")]
    return found


def test_cdm_or_ana_and_the_reference_of_both_years(files, tmp_path):
    files.folder.mkdir()
    for who in "ABC":
        seen(files, who, f"{Y}-01-01")
    cells = files.cells()
    assert cells["S43", "IT", "", ""] == cells["S44", "IT", "", ""] == "missing_flow"
    files.lines[f"ANA_{Y}.csv"] = ["CUNI~DATA_INIZIO~SESSO~ANNO_NASCITA~REG_RES~ASL_RES~DATA_FINE~DATA_DECESSO"]
    cells = files.cells()
    assert cells["S43", "IT", "", ""] == "missing_flow"
    assert cells["S44", "IT", "", ""] == (0, "1.5")
    (tmp_path / "deaths" / f"{Y}.csv").unlink()
    mortality.counts.cache_clear()
    assert files.cells()["S44", "IT", "", ""] == "missing_flow"
