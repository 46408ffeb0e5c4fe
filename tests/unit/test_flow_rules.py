"""Every rule that is applied: records that keep it and records that break it, with the codes they are given.

A case is flow, what is changed in a record that keeps all rules, and the codes that the change earns, all of them: a
wrong value may break several rules. `None` empties a field.
"""

import pytest

from flow_records import RECORDS
from percorsi.errors import ConfigurationError
from percorsi.flows.layout import Layout, load_layouts
from percorsi.flows.rules import judge
from percorsi.small_frame import small_frame

REPORTED = {("ANT", "3072"), "7366", "7395", "3947", "7302", "P020", "P021", "P022", "P023"}
LATE = {"PST": ["7341"], "PSS": ["P010"]}  # what a day outside the semester of its record earns
CLOSED = {"closing_date": "2015-03-01", "closing_diagnosis": "29530", "conclusion_mode": "2"}
ABROAD = {"residence_region": "998", "residence_azienda": "998"}


def _sender(flow: str) -> list[tuple[dict, list[str]]]:
    """The fields that say who sends: the same in all SISM flows."""
    aged = flow in ("ANT", "ANR")
    number = {"ANT": "3181", "ANR": "3181", "CNT": "3181.2", "CNR": "3181.2"}.get(flow, "3181.3")
    return [
        ({}, []),
        ({"year": None}, ["3001"]),
        ({"year": "15"}, ["3000", "3009", *(["3370", "3941"] if aged else [])]),
        ({"year": "MMXV"}, ["3000", "3009"]),
        ({"year": "2015\u2028"}, ["3000", "3009"]),  # a line separator is no end of the text
        ({"year": "٢٠١٥"}, ["3000", "3009"]),  # digits, though not those of the layout
        ({"year": "2014"}, ["3009", *LATE.get(flow, [])]),
        ({"region": None}, ["3011"]),
        ({"region": "031"}, ["3012", "3305"]),
        ({"region": "30"}, ["3012", "3305"]),
        ({"region": "050"}, ["3305"]),
        ({"period": None}, ["3021"]),
        ({"period": "S3"}, ["3010", "3022"]),
        ({"period": "S2"}, ["3010", *LATE.get(flow, [])]),
        ({"azienda": None}, ["3031"]),
        ({"azienda": "30A"}, ["3030"]),
        ({"dsm": None}, ["3041"]),
        ({"dsm": "A1z"}, []),
        ({"dsm": "0-1"}, ["3040"]),
        ({"id_rec": None}, ["3051"]),
        ({"id_rec": "R" * 87}, ["3050"]),
        ({"id_rec": "R" * 89}, ["3050"]),
        ({"operation": None}, [number]),
        ({"operation": "V"}, []),
        ({"operation": "C"}, []),
        ({"operation": "X"}, [number.replace("3181", "3182")]),
        ({"operation": "NM", "region": None, "id_rec": "?"}, []),  # passed over before the rules
    ]


def _person(flow: str) -> list[tuple[dict, list[str]]]:
    return [
        ({"cuni": None}, ["3061"]),
        ({"cuni": "C" * 87}, ["3060"]),
        ({"cuni_validity": None}, ["3071"]),
        ({"cuni_validity": "1"}, ["P022"]),
        ({"cuni_validity": "2"}, ["3072"]),
        ({"cuni_type": None}, ["3081"]),
        ({"cuni_type": "99"}, []),
        ({"cuni_type": "4"}, [] if flow == "ANT" else ["3082"]),
        ({"cuni_type": "5"}, ["3082"]),
        ({"birth_year": None}, ["3091"]),
        ({"birth_year": "19x5"}, ["3090"]),
        ({"birth_year": "01975"}, ["3090"]),
        ({"birth_year": "75"}, ["3090", "3941"]),
        ({"birth_year": "2016"}, ["3370", "3941"]),
        ({"birth_year": "2015"}, ["3941"]),
        ({"birth_year": "1998"}, ["3941"]),  # 17
        ({"birth_year": "1997"}, []),  # 18
        ({"birth_year": "1915"}, []),  # 100
        ({"birth_year": "1914"}, ["3941"]),  # 101
        ({"sex": None}, ["3101"]),
        ({"sex": "9"}, []),
        ({"sex": "3"}, ["3102"]),
        ({"citizenship": None}, ["3111"]),
        ({"citizenship": "ITA"}, ["3110", "3345"]),
        ({"citizenship": "I1"}, ["3110", "3345"]),
        ({"citizenship": "QQ"}, ["3345"]),
        ({"citizenship": "it"}, ["3345"]),
        ({"citizenship": "ZZ"}, []),
        ({"citizenship": "XK"}, []),
        ({"residence_region": None}, ["3121"]),
        ({"residence_region": "031"}, ["3122"]),
        ({"residence_region": "200"}, []),
        ({"residence_azienda": None}, ["3131"]),
        ({"residence_azienda": "3O1"}, ["3130"]),
        ({"residence_azienda": "098"}, ["3602"]),
        ({"residence_azienda": "098", "residence_region": "098"}, []),
        ({"residence_azienda": "998"}, ["3602"] if flow == "ANT" else []),
        ({"residence_azienda": "999", "residence_region": "998"}, ["3602"] if flow == "ANT" else []),
        ({**ABROAD, "residence_country": "FR"}, []),
        ({**ABROAD, "residence_country": "FRA"}, ["3132", "3375"]),
        ({**ABROAD, "residence_country": "QQ"}, ["3375"]),
        ({"residence_country": "FR"}, ["7366"]),
        ({**ABROAD, "residence_country": "XX"}, ["7366"]),
        ({"residence_azienda": "999", "residence_region": "999", "residence_country": "XX"}, []),
        ({"marital_status": None}, ["3141"]),
        ({"marital_status": "6"}, []),
        ({"marital_status": "7"}, ["3142"]),
        ({"living_arrangement": None}, ["3151"]),
        ({"living_arrangement": "9"}, []),
        ({"living_arrangement": "0"}, ["3152"]),
        ({"education": None}, ["3161"]),
        ({"education": "7"}, []),
        ({"education": "8"}, ["3162"]),
        ({"occupation": None}, ["3171"]),
        ({"occupation": "19"}, []),
        ({"occupation": "1"}, ["3172"]),
        ({"occupation": "20"}, ["3172"]),
    ]


def _place(flow: str) -> list[tuple[dict, list[str]]]:
    digits_only = flow in ("CNR", "PSR", "PSS")
    return [
        ({"structure": None}, ["3191"]),
        ({"structure": "30110"}, ["3190"]),
        ({"structure": "30110100"}, []),
        ({"structure": "301101001"}, ["3190"]),
        ({"structure": "3011-1"}, [] if flow in ("CNT", "PST") else ["3190"]),
        ({"contact_id": None}, ["3211"]),
        ({"contact_id": "1" * 14}, []),
        ({"contact_id": "1" * 15}, ["3210"]),
        ({"contact_id": "A1"}, ["3210"] if digits_only else []),
    ]


EPISODE = [
    ({"opening_date": None}, ["3221"]),
    ({"opening_date": "2013-02-30"}, ["3220"]),
    ({"opening_date": "2012-02-29"}, []),
    ({"opening_date": "10/05/2013"}, ["3220"]),
    ({"opening_date": "2013-5-10"}, ["3220"]),
    ({"opening_date": "2015-06-30"}, []),
    ({"opening_date": "2015-07-01"}, ["3380"]),
    ({"opening_diagnosis": None}, ["3231"]),
    ({"opening_diagnosis": "295301"}, ["3230", "3445", "P023"]),
    ({"opening_diagnosis": "295.3"}, ["3445", "P023"]),
    ({"opening_diagnosis": "290"}, []),
    ({"opening_diagnosis": "319"}, []),
    ({"opening_diagnosis": "31900"}, []),  # filled with zeros
    ({"opening_diagnosis": "31999"}, ["P023"]),
    ({"opening_diagnosis": "29536"}, ["P023"]),
    ({"opening_diagnosis": "289"}, ["3445", "P023"]),
    ({"opening_diagnosis": "320"}, ["3445", "P023"]),
    ({"opening_diagnosis": "00000"}, []),
    ({"opening_diagnosis": "99999"}, []),
    ({"opening_diagnosis": "xxxxx"}, ["3445"]),
    ({"previous_contacts": None}, ["3241"]),
    ({"previous_contacts": "9"}, []),
    ({"previous_contacts": "3"}, ["3242"]),
    ({"referral": None}, ["3251"]),
    ({"referral": "9"}, []),
    ({"referral": "6"}, ["3252"]),
    (CLOSED, []),
    ({**CLOSED, "closing_date": "2015-13-01"}, ["3250"]),
    ({**CLOSED, "closing_date": "2013-05-09"}, ["3385", "3947", "7395"]),
    ({**CLOSED, "opening_date": "2015-03-01"}, []),  # opened and closed on one day
    ({**CLOSED, "closing_date": "2015-01-01"}, []),
    ({**CLOSED, "closing_date": "2014-12-31"}, ["3947", "7395"]),
    ({**CLOSED, "closing_date": "2015-06-30"}, []),
    ({**CLOSED, "closing_date": "2015-07-01"}, ["3947", "7395"]),
    ({**CLOSED, "closing_date": None}, ["3942"]),
    ({**CLOSED, "closing_diagnosis": "295301"}, ["3260", "3446", "P023"]),
    ({**CLOSED, "closing_diagnosis": "2986"}, ["P023"]),
    ({**CLOSED, "closing_diagnosis": "99999"}, ["3446"]),
    ({**CLOSED, "closing_diagnosis": "00000"}, []),
    ({**CLOSED, "closing_diagnosis": None}, ["3943"]),
    ({**CLOSED, "closing_diagnosis": None, "conclusion_mode": "1"}, []),
    ({"closing_date": "2015-03-01"}, ["3943", "3945"]),
    ({"conclusion_mode": "2"}, ["3942", "3943"]),
    ({"conclusion_mode": "1"}, ["3942"]),
    ({"closing_diagnosis": "29530"}, ["3942", "3945"]),
    ({**CLOSED, "closing_diagnosis": "xxxxx"}, ["3944"]),
    ({**CLOSED, "closing_diagnosis": "xxxxx", "conclusion_mode": "9"}, []),
    ({**CLOSED, "conclusion_mode": "9"}, ["3946"]),
    ({**CLOSED, "conclusion_mode": None}, ["3945"]),
    ({**CLOSED, "conclusion_mode": "6"}, ["3262"]),
]
INTERVENTION = [
    ({"progressive": None}, ["3271"]),
    ({"progressive": "0"}, ["3270"]),
    ({"progressive": "99999"}, []),
    ({"progressive": "100000"}, ["3270"]),
    ({"progressive": "000001"}, ["3270"]),
    ({"progressive": "00001"}, []),
    ({"progressive": "1.5"}, ["3270"]),
    ({"date": None}, ["3281"]),
    ({"date": "2015-02-29"}, ["3280"]),
    ({"date": "2015-01-01"}, []),
    ({"date": "2014-12-31"}, ["3948", "7341"]),
    ({"date": "2015-06-30"}, []),
    ({"date": "2015-07-01"}, ["3948", "7341"]),
    ({"type": None}, ["3291"]),
    ({"type": "26"}, []),
    ({"type": "27"}, ["3292"]),
    ({"type": "1"}, ["3292"]),
    ({"delivery_mode": None}, ["3321"]),
    ({"delivery_mode": "2"}, []),
    ({"delivery_mode": "3"}, ["3222"]),
    ({"place": None}, ["3351"]),
    ({"place": "8"}, []),
    ({"place": "9"}, ["3352"]),
    ({"operator_1": None}, ["3401"]),
    ({"operator_1": "8"}, []),
    ({"operator_1": "9"}, ["3402"]),
    ({"operator_2": None}, []),
    ({"operator_2": "9"}, ["3403"]),
    ({"operator_3": "0"}, ["3403"]),
]
STAY = [
    ({"structure_type": None}, ["3951"]),
    ({"structure_type": "8"}, []),
    ({"structure_type": "2"}, ["3952"]),
    ({"admission_date": None}, ["3961"]),
    ({"admission_date": "2014-02-30"}, ["3960"]),
    ({"admission_date": "2015-06-30"}, []),
    ({"admission_date": "2015-07-01"}, ["3390"]),
    ({"discharge_date": "20150301"}, ["3970"]),
    ({"discharge_date": "2015-03-01"}, []),
    ({"discharge_date": "2014-01-09"}, ["3395", "7302"]),
    ({"admission_date": "2015-03-01", "discharge_date": "2015-03-01"}, []),
    ({"discharge_date": "2015-07-01"}, ["7302"]),
]
PRESENCE = [
    ({"structure_type": None}, ["3981"]),
    ({"structure_type": "8"}, []),
    ({"structure_type": "4"}, ["3982"]),
    ({"date": None}, ["3991"]),
    ({"date": "2015-04-31"}, ["3990"]),
    ({"date": "2015-06-30"}, []),
    ({"date": "2015-07-01"}, ["P010"]),
    ({"attendance": None}, ["4001"]),
    ({"attendance": "1"}, []),
    ({"attendance": "3"}, ["4002"]),
]
HOSPITAL = [
    ({}, []),
    ({"region": None}, ["P001"]),
    ({"hospital": None}, ["P001"]),
    ({"year": None}, ["P001"]),
    ({"record": None}, ["P001"]),
    ({"cuni": None}, ["P002"]),
    ({"admission_date": None}, ["P003"]),
    ({"admission_date": "2015-09-31"}, ["P003"]),
    ({"discharge_date": None}, ["P003"]),
    ({"discharge_date": "04-09-2015"}, ["P003"]),
    ({"discharge_date": "2015-08-31"}, ["P004"]),
    ({"discharge_date": "2015-09-01"}, []),
    ({"operation": None}, ["P006"]),
    ({"operation": "M"}, ["P006"]),
    ({"operation": "NM", "cuni": None}, []),
    ({"region": "300"}, ["P006", "P021"]),
    ({"regime": "3"}, ["P006"]),
    ({"regime": None}, ["P006"]),
    ({"regime": "2"}, []),
    ({"region": "050"}, ["P021"]),
    ({"year": "2014"}, ["P021"]),
    ({"year": "20l5"}, ["P020", "P021"]),
    ({"cuni": "C" * 16}, ["P020"]),
    ({"sex": "0"}, ["P020"]),
    ({"birth_year": "46"}, ["P020"]),
    ({"residence_region": "300"}, ["P020"]),
    ({"residence_region": None}, []),
    ({"admission_ward": "A1"}, ["P020"]),
    ({"discharge_ward": "40011"}, ["P020"]),
    ({"admission_type": "6"}, ["P020"]),
    ({"injury": "6"}, ["P020"]),
    ({"discharge_mode": "0"}, ["P020"]),
    ({"institution_type": "3"}, ["P020"]),
]
SERVICE = [
    ({}, []),
    ({"seats": None, "population": None, "name": None, "dsm_name": None}, []),
    ({"region": None}, ["P001"]),
    ({"azienda": None}, ["P001"]),
    ({"dsm": None}, ["P001"]),
    ({"structure": None}, ["P001"]),
    ({"year": None}, ["P001"]),
    ({"region": "300"}, ["P006", "P021"]),
    ({"region": "050"}, ["P021"]),
    ({"year": "2014"}, ["P021"]),
    ({"year": "15"}, ["P020", "P021"]),
    ({"kind": "XYZ"}, ["P020"]),
    ({"ownership": "statale"}, ["P020"]),
    ({"seats": "dodici"}, ["P020"]),
    ({"population": "-1"}, ["P020"]),
]
CASES = {
    **{f: [*_sender(f), *_person(f)] for f in ("ANT", "ANR")},
    **{f: [*_sender(f), *_place(f), *EPISODE] for f in ("CNT", "CNR")},
    "PST": [*_sender("PST"), *_place("PST"), *INTERVENTION],
    "PSR": [*_sender("PSR"), *_place("PSR"), *STAY],
    "PSS": [*_sender("PSS"), *_place("PSS"), *PRESENCE],
    "SDO": HOSPITAL,
    "STR": SERVICE,
}


def _judged(spark, layout: Layout, records: list[dict]) -> list:
    names = [*layout.columns, "file_region", "file_year", "file_period", "line_fault", "at"]
    period = "S1" if layout.period == "semester" else ""
    rows = [
        tuple(
            (record | {"file_region": "030", "file_year": "2015", "file_period": period, "at": str(at)}).get(n)
            for n in names
        )
        for at, record in enumerate(records)
    ]
    frame = small_frame(spark, rows, ", ".join(f"`{n}` string" for n in names))
    found = judge(frame, layout).select("at", "errors", "accepted").collect()
    return sorted(found, key=lambda row: int(row["at"]))


@pytest.mark.parametrize("flow", CASES)
def test_each_record_has_the_codes_it_earned(spark, flow: str) -> None:
    cases = CASES[flow]
    judged = _judged(spark, load_layouts()[flow], [RECORDS[flow] | changes for changes, _ in cases])
    for (changes, expected), row in zip(cases, judged, strict=True):
        assert sorted(e["code"] for e in row["errors"]) == expected, (flow, changes)
        rejected = [c for c in expected if c not in REPORTED and (flow, c) not in REPORTED]
        assert row["accepted"] == (not rejected and changes.get("operation") != "NM"), (flow, changes)


def test_every_rule_applied_has_a_record_that_breaks_it() -> None:
    for flow, cases in CASES.items():
        broken = {code for _, codes in cases for code in codes}
        assert {rule.code for rule in load_layouts()[flow].applied} == broken, flow


def test_an_error_names_the_field_and_what_it_means_for_the_record(spark) -> None:
    record = RECORDS["PST"] | {"operator_2": "9", "operator_3": "0"}
    (row,) = _judged(spark, load_layouts()["PST"], [record])
    assert [tuple(e) for e in row["errors"]] == [("operator_2", "3403", "reject"), ("operator_3", "3403", "reject")]


def test_the_rules_that_are_not_applied_say_why() -> None:
    rules = [rule for flow in CASES for rule in load_layouts()[flow].rules]
    reasons = {rule.code: rule.reason for rule in rules if not rule.implemented}
    assert set(reasons) == {"3261"}
    assert all(reasons.values())


def test_what_judges_is_known_by_its_digest_and_titles_are_no_part_of_it() -> None:
    layout = load_layouts()["PST"]
    (first, *others) = layout.rules
    named = layout.model_copy(update={"title": "x", "rules": [first.model_copy(update={"title": "x"}), *others]})
    assert named.judges_by == layout.judges_by
    assert layout.model_copy(update={"rules": others}).judges_by != layout.judges_by
    reported = [first.model_copy(update={"severity": "report"}), *others]
    assert layout.model_copy(update={"rules": reported}).judges_by != layout.judges_by
    assert layout.model_copy(update={"key": layout.key[:-1]}).judges_by != layout.judges_by
    assert len({one.judges_by for one in load_layouts().values()}) == len(load_layouts())


def test_the_key_decides_the_slice() -> None:
    for layout in load_layouts().values():
        assert set(layout.slice) < {*layout.key, *layout.derived}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flow: ZZZ\ntitle: x\nbreadth: 3", "ZZZ.yaml: breadth"),
        ("flow: ZZZ\nflow: ZZZ", "line 2: the key 'flow' stands already in line 1"),
        ("{head}  - {{code: X1, field: nobody, severity: reject, required: true, title: t}}", "no such field: nobody"),
        ("{head}  - {{code: X1, field: a, severity: reject, title: t}}", "rule X1: exactly one kind of check"),
        ("{head}  - {{code: X1, field: a, severity: reject, date: true, title: t}}", "rule X1: a is no date"),
        (
            "{head}  - {{code: X1, field: a, severity: reject, condition: day.a > day.b, title: t}}",
            "day.a is not known",
        ),
        ("{head}  - {{code: X1, field: a, severity: reject, pattern: '(', title: t}}", "ZZZ.yaml"),
        ("{head}  - {{code: X1, field: a, severity: reject, codes: nowhere, title: t}}", "nowhere.yaml"),
    ],
)
def test_a_layout_with_a_fault_is_refused_with_its_file(tmp_path, text: str, message: str) -> None:
    head = (
        "flow: ZZZ\ntitle: t\nlayout: own\nperiod: year\nkey: [a]\nslice: []\n"
        "fields: {a: {name: A, type: text, presence: optional}}\nrules:\n"
    )
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "ZZZ.yaml").write_text(text.format(head=head) if "{head}" in text else text)
    with pytest.raises(ConfigurationError, match=message.replace("(", r"\(")):
        load_layouts(tmp_path)
