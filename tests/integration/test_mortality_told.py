"""A nation that was told a mortality ratio of 2: through the whole system, and four hundred years of its deaths."""

import csv
import re
import shutil
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from percorsi import pipeline
from percorsi.home import Home
from percorsi.indicators.compute import of_year
from percorsi.indicators.confidence import of_count
from percorsi.indicators.engine import AGE_GROUP
from percorsi.indicators.kind import Found
from percorsi.indicators.kinds import KINDS
from percorsi.indicators.mortality import days_of, reference_rates
from percorsi.settings import conf_dir
from percorsi.storage import Store
from percorsi.synthetic import synthesize
from percorsi.synthetic.parameters import load_parameters

YEAR, TOLD, YEARS = 2015, 2.0, 400
RATIOS = {"schizophrenia": "S44", "bipolar": "BP36", "depressive": "D22", "severe_personality": "DGP25"}
# The ratio asks for a year of contacts, hospitals and registers, and these five regions are as many persons as need be.
DELIVERING = ("030", "050", "120", "150", "190")
FLOWS = ("ANT", "CNT", "PST", "ANR", "CNR", "PSR", "PSS", "SDO", "STR")


@pytest.fixture(scope="module")
def delivery(tmp_path_factory) -> Path:
    """All groups of diagnosis die twice as often as the population, so that a wrong diagnosis changes nothing."""
    folder = tmp_path_factory.mktemp("told")
    shutil.copytree(conf_dir(), folder / "conf")
    figures = folder / "conf" / "reference" / "synthetic.yaml"
    text = figures.read_text()
    (ratios,) = re.findall(r"\{schizophrenia: 2\.0, bipolar: [^}]*\}", text)
    figures.write_text(text.replace(ratios, re.sub(r": [0-9.]+", f": {TOLD}", ratios)))
    load_parameters.cache_clear()
    with pytest.MonkeyPatch.context() as instead:
        instead.setenv("PERCORSI_CONF", str(folder / "conf"))
        synthesize(folder / "out", 0.04, 7, range(YEAR, YEAR + 1))
    load_parameters.cache_clear()  # the next nation is not told so
    for path in (folder / "out" / "delivery").glob("*_*.csv"):
        flow, region = path.name.split("_")[:2]
        if flow not in (*FLOWS, "ANA", "CDM") or (flow in FLOWS and region not in DELIVERING):
            path.unlink()
    return folder / "out" / "delivery"


@pytest.fixture(scope="module")
def outcome(delivery, spark, settings, tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("mortality") / "home")
    return pipeline.run(home, settings, delivery, YEAR, None, None, False)


def nation(outcome) -> pd.DataFrame:
    """The ratios of the nation, by code and component."""
    whole = outcome.whole_nation()
    return whole[whole["code"].isin(RATIOS.values())].set_index(["code", "component"])


def test_the_intervals_cover_what_the_nation_was_told(outcome):
    found = nation(outcome)
    assert found["reason"].isna().all()
    for code in RATIOS.values():
        total, men, women = (found.loc[(code, component)] for component in ("", "M", "F"))
        assert total["lower_998"] <= TOLD <= total["upper_998"], code
        assert total["numerator"] == men["numerator"] + women["numerator"]
        assert total["denominator"] == pytest.approx(men["denominator"] + women["denominator"], rel=1e-12)
    schizophrenia = found.loc[("S44", "")]
    assert schizophrenia["lower"] <= TOLD <= schizophrenia["upper"]
    observed, expected = (found.xs("", level="component")[name].sum() for name in ("numerator", "denominator"))
    lower, upper, _ = of_count(np.array([observed]))  # all four together: enough deaths to tell 2 from 1.3 and 2.5
    assert observed > 80
    assert 1.3 < lower[0] / expected <= TOLD <= upper[0] / expected < 2.5


def test_four_hundred_years_of_deaths_are_covered_in_ninety_five_of_a_hundred(outcome, spark):
    """Each year is a cell: who was in contact from when on is as it was, who dies on which day is drawn anew.

    Persons come as counts by sex, class of five years and first contact. A person dies on a day at risk with the chance
    of twice the rate of the population, and is at risk up to that day.
    """
    store = Store(outcome.home, spark)
    counted = (
        of_year(store, "features/person_year", YEAR)
        .where("pathway is not null and age >= 18 and sex in ('1', '2')")
        .selectExpr("sex", f"{AGE_GROUP} as age_group", f"datediff('{YEAR}-12-31', first_contact_date) + 1 as days")
        .groupBy("sex", "age_group", "days")
        .count()
        .toPandas()
        .sort_values(["sex", "age_group", "days"], ignore_index=True)
    )
    assert counted["count"].sum() > 2000
    rates = reference_rates(YEAR)
    persons = counted.merge(rates, on=["sex", "age_group"], validate="many_to_one")
    persons = persons.loc[persons.index.repeat(persons["count"])]
    a_day = TOLD * 2 * persons["deaths"] / persons["residents_twice"] / days_of(YEAR)
    chance = (1 - np.exp(-a_day)).to_numpy()
    draws = np.random.default_rng(2015)
    observed, parts = [], []
    for year in range(YEARS):
        death = draws.geometric(chance)  # the day at risk on which a person dies, of a life that goes on for ever
        observed.append(int((death <= persons["days"]).sum()))
        lived = persons.assign(time=np.minimum(death, persons["days"]), cell=year, residence="")
        parts.append(lived.groupby(["cell", "residence", "sex", "age_group"], as_index=False)["time"].sum())
    deaths = np.array(observed)
    found = Found(
        sums={"numerator": deaths, "denominator": np.full(YEARS, len(persons))},
        strata=pd.concat(parts, ignore_index=True),
        parameters={"time": "person_years", "reference": "nation", "minimum_expected": 1.0},
        year=YEAR,
        covering=DELIVERING,
    )
    made = KINDS["smr"].results(found)
    assert deaths.min() > 50
    covered = (made["lower"] <= TOLD) & (made["upper"] >= TOLD)
    assert 0.93 <= covered.mean() <= 0.97
    wide = (made["lower_998"] <= TOLD) & (made["upper_998"] >= TOLD)
    assert wide.mean() >= 0.99
    assert abs(np.mean(made["value"]) - TOLD) < 3 * np.std(made["value"]) / np.sqrt(YEARS)


def figures(name: str, year: int, age: str) -> Counter:
    """A published table of a year as it lies in its file, all regions together: by sex and class of five years."""
    found = Counter()
    with (conf_dir() / "reference" / name / f"{year}.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            oldest = min(int(row[age].split("-")[0].rstrip("+")) // 5 * 5, 90)
            found["1" if row["sex"] == "M" else "2", oldest] += int(row["deaths" if name == "deaths" else "residents"])
    return found


def test_the_expected_deaths_of_the_nation_are_those_of_the_published_tables(outcome, spark):
    """From the persons and ISTAT's files alone, by no function of the system: the days at risk times the rates."""
    dead = figures("deaths", YEAR, "age_class")
    living = figures("population", YEAR, "age") + figures("population", YEAR + 1, "age")
    rows = (
        of_year(Store(outcome.home, spark), "features/person_year", YEAR)
        .where("age >= 18 and sex in ('1', '2') and (death_date is null or death_date >= first_contact_date)")
        .selectExpr("pathway", "sex", "least(floor(age / 5) * 5, 90) as class", "days_at_risk as days")
        .groupBy("pathway", "sex", "class")
        .sum("days")
        .collect()
    )
    found = nation(outcome)
    for pathway, code in RATIOS.items():
        expected = sum(
            Fraction(days, 365) * Fraction(2 * dead[sex, age], living[sex, age])
            for of, sex, age, days in rows
            if of == pathway
        )
        assert found.loc[(code, ""), "denominator"] == pytest.approx(float(expected), rel=1e-9), code
