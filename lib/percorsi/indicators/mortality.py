"""The standardised mortality ratio: deaths observed by those expected at the rates of a reference population.

Source: measurement manual, section 4; Breslow NE, Day NE, Statistical methods in cancer research, vol II, IARC 1987,
chapter 2. Time at risk is summed in whole days (or heads) by sex, class of five years and, for the regional reference,
region of residence; it meets the rates by these keys, never by position.
"""

import calendar
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from percorsi import reference
from percorsi.errors import ConfigurationError
from percorsi.indicators.confidence import WIDE_LEVEL, of_count
from percorsi.indicators.grid import grouped
from percorsi.indicators.kind import DENOMINATOR, NUMBERS, NUMERATOR, RATIO, SPREAD, WIDE, Clauses, Found, Plain, Values
from percorsi.regions import regions

PERSON_YEARS, HEADCOUNT = "person_years", "headcount"
NATION, REGION = "nation", "region"
EVERYWHERE = ""  # the residence of who is held to the rates of the nation
STRATUM = ["residence", "sex", "age_group"]


@dataclass(frozen=True)
class MortalityRatio(Plain):
    """Observed and expected deaths, their ratio, its limits at 95% and 99.8%: exact below 10 deaths, else Byar's.

    `time`: days from the first contact on, or one year for each person; `reference`: the rates of the nation, or of the
    region of residence; `minimum_expected`: with fewer expected, or none, there is no ratio, and both counts stay.
    """

    name: str = RATIO
    parameters: Mapping[str, tuple[str, ...] | type] = field(
        default_factory=lambda: {
            "time": (PERSON_YEARS, HEADCOUNT),
            "reference": (NATION, REGION),
            "minimum_expected": float,
        }
    )

    def strata(self, clauses: Clauses, parameters: Values) -> dict[str, str]:
        time = "1L" if parameters["time"] == HEADCOUNT else f"bigint({clauses['per']})"
        return {"time": f"if({clauses['population']}, {time}, 0L)"}

    def by_residence(self, parameters: Values) -> bool:
        return parameters["reference"] == REGION

    def breakdowns(self, component: str) -> Collection[str]:
        """By sex; its components are that already. Not by age: the expectation takes age into account."""
        return () if component else ("sex",)

    def results(self, found: Found) -> dict[str, np.ndarray]:
        observed = found.sums[NUMERATOR].astype(float)
        if not found.covering:  # the year may have no reference data
            nothing = dict.fromkeys([*NUMBERS, *WIDE, *SPREAD], np.full(len(observed), np.nan))
            return {**nothing, "method": np.full(len(observed), None, dtype=object)}
        rates = reference_rates(found.year, found.parameters["reference"])
        unit = 1 if found.parameters["time"] == HEADCOUNT else days_of(found.year)
        expected = expected_deaths(found.strata, rates, unit, len(observed))
        persons = found.sums[DENOMINATOR].astype(float)
        # Who is observed where nobody is expected to die has counts like others: no death is lost.
        few = (persons > 0) & ((expected < found.parameters["minimum_expected"]) | (expected == 0))
        return {
            **ratio(observed, expected),
            **{"persons": persons, "reason": np.where(few, "expected_below_one", None)},
        }


def ratio(observed: np.ndarray, expected: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of a value, of each pair of counts; no ratio where nothing is expected."""
    against = np.where(expected > 0, expected, np.nan)
    lower, upper, method = of_count(observed)
    wide = of_count(observed, WIDE_LEVEL)[:2]
    return {
        **{"numerator": observed, "denominator": expected, "value": observed / against},
        **{"lower": lower / against, "upper": upper / against},
        **dict(zip(WIDE, (limit / against for limit in wide), strict=True)),
        **dict.fromkeys(SPREAD, np.full(len(observed), np.nan)),
        "method": method,
    }


def days_of(year: int) -> int:
    """The days of a year."""
    return 366 if calendar.isleap(year) else 365


def reference_rates(year: int, of: str = NATION) -> pd.DataFrame:
    """Deaths of a year and residents of its two 1 Januaries, added: residence, sex, age_group, deaths, residents_twice.

    Of the nation (residence EVERYWHERE); for REGION those of every region besides, since who resides in none (homeless,
    abroad, not known) is held to the nation's. A rate is deaths / (residents_twice / 2). Raises ReferenceMissing where
    one of the years has no file.
    """
    return _rates(year, of, reference.conf_dir()).copy()


@cache
def _rates(year: int, of: str, conf: Path) -> pd.DataFrame:
    """The rates of `reference_rates`, which every ratio of a year asks for anew. `conf`: where they are read from."""
    living = pd.concat([reference.population(year), reference.population(year + 1)])
    living["age_group"] = np.minimum(living["age"] // 5 * 5, reference.OLDEST)
    dead = reference.deaths(year).rename(columns={"age_class": "age_group"})
    rates = _summed(dead, living, ["sex", "age_group"]).assign(region=EVERYWHERE)
    if of == REGION:
        rates = pd.concat([rates, _summed(dead, living, ["region", "sex", "age_group"])])
    rates = rates.rename(columns={"region": "residence", "residents": "residents_twice"})
    return rates[[*STRATUM, "deaths", "residents_twice"]]


def _summed(dead: pd.DataFrame, living: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    deaths, residents = (
        one.groupby(key, as_index=False)[count].sum() for one, count in ((dead, "deaths"), (living, "residents"))
    )
    return deaths.merge(residents, on=key, how="outer", validate="one_to_one")


def expected_deaths(strata: pd.DataFrame, rates: pd.DataFrame, unit: int, cells: int) -> np.ndarray:
    """Time times rate, summed over the strata of each of `cells` cells.

    `strata`: cell, residence, sex, age_group, time (whole numbers, `unit` of them a year). Raises ConfigurationError
    where somebody's time is in a stratum without a rate: nobody is expected to live for ever.
    """
    asked = strata[strata["time"] > 0]
    known = asked["residence"].isin(list(regions()) if set(rates["residence"]) - {EVERYWHERE} else [])
    asked = asked.assign(residence=asked["residence"].where(known, EVERYWHERE))
    # Whole numbers first: what somebody else asks by residence must not move where a product is rounded.
    asked = asked.groupby(["cell", *STRATUM], as_index=False)["time"].sum()
    met = asked.merge(rates, on=STRATUM, how="left", validate="many_to_one")
    absent = met[~(met["residents_twice"] > 0) | met["deaths"].isna()]
    if len(absent):
        one = absent.iloc[0]
        where = f"region {one['residence']}" if one["residence"] else "the nation"
        raise ConfigurationError(
            f"no rate of mortality for {where}, sex {one['sex']}, {reference.class_name(int(one['age_group']))}"
            f" and {len(absent) - 1} other strata [stratum_without_rate]",
            next_step="complete the year's files in conf/reference/population and conf/reference/deaths",
        )
    # Whole numbers up to one division, and sums that are correctly rounded in any order.
    numbers = (met[name].astype("int64").tolist() for name in ("time", "deaths", "residents_twice"))
    terms = [2 * time * dead / (living * unit) for time, dead, living in zip(*numbers, strict=True)]
    expected = np.zeros(cells)
    for cell, own in grouped(met["cell"].to_numpy()):  # which ascend: a left join keeps the order of the sums
        expected[cell] = math.fsum(terms[own])
    return expected
