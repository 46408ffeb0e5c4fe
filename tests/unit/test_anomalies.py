"""What is told of oddities: counts as the tables have them, added up over regions."""

import pandas as pd
import pyarrow as pa
from deltalake import write_deltalake

from percorsi.anomalies import anomalies, as_text
from percorsi.home import Home


def _table(home: Home, name: str, rows: list[dict]) -> None:
    (home.tables / name).parent.mkdir(parents=True, exist_ok=True)
    write_deltalake(str(home.tables / name), pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False))


def test_nothing_is_told_before_there_are_facts(home: Home) -> None:
    told = anomalies(home)
    assert (told.conflicts, told.counts) == (None, {})
    assert as_text(told).startswith("nothing is known")


def test_counts_of_before_are_not_told_where_the_facts_were_emptied(home: Home) -> None:
    rows = [{"person_id": 1, "sex_conflict": True, "birth_year_conflict": False}]
    _table(home, "conformed/person", rows)
    _table(home, "conformed/orphan", [{"flow": "PST", "period": "S1", "region": "030", "year": 2015, "records": 2}])
    assert anomalies(home).counts["conformed/orphan"]
    empty = pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False).slice(0, 0)
    write_deltalake(str(home.tables / "conformed/person"), empty, mode="overwrite")
    assert (anomalies(home).conflicts, anomalies(home).counts) == (None, {})


def test_counts_are_added_up_over_regions_and_cut_to_a_year(home: Home) -> None:
    person = {"birth_year_conflict": False}
    _table(
        home,
        "conformed/person",
        [
            {"person_id": 1, "sex_conflict": True, **person},
            {"person_id": 2, "sex_conflict": True, "birth_year_conflict": True},
            {"person_id": 3, "sex_conflict": False, **person},
        ],
    )
    orphan = {"flow": "PST", "period": "S1"}
    _table(
        home,
        "conformed/orphan",
        [
            {**orphan, "region": "030", "year": 2015, "records": 2},
            {**orphan, "region": "050", "year": 2015, "records": 5},
            {**orphan, "region": "030", "year": 2014, "records": 11},
        ],
    )
    told = anomalies(home, 2015)
    assert told.conflicts == {"sex_conflict": 2, "birth_year_conflict": 1}
    assert [row["records"] for row in told.counts["conformed/orphan"]] == [2, 5]
    text = as_text(told)
    assert "sex conflict 2, birth year conflict 1" in text
    assert [line.split() for line in text.splitlines() if line.startswith("PST")] == [["PST", "2015", "7"]]
    assert "7" in as_text(anomalies(home)) and "11" in as_text(anomalies(home))
