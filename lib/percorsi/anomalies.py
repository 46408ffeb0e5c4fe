"""What is odd in the data and was kept: counted where facts and features were made, told here. Needs no Spark."""

from collections import Counter
from dataclasses import dataclass

from percorsi.flows.ledger import small_table
from percorsi.home import Home
from percorsi.tables import table
from percorsi.texts import text_table

_CONFLICTS = ("sex_conflict", "birth_year_conflict")
_PERSONS = "conformed/person"
# Tables of counts, and the columns that tell one kind of oddity from another; the others are places, added up.
_COUNTS = {
    "conformed/orphan": ("flow", "year"),
    "conformed/unknown_pack": ("channel", "year", "reason"),
    "features/excluded": ("year", "reason"),
    "features/after_death": ("year", "flow"),
    "features/unknown_area": ("year", "source", "region", "azienda", "dsm", "year_of_code", "why"),
}
_NUMBERS = ("records", "persons")


@dataclass(frozen=True)
class Anomalies:
    """`conflicts`: kind -> persons whose records contradict each other, over all years; None where there are no facts:
    before `conform`, and where an erasure or a new key has emptied them.

    `counts`: table -> its rows, as declared in conf/tables; a table that was not made yet is missing.
    """

    conflicts: dict[str, int] | None
    counts: dict[str, list[dict]]


def anomalies(home: Home, year: int | None = None) -> Anomalies:
    """All that is told, of every year or of one."""
    conflicts = _conflicts(home)
    if conflicts is None:  # what was counted before is not known to hold now
        return Anomalies(None, {})
    counts = {
        name: [row for row in small_table(home, name) if year is None or row["year"] == year]
        for name in _COUNTS
        if (home.tables / name).exists()
    }
    return Anomalies(conflicts, counts)


def _conflicts(home: Home) -> dict[str, int] | None:
    from deltalake import DeltaTable

    if not (home.tables / _PERSONS).exists():
        return None
    persons = DeltaTable(str(home.tables / _PERSONS)).to_pyarrow_dataset()
    if not persons.count_rows():
        return None
    return {kind: persons.count_rows(filter=_is_true(kind)) for kind in _CONFLICTS}


def _is_true(column: str):
    import pyarrow.dataset as ds

    return ds.field(column)


def as_text(told: Anomalies) -> str:
    """For a terminal: each table under what a row of it is, regions added up."""
    if told.conflicts is None:
        return "nothing is known: there are no facts; `percorsi conform` or `percorsi run` makes them"
    conflicts = ", ".join(f"{kind.replace('_', ' ')} {number}" for kind, number in told.conflicts.items())
    parts = [
        "As of the last `percorsi conform`, and of the years whose features were made.",
        f"Persons whose records contradict each other (the latest record decides): {conflicts}",
    ]
    for name, rows in told.counts.items():
        parts.append(f"{table(name).row}\n{text_table(_added_up(rows, _COUNTS[name])) if rows else 'none'}")
    return "\n\n".join(parts)


def _added_up(rows: list[dict], kinds: tuple[str, ...]) -> list[dict]:
    numbers = [name for name in _NUMBERS if name in rows[0]]
    sums: dict[tuple, Counter] = {}
    for row in rows:
        place = tuple(row[kind] for kind in kinds)
        sums.setdefault(place, Counter()).update({name: row[name] for name in numbers})
    ordered = sorted(sums.items(), key=lambda item: tuple(str(part) for part in item[0]))
    return [dict(zip(kinds, place, strict=True)) | {name: total[name] for name in numbers} for place, total in ordered]
