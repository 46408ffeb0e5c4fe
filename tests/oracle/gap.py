"""The treatment gap (manual, section 4): treated per 10,000 residents, and the prevalence."""

import csv
from functools import cache
from pathlib import Path

PREVALENCE = {"S24": 49.5, "BP21": 70.0}  # per 10,000 of the general population
POPULATION = Path(__file__).resolve().parents[2] / "conf" / "reference" / "population"


@cache
def residents_of_regions(year):
    """{region: residents of all ages on 1 January}, {} for a year without ISTAT's table."""
    path, found = POPULATION / f"{year}.csv", {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                found[row["region"]] = found.get(row["region"], 0) + int(row["residents"])
    return found


def catchment(delivery, dsm, year):
    """POPOLAZIONE summed over the CSM rows of Y of a DSM."""
    own = [s for s in delivery.services if f"{s.regione}-{s.azienda}-{s.dsm}" == dsm and s.anno == str(year)]
    return sum(int(s.popolazione) for s in own if s.tipo == "CSM" and s.popolazione.isdigit())


def residents(delivery, level, area, covering, year):
    """The residents that the treated of an area are held to; of the nation those of the regions that cover."""
    if level == "dsm":
        return catchment(delivery, area, year)
    regions = residents_of_regions(year)
    return sum(regions[region] for region in (covering if level == "nation" else [area]))


def value(code, treated, people):
    """(treated per 10,000, prevalence), None where nobody lives."""
    return (f"{treated * 10_000 / people:.15g}", PREVALENCE[code]) if people else None
