"""A nation into a folder: regions in parallel, each in chunks of persons, the same bytes whatever the split."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from percorsi.errors import UsageError
from percorsi.home import SYNTHETIC
from percorsi.synthetic import truth
from percorsi.synthetic.chunk import Chunk, destination, make_chunk, make_control_chunk
from percorsi.synthetic.civil import assisted, causes
from percorsi.synthetic.discharges import discharges
from percorsi.synthetic.dispensing import direct, make_dispensings, pharmacy
from percorsi.synthetic.emergency_records import emergencies
from percorsi.synthetic.geography import make_geography, register_rows
from percorsi.synthetic.laboratory import services
from percorsi.synthetic.late import deliver_late
from percorsi.synthetic.national import PARTS, join_parts, write_boundaries, write_packs
from percorsi.synthetic.other_services import addiction, child
from percorsi.synthetic.parameters import load_parameters
from percorsi.synthetic.population import CONTROL, person_numbers
from percorsi.synthetic.random import Draws
from percorsi.synthetic.records import key_lists, residential, territorial
from percorsi.synthetic.registers import anagrafica
from percorsi.synthetic.semesters import Semesters
from percorsi.synthetic.spoil import KINDS, spoil
from percorsi.synthetic.supplementary import events, staff_rows
from percorsi.synthetic.write import RegionFiles

CHUNK = 20_000  # persons at a time: bounds the memory of a process, nothing else

NOTE = """DATI SINTETICI - SYNTHETIC DATA

Questi file sono generati da un programma: nessuna persona reale, nessun evento reale, nessun valore ufficiale.
These files are made by a program: no real person, no real event, no official figure.

Scale {scale}, seed {seed}, years {first}-{last}, error rate {error_rate}.
"""


@dataclass(frozen=True)
class Summary:
    """What was written: folders, persons ever made, lines by flow, spoilt lines by kind, seconds."""

    delivery: Path
    truth: Path
    persons: int
    records: dict[str, int]
    spoilt: dict[str, int]
    seconds: float

    def __str__(self) -> str:
        flows = ", ".join(f"{flow} {count:,}" for flow, count in self.records.items())
        return (
            f"{sum(self.records.values()):,} synthetic records in {self.seconds:.1f} s: {flows}\n"
            f"delivery: {self.delivery}\ntruth: {self.truth} ({sum(self.spoilt.values()):,} lines spoilt on purpose)"
        )


@dataclass(frozen=True)
class _Task:
    out: Path
    region: int
    scale: float
    seed: int
    years: range
    error_rate: float
    chunk: int


def synthesize(
    out: Path,
    scale: float,
    seed: int,
    years: range,
    error_rate: float = 1.0,
    workers: int = 2,
    progress: Callable[[str], None] | None = None,
    chunk: int = CHUNK,
) -> Summary:
    """Write the deliveries of a synthetic nation to out/delivery and the truth about them to out/truth.

    `scale` 1.0 is Italy; `years` are consecutive years within the configured horizon; `error_rate` multiplies the
    configured rates of errors (0: none). `progress` is called with the name of each region as it is finished.
    Neither `workers` nor `chunk` (persons at a time) changes a byte. A folder made by an earlier call is made anew.

    Raises UsageError for a scale, years or rate out of range, and for a folder that holds something else;
    ConfigurationError where conf/reference is not complete.
    """
    began = time.monotonic()
    out = Path(out)
    parameters = load_parameters(scale)
    first, last = parameters.horizon
    if not 0 < scale <= 10:
        raise UsageError(f"scale {scale}: a share of Italy above 0, up to 10, is expected")
    if years.step != 1 or not len(years) or years.start < first or years.stop - 1 > last:
        raise UsageError(f"years {years.start}-{years.stop - 1}: consecutive years within {first}-{last} are expected")
    if not 0 <= error_rate <= 10:
        raise UsageError(f"error rate {error_rate}: a number from 0 to 10 is expected")
    if workers < 1 or chunk < 1:
        raise UsageError("at least one worker, and one person at a time, are expected")
    _clear(out)
    tasks = [_Task(out, r, scale, seed, years, error_rate, chunk) for r in np.argsort(-parameters.persons)]
    counts, spoilt, parts = [], Counter(), {}
    for made in _run(tasks, workers):
        counts += made.counts
        spoilt.update(made.spoilt)
        parts[made.region] = made
        if progress:
            progress(made.region)
    counts += join_parts(out, {code: parts[code] for code in parameters.region_codes}, years)
    write_boundaries(out, make_geography(parameters, Draws(seed)))
    counts += write_packs(out / "delivery", parameters, years)
    columns = list(zip(*sorted(counts), strict=True))
    pq.write_table(pa.table([pa.array(c) for c in columns], schema=truth.COUNTS), out / "truth" / "counts.parquet")
    made = {"synthetic": True, "scale": scale, "seed": seed, "years": list(years), "error_rate": error_rate}
    deliver_late(out, parameters, years, error_rate, made)
    for folder in (out / "delivery", out):  # the mark goes where the delivery goes; with it the nation is whole
        (folder / SYNTHETIC).write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    note = NOTE.format(scale=scale, seed=seed, first=years.start, last=years.stop - 1, error_rate=error_rate)
    (out / "delivery" / "LEGGIMI.txt").write_text(note, encoding="utf-8")
    records = Counter()
    for flow, *_, number in counts:
        records[flow] += number
    ordered = {k: spoilt[k] for k in KINDS[1:]}
    seconds = time.monotonic() - began
    persons = int(parameters.persons.sum() + parameters.controls.sum())
    return Summary(out / "delivery", out / "truth", persons, dict(records), ordered, seconds)


def _clear(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is no folder")
    if out.is_dir() and any(out.iterdir()) and not (out / SYNTHETIC).exists():
        raise UsageError(
            f"{out} holds something that is no synthetic nation", next_step="name an empty folder, or a new one"
        )
    for part in ("delivery", "late", "truth", PARTS):
        shutil.rmtree(out / part, ignore_errors=True)
        (out / part).mkdir(parents=True)
    (out / SYNTHETIC).write_text('{"synthetic": true}\n', encoding="utf-8")


def _run(tasks: list[_Task], workers: int):
    if workers == 1:
        for task in tasks:
            yield make_region(task)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(make_region, task) for task in tasks]):
            yield done.result()


@dataclass(frozen=True)
class Made:
    """What was written of a region: counts of its files, spoilt lines by kind, its parts of the national files."""

    region: str
    counts: list[tuple]
    spoilt: dict[str, int]
    parts: dict[tuple[str, str], int]
    spoilt_nationally: list[tuple[str, str, int, str]]


def make_region(task: _Task) -> Made:
    """Write one region's files."""
    pa.set_cpu_count(1)  # the processes share the cores already
    parameters, draws = load_parameters(task.scale), Draws(task.seed)
    geography, semesters = make_geography(parameters, draws), Semesters(task.years)
    region, code = int(task.region), parameters.region_codes[int(task.region)]
    numbers = person_numbers(region, 0, parameters.persons[region])
    own = len(numbers)
    numbers = np.concatenate([numbers, *_visitors(parameters, draws, region, task.error_rate)])
    controls = person_numbers(region, CONTROL, CONTROL + parameters.controls[region])
    keys = {}
    with RegionFiles(task.out / "delivery", task.out / "truth", task.out / PARTS, code, semesters, parameters) as files:
        for i, year in enumerate(task.years):
            files.add_register("STR", i, register_rows(parameters, geography, region, year))
            files.add_register("PER", i, staff_rows(parameters, geography, region, year))
        for begin in range(0, len(numbers), task.chunk):
            held = numbers[begin : begin + task.chunk]
            chunk = make_chunk(held, region, parameters, geography, draws, semesters, keys, task.error_rate)
            if not keys:
                keys |= {order: key_lists(chunk, order) for order in ("period", "region")}
            _deliver(chunk, files)
            _deliver_others(chunk, files)
            files.add_persons(truth.person_years(chunk, np.arange(begin, begin + len(held)) < own), truth.known(chunk))
        for begin in range(0, len(controls), task.chunk):
            held = controls[begin : begin + task.chunk]
            chunk = make_control_chunk(held, region, parameters, geography, draws, semesters, task.error_rate)
            _deliver_others(chunk, files)
            files.add_persons(None, truth.known(chunk))
    return Made(code, files.counts(), files.spoilt, files.parts(), files.spoilt_nationally)


def _visitors(parameters, draws: Draws, region: int, error_rate: float):
    """The persons of other regions who are also seen in this one."""
    rate = parameters.conf["errors"]["two_regions"] * error_rate
    for home in range(len(parameters.region_codes)):
        if home != region and rate:
            number = person_numbers(home, 0, parameters.persons[home])
            yield number[destination(number, np.full(len(number), home), parameters, draws, rate) == region]


def _deliver(chunk: Chunk, files: RegionFiles) -> None:
    orphan = KINDS.index("orphan")
    activity, territorial_pairs = territorial(chunk)
    other, residential_pairs = residential(chunk)
    for table in (*activity, *other):
        table.kind = np.where(chunk.orphans[table.who] & (table.kind == 0), orphan, table.kind).astype(np.int8)
        files.add(spoil(table, chunk))
    for flow, pairs in (("ANT", territorial_pairs), ("ANR", residential_pairs)):
        table = anagrafica(chunk, flow, pairs)
        files.add(spoil(table.take(np.flatnonzero(~chunk.orphans[table.who])), chunk))
    files.add(spoil(discharges(chunk), chunk))


def _deliver_others(chunk: Chunk, files: RegionFiles) -> None:
    """The flows beside SISM and SDO."""
    figures, semesters = chunk.parameters.drugs, chunk.semesters
    given = make_dispensings(
        chunk.persons, chunk.courses, chunk.stays, chunk.ward, figures, chunk.draws, semesters.first, semesters.last
    )
    tables = [pharmacy(chunk, given), direct(chunk, given), services(chunk), emergencies(chunk), addiction(chunk)]
    tables += [child(chunk), assisted(chunk), causes(chunk)]
    if chunk.code in chunk.parameters.flows["supplementary"]["regions"]:
        tables.append(events(chunk))
    for table in tables:
        files.add(spoil(table, chunk))
