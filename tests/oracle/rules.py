"""The rules that reject a record (flows, JSON layouts and README): each function answers True for a sound one."""

import re
from datetime import date

from .layouts import REGIONS, TERRITORIAL

RESIDENCE_REGIONS = {*REGIONS, "098", "998", "999"}
NOWHERE = {"098", "998", "999"}
OCCUPATIONS = {f"{code:02d}" for code in range(1, 20)} | {"99"}
INTERVENTIONS = {f"{code:02d}" for code in range(1, 27)}


def day(text):
    """Day number of a date AAAA-MM-GG of the calendar, None for anything else."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def semester_days(year, semester):
    """First and last day number of a semester."""
    if semester == "S1":
        return date(year, 1, 1).toordinal(), date(year, 6, 30).toordinal()
    return date(year, 7, 1).toordinal(), date(year, 12, 31).toordinal()


def sound_common(record, file):
    """Rules 3000-3051 (year, region, period, azienda, DSM, Id_Rec), the same in the seven files."""
    if not re.fullmatch(r"[12][0-9]{3}", record.year) or record.year != str(file.year):
        return False  # 3001 3000 3009
    if record.region not in REGIONS or record.region != file.region:
        return False  # 3011 3012 3305
    if record.semester not in ("S1", "S2") or (file.period and record.semester != file.period):
        return False  # 3021 3022 3010
    if not re.fullmatch(r"[0-9]{3}", record.azienda) or not re.fullmatch(r"[A-Za-z0-9]{3}", record.dsm):
        return False  # 3031 3030 3041 3040
    return len(record.id_rec) == 88 and record.op in ("I", "V", "C")  # 3051 3050 3181 3182


def sound_structure(record, flow):
    """Rules 3190 3191 (structure) and 3210 3211 (contact), of every file but the anagrafica."""
    if flow in TERRITORIAL:
        return 6 <= len(record.structure) <= 8 and 1 <= len(record.contact_id) <= 14
    return bool(re.fullmatch(r"[A-Za-z0-9]{6,8}", record.structure) and re.fullmatch(r"[0-9]{1,14}", record.contact_id))


def sound_anagrafica(record, flow):
    """Rules of ANT and ANR beyond the common ones."""
    if len(record.cuni) != 88:
        return False  # 3061 3060
    if not record.validity or (flow == "ANR" and record.validity not in ("0", "1")):
        return False  # 3071; 3072 stands in ANR only
    if record.id_type not in (("0", "1", "2", "3", "4", "99") if flow == "ANT" else ("0", "1", "2", "3", "99")):
        return False  # 3081 3082
    if (
        not re.fullmatch(r"[12][0-9]{3}", record.birth_year)
        or not 18 <= int(record.year) - int(record.birth_year) <= 100
    ):
        return False  # 3091 3090 3370 3941
    if record.sex not in ("1", "2", "9") or not re.fullmatch(r"[A-Za-z]{2}", record.citizenship):
        return False  # 3101 3102 3111 3110
    if record.residence_region not in RESIDENCE_REGIONS or not re.fullmatch(r"[0-9]{3}", record.residence_azienda):
        return False  # 3121 3122 3131 3130
    special = NOWHERE if flow == "ANT" else {"098"}
    if record.residence_azienda in special and record.residence_region != record.residence_azienda:
        return False  # 3602
    if record.residence_state and not re.fullmatch(r"[A-Za-z]{2}", record.residence_state):
        return False  # 3132
    return (
        record.marital_status in tuple("1234569")  # 3141 3142
        and record.living_arrangement in tuple("123456789")  # 3151 3152
        and record.education in tuple("12345679")  # 3161 3162
        and record.occupation in OCCUPATIONS  # 3171 3172
    )


def is_psychiatric(code):
    """A diagnosis has the form 290-319 with up to two more digits (README: whether the list has it is reported)."""
    return bool(re.fullmatch(r"(29[0-9]|30[0-9]|31[0-9])[0-9]{0,2}", code))


def sound_contact(record):
    """Rules of CNT and CNR beyond the common ones; 3261 is not applied (README)."""
    opening, closing = day(record.opening_date), day(record.closing_date)
    diagnosis, mode = record.closing_diagnosis, record.conclusion_mode
    if opening is None or opening > semester_days(int(record.year), record.semester)[1]:
        return False  # 3221 3220 3380
    if not is_psychiatric(record.opening_diagnosis) and record.opening_diagnosis not in ("00000", "99999"):
        return False  # 3231 3230 3445
    if record.previous_contacts not in ("1", "2", "9") or record.referral not in ("1", "2", "3", "4", "5", "9"):
        return False  # 3241 3242 3251 3252
    if record.closing_date and (closing is None or closing < opening):
        return False  # 3250 3385
    if not record.closing_date and (diagnosis or mode):
        return False  # 3942
    if diagnosis and not is_psychiatric(diagnosis) and diagnosis not in ("00000", "xxxxx"):
        return False  # 3260 3446
    if mode and mode not in ("1", "2", "3", "4", "5", "9"):
        return False  # 3262
    if not mode and (record.closing_date or diagnosis):
        return False  # 3945
    if mode and mode != "1" and not diagnosis:
        return False  # 3943
    return not diagnosis or (diagnosis == "xxxxx") == (mode == "9")  # 3944 3946


def sound_intervention(record):
    """Rules of PST beyond the common ones."""
    profiles = tuple("12345678")
    if not re.fullmatch(r"[0-9]{1,5}", record.progressive) or int(record.progressive) < 1:
        return False  # 3271 3270
    return (
        in_semester(record)  # 3281 3280 7341 3948
        and record.type in INTERVENTIONS  # 3291 3292
        and record.delivery_mode in ("1", "2")  # 3321 3222
        and record.place in tuple("12345678")  # 3351 3352
        and record.operator_1 in profiles  # 3401 3402
        and record.operator_2 in ("", *profiles)  # 3403
        and record.operator_3 in ("", *profiles)
    )


def in_semester(record):
    """The date is a day of the record's semester."""
    number = day(record.date)
    first, last = semester_days(int(record.year), record.semester)
    return number is not None and first <= number <= last


def sound_residential(record):
    """Rules of PSR beyond the common ones; a discharge outside the semester (7302) is reported only."""
    admission, discharge = day(record.admission_date), day(record.discharge_date)
    if record.structure_type not in tuple("145678") or admission is None:
        return False  # 3951 3952 3961 3960
    if admission > semester_days(int(record.year), record.semester)[1]:
        return False  # 3390
    return not record.discharge_date or (discharge is not None and discharge >= admission)  # 3970 3395


def sound_presence(record):
    """Rules of PSS beyond the common ones; a date outside the semester has the own code P010 (README)."""
    return (
        record.structure_type in tuple("123678")  # 3981 3982
        and in_semester(record)  # 3991 3990 P010
        and record.attendance in ("1", "2")  # 4001 4002
    )


def sound_sism(flow, record, file):
    """All rejecting rules of one SISM file on one record."""
    if not sound_common(record, file):
        return False
    if flow in ("ANT", "ANR"):
        return sound_anagrafica(record, flow)
    if not sound_structure(record, flow):
        return False
    if flow in ("CNT", "CNR"):
        return sound_contact(record)
    return {"PST": sound_intervention, "PSR": sound_residential, "PSS": sound_presence}[flow](record)


def sound_str(record):
    """Rules P001 and P006 of STR."""
    return bool(record.azienda and record.dsm and record.struttura and record.anno) and record.regione in REGIONS


class Register:
    """STR as the Ministry's register, for the regions and years that deliver it."""

    def __init__(self, services):
        self.delivered = {(s.regione, s.anno) for s in services}
        self.aziende = {(s.regione, s.anno, s.azienda) for s in services}
        self.dsms = {(s.regione, s.anno, s.azienda, s.dsm) for s in services}
        self.structures = {(s.regione, s.anno, s.azienda, s.struttura) for s in services}

    def knows(self, flow, record):
        """Rules 3310, 3315, 3330 and 3601, as each layout prints them."""
        nowhere = flow in ("ANT", "ANR") and record.residence_azienda in NOWHERE
        if (record.region, record.year) in self.delivered:
            place = (record.region, record.year, record.azienda)
            if not nowhere and place not in self.aziende:
                return False  # 3310
            if (*place, record.dsm) not in self.dsms:
                return False  # 3315
            if flow not in ("ANT", "ANR") and (*place, record.structure) not in self.structures:
                return False  # 3330
        if flow in ("ANT", "ANR") and not nowhere and (record.residence_region, record.year) in self.delivered:
            return (record.residence_region, record.year, record.residence_azienda) in self.aziende  # 3601
        return True

    def knows_aziende_of(self, record):
        """Rules D30 and D90 of DIR: the azienda of residence, and that of a dispenser of type 06."""
        codes = [record.residence_azienda] if record.residence_azienda else []
        codes += [record.structure] if record.dispenser == "06" else []
        return all(
            (code[:3], record.year) not in self.delivered or (code[:3], record.year, code[3:]) in self.aziende
            for code in codes
        )
