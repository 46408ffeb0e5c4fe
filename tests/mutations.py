"""A synthetic delivery changed so that corrections, contradictions and gaps decide its values, the same for each seed.

The plain nation has few corrections, and all its regions cover everything: a reader who took each first record, or who
forgot a region's missing file, would agree with the manual there. Here he does not.
"""

import gzip
import random
from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path

from mutations_registers import MOVES, RegisterMutations
from oracle.layouts import FIELDS
from oracle.persons import ANONYMOUS

GROUPS = ("29530", "29590", "2967", "29650", "3004", "31100", "30183", "29620", "30000")
# What a region leaves out, or sends empty: file -> how. Region 030 and the large ones keep their files.
GONE = {
    "SDO_080_2016.csv": "absent",
    "PSS_120_2015_S2.csv": "absent",
    "SDO_020_2014.csv": "absent",
    "SDO_020_2015.csv": "absent",
    "SDO_020_2016.csv": "absent",
    "ANR_100_2016_S1.csv": "absent",
    "SDO_140_2014.csv": "absent",
    "CNT_170_2016_S2.csv": "absent",
    "PSS_180_2015_S1.csv": "no bytes",
    "SDO_110_2015.csv": "header",
    "PSR_190_2015_S1.csv": "header",
}
LATE = ("030", "090", "150")  # regions that send corrections in files of their own


def mutate(delivery: Path, seed: int) -> None:
    """Change the files of a delivery (three years, all flows) in place, and add corrections in a folder `later`.

    The table of the codes that move is written in the delivery and beside it, as that of a nation is.
    """
    mutation = _Mutation(delivery, random.Random(seed))
    mutation.boundaries()
    mutation.interventions()
    mutation.presences()
    mutation.contacts()
    mutation.residential()
    mutation.anagrafica()
    mutation.hospital()
    mutation.registers_unknown()
    mutation.assisted()
    mutation.certificates()
    mutation.broken_lines()
    mutation.write(delivery)


class _Mutation(RegisterMutations):
    def __init__(self, delivery: Path, chance: random.Random) -> None:
        self.chance = chance
        self.lines: dict[str, list[str]] = {}
        for path in sorted(delivery.glob("*.csv")):
            self.lines[path.name] = path.read_text(encoding="utf-8").splitlines()
        self.later: dict[str, list[str]] = {}  # corrections in the folder `later`, by the names of their files
        self.moves: list[str] = []  # rows of the table of boundaries

    def records(self, flow: str, share: float) -> list[tuple[str, dict[str, str]]]:
        """(file, fields by name) of a share of a flow's records, drawn at random; insertions only."""
        found = []
        for name, lines in self.lines.items():
            if name.startswith(f"{flow}_"):
                for text in lines[1:]:
                    if self.chance.random() < share:
                        found.append((name, dict(zip(self.names(name), text.split("~"), strict=True))))
        return [(name, record) for name, record in found if record[self.operation(flow)] == "I"]

    def names(self, file: str) -> list[str]:
        """The fields of a file in its order."""
        flow = file.split("_")[0]
        return self.lines[file][0].split("~") if flow in ("SDO", "STR", "ANA", "CDM") else FIELDS[flow]

    def operation(self, flow: str) -> str:
        return "OP" if flow == "SDO" else "op"

    def send(self, file: str, record: dict[str, str], operation: str, **changes: str) -> None:
        """One more line: at the end of its file, or in one of the same period whose name comes after it."""
        line = "~".join((record | changes | {self.operation(file.split("_")[0]): operation}).values())
        if file.split("_")[1] not in LATE or self.chance.random() < 0.5:
            self.lines[file].append(line)
        else:
            self.later.setdefault(f"{file}.gz", []).append(line)

    def one(self, *values: str) -> str:
        return self.chance.choice(values)

    def day_in(self, record: dict[str, str]) -> str:
        """A day of the semester of a record."""
        month = self.chance.randint(1, 6) + (6 if record["semester"] == "S2" else 0)
        last = monthrange(int(record["year"]), month)[1]
        return f"{record['year']}-{month:02d}-{self.chance.randint(1, last):02d}"

    def interventions(self) -> None:
        for file, record in self.records("PST", 0.15):
            match self.chance.randrange(8):
                case 0 | 1:
                    self.send(file, record, "V", type=f"{self.chance.randint(1, 26):02d}")
                case 2:
                    self.send(file, record, "V", place=self.one(*"12345678"))
                case 3:
                    team = [self.one(*"123456"), self.one("", *"123456"), self.one("", *"123456")]
                    self.send(file, record, "V", **{f"operator_{n}": who for n, who in enumerate(team, start=1)})
                case 4:
                    self.send(file, record, "C")
                case 5:  # the date is in the key: the record goes, another comes
                    self.send(file, record, "C")
                    self.send(file, record, "V", date=self.day_in(record))
                case 6:
                    self.send(file, record, "I", date=self.one("2015-02-30", "2015-13-01", "", "01/02/2015"))
                case 7:
                    self.send(file, record, self.one("NM", "X", ""), type="01")
        self._same_name_in_two_folders()

    def _same_name_in_two_folders(self) -> None:
        """A variation in a file of the same name elsewhere: it counts where its line comes after the record's."""
        for file, record in self.records("PST", 0.05):
            if file.split("_")[1] in LATE:
                line = "~".join((record | {"type": "02", "op": "V"}).values())
                self.later.setdefault(file, []).append(line)

    def presences(self) -> None:
        for file, record in self.records("PSS", 0.15):
            operation = self.one("V", "C", "I")
            changes = {"date": self.day_in(record)} if operation == "I" else {"attendance": self.one("1", "2", "3")}
            self.send(file, record, operation, **changes)

    def contacts(self) -> None:
        for flow in ("CNT", "CNR"):
            for file, record in self.records(flow, 0.25):
                closing = self.day_in(record)
                match self.chance.randrange(7):
                    case 0:
                        self.send(file, record, "V", opening_diagnosis=self.one(*GROUPS))
                    case 1:
                        self._close(file, record, closing, self.one(*GROUPS), self.one("2", "3"))
                    case 2:  # deaths, and what comes after them
                        self._close(file, record, closing, self.one(*GROUPS, "00000"), self.one("4", "5"))
                    case 3:
                        self._close(file, record, closing, self.one("xxxxx", "29530"), self.one("9", "2"))
                    case 4:  # incoherent: before the opening, without a date, without a mode, mode 1 without diagnosis
                        closing, mode = self.one("1999-01-01", "", closing, "2015-02-30"), self.one("", "1", "2")
                        self._close(file, record, closing, self.one("", "29530"), mode)
                    case 5:
                        self.send(file, record, "C")
                    case 6:
                        self.send(file, record, "V", opening_date=self.day_in(record))

    def _close(self, file: str, record: dict[str, str], closing: str, diagnosis: str, mode: str) -> None:
        self.send(file, record, "V", closing_date=closing, closing_diagnosis=diagnosis, conclusion_mode=mode)

    def residential(self) -> None:
        for file, record in self.records("PSR", 0.3):
            match self.chance.randrange(3):
                case 0:
                    self.send(file, record, "V", discharge_date=self.day_in(record))
                case 1:
                    self.send(file, record, "V", discharge_date="")
                case 2:
                    self.send(file, record, "C")

    def anagrafica(self) -> None:
        for flow in ("ANT", "ANR"):
            drawn = self.records(flow, 0.2)
            for (file, record), (_, other) in zip(drawn, drawn[1:], strict=False):
                match self.chance.randrange(7):
                    case 0:
                        self.send(file, record, "V", living_arrangement=self.one(*"123456789"))
                    case 1:
                        self.send(file, record, "V", sex=self.one("1", "2", "9"))
                    case 2:
                        born = str(int(record["year"]) - self.chance.choice((17, 18, 24, 25, 40, 74, 75, 100, 101)))
                        self.send(file, record, "V", birth_year=born)
                    case 3:
                        self.send(file, record, "V", id_type="99")
                    case 4 if other["dsm"] == record["dsm"]:  # two Id_Rec of one CUNI, from this semester on
                        self.send(file, record, "V", cuni=other["cuni"])
                    case 5:  # another person from this semester on, in the eyes of the sender
                        self.send(file, record, "V", cuni=record["cuni"][::-1])
                    case 6:
                        self.send(file, record, self.one("C", "V"), cuni=self.one(ANONYMOUS, ""))

    def hospital(self) -> None:
        for file, record in self.records("SDO", 0.2):
            match self.chance.randrange(10):
                case 0:
                    self.send(file, record, "V", DIAGNOSI_PRINCIPALE=self.one(*GROUPS, "295.30"))
                case 1:
                    self.send(file, record, "V", REGIME=self.one("", "2", "1", "3"))
                case 2:
                    self.send(file, record, "V", TIPO_ISTITUTO=self.one("", "2", "1"), REPARTO_AMMISSIONE="4001")
                case 3:
                    self.send(file, record, "V", TIPO_RICOVERO="3", REPARTO_DIMISSIONE="4002")
                case 4:
                    moved = _moved(record["DATA_DIMISSIONE"], self.chance.choice((1, 14, 31, 90)))
                    self.send(file, record, "V", DATA_DIMISSIONE=moved)
                case 5:
                    self.send(file, record, "C")
                case 6:
                    self.send(file, record, "V", CUNI=self.one(ANONYMOUS, ""))
                case 7:  # a person that SISM does not know, whose year of birth is known or cannot be one
                    born = self.one("", "1970", "19x5", "2099", "1850", "70", record["ANNO_NASCITA"])
                    self.send(file, record, "V", CUNI=record["CUNI"][::-1], ANNO_NASCITA=born)
                case 8:
                    self.send(file, record, "V", MODALITA_DIMISSIONE="1", DATA_RICOVERO=self.one("2015-02-30", ""))
                case 9:  # a year that is none is reported, and the record another one
                    self.send(file, record, "V", ANNO="20x5")
        for file, record in self.records("SDO", 0.5):
            if record["REPARTO_AMMISSIONE"].startswith("40"):
                self._psychiatric(file, record)

    def _psychiatric(self, file: str, record: dict[str, str]) -> None:
        """What becomes of an SPDC record: a death in the windows after it, a stay, a transfer at New Year, a fault."""
        after = self.chance.choice((0, 1, 5, 14, 15, 29, 30, 31, 60, 179))
        admission = _moved(record["DATA_DIMISSIONE"], after)
        new = {"SCHEDA": "M" + record["SCHEDA"][1:], "DATA_RICOVERO": admission}
        match self.chance.randrange(6):
            case 0:
                new |= {"MODALITA_DIMISSIONE": "1", "REPARTO_AMMISSIONE": "2601", "REPARTO_DIMISSIONE": "2601"}
                self._admit(record, new | {"REGIME": self.one("1", "2")}, _moved(admission, self.chance.randrange(4)))
            case 1:
                self._admit(record, new, _moved(admission, self.chance.choice((0, 30, 31))))
            case 2:
                year = int(file.split("_")[2][:4])
                self._admit(record, new | {"DATA_RICOVERO": f"{year}-12-20"}, f"{year}-12-31")
                elsewhere = self.one("010", "050", "090", "150")
                there = next(s for s in self.lines[f"SDO_{elsewhere}_{year}.csv"][1:] if "~40" in s).split("~")
                moved = {"REGIONE": elsewhere, "ISTITUTO": there[1], "DATA_RICOVERO": f"{year}-12-31"}
                self._admit(record, new | moved, f"{year + 1}-01-{self.chance.randint(1, 31):02d}")
            case 3:  # rejected, so the record stays as it was
                self.send(file, record, "V", REGIME=self.one("", "3"))
            case 4:
                self.send(file, record, "V", TIPO_ISTITUTO="")
            case 5:  # a person that SISM does not know, whose year of birth cannot be one
                unknown = {"CUNI": record["CUNI"][::-1], "DIAGNOSI_PRINCIPALE": "29530"}
                self.send(file, record, "V", **unknown, ANNO_NASCITA=self.one("", "1850", "1890", "19x5", "070"))

    def _admit(self, record: dict[str, str], new: dict[str, str], discharge: str) -> None:
        """One more SDO record, in the file of its region and year of discharge where there is one."""
        new = {**record, **new, "DATA_DIMISSIONE": discharge, "ANNO": discharge[:4]}
        file = f"SDO_{new['REGIONE']}_{discharge[:4]}.csv"
        if file in self.lines:
            self.send(file, new, "I")

    def broken_lines(self) -> None:
        """Fields too few, too many, no text at all: no records."""
        for flow in ("PST", "CNT", "SDO"):
            for file, record in self.records(flow, 0.02):
                line = "~".join(record.values())
                cut = [line.rsplit("~", 1)[0], f"{line}~", f"{line}~x", line.replace("~", "\udcff~", 1), ""]
                self.lines[file].append(self.chance.choice(cut))

    def write(self, delivery: Path) -> None:
        for file, lines in self.lines.items():
            how = GONE.get(file)
            if how == "absent":
                (delivery / file).unlink()
            elif how == "no bytes":
                (delivery / file).write_bytes(b"")
            else:
                (delivery / file).write_bytes(_text(lines[:1] if how else lines))
        crosswalk = delivery / "area_crosswalk.csv"
        head = [MOVES] if not crosswalk.exists() else crosswalk.read_text(encoding="utf-8").splitlines()
        crosswalk.write_bytes(_text(head + self.moves))
        (delivery / "later").mkdir()
        for file, lines in self.later.items():
            if file.removesuffix(".gz") in GONE:
                continue
            text = _text([self.lines[file.removesuffix(".gz")][0], *lines])
            (delivery / "later" / file).write_bytes(gzip.compress(text, mtime=0) if file.endswith(".gz") else text)


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8", errors="surrogateescape")


def _moved(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()
