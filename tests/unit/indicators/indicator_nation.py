"""Small nations for the tests of the engine: feature rows by hand, in the shape of the tables that the engine reads."""

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa

from percorsi.home import Home
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.needs import SISM
from percorsi.regions import mask
from percorsi.storage import Store
from percorsi.tables import table

YEAR = 2015
COUNTS = [
    "interventions",
    "presences",
    "family_interventions",
    "family_psychoeducation",
    "psychotherapy_sessions",
    "psychological_interviews",
    "skills_interventions",
    "physician_interventions",
    "other_profile_interventions",
    "spdc_stays",
]


def age_class(age: int) -> str | None:
    """18-24, ten years each, 75+; None below 18."""
    if age < 18:
        return None
    if age < 25:
        return "18-24"
    low = min((age - 5) // 10 * 10 + 5, 75)
    return "75+" if low == 75 else f"{low}-{low + 9}"


def person(person_id: int, dsms: Iterable[str], **facts) -> dict:
    """A woman of 40 of the schizophrenia pathway with contacts in some DSMs (`region-azienda-dsm`)."""
    row = {"person_id": person_id, "year": YEAR, "sex": "2", "age": 40, "pathway": "schizophrenia"}
    row |= {name: 0 for name in COUNTS} | facts
    row["age_class"] = age_class(row["age"])
    row["dsms"] = sorted(dsms)
    row["regions"] = mask({dsm[:3] for dsm in dsms})
    return row


def stay(of: dict, number: int, dsms: Iterable[str], **facts) -> dict:
    """An SPDC stay of a person, in the DSMs of its hospitals."""
    row = {name: of[name] for name in ("person_id", "year", "sex", "age", "age_class", "pathway")}
    row |= {"stay": number, "length_days": 10, "compulsory_records": 0} | facts
    row["dsms"] = sorted(dsms)
    row["regions"] = mask({dsm[:3] for dsm in dsms})
    return row


def areas_of(row: dict) -> list[tuple[str, str]]:
    """Where a unit counts: once in the nation, in each region and in each DSM."""
    by_region = [("region", region) for region in sorted({dsm[:3] for dsm in row["dsms"]})]
    return [*(("dsm", dsm) for dsm in sorted(row["dsms"])), ("nation", "IT"), *by_region]


def everything(region: str, years: Iterable[int]) -> list[tuple[str, str, int, str]]:
    """Delivered periods of a region that delivers the seven files of SISM and SDO of some years."""
    sism = [(file, region, year, half) for file in SISM for year in years for half in ("S1", "S2")]
    return sism + [("SDO", region, year, "") for year in years]


class Nation(Store):
    """A store whose feature tables are frames in memory; what is computed is written as Delta, as ever."""

    def __init__(self, home: Home, spark, people: list[dict], stays: list[dict], delivered: list, dsms=()) -> None:
        """`delivered`: (flow, region, year, period); `dsms`: those of the register of services."""
        super().__init__(home, spark)
        self.frames = {}
        for grain, units in (("person_year", people), ("spdc_stay", stays)):
            placed = [
                {**row, "areas": [dict(zip(("level", "area"), a, strict=True)) for a in areas_of(row)]} for row in units
            ]
            self._hold(GRAINS[grain].units, placed)
        periods = [dict(zip(("flow", "region", "year", "period"), row, strict=True)) for row in delivered]
        self._hold("conformed/delivered_period", periods)
        named = [dict(zip(("region", "azienda", "dsm"), dsm.split("-"), strict=True), year=YEAR) for dsm in dsms]
        self._hold("conformed/service", named)

    def _hold(self, name: str, rows: list[dict]) -> None:
        schema = table(name).schema
        columns = {column: pa.array([row.get(column) for row in rows]) for column in schema.names}
        self.frames[name] = table(name).conform(self.spark.createDataFrame(pa.table(columns)))

    def exists(self, name: str) -> bool:
        return name in self.frames or super().exists(name)

    def read(self, name: str, version: int | None = None):
        return self.frames[name] if name in self.frames else super().read(name, version)


def cell(values: pd.DataFrame, code: str, area: str, sex: str = "", age_class: str = "", component: str = "") -> tuple:
    """(numerator, denominator) of one cell, or its reason."""
    found = values[
        (values["code"] == code)
        & (values["area"] == area)
        & (values["sex"] == sex)
        & (values["age_class"] == age_class)
        & (values["component"] == component)
    ]
    assert len(found) == 1, f"{code} {area} {sex} {age_class}: {len(found)} rows"
    row = found.iloc[0]
    return (row["numerator"], row["denominator"]) if pd.isna(row["reason"]) else row["reason"]
