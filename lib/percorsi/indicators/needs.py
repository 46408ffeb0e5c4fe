"""The flows and periods an indicator needs, relative to the evaluation year: `Y`, `Y-1`, `Y+1S1` (manual section 3)."""

import re
from dataclasses import dataclass

from percorsi.periods import Months, months_of

SISM = ("ANT", "CNT", "PST", "ANR", "CNR", "PSR", "PSS")
DRUGS = ("FAR", "DIR")
POPULATION, DEATHS = "POP", "DEATHS"  # ISTAT's, of conf/reference
FLOWS = ("SISM", "SDO", "FAR", "DIR", "SPE", "PS", "NPIA", "SIND", "CDM", "ANA", "SUP", POPULATION, DEATHS)
OR = " or "  # `CDM or ANA`: one of them is enough
YEARS_READ = range(-3, 2)  # Y-3 to Y+1: what else a region has loaded changes nothing

_PERIOD = re.compile(r"^Y(?P<offset>[+-]\d)?(?P<part>S[12])?$")


@dataclass(frozen=True)
class Need:
    """One flow, or one of several, in one period.

    SISM stands for its seven files, FAR and DIR for the register of packs as well.
    """

    flow: str
    offset: int
    part: str = ""

    @property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """The files, of each flow that would be enough."""
        return tuple(SISM if f == "SISM" else (f, "AIC") if f in DRUGS else (f,) for f in self.flow.split(OR))

    @property
    def files(self) -> tuple[str, ...]:
        """The files of all of them."""
        return tuple(file for files in self.alternatives for file in files)

    def months(self, year: int) -> Months:
        """(year, month) pairs that must be delivered for the evaluation year `year`."""
        return months_of(year + self.offset, self.part)

    def __str__(self) -> str:
        return f"{self.flow} Y{self.offset or '':{'+' if self.offset else ''}}{self.part}"


def parse_need(flow: str, period: str) -> Need:
    """Raises ValueError for a period of another form or outside the years that are read."""
    match = _PERIOD.match(period)
    if not match:
        raise ValueError(f"{flow}: '{period}' is no period; Y, Y-1, Y+1S1 are")
    need = Need(flow, int(match["offset"] or 0), match["part"] or "")
    if need.offset not in YEARS_READ:
        raise ValueError(f"{flow}: '{period}' lies outside the years that are read, Y-3 to Y+1")
    return need
