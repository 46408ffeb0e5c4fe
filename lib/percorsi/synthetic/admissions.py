"""The records that a hospital stay has in SDO: hospital, ward, dates and number of the sheet of each.

SDO and the emergency department from which a ward admits read them here, so that they tell the same.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.parameters import year_of
from percorsi.synthetic.population import REGION_SHIFT
from percorsi.synthetic.random import cumulative

PSYCHIATRY = "40"
_DIGITS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
# A person has at most some fifty records a year; the numbers above are for records that are cancelled later. Six
# digits of base 36 then have room for 17 million persons of a region.
_A_YEAR = 64


@dataclass
class Records:
    """One element a record, in order of person and admission: one a stay, two where it was moved from ward to ward."""

    stay: np.ndarray  # position among the stays of the chunk
    part: np.ndarray  # 0, or 1 after the transfer
    moved: np.ndarray  # the stay has two records
    from_ward: np.ndarray  # of them, the first is of a ward that is not psychiatric
    start: np.ndarray
    end: np.ndarray
    hospital: np.ndarray  # position among `hospitals`
    ward: np.ndarray  # position among `disciplines`
    rank: np.ndarray  # from 0, of the person's records admitted in one year


def disciplines(chunk: Chunk) -> list[str]:
    """Codes of wards, psychiatry first."""
    return [PSYCHIATRY, *chunk.parameters.conf["hospital"]["other_disciplines"]]


def hospitals(chunk: Chunk) -> list[str]:
    """Codes of eight characters: the public hospitals of the nation, then the private ones of the wanted region."""
    return [*chunk.geography.kinds["SPDC"].codes, *chunk.geography.private[chunk.region]]


def make_records(chunk: Chunk) -> Records:
    """The records of all stays of the wanted region's own persons, whatever years are delivered."""
    p, h, draws, figures = chunk.persons, chunk.hospital, chunk.draws, chunk.parameters.conf["hospital"]
    number, serial = p.number[h.who], h.serial
    moved = h.psychiatric & ~h.private & (h.end - h.start >= 2)
    moved &= draws.happens("transfer", number, figures["transfer"], serial)
    before = moved & draws.happens("from another ward", number, figures["transfer_from_ward"], serial)
    share = draws.uniform("day of transfer", number, serial)
    split = h.start + 1 + np.floor(share * (h.end - h.start - 1)).astype(np.int64)
    others = cumulative([1.0] * len(figures["other_disciplines"]))
    elsewhere = 1 + draws.pick("discipline", number, others, index=serial)
    hospital = _places(chunk, serial)
    another = _places(chunk, serial + 7_000_000)
    own = np.flatnonzero(p.region[h.who] == chunk.region)
    row = np.repeat(own, 1 + moved[own])
    part = np.concatenate([[False], row[1:] == row[:-1]])[: len(row)].astype(np.int64)
    one, two = moved[row] & (part == 0), part == 1
    start = np.where(two, split[row], h.start[row])
    ward = np.where(h.psychiatric[row] & ~(before[row] & (part == 0)), 0, elsewhere[row])
    place = np.where(two & ~before[row], another[row], hospital[row])
    year = h.who[row] * 10_000 + year_of(start)
    rank = np.arange(len(row)) - np.searchsorted(year, year)
    return Records(row, part, moved[row], before[row], start, np.where(one, split[row], h.end[row]), place, ward, rank)


def sheets(chunk: Chunk, records: Records, cancelled: bool = False) -> pa.Array:
    """The number of each record's sheet: two digits of the year of admission and six, letters among them.

    No two records of a region share one; `cancelled`: others, for records that should not be.
    """
    number = chunk.persons.number[chunk.hospital.who[records.stay]]
    running = (number & np.uint64(2**REGION_SHIFT - 1)).astype(np.int64)
    value = (running * 2 + cancelled) * _A_YEAR + records.rank
    letters = np.empty((len(value), 8), dtype=np.uint8)
    for at in range(7, 1, -1):
        value, digit = np.divmod(value, 36)
        letters[:, at] = _DIGITS[digit]
    year = year_of(records.start) % 100
    letters[:, 0], letters[:, 1] = _DIGITS[year // 10], _DIGITS[year % 10]
    return pa.array(letters.view("S8").ravel()).cast(pa.string())


def _places(chunk: Chunk, serial: np.ndarray) -> np.ndarray:
    """Position among `hospitals` by stay: one of the department's, another of the region, or a private one."""
    geography, p, h, draws = chunk.geography, chunk.persons, chunk.hospital, chunk.draws
    number, services = p.number[h.who], geography.kinds["SPDC"]
    usual = geography.pick(draws, "usual hospital", "SPDC", number, p.dsm[h.who])
    another = geography.pick_dsm(draws, "another hospital", number, p.region[h.who], serial)
    away = draws.happens("in another hospital", number, chunk.parameters.conf["hospital"]["another_hospital"], serial)
    place = np.where(away, services.first[another], usual)
    clinics = geography.private[chunk.region]
    if clinics:
        clinic = len(services.codes) + draws.integer("clinic", number, 0, len(clinics) - 1, serial)
        place = np.where(h.private, clinic, place)
    return place
