"""The rules that reject a visit to an emergency department (flows, PS.json).

Not asked: what needs the registers of hospitals, municipalities, countries, procedures and exemptions, tables A, B and
E, or the checksum of the CUNI.
"""

import re
from calendar import monthrange
from datetime import date

from .layouts import REGIONS, names
from .rules import day

TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
FORMS = {  # field: what a value looks like where there is one
    "id": r".{16}",  # 104
    "institute": r".{6}|.{8}",  # 104
    "entry_time": TIME,
    "arrival": r"[1-79]",
    "centre": r".{5}",
    "mission": r"[0-9]{16}",
    "sent_by": r"[1-79]",
    "sent_from": r".{6,8}",
    "problem": r".{1,2}",
    "trauma": r"[1-79]",
    "triage": r"[RGVBNX1-5]",
    "cuni": r".{88}",
    "validity": r"[01]",
    "id_type": r"[0-4]|97|98|99",
    "team": r".{1,28}",
    "birth_year": r"[0-9]{4}",
    "birth_month": r"0[1-9]|1[0-2]",
    "presumed_age": r"[0-6]",
    "sex": r"[129]",
    "citizenship": r"[A-Za-z]{2}",
    "residence_municipality": r".{1,6}",
    "residence_azienda": r"[a-zA-Z0-9]{3}",
    "residence_state": r"[A-Za-z]{2}",
    "care_time": TIME,
    "diagnosis": r".{3,6}",
    "service": r".{3,9}",
    "outcome": r"[1-9]|10|11",
    "destination_time": TIME,
    "discharge_time": TIME,
    "report": r"[1239]",
    "appropriateness": r"[RGVBN1-5]",
    "admission": r".{8}",
    "ward": r".{2}",
    "transfer_reason": r"[123]",
    "transfer_institute": r".{6,8}",
    "obi_problem": r".{3,9}",
    "obi_entry_time": TIME,
    "discipline_1": r".{2}",
    "number_1": r"[1-9]",
    "discipline_2": r".{2}",
    "number_2": r"[1-9]",
    "obi_outcome": r"[1-5789]",
    "obi_service": r".{3,9}",
    "obi_diagnosis": r".{3,6}",
    "obi_exit_time": TIME,
    "regime": r"[1239]",
    "ticket_position": r"[1-9]",
    "exemption": r".{1,6}",
    "op": r"[IVC]",
}
REPEATED = {"diagnoses": r".{3,6}", "services": r".{3,9}", "obi_diagnoses": r".{3,6}", "obi_services": r".{3,9}"}
DAYS = ("entry_date", "care_date", "destination_date", "discharge_date", "obi_entry_date", "obi_exit_date")
OBLIGATORY = names(
    "id institute entry_date entry_time arrival sent_by problem triage cuni validity id_type sex citizenship "
    "residence_region residence_municipality outcome op"
)
OF_OBSERVATION = names(
    "obi_problem obi_entry_date obi_entry_time discipline_1 discipline_2 number_2 obi_outcome obi_service "
    "obi_services obi_diagnosis obi_diagnoses obi_exit_date obi_exit_time"
)
MUST_BE_OF_OBSERVATION = names("obi_entry_date obi_entry_time obi_outcome obi_exit_date obi_exit_time")


def period_days(file):
    """First and last day number of the period in a file's name."""
    first, last = {"": (1, 12), "S1": (1, 6), "S2": (7, 12)}.get(file.period) or (int(file.period), int(file.period))
    return date(file.year, first, 1).toordinal(), date(file.year, last, monthrange(file.year, last)[1]).toordinal()


def minute(number, time):
    """A moment in minutes, from a day number and OO:MM."""
    return number * 1440 + int(time[:2]) * 60 + int(time[3:])


def sound_ps(record, file):
    """All rejecting rules of PS that need no list which is not at hand."""
    for name, form in FORMS.items():
        value = getattr(record, name)
        if value and not re.fullmatch(form, value):
            return False
    for name, form in REPEATED.items():
        values = getattr(record, name)
        if values and not all(re.fullmatch(form, value.strip()) for value in values.split("|")):
            return False
    if not all(getattr(record, name) for name in OBLIGATORY):
        return False
    if any(getattr(record, name) and day(getattr(record, name)) is None for name in DAYS):
        return False
    return (
        sound_entry(record, file)
        and sound_person(record)
        and sound_end(record, file)
        and sound_observation(record)
        and sound_amounts(record)
    )


def sound_entry(record, file):
    """Where, when and how somebody came."""
    if record.institute[:3] != file.region or record.id[:4] != record.entry_date[:4]:
        return False  # 1902 2058
    first, last = period_days(file)
    earliest = first - 1  # 1001
    if record.discharge_date:
        start = date.fromordinal(first)  # 2057: a month before the first of the period
        start = start.replace(month=start.month - 1) if start.month > 1 else date(start.year - 1, 12, 1)
        earliest = start.toordinal()
    if not earliest <= day(record.entry_date) <= last:
        return False
    if record.centre and record.centre[:3] not in REGIONS:
        return False  # 2032
    if record.mission:
        if record.sent_by != "5":
            return False  # 2062
        if int(record.id[:4]) - int(record.mission[:4]) not in (0, 1):
            return False  # 2063 2107 2108: the years of the visit are one by 2058
    return True


def sound_person(record):
    """Who came."""
    if bool(record.birth_year) == bool(record.presumed_age):
        return False  # 20061 20062
    if record.residence_region not in (*REGIONS, "999"):
        return False  # 114
    abroad = record.residence_region == "999" and record.residence_municipality == "999999"
    return not record.residence_state or abroad  # 2007


def sound_end(record, file):
    """Taking in charge, outcome, destination and discharge."""
    outcome, entry = record.outcome, day(record.entry_date)
    left = outcome in ("6", "7")
    if outcome == "6":
        if record.care_date or record.care_time:
            return False  # 2112 2113
    else:
        if not (record.care_date and record.care_time):
            return False  # 1103
        waited = minute(day(record.care_date), record.care_time) - minute(entry, record.entry_time)
        if not 0 <= waited <= 1440:
            return False  # 2066
    if record.triage == "N" and outcome != "9":
        return False  # 2067
    if outcome == "9" and record.appropriateness != "N":
        return False  # 2078
    has_destination = outcome in ("1", "2", "3", "10", "11")
    if bool(record.destination_date) != has_destination or bool(record.destination_time) != has_destination:
        return False  # 1103 1115 1004
    if has_destination and day(record.destination_date) < day(record.care_date):
        return False  # 1117
    if bool(record.discharge_date) == left or (left and record.discharge_time):
        return False  # 1103 2080 2083
    if record.discharge_date:
        discharge = day(record.discharge_date)
        first, last = period_days(file)
        if not first <= discharge <= last or discharge < entry:
            return False  # 1002 3007
        if record.discharge_time and minute(discharge, record.discharge_time) < minute(entry, record.entry_time):
            return False  # 3007
        if record.admission:
            years = {f"{(int(record.discharge_date[:4]) + shift) % 100:02d}" for shift in (-1, 0, 1)}
            if record.admission[:2] not in years:
                return False  # 2071
    if left:
        return not record.appropriateness and sound_transfer(record)  # 2086
    return bool(record.appropriateness or record.obi_outcome == "7") and sound_transfer(record)  # 1103


def sound_transfer(record):
    """Reason and institute of a transfer go with outcome 3, of the visit or of the observation."""
    transferred = "3" in (record.outcome, record.obi_outcome)
    if transferred:
        return bool(record.transfer_reason and record.transfer_institute)  # 1103
    return not record.transfer_reason  # 2072


def sound_observation(record):
    """Short observation goes with outcome 10."""
    if record.outcome != "10":
        return not any(getattr(record, name) for name in OF_OBSERVATION)  # 1121-1135
    if not all(getattr(record, name) for name in MUST_BE_OF_OBSERVATION):
        return False  # 1103
    entered = minute(day(record.obi_entry_date), record.obi_entry_time)
    left = minute(day(record.obi_exit_date), record.obi_exit_time)
    if entered <= minute(day(record.care_date), record.care_time) or left <= entered:
        return False  # 1008 1123 1136 1137
    return (record.obi_exit_date, record.obi_exit_time) == (record.discharge_date, record.discharge_time)  # 1136 1137


def in_range(text):
    """0.01 to 999999.99."""
    return bool(re.fullmatch(r"[0-9]+([.][0-9]+)?", text)) and 0.01 <= float(text) <= 999999.99


def sound_amounts(record):
    """What was paid."""
    left = record.outcome in ("6", "7")
    if bool(record.gross) == left or (record.gross and not in_range(record.gross)):
        return False  # 1103 1118 112
    if not left and not record.ticket_position:
        return False  # 1103
    if bool(record.ticket) != (record.ticket_position == "1"):
        return False  # 1103 1120
    return not record.ticket or in_range(record.ticket)  # 112
