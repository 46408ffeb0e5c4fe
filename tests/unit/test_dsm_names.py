"""Names of departments from the register of services. No Spark."""

import pyarrow as pa
from deltalake import write_deltalake

from percorsi.dsm_names import dsm_names


def services(*rows: tuple) -> pa.Table:
    columns = ["region", "azienda", "dsm", "structure", "year", "dsm_name"]
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows])


def test_names_are_those_of_the_year_and_of_the_version(home):
    path = str(home.tables / "conformed/service")
    old, new = ("010", "301", "001", "A", 2014, "Old"), ("010", "301", "001", "A", 2015, "New")
    nameless = ("010", "302", "002", "B", 2015, None)
    write_deltalake(path, services(old, new, nameless))
    write_deltalake(path, services(("010", "301", "001", "A", 2015, "Newer")), mode="overwrite")
    assert dsm_names(home, 2014, 0) == {"010-301-001": "Old"}
    assert dsm_names(home, 2015, 0) == {"010-301-001": "New"}
    assert dsm_names(home, 2015) == {"010-301-001": "Newer"}
    assert dsm_names(home, 2013) == {}


def test_without_a_register_there_are_no_names(home):
    assert dsm_names(home, 2015) == {}
