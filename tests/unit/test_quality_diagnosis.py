"""Counts of diagnoses, worked out by hand on a few records."""

from datetime import date

import pytest

from percorsi.quality.counts import add_up, shares
from percorsi.quality.diagnosis import count_episodes, count_rejected

EPISODE_SCHEMA = """person_id long, register string, region string, azienda string, dsm string, structure string,
    contact_id string, year int, semester int, opening_date date, opening_diagnosis string, closing_date date,
    closing_diagnosis string"""
REJECTED_SCHEMA = (
    "flow string, region string, year int, period string, file string, line long, field string, code string"
)


def record(contact, year, semester, opening="29530", *, opened="2014-03-01", closed=None, closing=None, dsm="001"):
    closed = date.fromisoformat(closed) if closed else None
    place = (int(contact), "territorial", "030", "321", dsm, "S1")
    return (*place, contact, year, semester, date.fromisoformat(opened), opening, closed, closing)


def counts_of(spark, records, year=2015):
    df = count_episodes(spark.createDataFrame(records, EPISODE_SCHEMA), year)
    return {(r["dsm"], r["semester"]): r.asDict() for r in df.collect()}


@pytest.fixture(scope="module")
def counted(spark):
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


@pytest.mark.parametrize(
    ("diagnosis", "expected"),
    [
        ("290", {"valid"}),
        ("31999", {"valid", "specific"}),
        ("319", {"valid", "specific"}),
        ("289", {"invalid"}),
        ("320", {"invalid"}),
        ("295301", {"invalid"}),
        ("29A", {"invalid"}),
        ("xxxxx", {"invalid"}),  # legal at a closing only
        (" ", {"missing"}),
        ("", {"missing"}),
    ],
)
def test_classes_at_their_edges(classes, diagnosis, expected):
    assert {
        c for c in ("missing", "invalid", "default", "other", "valid", "specific") if classes[diagnosis][c]
    } == expected


@pytest.fixture(scope="module")
def classes(spark):
    """All edges in one pass: each diagnosis in a department of its own."""
    diagnoses = ["290", "31999", "319", "289", "320", "295301", "29A", "xxxxx", " ", ""]
    records = [record(str(i), 2015, 1, code, dsm=f"{i:03d}") for i, code in enumerate(diagnoses)]
    found = counts_of(spark, records)
    prefix = "opening_"
    return {
        code: {k.removeprefix(prefix): v for k, v in found[f"{i:03d}", 1].items() if k.startswith(prefix)}
        for i, code in enumerate(diagnoses)
    }


def test_a_default_code_is_invalid_at_a_closing(spark):
    found = counts_of(spark, [record("1", 2015, 1, closed="2015-02-01", closing="99999")])
    assert found["001", 1]["closing_invalid"] == 1


def rejection(line, code, *, flow="CNT", region="030", year=2015, period="S1"):
    return (flow, region, year, period, f"{flow}_{region}_{year}_{period}.csv", line, "Diagnosi", code)


def test_rejected_lines_count_once(spark):
    rows = [
        rejection(2, "3231"),
        rejection(2, "3230"),  # the same line
        rejection(3, "3445"),
        rejection(3, "3446"),  # its opening is bad already
        rejection(4, "3446"),
        rejection(5, "1111"),  # rejected for something else
        rejection(2, "3231", flow="CNR"),
        rejection(2, "3231", period="S2"),
        rejection(2, "3231", year=2014),
        rejection(2, "3231", flow="ANT"),
        rejection(2, "3445", region="150"),
    ]
    found = {
        (r["region"], r["semester"]): (r["rejected_missing"], r["rejected_invalid"], r["rejected_closing"])
        for r in count_rejected(spark.createDataFrame(rows, REJECTED_SCHEMA), 2015).collect()
    }
    assert found == {("030", 1): (2, 1, 1), ("030", 2): (1, 0, 0), ("150", 1): (0, 1, 0)}


def test_areas_add_up_and_shares_have_rejected_records_in_their_denominator(spark, counted):
    by_dsm = count_episodes(
        spark.createDataFrame([record("1", 2015, 1, "296"), record("2", 2015, 2, "99999", dsm="002")], EPISODE_SCHEMA),
        2015,
    ).toPandas()
    rows = [rejection(2, "3231"), rejection(3, "3445"), rejection(2, "3445", region="150")]
    rejected = count_rejected(spark.createDataFrame(rows, REJECTED_SCHEMA), 2015).toPandas()
    table = add_up(by_dsm, rejected, 2015)
    cell = table.set_index(["area", "semester"])
    assert cell.loc[("030", 0), "records"] == 2
    assert cell.loc[("030", 1), "records"] == 1
    assert cell.loc[("030-321-001", 0), "records"] == 1
    assert cell.loc[("IT", 0), "rejected_invalid"] == 2
    assert cell.loc[("030", 0), "episodes"] == cell.loc[("IT", 0), "episodes"] == 2
    assert cell.loc[("010", 0), "records"] == 0  # every region stands there
    assert cell["rejected_missing"].isna().sum() == cell["level"].eq("dsm").sum()

    wide, parts = shares(table)
    wide = wide.set_index("area")
    assert wide.loc["030", "opening_usable"] == 1 / 4  # one of two records and two rejected ones
    assert wide.loc["030", "opening_default"] == 1 / 4
    assert wide.loc["030", "opening_missing"] == 1 / 4
    assert wide.loc["IT", "opening_invalid"] == 2 / 5
    assert wide.loc["030", "opening_specific"] == 0  # 296
    assert wide.loc["030", "episode_usable"] == 1 / 2
    assert wide.loc["030", "opening_usable_first_semester"] == 1 / 3
    assert wide.loc["030", "opening_usable_second_semester"] == 0
    assert wide.loc["150", "opening_usable"] == 0  # all it delivered was rejected
    assert wide["opening_usable"].isna().sum() == 19  # nothing from the others
    part = parts.set_index(["area", "share"]).loc[("030", "opening_usable")]
    assert (part["numerator"], part["denominator"]) == (1, 4)
