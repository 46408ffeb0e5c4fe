"""What comes late: a region's last months in a delivery of their own, and another region's corrections that matter."""

import json
import shutil
from collections import defaultdict
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from percorsi.home import SYNTHETIC
from percorsi.synthetic.parameters import Parameters

LATE = pa.schema(
    [("flow", pa.string()), ("file", pa.string()), ("line", pa.int32()), ("operation", pa.string()),
     ("field", pa.int16()), ("before", pa.string()), ("after", pa.string())]
)  # fmt: skip
_WITH_TOTALS = ("FAR", "SPE")  # RIGA 99 is the total of a prescription, no record
_NOTE = """DATI SINTETICI - SYNTHETIC DATA

Consegna successiva: da caricare dopo quella principale, con un giorno di consegna posteriore.
A later delivery: to be loaded after delivery/, with a day of delivery after that one's. It holds the last months of
FAR of region {behind}, which delivery/ lacks, and corrections (V, C) of records of {year} by region {corrects}.
"""


def deliver_late(out: Path, parameters: Parameters, years: range, error_rate: float, made: dict) -> None:
    """Make out/late from what is in out/delivery, and truth/late.parquet: each correction, what it changes."""
    figures, late = parameters.flows["late"], out / "late"
    for name in figures["files"]:
        file = name.format(year=years[-1])
        shutil.move(out / "delivery" / file, late / file)
    year = years[max(len(years) - 2, 0)]
    rows = []
    spoilt = _spoilt(out / "truth" / f"spoilt_{figures['corrects']}.parquet")
    for flow, change in figures["corrections"].items():
        for path in sorted((out / "delivery").glob(f"{flow}_{figures['corrects']}_{year}*.csv")):
            rows += _correct(path, late / path.name, flow, change, figures, error_rate, spoilt[path.name])
    columns = zip(*rows, strict=True) if rows else [[]] * len(LATE)
    pq.write_table(pa.table([pa.array(list(c)) for c in columns], schema=LATE), out / "truth" / "late.parquet")
    (late / SYNTHETIC).write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    note = _NOTE.format(behind=figures["files"][0].split("_")[1], year=year, corrects=figures["corrects"])
    (late / "LEGGIMI.txt").write_text(note, encoding="utf-8")


def _spoilt(path: Path) -> dict[str, set[int]]:
    """By file the lines with an error on purpose, and those that have one behind them: a copy, a correction."""
    found = defaultdict(set)
    for row in pq.read_table(path, columns=["file", "line"]).to_pylist():
        found[row["file"]] |= {row["line"] - 1, row["line"]}
    return found


def _correct(
    source: Path, target: Path, flow: str, change: dict, figures: dict, error_rate: float, spoilt: set[int]
) -> list[tuple]:
    """Write the corrections of a file's records, chosen by a hash of their line; none: no file.

    Only a line that is the one record of its key, and without error, is corrected: that the value before was another
    one is then true, whatever else the delivery holds.
    """
    lines = source.read_text(encoding="utf-8").splitlines()
    found, rows = [lines[0]], []
    limits = [figures["varied"] * error_rate, (figures["varied"] + figures["cancelled"]) * error_rate]
    for number, line in enumerate(lines[1:], start=2):
        share = int.from_bytes(blake2b(line.encode(), digest_size=4).digest(), "little") / 2**32
        if share >= limits[1] or number in spoilt or not line.endswith("~I"):
            continue
        fields = line.split("~")
        if flow in _WITH_TOTALS and fields[2] == "99":
            continue
        before = fields[change["field"]]
        cancels = share >= limits[0]
        if not cancels and before in ("", change["to"]):
            continue
        fields[-1] = "C" if cancels else "V"
        if not cancels:
            fields[change["field"]] = change["to"]
        found.append("~".join(fields))
        after = "" if cancels else change["to"]
        rows.append((flow, target.name, len(found), fields[-1], change["field"], before, after))
    if rows:
        target.write_text("\n".join(found) + "\n", encoding="utf-8")
    return rows
