"""The rules that reject a record of the project's own layouts (flows, README): P001 to P007, nothing else."""

import re

from .layouts import REGIONS, names
from .rules import day

EVENT_TYPES = names(
    "PTI CASE_MANAGER CONTRACT RESTRAINT PENAL_MEASURE HOUSING PATHWAY WORK PSYCHOEDUCATION BUDGET SCALE ENROLMENT"
)


def is_number(text):
    """Digits, with a sign and decimals where it has them."""
    return bool(re.fullmatch(r"[+-]?[0-9]+([.][0-9]+)?", text))


def sound_delivery(record):
    """P006 of every layout with operations and regions."""
    return record.op in ("I", "V", "C") and record.regione in REGIONS


def sound_sdo(record):
    """Rules P001-P006 of SDO (README, last paragraph); everything else is kept."""
    if not (record.regione and record.istituto and record.anno and record.scheda and record.cuni):
        return False  # P001 P002
    admission, discharge = day(record.data_ricovero), day(record.data_dimissione)
    if admission is None or discharge is None or discharge < admission:
        return False  # P003 P004
    return record.op in ("I", "V", "C") and record.regione in REGIONS and record.regime in ("1", "2")  # P006


def sound_ana(record):
    """Rules P001-P004 of ANA."""
    first, last = day(record.data_inizio), day(record.data_fine)
    if not record.cuni or first is None:
        return False  # P002 P001 P003
    if (record.data_fine and last is None) or (record.data_decesso and day(record.data_decesso) is None):
        return False  # P003
    return last is None or last >= first  # P004


def sound_cdm(record):
    """Rules P002 and P003 of CDM."""
    return bool(record.cuni) and day(record.data_decesso) is not None


def sound_far(record):
    """P001-P007 of FAR."""
    if not (record.regione and record.ricetta and record.riga and record.cuni and record.aic):
        return False  # P001 P002 P007
    return day(record.data_erogazione) is not None and is_number(record.pezzi) and sound_delivery(record)


def sound_spe(record):
    """P001-P007 of SPE; a quantity may be missing."""
    if not (record.regione and record.ricetta and record.riga and record.cuni and record.prestazione):
        return False  # P001 P002 P007
    if record.quantita and not is_number(record.quantita):
        return False  # P005
    return day(record.data_erogazione) is not None and sound_delivery(record)


def sound_sind(record):
    """P001, P003 and P006 of SIND."""
    keys = record.regione and record.serd and record.id_contatto
    return bool(keys) and day(record.data_contatto) is not None and sound_delivery(record)


def sound_npia(record):
    """P001, P003 and P006 of NPIA."""
    keys = record.regione and record.struttura and record.id_contatto
    return bool(keys) and day(record.data_contatto) is not None and sound_delivery(record)


def sound_sup(record):
    """P001, P003, P004 and P006 of SUP; an end may be missing."""
    first, last = day(record.data_inizio), day(record.data_fine)
    if not (record.regione and record.id_evento) or first is None:
        return False  # P001 P003
    if record.data_fine and (last is None or last < first):
        return False  # P003 P004
    return record.tipo in EVENT_TYPES and sound_delivery(record)


def sound_aic(record):
    """P001 and P007 of the register of packs."""
    return bool(record.aic and record.atc)


SOUND = {
    "SDO": sound_sdo,
    "ANA": sound_ana,
    "CDM": sound_cdm,
    "FAR": sound_far,
    "SPE": sound_spe,
    "SIND": sound_sind,
    "NPIA": sound_npia,
    "SUP": sound_sup,
    "AIC": sound_aic,
}
