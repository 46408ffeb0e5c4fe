"""The first pass: the classes of every item of a table out of one aggregate over it, all tables in one job.

What comes back is counts by region, azienda, DSM, year and semester: no row of it is a person.
"""

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from percorsi.code_lists import discipline_sql
from percorsi.conformed import known_by
from percorsi.quality.items import CLASSES, Item, TableItems, volume_item

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

YEARS_BEFORE = 3  # of the evaluation year: the years that an evaluation reads
PLACE = ["region", "azienda", "dsm", "period", "semester"]
CELL = ["table", "item", *PLACE]
_CELLS = "region string, azienda string, dsm string, period int, semester int"


def count_rows(
    frames: "Mapping[str, DataFrame]", tables: Mapping[str, TableItems], year: int, spdc_hospitals: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Classes of the items made of rows, and the records of each flow.

    `frames` are the conformed tables by name; one that is not there is not counted. `spdc_hospitals`: region and code
    of the hospitals that the register of services knows as SPDC. First frame: CELL and CLASSES; second: CELL and
    records. Semester 0 is of a table without semesters; years are `year` and the three before it.
    """
    there = {name: table for name, table in tables.items() if table.place and name in frames}
    if not there:
        return _classes([]), pd.DataFrame(columns=[*CELL, "records"])
    words = _words(year, spdc_hospitals)
    parts = [_counted(frames[name], name, table, year, words) for name, table in there.items()]
    rows = reduce(lambda one, other: one.unionAll(other), parts).toPandas()
    found, records = [], []
    for name, own in rows.groupby("table"):
        items, flows = _rows_items(there[name]), list(there[name].flows)
        matrix = np.array(own["counts"].tolist(), dtype="int64")
        at = 0
        for key, item in items.items():
            kinds = _kinds(item)
            cells = own[PLACE].assign(table=name, item=key)
            found.append(cells.assign(**dict(zip(kinds, matrix[:, at : at + len(kinds)].T, strict=True))))
            at += len(kinds)
        for flow, column in zip(flows, matrix[:, at:].T, strict=True):
            records.append(own[PLACE].assign(table=name, item=volume_item(flow), records=column))
    volumes = pd.concat(records) if records else pd.DataFrame(columns=[*CELL, "records"])
    return _classes(found), volumes[[*CELL, "records"]].reset_index(drop=True)


def _classes(found: list[pd.DataFrame]) -> pd.DataFrame:
    frame = pd.concat(found) if found else pd.DataFrame(columns=CELL)
    frame = frame.reindex(columns=[*CELL, *CLASSES])
    return frame.fillna(dict.fromkeys(CLASSES, 0)).astype(dict.fromkeys(CLASSES, "int64")).reset_index(drop=True)


def _rows_items(table: TableItems) -> dict[str, Item]:
    return {key: item for key, item in table.items.items() if item.counted == "rows"}


def _kinds(item: Item) -> list[str]:
    return ["valid", *item.conditions]


def _counted(df: "DataFrame", name: str, table: TableItems, year: int, words: dict[str, str]) -> "DataFrame":
    """table, PLACE, counts (bigint array): of each item its kinds, then the records of each flow."""
    from pyspark.sql import functions as F

    def said(sql: str) -> str:
        for word, meaning in words.items():
            sql = sql.replace(f"{{{word}}}", meaning)
        return sql

    place, items = table.place, _rows_items(table)
    period, semester = place.year, place.semester
    if place.date:
        period, semester = f"year({place.date})", f"if(month({place.date}) <= 6, 1, 2)"
    if "known_from" in df.columns:
        df = known_by(df, year + 1)  # the data end: manual, section 1
    classes = [f"{said(_class(item))} as c{at}" for at, item in enumerate(items.values())]
    flows = [f"({said(flow.where)}) as f{at}" for at, flow in enumerate(table.flows.values())]
    where = [place.region or "null", place.azienda or "null", place.dsm or "null", said(period), said(semester)]
    cells = [f"cast({sql} as {kind}) as {column}" for sql, (column, kind) in zip(where, _columns(), strict=True)]
    counts = [
        *(
            f"count_if(c{at} = {CLASSES.index(kind)})"
            for at, item in enumerate(items.values())
            for kind in _kinds(item)
        ),
        *(f"count_if(f{at})" for at in range(len(flows))),
    ]
    return (
        df.where(said(table.where))
        .selectExpr(*cells, *classes, *flows)
        .where(f"period between {year - YEARS_BEFORE} and {year}")
        .groupBy(*PLACE)
        .agg(F.expr(f"array({', '.join(counts)})").alias("counts"))
        .selectExpr(f"'{name}' as table", *PLACE, "counts")
    )


def _columns() -> list[tuple[str, str]]:
    return [tuple(column.split()) for column in _CELLS.split(", ")]


def _class(item: Item) -> str:
    """SQL: number of the class of a row; null where the item is not asked."""
    cases = " ".join(f"when {sql} then {CLASSES.index(kind)}" for kind, sql in item.conditions.items())
    number = f"(case {cases} else 0 end)"
    return f"if({item.of}, {number}, null)" if item.of else number


def _words(year: int, spdc_hospitals: list[str]) -> dict[str, str]:
    """What stands for a word in braces."""
    codes = [hospital.replace("'", "") for hospital in spdc_hospitals]
    listed, regions = (
        ", ".join(f"'{code}'" for code in found) or "''" for found in (codes, sorted({code[:3] for code in codes}))
    )
    wards = [discipline_sql("psychiatry", ward, "discharge_date") for ward in ("admission_ward", "discharge_ward")]
    return {
        "Y": str(year),
        "Y0": f"{year}-01-01",
        "Y1": f"{year}-12-31",
        "psychiatric_ward": f"({' or '.join(wards)})",
        "spdc_registered": f"(region in ({regions}))",  # of others the register says nothing
        "spdc_hospital": f"(concat(region, hospital) in ({listed}))",
    }
