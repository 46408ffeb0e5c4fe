"""Direct distribution: every rule that is applied, with records that keep it and records that break it."""

from datetime import date

import pytest

from flow_judging import Case, check, judged
from percorsi.conformed.identity import ANONYMOUS_CUNI
from percorsi.flows.layout import load_layouts

# The rules that the Ministry publishes for the flow (B100 was XSD_35), and those of the project.
PUBLISHED = {
    *("B01", "B02", "B03", "B11", "B13", "B14", "B16", "B17", "B20", "B23", "B28", "B29", "B30", "B31", "B36", "B38"),
    *("B41", "B42", "B43", "B44", "B100", "B101"),
    *("D01", "D03", "D07", "D15", "D16", "D17", "D20", "D21", "D22", "D23", "D24", "D26", "D27", "D28", "D29", "D30"),
    *("D31", "D32", "D33", "D36", "D37", "D38", "D39", "D40", "D41", "D89", "D90"),
    *(f"XSD_{n}" for n in range(1, 38) if n != 35),
}
OWN = {"P021", "P022"}
DELIVERED = date(2015, 5, 10)  # from when data of March to April 2015 can be sent

UNNAMED = {"cuni": None, "cuni_validity": None, "cuni_type": None}
ANONYMOUS = {"cuni": ANONYMOUS_CUNI, "cuni_validity": "0", "cuni_type": "98"}
UNDESCRIBED = {
    **{"birth_date": None, "sex": None, "residence_azienda": None, "citizenship": None, "exemption_type": None},
    **{"contact_id": "0", "prescriber": None, "prescriber_type": None},
}
NOBODY = {**UNNAMED, **UNDESCRIBED}
OF_NOBODY = ["B28", "D07", "D15", "D23", "D27", "D28", "D29"]  # what a person who is not described earns
PRISON = {"dispenser_type": "05"}
GAS = {"drug_type": "4", "drug": "V03AN01", "quantity": "3.5", "conversion_factor": "1"}
PACK = {"quantity": "28.00", "conversion_factor": "28"}
RETURNED = {"quantity": "-56.00", "purchase_cost": "-23.76000", "service_cost": "-1.20"}

PLACE: list[Case] = [
    ({}, []),
    ({"region": None}, ["XSD_1"]),
    ({"region": "30"}, ["B01", "D01", "XSD_1"]),
    ({"region": "050", "azienda": "050301"}, ["B01"]),
    ({"year": None}, ["XSD_2"]),
    ({"year": "MMXV"}, ["P021", "XSD_2"]),
    ({"year": "999999999"}, ["B03", "P021", "XSD_2"]),  # twelve times that is no int
    ({"year": "1915"}, ["B02", "B20", "P021", "XSD_2"]),
    ({"year": "2014", "date": "2014-03-17", "prescription_date": None}, ["B02", "P021"]),
    ({"period": None}, ["XSD_3"]),
    ({"period": "3"}, ["XSD_3"]),
    ({"period": "02", "date": "2015-02-17", "prescription_date": None}, ["B02"]),
    ({"period": "04"}, []),
    ({"period": "05"}, ["B03"]),
    ({"file_period": "03"}, []),
    ({"file_period": "04"}, ["P021"]),
    ({"file_period": "S1"}, []),
    ({"file_period": "S2"}, ["P021"]),
    ({"azienda": None}, ["XSD_4"]),
    ({"azienda": "03030"}, ["XSD_4"]),
    ({"azienda": "03030A"}, ["XSD_4"]),
    ({"azienda": "050301"}, ["D01"]),
    ({"azienda": "030000"}, ["B42"]),
    ({"azienda": "030000", "channel": "R"}, []),
    ({"dispenser_type": None}, ["XSD_5"]),
    ({"dispenser_type": "1"}, ["D21", "XSD_5"]),
    ({"dispenser_type": "07"}, ["D21"]),
    ({"dispenser_type": "06"}, []),
    ({"dispenser_type": "06", "channel": "R"}, []),
    ({"dispenser_type": "04", "channel": "R"}, ["B44"]),
    ({"dispenser_type": "04", "channel": "OP"}, []),
    ({"structure_type": "01"}, ["B36"]),
    ({"structure_type": "A1"}, ["B36", "XSD_6"]),
    ({"dispenser_type": "02", "structure_type": "04"}, []),
    ({"dispenser_type": "02", "structure_type": "06"}, ["D36"]),
    ({"dispenser_type": "02"}, ["D36"]),
    ({"structure": None}, ["XSD_7"]),
    ({"structure": "03-0A"}, []),
    ({"structure": "030033001"}, ["XSD_7"]),
    ({"structure": "0300_300"}, ["XSD_7"]),
]
PERSON: list[Case] = [
    ({"cuni": "C" * 87}, ["XSD_8"]),
    ({"cuni": None}, ["B16", "D37"]),
    ({"cuni_type": None}, ["B16"]),
    ({"cuni_validity": None}, ["B16"]),
    ({"cuni_validity": "1"}, ["P022"]),
    ({"cuni_validity": "2"}, ["XSD_9"]),
    ({"cuni_type": "99"}, []),
    ({"cuni_type": "5"}, ["XSD_10"]),
    (ANONYMOUS, []),
    ({**ANONYMOUS, "cuni_type": "0"}, ["B17"]),
    ({**ANONYMOUS, "cuni_validity": "1"}, ["B17", "P022"]),
    (UNNAMED, ["D37"]),
    (NOBODY, sorted([*OF_NOBODY, "D37"])),
    (UNDESCRIBED, OF_NOBODY),
    ({**UNDESCRIBED, **ANONYMOUS}, []),
    ({**NOBODY, **PRISON}, []),
    ({**NOBODY, "dispensing_type": "04"}, sorted([*OF_NOBODY, "D37"])),  # says nothing of who it was
    ({**NOBODY, "dispenser_type": "04"}, sorted([*OF_NOBODY, "D37"])),
    ({**NOBODY, "dispenser_type": "02", "structure_type": "01"}, []),
    ({**NOBODY, "dispenser_type": "02", "structure_type": "04"}, sorted([*OF_NOBODY, "D37"])),
    ({"birth_date": None}, ["D15"]),
    ({"birth_date": "1975-02-30"}, ["XSD_11"]),
    ({"birth_date": "1865-12-31"}, []),  # 150 years apart
    ({"birth_date": "1864-12-31"}, ["D89"]),
    ({"birth_date": "2015-12-31"}, []),
    ({"birth_date": "2016-01-01"}, ["D89"]),
    ({"birth_date": "2016-01-01", **PRISON}, ["D89"]),
    ({"birth_date": "9999-12-31"}, ["D89"]),
    ({"birth_date": "9999-12-31", **PRISON}, []),
    ({"birth_date": "9999-12-31", **ANONYMOUS}, []),
    ({"sex": None}, ["D28"]),
    ({"sex": "9"}, []),
    ({"sex": "0"}, ["XSD_12"]),
    ({"residence_azienda": None}, ["B28"]),
    ({"residence_azienda": "30301"}, ["XSD_13"]),
    ({"residence_azienda": None, "residence_country": "FR"}, []),
    ({"residence_azienda": None, "residence_country": "FRA"}, ["D31", "XSD_15"]),
    ({"residence_azienda": None, "residence_country": "QQ"}, ["D31"]),
    ({"residence_country": "FR"}, ["B38"]),
    ({"citizenship": None}, ["D29"]),
    ({"citizenship": "3"}, ["XSD_14"]),
    ({"institution": "I" * 28}, []),
    ({"institution": "I" * 27}, ["XSD_16"]),
]
PRESCRIPTION: list[Case] = [
    ({"operation": None}, ["XSD_17"]),
    ({"operation": "V"}, []),
    ({"operation": "c"}, []),
    ({"operation": "X"}, ["XSD_17"]),
    ({"operation": "NM", "region": None, "cuni": "?"}, []),  # passed over before the rules
    ({"channel": None}, ["XSD_18"]),
    ({"channel": "P"}, []),
    ({"channel": "OP"}, []),
    ({"channel": "O"}, ["XSD_18"]),
    ({"exemption": "A5109H", "exemption_type": "4"}, []),
    ({"exemption": "A5-09H", "exemption_type": "4"}, ["XSD_19"]),
    ({"exemption": "A5109H"}, []),
    ({"exemption": "A5109H", "exemption_type": "1"}, ["B29"]),
    ({"exemption": "A5109H", "exemption_type": "9"}, ["B29"]),
    ({"exemption": "A5109H", "exemption_type": None}, ["B29", "D23"]),
    ({"exemption": "A5109H", "exemption_type": None, **PRISON}, ["B29"]),
    ({"exemption_type": "9"}, []),
    ({"exemption_type": "4"}, ["D39"]),
    ({"exemption_type": "4", **PRISON}, []),
    ({"exemption_type": None}, ["D23"]),
    ({"exemption_type": "6", **PRISON}, ["XSD_21"]),
    ({"dispensing_type": None}, ["XSD_20"]),
    ({"dispensing_type": "06"}, []),
    ({"dispensing_type": "07"}, ["D24"]),
    ({"dispensing_type": "2"}, ["D24", "XSD_20"]),
    ({"contact_type": None}, ["D16", "XSD_22"]),
    ({"contact_type": "1"}, []),
    ({"contact_type": "3"}, ["D26", "XSD_22"]),
    ({"contact_id": None}, ["D07", "D16", "XSD_23"]),
    ({"contact_id": "000"}, ["D07"]),
    ({"contact_id": "1" * 20}, []),
    ({"contact_id": "1" * 21}, ["XSD_23"]),
    ({"date": None}, ["XSD_24"]),
    ({"date": "2015-02-29"}, ["XSD_24"]),
    ({"date": "17/03/2015"}, ["XSD_24"]),
    ({"date": "2014-03-01", "prescription_date": None}, []),
    ({"date": "2014-02-28", "prescription_date": None}, ["B20"]),
    ({"date": "2015-03-31"}, []),
    ({"date": "2015-04-01"}, ["B20"]),
    ({"prescription_date": None}, []),
    ({"prescription_date": "2015-13-01"}, ["XSD_27"]),
    ({"prescription_date": "2015-03-17"}, []),
    ({"prescription_date": "2015-03-18"}, ["B23"]),
    ({"fixed_fee": "999.99"}, []),
    ({"fixed_fee": "1000.00"}, ["XSD_25"]),
    ({"percentage_fee": "2.00"}, []),
    ({"percentage_fee": "2"}, ["XSD_26"]),
    ({"prescriber": "4000"}, ["XSD_29"]),
    ({"prescriber_type": None}, ["D27"]),
    ({"prescriber_type": "Q"}, ["XSD_30"]),
    ({"prescriber_type": "Z"}, ["D17"]),
    ({"prescriber_type": "Z", "prescriber": None}, []),
]
DRUG: list[Case] = [
    ({"drug_type": None}, ["XSD_31"]),
    ({"drug_type": "7"}, ["D32", "XSD_31"]),
    ({"drug": None}, ["B11"]),
    ({"drug": "028752069A"}, ["XSD_32"]),
    ({"drug": None, "drug_type": "2"}, ["B14"]),
    ({"drug": "N05AX12", "drug_type": "2"}, []),
    (GAS, []),
    ({**GAS, "drug_type": "6", "drug": None}, ["B11"]),
    ({**GAS, "drug_type": "6", "drug": "V03AN04"}, []),
    ({**GAS, "drug": "V03AN02"}, ["D33"]),
    ({**GAS, "conversion_factor": "2"}, ["B31"]),
    ({**GAS, "pack_number": "000000000"}, []),
    ({**GAS, "pack_number": "123456789X", "quantity": "1"}, ["D41"]),
    ({"quantity": None}, ["XSD_33"]),
    ({"quantity": "56"}, []),
    ({"quantity": "1,5"}, ["XSD_33"]),
    ({"quantity": ".50"}, ["XSD_33"]),
    ({"quantity": "1.505"}, ["XSD_33"]),
    ({"conversion_factor": None}, ["XSD_34"]),
    ({"conversion_factor": "999999"}, []),
    ({"conversion_factor": "1000000"}, ["XSD_34"]),
    ({"conversion_factor": "0"}, ["XSD_34"]),
    ({"conversion_factor": "1.5"}, ["XSD_34"]),
    ({"pack_number": None}, ["B100"]),
    ({"pack_number": "00"}, ["B100"]),
    ({"pack_number": "000000000"}, []),
    ({**PACK, "pack_number": "123456789"}, []),
    ({**PACK, "pack_number": "123456789A"}, []),
    ({**PACK, "pack_number": "123456789Z"}, ["B100"]),
    ({"pack_number": "123456789X"}, ["B13"]),  # 56 of 28: two packs under one number
    # 3 (1+3+5+7+9) + 2+4+6+8 = 95, which lacks 5; 3 + 7 = 10, which lacks nothing
    ({**PACK, "pack_number": "1234567895"}, []),
    ({**PACK, "pack_number": "1234567894"}, ["B101"]),
    ({**PACK, "pack_number": "1700000000"}, []),
    ({**PACK, "pack_number": "7100000000"}, ["B101"]),
    ({"service_cost_prescription": None}, []),
    ({"service_cost": None}, []),
    ({"service_cost_prescription": None, "service_cost": None}, ["D38"]),
    ({"service_cost_prescription": "-2.50"}, ["XSD_28"]),
    ({"service_cost_prescription": "12345.00"}, ["XSD_28"]),
    ({"purchase_cost": None}, ["XSD_36"]),
    ({"purchase_cost": "23.7"}, ["XSD_36"]),
    ({"service_cost": "1.2"}, ["XSD_37"]),
    (RETURNED, []),
    ({**RETURNED, "service_cost": "0.00"}, []),
    ({**RETURNED, "service_cost": "1.20"}, ["B41"]),
    ({"service_cost": "-1.20"}, ["B41"]),
    ({"service_cost": "-1.20", "contact_id": "0", **PRISON}, []),
]
CASES = [*PLACE, *PERSON, *PRESCRIPTION, *DRUG]


def test_each_record_has_the_codes_it_earned_and_each_rule_is_kept_and_broken(spark) -> None:
    check("DIR", CASES, judged(spark, "DIR", CASES, DELIVERED))


def test_without_a_day_of_delivery_nothing_is_said_of_the_time_of_sending(spark) -> None:
    late_and_early: list[Case] = [({"period": "05"}, []), ({"year": "2014", "date": "2014-03-17"}, [])]
    first, second = judged(spark, "DIR", late_and_early)
    assert not {"B02", "B03"} & {*first.codes, *second.codes}


def test_every_published_rule_stands_in_the_layout() -> None:
    assert len(PUBLISHED) == 85
    assert {rule.code for rule in load_layouts()["DIR"].rules} == PUBLISHED | OWN


def test_the_rules_that_lack_a_list_say_which() -> None:
    reasons = {rule.code: rule.reason for rule in load_layouts()["DIR"].rules if not rule.implemented}
    assert set(reasons) == {"D01", "B42", "B30", "D20", "D40", "B43", "D22", "D33"}
    assert all("list" in reason or "register" in reason for reason in reasons.values())


def test_where_the_reading_differs_from_the_print_the_rule_says_so() -> None:
    read = {rule.code: rule.reason for rule in load_layouts()["DIR"].rules if rule.implemented and rule.reason}
    assert set(read) == {"XSD_18", "D03", "B100"}
    assert all("print" in reason for reason in read.values())


@pytest.mark.parametrize(
    ("code", "register", "severity"), [("D30", "STR", "reject"), ("D90", "STR", "reject"), ("D03", "AIC", "report")]
)
def test_some_rules_ask_a_register(code: str, register: str, severity: str) -> None:
    (rule,) = (rule for rule in load_layouts()["DIR"].registered if rule.code == code)
    assert (rule.register_.flow, rule.severity) == (register, severity)
