"""Codes of aziende and DSMs in the year: each code of a record is led, row by row, to what it is in Y."""

import csv
from pathlib import Path

FILE = "area_crosswalk.csv"
CONFIGURED = Path(__file__).resolve().parents[2] / "conf" / "reference" / FILE
NOBODY_KNOWS = (None, None)


def read_moves(delivery):
    """The rows of the table in the delivery's folder, else of the configured one."""
    own = delivery / FILE
    with (own if own.is_file() else CONFIGURED).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(line for line in stream if line.strip() and not line.startswith("#")))


class Boundaries:
    """What a code of any year is in Y, by the table of moves and STR of Y."""

    def __init__(self, moves, services, year):
        self.moves, self.year = moves, year.year
        self.of_year = [s for s in services if s.anno == str(year.year)]

    def next(self, region, azienda, dsm, structure, year):
        """The code that one of the year before has in `year`: by structure, else by DSM, else by azienda."""
        rows = [m for m in self.moves if (m["region"], int(m["year"]), m["azienda"]) == (region, year, azienda)]
        for move in rows:
            if move["structure"] and (move["dsm"], move["structure"]) == (dsm, structure):
                return move["new_azienda"], move["new_dsm"]
        for move in rows:
            if move["dsm"] == dsm and not move["structure"]:
                return move["new_azienda"], move["new_dsm"]
        for move in rows:
            if not move["dsm"]:
                return move["new_azienda"], dsm
        return azienda, dsm

    def code(self, region, azienda, dsm, structure, year):
        """(azienda, dsm) in Y of a code of `year`, (None, None) where several may be meant."""
        for later in range(year + 1, self.year + 1):
            azienda, dsm = self.next(region, azienda, dsm, structure, later)
        return self.before(region, azienda, dsm, structure) if year == self.year + 1 else (azienda, dsm)

    def before(self, region, azienda, dsm, structure):
        """Back from Y+1: where STR of Y has the structure; what its own row says; else STR of Y by its DSMs; else the
        rows."""

        def becomes(code):
            return self.next(region, *code, structure, self.year + 1) == (azienda, dsm)

        def sources(named):
            """What the rows of Y+1 that name this structure, or none, make into the code."""
            rows = [
                m for m in self.moves if (m["region"], int(m["year"]), m["structure"]) == (region, self.year + 1, named)
            ]
            return {code for code in ((m["azienda"], m["dsm"] or dsm) for m in rows) if becomes(code)}

        known = [s for s in self.of_year if s.regione == region]
        by_structure = {
            code for code in {(s.azienda, s.dsm) for s in known if s.struttura == structure} if becomes(code)
        }
        if len(by_structure) == 1:
            return by_structure.pop()
        there = {(s.azienda, s.dsm) for s in known}
        own = sources(structure) if structure else set()
        if own:
            possible = own & there or own
        else:
            possible = {code for code in there if becomes(code)} or sources("") or {(azienda, dsm)}
        return possible.pop() if len(possible) == 1 else NOBODY_KNOWS
