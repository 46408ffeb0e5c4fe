"""Nothing of a person leaves the quality stage: identifiers planted in every text column, then searched everywhere.

The stage runs as part of a run of its own process, as a command does it, so that its log can be read too; only the
indicators are left out.
"""

import os
import re
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ArrayType, DateType, MapType, NumericType, StringType, StructType

from percorsi.home import Home
from percorsi.quality.items import load_tables
from percorsi.tables import declared_tables, table

PLANTED, PERSON = "ZQPLANTEDZQ", 770077007700770077
PLACES = {"region": "030", "azienda": "321", "dsm": "001", "residence_region": "030"}
# What decides that a planted row is looked at: of these columns one row keeps a value that is legal.
# The name of a department is the register's, and no person's.
LEGAL = {**PLACES, "register": "territorial", "channel": "FAR", "flow": "PST", "period": "S1", "dsm_name": "Milano"}
OF_PERSONS = ("raw", "current", "conformed")

RUN = """
import sys
from pathlib import Path
import pandas as pd
import percorsi.indicators as indicators
from percorsi import pipeline
from percorsi.home import Home
from percorsi.progress import steps
from percorsi.session import spark_session
from percorsi.settings import load_settings
from percorsi.storage import Store
from percorsi.tables import table

indicators.compute = lambda *_, **__: pd.DataFrame(columns=list(table("indicator_value").columns))
home, settings = Home(Path(sys.argv[1])), load_settings("local")
with steps("quality", 2) as tick:
    print(pipeline._compute(Store(home, spark_session(settings)), settings, 2015, "planted", tick, "indicators"))
"""


def value(name: str, kind, *, legal: bool):
    """Something for a column: the planted text, a day and a number of the year, the person."""
    if name in LEGAL and legal:
        return LEGAL[name]
    if isinstance(kind, StringType):
        return PLANTED
    if isinstance(kind, ArrayType):
        return [value("", kind.elementType, legal=legal)]
    if isinstance(kind, MapType):
        return [(PLANTED, PLANTED)]
    if isinstance(kind, DateType):
        return date(2015, 3, 1)
    if isinstance(kind, NumericType):
        return {"person_id": PERSON, "semester": 1, "known_from": None, "known_until": None}.get(name, 2015)
    return True


def plant(home: Home, name: str, schema: StructType) -> None:
    rows = [[value(f.name, f.dataType, legal=legal) for f in schema] for legal in (True, False)]
    kinds = to_arrow_schema(schema)
    columns = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds.types)]
    write_deltalake(str(home.tables / name), pa.Table.from_arrays(columns, names=kinds.names))


@pytest.fixture(scope="module")
def ran(spark, tmp_path_factory) -> tuple[Home, str]:
    """A home whose tables are planted, judged; and all that the process said."""
    home = Home(tmp_path_factory.mktemp("planted") / "home")
    home.create()
    for name in declared_tables("conformed"):
        plant(home, name, table(name).schema)
    line = """delivery string, delivered date, file string, flow string, region string, azienda string, dsm string,
        year string, period string, id_rec string, structure string, contact_id string, opening_date string,
        file_region string, file_year string, file_period string, slice string, accepted boolean,
        errors array<struct<field: string, code: string>>"""
    fields = {"delivery": "a", "file": "CNT_030_2015_S1.csv", "file_region": "030", "file_year": "2015"}
    fields |= {"file_period": "S1", "slice": "030-2015-S1", "accepted": False}
    for name in ("raw/CNT", "current/CNT"):
        schema = StructType.fromDDL(line)
        row = [fields.get(f.name, value(f.name, f.dataType, legal=False)) for f in schema if f.name != "errors"]
        errors = [{"field": "opening_diagnosis", "code": "3231"}]
        kinds = to_arrow_schema(schema)
        columns = [pa.array([v], kind) for v, kind in zip([*row, errors], kinds.types, strict=True)]
        write_deltalake(str(home.tables / name), pa.Table.from_arrays(columns, names=kinds.names))
    ledger = StructType.fromDDL(
        "delivery string, delivered date, file string, flow string, region string, year string, period string, "
        "digest string, layout string, records long, accepted long, rejected long, not_moved long, refused string, "
        "slices map<string, long>"
    )
    row = ["a", date(2015, 9, 1), "CNT_030_2015_S1.csv", "CNT", "030", "2015", "S1", "d", "l", 1, 0, 1, 0, None, []]
    kinds = to_arrow_schema(ledger)
    columns = [pa.array([v], kind) for v, kind in zip(row, kinds.types, strict=True)]
    write_deltalake(str(home.tables / "delivery_file"), pa.Table.from_arrays(columns, names=kinds.names))
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(home.path)], capture_output=True, text=True, env=os.environ, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return home, done.stdout + done.stderr


def searched(home: Home) -> list[Path]:
    allowed = [home.tables / stage for stage in OF_PERSONS]
    files = [path for path in home.path.rglob("*") if path.is_file()]
    return [path for path in files if not any(path.is_relative_to(folder) for folder in allowed)]


def test_every_text_column_of_every_table_was_planted_and_looked_at(ran):
    home, _ = ran
    for name in declared_tables("conformed"):
        rows = DeltaTable(str(home.tables / name)).to_pyarrow_table().to_pylist()
        text = [column for column, said in table(name).columns.items() if "string" in said.type]
        assert all(PLANTED in str(rows[1][column]) for column in text), name
    counted = DeltaTable(str(home.tables / "quality/item_count")).to_pyarrow_table().to_pylist()
    seen = {row["table"] for row in counted if row["denominator"]}
    made_from_rows = {name for name, items in load_tables().items() if items.place}
    assert made_from_rows - {"service", "drug_pack", "cause_of_death"} <= seen  # the planted row is in the counts


def test_no_file_past_the_persons_holds_anything_planted(ran):
    home, _ = ran
    files = searched(home)
    kinds = {path.suffix for path in files}
    assert {".html", ".parquet", ".json", ".csv", ".db", ".xlsx"} <= kinds
    for path in files:
        held = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                held = [archive.read(name) for name in archive.namelist()]
        for content in held:
            assert PLANTED.encode() not in content, path
            assert str(PERSON).encode() not in content, path


def test_no_table_past_the_persons_holds_anything_planted(ran):
    home, _ = ran
    looked_at = []
    for log in home.tables.rglob("_delta_log"):
        name = str(log.parent.relative_to(home.tables))
        if name.split("/")[0] not in OF_PERSONS:
            rows = str(DeltaTable(str(log.parent)).to_pyarrow_table().to_pylist())
            assert PLANTED not in rows and str(PERSON) not in rows, name
            looked_at.append(name)
    assert {"quality/item_count", "quality/diagnosis_count", "quality/check", "quality/withheld"} <= set(looked_at)


def test_nothing_planted_is_in_what_the_process_said(ran):
    _, said = ran
    assert "quality report" in said
    assert PLANTED not in said and str(PERSON) not in said


def test_the_run_kept_its_checks(ran):
    home, _ = ran
    (checks,) = home.path.rglob("quality_checks.csv")
    areas = set(re.findall(r"(?m),(region|nation|dsm),([^,]+),", checks.read_text()))
    assert ("region", "030") in areas and {level for level, _ in areas} == {"nation", "region"}
