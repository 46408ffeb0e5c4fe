"""Who is who, what is known of a person, and everything recorded of one person (manual, section 2)."""

import re
from collections import defaultdict
from datetime import date
from fractions import Fraction

from .boundaries import Boundaries
from .layouts import TERRITORIAL

# Rule B17 of DIR names the CUNI that stands for anybody.
ANONYMOUS = "TGIN+o+fB0m+hf4iyd2fYF6kjRqEpa6+TPiiNfAvE0M=9wmFXLxmSeuWHV0HIMjYtoyCAOT+Dms+s2mz2P3x90Y="


class Year:
    """Section 1: the evaluation year, its bounds, and the window of what is read (1 January Y-3 to 31 December Y+1)."""

    def __init__(self, year):
        self.year = year
        self.first = date(year, 1, 1).toordinal()  # Y0
        self.last = date(year, 12, 31).toordinal()  # Y1
        self.read_from = date(year - 3, 1, 1).toordinal()
        self.read_to = date(year + 1, 12, 31).toordinal()


class Person:
    """All current records of one person inside the window; anagrafica, ANA, CDM and SUP also from before it.

    Of care episodes and residential stays azienda and DSM are those of Y.
    """

    def __init__(self):
        self.registrations = []  # (register, record)
        self.contacts = []  # (register, record)
        self.interventions, self.presences, self.residential, self.hospital = [], [], [], []
        self.assisted, self.certificates = [], []
        self.dispensed = []  # (day, AIC, packs)
        self.services, self.addiction, self.child_care, self.emergency, self.events = [], [], [], [], []

    def registration(self, years):
        """The latest anagrafica of these years: year, semester; ANT before ANR; lowest region, azienda, DSM, Id_Rec."""
        seen = [item for item in self.registrations if item[1].year in years]
        if not seen:
            return None
        latest = max((record.year, record.semester) for _, record in seen)
        ties = [item for item in seen if (item[1].year, item[1].semester) == latest]
        return min(ties, key=lambda i: (i[0] != "ANT", i[1].region, i[1].azienda, i[1].dsm, i[1].id_rec))[1]

    def attributes(self, year):
        """Sex and birth year: the latest anagrafica up to Y1, else ANA, else the latest SDO record."""
        record = self.registration(range(year.year + 1))
        if record:
            return record.sex, int(record.birth_year)
        periods = [record for record in self.assisted if record.data_inizio <= year.last]
        if periods:
            record = max(periods, key=lambda r: r.data_inizio)
            born = int(record.anno_nascita) if re.fullmatch(r"[0-9]{4}", record.anno_nascita) else None
            return (record.sesso if record.sesso in ("1", "2") else "9"), born
        stays = [record for record in self.hospital if record.data_dimissione <= year.last]
        if stays:
            record = max(stays, key=hospital_order)
            return (record.sesso if record.sesso in ("1", "2") else "9"), birth_year(record)
        return "9", None


def birth_year(record):
    """Of an SDO record: four digits, not after the discharge, at most 120 years before it; else unknown."""
    discharged = date.fromordinal(record.data_dimissione).year
    if not re.fullmatch(r"[0-9]{4}", record.anno_nascita):
        return None
    return int(record.anno_nascita) if discharged - 120 <= int(record.anno_nascita) <= discharged else None


def hospital_order(record):
    """Order of the SDO records of a person in time; the last one is the one discharged last."""
    return (
        record.data_dimissione,
        record.data_ricovero,
        record.regione,
        record.istituto,
        record.anno,
        record.scheda,
    )


def identity(record):
    """One person per CUNI; where it tells nobody apart, the record's region, azienda, DSM and Id_Rec."""
    if record.id_type in ("98", "99") or record.cuni == ANONYMOUS:
        return ("record", record.region, record.azienda, record.dsm, record.id_rec)
    return ("cuni", record.cuni)


class Links:
    """Id_Rec to person, by register and semester."""

    def __init__(self, delivery, last_year):
        self.known = {"ANT": defaultdict(dict), "ANR": defaultdict(dict)}
        for register, known in self.known.items():
            for record in delivery.records[register]:
                if record.year <= last_year:
                    place = (record.region, record.azienda, record.dsm, record.id_rec)
                    known[place][record.year, record.semester] = identity(record)

    def person_of(self, flow, record):
        """The anagrafica of the same semester and register; else its latest; else the other's latest; else nobody."""
        own, other = ("ANT", "ANR") if flow in TERRITORIAL else ("ANR", "ANT")
        place = (record.region, record.azienda, record.dsm, record.id_rec)
        for register in (own, other):
            semesters = self.known[register].get(place)
            if semesters:
                if register == own and (record.year, record.semester) in semesters:
                    return semesters[record.year, record.semester]
                return semesters[max(semesters)]
        return None


def persons(delivery, year):
    """Person by identity, with the records the evaluation of the year may read."""
    people = defaultdict(Person)
    boundaries = Boundaries(delivery.moves, delivery.services, year)
    links = Links(delivery, year.year + 1)
    for register in ("ANT", "ANR"):
        for record in delivery.records[register]:
            if record.year <= year.year + 1:
                people[identity(record)].registrations.append((register, record))
    for flow in ("CNT", "CNR", "PST", "PSS", "PSR"):
        for record in delivery.records[flow]:
            who = links.person_of(flow, record)
            if who is None or not year.year - 3 <= record.year <= year.year + 1:
                continue
            person = people[who]
            if flow in ("CNT", "CNR", "PSR"):
                code = boundaries.code(record.region, record.azienda, record.dsm, record.structure, record.year)
                record = record._replace(azienda=code[0], dsm=code[1])
            if flow in ("CNT", "CNR"):
                person.contacts.append((flow, record))
            else:
                {"PST": person.interventions, "PSS": person.presences, "PSR": person.residential}[flow].append(record)
    for record in delivery.records["SDO"]:
        if record.cuni != ANONYMOUS and year.read_from <= record.data_dimissione <= year.read_to:
            people["cuni", record.cuni].hospital.append(record)
    for record in delivery.records["ANA"]:
        if ("cuni", record.cuni) in people and record.cuni != ANONYMOUS and record.data_inizio <= year.read_to:
            people["cuni", record.cuni].assisted.append(record)
    for record in delivery.records["CDM"]:
        if ("cuni", record.cuni) in people and record.cuni != ANONYMOUS and record.data_decesso <= year.read_to:
            people["cuni", record.cuni].certificates.append(record)
    add_other_flows(delivery, year, people)
    return people


def add_other_flows(delivery, year, people):
    """Drugs, services, contacts, visits and events of who is known already; of who is not, they change no indicator."""

    def known(flow, date_name, first):
        """(person, record) of a flow, of days from the first to the data end."""
        for record in delivery.records[flow]:
            nobody = record.cuni == ANONYMOUS or getattr(record, "id_type", "") in ("98", "99")
            if not nobody and ("cuni", record.cuni) in people and first <= getattr(record, date_name) <= year.read_to:
                yield people["cuni", record.cuni], record

    for person, record in known("FAR", "data_erogazione", year.read_from):
        person.dispensed.append((record.data_erogazione, record.aic, Fraction(record.pezzi)))
    for person, record in known("DIR", "date", year.read_from):
        person.dispensed.append((record.date, record.drug, Fraction(record.quantity) / int(record.factor)))
    for person, record in known("SPE", "data_erogazione", year.read_from):
        person.services.append(record)
    for person, record in known("SIND", "data_contatto", year.read_from):
        person.addiction.append(record.data_contatto)
    for person, record in known("NPIA", "data_contatto", year.read_from):
        person.child_care.append(record)
    for person, record in known("PS", "entry_date", year.read_from):
        person.emergency.append(record)
    for person, record in known("SUP", "data_inizio", 0):
        person.events.append(record)
