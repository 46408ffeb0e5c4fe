"""The figures of the nation, from conf/reference: synthetic*.yaml, ISTAT's residents and deaths, as arrays."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from percorsi import reference
from percorsi.errors import ConfigurationError
from percorsi.regions import regions
from percorsi.settings import conf_dir, load_yaml
from percorsi.synthetic.random import cumulative

FOREVER = 2**30  # a day that never comes
AGE_CLASSES = 19  # of five years, 90 and over together
_WOMEN = {"1": 0, "2": 1}


def day(year: int, month: int = 1, of_month: int = 1) -> int:
    """A calendar day as days since 1 January 1970, the unit of all dates here."""
    return int(np.datetime64(f"{year:04d}-{month:02d}-{of_month:02d}", "D").astype(np.int64))


def year_of(days: np.ndarray) -> np.ndarray:
    """The calendar year of days."""
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


@dataclass
class Parameters:
    """All figures. Positions of regions are those of conf/codes/regions.yaml, of groups those of synthetic.yaml."""

    conf: dict
    drugs: dict
    flows: dict
    scale: float
    residents: np.ndarray  # (regions, years) all ages, 1 January
    first_resident_year: int
    adults: np.ndarray  # (regions,) 18 and over
    death_rates: np.ndarray  # (years of the horizon, sex M F, class of five years): deaths per resident

    @cached_property
    def region_codes(self) -> list[str]:
        return list(regions())

    @cached_property
    def groups(self) -> list[str]:
        return list(self.conf["groups"])

    def by_group(self, table: dict) -> np.ndarray:
        """One figure a group, in the order of groups."""
        return np.array([table[g] for g in self.groups], dtype=np.float64)

    def by_kind(self, table: dict) -> np.ndarray:
        """One figure a group and, last, one of the controls; a group that is not named has that of `other`."""
        known = [table.get(g, table.get("other", 0)) for g in self.groups]
        return np.array([*known, table.get("control", 0)], dtype=np.float64)

    @cached_property
    def horizon(self) -> tuple[int, int]:
        return self.conf["horizon"]["first"], self.conf["horizon"]["last"]

    @cached_property
    def spoilt(self) -> np.ndarray:
        return np.array([self.conf["regions"][c]["spoilt"] for c in self.region_codes])

    @cached_property
    def codes(self) -> list[str]:
        """All diagnoses of the groups, each once; code_group says whose, in order of groups."""
        return sorted({c for g in self.conf["groups"].values() for c in g["codes"]})

    @cached_property
    def code_weights(self) -> np.ndarray:
        """(groups, codes) running shares."""
        return cumulative([[g["codes"].get(c, 0.0) for c in self.codes] for g in self.conf["groups"].values()])

    @cached_property
    def courses(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
        """What a person can be: group, cohort (0 = in care at the start, else years from it), mean years of care;
        with running shares, and the persons per 10,000 adults that this makes in the whole horizon."""
        group, cohort, years, weight = [], [], [], []
        for g, figures in enumerate(self.conf["groups"].values()):
            for kind in figures["kinds"]:
                entrants = figures["entrants"] * kind["share"]
                for c in range(self.horizon[1] - self.horizon[0] + 2):
                    group.append(g)
                    cohort.append(c)
                    years.append(kind["years"])
                    weight.append(entrants if c else entrants * kind["years"])  # the stock in equilibrium
        shares = cumulative(weight)
        return np.array(group), np.array(cohort), np.array(years), shares, float(sum(weight))

    @cached_property
    def persons(self) -> np.ndarray:
        """(regions,) persons at the scale: every one has at least a handful."""
        use = np.array([self.conf["regions"][c]["use"] for c in self.region_codes])
        weights = self.adults * use / (self.adults * use).sum() * self.adults.sum()
        wanted = np.round(weights * self.courses[4] / 10000 * self.scale).astype(np.int64)
        return np.maximum(wanted, 5)

    @cached_property
    def controls(self) -> np.ndarray:
        """(regions,) persons whom neither SISM nor SDO knows."""
        return np.maximum(np.round(self.persons * self.flows["controls"]).astype(np.int64), 2)


@cache
def load_parameters(scale: float) -> Parameters:
    """The figures at a scale. Raises ConfigurationError where a file is missing or a region has no figures."""
    conf, drugs, flows = (
        load_yaml(conf_dir() / "reference" / f"synthetic{part}.yaml") for part in ("", "_drugs", "_flows")
    )
    codes = list(regions())
    absent = [c for c in codes if c not in conf["regions"]]
    if absent:
        raise ConfigurationError(f"synthetic.yaml: no figures for the regions {', '.join(absent)}")
    years = reference.years_of_population()
    residents = np.zeros((len(codes), len(years)))
    classes = np.zeros((len(years), 2, AGE_CLASSES))
    adults = np.zeros(len(codes))
    for i, year in enumerate(years):
        people = reference.population(year)
        region = np.searchsorted(codes, people["region"].to_numpy(dtype=str))  # the list is in the order of the codes
        age, count = people["age"].to_numpy(), people["residents"].to_numpy()
        np.add.at(residents[:, i], region, count)
        np.add.at(classes[i], (people["sex"].map(_WOMEN), np.minimum(age // 5, AGE_CLASSES - 1)), count)
        if year == conf["population_year"]:
            np.add.at(adults, region[age >= 18], count[age >= 18])
    death_years = reference.years_of_deaths()
    deaths = np.zeros((len(death_years), 2, AGE_CLASSES))
    for i, year in enumerate(death_years):
        dead = reference.deaths(year)
        np.add.at(deaths[i], (dead["sex"].map(_WOMEN), dead["age_class"].to_numpy() // 5), dead["deaths"].to_numpy())
    rates = []
    for wanted in range(conf["horizon"]["first"], conf["horizon"]["last"] + 1):
        known = int(np.clip(wanted, death_years[0], death_years[-1]))  # a year without deaths has those of the nearest
        here = known - years[0]
        following = min(here + 1, len(years) - 1)
        rates.append(deaths[known - death_years[0]] / ((classes[here] + classes[following]) / 2))
    return Parameters(conf, drugs, flows, scale, residents, years[0], adults, np.array(rates))
