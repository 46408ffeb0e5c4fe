"""Who the persons are: group of diagnosis, sex, year of birth, entry into care, death, home, attributes.

A person's number is the position of the region times 2^32 plus a running number; all that is said of a person is
a function of the seed and of that number. The scale says only how many numbers there are.
"""

from dataclasses import dataclass

import numpy as np

from percorsi.synthetic.geography import Geography
from percorsi.synthetic.parameters import FOREVER, Parameters, day, year_of
from percorsi.synthetic.random import Draws, choose, cumulative

REGION_SHIFT = 32
CONTROL = 2**31  # running numbers from here on are those of the controls


@dataclass
class Persons:
    """Arrays of one length, one element a person."""

    number: np.ndarray
    region: np.ndarray
    group: np.ndarray  # from the start
    later_group: np.ndarray  # after a change of diagnosis, else the same
    mean_days: np.ndarray  # of an episode
    entrant: np.ndarray  # entered within the horizon
    entry: np.ndarray  # day of the first contact
    sex: np.ndarray  # 0 man, 1 woman
    birth_year: np.ndarray
    death: np.ndarray  # day, FOREVER if after the horizon
    suicide: np.ndarray
    dsm: np.ndarray
    csm: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    @property
    def running(self) -> np.ndarray:
        """(persons,) the number within the region and the kind: of the known, or of the controls."""
        return (self.number & np.uint64(CONTROL - 1)).astype(np.int64)

    @property
    def control(self) -> np.ndarray:
        """(persons,) 1 of a control, else 0."""
        return ((self.number & np.uint64(CONTROL)) > 0).astype(np.int64)


def person_numbers(region: int, first: int, last: int) -> np.ndarray:
    """The numbers of the persons `first` .. `last` - 1 of a region."""
    return (np.uint64(region) << np.uint64(REGION_SHIFT)) + np.arange(first, last, dtype=np.uint64)


def make_persons(number: np.ndarray, parameters: Parameters, geography: Geography, draws: Draws) -> Persons:
    """The persons of these numbers."""
    region = (number >> np.uint64(REGION_SHIFT)).astype(np.int64)
    groups, cohorts, years, shares, _ = parameters.courses
    course = draws.pick("course", number, shares)
    group, cohort, mean_days = groups[course], cohorts[course], years[course] * 365.25
    first_day = day(parameters.horizon[0])
    year = parameters.horizon[0] + np.maximum(cohort - 1, 0)
    starts = np.array([day(y) for y in range(parameters.horizon[0], parameters.horizon[1] + 2)])
    length = np.diff(starts)[year - parameters.horizon[0]]
    entry = starts[year - parameters.horizon[0]] + np.floor(draws.uniform("entry", number) * length).astype(np.int64)
    birth_year = year - _ages(number, group, cohort > 0, parameters, draws)
    past = first_day - 1 - np.floor(draws.exponential("past", number, np.maximum(mean_days, 365.0))).astype(np.int64)
    earliest = np.array([day(y) for y in range(1900, 2030)])[birth_year + 18 - 1900]
    entry = np.where(cohort > 0, entry, np.maximum(past, np.minimum(earliest, first_day - 1)))
    women = parameters.by_group({g: f["women"] for g, f in parameters.conf["groups"].items()})
    sex = draws.happens("sex", number, women[group]).astype(np.int64)
    ratio = parameters.by_group(parameters.conf["mortality"]["ratio"])[group]
    death = _deaths(number, ratio, sex, birth_year, np.maximum(entry, first_day), parameters, draws)
    suicide = _suicides(number, death, birth_year, 1.0, parameters, draws)
    dsm = geography.pick_dsm(draws, "dsm", number, region)
    csm = geography.pick(draws, "csm", "CSM", number, dsm)
    later = _later_group(number, group, parameters, draws)
    return Persons(
        number, region, group, later, mean_days, cohort > 0, entry, sex, birth_year, death, suicide, dsm, csm
    )


def _ages(number, group, entrant, parameters: Parameters, draws: Draws) -> np.ndarray:
    figures = parameters.conf["ages"]
    limits = np.array(figures["bands"])
    table = [figures[when][g] for when in ("stock", "entrants") for g in parameters.groups]
    row = group + entrant * len(parameters.groups)
    band = draws.pick("age band", number, cumulative(table), row)
    return draws.integer("age", number, limits[band], limits[band + 1] - 1)


def _deaths(number, ratio, sex, birth_year, alive_from, parameters: Parameters, draws: Draws) -> np.ndarray:
    """Day of death: each year the population's risk of sex and age class, times the person's ratio."""
    death = np.full(len(number), FOREVER, dtype=np.int64)
    for i, year in enumerate(range(parameters.horizon[0], parameters.horizon[1] + 1)):
        klass = np.clip((year - birth_year) // 5, 0, 18)
        risk = 1.0 - np.exp(-ratio * parameters.death_rates[i, sex, klass])
        when = day(year) + np.floor(draws.uniform("day of death", number, year) * (day(year + 1) - day(year)))
        dies = draws.happens("death", number, risk, year) & (death == FOREVER) & (when >= alive_from)
        death = np.where(dies, when.astype(np.int64), death)
    return death


def _suicides(number, death, birth_year, times: float, parameters: Parameters, draws: Draws) -> np.ndarray:
    suicides = parameters.conf["mortality"]["suicides"]
    young = year_of(np.minimum(death, day(parameters.horizon[1] + 1))) - birth_year < 65
    chance = np.where(young, suicides["below_65"], suicides["above"]) * times
    return draws.happens("suicide", number, chance) & (death < FOREVER)


def make_controls(number: np.ndarray, parameters: Parameters, geography: Geography, draws: Draws) -> Persons:
    """Persons whom neither SISM nor SDO ever knows; their group is the one after the last."""
    n = len(number)
    region = (number >> np.uint64(REGION_SHIFT)).astype(np.int64)
    limits = np.array(parameters.conf["ages"]["bands"])
    band = draws.pick("age band", number, cumulative(parameters.flows["control_ages"]))
    birth_year = parameters.horizon[0] - draws.integer("age", number, limits[band], limits[band + 1] - 1)
    sex = draws.happens("sex", number, 0.52).astype(np.int64)
    first_day = np.full(n, day(parameters.horizon[0]), dtype=np.int64)
    death = _deaths(number, np.ones(n), sex, birth_year, first_day, parameters, draws)
    suicide = _suicides(number, death, birth_year, 0.1, parameters, draws)
    dsm = geography.pick_dsm(draws, "dsm", number, region)
    csm = geography.pick(draws, "csm", "CSM", number, dsm)
    group = np.full(n, len(parameters.groups), dtype=np.int64)
    never = np.full(n, FOREVER, dtype=np.int64)
    return Persons(
        number, region, group, group, np.ones(n), np.zeros(n, bool), never, sex, birth_year, death, suicide, dsm, csm
    )


def _later_group(number, group, parameters: Parameters, draws: Draws) -> np.ndarray:
    names = parameters.groups
    table = np.eye(len(names))
    for start, targets in parameters.conf["care"]["change_of_diagnosis"].items():
        for target, share in targets.items():
            table[names.index(start), names.index(target)] = share
            table[names.index(start), names.index(start)] -= share
    return choose(draws.uniform("later group", number), cumulative(table), group)
