"""Packs dispensed by pharmacies and directly: what they amount to, exactly, and which count nowhere and why."""

from decimal import Decimal

import pytest

from current_records import frame
from percorsi.conformed.drugs import dispensings, packs, unknown_packs
from percorsi.conformed.identity import ANONYMOUS_CUNI
from percorsi.tables import table

KEY = bytes(range(32))
OLANZAPINE, DEPOT, WITHOUT_DDD = "036000001", "036000002", "036000003"
REGISTER = [
    {"aic": OLANZAPINE, "atc": "n05ah03", "ddd_per_pack": "28", "form": "ORAL"},
    {
        **{"aic": DEPOT, "atc": "N05AX08", "ddd_per_pack": "6.944444444", "form": "depot"},
        **{"interval_days": "14", "min_dose_ddd": "0.25", "max_dose_ddd": "2"},
    },
    {"aic": WITHOUT_DDD, "atc": "N05AH04", "ddd_per_pack": "", "form": "oral"},
    {"aic": "036000004", "atc": "N05AH04", "ddd_per_pack": "0", "form": "oral", "interval_days": "fortnight"},
]
# What was dispensed -> packs, DDDs, reason: worked out by hand.
PHARMACY = {
    (OLANZAPINE, "2"): ("2", "56", None),
    (OLANZAPINE, "0"): ("0", "0", "no_quantity"),
    (OLANZAPINE, "-1"): ("-1", "-28", "no_quantity"),
    (OLANZAPINE, ""): (None, None, "no_quantity"),
    (OLANZAPINE, "1e3"): (None, None, "no_quantity"),
    (OLANZAPINE, "٢"): (None, None, "no_quantity"),
    (OLANZAPINE, "9999999999999999"): (None, None, "no_quantity"),
    (OLANZAPINE, "9999999999"): ("9999999999", None, "no_quantity"),  # 280 milliard DDDs do not fit
    (DEPOT, "3"): ("3", "20.833333332", None),
    (WITHOUT_DDD, "1"): ("1", None, "no_ddd"),
    ("036000004", "1"): ("1", "0", "no_ddd"),
    ("999999999", "1"): ("1", None, "unknown_pack"),
    ("999999999", "0"): ("0", None, "no_quantity"),
}
DIRECT = {
    (OLANZAPINE, "14.00", "28"): ("0.5", "14", None),
    (OLANZAPINE, "10", "30"): ("0.333333333", "9.333333333", None),
    (DEPOT, "1.00", "1"): ("1", "6.944444444", None),
    (OLANZAPINE, "1", "999999"): ("0.000001000", "0.000028000", None),
    (OLANZAPINE, "0.00", "28"): ("0", "0", "no_quantity"),
    (OLANZAPINE, "14", "0"): (None, None, "no_quantity"),
    (OLANZAPINE, "14", ""): (None, None, "no_quantity"),
    (OLANZAPINE, "999999999999.99", "1"): (None, None, "no_quantity"),
    ("V03AN01", "2", "1"): ("2", None, "unknown_pack"),
}


@pytest.fixture(scope="module")
def made(spark):
    where = {"region": "030", "cuni": "P", "date": "2015-03-10"}
    far = [{**where, "aic": aic, "packs": n} for aic, n in PHARMACY]
    far.append({**where, "cuni": ANONYMOUS_CUNI, "aic": OLANZAPINE, "packs": "1"})
    direct = [
        {**where, "cuni_type": "0", "drug": aic, "quantity": n, "conversion_factor": factor}
        for aic, n, factor in DIRECT
    ]
    direct += [
        {**where, "cuni_type": kind, "drug": OLANZAPINE, "quantity": "1", "conversion_factor": "1"}
        for kind in ("98", "99")
    ]
    register = packs(frame(spark, "AIC", REGISTER))
    rows = dispensings(frame(spark, "FAR", far), frame(spark, "DIR", direct), register, KEY)
    return table("conformed/dispensing").conform(rows).cache()


def decimal(text: str | None) -> Decimal | None:
    """With the nine places that amounts are kept with."""
    return None if text is None else Decimal(text).quantize(Decimal("1e-9"))


def told(made, channel: str) -> list[tuple]:
    rows = made.where(f"channel = '{channel}'").collect()
    assert all(r.counts == (r.reason is None) for r in rows)
    return sorted(((r.aic, r.packs, r.ddds, r.reason) for r in rows), key=str)


def wanted(cases: dict[tuple, tuple]) -> list[tuple]:
    rows = [(given[0], decimal(n), decimal(ddds), reason) for given, (n, ddds, reason) in cases.items()]
    return sorted(rows, key=str)


def test_packs_of_pharmacies(made) -> None:
    assert told(made, "FAR") == wanted(PHARMACY)


def test_packs_of_direct_distribution(made) -> None:
    assert told(made, "DIR") == wanted(DIRECT)


def test_what_the_register_says_of_a_pack(spark, made) -> None:
    columns = ["atc", "form", "interval_days", "cast(min_dose_ddd as double)", "cast(max_dose_ddd as double)"]
    said = {r.aic: tuple(r)[1:] for r in made.selectExpr("aic", *columns).distinct().collect()}
    assert said == {
        OLANZAPINE: ("N05AH03", "oral", None, None, None),
        DEPOT: ("N05AX08", "depot", 14, 0.25, 2.0),
        WITHOUT_DDD: ("N05AH04", "oral", None, None, None),
        "036000004": ("N05AH04", "oral", None, None, None),
        "999999999": (None,) * 5,
        "V03AN01": (None,) * 5,
    }


def test_what_counts_nowhere_is_counted(made) -> None:
    assert [tuple(r) for r in unknown_packs(made).collect()] == [
        ("DIR", "030", 2015, "no_quantity", 4),
        ("DIR", "030", 2015, "unknown_pack", 1),
        ("FAR", "030", 2015, "no_ddd", 2),
        ("FAR", "030", 2015, "no_quantity", 8),
        ("FAR", "030", 2015, "unknown_pack", 1),
    ]


def test_without_a_register_no_pack_is_known(spark) -> None:
    given = {"region": "030", "cuni": "P", "date": "2015-03-10", "aic": OLANZAPINE, "packs": "1"}
    none, far = packs(frame(spark, "AIC", [])), frame(spark, "FAR", [given])
    (row,) = dispensings(far, frame(spark, "DIR", []), none, KEY).collect()
    assert (row.packs, row.ddds, row.counts, row.reason) == (1, None, False, "unknown_pack")
