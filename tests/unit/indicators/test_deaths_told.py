"""The dead by who tells of them, as the analyst reads it: summed by hand, and what the command prints."""

import json

import pytest
from typer.testing import CliRunner

from percorsi import cli, pipeline
from percorsi.indicators.deaths import Deaths, as_text, deaths, summed
from percorsi.small_frame import small_frame

COLUMNS = ("region", "sources", "days_apart", "lies", "cdm_says", "sism_says", "persons")
BEFORE, IN_YEAR, AFTER = "before_first_contact", "from_first_contact", "after_year"
ROWS = [
    ("IT", "cdm,ana", 0, IN_YEAR, "other", "none", 40),
    ("IT", "cdm,ana", 0, AFTER, "suicide", "none", 5),
    ("IT", "cdm,ana", 7, IN_YEAR, "other", "none", 3),
    ("IT", "cdm,ana", 8, IN_YEAR, "other", "none", 2),
    ("IT", "cdm,ana,sism", 1, BEFORE, "suicide", "suicide", 4),
    ("IT", "cdm,sism", 400, IN_YEAR, "other", "suicide", 3),
    ("IT", "sism", 0, IN_YEAR, "none", "suicide", 1),
    ("IT", "sism", 0, IN_YEAR, "none", "other", 2),
    ("030", "cdm,ana", 0, IN_YEAR, "other", "none", 40),
]


def found() -> Deaths:
    return summed(2015, "IT", (dict(zip(COLUMNS[1:], row[1:], strict=True)) for row in ROWS if row[0] == "IT"))


def test_summed_by_hand():
    rows = {row["sources"]: tuple(row.values())[1:] for row in found().by_sources}
    # persons; the same day, within 7 days, further; before the first contact, from it on, after the year
    assert rows == {
        "cdm,ana": (50, 45, 3, 2, 0, 45, 5),
        "cdm,ana,sism": (4, 0, 4, 0, 4, 0, 0),
        "cdm,sism": (3, 0, 0, 3, 0, 3, 0),
        "sism": (3, 3, 0, 0, 0, 3, 0),
    }
    assert [tuple(row.values()) for row in found().suicides] == [
        ("none", "suicide", 1),
        ("other", "suicide", 3),
        ("suicide", "none", 5),
        ("suicide", "suicide", 4),
    ]


def test_as_text_nobody_reads_a_one_or_a_two():
    lines = [line.rstrip() for line in as_text(found()).splitlines()]
    assert lines[0] == "2015, the nation: persons in contact who are dead by 31 December 2016, by who tells it"
    body = {line.split("  ")[0]: line.split() for line in lines}
    assert body["causes of death, ANA"][-7:] == ["50", "45", "3", "<3", "0", "45", "5"]
    assert body["SISM"][-7:] == ["3", "3", "0", "0", "0", "3", "0"]
    assert body["none"] == ["none", "suicide", "<3"]
    assert lines[-1] == "<3: 1 to 2; unprotected otherwise: for the analyst, not for publication"
    nobody = summed(2015, "030", [])
    assert as_text(nobody) == "2015, region 030 Lombardia: nobody in contact is told to be dead"
    no_suicide = summed(2015, "IT", [dict(zip(COLUMNS[1:], ROWS[0][1:], strict=True))])
    assert "nobody's death is told to be a suicide" in as_text(no_suicide).splitlines()


class Store:
    """Features of 2015 and 2014, of which one is asked for."""

    def __init__(self, spark) -> None:
        rows = [(*row, 2015) for row in ROWS] + [(*row, 2014) for row in ROWS]
        types = "region string, sources string, days_apart int, lies string, cdm_says string, sism_says string"
        self.spark, self.frame = spark, small_frame(spark, rows, f"{types}, persons bigint, year int")

    def read(self, name: str):
        assert name == "features/death_agreement"
        return self.frame


def test_the_command_tells_the_nation_or_a_region(spark, monkeypatch, tmp_path):
    store, asked = Store(spark), []
    monkeypatch.setattr("percorsi.features.require", lambda _store, _settings, year: asked.append(year))
    monkeypatch.setattr("percorsi.session.spark_session", lambda *_: spark)
    monkeypatch.setattr(pipeline, "_need_current", lambda *_: None)
    monkeypatch.setattr(pipeline, "Store", lambda *_: store)
    home = ("--home", str(tmp_path), "--year", "2015")
    nation = CliRunner().invoke(cli.app, ["deaths", *home])
    assert nation.exit_code == 0, nation.output
    assert nation.stdout.splitlines() == as_text(found()).splitlines()
    assert deaths(store, 2015) == found()
    told = json.loads(CliRunner().invoke(cli.app, ["deaths", "--json", "--region", "030", *home]).stdout)
    (row,) = told["by_sources"]
    assert (told["area"], row["sources"], row["persons"], row["same_day"]) == ("030", "cdm,ana", 40, 40)
    assert asked == [2015, 2015]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--year", "2015", "--region", "30"), 2, "030 Lombardia"),
        ((), 2, "--year"),
        (("--year", "2015"), 7, "nothing was delivered"),
    ],
)
def test_what_cannot_be_told_says_why(tmp_path, arguments, code, said):
    result = CliRunner().invoke(cli.app, ["deaths", *arguments, "--home", str(tmp_path)])
    assert (result.exit_code, said in result.output) == (code, True), result.output
