"""The regions of a run under one standard: what `percorsi standardise` shows."""

from enum import StrEnum

import pandas as pd

from percorsi import reference
from percorsi.errors import UsageError
from percorsi.home import Home
from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.grid import AGE_CLASSES
from percorsi.indicators.standardised import KINDS, standardise
from percorsi.indicators.strata import TABLE
from percorsi.indicators.values import read_of_run


class Standard(StrEnum):
    """Whose composition by sex and age class: the nation's denominator of the indicator, or ISTAT's residents."""

    NATION = "nation"
    POPULATION = "population"


def standardised_values(
    home: Home, run_id: str, year: int, standard: Standard = Standard.NATION, code: str | None = None
) -> pd.DataFrame:
    """The rows of `standardise` for a run, of one code or of all, read without Spark; columns `year`, `standard` first.

    Raises UsageError for a code that is not measured or of a kind that is not weighted (a ratio is standardised as it
    is, a gap has no breakdown by age), ResultUnavailable where the run has no strata.
    """
    catalogue = load_catalogue()
    kinds = {one: measure.kind for one, (measure, _) in catalogue.by_code.items()}
    if code is not None and kinds[catalogue.find(code)[1].code] not in KINDS:
        raise UsageError(
            f"{code} is of the kind {kinds[code]}, which is not standardised by weights",
            next_step="ask for a proportion, a rate or a mean",
        )
    strata = read_of_run(home, run_id, TABLE)
    strata = strata[strata["code"].isin([code] if code else [*kinds])]
    residents = residents_by_class(year) if standard == Standard.POPULATION else None
    found = standardise(strata, kinds, residents)
    return found.assign(year=year, standard=str(standard))[["year", "standard", *found.columns]]


def residents_by_class(year: int) -> pd.DataFrame:
    """ISTAT's residents of 1 January, of 18 and more, by sex and the age classes of the values."""
    people = reference.population(year)
    lowest = [int(name[:2]) for name in AGE_CLASSES]
    classes = pd.cut(people["age"], [*lowest, 200], right=False, labels=list(AGE_CLASSES)).astype(object)
    counted = people.assign(age_class=classes).dropna(subset=["age_class"])
    return counted.groupby(["sex", "age_class"], as_index=False)["residents"].sum()


def shown(rows: pd.DataFrame) -> list[dict]:
    """A line an area for a terminal, to three digits after the point."""
    return [
        {
            **{"code": row.code, "component": row.component, "area": row.area},
            **{"crude": _number(row.crude), "standardised": _number(row.value)},
            "95% interval": f"{_number(row.lower)} - {_number(row.upper)}" if row.lower == row.lower else "",
            **{"units": int(row.units), "not known": int(row.not_known), "absent because": row.reason or ""},
        }
        for row in rows.itertuples()
    ]


def _number(number: float) -> str:
    return f"{number:.3f}" if number == number else ""
