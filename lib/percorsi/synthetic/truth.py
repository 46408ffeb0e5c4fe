"""The truth beside a delivery: who each person is in each year, which lines are spoilt, how many lines there are."""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.parameters import FOREVER, day, year_of
from percorsi.synthetic.spells import ELSEWHERE, MODES, SLOTS

PATHWAYS = ["depressive", "severe_personality", "bipolar", "schizophrenia"]  # on one day the last wins

PERSON_YEAR = pa.schema(
    [
        ("person", pa.uint64()),
        ("cuni", pa.string()),
        ("region", pa.string()),
        ("year", pa.int16()),
        ("group", pa.string()),  # of diagnosis, from the start
        ("pathway", pa.string()),  # as an unspoilt SISM tells it, null for none of the four
        ("treated", pa.bool_()),  # a DSM contact day in the year
        ("csm_contact", pa.bool_()),  # an intervention in the year
        ("first_contact", pa.date32()),  # ever
        ("new", pa.bool_()),  # treated, and that day is of the year
        ("death", pa.date32()),
        ("unidentified", pa.bool_()),
        ("two_regions", pa.bool_()),
        ("orphan", pa.bool_()),
    ]
)
KNOWN = pa.schema(
    [
        ("person", pa.uint64()),
        ("cuni", pa.string()),
        ("region", pa.string()),
        ("control", pa.bool_()),  # known to neither SISM nor SDO, ever
        ("group", pa.string()),  # of diagnosis; control
        ("entry", pa.date32()),  # first contact with the services, null of controls
        ("death", pa.date32()),
        ("suicide", pa.bool_()),
    ]
)
SPOILT = pa.schema([("flow", pa.string()), ("file", pa.string()), ("line", pa.int32()), ("kind", pa.string())])
COUNTS = pa.schema(
    [("flow", pa.string()), ("region", pa.string()), ("year", pa.int16()), ("period", pa.string()),
     ("file", pa.string()), ("records", pa.int64())]
)  # fmt: skip


def pathways(chunk: Chunk, year: int) -> np.ndarray:
    """By person the position in PATHWAYS, -1 for none: the latest-dated diagnosis of the cards open in the year."""
    spells, diagnoses, stays, attendance = chunk.spells, chunk.diagnoses, chunk.stays, chunk.attendance
    who, slot = np.divmod(np.flatnonzero(spells.start.ravel() < FOREVER), SLOTS)
    cards = [
        (who, slot, spells.start[who, slot], spells.end[who, slot], spells.mode[who, slot], diagnoses.closing_group)
    ]
    two = np.full(0, 0)
    for other in (stays, attendance):
        two = np.full(len(other.who), MODES.index("2"))
        cards.append((other.who, other.slot, other.start, other.end, two, diagnoses.opening_group))
    names = chunk.parameters.groups
    rank = np.array([PATHWAYS.index(g) if g in PATHWAYS else -1 for g in names])
    best = np.full(len(chunk.persons), -1, dtype=np.int64)
    for who, slot, start, end, mode, closing_group in cards:
        is_open = (start < day(year + 1)) & (end >= day(year))
        closed = (end < day(year + 1)) & (mode != MODES.index("9"))
        group = np.where(closed, closing_group[who, slot], diagnoses.opening_group[who, slot])
        date = np.where(closed, end, start) + 40_000  # above zero for every opening
        told = is_open & (rank[group] >= 0)
        np.maximum.at(best, who[told], (date * 8 + rank[group])[told])
    return np.where(best >= 0, best % 8, -1)


def person_years(chunk: Chunk, home: np.ndarray) -> pa.Table:
    """A row for each year of a person treated in it; `home` says which persons of the chunk are the region's own."""
    p, h, stays = chunk.persons, chunk.hospital, chunk.stays
    spdc = h.psychiatric & ~h.private
    first = chunk.spells.start[:, :ELSEWHERE].min(axis=1)
    np.minimum.at(first, h.who[spdc], h.start[spdc])
    errors = chunk.parameters.conf["errors"]
    unidentified = chunk.draws.happens("unidentified", p.number, errors["unidentified"] * chunk.error_rate)
    parts = []
    for year in chunk.semesters.years:
        low, high = day(year), day(year + 1)
        csm, treated = np.zeros(len(p), bool), np.zeros(len(p), bool)
        i, a = chunk.interventions, chunk.attendance
        csm[i.who[(i.date >= low) & (i.date < high)]] = True
        treated[a.who[a.period[(a.date >= low) & (a.date < high)]]] = True
        treated[stays.who[(stays.start < high) & (stays.end >= low)]] = True
        treated[h.who[spdc & (h.start < high) & (h.end >= low)]] = True
        treated |= csm
        pathway = pathways(chunk, year)
        rows = np.flatnonzero(treated & home)
        names = pa.array(PATHWAYS)
        number = p.number[rows]
        parts.append(
            pa.table(
                [
                    pa.array(number),
                    chunk.cuni.take(pa.array(rows)),
                    pa.array([chunk.parameters.region_codes[chunk.region]]).take(
                        pa.array(np.zeros(len(rows), np.int64))
                    ),
                    pa.array(np.full(len(rows), year, np.int16)),
                    pa.array(chunk.parameters.groups).take(pa.array(p.group[rows])),
                    names.take(pa.array(pathway[rows], mask=pathway[rows] < 0)),
                    pa.array(np.ones(len(rows), bool)),
                    pa.array(csm[rows]),
                    _date(first[rows]),
                    pa.array(year_of(np.minimum(first[rows], day(2100))) == year),
                    _date(p.death[rows], missing=p.death[rows] >= FOREVER),
                    pa.array(unidentified[rows]),
                    pa.array((chunk.spells.start[:, ELSEWHERE] < FOREVER)[rows]),
                    pa.array(chunk.orphans[rows]),
                ],
                schema=PERSON_YEAR,
            )
        )
    return pa.concat_tables(parts)


def known(chunk: Chunk) -> pa.Table:
    """A row for each person of the chunk whose home is the wanted region."""
    p = chunk.persons
    rows = np.flatnonzero(p.region == chunk.region)
    taken = pa.array(rows)
    groups = pa.array([*chunk.parameters.groups, "control"])
    columns = [
        pa.array(p.number[rows]), chunk.cuni.take(taken), pa.repeat(pa.scalar(chunk.code), len(rows)),
        pa.array(p.control[rows] == 1), groups.take(pa.array(p.group[rows])),
        _date(p.entry[rows], missing=p.control[rows] == 1), _date(p.death[rows], missing=p.death[rows] >= FOREVER),
        pa.array(p.suicide[rows] & (p.death[rows] < FOREVER)),
    ]  # fmt: skip
    return pa.table(columns, schema=KNOWN)


def _date(days: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    return pa.array(np.minimum(days, day(2100)).astype(np.int32), mask=missing).cast(pa.date32())
