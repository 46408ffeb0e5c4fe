"""ISTAT's residents and deaths, a file a year: conf/reference/population and conf/reference/deaths.

`<year>.csv` has a row for each region, sex and age; `totals.yaml` beside the files has the total of each year, to
which a file must sum: the published one, or where the file falls short of that its own, with `published` beside it. A
later year is a file more and a line more there. Every file is checked as a whole before it is used, and a fault names
file, line, rule and next step. Sex is `1` (men) and `2` (women), as in the flows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from percorsi.errors import ConfigurationError
from percorsi.regions import regions
from percorsi.settings import conf_dir, load_yaml

TOTALS = "totals.yaml"
SEXES = {"M": "1", "F": "2"}
OLDEST = 90  # the last class of five years, open
CLASSES = tuple(range(0, OLDEST + 1, 5))  # by their lowest age


def class_name(lowest: int) -> str:
    """`35-39`, and `90+` of the last."""
    return f"{lowest}+" if lowest == OLDEST else f"{lowest}-{lowest + 4}"


@dataclass(frozen=True, eq=False)
class _Table:
    """A kind of file: its folder, the column of ages with what each is written as, the column of counts."""

    folder: str
    age: str
    ages: Mapping[str, int]
    count: str

    @property
    def path(self) -> Path:
        return conf_dir() / "reference" / self.folder

    @property
    def columns(self) -> list[str]:
        return ["region", "sex", self.age, self.count]


_POPULATION = _Table("population", "age", {str(age): age for age in range(101)}, "residents")  # 100 and over together
_DEATHS = _Table("deaths", "age_class", {class_name(lowest): lowest for lowest in CLASSES}, "deaths")


class ReferenceMissing(ConfigurationError):
    """A year of which there is no reference data."""


def population(year: int) -> pd.DataFrame:
    """Residents of 1 January: region, sex, age (0 to 100, the last open), residents.

    Raises ReferenceMissing where the year has no file, ConfigurationError where it has a fault.
    """
    return _read(_POPULATION, year).copy()


def deaths(year: int) -> pd.DataFrame:
    """Deaths of residents: region, sex, age_class (its lowest age, 0 to 90, the last open), deaths. Raises as above."""
    return _read(_DEATHS, year).copy()


def years_of_population() -> list[int]:
    """The years of which there are residents."""
    return _years(_POPULATION)


def years_of_deaths() -> list[int]:
    """The years of which there are deaths."""
    return _years(_DEATHS)


def check_reference() -> None:
    """Read every file there is. Raises ConfigurationError at the first fault."""
    for table in (_POPULATION, _DEATHS):
        for year in _years(table):
            _read(table, year)


def _years(table: _Table) -> list[int]:
    return sorted(int(path.stem) for path in table.path.glob("[0-9][0-9][0-9][0-9].csv"))


def _read(table: _Table, year: int) -> pd.DataFrame:
    return _read_file(table, year, table.path / f"{year}.csv")


@cache
def _read_file(table: _Table, year: int, path: Path) -> pd.DataFrame:
    if not path.exists():
        raise ReferenceMissing(
            f"{path}: ISTAT's {table.count} of {year} are not there",
            next_step=f"put the file there, with the columns {', '.join(table.columns)}, and its total into {TOTALS}",
        )
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:  # the parser's and the decoder's errors are ValueErrors
        raise ConfigurationError(
            f"{path}: cannot be read as a table", next_step="save it as CSV, comma separated, UTF-8"
        ) from error
    if list(rows.columns) != table.columns:
        raise _fault(path, 1, "columns", f"write the header {','.join(table.columns)}")
    _refuse(path, ~rows["region"].isin(list(regions())), "region", "write a code of conf/codes/regions.yaml")
    _refuse(path, ~rows["sex"].isin(list(SEXES)), "sex", f"write {' or '.join(SEXES)}")
    names = list(table.ages)
    _refuse(path, ~rows[table.age].isin(names), table.age, f"write one of {names[0]}, {names[1]} ... {names[-1]}")
    _refuse(path, ~rows[table.count].str.fullmatch(r"[0-9]+"), "count", "write a whole number, 0 where there are none")
    key = ["region", "sex", table.age]
    _refuse(path, rows.duplicated(key), "doubled", "leave one row of each region, sex and age")
    every = pd.MultiIndex.from_product([list(regions()), list(SEXES), names], names=key)
    absent = every.difference(pd.MultiIndex.from_frame(rows[key]), sort=False)
    if len(absent):
        raise ConfigurationError(
            f"{path}: region {absent[0][0]}, sex {absent[0][1]}, {table.age} {absent[0][2]} has no row"
            f" ({len(absent)} have none) [missing]",
            next_step="give every region, sex and age a row, with 0 where there are none",
        )
    made = rows.assign(
        sex=rows["sex"].map(SEXES),
        **{table.age: rows[table.age].map(table.ages), table.count: rows[table.count].astype(np.int64)},
    )
    _check_total(table, year, path, int(made[table.count].sum()))
    return made


def _check_total(table: _Table, year: int, path: Path, found: int) -> None:
    totals = load_yaml(path.with_name(TOTALS)).get("totals") or {}
    if year not in totals:
        raise ConfigurationError(
            f"{path.with_name(TOTALS)}: no total of {year} [no_total]",
            next_step=f"write ISTAT's total under totals, as `{year}: NUMBER`",
        )
    if totals[year] != found:
        raise ConfigurationError(
            f"{path}: sums to {found:,}, not to the {totals[year]:,} of {TOTALS} [total]",
            next_step="compare the file with the published table",
        )


def _refuse(path: Path, faulty: pd.Series, rule: str, next_step: str) -> None:
    """Raise at the first row that is faulty."""
    if faulty.any():
        raise _fault(path, int(faulty.to_numpy().argmax()) + 2, rule, next_step)


def _fault(path: Path, line: int, rule: str, next_step: str) -> ConfigurationError:
    return ConfigurationError(f"{path}, line {line}: not as a table of its kind [{rule}]", next_step=next_step)
