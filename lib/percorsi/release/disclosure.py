"""Disclosure control of a table of values: what is not shown, and the proof that it cannot be worked out.

Suppression and attack alternate until no hidden cell is exposed: see `suppression` for the rule, `attack` for what an
attacker knows, docs/decisions/0501-disclosure-control.md for why.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from percorsi.errors import ResultUnavailable
from percorsi.release import components
from percorsi.release.attack import Seen, View, exposed, groups, shown_denominators
from percorsi.release.means import Hidden, hide_means, rounded
from percorsi.release.relations import LinkedTable, Relation, linked_tables, of_proportions
from percorsi.release.suppression import Rule, candidates, complete, smallest

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED, SUPPRESSED, ABSENT = "published", "suppressed", "absent"
NUMBERS = ["numerator", "denominator", "value", "lower", "upper", "sd", "median", "q1", "q3"]


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
    tick: Callable[[str], None] | None = None,
) -> Protection:
    """The frame with a column `status`, and nothing left in the rows that are not published.

    `frame`: columns of the contract of `percorsi values`; `means`: the codes that are means, all others are
    proportions; `nested`: which lie in which, so that one less the other counts persons; `tick`: called with the
    codes that are attacked together, as their turn comes. Of earlier releases, by
    position of the row: `keep_hidden` are hidden in any case, `known` are known to the attacker even where they are
    hidden now. Deterministic. Raises ResultUnavailable where a cell stays exposed although nothing is left to hide
    (by what earlier releases show, or in a tiny nation by what may be known of who counts in two areas), PercorsiError
    for counts that cannot be.
    """
    rule = rule or Rule()
    tick = tick or (lambda codes: None)
    is_mean = frame["code"].isin(list(means)).to_numpy()
    repeated = components.repeated(frame)
    tables = components.with_differences(linked_tables(of_proportions(frame, is_mean, repeated)))
    tables = components.with_nested(tables, nested)
    own = hide_means(frame, is_mean, keep_hidden, known)
    masks, unknown = [], []
    result = Protection(frame)
    for table in tables:
        sensitive = rule.sensitive(table)
        result.sensitive += int(sensitive.sum()) if table.between is None else 0
        wanted = np.zeros(len(table.numerator), dtype=bool)
        if not table.across:
            wanted[: table.rows] = np.isin(table.row, list(keep_hidden)) & (table.denominator[: table.rows] > 0)
        masks.append(complete(table, sensitive | wanted, rule))
        unknown.append(np.ones(len(table.numerator), dtype=bool))
        unknown[-1][: table.rows] = ~components.told(table, known)
    _agree(tables, masks, rule)
    first = _hidden(tables, masks)
    # What was possible stays possible when more is hidden: what an attack has learnt is kept for the next one.
    attacks = [(family, _learnt(rule)) for family in families(tables)]
    of_nests = [(nest, _learnt(rule)) for nest in nests(tables)]
    again = True
    while again:
        for family, seen in attacks:
            tick(_codes(tables, family))
            granted = told_by_means([tables[i] for i in family], own)
            _withstand(*([of[i] for i in family] for of in (tables, masks, unknown)), rule, granted, seen)
        for nest, seen in of_nests:
            tick(_codes(tables, nest))
            granted = _told_beside(nest, tables, masks, unknown, own)
            _withstand(*([of[i] for i in nest] for of in (tables, masks, unknown)), rule, granted, seen)
        again = _agree(tables, masks, rule)
    result.complementary = first - result.sensitive + own.complementary
    result.after_attack = _hidden(tables, masks) - first + own.after_attack
    result.sensitive += own.sensitive
    shown_as = [(table, mask) for table, mask in zip(tables, masks, strict=True) if not table.across]
    hidden = {int(i) for table, mask in shown_as for i in table.row[mask[: table.rows]]}
    hidden |= own.rows
    hidden |= {row for row, other in repeated.items() if other in hidden}
    result.frame = rounded(_blank(frame, hidden), is_mean)
    return result


def _agree(tables: list[LinkedTable], masks: list[np.ndarray], rule: Rule) -> bool:
    """Complete what the components of a code hide until all hide the same, in place; whether more is hidden now.

    What is hidden of a difference of two codes is hidden in one of them.
    """
    changed = False
    while components.share(tables, masks) | components.share_across(tables, masks):
        changed = True
        for table, mask in zip(tables, masks, strict=True):
            mask[:] = complete(table, mask, rule)
    return changed


def _hidden(tables: list[LinkedTable], masks: list[np.ndarray]) -> int:
    return sum(
        int(mask[: table.rows].sum()) for table, mask in zip(tables, masks, strict=True) if table.between is None
    )


def families(tables: list[LinkedTable]) -> list[list[int]]:
    """Tables that have one denominator, told by their counts: equal in every cell below the nation that both have.

    What is shown of one then tells the denominators of the others. Taking two that are equal by chance for a family
    only makes the attacker stronger. Differences of two codes are attacked with these (`nests`).
    """
    below = [_below_the_nation(table) for table in tables]
    found: list[list[int]] = []
    for i, mine in enumerate(below):
        if tables[i].across:
            continue
        for family in found:
            if _agree_in_all(mine, below[family[0]]):
                family.append(i)
                break
        else:
            found.append([i])
    return found


def _below_the_nation(table: LinkedTable) -> dict:
    cells = zip(table.cells, table.denominator, strict=False)
    return {cell: int(d) for cell, d in cells if cell[0] != "nation"}


def _agree_in_all(one: dict, other: dict) -> bool:
    common = one.keys() & other.keys()
    return bool(common) and all(one[cell] == other[cell] for cell in common)


def nests(tables: list[LinkedTable]) -> list[list[int]]:
    """Tables bound by differences of two codes: all of these codes, and the differences."""
    bound = groups(views(tables, [np.zeros(len(table.numerator), dtype=bool) for table in tables]))
    return [group for group in bound if any(tables[i].across for i in group)]


def told_by_means(family: list[LinkedTable], means: Hidden) -> dict:
    """Name of a denominator -> its count, as means over the same population show it: they are published with theirs."""
    told: dict = {}
    own = [_below_the_nation(table) for table in family]
    for table, hidden in zip(means.tables, means.unknown, strict=True):
        theirs = _below_the_nation(table)
        if any(_agree_in_all(theirs, mine) for mine in own):
            shown = [(table.cells[i], int(table.denominator[i])) for i in np.flatnonzero(~hidden[: table.rows])]
            told |= {(cell, persons): persons for cell, persons in shown}
    return told


def _told_beside(
    nest: list[int], tables: list[LinkedTable], masks: list[np.ndarray], unknown: list[np.ndarray], means: Hidden
) -> dict:
    """Name of a denominator -> its count, as codes and means of the populations of a nest show it beside the nest."""
    told: dict = {}
    for family in families(tables):
        if set(family) & set(nest):
            own = views([tables[i] for i in family], [masks[i] & unknown[i] for i in family])
            others = [view for i, view in zip(family, own, strict=True) if i not in nest]
            told |= {name: d for name, d in shown_denominators(others).items() if isinstance(name[0], tuple)}
            told |= told_by_means([tables[i] for i in family], means)
    return told


def views(tables: list[LinkedTable], masks: list[np.ndarray]) -> list[View]:
    """What the attacker sees of a family, `masks` saying what is unknown.

    The denominator of a cell is shared where it is equal; that of a remainder, or of a difference of two codes, is its
    own.
    """
    result = []
    for v, (table, mask) in enumerate(zip(tables, masks, strict=True)):
        shared = 0 if table.across else table.rows
        keys: list = [(cell, int(d)) for cell, d in zip(table.cells[:shared], table.denominator, strict=False)]
        keys += [(v, i) for i in range(shared, len(table.numerator))]
        result.append(View(table, mask, keys))
    return result


def _codes(tables: list[LinkedTable], some: list[int]) -> str:
    return ", ".join(dict.fromkeys(tables[i].code for i in some))


def _learnt(rule: Rule) -> tuple[Seen, Seen]:
    """What is learnt of each code for itself, and of all together."""
    return Seen(rule.threshold), Seen(rule.threshold)


def _withstand(
    tables: list[LinkedTable],
    masks: list[np.ndarray],
    unknown: list[np.ndarray],
    rule: Rule,
    granted: dict,
    seen: tuple[Seen, Seen],
) -> None:
    """Attack a family, or a nest, and hide more, in place, until the attack finds nothing."""
    while found := _attacked(views(tables, [m & u for m, u in zip(masks, unknown, strict=True)]), rule, *seen, granted):
        before = [mask.copy() for mask in masks]
        for v, cell in found:
            # what was hidden around it in this round may have been enough: the next attack tells
            around = {i for r in tables[v].relations if cell == r.total or cell in r.parts for i in (r.total, *r.parts)}
            if not any(masks[v][i] and not before[v][i] for i in around):
                _cover(tables, masks, v, cell, rule)
        if any(table.across for table in tables):
            _agree(tables, masks, rule)  # a difference is hidden in that one of its codes is
        if all((mask == old).all() for mask, old in zip(masks, before, strict=True)):
            raise ResultUnavailable(
                f"hidden values of {tables[0].code} could be worked out, with what earlier releases of the year show "
                "or with what may be known of who counts in two areas",
                next_step="do not publish these values, or fewer breakdowns: what was released is in others' hands",
            )


def _attacked(seen_as: list[View], rule: Rule, alone: Seen, together: Seen, granted: dict) -> list[tuple[int, int]]:
    """What the attack finds: of each code for itself, which is quick; where that finds nothing, of all together."""
    of_codes = groups(seen_as)
    found = (
        [f for group in of_codes for f in exposed(seen_as, rule.threshold, alone, group, granted)]
        if len(of_codes) > 1
        else []
    )
    return found or exposed(seen_as, rule.threshold, together, granted=granted)


def _cover(tables: list[LinkedTable], masks: list[np.ndarray], v: int, cell: int, rule: Rule) -> None:
    """Hide more around an exposed cell, the least costly first; nothing where all is hidden.

    Where other tables of the family give the denominators away, hiding there what is hidden here costs least; then a
    neighbour in the cell's own table; then in another table; then anything.
    """
    table, mask = tables[v], masks[v]
    around = [r for r in table.relations if cell == r.total or cell in r.parts]
    others = [w for w in range(len(tables)) if w != v]
    one_sided = {table.cells[i] for r in around for i in _one_sided(table, r, mask, cell)}
    if any([_hide(tables[w], masks[w], one_sided, rule) for w in others]):
        return
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
                _hide(tables[w], masks[w], {tables[w].cells[extra]}, rule)
                return


def _one_sided(table: LinkedTable, relation: Relation, mask: np.ndarray, cell: int) -> list[int]:
    """The hidden parts around a cell where all of them are on one side: then only their denominators are secret."""
    parts = np.array(relation.parts)
    parts = parts[mask[parts] & (table.denominator[parts] > 0)]
    if mask[relation.total] or cell not in parts or (table.numerator[parts].any() and table.rest[parts].any()):
        return []
    return [int(i) for i in parts if i < table.rows]


def _hide(table: LinkedTable, mask: np.ndarray, cells: set, rule: Rule) -> bool:
    """Hide these cells and what follows from them, in place; whether anything was shown before."""
    wanted = [i for i, cell in enumerate(table.cells) if cell in cells and not mask[i] and table.denominator[i] > 0]
    mask[wanted] = True
    mask[:] = complete(table, mask, rule)
    return bool(wanted)


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
