"""What earlier releases of the same year have already said: two releases side by side must not tell more than one.

Where the data have not changed, a cell hidden in one release and shown in the other is known. So what was hidden stays
hidden as long as the numbers around it are the same, and what was shown counts as known to the attacker.
"""

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from percorsi.home import Home
from percorsi.release.components import Nesting
from percorsi.release.kinds import MEAN, persons_counted
from percorsi.release.means import MINIMUM, VALUE_DECIMALS
from percorsi.release.pulling import release_folders, verified, verified_metadata
from percorsi.release.relations import KEY, LinkedTable, linked_tables, of_proportions
from percorsi.release.suppression import Rule

if TYPE_CHECKING:
    import pandas as pd

_ROW_KEY = ["code", "component", *KEY]
_COUNTS = ["numerator", "denominator", "persons", "value"]
_READ = [*_COUNTS, "status", "reason"]


@dataclass
class Earlier:
    """`keep_hidden`, `known`: positions of rows of the frame; `summary`: one entry for each earlier release."""

    keep_hidden: set[int] = field(default_factory=set)
    known: set[int] = field(default_factory=set)
    summary: list[dict] = field(default_factory=list)


def compare(
    home: Home,
    year: int,
    frame: "pd.DataFrame",
    rule: Rule,
    kinds: Mapping[str, str] | None = None,
    nested: Collection[Nesting] = (),
) -> Earlier:
    """Earlier releases of the year in this home against the values about to be released.

    `frame`: numerators and denominators in persons (`kinds.persons_counted`), as the counts of the releases are taken
    to be compared; `kinds`: code -> kind, proportions if not given; `nested`: codes that lie in each other. Of a mean,
    whose sum no release shows, what was hidden stays hidden and what was shown is known.

    Raises ResultUnavailable naming one that is no longer what was released: what it showed cannot be known. Of one
    whose metadata are not sound, neither is the year.
    """
    result = Earlier()
    same_year = [folder for folder in release_folders(home) if verified_metadata(folder)["year"] == year]
    kinds = kinds or {}
    is_mean = (frame["code"].map(kinds) == MEAN).to_numpy()
    tables = linked_tables(of_proportions(frame, is_mean, ())) if same_year else []
    for folder in same_year:
        rows = _in_persons(verified(folder)["values.csv"], kinds)
        counts = _compare(result, rows, tables, rule, nested)
        moved = _compare_means(result, rows, frame[is_mean], np.flatnonzero(is_mean))
        result.summary.append({"release": folder.name, **counts, "small_changes_of_means": moved})
    return result


def _in_persons(content: bytes, kinds: Mapping[str, str]) -> list[dict]:
    """The rows of a release, numerators and denominators in persons; nan where it does not say out of how many."""
    import pandas as pd

    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    told = pd.DataFrame({column: [row.get(column, "") for row in rows] for column in [*_ROW_KEY, *_READ]})
    told[_COUNTS] = told[_COUNTS].replace("", "nan").astype(float)
    return persons_counted(told, kinds).to_dict("records")


def _compare_means(result: Earlier, rows: list[dict], means: "pd.DataFrame", positions: np.ndarray) -> int:
    """Adds to the result what one release says of means; how many are of a few persons more, fewer or other now.

    Of two means the difference tells the sum of those who came or went, so that they are few where the persons moved by
    less than the minimum: also where as many came as went, which only the mean shows.
    """
    then = {tuple(row[k] for k in _ROW_KEY): row for row in rows}
    keys = means[_ROW_KEY].itertuples(index=False, name=None)
    now = zip(means["denominator"].tolist(), means["value"].tolist(), strict=True)
    moved = 0
    for position, key, (persons, value) in zip(positions.tolist(), keys, now, strict=True):
        told = then.get(key)
        if told and told["status"] == "suppressed":
            result.keep_hidden.add(position)
        if told and told["status"] == "published":
            result.known.add(position)
            change = abs(persons - float(told["denominator"]))
            moved += int(change < MINIMUM and (change > 0 or np.round(value, VALUE_DECIMALS) != float(told["value"])))
    return moved


def _compare(
    result: Earlier, rows: list[dict], tables: list[LinkedTable], rule: Rule, nested: Collection[Nesting]
) -> dict:
    """Adds to the result what one release says; gives the counts for the summary."""
    then = {tuple(row[k] for k in _ROW_KEY): row for row in rows}
    counts = {"hidden_then": 0, "small_changes": 0}
    unchanged: dict[tuple[str, str], dict] = {}  # of each code and component: cell -> its row
    concealed: dict[tuple[str, str], dict] = {}
    for table in tables:
        told = [then.get((table.code, table.component, *cell)) for cell in table.cells]
        hidden = np.array([bool(row) and row["status"] == "suppressed" for row in told], dtype=bool)
        shown = np.array([bool(row) and row["status"] == "published" for row in told], dtype=bool)
        before = np.array(
            [
                (float(r["numerator"]), float(r["denominator"])) if s else (0, 0)
                for r, s in zip(told, shown, strict=True)
            ]
        )
        now = np.stack([table.numerator, table.denominator], axis=1)[: table.rows]
        same = shown & (now == before).all(axis=1)
        change = np.abs(now - before)
        small = rule.small(change[:, 0]) | rule.small(np.abs(change[:, 1] - change[:, 0]))
        counts["hidden_then"] += int(hidden.sum())
        counts["small_changes"] += int((shown & small).sum())
        result.known.update(table.row[same].tolist())
        for relation in table.relations:
            members = np.array([i for i in (relation.total, *relation.parts) if i < table.rows])
            if same[members].any() and (same | ~shown)[members].all():
                result.keep_hidden.update(table.row[members[hidden[members]]].tolist())
        name = (table.code, table.component)
        unchanged[name] = {table.cells[i]: int(table.row[i]) for i in np.flatnonzero(same)}
        concealed[name] = {table.cells[i]: int(table.row[i]) for i in np.flatnonzero(hidden)}
        if same.any() and (same | ~shown).all():  # the same data: hidden with one of the others, it tells about those
            result.keep_hidden.update(concealed[name].values())
    for pair in nested:
        for shown_one, hidden_one in (pair, pair[::-1]):
            beside = unchanged.get(shown_one, {}).keys() & concealed.get(hidden_one, {}).keys()
            result.keep_hidden.update(concealed[hidden_one][cell] for cell in beside)
    return counts
