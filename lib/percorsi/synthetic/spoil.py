"""Errors on purpose: what is wrong with some records, so that a loader has something to find.

Every record has at most one error; each kind falls at its configured rate times the error rate, on records that a
hash of their identity chooses.
"""

import numpy as np

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.table import Table

KINDS = [
    "",
    "default_diagnosis",  # 99999
    "missing_diagnosis",
    "outside_diagnosis",  # a code that is not of 290-319
    "outside_domain",  # a coded field with a value that is not in its list
    "outside_semester",  # a date outside the semester of the file
    "duplicate",  # the line before, once more
    "superseded",  # a line with a wrong value, corrected by the next
    "variation",  # the correction
    "cancelled",  # a line that should not be, cancelled by the next
    "cancellation",
    "not_moved",  # a line with operation NM
    "two_regions",  # anagrafica of a person known in another region too
    "unidentified",  # anagrafica of type 99
    "orphan",  # a record of a person without anagrafica
    "unknown_pack",  # an AIC that is not in the register
    "not_positive",  # a quantity of zero or below
    "missing_cuni",
    "unnamed",  # a CUNI of type 98 or 99
    "anonymous",  # the one CUNI of rule B17
    "bad_date",  # no day of the calendar
    "conflict",  # another year of birth than the other flows say
]
NOT_COUNTED = -1  # never spoilt: a total line, which is no record, and a V that belongs to the history itself
_K = {name: i for i, name in enumerate(KINDS)}

# the column that an error of domain hits, and the column that a line corrected later has wrong, with its positions
_DOMAIN = {
    "ANT": "sex", "ANR": "living", "CNT": "referral", "CNR": "previous", "PST": "type", "PSR": "type",
    "PSS": "attendance", "SDO": "regime",
}  # fmt: skip
_VARIED = {
    "ANT": "education", "ANR": "education", "CNT": "referral", "CNR": "referral", "PST": "unplanned", "PSR": "type",
    "PSS": "attendance", "SDO": "injury",
}  # fmt: skip
_INSERT, _VARY, _CANCEL, _STILL = range(4)


def spoil(table: Table, chunk: Chunk) -> Table:
    """The table with its errors; extra lines stand right behind the line they belong to."""
    if not chunk.error_rate or not len(table):
        return table
    rates, flow = {**chunk.parameters.conf["errors"], **chunk.parameters.flows["errors"]}, table.flow
    dated = flow in ("PST", "PSS")
    countable = flow in ("PST", "SDO") or bool(table.phantom)
    known = flow in _DOMAIN
    moved = "operation" in table.codes
    kinds = ["outside_domain", "outside_semester", "duplicate", "variation", "cancellation", "not_moved"]
    possible = [known or "outside_domain" in table.faults, dated, True, moved, countable, moved and flow != "SDO"]
    kinds += KINDS[_K["unknown_pack"] :]
    possible += [kind in table.faults for kind in KINDS[_K["unknown_pack"] :]]
    u = chunk.draws.uniform("error", table.uid)
    low = 0.0
    chosen = np.zeros(len(table), dtype=np.int8)
    for kind, can in zip(kinds, possible, strict=True):
        high = low + rates[kind] * chunk.error_rate
        if can:
            chosen[(u >= low) & (u < high) & (table.kind == 0)] = _K[kind]
        low = high
    _in_place(table, chosen, chunk)
    return _extra_lines(table, chosen)


def _in_place(table: Table, chosen: np.ndarray, chunk: Chunk) -> None:
    """Errors that change a record."""
    for kind, (column, position) in table.faults.items():
        hit = chosen == _K[kind]
        table.codes[column] = np.where(hit, position, table.codes[column])
        table.kind = np.where(hit, chosen, table.kind)
    if table.flow not in _DOMAIN:
        return
    wrong = chosen == _K["outside_domain"]
    column = _DOMAIN[table.flow]
    beyond = len(table.lists[column]) - 1  # the last string of such a list is the one that is not in the domain
    table.codes[column] = np.where(wrong, beyond, table.codes[column])
    moved = chosen == _K["outside_semester"]
    if moved.any():
        table.codes["date"] = np.where(moved, table.codes["date"] + 184 * 2, table.codes["date"])
    held = wrong | moved
    table.kind = np.where(held, chosen, table.kind)


def _extra_lines(table: Table, chosen: np.ndarray) -> Table:
    extra = np.isin(chosen, [_K[k] for k in ("duplicate", "variation", "cancellation", "not_moved")])
    count = 1 + extra + (chosen == _K["cancellation"])
    rows = np.repeat(np.arange(len(table)), count)
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    step = np.arange(len(rows)) - first[rows]
    what = chosen[rows]
    spoilt = table.take(rows)
    spoilt.kind = spoilt.kind.copy()
    second = step == 1
    spoilt.kind[second & (what == _K["duplicate"])] = _K["duplicate"]
    spoilt.kind[second & (what == _K["not_moved"])] = _K["not_moved"]
    if "operation" not in spoilt.codes:
        return spoilt
    operation = spoilt.codes["operation"]
    operation[second & (what == _K["not_moved"])] = _STILL
    varied = what == _K["variation"]
    if table.varied:
        column, wrong = table.varied[0], table.varied[1][rows]
    else:
        column = _VARIED[table.flow]
        wrong = (spoilt.codes[column] + 1) % 2  # positions 0 and 1 are good values in all these lists
    spoilt.codes[column] = np.where(varied & ~second, wrong, spoilt.codes[column])
    spoilt.kind[varied & ~second] = _K["superseded"]
    spoilt.kind[varied & second] = _K["variation"]
    operation[varied & second] = _VARY
    phantom = (what == _K["cancellation"]) & (step > 0)
    if phantom.any():
        _phantom(spoilt, phantom, table.phantom)
        spoilt.kind[phantom & second] = _K["cancelled"]
        spoilt.kind[phantom & ~second] = _K["cancellation"]
        operation[phantom & ~second] = _CANCEL
    return spoilt


def _phantom(table: Table, phantom: np.ndarray, numbers: tuple[str, int] | None) -> None:
    """A key of its own for a record that should not be."""
    if numbers:
        column, shift = numbers
        table.codes[column] = table.codes[column] + phantom * shift
    elif table.flow == "PST":
        table.codes["serial"] = np.where(phantom, table.codes["serial"] + 50_000, table.codes["serial"])
    else:
        second_half = len(table.lists["sheet"]) // 2  # the same persons and years under other numbers
        table.codes["sheet"] = np.where(phantom, table.codes["sheet"] + second_half, table.codes["sheet"])
