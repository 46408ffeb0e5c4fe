"""A small delivery in the making, for the tests of the oracle: lines by file, written when the cells are asked for."""

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

from oracle.delivery import Delivery
from oracle.indicators import compute
from oracle.layouts import FIELDS, SISM
from oracle.persons import Year

Y = 2022
SDO_NAMES = FIELDS["SDO"]
BY_NAME = ("FAR", "SPE", "SIND", "NPIA", "SUP")  # by region and with a header of names
ONE_OF_NATION = ("AIC", "ANA", "CDM")


# AIC, ATC, text, DDDs of a pack, form, interval in days, lowest and highest dose in DDDs a day.
HALOPERIDOL, OLANZAPINE, CLOZAPINE, LITHIUM, NO_DDD = (f"99000000{number}" for number in range(1, 6))
VALPROATE, SERTRALINE, RISPERIDONE = "990000006", "990000007", "990000008"
DEPOT, DEPOT_OF_HALOPERIDOL, DEPOT_OF_RISPERIDONE = "990000011", "990000012", "990000013"
PACKS = [
    f"{HALOPERIDOL}~N05AD01~~10~oral~~~",
    f"{OLANZAPINE}~N05AH03~~30~oral~~~",
    f"{CLOZAPINE}~N05AH02~~42~oral~~~",
    f"{LITHIUM}~N05AN01~~30~oral~~~",
    f"{NO_DDD}~N05AD01~~~oral~~~",
    f"{DEPOT}~N05AX13~~28~depot~28~0.8~1.2",
    f"{DEPOT_OF_HALOPERIDOL}~N05AD01~~14~depot~14~~",
    f"{VALPROATE}~N03AG01~~30~oral~~~",
    f"{SERTRALINE}~N06AB06~~30~oral~~~",
    f"{RISPERIDONE}~N05AX08~~30~oral~~~",
    f"{DEPOT_OF_RISPERIDONE}~N05AX08~~30~depot~~~",
]


def later(day, days):
    """The day so many days after a day, both as text."""
    return str(date.fromisoformat(day) + timedelta(days=days))


def dies(files, day):
    """The person's death."""
    files.lines[f"CDM_{Y}.csv"] = ["~".join(FIELDS["CDM"]), "CA".ljust(88, "0") + f"~{day}~I21"]


def number_of(files, count, kind, first=f"{Y}-05-01", **at):
    """So many interventions of a kind, a day each."""
    for day in range(count):
        files.intervention(later(first, day), kind=kind, number=files.number(), **at)


class Files:
    """A delivery in the making: lines by file, and every file of the region's years there from the start."""

    def __init__(self, folder: Path, regions=("030",), years=range(2019, 2024)):
        self.folder, self.lines = folder, defaultdict(list)
        for region in regions:
            for year in years:
                for flow in SISM:
                    for semester in ("S1", "S2"):
                        self.lines[f"{flow}_{region}_{year}_{semester}.csv"].append("a header")
                self.lines[f"SDO_{region}_{year}.csv"].append("~".join(SDO_NAMES))

    def sism(self, flow, year, semester, *fields, who="A", region="030", dsm="001", op="I"):
        place = (region, semester) if flow in ("ANT", "ANR") else (semester, region)
        line = "~".join([str(year), *place, "321", dsm, who.ljust(88, "0"), *fields, op])
        self.lines[f"{flow}_{region}_{year}_{semester}.csv"].append(line)

    def anagrafica(self, year=Y, semester="S1", cuni=None, living="2", id_type="0", birth="1980", work="10", **at):
        who = at.setdefault("who", "A")
        cuni = cuni or ("C" + who).ljust(88, "0")
        home = at.pop("home", ("030", "321"))
        self.sism("ANT", year, semester, cuni, "0", id_type, birth, "1", "IT", *home, "", "1", living, "5", work, **at)

    def episode(self, opening=f"{Y}-01-10", diagnosis="29530", closing=("", "", ""), year=Y, semester="S1", **at):
        self.sism("CNT", year, semester, "030321", "1", opening, diagnosis, "2", "1", *closing, **at)

    def intervention(self, day, kind="01", place="1", team=("1", "", ""), number="1", **at):
        semester = "S1" if day[5:7] <= "06" else "S2"
        self.sism("PST", day[:4], semester, "030321", "1", number, day, kind, "1", place, *team, **at)

    def presence(self, day, **at):
        """A day at a day centre."""
        self.sism("PSS", day[:4], "S1" if day[5:7] <= "06" else "S2", "030321", "1", "2", day, "2", **at)

    def residential(self, admission, discharge="", year=Y, semester="S1", **at):
        """What a semester says of a residential stay."""
        self.sism("PSR", year, semester, "030321", "1", "4", admission, discharge, **at)

    def hospital(self, first, last, who="A", ward="4001", kind="2", mode="2", **changed):
        row = dict.fromkeys(SDO_NAMES, "") | {
            "REGIONE": "030",
            "ISTITUTO": "03000101",
            "ANNO": last[:4],
            "SCHEDA": first.replace("-", ""),
            "CUNI": ("C" + who).ljust(88, "0"),
            "REGIME": "1",
            "DATA_RICOVERO": first,
            "REPARTO_AMMISSIONE": ward,
            "TIPO_RICOVERO": kind,
            "DATA_DIMISSIONE": last,
            "REPARTO_DIMISSIONE": ward,
            "MODALITA_DIMISSIONE": mode,
            "DIAGNOSI_PRINCIPALE": "29570",
            "TIPO_ISTITUTO": "1",
            "OP": "I",
        }
        row |= changed
        self.lines[f"SDO_{row['REGIONE']}_{last[:4]}.csv"].append("~".join(row.values()))

    def cells(self):
        """{(code, area, sex, age class): (numerator, denominator) or the reason}; a part of S18 is "S18 1a"."""
        for name, lines in self.lines.items():
            (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        rows = compute(Delivery(self.folder), Year(Y))
        return {(f"{r[0]} {r[1]}".strip(), *r[3:6]): r[8] or r[6:8] for r in rows}

    def nation(self, *codes):
        """The values of the nation, all in one."""
        cells = self.cells()
        found = [cells[code, "IT", "", ""] for code in codes]
        return found if len(found) > 1 else found[0]

    def all_flows(self):
        """Every file of the other flows too, empty but for their headers."""
        for name in list(self.lines):
            if name.startswith("SDO_"):
                for flow in BY_NAME:
                    self.lines[name.replace("SDO", flow)].append("~".join(FIELDS[flow]))
                for flow in ("DIR", "PS"):
                    self.lines[name.replace("SDO", flow)].append("a header")
                year = name[8:12]
                self.lines[f"AIC_{year}.csv"] = ["~".join(FIELDS["AIC"]), *PACKS]
        return self

    def row(self, flow, day, fields, region="030"):
        """A line of a flow, in the file of the day's year; names that are not given are empty."""
        values = dict.fromkeys(FIELDS[flow], "") | fields
        lines = self.lines[f"{flow}_{region}_{day[:4]}.csv"]
        if not lines:
            lines.append("~".join(FIELDS[flow]))
        lines.append("~".join(values[name] for name in FIELDS[flow]))

    def number(self):
        """Another number of a record."""
        return str(1 + sum(len(lines) for lines in self.lines.values()))

    def named(self, **fields):
        """What the flows by name have in common."""
        return {"REGIONE": "030", "CUNI": "CA".ljust(88, "0"), "OP": "I"} | fields

    def dispense(self, day, aic, packs="1", line="1"):
        """A dispensing of FAR."""
        keys = {"RICETTA": self.number(), "RIGA": line}
        self.row("FAR", day, self.named(**keys, DATA_EROGAZIONE=day, AIC=aic, PEZZI=packs))

    def service(self, day, code, discipline="003"):
        """A service of SPE."""
        keys = {"RICETTA": self.number(), "RIGA": "1"}
        service = {"DATA_EROGAZIONE": day, "PRESTAZIONE": code, "DISCIPLINA": discipline}
        self.row("SPE", day, self.named(**keys, **service))

    def child_care(self, day, diagnosis=""):
        """A contact of NPIA."""
        contact = {"STRUTTURA": "N1", "ID_CONTATTO": self.number(), "DATA_CONTATTO": day}
        self.row("NPIA", day, self.named(**contact, DIAGNOSI_ICD10=diagnosis))

    def addiction(self, day):
        """A contact of SIND."""
        self.row("SIND", day, self.named(SERD="S1", ID_CONTATTO=self.number(), DATA_CONTATTO=day))

    def event(self, kind, first, last="", told="", number=None):
        """An event of SUP."""
        event = {"TIPO": kind, "DATA_INIZIO": first, "DATA_FINE": last, "ATTRIBUTI": told}
        self.row("SUP", first, self.named(ID_EVENTO=number or self.number(), **event))

    def direct(self, day, aic, quantity, factor="1", **changed):
        """A dispensing of DIR."""
        fields = {
            "region": "030",
            "year": day[:4],
            "month": day[5:7],
            "azienda": "030321",
            "dispenser": "01",
            "structure": "030321",
            "cuni": "CA".ljust(88, "0"),
            "validity": "0",
            "id_type": "0",
            "birth_date": "1980-01-01",
            "sex": "1",
            "residence_azienda": "030321",
            "citizenship": "1",
            "op": "I",
            "channel": "D",
            "dispensing": "01",
            "exemption_type": "1",
            "contact_type": "1",
            "contact_id": self.number(),
            "date": day,
            "service_cost": "2.00",
            "prescriber_type": "H",
            "drug_type": "1",
            "drug": aic,
            "quantity": quantity,
            "factor": factor,
            "pack_number": "0",
            "purchase_cost": "18.50",
        }
        self.row("DIR", day, fields | changed)

    def emergency(self, day, diagnosis="29530", **changed):
        """A visit of PS: came at 10, seen at half past ten, home at noon."""
        fields = {
            "id": day[:4] + self.number().rjust(12, "0"),
            "institute": "03000101",
            "entry_date": day,
            "entry_time": "10:00",
            "arrival": "3",
            "sent_by": "6",
            "problem": "16",
            "triage": "V",
            "cuni": "CA".ljust(88, "0"),
            "validity": "0",
            "id_type": "0",
            "birth_year": "1980",
            "sex": "1",
            "citizenship": "IT",
            "residence_region": "030",
            "residence_municipality": "015146",
            "care_date": day,
            "care_time": "10:30",
            "diagnosis": diagnosis,
            "service": "89.7",
            "outcome": "1",
            "destination_date": day,
            "destination_time": "11:00",
            "discharge_date": day,
            "discharge_time": "12:00",
            "appropriateness": "V",
            "regime": "1",
            "gross": "180.00",
            "ticket_position": "4",
            "op": "I",
        }
        self.row("PS", day, fields | changed)
