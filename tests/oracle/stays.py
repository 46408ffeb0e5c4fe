"""Stays in hospital and in residential care, death, and the days of contact (manual, section 2)."""

from datetime import date

from .boundaries import NOBODY_KNOWS, Boundaries
from .persons import hospital_order
from .rules import semester_days


class SpdcStay:
    """What lies between the first admission and the last discharge of the SPDC records of one hospital stay."""

    def __init__(self, records):
        self.records = sorted(records, key=hospital_order)
        self.admission = min(record.data_ricovero for record in records)
        self.discharge = max(record.data_dimissione for record in records)

    @property
    def last_record(self):
        return self.records[-1]

    def compulsory(self):
        """Whether any of the SPDC records is a compulsory admission (type 3)."""
        return any(record.tipo_ricovero == "3" for record in self.records)

    def ended_by_death(self, death):
        """Whether the person left it dead: by the mode of the last record, or by the day of death."""
        return self.last_record.modalita_dimissione == "1" or (death is not None and death <= self.discharge)


def is_spdc(record):
    """Discipline 40 as admission or discharge ward, in a public hospital."""
    wards = (record.reparto_ammissione[:2], record.reparto_dimissione[:2])
    return record.regime == "1" and "40" in wards and record.tipo_istituto == "1"


def hospital_stays(records):
    """Ordinary records, joined where one is admitted no later than the one before has ended."""
    stays, end = [], None
    for record in sorted((r for r in records if r.regime == "1"), key=lambda r: (r.data_ricovero, r.data_dimissione)):
        if end is not None and record.data_ricovero <= end:
            stays[-1].append(record)
            end = max(end, record.data_dimissione)
        else:
            stays.append([record])
            end = record.data_dimissione
    return stays


def spdc_stays(records):
    """The SPDC stays of a person, in the order of time."""
    parts = [[record for record in stay if is_spdc(record)] for stay in hospital_stays(records)]
    return [SpdcStay(part) for part in parts if part]


def visible_stays(person, year):
    """The SPDC stays as the cohort sees them: of records discharged up to Y1, for it sees nothing after."""
    return spdc_stays([record for record in person.hospital if record.data_dimissione <= year.last])


def latest_semester(records, key):
    """What the latest semester says of each thing; of two records of that semester, the lowest Id_Rec."""
    said = {}
    for record in sorted(records, key=lambda r: r.id_rec, reverse=True):
        before = said.get(key(record))
        if before is None or (record.year, record.semester) >= (before.year, before.semester):
            said[key(record)] = record
    return list(said.values())


def episodes(person, last_year, registers=("CNT", "CNR")):
    """Care episodes: register, region, azienda, DSM, structure and IDContatto, by the semesters up to a year's end."""
    found = []
    for register in registers:
        records = [record for flow, record in person.contacts if flow == register and record.year <= last_year]
        found += latest_semester(records, lambda r: (r.region, r.azienda, r.dsm, r.structure, r.contact_id))
    return found


def residential_stays(person, last_year):
    """(admission, last day, record); a stay not ended yet is known to last as long as its semester."""
    records = [record for record in person.residential if record.year <= last_year]
    said = latest_semester(records, lambda r: (r.region, r.azienda, r.dsm, r.structure, r.contact_id, r.admission_date))
    stays = []
    for record in said:
        end = record.discharge_date
        if end is None:
            end = semester_days(record.year, record.semester)[1]
        stays.append((record.admission_date, end, record))
    return stays


def death(person, year):
    """CDM, else ANA, else SDO (mode 1, any regime), else a closing with 4 or 5; the earliest within a source."""
    certified = [record.data_decesso for record in person.certificates]
    if certified:
        return min(certified)
    registered = [r.data_decesso for r in person.assisted if r.data_decesso is not None]
    registered = [day for day in registered if day <= year.read_to]
    if registered:
        return min(registered)
    in_hospital = [record.data_dimissione for record in person.hospital if record.modalita_dimissione == "1"]
    if in_hospital:
        return min(in_hospital)
    closings = [e.closing_date for e in episodes(person, year.year + 1) if e.conclusion_mode in ("4", "5")]
    return min(closings, default=None)


def days_in(first, last, low, high):
    """The days of [first, last] that fall in [low, high]."""
    return range(max(first, low), min(last, high) + 1)


def places_of_contact(person, year, services):
    """DSM contact days of Y by place, as the cohort sees them: {(region, "azienda-dsm" or None): set of days}.

    An intervention, a presence, a residential stay day (semesters up to Y), an SPDC stay day (discharged up to Y1).
    """
    places = {}

    def add(region, dsm, days):
        if len(days):
            places.setdefault((region, dsm), set()).update(days)

    for record in (*person.interventions, *person.presences):
        if year.first <= record.date <= year.last:
            add(record.region, f"{record.azienda}-{record.dsm}", [record.date])
    for first, last, record in residential_stays(person, year.year):
        add(record.region, f"{record.azienda}-{record.dsm}", days_in(first, last, year.first, year.last))
    for stay in visible_stays(person, year):
        for record in stay.records:
            days = days_in(record.data_ricovero, record.data_dimissione, year.first, year.last)
            add(record.regione, dsm_of_hospital(record, services), days)
        # Days between two SPDC records of one stay are stay days too: they are counted where the last record is.
        last = stay.last_record
        if last.data_dimissione >= year.first:
            days = days_in(stay.admission, stay.discharge, year.first, year.last)
            add(last.regione, dsm_of_hospital(last, services), days)
    return places


def hospital_days(records):
    """Days in hospital, any ward, of some records."""
    days = set()
    for stay in hospital_stays(records):
        for record in stay:
            days.update(range(record.data_ricovero, record.data_dimissione + 1))
    return days


def residential_days(person, year, last_year=None):
    """Days in a residential facility, as far as the semesters up to a year's end tell (Y+1's), up to the data end."""
    days = set()
    for first, last, _ in residential_stays(person, last_year or year.year + 1):
        days.update(range(max(first, year.read_from), min(last, year.read_to) + 1))
    return days


def institution_days_seen(person, year):
    """Days in hospital or in a residential facility as the cohort sees them: it sees nothing told of after Y1."""
    records = [record for record in person.hospital if record.data_dimissione <= year.last]
    return hospital_days(records) | residential_days(person, year, year.year)


def contact_days(person, year):
    """DSM contact days over the whole window: interventions, presences, residential and SPDC stay days."""
    days = {record.date for record in (*person.interventions, *person.presences)}
    for stay in spdc_stays(person.hospital):
        days.update(range(stay.admission, stay.discharge + 1))
    return days | residential_days(person, year)


def outcome_days(person, year):
    """DSM contact days and hospital days of any ward, over the whole window (S7, S25)."""
    return contact_days(person, year) | hospital_days(person.hospital)


def dsm_of_hospital(record, services):
    """The DSM of an SPDC record's hospital, or None: no row of type SPDC in STR carries it, or more than one DSM.

    The row of the year of discharge, else the nearest (two as near: both).
    """
    rows = services.get((record.regione, record.istituto), [])
    if not rows:
        return None
    discharged = date.fromordinal(record.data_dimissione).year
    nearest = min(abs(year - discharged) for year, _ in rows)
    dsms = {dsm for year, dsm in rows if abs(year - discharged) == nearest}
    return dsms.pop() if len(dsms) == 1 else None


def spdc_services(delivery, year):
    """STR rows of type SPDC up to Y+1, with the codes of Y: {(region, hospital): [(year, "azienda-dsm" or None)]}."""
    services = {}
    boundaries = Boundaries(delivery.moves, delivery.services, year)
    for row in delivery.services:
        if row.tipo == "SPDC" and row.anno.isdigit() and int(row.anno) <= year.year + 1:
            code = boundaries.code(row.regione, row.azienda, row.dsm, row.struttura, int(row.anno))
            place = None if code == NOBODY_KNOWS else "-".join(code)
            services.setdefault((row.regione, row.struttura), []).append((int(row.anno), place))
    return services
