"""The rules that reject a record of direct distribution (flows, DIR.json): the algorithm where there is one."""

import re
from decimal import Decimal

from .layouts import REGIONS, names
from .persons import ANONYMOUS
from .rules import day

MONTHS = {f"{month:02d}" for month in range(1, 13)}
CENTURIES_END = "9999-12-31"  # the birth of who is anonymous
FORMS = {  # field: what a value looks like where there is one
    "region": r"[0-9]{3}",  # XSD_1
    "year": r"20[0-9]{2}",  # XSD_2
    "azienda": r"[0-9]{6}",  # XSD_4
    "dispenser": r"0[1-6]",  # XSD_5 D21
    "structure_type": r"[0-9]{2}",  # XSD_6
    "structure": r"[0-9a-zA-Z-]{1,8}",  # XSD_7
    "cuni": r".{88}",  # XSD_8
    "validity": r"[01]",  # XSD_9
    "id_type": r"[0-4]|97|98|99",  # XSD_10
    "sex": r"[129]",  # XSD_12
    "residence_azienda": r"[0-9]{6}",  # XSD_13
    "citizenship": r"[129]",  # XSD_14
    "residence_state": r"[a-zA-Z]{2}",  # XSD_15 D31
    "institution": r".{28}",  # XSD_16
    "op": r"[IVCivc]",  # XSD_17
    "channel": r"D|P|OP|R",  # XSD_18
    "exemption": r"[0-9A-Za-z]{1,6}",  # XSD_19
    "dispensing": r"0[1-6]",  # XSD_20 D24
    "exemption_type": r"[0-59]",  # XSD_21
    "contact_type": r"[12]",  # XSD_22 D26
    "contact_id": r".{1,20}",  # XSD_23
    "fixed_fee": r"[0-9]{1,3}[.][0-9]{2}",  # XSD_25
    "percentage_fee": r"[0-9]{1,3}[.][0-9]{2}",  # XSD_26
    "prescription_cost": r"[0-9]{1,4}[.][0-9]{2}",  # XSD_28
    "prescriber": r".{16}",  # XSD_29
    "prescriber_type": r"[FPHAGTCUDZIXB]",  # XSD_30
    "drug_type": r"[1-6]",  # XSD_31 D32
    "drug": r"[0-9a-zA-Z]{1,9}",  # XSD_32
    "quantity": r"-?[0-9]{1,12}[.]?[0-9]{0,2}",  # XSD_33
    "factor": r"[0-9]+",  # XSD_34
    "pack_number": r"0|[0-9]{9}[0-9AX]?",  # B100
    "purchase_cost": r"-?[0-9]{1,8}[.][0-9]{2,5}",  # XSD_36
    "service_cost": r"-?[0-9]{1,4}[.][0-9]{2}",  # XSD_37
}
OBLIGATORY = names(
    "region year month azienda dispenser structure op channel dispensing contact_type contact_id date drug_type "
    "quantity factor pack_number purchase_cost drug"  # drug: B11 B14
)
OF_A_NAMED_PERSON = ("cuni", "birth_date", "sex", "citizenship", "exemption_type", "prescriber_type")


def sound_dir(record, file):
    """All rejecting rules of DIR that need neither a list that is not at hand nor the day of sending (B02, B03)."""
    for name, form in FORMS.items():
        value = getattr(record, name)
        if (name in OBLIGATORY and not value) or (value and not re.fullmatch(form, value)):
            return False
    if record.region != file.region or record.region not in REGIONS or record.month not in MONTHS:
        return False  # B01 XSD_3
    if not 1 <= int(record.factor) <= 999999:
        return False  # XSD_34
    return sound_sender(record) and sound_person(record) and sound_dates(record) and sound_drug(record)


def sound_sender(record):
    """Who dispenses: D01, B42, B44, D36, B36."""
    if record.azienda[:3] != record.region or (record.azienda.endswith("000") and record.channel != "R"):
        return False  # D01 B42
    if record.channel == "R" and record.dispenser not in ("01", "02", "03", "06"):
        return False  # B44
    if record.dispenser == "02":
        return record.structure_type in ("01", "02", "03", "04", "05")  # D36
    return not record.structure_type  # B36


def is_anonymous(record):
    """By the CUNI of B17; or implicitly, as the descriptions of D07, D15, D27-D29 have it."""
    implicitly = record.dispenser == "05" or (record.dispenser == "02" and record.structure_type != "04")
    return implicitly or record.cuni == ANONYMOUS


def sound_person(record):
    """Whom it is dispensed to."""
    told = [bool(record.cuni), bool(record.validity), bool(record.id_type)]
    if any(told) and not all(told):
        return False  # B16
    if record.cuni == ANONYMOUS and (record.id_type, record.validity) != ("98", "0"):
        return False  # B17
    if not is_anonymous(record):
        if not all(getattr(record, name) for name in OF_A_NAMED_PERSON):
            return False  # D37 D15 D28 D29 D23 D27
        if not (record.residence_azienda or record.residence_state) or not record.contact_id.strip("0"):
            return False  # B28 D07
        if record.exemption_type not in ("0", "1", "9") and not record.exemption:
            return False  # D39
    if record.residence_azienda and record.residence_state:
        return False  # B38
    if record.exemption and record.exemption_type in ("", "1", "9"):
        return False  # B29
    return not (record.prescriber and record.prescriber_type == "Z")  # D17


def sound_dates(record):
    """XSD_24, B20, XSD_27, B23, XSD_11, D89."""
    dispensed = day(record.date)
    if dispensed is None:
        return False  # XSD_24
    year, month = int(record.year), int(record.month)
    if not f"{year - 1}-{month:02d}-01" <= record.date or not record.date[:7] <= f"{year}-{month:02d}":
        return False  # B20: from the first day of the month a year before to the last day of the month
    if record.prescription_date:
        prescribed = day(record.prescription_date)
        if prescribed is None or prescribed > dispensed:
            return False  # XSD_27 B23
    if not record.birth_date or (record.birth_date == CENTURIES_END and is_anonymous(record)):
        return True
    return day(record.birth_date) is not None and 0 <= int(record.date[:4]) - int(record.birth_date[:4]) <= 150


def sound_drug(record):
    """D33, B31, B13, B101, D41, D38, B41."""
    if record.drug_type in ("4", "5") and record.drug != "V03AN01":
        return False  # D33
    if record.drug_type in ("4", "5", "6") and int(record.factor) != 1:
        return False  # B31
    numbered = record.pack_number.strip("0") != ""
    if numbered and (Decimal(record.quantity) != int(record.factor) or record.drug_type != "1"):
        return False  # B13 D41
    if re.fullmatch(r"[0-9]{10}", record.pack_number) and not check_digit_holds(record.pack_number):
        return False  # B101
    if not record.prescription_cost and not record.service_cost:
        return False  # D38
    if record.service_cost and record.contact_id.strip("0"):
        return Decimal(record.service_cost) * Decimal(record.purchase_cost) >= 0  # B41; 0.00 has no sign
    return True


def check_digit_holds(pack_number):
    """Weights 3, 1, 3, ... from the ninth digit backwards; with the tenth the sum ends in 0."""
    digits = [int(digit) for digit in pack_number]
    total = sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits[:9])))
    return digits[9] == (10 - total % 10) % 10
