"""Disclosure control of a table of values: what is not shown, and the proof that it cannot be worked out.

Suppression and attack alternate until no hidden cell is exposed: see `suppression` for the rule, `attack` for what an
attacker knows, docs/decisions/0501-disclosure-control.md for why.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from percorsi.errors import ResultUnavailable
from percorsi.release import components
from percorsi.release.attack import Seen, View, exposed
from percorsi.release.kinds import numbers
from percorsi.release.means import hide_means, rounded
from percorsi.release.populations import Population, withheld
from percorsi.release.relations import LinkedTable, linked_tables, of_proportions
from percorsi.release.suppression import Rule, candidates, complete, smallest

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED, SUPPRESSED, ABSENT = "published", "suppressed", "absent"
NUMBERS = numbers()  # as declared, so that of a new column nothing is shown in a hidden row


@dataclass
class Protection:
    """The protected frame and how it came about: cells hidden for their own sake, for others', after an attack."""

    frame: "pd.DataFrame"
    sensitive: int = 0
    complementary: int = 0
    after_attack: int = 0


def protect(
    frame: "pd.DataFrame",
    rule: Rule | None = None,
    keep_hidden: Collection[int] = (),
    known: Collection[int] = (),
    means: Collection[str] = (),
    nested: Collection[components.Nesting] = (),
    populations: Collection[Population] = (),
    tick: Callable[[str], None] | None = None,
    own_sake: Collection[int] = (),
    repeats: Mapping[int, int] | None = None,
) -> Protection:
    """The frame with a column `status`, and nothing left in the rows that are not published.

    `frame`: columns of the contract of `percorsi values`; `means`: the codes that are means, all others are
    proportions; `nested`: which lie in which, so that one less the other counts persons; `populations`: which are
    another's numerator; `tick`: called with the codes that are attacked together, as their turn comes. By position of
    the row: `own_sake` are hidden for another reason than their counts; `repeats` says of a row which other says the
    same, whose fate it shares. Of earlier releases: `keep_hidden` are hidden in any case, `known` are known to the
    attacker even where they are hidden now. Deterministic.

    Raises ResultUnavailable where a cell stays exposed although nothing is left to hide (by what earlier releases
    show), PercorsiError for counts that cannot be.
    """
    rule = rule or Rule()
    tick = tick or (lambda codes: None)
    is_mean = frame["code"].isin(list(means)).to_numpy()
    repeated = components.repeated(frame) | dict(repeats or {})
    tables = components.with_differences(linked_tables(of_proportions(frame, is_mean, repeated)))
    tables = components.with_nested(tables, nested)
    own = hide_means(frame, is_mean, keep_hidden, known)
    result = Protection(frame)
    masks, unknown = [], []
    for table in tables:
        sensitive = rule.sensitive(table)
        if table.between is None:
            sensitive[: table.rows] |= np.isin(table.row, list(own_sake)) & (table.denominator[: table.rows] > 0)
        result.sensitive += int(sensitive.sum()) if table.between is None else 0
        wanted = np.zeros(len(table.numerator), dtype=bool)
        if not table.across:
            wanted[: table.rows] = np.isin(table.row, list(keep_hidden)) & (table.denominator[: table.rows] > 0)
        masks.append(complete(table, sensitive | wanted, rule))
        unknown.append(np.ones(len(table.numerator), dtype=bool))
        unknown[-1][: table.rows] = ~components.told(table, known)
    hidden = own.rows
    for bound in _in_turn(tables, [code for code, _ in populations]):
        part, hiding, secret = ([of[i] for i in bound] for of in (tables, masks, unknown))
        tick(", ".join(dict.fromkeys(table.code for table in part)))
        mine = [one for one in populations if any(table.code == one[0] for table in part)]
        others = withheld(frame, hidden, mine, rule)
        for table, mask in zip(part, hiding, strict=True):
            if not table.across:
                mask[: table.rows] |= np.isin(table.row, list(others)) & (table.denominator[: table.rows] > 0)
            mask[:] = complete(table, mask, rule)
        _agree(part, hiding, rule)
        first = _hidden(part, hiding)
        _withstand(part, hiding, secret, rule)
        result.complementary += first
        result.after_attack += _hidden(part, hiding) - first
        shown_as = [(table, mask) for table, mask in zip(part, hiding, strict=True) if not table.across]
        hidden |= {int(i) for table, mask in shown_as for i in table.row[mask[: table.rows]]} | others
    result.complementary += own.complementary - result.sensitive
    result.after_attack += own.after_attack
    result.sensitive += own.sensitive
    hidden |= {row for row, other in repeated.items() if other in hidden}
    result.frame = rounded(_blank(frame, hidden), is_mean)
    return result


def _in_turn(tables: list[LinkedTable], later: Collection[str]) -> list[list[int]]:
    """Tables that are bound to each other, positions of; those of the codes that wait for others last."""
    return sorted(components.bound(tables), key=lambda bound: any(tables[i].code in later for i in bound))


def _agree(tables: list[LinkedTable], masks: list[np.ndarray], rule: Rule) -> None:
    """Complete what the components of a code hide until all hide the same, in place.

    What is hidden of a difference of two codes is hidden in one of them.
    """
    while components.share(tables, masks) | components.share_across(tables, masks):
        for table, mask in zip(tables, masks, strict=True):
            mask[:] = complete(table, mask, rule)


def _hidden(tables: list[LinkedTable], masks: list[np.ndarray]) -> int:
    return sum(
        int(mask[: table.rows].sum()) for table, mask in zip(tables, masks, strict=True) if table.between is None
    )


def _withstand(tables: list[LinkedTable], masks: list[np.ndarray], unknown: list[np.ndarray], rule: Rule) -> None:
    """Attack tables that are bound to each other, and hide more, in place, until the attack finds nothing."""
    seen = Seen(rule.threshold)  # what was possible stays possible when more is hidden
    while found := exposed(
        [View(table, mask & u) for table, mask, u in zip(tables, masks, unknown, strict=True)], rule.threshold, seen
    ):
        before = [mask.copy() for mask in masks]
        for v, cell in found:
            # what was hidden around it in this round may have been enough: the next attack tells
            around = {i for r in tables[v].relations if cell == r.total or cell in r.parts for i in (r.total, *r.parts)}
            if not any(masks[v][i] and not before[v][i] for i in around):
                _cover(tables, masks, v, cell, rule)
        _agree(tables, masks, rule)
        if all((mask == old).all() for mask, old in zip(masks, before, strict=True)):
            raise ResultUnavailable(
                f"hidden values of {tables[0].code} could be worked out with what earlier releases of the year show",
                next_step="do not publish these values, or fewer breakdowns: what was released is in others' hands",
            )


def _cover(tables: list[LinkedTable], masks: list[np.ndarray], v: int, cell: int, rule: Rule) -> None:
    """Hide more around an exposed cell, the least costly first; nothing where all is hidden.

    A neighbour in the cell's own table; then in another table that is bound to it; then anything.
    """
    table, mask = tables[v], masks[v]
    around = [r for r in table.relations if cell == r.total or cell in r.parts]
    others = [w for w in range(len(tables)) if w != v]
    near = {table.cells[i] for r in around for i in (*candidates(table, r, mask), r.total)}
    every = set(table.cells)
    for wanted, where in ((near, [v]), (near, others), (every, [v]), (every, others)):
        for w in where:
            open_cells = [
                i
                for i, c in enumerate(tables[w].cells)
                if c in wanted and not masks[w][i] and tables[w].denominator[i] > 0
            ]
            extra = smallest(tables[w], open_cells)
            if extra is not None:
                masks[w][extra] = True
                masks[w][:] = complete(tables[w], masks[w], rule)
                return


def _blank(frame: "pd.DataFrame", hidden: set[int]) -> "pd.DataFrame":
    """Status and emptied rows: of what is not published, neither counts nor value, limits, method."""
    status = np.where(frame["value"].isna() | frame["reason"].notna(), ABSENT, PUBLISHED).astype(object)
    status[list(hidden)] = SUPPRESSED
    result = frame.assign(status=status, **{name: np.nan for name in NUMBERS if name not in frame.columns})
    withheld = status != PUBLISHED
    result.loc[withheld, NUMBERS] = np.nan
    result.loc[withheld, "method"] = None
    result.loc[status == SUPPRESSED, "reason"] = None
    return result
