"""Hospital stays as records of SDO: one record a stay, two where the person was transferred on the same day."""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.parameters import year_of
from percorsi.synthetic.population import REGION_SHIFT
from percorsi.synthetic.random import cumulative
from percorsi.synthetic.registers import residence
from percorsi.synthetic.spells import SLOTS
from percorsi.synthetic.table import Table, glue, text, words

COLUMNS = [
    *("REGIONE", "ISTITUTO", "ANNO", "SCHEDA", "CUNI", "SESSO", "ANNO_NASCITA", "REG_RES", "ASL_RES", "REGIME"),
    *("DATA_RICOVERO", "REPARTO_AMMISSIONE", "TIPO_RICOVERO", "TRAUMATISMI", "DATA_DIMISSIONE", "REPARTO_DIMISSIONE"),
    *("MODALITA_DIMISSIONE", "DIAGNOSI_PRINCIPALE", *(f"DIAGNOSI_{i}" for i in range(2, 7)), "TIPO_ISTITUTO", "OP"),
]
PSYCHIATRY = "40"
_DEAD, _HOME, _VOLUNTARY, _ACUTE, _SAME = "1", "2", "5", "6", "7"


def discharges(chunk: Chunk) -> Table:
    """The records discharged in the years delivered, of the hospitals of the wanted region."""
    p, h, draws, figures = chunk.persons, chunk.hospital, chunk.draws, chunk.parameters.conf["hospital"]
    kept = np.flatnonzero((p.region[h.who] == chunk.region) & (h.end >= chunk.semesters.first - 1))
    h = h.take(kept)
    number, serial = p.number[h.who], h.serial
    hospital, hospitals = _hospitals(chunk, h.who, serial, h.private)
    moved = (
        h.psychiatric
        & ~h.private
        & (h.end - h.start >= 2)
        & draws.happens("transfer", number, figures["transfer"], serial)
    )
    before = moved & draws.happens("from another ward", number, figures["transfer_from_ward"], serial)
    away = moved & ~before
    split = (
        h.start
        + 1
        + np.floor(draws.uniform("day of transfer", number, serial) * (h.end - h.start - 1)).astype(np.int64)
    )
    other_ward = figures["other_disciplines"]
    disciplines = [PSYCHIATRY, *other_ward]
    elsewhere = 1 + draws.pick("discipline", number, cumulative([1.0] * len(other_ward)), index=serial)
    another, _ = _hospitals(chunk, h.who, serial + 7_000_000, h.private)
    compulsory = chunk.parameters.by_group(figures["compulsory"])[p.group[h.who]]
    compulsory = h.psychiatric & ~h.private & draws.happens("compulsory", number, compulsory, serial)
    primary, codes = _diagnoses(chunk, h, draws)
    modes = ["1", "2", "3", "5", "6", "7", "9"]
    final = np.where(draws.happens("voluntary", number, figures["voluntary_discharge"], serial), _VOLUNTARY, _HOME)
    final = np.where(h.died, _DEAD, final)
    urgent = figures["urgent"]
    urgent = np.where(h.psychiatric & ~h.private, urgent["psychiatric"], urgent["other"])
    urgent = draws.happens("urgent", number, urgent, serial)
    basic = np.where(h.day_regime, 0, np.where(urgent, 2, 1))  # admission types: "", 1, 2, 3
    stay = np.arange(len(h.who))
    second = np.flatnonzero(moved)
    row = np.concatenate([stay, second])
    part = np.concatenate([np.zeros(len(stay), np.int64), np.ones(len(second), np.int64)])
    one, two = moved[row] & (part == 0), part == 1
    ward = np.where(h.psychiatric, 0, elsewhere)[row]
    ward = np.where(before[row] & (part == 0), elsewhere[row], ward)
    start = np.where(two, split[row], h.start[row])
    end = np.where(one, split[row], h.end[row])
    # compulsory is said of the psychiatric record; after a ward of another kind that is the second one
    tso = compulsory[row] & np.where(before[row], two, part == 0)
    admission_type = np.where(tso, 3, np.where(two, 1, basic[row]))
    mode = np.where(one, np.where(before[row], _SAME, _ACUTE), final[row])
    place = np.where(two & away[row], another[row], hospital[row])
    primary = np.where(before[row] & (part == 0), codes.index(figures["other_diagnoses"][0]), primary[row])
    injury = draws.happens("injury", number, figures["self_harm"], serial) & h.psychiatric
    injury = (injury[row] & (part == 0)).astype(np.int64)
    # a person's records in order of admission give the number of the sheet
    order = np.lexsort((part, start, h.who[row]))
    row, part, start, end, ward = row[order], part[order], start[order], end[order], ward[order]
    who = h.who[row]
    year = year_of(end)
    rank = h.serial[row] * 2 + part
    kept = np.flatnonzero((year >= chunk.semesters.years.start) & (year < chunk.semesters.years.stop))
    columns = {
        "hospital": place[order], "regime": h.day_regime[row].astype(np.int64),
        "admission": chunk.semesters.date(start), "ward": ward,
        "admission_type": admission_type[order], "injury": injury[order],
        "discharge": chunk.semesters.date(end), "ward_again": ward,
        "mode": np.array([modes.index(m) for m in mode[order]], dtype=np.int64), "primary": primary[order],
        "second": _second(chunk, h, row, codes), "rest": np.zeros(len(row), np.int64),
        "institution": h.private[row].astype(np.int64), "operation": np.zeros(len(row), np.int64),
    }  # fmt: skip
    columns = {name: values[kept] for name, values in columns.items()}
    row, who, rank, year = row[kept], who[kept], rank[kept], year[kept]
    sex, born = words(["1", "2"]).take(pa.array(p.sex)), text(p.birth_year)
    person = pa.concat_arrays([glue(chunk.cuni, sex, born, *residence(chunk, epoch)[1:]) for epoch in (0, 1)])
    running = (p.number[who] & np.uint64(2**REGION_SHIFT - 1)).astype(np.int64)
    years = words(chunk.semesters.years).take(pa.array(year - chunk.semesters.years.start))
    person = person.take(pa.array(who + len(p) * chunk.geography.epoch(end[kept])))
    # each sheet twice, the second time with a number of its own: for records cancelled later
    numbers = [text(running * 10_000_000 + rank + shift, 16) for shift in (0, 9 * 10**15)]
    sheet = pa.concat_arrays([glue(years, number, person) for number in numbers])
    dates = chunk.semesters.calendar
    wards = [d + "01" for d in disciplines]
    lists = {
        "hospital": hospitals, "sheet": sheet, "regime": ["1", "2", "3"], "admission": dates, "ward": wards,
        "admission_type": ["", "1", "2", "3"], "injury": ["", "5"], "discharge": dates,
        "ward_again": wards, "mode": modes,
        "primary": codes, "second": codes, "rest": ["~~~"], "institution": ["1", "2"],
        "operation": ["I\n", "V\n", "C\n", "NM\n"],
    }  # fmt: skip
    columns["sheet"] = np.arange(len(who))
    segments = [
        ("hospital",), ("sheet",), ("regime",), ("admission",), ("ward", "admission_type", "injury"), ("discharge",),
        ("ward_again", "mode"), ("primary",), ("second",), ("rest", "institution", "operation"),
    ]  # fmt: skip
    uid = draws.bits("SDO", p.number[who], rank)
    return Table("SDO", year - chunk.semesters.years.start, uid, who, columns, lists, segments)


def _hospitals(chunk: Chunk, who: np.ndarray, serial: np.ndarray, private: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Position of region and hospital of each stay: one of the department's, or a private one of the region."""
    geography, p = chunk.geography, chunk.persons
    public = geography.kinds["SPDC"].codes
    code = chunk.parameters.region_codes[chunk.region]
    clinics = geography.private[chunk.region]
    strings = [f"{c[:3]}~{c}" for c in public] + [f"{code}~{c}" for c in clinics]
    number = p.number[who]
    usual = geography.pick(chunk.draws, "usual hospital", "SPDC", number, p.dsm[who])
    another = geography.pick_dsm(chunk.draws, "another hospital", number, p.region[who], serial)
    another = geography.kinds["SPDC"].first[another]
    away = chunk.draws.happens(
        "in another hospital", number, chunk.parameters.conf["hospital"]["another_hospital"], serial
    )
    place = np.where(away, another, usual)
    if clinics:
        clinic = len(public) + chunk.draws.integer("clinic", number, 0, len(clinics) - 1, serial)
        place = np.where(private, clinic, place)
    return place, strings


def _diagnoses(chunk: Chunk, h, draws) -> tuple[np.ndarray, list[str]]:
    """Primary diagnosis: the person's own code of the time, or another; other wards have other diagnoses."""
    figures, diagnoses, spells = chunk.parameters.conf["hospital"], chunk.diagnoses, chunk.spells
    codes = [*diagnoses.codes, *figures["other_diagnoses"], *figures["out_of_group"]]
    codes = list(dict.fromkeys(codes))
    number = chunk.persons.number[h.who]
    slot = np.zeros(len(h.who), dtype=np.int64)
    for s in range(1, SLOTS - 1):
        slot = np.where(spells.start[h.who, s] <= h.start, s, slot)
    own = diagnoses.true_opening[h.who, slot]
    outside = np.array([codes.index(c) for c in figures["out_of_group"]])
    other = outside[draws.integer("unclear", number, 0, len(outside) - 1, h.serial)]
    own = np.where(draws.happens("in group", number, figures["in_group"], h.serial), own, other)
    somatic = [codes.index(c) for c in figures["other_diagnoses"]]
    drawn = draws.integer("somatic", number, 0, len(somatic) - 1, h.serial)
    return np.where(h.psychiatric, own, np.array(somatic)[drawn]), codes


def _second(chunk: Chunk, h, row: np.ndarray, codes: list[str]) -> np.ndarray:
    """A second diagnosis for some: somatic in psychiatry, the person's own in other wards."""
    figures, draws = chunk.parameters.conf["hospital"], chunk.draws
    number = chunk.persons.number[h.who]
    somatic = [codes.index(c) for c in figures["other_diagnoses"]]
    drawn = np.array(somatic)[draws.integer("second somatic", number, 0, len(somatic) - 1, h.serial)]
    second = np.where(h.psychiatric, drawn, chunk.diagnoses.true_opening[h.who, 0])
    given = draws.happens("second diagnosis", number, figures["second_diagnosis"], h.serial)
    return np.where(given, second, codes.index(""))[row]
