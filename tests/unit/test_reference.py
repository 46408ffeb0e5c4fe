"""The reference data: what they sum to, and what is said of a file with a fault."""

import shutil
from pathlib import Path

import pytest

from percorsi import reference
from percorsi.errors import ConfigurationError
from percorsi.settings import conf_dir, load_yaml


@pytest.fixture
def files(tmp_path, monkeypatch) -> Path:
    """A copy of the reference data of two years, the configuration's own otherwise."""
    own = conf_dir() / "reference"
    for name in ("population", "deaths"):
        (tmp_path / "reference" / name).mkdir(parents=True)
        for file in ("2014.csv", "2015.csv", "totals.yaml"):
            shutil.copy(own / name / file, tmp_path / "reference" / name / file)
    monkeypatch.setattr(reference, "conf_dir", lambda: tmp_path)
    return tmp_path / "reference"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    path.write_text(text.replace(old, new))


def test_the_published_totals():
    assert reference.population(2015)["residents"].sum() == 60_795_612
    assert reference.deaths(2015)["deaths"].sum() == 647_571
    assert reference.years_of_population() == list(range(2010, 2018))
    assert reference.years_of_deaths() == list(range(2010, 2016))
    reference.check_reference()


def test_deaths_of_years_that_fall_short_of_what_was_published():
    """ISTAT printed 612,883 deaths of 2012, 19,481 more than in 2011; the table has 0.5% less, in 2010 1.1%."""
    published = load_yaml(conf_dir() / "reference" / "deaths" / "totals.yaml")["published"]
    assert published[2012] - published[2011] == 19_481
    short = {year: total - int(reference.deaths(year)["deaths"].sum()) for year, total in published.items()}
    assert short == {2010: 6_181, 2011: 2_790, 2012: 2_988, 2013: 4_796}
    assert [round(100 * short[year] / published[year], 1) for year in short] == [1.1, 0.5, 0.5, 0.8]


def test_figures_as_istat_printed_them():
    """Piemonte, women of age 0 on 1 January 2010, and of 0 to 4 who died in 2010; both sexes and the open classes."""
    people = reference.population(2010).set_index(["region", "sex", "age"])["residents"]
    assert people["010", "2", 0] == 18_921
    dead = reference.deaths(2010).set_index(["region", "sex", "age_class"])["deaths"]
    assert dead["010", "2", 0] == 58
    assert people.index.get_level_values("age").max() == 100 and dead.index.get_level_values("age_class").max() == 90
    assert set(people.index.get_level_values("sex")) == {"1", "2"}


def test_the_names_of_classes():
    assert [reference.class_name(lowest) for lowest in (0, 35, 85, 90)] == ["0-4", "35-39", "85-89", "90+"]


def test_a_later_year_is_a_file_more_and_its_total(files):
    with pytest.raises(reference.ReferenceMissing, match=r"population/2016.csv: ISTAT's residents of 2016 are not"):
        reference.population(2016)
    shutil.copy(files / "population" / "2015.csv", files / "population" / "2018.csv")
    with pytest.raises(ConfigurationError, match=r"totals.yaml: no total of 2018 \[no_total\]"):
        reference.population(2018)
    with (files / "population" / "totals.yaml").open("a") as stream:
        stream.write("  2018: 60795612\n")
    assert reference.population(2018)["residents"].sum() == 60_795_612
    assert reference.years_of_population() == [2014, 2015, 2018]


# what is written in the place of what, in the first row of deaths of 2015: the line and the rule
FAULTS = {
    "region": ("010,F,0-4,", "011,F,0-4,", "line 2: .*region"),
    "sex": ("010,F,0-4,", "010,2,0-4,", "line 2: .*sex"),
    "age_class": ("010,F,5-9,", "010,F,5-10,", "line 3: .*age_class"),
    "count": ("010,F,0-4,51", "010,F,0-4,-51", "line 2: .*count"),
    "no count": ("010,F,0-4,51", "010,F,0-4,", "line 2: .*count"),
    "doubled": ("010,F,5-9,", "010,F,0-4,", "line 3: .*doubled"),
    "missing": ("010,F,0-4,51\n", "", "region 010, sex F, age_class 0-4 has no row .1 have none. .*missing"),
    "columns": ("region,sex,age_class,deaths", "region,sex,age,deaths", "line 1: .*columns"),
    "total": ("010,F,0-4,51", "010,F,0-4,52", "sums to 647,572, not to the 647,571 .*total"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_names_file_line_rule_and_next_step(fault, files):
    old, new, told = FAULTS[fault]
    change(files / "deaths" / "2015.csv", old, new)
    with pytest.raises(ConfigurationError, match=rf"deaths/2015\.csv.*{told}") as raised:
        reference.deaths(2015)
    assert raised.value.next_step
    with pytest.raises(ConfigurationError):
        reference.check_reference()
    assert reference.deaths(2014)["deaths"].sum() == 598_364  # the other files are as they were


def test_what_is_no_table_is_refused(files):
    (files / "population" / "2015.csv").write_bytes(b"\xff\xfe\x00region")
    with pytest.raises(ConfigurationError, match=r"population/2015\.csv: cannot be read as a table"):
        reference.population(2015)
