"""Codes of the evaluation year by random tables of moves and registers: the library and the oracle say the same."""

import random
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from oracle.boundaries import NOBODY_KNOWS, read_moves
from oracle.boundaries import Boundaries as Oracle
from percorsi.cohorts.window import EvaluationWindow
from percorsi.errors import ConfigurationError
from percorsi.features.boundaries import Answers, Boundaries, Register, answers, earliest_year
from percorsi.features.crosswalk import COLUMNS, Crosswalk, load_crosswalk
from percorsi.home import CROSSWALK
from percorsi.regions import regions
from percorsi.small_frame import small_frame

AZIENDE, DSMS, STRUCTURES = ("301", "302", "303"), ("001", "002"), ("s7", "s8", "s9")
YEARS = range(2012, 2017)
Y = 2015
Row = tuple[str, str, str, str]  # region, azienda, DSM, structure
SCHEMA = "region string, azienda string, dsm string, structure string, year int"


def table(folder: Path, *rows: str) -> Crosswalk:
    (folder / CROSSWALK).write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return load_crosswalk(folder / CROSSWALK)


def random_row(chance: random.Random, region: str) -> str:
    """A move of an azienda, of a DSM or of a structure; most of the year after."""
    year = chance.choice((2013, 2014, 2015, 2016, 2016, 2016, 2016, 2017))
    dsm, to = chance.choice(DSMS), chance.choice(DSMS)
    named = chance.choice((("", "", ""), (dsm, "", to), (dsm, "", to), (dsm, chance.choice(STRUCTURES[:2]), to)))
    old, new = chance.choice(AZIENDE), chance.choice((*AZIENDE, "304"))
    return f"{year},{region},{old},{named[0]},{named[1]},{new},{named[2]}"


def random_moves(chance: random.Random, folder: Path, region: str) -> list[str]:
    """Some rows that stand beside each other: one that the table may not hold is left out."""
    rows: list[str] = []
    for _ in range(chance.randint(1, 6)):
        row = random_row(chance, region)
        try:
            table(folder, *rows, row)
            rows.append(row)
        except ConfigurationError:
            continue
    return rows


def random_services(chance: random.Random, region: str) -> list[Row]:
    """None, or some of all structures that may be."""
    every = [(region, *code) for code in product(AZIENDE, DSMS, (*STRUCTURES, "s1"))]
    return chance.choice(([], [row for row in every if chance.random() < 0.3]))


def by_oracle(folder: Path, services: list[Row]) -> Oracle:
    names = ("regione", "azienda", "dsm", "struttura")
    rows = [SimpleNamespace(**dict(zip(names, row, strict=True)), anno=str(Y)) for row in services]
    return Oracle(read_moves(folder), rows, SimpleNamespace(year=Y))


def codes(*of_regions: str) -> list[tuple]:
    """Everything that may be asked: a DSM and a structure of which nothing speaks among them."""
    every = product(of_regions, (*AZIENDE, "304"), (*DSMS, "005"), (*STRUCTURES, "none"), YEARS)
    return list(every)


def looked_up(told: Answers, earliest: int, code: tuple) -> tuple[str | None, str | None]:
    """What `Boundaries.of_year` looks for, in its order."""
    region, azienda, dsm, structure, year = code
    moves = told.get((region, azienda, max(year, earliest)), {})
    for of in ((dsm, structure), (dsm, ""), ("", "")):
        if of in moves:
            answer = moves[of]
            return (answer.azienda, answer.dsm or dsm) if answer else NOBODY_KNOWS
    return azienda, dsm


def by_library(crosswalk: Crosswalk, services: list[Row]) -> tuple[Answers, int]:
    register, window = Register(), EvaluationWindow(Y)
    for row in services:
        register.add(*row)
    return answers(crosswalk, register, window), earliest_year(crosswalk, window)


def differences(folder: Path, rows: list[str], services: list[Row]) -> list[tuple]:
    crosswalk = table(folder, *rows)
    oracle, library = by_oracle(folder, services), by_library(crosswalk, services)
    region = rows[0].split(",")[1]
    asked = [(code, looked_up(*library, code), oracle.code(*code)) for code in codes(region)]
    return [answer for answer in asked if answer[1] != answer[2]]


def test_random_tables_and_registers(tmp_path) -> None:
    chance = random.Random(20150101)
    unknown = moved = 0
    for _ in range(1000):
        rows, services = random_moves(chance, tmp_path, "030"), random_services(chance, "030")
        assert not differences(tmp_path, rows, services), (rows, services)
        library = by_library(table(tmp_path, *rows), services)
        said = [(code[1:3], looked_up(*library, code)) for code in codes("030")]
        unknown += sum(answer == NOBODY_KNOWS for _, answer in said)
        moved += sum(answer not in (NOBODY_KNOWS, code) for code, answer in said)
    assert unknown > 500 and moved > 10000  # the tables are not idle


def test_random_tables_and_registers_in_frames(spark, tmp_path) -> None:
    chance = random.Random(7)
    rows = [row for region in regions() for row in random_moves(chance, tmp_path, region)]
    services = [row for region in regions() for row in random_services(chance, region)]
    crosswalk, oracle = table(tmp_path, *rows), by_oracle(tmp_path, services)
    service = small_frame(spark, [(*row, Y) for row in services], SCHEMA)
    asked = small_frame(spark, codes(*regions()), SCHEMA)
    told = Boundaries(crosswalk, service, EvaluationWindow(Y)).of_year(asked, into=("azienda_of_y", "dsm_of_y"))
    found = [tuple(row) for row in told.collect()]
    assert len(found) == len(codes(*regions()))
    assert not [row for row in found if row[5:] != oracle.code(*row[:5])]


# rows; services of 2015; (azienda, DSM, structure, year) -> azienda and DSM of 2015
ABSORBED = "2016,030,302,,,303,"
STAYS = "2016,030,303,,,303,"
OPEN = [("030", "302", "001", "s8"), ("030", "303", "001", "s9")]
BY_HAND = [
    # absorbed on 1 January 2016, the absorber keeps its code: nothing of 2015 and before is another one
    ([ABSORBED], [], {("303", "001", "s7", year): ("303", "001") for year in (2012, 2013, 2014, 2015)}),
    ([ABSORBED], [], {("302", "001", "s7", 2015): ("302", "001"), ("303", "001", "s7", 2016): ("302", "001")}),
    ([ABSORBED, STAYS], OPEN, {("303", "001", "s7", year): ("303", "001") for year in (2012, 2014, 2015)}),
    ([ABSORBED, STAYS], OPEN, {("303", "001", "s7", 2016): NOBODY_KNOWS, ("303", "001", "s8", 2016): ("302", "001"),
                               ("303", "001", "s9", 2016): ("303", "001")}),
    # with a move before 2015 too, the years before that one are led by it alone
    (["2014,030,301,,,303,", ABSORBED], [], {("301", "001", "s7", 2012): ("303", "001"),
                                             ("303", "001", "s7", 2012): ("303", "001"),
                                             ("303", "001", "s7", 2015): ("303", "001")}),
    # the structure's own row, though the register of 2015 has another DSM that goes there
    (["2016,030,302,001,,303,002", "2016,030,303,001,s7,303,002"], [("030", "302", "001", "s8")],
     {("303", "002", "s7", 2016): ("303", "001"), ("303", "002", "s1", 2016): ("302", "001")}),
    # ... unless the register of 2015 has the structure itself, in one DSM
    (["2016,030,302,001,,303,002", "2016,030,303,001,s7,303,002"], [("030", "302", "001", "s7")],
     {("303", "002", "s7", 2016): ("302", "001")}),
    (["2016,030,302,001,,303,002", "2016,030,303,001,s7,303,002"],
     [("030", "302", "001", "s7"), ("030", "303", "001", "s7")], {("303", "002", "s7", 2016): ("303", "001")}),
    # a DSM that only its row names, and that the row takes elsewhere: the azienda's row does not speak of it
    (["2016,030,302,,,303,", "2016,030,302,005,,303,001"], [], {("303", "005", "s1", 2016): ("303", "005")}),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "services", "expected"), BY_HAND)
def test_tables_worked_out_by_hand(tmp_path, rows, services, expected) -> None:
    crosswalk, oracle = table(tmp_path, *rows), by_oracle(tmp_path, services)
    library = by_library(crosswalk, services)
    for code, answer in expected.items():
        assert (looked_up(*library, ("030", *code)), oracle.code("030", *code)) == (answer, answer), code
