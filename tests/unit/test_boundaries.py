"""Codes of aziende and DSMs that move: what the table says, what it must not say, what becomes of a code."""

import re

import pytest

from percorsi.cohorts.window import EvaluationWindow
from percorsi.errors import ConfigurationError
from percorsi.features.boundaries import Boundaries, Register, answers
from percorsi.features.crosswalk import COLUMNS, Code, Crosswalk, brought, crosswalk_file, keep, load_crosswalk
from percorsi.settings import conf_dir
from percorsi.small_frame import small_frame
from percorsi.tables import table

HEADER = ",".join(COLUMNS)
# 080: 110 and 111 become 114 in 2014, its DSM 009 becomes 001 of 115 in 2016. 090: 101 and 102 become 201 in 2016, and
# the DSM 003 of 103 becomes 001 of 201. 030: DSM 001 takes 002 in and stays what it is; 003 is split in 2016: its
# structure 030777 goes to the new 004.
ROWS = [
    "2014,080,110,,,114,",
    "2014,080,111,,,114,",
    "2016,080,114,009,,115,001",
    "2016,090,101,,,201,",
    "2016,090,102,,,201,",
    "2016,090,103,003,,201,001",
    "2016,030,321,001,,321,001",
    "2016,030,321,002,,321,001",
    "2016,030,321,003,030777,321,004",
]


def load(folder, *rows: str) -> Crosswalk:
    path = folder / "area_crosswalk.csv"
    path.write_text("\n".join(["# moves", HEADER, *rows]) + "\n", encoding="utf-8")
    return load_crosswalk(path)


@pytest.fixture
def crosswalk(tmp_path) -> Crosswalk:
    return load(tmp_path, *ROWS)


def test_the_table_of_the_configuration_is_sound():
    assert isinstance(load_crosswalk(conf_dir() / "reference" / "area_crosswalk.csv"), Crosswalk)


def test_forward_through_chains(crosswalk):
    assert crosswalk.forward("080", Code("110", "009"), 2013, 2016) == Code("115", "001")
    assert crosswalk.forward("080", Code("110", "009"), 2013, 2015) == Code("114", "009")
    assert crosswalk.forward("080", Code("111", "002"), 2012, 2016) == Code("114", "002")
    assert crosswalk.forward("080", Code("111", "002"), 2014, 2016) == Code("111", "002")  # no such code then
    assert crosswalk.forward("030", Code("321", "003", "030777"), 2015, 2016) == Code("321", "004", "030777")
    assert crosswalk.forward("030", Code("321", "003", "030778"), 2015, 2016) == Code("321", "003", "030778")


def test_backward_where_one_code_alone_may_have_been(crosswalk):
    assert crosswalk.backward("080", Code("115", "001"), 2016, 2013) == (
        {Code("110", "009"), Code("111", "009")},
        {Code("114", "009"), Code("115", "001")},
    )
    assert crosswalk.backward("030", Code("321", "001"), 2016, 2015) == (
        {Code("321", "001"), Code("321", "002")},
        set(),
    )
    assert crosswalk.backward("030", Code("321", "004", "030777"), 2016, 2015)[0] == {Code("321", "003", "030777")}
    assert crosswalk.backward("090", Code("201", "002"), 2016, 2015) == (
        {Code("101", "002"), Code("102", "002")},
        {Code("201", "002")},
    )
    assert crosswalk.backward("030", Code("322", "002"), 2016, 2015) == ({Code("322", "002")}, set())


def register() -> Register:
    """Of 2015: 101 has DSM 001 and 002, 102 has 002, both with structures; in 030 the DSMs 001, 002, 003."""
    known = Register()
    known.add("090", "101", "001", "09010101")
    known.add("090", "101", "002", "09010102")
    known.add("090", "102", "002", "09010202")
    known.add("090", "103", "003", "09010303")
    known.add("030", "321", "001", "03032101")
    known.add("030", "321", "002", "03032102")
    known.add("030", "321", "003", "030777")
    return known


def test_the_register_of_the_year_leaves_one_of_several(crosswalk):
    told = answers(crosswalk, register(), EvaluationWindow(2015))
    tuscany = told["090", "201", 2016]
    assert tuscany["001", ""] is None  # DSM 001 of 101, or 003 of 103
    assert tuscany["001", "09010101"] == Code("101", "001", "09010101")
    assert tuscany["001", "09010303"] == Code("103", "003", "09010303")
    assert tuscany["002", ""] is None
    assert tuscany["002", "09010202"] == Code("102", "002", "09010202")
    assert tuscany["", ""] is None
    lombardy = told["030", "321", 2016]
    assert lombardy["001", ""] is None
    assert lombardy["001", "03032102"] == Code("321", "002", "03032102")
    assert lombardy["004", "030777"] == Code("321", "003", "030777")


def test_the_register_of_the_year_leaves_out_what_was_not_there(crosswalk):
    known = register()
    known.dsms["090"] -= {Code("101", "002")}
    told = answers(crosswalk, known, EvaluationWindow(2015))
    assert told["090", "201", 2016]["002", ""] == Code("102", "002")


def test_of_years_without_a_move_nothing_is_asked(crosswalk):
    assert answers(crosswalk, Register(), EvaluationWindow(2020)).keys() == {
        ("080", azienda, year)
        for azienda, years in {"110": (2013,), "111": (2013,), "114": (2013, 2014, 2015)}.items()
        for year in years
    } | {("090", azienda, year) for azienda in ("101", "102", "103") for year in (2013, 2014, 2015)} | {
        ("030", "321", year) for year in (2013, 2014, 2015)
    }
    assert answers(Crosswalk(), Register(), EvaluationWindow(2015)) == {}


SERVICES = [  # region, azienda, dsm, structure, year
    ("080", "110", "009", "S1", 2011),  # long before: as in the year before the first move
    ("080", "111", "002", "S1", 2013),
    ("080", "114", "009", "S1", 2015),
    ("090", "201", "001", "09010101", 2016),
    ("090", "201", "001", "unknown", 2016),
    ("090", "201", "005", "unknown", 2016),
    ("030", "321", "004", "030777", 2016),
    ("030", "322", "002", None, 2016),
    ("090", "101", "001", "09010101", 2015),
    ("090", "103", "003", "09010303", 2015),
]


def test_rows_get_the_codes_of_the_year(spark, crosswalk):
    schema = "region string, azienda string, dsm string, structure string, year int"
    rows = small_frame(spark, SERVICES, schema)
    moved = Boundaries(crosswalk, rows, EvaluationWindow(2015)).of_year(rows)
    assert moved.columns == rows.columns
    assert sorted(map(tuple, moved.collect()), key=str) == sorted(
        [
            ("080", "114", "009", "S1", 2011),
            ("080", "114", "002", "S1", 2013),
            ("080", "114", "009", "S1", 2015),
            ("090", "101", "001", "09010101", 2016),
            ("090", None, None, "unknown", 2016),
            ("090", None, None, "unknown", 2016),
            ("030", "321", "003", "030777", 2016),
            ("030", "322", "002", None, 2016),
            ("090", "101", "001", "09010101", 2015),
            ("090", "103", "003", "09010303", 2015),
        ],
        key=str,
    )


def test_a_table_without_moves_leaves_rows_as_they_are(spark):
    service = small_frame(spark, [], table("conformed/service").schema)
    moved = Boundaries(Crosswalk(), service, EvaluationWindow(2015)).of_year(service)
    plan = moved._jdf.queryExecution().optimizedPlan().toString()
    assert moved.schema == service.schema and "Join" not in plan


@pytest.mark.parametrize(
    ("rows", "line", "why"),
    [
        (["2014,080,110,,,114,", "2014,080,110,,,115,"], 4, "line 3 moves the same code"),
        (["2014,080,110,,,114,", "2014,080,114,,,115,"], 3, "moves in the same year itself (line 4)"),
        (["2014,080,110,,,111,", "2014,080,111,,,110,"], 3, "moves in the same year itself (line 4)"),
        (["2014,080,110,001,,111,002", "2014,080,111,,,112,"], 3, "moves in the same year itself (line 4)"),
        (["2014,080,110,,,111,", "2014,080,111,001,,112,001"], 3, "moves in the same year itself (line 4)"),
        (["2014,081,110,,,114,"], 3, "the region is none"),
        (["14,080,110,,,114,"], 3, "year is not of its form"),
        (["2014,080,110,,,,"], 3, "new_azienda is not of its form"),
        (["2014,080,110,001,,114,"], 3, "given both, or neither"),
        (["2014,080,110,,080111,114,"], 3, "from a DSM to a DSM"),
        (["2014,080,110,,,114"], 3, "7 fields are expected"),
    ],
)  # fmt: skip
def test_a_table_with_a_fault_is_refused_with_file_and_line(tmp_path, rows, line, why):
    where = re.escape(f"{tmp_path / 'area_crosswalk.csv'}, line {line}: ")
    with pytest.raises(ConfigurationError, match=where + ".*" + re.escape(why)):
        load(tmp_path, *rows)


def test_a_destination_may_go_on_beside_what_it_takes_in_and_move_later(tmp_path):
    moves = load(tmp_path, "2014,080,110,,,114,", "2014,080,114,,,114,", "2015,080,114,,,110,").moves
    assert [move.stays for move in moves] == [False, True, False]


def test_a_file_without_the_header_is_refused(tmp_path):
    path = tmp_path / "area_crosswalk.csv"
    for text in ("", "# only words\n", "year,region\n"):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match="the header must be"):
            load_crosswalk(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read as UTF-8"):
        load_crosswalk(path)


def test_a_nation_brings_its_own_table_and_no_second_one(home, tmp_path):
    assert crosswalk_file(home) == conf_dir() / "reference" / "area_crosswalk.csv"
    delivery = tmp_path / "nation" / "delivery"
    delivery.mkdir(parents=True)
    load(delivery.parent, "2014,080,110,,,113,")  # beside the folder that is given, not in it
    assert brought(home, delivery) is None
    load(delivery, "2014,080,110,,,114,")
    table = brought(home, delivery)
    assert crosswalk_file(home).parent != home.path  # not before the delivery is in
    keep(home, table)
    keep(home, None)
    assert load_crosswalk(crosswalk_file(home)).moves[0].to == Code("114")
    assert brought(home, delivery) == table  # the same again
    load(delivery, "2014,080,110,,,115,")
    with pytest.raises(ConfigurationError, match="another table of boundaries already"):
        brought(home, delivery)
    (delivery / "area_crosswalk.csv").write_text(f"{HEADER}\n2014,080,110\n")
    with pytest.raises(ConfigurationError, match="7 fields"):
        brought(home, delivery)
