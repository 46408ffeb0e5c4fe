"""What the registers say, changed: codes that move, codes that are none, other deaths, other years of birth."""

import random
from calendar import monthrange
from collections.abc import Callable

from oracle.layouts import FIELDS, SISM

MOVES = "year,region,azienda,dsm,structure,new_azienda,new_dsm"


class RegisterMutations:
    """The part of a mutation that changes STR, ANA and CDM; see `mutations.mutate`."""

    chance: random.Random
    lines: dict[str, list[str]]
    later: dict[str, list[str]]
    moves: list[str]

    def boundaries(self) -> None:
        """Aziende that merge in 2016, one that had another code before 2015, a hospital that goes to another DSM."""
        one, other = self.aziende("090")[:2]
        self._rename("090", 2016, {one: "990", other: "990"})
        renamed = self.aziende("150")[0]
        self._rename("150", 2014, {renamed: "991"})
        self.moves += [f"2016,090,{one},,,990,", f"2016,090,{other},,,990,", f"2015,150,991,,,{renamed},"]
        spdc = [row for row in self._services("030", 2015) if row["TIPO"] == "SPDC"]
        gone, there = spdc[0], next(row for row in spdc if row["AZIENDA"] != spdc[0]["AZIENDA"])
        home = {"AZIENDA": there["AZIENDA"], "DSM": there["DSM"]}
        self._services("030", 2016, lambda row: row | home if row["STRUTTURA"] == gone["STRUTTURA"] else row)
        self.moves.append(f"2016,030,{gone['AZIENDA']},{gone['DSM']},{gone['STRUTTURA']},{','.join(home.values())}")
        # The register of 2015 does not name these hospitals: the nearest years do, under other codes.
        self._services("030", 2015, lambda row: None if row["STRUTTURA"] == gone["STRUTTURA"] else row)
        for region, years in (("090", (2014, 2015)), ("150", (2015, 2016))):
            for year in years:
                self._services(region, year, lambda row: None if row["TIPO"] == "SPDC" else row)

    def aziende(self, region: str) -> list[str]:
        """The aziende that the register of 2015 names, those with the most rows first."""
        named = [row["AZIENDA"] for row in self._services(region, 2015)]
        return sorted(set(named), key=lambda azienda: (-named.count(azienda), azienda))

    def _services(self, region: str, year: int, change: Callable = lambda row: row) -> list[dict[str, str]]:
        """The rows of a register, changed; None takes one away."""
        file = f"STR_{region}_{year}.csv"
        names = self.names(file)
        rows = [change(dict(zip(names, line.split("~"), strict=True))) for line in self.lines[file][1:]]
        rows = [row for row in rows if row]
        self.lines[file][1:] = ["~".join(row.values()) for row in rows]
        return rows

    def _rename(self, region: str, year: int, codes: dict[str, str]) -> None:
        """Other codes of aziende in all files of a year, of residents elsewhere too."""
        self._services(region, year, lambda row: row | {"AZIENDA": codes.get(row["AZIENDA"], row["AZIENDA"])})
        for file, lines in self.lines.items():
            flow, of_region, of_year = file.removesuffix(".csv").split("_")[:3] if file.count("_") > 1 else ("", "", "")
            if flow not in SISM or of_year != str(year):
                continue
            for number, line in enumerate(lines[1:], start=1):
                record = dict(zip(FIELDS[flow], line.split("~"), strict=True))
                if of_region == region:
                    record["azienda"] = codes.get(record["azienda"], record["azienda"])
                if record.get("residence_region") == region:
                    record["residence_azienda"] = codes.get(record["residence_azienda"], record["residence_azienda"])
                lines[number] = "~".join(record.values())

    def registers_unknown(self) -> None:
        """Codes that the register of the region and year does not have: rejected, so what was there stays."""
        for flow in ("PST", "PSS", "CNT", "CNR", "PSR", "ANT", "ANR"):
            for file, record in self.records(flow, 0.03):
                changes = {"azienda": "999"} if self.chance.random() < 0.5 else {"dsm": "Z9Z"}
                if flow in ("ANT", "ANR"):
                    lives = {"residence_azienda": "999"} if record["residence_region"] != "999" else {}
                    self.send(file, record, "V", **self.chance.choice([changes, {"residence_azienda": "799"}, lives]))
                else:
                    self.send(file, record, "V", **self.chance.choice([changes, {"structure": "999999"}]))
        for file, record in self.records("PST", 0.02):  # of a DSM of the same azienda: no key that was there
            self.send(file, record, "I", dsm="Z9Z", type="16")

    def people(self, share: float) -> list[str]:
        """The codes of some persons of the register and the hospitals, known to SISM or not."""
        codes = {record["cuni"] for _, record in self.records("ANT", 1.0)}
        codes |= {record["CUNI"] for _, record in self.records("SDO", 1.0)}
        codes |= {line.split("~")[names.index("CUNI")] for names, line in self._admitted()}
        return [code for code in sorted(codes) if self.chance.random() < share]

    def _admitted(self) -> list[tuple[list[str], str]]:
        """The lines of SDO, those sent later too."""
        return [
            (self.names(file.removesuffix(".gz")), line)
            for lines in (self.lines, self.later)
            for file, found in lines.items()
            if file.startswith("SDO_")
            for line in (found[1:] if lines is self.lines else found)
            if len(line.split("~")) == len(self.names(file.removesuffix(".gz")))
        ]

    def tell(self, flow: str, **said: str) -> None:
        """One more line of a national file, of a year drawn at random; the file is made where it is not there."""
        file = f"{flow}_{self.chance.choice((2014, 2015, 2016))}.csv"
        names = self.lines.setdefault(file, ["~".join(FIELDS[flow])])[0].split("~")
        self.lines[file].append("~".join(said.get(name, "") for name in names))

    def any_day(self, *years: int) -> str:
        year, month = self.chance.choice(years), self.chance.randint(1, 12)
        return f"{year}-{month:02d}-{self.chance.randint(1, monthrange(year, month)[1]):02d}"

    def assisted(self) -> None:
        """ANA: of persons without an anagrafica too; begun after the year, born in no year, dead on many days."""
        for code in self.people(0.3):
            for _ in range(self.chance.choice((1, 1, 2))):
                dead = self.any_day(2014, 2015, 2015, 2016, 2017) if self.chance.random() < 0.4 else ""
                self.tell(
                    "ANA",
                    CUNI=code,
                    DATA_INIZIO=self.one("2010-01-01", "2015-12-31", "2016-01-01", "2017-01-01", "2015-02-30", ""),
                    SESSO=self.one("1", "2", "9", ""),
                    ANNO_NASCITA=self.one("1940", "1970", "1997", "1998", "", "19x5"),
                    DATA_FINE=self.one("", "", "2009-12-31", "2018-01-01"),
                    DATA_DECESSO=self.one(dead, dead, dead, "2015-02-29", "2015-12-31", "2016-02-29"),
                )

    def certificates(self) -> None:
        """CDM: deaths before, in and after what is told elsewhere; no days of the calendar; a line that comes twice."""
        for code in self.people(0.1):
            for _ in range(self.chance.choice((1, 1, 1, 2))):
                day = self.one(self.any_day(2014, 2015, 2015, 2016), "2015-12-31", "2017-01-01", "2015-02-30", "")
                self.tell(
                    "CDM",
                    CUNI=self.one(code, code, code, ""),
                    DATA_DECESSO=day,
                    CAUSA_INIZIALE=self.one("X70", "I21.9"),
                )
