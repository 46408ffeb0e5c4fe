"""The oracle's treatment gap, with numbers worked out by hand."""

import pytest

from oracle import gap
from oracle.layouts import FIELDS
from oracle_files import Files, Y


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two regions: in one 20,000 live, in the other 50,000."""
    rows = ["region,sex,age,residents", "030,M,0,11000", "030,F,100,9000", "010,M,50,50000"]
    (tmp_path / f"{Y}.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(gap, "POPULATION", tmp_path)
    gap.residents_of_regions.cache_clear()
    yield Files(tmp_path / "files", regions=("030", "010"))
    gap.residents_of_regions.cache_clear()


def test_treated_by_residents_of_all_ages_and_by_the_catchments_of_the_csms(files):
    files.folder.mkdir()
    for who, dsm in (("A", "001"), ("B", "001"), ("D", "002")):
        files.anagrafica(who=who, dsm=dsm)
        files.episode(who=who, dsm=dsm)
        files.intervention(f"{Y}-02-01", who=who, dsm=dsm, number=files.number())
    register = "030~321~{}~{}~" + str(Y) + "~{}~public~~{}"
    files.lines[f"STR_030_{Y}.csv"] = ["~".join(FIELDS["STR"][:9])] + [
        register.format("001", "030321", "CSM", "3000"),
        register.format("001", "030322", "CSM", "1000"),
        register.format("001", "030323", "CD", "9000"),
        register.format("002", "030324", "CSM", ""),
    ]
    cells = files.cells()
    assert cells["S24", "030", "", ""] == ("1.5", 49.5)  # 3 of 20,000
    assert cells["S24 coverage", "IT", "", ""] == (
        "0.428571428571429",
        49.5,
    )  # 3 of 70,000: 010 covers, and treats nobody
    assert cells["S24", "010", "", ""] == ("0", 49.5)
    assert cells["S24", "030-321-001", "", ""] == ("5", 49.5)  # 2 of 4,000
    assert cells["S24", "030-321-002", "", ""] == "denominator_zero"
    assert cells["BP21", "IT", "", ""] == ("0", 70.0)
    assert ("S24", "IT", "1", "") not in cells and ("S24", "030", "", "35-44") not in cells


def test_without_residents_of_the_year_nothing_is_known(files, tmp_path):
    files.folder.mkdir()
    (tmp_path / f"{Y}.csv").unlink()
    assert files.cells()["S24", "030", "", ""] == "missing_flow"
    gap.residents_of_regions.cache_clear()
    (tmp_path / f"{Y + 1}.csv").write_text("region,sex,age,residents\n030,M,0,11000\n")
    assert files.cells()["S24", "030", "", ""] == "window_not_covered"
