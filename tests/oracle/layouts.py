"""What a line holds: the fields of the seven SISM files, DIR and PS by position, of the others by name."""

from collections import namedtuple


def names(text):
    """Names in a row of words."""
    return text.split()


REGIONS = names("010 020 030 041 042 050 060 070 080 090 100 110 120 130 140 150 160 170 180 190 200")

_ANAGRAFICA = (
    "year region semester azienda dsm id_rec cuni validity id_type birth_year sex citizenship residence_region "
    "residence_azienda residence_state marital_status living_arrangement education occupation op"
)
_CONTACT = (
    "year semester region azienda dsm id_rec structure contact_id opening_date opening_diagnosis previous_contacts "
    "referral closing_date closing_diagnosis conclusion_mode op"
)

FIELDS = {
    "ANT": names(_ANAGRAFICA),
    "ANR": names(_ANAGRAFICA),
    "CNT": names(_CONTACT),
    "CNR": names(_CONTACT),
    "PST": names(
        "year semester region azienda dsm id_rec structure contact_id progressive date type delivery_mode place "
        "operator_1 operator_2 operator_3 op"
    ),
    "PSR": names(
        "year semester region azienda dsm id_rec structure contact_id structure_type admission_date discharge_date op"
    ),
    "PSS": names("year semester region azienda dsm id_rec structure contact_id structure_type date attendance op"),
    "SDO": names(
        "REGIONE ISTITUTO ANNO SCHEDA CUNI SESSO ANNO_NASCITA REG_RES ASL_RES REGIME DATA_RICOVERO REPARTO_AMMISSIONE "
        "TIPO_RICOVERO TRAUMATISMI DATA_DIMISSIONE REPARTO_DIMISSIONE MODALITA_DIMISSIONE DIAGNOSI_PRINCIPALE "
        "DIAGNOSI_2 DIAGNOSI_3 DIAGNOSI_4 DIAGNOSI_5 DIAGNOSI_6 TIPO_ISTITUTO OP"
    ),
    "ANA": names("CUNI DATA_INIZIO SESSO ANNO_NASCITA REG_RES ASL_RES DATA_FINE DATA_DECESSO"),
    "CDM": names("CUNI DATA_DECESSO CAUSA_INIZIALE"),
    "STR": names("REGIONE AZIENDA DSM STRUTTURA ANNO TIPO NATURA POSTI POPOLAZIONE DENOMINAZIONE DENOMINAZIONE_DSM"),
    "FAR": names("REGIONE RICETTA RIGA ASL ANNO MESE CUNI DATA_EROGAZIONE AIC PEZZI OP"),
    "SPE": names(
        "REGIONE RICETTA RIGA ASL STRUTTURA ANNO MESE CUNI DATA_EROGAZIONE NOMENCLATORE PRESTAZIONE QUANTITA "
        "DISCIPLINA OP"
    ),
    "SIND": names("REGIONE SERD ID_CONTATTO ASL ANNO CUNI DATA_CONTATTO TIPO_CONTATTO OP"),
    "NPIA": names("REGIONE STRUTTURA ID_CONTATTO ASL ANNO CUNI DATA_CONTATTO DIAGNOSI_ICD10 OP"),
    "SUP": names("REGIONE ID_EVENTO AZIENDA DSM CUNI TIPO DATA_INIZIO DATA_FINE ATTRIBUTI OP"),
    "AIC": names("AIC ATC DESCRIZIONE DDD_CONFEZIONE FORMA INTERVALLO_GIORNI DOSE_MIN_DDD DOSE_MAX_DDD"),
    "DIR": names(
        "region year month azienda dispenser structure_type structure cuni validity id_type birth_date sex "
        "residence_azienda citizenship residence_state institution op channel exemption dispensing exemption_type "
        "contact_type contact_id date fixed_fee percentage_fee prescription_date prescription_cost prescriber "
        "prescriber_type drug_type drug quantity factor pack_number purchase_cost service_cost"
    ),
    "PS": names(
        "id institute entry_date entry_time arrival centre mission sent_by sent_from problem trauma triage cuni "
        "validity id_type team birth_year birth_month presumed_age sex citizenship residence_region "
        "residence_municipality residence_azienda residence_state care_date care_time diagnosis diagnoses service "
        "services outcome destination_date destination_time discharge_date discharge_time report appropriateness "
        "admission ward transfer_reason transfer_institute obi_problem obi_entry_date obi_entry_time discipline_1 "
        "number_1 discipline_2 number_2 obi_outcome obi_service obi_services obi_diagnosis obi_diagnoses obi_exit_date "
        "obi_exit_time regime gross ticket ticket_position exemption op"
    ),
}
ALSO_CALLED = {"TIPO_OPERAZIONE": "OP"}
OPTIONAL_NAMES = {"DENOMINAZIONE", "DENOMINAZIONE_DSM"}  # may follow in STR; every other name must be there

_SISM_KEY = names("year region semester azienda dsm id_rec")
KEYS = {
    "ANT": _SISM_KEY,
    "ANR": _SISM_KEY,
    "CNT": [*_SISM_KEY, "structure", "contact_id"],
    "CNR": [*_SISM_KEY, "structure", "contact_id"],
    "PST": [*_SISM_KEY, "structure", "contact_id", "progressive", "date"],
    "PSR": [*_SISM_KEY, "structure", "contact_id", "admission_date"],
    "PSS": [*_SISM_KEY, "structure", "contact_id", "date"],
    "SDO": names("regione istituto anno scheda"),
    "STR": names("regione azienda dsm struttura anno"),
    "ANA": names("cuni data_inizio"),
    "CDM": names("cuni"),
    "FAR": names("regione ricetta riga"),
    "SPE": names("regione ricetta riga"),
    "SIND": names("regione serd id_contatto"),
    "NPIA": names("regione struttura id_contatto"),
    "SUP": names("regione id_evento"),
    "AIC": names("aic"),
    "DIR": names(  # with the CUNI added (section 2)
        "region year month azienda dispenser structure_type structure contact_type contact_id date drug_type drug "
        "pack_number cuni"
    ),
    "PS": names("id institute"),
}

SISM = ("ANT", "CNT", "PST", "ANR", "CNR", "PSR", "PSS")
TERRITORIAL = ("ANT", "CNT", "PST")
BY_POSITION = (*SISM, "DIR", "PS")
NATIONAL = ("ANA", "CDM", "AIC")  # their files name no region
NO_OPERATION = ("STR", "ANA", "CDM", "AIC")  # layouts without I, V, C
WITH_TOTALS = ("FAR", "SPE")  # their line 99 is the total of a prescription, dropped
DATES = {
    *names("date opening_date closing_date admission_date discharge_date data_ricovero data_dimissione"),
    *names("data_inizio data_fine data_decesso data_erogazione data_contatto entry_date"),
}

RECORD = {flow: namedtuple(flow, [name.lower() for name in names]) for flow, names in FIELDS.items()}
