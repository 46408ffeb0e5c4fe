"""Histories as records of the seven SISM flows.

What a region delivers of an open card: its CNT or CNR, and the person's ANT or ANR, in every semester in which
the card is open on some day; the closing stands in the semester of the closing only.
"""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.contacts import TYPES
from percorsi.synthetic.parameters import FOREVER
from percorsi.synthetic.population import REGION_SHIFT
from percorsi.synthetic.random import cumulative
from percorsi.synthetic.reviews import ADDED
from percorsi.synthetic.spells import MODES, SLOTS
from percorsi.synthetic.table import Table, glue, text, words

OPERATIONS = ["I\n", "V\n", "C\n", "NM\n"]
_CONTACT = ("row", "opening_date", "closing_date")


def key_lists(chunk: Chunk, order: str) -> pa.Array:
    """Year, region, period, azienda, DSM as one string, by semester and department; `order` says what comes second,
    'region' or 'period'."""
    found = []
    geography = chunk.geography
    for year, period in chunk.semesters.names:
        for r, azienda, dsm in zip(geography.dsm_region, *geography.codes(year), strict=True):
            region = chunk.parameters.region_codes[r]
            middle = (region, period) if order == "region" else (period, region)
            found.append("~".join([str(year), *middle, azienda, dsm]))
    return words(found)


def contact_numbers(chunk: Chunk, who: np.ndarray, register: int, serial: np.ndarray) -> pa.Array:
    """IDContatto: 13 digits of person, register and serial number."""
    number = chunk.persons.number[who]
    region = (number >> np.uint64(REGION_SHIFT)).astype(np.int64) + 10
    running = (number & np.uint64(2**REGION_SHIFT - 1)).astype(np.int64)
    return text(((region * 10_000_000 + running) * 10 + register) * 1000 + serial)


class _Episodes:
    """The cards of one register: arrays of one element a card, and their fixed strings."""

    def __init__(self, chunk: Chunk, register: int, who, slot, serial, start, end, mode, dsm, structures: pa.Array):
        self.chunk, self.register = chunk, register
        self.who, self.slot, self.serial = who, slot, serial
        self.start, self.end, self.mode, self.dsm = start, end, mode, dsm
        self.registration = chunk.registration(who, dsm)
        contact = contact_numbers(chunk, who, register, serial)
        self.strings = glue(chunk.id_rec.take(pa.array(self.registration)), structures, contact)

    def cards(self, flow: str) -> Table:
        """CNT or CNR."""
        chunk = self.chunk
        row, semester = chunk.semesters.spanned(self.start, self.end)
        row, semester = chunk.here(row, semester, self.dsm)
        who, slot = self.who[row], self.slot[row]
        end = self.end[row]
        closed = (chunk.semesters.of(end) == semester) & (end <= chunk.semesters.last)
        diagnoses = chunk.diagnoses
        mode = np.where(closed, self.mode[row], 0)
        administrative = mode == MODES.index("9")
        table = diagnoses.closing if self.register == 1 else diagnoses.repeated
        closing = np.where(administrative, diagnoses.position("xxxxx"), table[who, slot])
        number = chunk.persons.number[who]
        care = chunk.parameters.conf["care"]
        known = (slot > 0) | ~chunk.persons.entrant[who] | (self.register > 1)
        previous = cumulative([care["previous_contacts"]["new"], care["previous_contacts"]["known"]])
        card = self.register * 1000 + self.serial[row]
        referral = cumulative(list(care["referral"].values()))
        codes = {
            "key": semester * len(chunk.geography.dsm) + self.dsm[row],
            "episode": row,
            "opening_date": chunk.semesters.date(self.start[row]),
            "opening": diagnoses.opening[who, slot],
            "previous": chunk.draws.pick("previous", number, previous, known.astype(np.int64), card),
            "referral": chunk.draws.pick("referral", number, referral, index=card),
            "closing_date": chunk.semesters.date(end, closed),
            "closing": np.where(closed, closing, diagnoses.position("")),
            "mode": mode,
            "operation": np.zeros(len(row), np.int64),
        }
        lists = {
            "key": chunk.keys["period"],
            "episode": self.strings,
            "opening_date": chunk.semesters.calendar,
            "opening": diagnoses.codes,
            "previous": ["1", "2", "9", "7"],
            "referral": [*care["referral"], "7"],
            "closing_date": chunk.semesters.calendar,
            "closing": diagnoses.codes,
            "mode": MODES,
            "operation": OPERATIONS,
        }
        segments = [("key",), ("episode",), ("opening_date",), ("opening", "previous", "referral"), ("closing_date",)]
        segments += [("closing", "mode", "operation")]
        uid = chunk.draws.bits(flow, number, card * 100 + semester + 2 * chunk.semesters.years.start)
        return Table(flow, semester, uid, who, codes, lists, segments, diagnoses.spoilt[who, slot].astype(np.int8))


def _activity(chunk: Chunk, flow: str, cards: "_Episodes", row, semester, identity, codes: dict, lists: dict, segments):
    """A flow whose records hang on a card; `row` is the card's position."""
    who = cards.who[row]
    codes = {"key": semester * len(chunk.geography.dsm) + cards.dsm[row], "episode": row, **codes}
    codes["operation"] = np.zeros(len(row), np.int64)
    lists = {"key": chunk.keys["period"], "episode": cards.strings, "operation": OPERATIONS, **lists}
    uid = chunk.draws.bits(flow, chunk.persons.number[who], identity)
    return Table(flow, semester, uid, who, codes, lists, [("key",), ("episode",), *segments])


def territorial(chunk: Chunk) -> tuple[list[Table], np.ndarray]:
    """CNT and PST, and the (registration, semester) pairs that need an ANT."""
    spells, geography = chunk.spells, chunk.geography
    who, slot = np.divmod(np.flatnonzero(spells.start.ravel() < FOREVER), SLOTS)
    csm = spells.csm[who, slot]
    cards = _Episodes(
        chunk, 1, who, slot, slot, spells.start[who, slot], spells.end[who, slot], spells.mode[who, slot],
        spells.dsm[who, slot], words(geography.kinds["CSM"].codes).take(pa.array(csm)),
    )  # fmt: skip
    card_at = np.full(spells.start.shape, -1, dtype=np.int64)
    card_at[who, slot] = np.arange(len(who))
    i = chunk.interventions
    row = card_at[i.who, i.slot]
    semester = chunk.semesters.of(i.date)
    kept = np.flatnonzero(chunk.region_here(cards.dsm[row]))
    i, row, semester = i.take(kept), row[kept], semester[kept]
    # what drugs bring about is numbered after all else
    late = np.argsort(i.identity >= ADDED, kind="stable")
    serial = np.empty(len(row), dtype=np.int64)
    serial[late] = _rank((row * len(chunk.semesters) + semester)[late])
    codes = {
        "serial": serial,
        "date": chunk.semesters.date(i.date),
        "type": i.type, "unplanned": i.unplanned, "place": i.place,
        "operator_1": i.operator_1, "operator_2": i.operator_2 + 1, "operator_3": i.operator_3 + 1,
    }  # fmt: skip
    profiles = [str(o) for o in range(1, 9)]
    lists = {
        "serial": text(np.arange(1, 100_000)), "date": chunk.semesters.calendar,
        "type": [*TYPES, "27"], "unplanned": ["1", "2"], "place": [*profiles, "9"],
        "operator_1": [*profiles, "9"], "operator_2": ["", *profiles], "operator_3": ["", *profiles],
    }  # fmt: skip
    segments = [
        ("serial",),
        ("date",),
        ("type", "unplanned", "place"),
        ("operator_1", "operator_2", "operator_3", "operation"),
    ]
    activity = _activity(chunk, "PST", cards, row, semester, i.identity, codes, lists, segments)
    return [cards.cards("CNT"), activity], _needed(chunk, cards)


def residential(chunk: Chunk) -> tuple[list[Table], np.ndarray]:
    """CNR, PSR and PSS, and the (registration, semester) pairs that need an ANR."""
    geography, stays, attendance, p = chunk.geography, chunk.stays, chunk.attendance, chunk.persons
    structures = words(geography.kinds["SR"].codes).take(pa.array(stays.structure))
    mode = np.where(stays.died, np.where(p.suicide[stays.who], 4, 5), MODES.index("2"))
    beds = _Episodes(chunk, 2, stays.who, stays.slot, stays.serial, stays.start, stays.end, mode, stays.dsm, structures)
    row, semester = chunk.here(*chunk.semesters.spanned(stays.start, stays.end), stays.dsm)
    leaves = (chunk.semesters.of(stays.end[row]) == semester) & (stays.end[row] <= chunk.semesters.last)
    codes = {
        "type": stays.kind[row],
        "admission": chunk.semesters.date(stays.start[row]),
        "discharge": chunk.semesters.date(stays.end[row], leaves),
    }
    types = chunk.parameters.conf["residential"]["types"]
    lists = {"type": [*types, "3"], "admission": chunk.semesters.calendar, "discharge": chunk.semesters.calendar}
    identity = stays.serial[row] * 100 + semester + 2 * chunk.semesters.years.start
    segments = [("type",), ("admission",), ("discharge",), ("operation",)]
    nights = _activity(chunk, "PSR", beds, row, semester, identity, codes, lists, segments)
    dsm = chunk.spells.dsm[attendance.who, attendance.slot]
    centre = geography.pick(chunk.draws, "day centre at", "CD", p.number[attendance.who], dsm)
    died = attendance.end >= p.death[attendance.who]
    mode = np.where(died, np.where(p.suicide[attendance.who], 4, 5), MODES.index("2"))
    days = _Episodes(
        chunk, 3, attendance.who, attendance.slot, attendance.serial, attendance.start, attendance.end, mode, dsm,
        words(geography.kinds["CD"].codes).take(pa.array(centre)),
    )  # fmt: skip
    kept = np.flatnonzero(chunk.region_here(dsm[attendance.period]))
    row, date, identity = attendance.period[kept], attendance.date[kept], attendance.identity[kept]
    figures = chunk.parameters.conf["day_centre"]
    short = chunk.draws.happens("short presence", p.number[attendance.who[row]], figures["short"], identity)
    codes = {"type": attendance.kind[row], "date": chunk.semesters.date(date), "attendance": (~short).astype(np.int64)}
    lists = {"type": [*figures["types"], "4"], "date": chunk.semesters.calendar, "attendance": ["1", "2", "3"]}
    segments = [("type",), ("date",), ("attendance", "operation")]
    presences = _activity(chunk, "PSS", days, row, chunk.semesters.of(date), identity, codes, lists, segments)
    cards = beds.cards("CNR").followed_by(days.cards("CNR"), "episode")
    cards = cards.take(np.argsort(cards.who, kind="stable"))
    return [cards, nights, presences], np.concatenate([_needed(chunk, beds), _needed(chunk, days)])


def _rank(key: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... within equal keys, in the order given."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(key) else np.array([], int)
    start = np.zeros(len(key), dtype=np.int64)
    start[first] = first
    rank = np.empty(len(key), dtype=np.int64)
    rank[order] = np.arange(len(key)) - np.maximum.accumulate(start) if len(key) else start
    return rank


def _needed(chunk: Chunk, cards: _Episodes) -> np.ndarray:
    row, semester = chunk.here(*chunk.semesters.spanned(cards.start, cards.end), cards.dsm)
    return cards.registration[row] * 1000 + semester
