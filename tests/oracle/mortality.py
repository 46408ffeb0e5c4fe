"""Suicide (manual, section 2) and the deaths observed and expected of the mortality ratio (section 4)."""

import csv
from calendar import isleap
from collections import Counter
from fractions import Fraction
from functools import cache
from pathlib import Path

from .stays import episodes

REFERENCE = Path(__file__).resolve().parents[2] / "conf" / "reference"
SEXES = {"M": "1", "F": "2"}


def is_suicide(cause):
    """X60-X84 or Y87.0."""
    code = cause.replace(".", "").upper()
    return "X60" <= code[:3] <= "X84" or code[:4] == "Y870"


def suicide(p):
    """S43: by its cause where CDM has the person, else by the closing of an episode concluded with 4; in Y."""
    certified = [(record.data_decesso, record.causa_iniziale) for record in p.person.certificates]
    if certified:
        day, cause = min(certified)
        return is_suicide(cause) and p.is_in_year(day)
    closings = [e.closing_date for e in episodes(p.person, p.year.year + 1) if e.conclusion_mode == "4"]
    return bool(closings) and p.is_in_year(min(closings))


@cache
def counts(name, year):
    """{(sex, lowest age of the class of five years): count of the nation} of a file, {} for a year without one."""
    path, found = REFERENCE / name / f"{year}.csv", Counter()
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            for region, sex, age, count in csv.reader(stream):
                if region != "region":
                    lowest = int(age.replace("+", "-").split("-")[0])
                    found[SEXES[sex], min(lowest // 5 * 5, 90)] += int(count)
    return found


def mortality(p):
    """S44: (died, expected) for all, and for the sex; None where neither death nor person-years count."""
    sex, _ = p.person.attributes(p.year)
    if sex not in ("1", "2") or (p.dead is not None and p.dead < p.first_contact):
        return None
    died = p.dead is not None and p.dead <= p.year.last
    days = min(p.until_death(p.year.last), p.year.last) - p.first_contact + 1
    stratum, year = (sex, min(p.age // 5 * 5, 90)), p.year.year
    living = Fraction(counts("population", year)[stratum] + counts("population", year + 1)[stratum], 2)
    dead = counts("deaths", year)[stratum]
    expected = Fraction(days, 366 if isleap(year) else 365) * dead / living if living else 0  # no year: no value
    return dict.fromkeys(("", "M" if sex == "1" else "F"), (died, expected))


OF_PERSONS = {"S43": suicide, "S44": mortality}
