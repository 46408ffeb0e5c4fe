"""The documented columns of the feature tables, and who speaks of them: cohorts, measures, indicators."""

import re
from collections.abc import Iterable, Mapping

from percorsi.indicators import clauses
from percorsi.indicators.catalogue import Catalogue, Measure
from percorsi.indicators.grains import GRAINS
from percorsi.settings import Parameters
from percorsi.tables import table
from percorsi.texts import wrapped_table


def column_rows(catalogue: Catalogue) -> list[dict]:
    """One row a column of the tables that clauses speak of, in the order of their declarations.

    Keys: table, column, type, unit, meaning, null (what one says), source, example; `measures`, by name, and
    `indicators`, by code, whose population, numerator or value reads the column.
    """
    read_by = {name: _read_by(measure) for name, measure in catalogue.measures.items()}
    rows = []
    for grain, declared in GRAINS.items():
        columns = table(declared.units).columns
        for name, column in ((name, columns[name]) for name in declared.columns()):
            using = [m for m in catalogue.measures.values() if m.grain == grain and name in read_by[m.name]]
            codes = [code for code, (measure, _) in catalogue.by_code.items() if measure in using]
            told = {"measures": [measure.name for measure in using], "indicators": codes}
            rows.append({"table": declared.units, "column": name, **column.model_dump(), **told})
    return rows


def numbers_named(catalogue: Catalogue) -> dict[str, dict[str, list[str]]]:
    """Number of the making of the features -> the codes that read a column whose meaning names it -> these columns.

    What acts on all columns (how stays are joined, who is on which pathway) is named by none.
    """
    named: dict[str, dict[str, list[str]]] = {}
    for row in column_rows(catalogue):
        for number in Parameters.model_fields.keys() & set(re.findall(r"\w+", row["meaning"])):
            for code in row["indicators"]:
                named.setdefault(number, {}).setdefault(code, []).append(row["column"])
    return {
        number: {code: named[number][code] for code in catalogue.by_code if code in named[number]}
        for number in Parameters.model_fields
        if number in named
    }


def listed(rows: Iterable[Mapping], width: int) -> str:
    """For a terminal: the columns of each table under what a row of it is."""
    parts = []
    for name in dict.fromkeys(row["table"] for row in rows):
        own = [row for row in rows if row["table"] == name]
        every = {code for row in own for code in row["indicators"]}
        shown = [
            {
                "column": row["column"],
                "meaning": row["meaning"],
                "unit": row["unit"],
                "source": row["source"],
                "used by": "all" if every and every == set(row["indicators"]) else ", ".join(row["indicators"]),
            }
            for row in own
        ]
        parts.append(f"{name}: {table(name).row}\n\n{wrapped_table(shown, width, whole=('column',))}")
    return "\n\n".join(parts)


def _read_by(measure: Measure) -> set[str]:
    """The pathway, and the columns that a clause of any component, or the value of a mean, reads."""
    trees = [tree for part in measure.components.values() for tree in clauses.expressions(measure, part)]
    return {"pathway", *clauses.columns(*trees), *([measure.per] if measure.per else [])}
