"""What a line holds: the fields of the seven SISM files by position, of the others by name (flows, README)."""

from collections import namedtuple


def _names(text):
    """Names in a row of words."""
    return text.split()


REGIONS = _names("010 020 030 041 042 050 060 070 080 090 100 110 120 130 140 150 160 170 180 190 200")

_ANAGRAFICA = (
    "year region semester azienda dsm id_rec cuni validity id_type birth_year sex citizenship residence_region "
    "residence_azienda residence_state marital_status living_arrangement education occupation op"
)
_CONTACT = (
    "year semester region azienda dsm id_rec structure contact_id opening_date opening_diagnosis previous_contacts "
    "referral closing_date closing_diagnosis conclusion_mode op"
)

FIELDS = {
    "ANT": _names(_ANAGRAFICA),
    "ANR": _names(_ANAGRAFICA),
    "CNT": _names(_CONTACT),
    "CNR": _names(_CONTACT),
    "PST": _names(
        "year semester region azienda dsm id_rec structure contact_id progressive date type delivery_mode place "
        "operator_1 operator_2 operator_3 op"
    ),
    "PSR": _names(
        "year semester region azienda dsm id_rec structure contact_id structure_type admission_date discharge_date op"
    ),
    "PSS": _names("year semester region azienda dsm id_rec structure contact_id structure_type date attendance op"),
    "SDO": _names(
        "REGIONE ISTITUTO ANNO SCHEDA CUNI SESSO ANNO_NASCITA REG_RES ASL_RES REGIME DATA_RICOVERO REPARTO_AMMISSIONE "
        "TIPO_RICOVERO TRAUMATISMI DATA_DIMISSIONE REPARTO_DIMISSIONE MODALITA_DIMISSIONE DIAGNOSI_PRINCIPALE "
        "DIAGNOSI_2 DIAGNOSI_3 DIAGNOSI_4 DIAGNOSI_5 DIAGNOSI_6 TIPO_ISTITUTO OP"
    ),
    "ANA": _names("CUNI DATA_INIZIO SESSO ANNO_NASCITA REG_RES ASL_RES DATA_FINE DATA_DECESSO"),
    "CDM": _names("CUNI DATA_DECESSO CAUSA_INIZIALE"),
    "STR": _names("REGIONE AZIENDA DSM STRUTTURA ANNO TIPO NATURA POSTI POPOLAZIONE DENOMINAZIONE DENOMINAZIONE_DSM"),
}
OPTIONAL_NAMES = {"DENOMINAZIONE", "DENOMINAZIONE_DSM"}  # may follow in STR; every other name must be there

_SISM_KEY = _names("year region semester azienda dsm id_rec")
KEYS = {
    "ANT": _SISM_KEY,
    "ANR": _SISM_KEY,
    "CNT": [*_SISM_KEY, "structure", "contact_id"],
    "CNR": [*_SISM_KEY, "structure", "contact_id"],
    "PST": [*_SISM_KEY, "structure", "contact_id", "progressive", "date"],
    "PSR": [*_SISM_KEY, "structure", "contact_id", "admission_date"],
    "PSS": [*_SISM_KEY, "structure", "contact_id", "date"],
    "SDO": _names("regione istituto anno scheda"),
    "STR": _names("regione azienda dsm struttura anno"),
    "ANA": _names("cuni data_inizio"),
    "CDM": _names("cuni"),
}

SISM = ("ANT", "CNT", "PST", "ANR", "CNR", "PSR", "PSS")
TERRITORIAL = ("ANT", "CNT", "PST")
NATIONAL = ("ANA", "CDM")  # their files name no region
NO_OPERATION = ("STR", "ANA", "CDM")  # layouts without I, V, C
DATES = {
    *_names("date opening_date closing_date admission_date discharge_date data_ricovero data_dimissione"),
    *_names("data_inizio data_fine data_decesso"),
}

RECORD = {flow: namedtuple(flow, [name.lower() for name in names]) for flow, names in FIELDS.items()}
