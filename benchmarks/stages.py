"""How long each stage takes on a synthetic nation, as a ratio to a plain pass over what it reads, in one process.

    python benchmarks/stages.py --scale 0.1 --out benchmarks/stages.md

The yardsticks are run beside each stage, on the same machine and files: DuckDB reading the delivery's files as text,
Spark reading all columns of the tables that a stage rests on, once. Peak memory is that of the driver's processes.
"""

import argparse
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
from yardsticks import scan, timed

from percorsi.conformed import conform
from percorsi.features import build
from percorsi.features.frames import INPUTS
from percorsi.flows import ingest, load_layouts
from percorsi.home import Home
from percorsi.indicators import compute
from percorsi.quality import judge
from percorsi.session import spark_session
from percorsi.settings import load_settings
from percorsi.storage import Store
from percorsi.synthetic import synthesize


def duckdb_reads(delivery: Path) -> None:
    """Every field of every file, as text, by as many threads as Spark has cores."""
    for flow in load_layouts():
        with next(iter(sorted(delivery.glob(f"{flow}_*.csv")))).open(encoding="utf-8") as stream:
            columns = {f"c{n}": "VARCHAR" for n, _ in enumerate(stream.readline().split("~"))}
        files = f"read_csv('{delivery}/{flow}_*.csv', delim='~', header=false, skip=1, quote='', columns={columns}, "
        files += "null_padding=true, ignore_errors=true, auto_detect=false)"
        duckdb.sql(f"select {', '.join(f'max(hash({c}))' for c in columns)} from {files}").fetchall()


def java_megabytes() -> float:
    """Peak resident memory of the Java process that is this process's child."""
    process = subprocess.run(["pgrep", "-n", "-f", "PythonGatewayServer|pyspark-shell"], capture_output=True, text=True)
    status = Path(f"/proc/{process.stdout.strip()}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--year", type=int, default=2015)
    parser.add_argument("--nation", type=Path, help="a nation made earlier; else one is made")
    parser.add_argument("--home", type=Path, help="keep the home here; else it is removed")
    parser.add_argument("--out", type=Path, help="write the table there as well")
    wanted = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="percorsi-benchmark-"))
    nation = wanted.nation or work / "nation"
    rows = []
    if wanted.nation is None:
        seconds = timed(lambda: synthesize(nation, wanted.scale, wanted.seed, range(2012, 2017)))
        rows.append(("synthesize", seconds, None, ""))
    settings = load_settings("local")
    store = Store(Home(wanted.home or work / "home"), spark_session(settings, "percorsi-benchmark"))
    conformed = [f"conformed/{name}" for name in INPUTS]
    current = [f"current/{flow}" for flow in load_layouts()]
    features = [f"features/{name}" for name in ("person_year", "spdc_stay")]
    stages: list[tuple[str, Callable[[], object], str, Callable[[], object]]] = [
        (
            "ingest",
            lambda: ingest(store, nation / "delivery"),
            "DuckDB reading the same files",
            lambda: duckdb_reads(nation / "delivery"),
        ),
        ("conform", lambda: conform(store, settings), "a scan of current", lambda: scan(store, current)),
        (
            "features",
            lambda: build(store, settings, wanted.year),
            "a scan of conformed",
            lambda: scan(store, conformed),
        ),
        (
            "quality",
            lambda: judge(store, wanted.year, "benchmark"),
            "a scan of conformed",
            lambda: scan(store, conformed),
        ),
        (
            "indicators",
            lambda: compute(store, settings, wanted.year, "benchmark"),
            "a scan of features",
            lambda: scan(store, features),
        ),
    ]
    for name, stage, yardstick, plain in stages:
        seconds = timed(stage)
        plain()  # warm
        rows.append((name, seconds, timed(plain), yardstick))
        print(f"{name}: {seconds:.1f} s, {yardstick} {rows[-1][2]:.1f} s", flush=True)
    again = timed(lambda: (ingest(store, nation / "delivery"), conform(store, settings)))
    rows.append(("ingest and conform again, nothing new", again, None, ""))
    records = sum(store.read(name).count() for name in current)
    lines = [
        f"Scale {wanted.scale}, {records:,} current records, evaluation year {wanted.year}; synthetic data.",
        "",
        "| stage | seconds | yardstick | its seconds | ratio |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, seconds, plain_seconds, yardstick in rows:
        ratio = f"{seconds / plain_seconds:.1f}" if plain_seconds else ""
        lines.append(f"| {name} | {seconds:.1f} | {yardstick} | {f'{plain_seconds:.1f}' if ratio else ''} | {ratio} |")
    python = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines += ["", f"Peak memory: Java {java_megabytes():,.0f} MB, Python {python:,.0f} MB."]
    text = "\n".join(lines)
    print(text)
    if wanted.out:
        wanted.out.write_text(f"# The stages\n\n{text}\n")
    store.spark.stop()
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
