"""The oracle on deliveries of a few lines, with numbers worked out by hand."""

import gzip
from datetime import date

import pytest

from oracle import compare
from oracle.layouts import FIELDS, SISM
from oracle.pathway import group_of
from oracle.persons import ANONYMOUS
from oracle_files import Files, Y

STR_NAMES = FIELDS["STR"][:9]


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def test_groups_match_codes_with_and_without_zeros_and_dots():
    assert [group_of(code) for code in ("295", "29535", "2981", "298.10", "29811")] == ["schizophrenia"] * 4 + [None]
    assert [group_of(code) for code in ("311", "31100", "3004", "30040")] == ["depressive"] * 4
    assert [group_of(code) for code in ("29610", "29653", "29620", "3015", "30150", "00000")] == [
        "bipolar",
        "bipolar",
        "depressive",
        None,
        "severe_personality",
        None,
    ]


def test_interventions_of_a_person_in_contact(files):
    files.anagrafica()
    files.episode()
    for number in range(1, 6):  # five skills interventions by a nurse
        files.intervention(f"{Y}-02-0{number}", kind="16", team=("4", "", ""), number=str(number))
    files.intervention(f"{Y}-02-06", kind="12", team=("1", "", ""))
    for number in range(7, 10):  # three interviews
        files.intervention(f"{Y}-02-0{number}", kind="02", team=("2", "", ""))
    cells = files.cells()
    place = ("IT", "", "")
    assert cells["S26", *place] == (1, 1)  # nine interventions
    assert cells["S27", *place] == (0, 1)  # one family intervention
    assert cells["S30", *place] == (1, 1)  # a physician and others
    assert cells["S32", *place] == (0, 1)  # three interviews
    assert cells["S46", *place] == (1, 1)
    assert cells["S25", *place] == (0, 1)  # nothing after 9 February
    assert (
        cells["S46", "030-321-001", "", ""] == cells["S46", "030", "1", ""] == cells["S46", "IT", "", "35-44"] == (1, 1)
    )
    assert cells["S46", "030", "2", ""] == cells["S20", *place] == "denominator_zero"


def test_contact_every_ninety_days_with_both_ends(files):
    files.anagrafica()
    files.episode()
    start = date(Y, 1, 10).toordinal()
    for number, days in enumerate((0, 90, 180, 270, 360)):
        files.intervention(str(date.fromordinal(start + days)), number=str(number + 1))
    assert files.cells()["S25", "IT", "", ""] == (1, 1)


def test_contact_on_the_ninety_first_day_is_late(files):
    files.anagrafica()
    files.episode()
    start = date(Y, 1, 10).toordinal()
    for number, days in enumerate((0, 91, 180, 270, 360)):
        files.intervention(str(date.fromordinal(start + days)), number=str(number + 1))
    assert files.cells()["S25", "IT", "", ""] == (0, 1)


def test_stays_joined_on_the_day_of_discharge_and_counted_by_their_previous_one(files):
    files.anagrafica()
    files.hospital("2021-12-01", "2021-12-20")
    files.hospital("2022-01-19", "2022-01-25", kind="3")  # 30 days after
    files.hospital("2022-01-25", "2022-02-20")  # the same stay: 32 days
    files.hospital("2022-03-23", "2022-04-22")  # 31 days after, 30 days long
    files.hospital("2022-04-22", "2022-06-30", ward="2601")  # a medical ward is no part of the SPDC stay
    files.hospital("2022-08-01", "2022-08-05", TIPO_ISTITUTO="2")
    cells = files.cells()
    assert [cells[code, "IT", "", ""] for code in ("S13", "S14", "S15")] == [(1, 2), (1, 2), (1, 2)]
    assert cells["S20", "IT", "", ""] == (0, 1)


def test_after_the_discharge_windows_end_at_the_death(files):
    files.anagrafica()
    files.episode()
    files.hospital("2022-01-01", "2022-01-31")
    files.intervention("2022-02-14", place="2")  # day 14, at home
    files.intervention("2022-03-03")  # day 31: the second window
    files.hospital("2022-03-20", "2022-04-01", ward="2601", mode="1")  # the third window begins on 2 April
    cells = files.cells()
    assert [cells[code, "IT", "", ""] for code in ("S20", "S21", "S22")] == [(1, 1)] * 3


def test_a_stay_ended_by_death_is_not_followed(files):
    files.anagrafica()
    files.episode()
    files.hospital("2022-01-01", "2022-01-31", mode="1")
    cells = files.cells()
    assert cells["S13", "IT", "", ""] == (0, 1)
    assert cells["S20", "IT", "", ""] == "denominator_zero"


def test_rejected_cancelled_and_passed_over_records(files):
    files.anagrafica()
    files.episode()
    files.intervention("2022-02-01", kind="16")
    files.intervention("2022-02-01", kind="99", op="V")  # rejected: no effect
    files.intervention("2022-02-01", kind="99", op="NM")
    files.intervention("2022-02-02", number="2")
    files.intervention("2022-02-02", number="2", op="C")
    for number in range(3, 7):
        files.intervention("2022-02-03", kind="17", number=str(number), op="V")
    assert files.cells()["S46", "IT", "", ""] == (1, 1)  # one and four
    files.intervention("2022-02-01", kind="01", op="V")
    assert files.cells()["S46", "IT", "", ""] == (0, 1)


def test_a_line_with_a_field_missing_or_one_too_many_is_no_record(files):
    files.anagrafica()
    files.episode()
    for number in range(1, 8):
        files.intervention("2022-02-03", kind="17", number=str(number))
    lines = files.lines["PST_030_2022_S1.csv"]
    lines[-2:] = [lines[-2].rsplit("~", 1)[0], lines[-1] + "~"]
    assert files.cells()["S46", "IT", "", ""] == (1, 1)  # five of seven
    lines[-3] += "~"
    assert files.cells()["S46", "IT", "", ""] == (0, 1)


def test_an_empty_file_is_a_delivery(files):
    files.lines["PSS_030_2022_S1.csv"] = []
    files.anagrafica()
    files.episode()
    files.intervention("2022-02-03")
    assert files.cells()["S26", "IT", "", ""] == (0, 1)


def test_the_register_of_services_is_asked_where_it_was_delivered(files):
    def told(*rows):
        files.lines["STR_030_2022.csv"] = ["~".join(STR_NAMES), *rows]
        return files.cells()["S26", "030", "", ""]

    files.anagrafica()
    files.episode()
    files.intervention("2022-02-03")
    assert told() == (0, 1)  # a register of nothing knows nothing, and asks nothing
    assert told("030~321~001~030321~2022~CSM~public~~1000") == (0, 1)
    assert told("030~322~001~030321~2022~CSM~public~~1000") == "denominator_zero"  # azienda: 3310
    assert told("030~321~002~030321~2022~CSM~public~~1000") == "denominator_zero"  # DSM: 3315
    assert told("030~321~001~030322~2022~CSM~public~~1000") == "denominator_zero"  # structure: 3330
    other_dsm = "030~321~002~030321~2022~CSM~public~~1000"
    assert told("030~321~001~030322~2022~CSM~public~~1000", other_dsm) == (0, 1)  # 3330 asks for the azienda only
    assert told("050~321~001~030321~2022~CSM~public~~1000") == (0, 1)  # another region's


def test_the_residence_is_asked_of_the_register_of_its_region(files):
    files.anagrafica()  # lives in 030-321
    files.episode()
    files.intervention("2022-02-03")
    lines = files.lines["ANT_030_2022_S1.csv"]
    lines[-1] = lines[-1].replace("~IT~030~321~", "~IT~050~501~")
    files.lines["STR_050_2022.csv"] = ["~".join(STR_NAMES), "050~501~001~050501~2022~CSM~public~~1000"]
    assert files.cells()["S26", "030", "", ""] == (0, 1)
    files.lines["STR_050_2022.csv"][1] = "050~502~001~050501~2022~CSM~public~~1000"
    assert files.cells()["S26", "030", "", ""] == "denominator_zero"  # 3601: nobody
    lines[-1] = lines[-1].replace("~IT~050~501~", "~IT~998~998~")
    assert files.cells()["S26", "030", "", ""] == (0, 1)


ANA_HEADER, CDM_HEADER = "~".join(FIELDS["ANA"]), "~".join(FIELDS["CDM"])
CUNI = "CA".ljust(88, "0")


def test_the_death_is_that_of_cdm_else_ana_else_the_hospital(files):
    files.anagrafica()
    files.episode()
    files.hospital("2022-01-01", "2022-01-31")

    def followed(name, *lines):
        files.lines[name] = list(lines)
        return files.cells()["S20", "IT", "", ""]

    assert followed("CDM_2022.csv", CDM_HEADER) == (0, 1)
    assert followed("ANA_2022.csv", ANA_HEADER, f"{CUNI}~2010-01-01~1~1980~030~321~~2022-01-31") == "denominator_zero"
    assert followed("CDM_2022.csv", CDM_HEADER, f"{CUNI}~2022-02-01~X70") == (0, 1)  # CDM before ANA
    assert followed("CDM_2022.csv", CDM_HEADER, f"{CUNI}~2022-02-30~X70") == "denominator_zero"  # no day: rejected
    assert followed("CDM_2022.csv", CDM_HEADER, f"{CUNI}~2024-01-01~X70") == "denominator_zero"  # after the data end
    two = [f"{CUNI}~2010-01-01~1~1980~030~321~~2022-03-01", f"{CUNI}~2011-01-01~1~1980~030~321~~2022-01-30"]
    assert followed("ANA_2022.csv", ANA_HEADER, *two) == "denominator_zero"  # the earlier of the two
    assert followed("ANA_2022.csv", ANA_HEADER, two[0], two[1].replace("~~2022", "~2010-12-31~2022")) == (0, 1)  # P004


def test_who_has_no_anagrafica_is_who_ana_says(files):
    files.hospital("2022-05-01", "2022-05-10", ANNO_NASCITA="1990", SESSO="1")
    assert files.cells()["S13", "IT", "1", ""] == files.cells()["S13", "IT", "", "25-34"] == (0, 1)
    later, said = f"{CUNI}~2023-01-01~1~1930~~~~", f"{CUNI}~2010-01-01~2~1950~~~~"
    files.lines["ANA_2022.csv"] = [ANA_HEADER, said, f"{CUNI}~2022-12-31~2~1940~~~~", later]
    cells = files.cells()
    assert cells["S13", "IT", "2", ""] == cells["S13", "IT", "", "75+"] == (0, 1)
    files.lines["ANA_2022.csv"][1:] = [f"{CUNI}~2022-12-31~2~19x0~~~~"]
    assert files.cells()["S13", "IT", "", ""] == "denominator_zero"  # no year of birth


MOVES = "year,region,azienda,dsm,structure,new_azienda,new_dsm"


def test_codes_that_move_are_those_of_the_year(files):
    files.lines["area_crosswalk.csv"] = [
        "# moves",
        MOVES,
        "2022,030,320,,,321,",
        "2023,030,321,001,,330,007",
        "2023,030,321,002,,330,007",
    ]
    files.lines["STR_030_2021.csv"] = ["~".join(STR_NAMES), "030~320~001~03000101~2021~SPDC~public~15~"]
    files.lines["STR_030_2023.csv"] = ["~".join(STR_NAMES), "030~330~007~03000202~2023~SPDC~public~15~"]
    files.anagrafica(year=2020)
    files.hospital("2022-05-01", "2022-05-10")
    files.hospital("2022-06-01", "2022-06-10", ISTITUTO="03000202")
    cells = files.cells()
    assert cells["S13", "030-321-001", "", ""] == (0, 1)  # of 2021's register, as it is called in 2022
    assert ("S13", "030-330-007", "", "") not in cells  # 321-001 or 321-002: the region's only
    assert cells["S13", "030", "", ""] == (0, 2)
    files.lines["STR_030_2022.csv"] = ["~".join(STR_NAMES), "030~321~002~030321~2022~CSM~public~15~"]
    assert files.cells()["S13", "030-321-002", "", ""] == (0, 1)  # the one that 2022 had


def test_identity_over_registers_and_anonymous_codes(files):
    files.anagrafica(year=2021, semester="S2")  # the semester of the activity has none: the latest tells
    files.episode()
    files.intervention("2022-02-01")
    for who in ("B", "D"):  # the same code of nobody: two persons
        files.anagrafica(who=who, cuni=ANONYMOUS, id_type="99")
        files.episode(who=who)
        files.intervention("2022-02-01", who=who)
    files.hospital("2022-05-01", "2022-05-10", CUNI=ANONYMOUS)
    files.episode(who="E")
    files.intervention("2022-02-01", who="E")  # no anagrafica: nobody
    cells = files.cells()
    assert cells["S25", "IT", "", ""] == (0, 3)
    assert cells["S13", "IT", "", ""] == "denominator_zero"


def test_a_closing_diagnosis_counts_by_its_date(files):
    files.anagrafica()
    files.episode(opening="2021-05-01", closing=("2022-03-01", "29620", "2"))
    files.intervention("2022-02-01")
    assert files.cells()["S25", "IT", "", ""] == "denominator_zero"  # depressive
    files.episode(opening="2022-04-01", diagnosis="29500", dsm="002")
    files.anagrafica(dsm="002")
    cells = files.cells()
    assert cells["S25", "030-321-001", "", ""] == (0, 1)
    assert ("S25", "030-321-002", "", "") not in cells  # an open episode is no contact


def test_a_stay_counts_in_the_dsm_that_the_register_gives_its_hospital(files):
    files.lines["STR_030_2022.csv"] = ["~".join(STR_NAMES), "030~321~001~03000101~2022~SPDC~public~15~"]
    files.lines["STR_030_2022.csv"].append("030~321~002~030322~2022~CSM~public~~1000")
    files.anagrafica(year=2021)
    files.hospital("2022-05-01", "2022-05-10")
    cells = files.cells()
    assert cells["S13", "030-321-001", "", ""] == cells["S32", "030-321-001", "", ""] == (0, 1)
    assert cells["S13", "030-321-002", "", ""] == "denominator_zero"


def test_a_region_without_the_window_is_left_out_of_the_nation(tmp_path):
    files = Files(tmp_path, regions=("030", "050"))
    for flow in SISM:
        del files.lines[f"{flow}_050_2023_S1.csv"]
    for year in range(2019, 2024):
        del files.lines[f"SDO_030_{year}.csv"]
    files.anagrafica(region="050")
    files.episode(region="050")
    files.intervention("2022-02-01", region="050")
    files.anagrafica()  # the same person, in the other region too
    files.intervention("2022-02-01")
    cells = files.cells()
    assert cells["S26", "030", "", ""] == cells["S26", "030-321-001", "", ""] == "missing_flow"
    assert cells["S26", "050", "", ""] == cells["S26", "IT", "", ""] == (0, 1)
    assert cells["S20", "050", "", ""] == "window_not_covered"
    assert cells["S20", "IT", "", ""] == "missing_flow"


def test_the_comparer_finds_what_differs():
    key = ("S26", "", "nation", "IT", "", "")
    nobody = ("S26", "", "region", "030", "", "")
    oracle = {key: (1.0, 2.0, ""), nobody: (None, None, "denominator_zero")}
    assert compare.differences({key: (1.0, 2.0, "")}, oracle) == []
    assert compare.differences({key: (1.0, 3.0, "")}, oracle) == [(key, (1.0, 3.0, ""), (1.0, 2.0, ""))]
    assert compare.differences({key: (1.0 + 1e-12, 2.0, "")}, oracle)  # a count is a count
    mean = ("S5", *key[1:])
    assert not compare.differences({mean: (8.2987012987, 3.0, "")}, {mean: (8.2987012987013, 3.0, "")})
    assert compare.differences({mean: (8.29870128, 3.0, "")}, {mean: (8.2987012987013, 3.0, "")})
    assert [found[0] for found in compare.differences({}, oracle)] == [key]


def test_the_comparer_reads_deaths_that_are_given_with_a_reason(tmp_path):
    """Where less than one is expected: O to the unit, E to nine digits; with any other reason no number counts."""
    key = ("S44", "", "dsm", "030-321-001", "", "")

    def read(counts, reason="expected_below_one"):
        path = tmp_path / "cells.csv"
        lines = [(*compare.KEY, "numerator", "denominator", "reason"), (*key, *counts, reason)]
        path.write_text("\n".join(",".join(map(str, line)) for line in lines) + "\n")
        return compare.cells(path)

    own = read((1, "0.333333333333"))
    assert own == {key: (1.0, 0.333333333333, "expected_below_one")}
    assert compare.differences(read((1, "0.33333333333333")), own) == []
    for other in (
        read((2, "0.333333333333")),
        read((1, "0.33333334")),
        read(("", "")),
        read((1, "0.333333333333"), ""),
    ):
        assert [found[0] for found in compare.differences(other, own)] == [key]
    assert compare.shown(own[key]) == "1/0.333333 expected_below_one"
    assert read((1, 3), "missing_flow") == {key: (None, None, "missing_flow")}


def test_files_compressed_and_in_folders_read_as_the_others(files):
    files.anagrafica()
    files.episode()
    files.intervention("2022-02-01")
    before = files.cells()
    (files.folder / "deep").mkdir()
    for path in files.folder.glob("P*_2022_S1.csv"):
        (files.folder / "deep" / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    (files.folder / "PER_030_2022.csv").write_text("no matter", encoding="utf-8")
    files.lines.clear()
    assert files.cells() == before
    assert before["S26", "IT", "", ""] == (0, 1)
