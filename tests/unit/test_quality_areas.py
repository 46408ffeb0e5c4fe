"""Counts added up to areas, and what is counted of deliveries, orphans, packs and volumes; worked out by hand."""

from datetime import date

import pandas as pd
import pytest

from percorsi.flows.ledger import Entry
from percorsi.quality import columns
from percorsi.quality.areas import add_up
from percorsi.quality.counting import CELL
from percorsi.quality.deliveries import (
    count_deliveries,
    count_orphans,
    count_packs,
    count_volumes,
    delivered_months,
    gave,
    with_flow,
)
from percorsi.quality.items import CLASSES, load_items, load_tables
from percorsi.regions import regions

YEAR = 2015
ITEMS, TABLES = load_items(), load_tables()


def cell(table, item, place, period, semester, valid=0, missing=0):
    return (table, item, *place, period, semester, valid, 0, 0, 0, missing)


MILAN, PAVIA = ("030", "321", "001"), ("030", "322", "001")
ROWS = pd.DataFrame(
    [
        cell("intervention", "operator", MILAN, 2015, 1, 8, 2),
        cell("intervention", "operator", MILAN, 2015, 2, 9, 1),
        cell("intervention", "operator", PAVIA, 2015, 1, 1, 1),
        cell("intervention", "operator", MILAN, 2014, 2, 5),
        cell("intervention", "operator", ("030", "A. Rossi", "001"), 2015, 1, 4),  # no code of an azienda
        cell("service", "service_kind", MILAN, 2015, 0, 3),
        cell("hospital_record", "discharge_mode", ("030", None, None), 2015, 1, 7),
        cell("assisted_person", "assisted_sex", ("999", None, None), 2015, 0, 2),
        cell("hospital_stay", "spdc_days", (None, None, None), 2015, 2, 6),
    ],
    columns=[*CELL, *CLASSES],
)
REGIONAL = pd.DataFrame(
    [("delivered_period", "delivered_pst", "030", 2015, 0, 6, 0, 0, 0, 6)],
    columns=["table", "item", "region", "period", "semester", *CLASSES],
)


@pytest.fixture(scope="module")
def table():
    given = {("PST", "030"), ("SDO", "030"), ("ANA", ""), ("SPE", "150")}
    return add_up(ROWS, REGIONAL, TABLES, YEAR, given)


def of(table, item, area, semester=0, period=YEAR):
    found = table[(table["item"] == item) & (table["area"] == area) & (table["semester"] == semester)]
    (row,) = found[found["period"] == period].to_dict("records")
    return row["valid"], row["missing"], row["denominator"], row["reason"]


def test_semesters_departments_and_regions_add_up(table):
    assert of(table, "operator", "030-321-001", 1) == (8, 2, 10, None)
    assert of(table, "operator", "030-321-001") == (17, 3, 20, None)
    assert (
        of(table, "operator", "030") == of(table, "operator", "IT") == (22, 4, 26, None)
    )  # the odd one is in its region
    assert of(table, "operator", "030", 1) == (13, 3, 16, None)
    assert of(table, "operator", "030", 0, 2014) == of(table, "operator", "030", 2, 2014) == (5, 0, 5, None)
    assert of(table, "service_kind", "030") == (3, 0, 3, None)  # a register has no semesters, and is not added up
    assert of(table, "delivered_pst", "030") == of(table, "delivered_pst", "IT") == (6, 6, 12, None)


def test_no_text_of_a_record_becomes_an_area(table):
    assert set(table["area"]) == {"IT", *regions(), "030-321-001", "030-322-001"}
    assert of(table, "assisted_sex", "IT") == (2, 0, 2, None)  # a region that is none counts in the nation alone


def test_what_has_no_denominator_says_why(table):
    assert of(table, "operator", "010") == (0, 0, 0, "not_delivered")
    assert of(table, "discharge_diagnosis", "030") == (0, 0, 0, "nothing_to_judge")  # no psychiatric ward
    assert of(table, "discharge_mode", "030", 2) == (0, 0, 0, "no_records")
    assert of(table, "outpatient_code", "150") == (0, 0, 0, "no_records")
    assert of(table, "outpatient_code", "IT") == (0, 0, 0, "no_records")
    assert of(table, "records_pst", "030") == (0, 0, 0, "no_earlier_period")
    assert of(table, "assisted_sex", "150") == (0, 0, 0, "no_records")  # the nation's file holds for all
    assert (table["reason"].isna() == (table["denominator"] > 0)).all()


def test_every_item_stands_there_in_every_region_and_period_of_the_year(table):
    of_year = table[(table["period"] == YEAR) & (table["level"] == "region")]
    counted = of_year.groupby(["table", "item"]).size()
    assert counted["intervention", "operator"] == 21 * 3
    assert counted["service", "service_kind"] == 21
    assert ("hospital_stay", "spdc_days") not in counted
    whole = table[(table["period"] == YEAR) & (table["area"] == "IT") & (table["semester"] == 0)]
    assert list(zip(whole["table"], whole["item"], strict=True)) == sorted(ITEMS)
    assert not table.duplicated(["period", "semester", "area", "table", "item"]).any()


def test_shares_are_of_the_year_or_a_semester_and_need_enough_records(table):
    known = columns.columns(TABLES)["intervention"]
    asked = {name: known[name] for name in ("operator_missing", "operator_missing_first_semester")}
    parts = columns.parts(table, "intervention", asked)
    frame = columns.frame(
        parts,
        {
            "year": ("operator_missing", 0),
            "first": ("operator_missing_first_semester", 0),
            "enough": ("operator_missing", 26),
            "few": ("operator_missing", 27),
        },
    ).set_index("area")
    assert list(frame.loc["030", ["year", "first", "enough"]]) == [4 / 26, 3 / 16, 4 / 26]
    assert frame["few"].isna().all()
    assert frame["year"].notna().sum() == 2  # 030 and the nation
    assert (frame.loc["IT", "name"], len(frame)) == ("Italia", 22)


def entry(flow, period, delivered, accepted, rejected, *, delivery="a", refused=None, region="030"):
    names = {"file": f"{flow}_{region}_2015_{period}.csv", "flow": flow, "region": region, "year": "2015"}
    numbers = {"records": accepted + rejected, "accepted": accepted, "rejected": rejected, "not_moved": 0}
    rest = {"digest": "d", "layout": "l", "refused": refused, "slices": {}}
    day = date.fromisoformat(delivered)
    return Entry(delivery=delivery, delivered=day, period=period, **names, **numbers, **rest)


def test_deliveries():
    delivered = delivered_months(
        [("PST", "030", 2015, "S1"), ("SDO", "030", 2015, ""), ("SDO", "030", None, ""), ("CDM", "", 2015, "")]
        + [("PST", "150", 2014, "S1"), ("PST", "020", 2015, "no period")]
    )
    assert gave(delivered, "PST", "030", 2015) and gave(delivered, "CDM", "030", 2015)
    assert not gave(delivered, "PST", "150", 2015) and not gave(delivered, "PST", "020", 2015)
    ledger = [
        entry("PST", "S1", "2015-12-27", 90, 10),  # 180 days after 30 June
        entry("PST", "S1", "2016-03-01", 98, 2, delivery="b"),  # the same period again: the last one counts
        entry("PST", "S2", "2016-06-29", 50, 50),  # 181 days after 31 December
        entry("PST", "S2", "2016-01-01", 0, 100, refused="truncated"),
        entry("SDO", "", "2016-01-01", 10, 0),
    ]
    found = count_deliveries(ITEMS, delivered, ledger, regions(), YEAR).set_index(["region", "item"])
    assert set(found.index.get_level_values("region")) == {"030"}  # nothing of 2015 came from the others
    assert tuple(found.loc[("030", "delivered_pst"), ["valid", "missing"]]) == (6, 6)
    assert tuple(found.loc[("030", "delivered_sdo"), ["valid", "missing"]]) == (12, 0)
    assert tuple(found.loc[("030", "delivered_far"), ["valid", "missing"]]) == (0, 12)
    assert tuple(found.loc[("030", "accepted_pst"), ["valid", "invalid"]]) == (148, 52)
    assert tuple(found.loc[("030", "in_time_pst"), ["valid", "other"]]) == (1, 1)
    assert tuple(found.loc[("030", "in_time_sdo"), ["valid", "other"]]) == (1, 0)
    assert found.loc[("030", "in_time_far"), list(CLASSES)].sum() == 0


def volumes(*rows):
    table = pd.DataFrame(rows, columns=["table", "item", "region", "azienda", "dsm", "period", "semester", "records"])
    return with_flow(table, {name: of_table.flows for name, of_table in TABLES.items()})


def pst(region, period, semester, records, dsm="001"):
    return ("intervention", "records_pst", region, "321", dsm, period, semester, records)


def test_too_few_and_too_many_records_lower_the_share_alike():
    months = delivered_months([("PST", "030", y, s) for y in (2014, 2015) for s in ("S1", "S2")])
    found = volumes(
        pst("030", 2014, 1, 100), pst("030", 2014, 2, 80), pst("030", 2014, 2, 20, "002"),
        pst("030", 2015, 1, 50), pst("030", 2015, 2, 400),
    )  # fmt: skip
    rows = count_volumes(found, months, regions(), YEAR).set_index("semester")
    classes = ["valid", "missing", "invalid"]
    assert tuple(rows.loc[1, classes]) == (50, 50, 0)  # half of the 100 to be expected
    assert tuple(rows.loc[2, classes]) == (100, 0, 300)  # four times as many
    assert tuple(rows.loc[0, classes]) == (200, 0, 250)


def test_only_delivered_semesters_are_compared():
    some = [("PST", "030", 2013, "S2"), ("PST", "030", 2014, "S1"), ("PST", "030", 2015, "S1")]
    found = volumes(pst("030", 2013, 2, 90), pst("030", 2015, 1, 60), pst("150", 2014, 1, 5))
    rows = count_volumes(found, delivered_months([*some, ("PST", "150", 2014, "S1")]), regions(), YEAR)
    # 90 and none: 45 to be expected; 2015 is compared for its first semester alone, 150 delivered nothing of 2015
    assert [tuple(row) for row in rows[["region", "semester", "valid", "invalid"]].to_numpy()] == [
        ("030", 1, 45, 15),
        ("030", 0, 45, 15),
    ]


def test_records_of_nobody_stand_beside_those_of_somebody():
    orphans = pd.DataFrame(
        [("PST", "030", 2015, "S1", 3), ("PST", "030", 2015, "S2", 2), ("PST", "030", 2014, "S1", 9)]
        + [("SDO", "150", 2015, "", 1)],
        columns=["flow", "region", "year", "period", "records"],
    )
    rows = count_orphans(ITEMS, orphans, volumes(pst("030", 2015, 1, 40), pst("030", 2015, 2, 5)), YEAR)
    of_region = rows.set_index(["item", "region"])[["valid", "missing"]]
    assert tuple(of_region.loc[("of_somebody_pst", "030")]) == (45, 5)
    assert tuple(of_region.loc[("of_somebody_sdo", "150")]) == (0, 1)
    assert len(rows) == 2


def test_packs_by_why_they_count_nowhere():
    unknown = pd.DataFrame(
        [("FAR", "030", 2015, "unknown_pack", 4), ("FAR", "030", 2015, "no_ddd", 2), ("FAR", "030", 2014, "no_ddd", 9)]
        + [("FAR", "030", 2015, "no_quantity", 1)],
        columns=["channel", "region", "year", "reason", "records"],
    )
    far = [("dispensing", "records_far", "030", None, None, 2015, half, 50) for half in (1, 2)]
    (row,) = count_packs(ITEMS, unknown, volumes(*far), YEAR).to_dict("records")
    assert (row["item"], row["region"]) == ("known_packs_far", "030")
    assert [row[kind] for kind in CLASSES] == [93, 2, 0, 4, 1]
