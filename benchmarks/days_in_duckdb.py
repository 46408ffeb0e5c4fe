"""The work of the feature and the indicator stage as DuckDB does it: days by spans (days.sql), indicators by sums."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import sqlglot
from deltalake import DeltaTable
from sqlglot import exp

from percorsi.code_lists import discipline_sql, drug_class_sql
from percorsi.cohorts.window import EvaluationWindow
from percorsi.indicators.engine import Plan
from percorsi.indicators.grains import AREAS, GRAINS, Grain
from percorsi.indicators.grid import CELL
from percorsi.settings import Parameters
from percorsi.storage import Store

QUERY = Path(__file__).with_name("days.sql")
# The tables that it reads, and the columns of features/person_year that it answers.
READ = (
    *("intervention", "presence", "residential_stay", "hospital_record", "care_episode"),
    *("cause_of_death", "assisted_person", "dispensing"),
)
ANSWERS = (
    *("longest_contact_gap", "days_to_csm_visit"),
    *("antipsychotic_days_to_interruption", "antipsychotic_overlap_days"),
)
_SEX = "case when sex in ('1', '2') then sex else '9' end as sex"


class Twin:
    """DuckDB over the active files of some tables of a store, by as many threads as there are cores."""

    def __init__(self, store: Store, names: Iterable[str]) -> None:
        self.con = duckdb.connect()
        self.con.execute("create macro startswith(text, beginning) as starts_with(text, beginning)")
        antipsychotic = drug_class_sql("antipsychotic", "atc", "form", "day")
        self.con.execute(f"create macro is_antipsychotic(atc, form, day) as {antipsychotic}")
        self.con.execute(f"create macro is_psychiatric(ward) as {discipline_sql('psychiatry', 'ward')}")
        for name in names:
            files = DeltaTable(store.path(name)).file_uris()
            read = f"read_parquet({files}, hive_partitioning = true, hive_types_autocast = false)"
            self.con.execute(f"create view {_view(name)} as select * from {read}")

    def answer_days(self, year: int, parameters: Parameters) -> None:
        """One row a person in contact in the year with the columns of `ANSWERS`, into the table `answers`."""
        query = QUERY.read_text(encoding="utf-8")
        self.con.execute(f"create or replace temp table answers as {query}", _parameters(year, parameters))

    def agreement(self, year: int) -> dict[str, Any]:
        """Of `answers` and `features/person_year`: `persons` of both, only_stage, only_duckdb; and by column of
        `ANSWERS` in how many of these there are days (<column>) and in how many both say the same (<column>_same)."""
        told = ", ".join(
            f"count(*) filter (p.{c} > 0) as {c}, count(*) filter (a.{c} is not distinct from p.{c}) as {c}_same"
            for c in ANSWERS
        )
        query = f"""with p as (select * from person_year where year = '{year}')
            select count(*) as persons, (select count(*) from p anti join answers using (person_id)) as only_stage,
                (select count(*) from answers anti join p using (person_id)) as only_duckdb, {told}
            from answers as a join p using (person_id)"""
        return self.con.execute(query).df().iloc[0].to_dict()

    def sum_up(self, year: int, plans: Mapping[str, Plan]) -> dict[str, pd.DataFrame]:
        """By grain the sums of all indicators by cell; what is counted by its value is counted too."""
        found = {}
        for grain, planned in plans.items():
            joined = _joined(GRAINS[grain], year)
            sums = {name: one.alone().in_area() for name, one in planned.counts.items()}
            told = ", ".join(f"sum({_spoken(one)})::bigint as {name}" for name, one in sums.items())
            found[grain] = self.con.execute(f"select {', '.join(CELL)}, {told} from {joined} group by all").df()
            if planned.counted:
                self.con.execute(_counts(joined, planned)).df()
        return found


def _view(name: str) -> str:
    return Path(name).name


def _spoken(expression: str) -> str:
    """An expression of Spark SQL in the words of DuckDB."""

    def cast(node: exp.Expression) -> exp.Expression:
        called = isinstance(node, exp.Anonymous) and node.name.lower() == "bigint"
        return exp.cast(node.expressions[0], "bigint") if called else node

    return sqlglot.parse_one(expression, read="spark").transform(cast).sql("duckdb")


def _joined(grain: Grain, year: int) -> str:
    return f"""(select * replace ({_SEX}), unnest({AREAS}, recursive := true) from {_view(grain.units)}
        where year = '{year}' and pathway is not null)"""


def _counts(joined: str, planned: Plan) -> str:
    each = ", ".join(
        f"{{'asked': {number}, 'value': {_spoken(value)}, 'covered': (regions & {mask}) <> 0}}"
        for number, (value, mask) in enumerate(planned.counted.values())
    )
    return f"""select {", ".join(CELL)}, one.asked, one.value, count(*) as count
        from (select {", ".join(CELL)}, unnest([{each}]) as one from {joined})
        where one.value is not null and (level <> 'nation' or one.covered)
        group by all"""


def _parameters(year: int, parameters: Parameters) -> dict[str, Any]:
    """Those of days.sql. Ends the program where it knows no such reading."""
    if parameters.carry_forward or not parameters.spdc_public_only:
        raise SystemExit("days.sql knows neither carry_forward nor SPDC records of private institutions")
    window = EvaluationWindow(year)
    return {
        **{"year": year, "first_year": window.first_year, "last_year": window.last_year},
        **{"first_day": date(window.first_year, 1, 1), "data_end": window.data_end},
        **{"year_start": window.start, "year_end": window.end},
        **{"follow_up_days": parameters.follow_up_days, "therapy_gap_days": parameters.therapy_gap_days},
        "transfer_gap_days": parameters.transfer_gap_days,
    }
