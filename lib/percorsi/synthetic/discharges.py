"""Hospital stays as records of SDO: one record a stay, two where the person was transferred on the same day."""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.admissions import disciplines, hospitals, make_records, sheets
from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.parameters import year_of
from percorsi.synthetic.registers import residence
from percorsi.synthetic.spells import SLOTS
from percorsi.synthetic.table import Table, glue, text, words

COLUMNS = [
    *("REGIONE", "ISTITUTO", "ANNO", "SCHEDA", "CUNI", "SESSO", "ANNO_NASCITA", "REG_RES", "ASL_RES", "REGIME"),
    *("DATA_RICOVERO", "REPARTO_AMMISSIONE", "TIPO_RICOVERO", "TRAUMATISMI", "DATA_DIMISSIONE", "REPARTO_DIMISSIONE"),
    *("MODALITA_DIMISSIONE", "DIAGNOSI_PRINCIPALE", *(f"DIAGNOSI_{i}" for i in range(2, 7)), "TIPO_ISTITUTO", "OP"),
]
_DEAD, _HOME, _VOLUNTARY, _ACUTE, _SAME = "1", "2", "5", "6", "7"


def discharges(chunk: Chunk) -> Table:
    """The records discharged in the years delivered, of the hospitals of the wanted region."""
    p, h, draws, figures = chunk.persons, chunk.hospital, chunk.draws, chunk.parameters.conf["hospital"]
    number, serial = p.number[h.who], h.serial
    records = make_records(chunk)
    row, part, start, end, ward = records.stay, records.part, records.start, records.end, records.ward
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
    two, before = part == 1, records.from_ward
    one = records.moved & ~two
    # compulsory is said of the psychiatric record; after a ward of another kind that is the second one
    tso = compulsory[row] & np.where(before, two, part == 0)
    admission_type = np.where(tso, 3, np.where(two, 1, basic[row]))
    mode = np.where(one, np.where(before, _SAME, _ACUTE), final[row])
    primary = np.where(before & (part == 0), codes.index(figures["other_diagnoses"][0]), primary[row])
    injury = draws.happens("injury", number, figures["self_harm"], serial) & h.psychiatric
    injury = (injury[row] & (part == 0)).astype(np.int64)
    who = h.who[row]
    year = year_of(end)
    rank = h.serial[row] * 2 + part
    kept = np.flatnonzero((year >= chunk.semesters.years.start) & (year < chunk.semesters.years.stop))
    columns = {
        "hospital": records.hospital, "regime": h.day_regime[row].astype(np.int64),
        "admission": chunk.semesters.date(start), "ward": ward,
        "admission_type": admission_type, "injury": injury,
        "discharge": chunk.semesters.date(end), "ward_again": ward,
        "mode": np.array([modes.index(m) for m in mode], dtype=np.int64), "primary": primary,
        "second": _second(chunk, h, row, codes), "rest": np.zeros(len(row), np.int64),
        "institution": h.private[row].astype(np.int64), "operation": np.zeros(len(row), np.int64),
    }  # fmt: skip
    columns = {name: values[kept] for name, values in columns.items()}
    row, who, rank, year = row[kept], who[kept], rank[kept], year[kept]
    sex, born = words(["1", "2"]).take(pa.array(p.sex)), text(p.birth_year)
    person = pa.concat_arrays([glue(chunk.cuni, sex, born, *residence(chunk, epoch)[1:]) for epoch in (0, 1)])
    years = words(chunk.semesters.years).take(pa.array(year - chunk.semesters.years.start))
    person = person.take(pa.array(who + len(p) * chunk.geography.epoch(end[kept])))
    # each sheet twice, the second time with a number of its own: for records cancelled later
    numbers = [sheets(chunk, records, cancelled).take(pa.array(kept)) for cancelled in (False, True)]
    sheet = pa.concat_arrays([glue(years, each, person) for each in numbers])
    dates = chunk.semesters.calendar
    wards = [d + "01" for d in disciplines(chunk)]
    lists = {
        "hospital": [f"{c[:3]}~{c}" for c in hospitals(chunk)], "sheet": sheet, "regime": ["1", "2", "3"],
        "admission": dates, "ward": wards,
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
