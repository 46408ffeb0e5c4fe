"""Counts of diagnoses, worked out by hand on a few records."""

from datetime import date

import pytest

from percorsi.quality.counts import NOTHING_REJECTED, add_up, shares
from percorsi.quality.diagnosis import REJECTED_COUNTS, count_episodes, count_rejected
from percorsi.regions import regions
from percorsi.small_frame import small_frame

EPISODE_SCHEMA = """person_id long, register string, region string, azienda string, dsm string, structure string,
    contact_id string, year int, semester int, opening_date date, opening_diagnosis string, closing_date date,
    closing_diagnosis string, conclusion_mode string"""


def record(contact, year, semester, opening="29530", *, opened="2014-03-01", closed=None, closing=None, dsm="001"):
    closed = date.fromisoformat(closed) if closed else None
    place = (int(contact), "territorial", "030", "321", dsm, "S1")
    return (*place, contact, year, semester, date.fromisoformat(opened), opening, closed, closing, None)


def counts_of(spark, records, year=2015):
    df = count_episodes(small_frame(spark, records, EPISODE_SCHEMA), year)
    return {(r["dsm"], r["semester"]): r.asDict() for r in df.collect()}


# Classes at their edges: each of these diagnoses in a department of its own, D0 to D9.
EDGES = {
    "290": {"valid"},
    "31999": {"valid", "specific"},
    "319": {"valid", "specific"},
    "289": {"invalid"},
    "320": {"invalid"},
    "295301": {"invalid"},
    "29A": {"invalid"},
    "xxxxx": {"invalid"},  # legal at a closing only
    " ": {"missing"},
    "": {"missing"},
}


@pytest.fixture(scope="module")
def counted(spark):
    """All of it in one pass: departments tell the cases apart."""
    records = [
        record("1", 2014, 2, "99999"),  # said again in 2015
        record("1", 2015, 1, "99999"),
        record("1", 2015, 2, "296"),  # the latest word: valid, not specific
        record("2", 2014, 2, "311"),  # not said again, never closed: open in 2015; three digits are all it has
        record("3", 2014, 2, closed="2014-12-31", closing="29530"),  # closed the day before
        record("4", 2015, 1, "295.3", closed="2015-07-01", closing="xxxxx"),  # falls back to its opening one
        record("5", 2015, 2, "29530", opened="2015-07-01", closed="2015-12-31", closing="00000"),  # no diagnosis
        record("6", 2015, 2, "00000", opened="2015-12-31", closed=None),
        record("7", 2015, 2, None, opened="2015-09-01", closed="2015-10-01", closing="30183"),  # the closing one counts
        record("8", 2015, 2, "F20.0", opened="2016-01-01"),  # opened after the year: a record, not open
        record("9", 2016, 1, "29530"),  # said after the year
        record("10", 2015, 1, "2953", dsm="002"),
        record("11", 2015, 1, closed="2015-02-01", closing="99999", dsm="003"),
        *(record(str(20 + i), 2015, 1, code, dsm=f"D{i}") for i, code in enumerate(EDGES)),
    ]
    return counts_of(spark, records)


def test_records_are_counted_in_their_semester(counted):
    first, second = counted["001", 1], counted["001", 2]
    assert (first["records"], second["records"]) == (2, 5)  # 1, 4; 1, 5, 6, 7, 8
    assert (first["opening_default"], first["opening_valid"], first["opening_specific"]) == (1, 1, 1)
    assert second["opening_valid"] == 2  # 296 and 29530
    assert second["opening_specific"] == 1
    assert (second["opening_other"], second["opening_missing"], second["opening_invalid"]) == (1, 1, 1)
    assert second["opening_default"] == 0


def test_closings_are_counted_with_their_record(counted):
    first, second = counted["001", 1], counted["001", 2]
    assert (first["closings"], first["closing_administrative"]) == (1, 1)
    assert (second["closings"], second["closing_other"], second["closing_valid"]) == (2, 1, 1)
    assert second["closing_specific"] == 1
    assert second["closing_missing"] == second["closing_invalid"] == 0


def test_episodes_are_open_as_the_latest_semester_says(counted):
    # Year: 1, 2, 4, 5, 6, 7. First half: 1, 2, 4. Second half: 1, 2, 4 (until 1 July), 5, 6, 7.
    assert [counted["001", semester]["episodes"] for semester in (0, 1, 2)] == [6, 3, 6]
    # Usable in the year: 1 (296), 2, 4 (fallback), 7 (closing); not 5 (closing 00000) nor 6. First half: not 1 (99999).
    assert [counted["001", semester]["episodes_usable"] for semester in (0, 1, 2)] == [4, 2, 4]


def test_departments_are_counted_apart(counted):
    assert counted["002", 1]["records"] == 1
    assert counted["002", 0]["episodes"] == 1
    assert counted["002", 0]["records"] == 0  # records belong to a semester


@pytest.mark.parametrize("diagnosis", EDGES)
def test_classes_at_their_edges(counted, diagnosis):
    found = counted[f"D{list(EDGES).index(diagnosis)}", 1]
    classes = ("missing", "invalid", "default", "other", "valid", "specific")
    assert {c for c in classes if found[f"opening_{c}"]} == EDGES[diagnosis]


def test_a_default_code_is_invalid_at_a_closing(counted):
    assert counted["003", 1]["closing_invalid"] == 1


KEY = ["year", "period", "region", "id_rec", "contact_id"]
RAW_SCHEMA = """delivery string, file_region string, file_year string, file_period string, slice string, azienda string,
    dsm string, year string, period string, region string, id_rec string, contact_id string, accepted boolean,
    errors array<struct<code: string>>"""


def line(contact, *codes, delivery="a", region="030", year="2015", period="S1", dsm="001", field_region=None):
    place = (delivery, region, year, period, f"{region}-{year}-{period}", "321", dsm)
    key = (year, period, field_region or region, "R1", contact)
    return (*place, *key, not codes, [(code,) for code in codes])


@pytest.fixture(scope="module")
def rejected(spark):
    lines = [
        line("1", "3231"),
        line("1", "3231", delivery="b"),  # the same record, rejected again
        line("2", "3231", "3230"),  # missing before invalid
        line("3", "3445", "3446"),  # its opening is bad already
        line("4", "3446"),
        line("5", "1111"),  # rejected for something else
        line("6", "3445"),  # accepted in a later delivery
        line("7", "3231", period="S2"),
        line("8", "3231", year="2014"),
        line("9", "3445", region="150", field_region="999"),  # the region of the file, not the one it names
        line("10", "3231", dsm="00X"),  # a DSM that no current record has
        line("11"),
    ]
    current = [line("6", delivery="b"), line("11")]
    frames = [small_frame(spark, rows, RAW_SCHEMA) for rows in (lines, current)]
    return count_rejected(*frames, KEY, 2015).toPandas()


def test_a_record_is_lost_once_and_only_while_none_of_its_key_is_current(rejected):
    cells = rejected.set_index(["region", "dsm", "semester"])[list(REJECTED_COUNTS)]
    found = {cell: tuple(row) for cell, row in cells.iterrows()}
    assert found == {
        ("030", "001", 1): (2, 1, 1),  # 1, 2; 3; 4
        ("030", "001", 2): (1, 0, 0),
        ("030", "00X", 1): (1, 0, 0),
        ("150", "001", 1): (0, 1, 0),
    }


@pytest.fixture(scope="module")
def table(spark, rejected):
    records = [record("1", 2015, 1, "296"), record("2", 2015, 2, "99999", dsm="002")]
    by_dsm = count_episodes(small_frame(spark, records, EPISODE_SCHEMA), 2015).toPandas()
    return add_up(by_dsm, rejected, 2015)


def test_areas_add_up(table):
    cell = table.set_index(["area", "semester"])
    assert cell.loc[("030", 0), "records"] == 2
    assert cell.loc[("030", 1), "records"] == 1
    assert cell.loc[("030-321-001", 0), "records"] == 1
    assert cell.loc[("030-321-001", 0), "rejected_missing"] == 3
    assert cell.loc[("030-321-001", 2), "rejected_missing"] == 1
    assert cell.loc[("030", 0), "rejected_missing"] == 4  # with the one of an unknown DSM
    assert cell.loc[("IT", 0), "rejected_invalid"] == 2
    assert cell.loc[("030", 0), "episodes"] == cell.loc[("IT", 0), "episodes"] == 2
    assert cell.loc[("010", 0), "records"] == 0  # every region stands there
    assert set(table["area"]) == {"IT", *regions(), "030-321-001", "030-321-002"}
    assert not table.duplicated(["area", "semester"]).any()
    assert not table.isna().any().any()


def test_rejected_records_are_in_the_denominator_of_the_shares(table):
    wide, parts = shares(table)
    wide = wide.set_index("area")
    assert wide.loc["030", "opening_usable"] == 1 / 7  # one of two records and five lost ones
    assert wide.loc["030", "opening_default"] == 1 / 7
    assert wide.loc["030", "opening_missing"] == 4 / 7
    assert wide.loc["030", "opening_invalid"] == 1 / 7
    assert wide.loc["IT", "opening_invalid"] == 2 / 8
    assert wide.loc["030", "opening_specific"] == 0  # 296
    assert wide.loc["030", "episode_usable"] == 1 / 2
    assert wide.loc["030", "opening_usable_first_semester"] == 1 / 5
    assert wide.loc["030", "opening_usable_second_semester"] == 0
    assert wide.loc["150", "opening_usable"] == 0  # all it delivered was rejected
    assert wide["opening_usable"].isna().sum() == 19  # nothing from the others
    assert wide.loc["030", "closing_usable"] == 0  # no closing, one lost for its closing diagnosis
    part = parts.set_index(["area", "share"]).loc[("030", "opening_usable")]
    assert (part["numerator"], part["denominator"]) == (1, 7)


def test_a_year_without_any_record(spark):
    by_dsm = count_episodes(small_frame(spark, [], EPISODE_SCHEMA), 2015).toPandas()
    wide, parts = shares(add_up(by_dsm, NOTHING_REJECTED, 2015))
    assert len(wide) == 22
    assert wide.drop(columns=["level", "area", "name"]).isna().all().all()
    assert parts["denominator"].sum() == 0
