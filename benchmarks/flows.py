"""How many records a second go in, flow by flow, as a ratio to two yardsticks over the same files, in one process.

    python benchmarks/flows.py --scale 0.1 --out benchmarks/flows.md

The yardsticks: DuckDB reading the files and typing days and numbers as the layout says, and Spark reading the lines and
writing their fields as a Delta table, with no rule, no register and no correction. Each flow goes into a home of its
own, beside the registers (STR, AIC), whose time is not counted.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

import duckdb
from yardsticks import timed

from percorsi.flows import ingest
from percorsi.flows.files import discover
from percorsi.flows.layout import Layout, load_layouts
from percorsi.home import Home
from percorsi.session import spark_session
from percorsi.settings import load_settings
from percorsi.storage import Store
from percorsi.synthetic import synthesize

REGISTERS = ("STR", "AIC")


def columns_of(layout: Layout, files: list[Path]) -> list[str]:
    """The layout's columns in the order in which they stand in the files: by position, or by the header's names."""
    if layout.national:
        return layout.columns
    with files[0].open(encoding="utf-8-sig") as stream:
        header = stream.readline().strip().split("~")
    named = {name: column for column, f in layout.fields.items() for name in (f.name, *f.also)}
    return [named[cell] for cell in header]


def duckdb_reads(layout: Layout, files: list[Path]) -> None:
    """Every field of every file, days and numbers typed, by as many threads as Spark has cores."""
    columns = {c: "VARCHAR" for c in columns_of(layout, files)}
    typed = {"date": "date", "number": "integer", "decimal": "decimal(24,9)"}
    fields = [
        f"max(hash(try_cast({c} as {typed[layout.fields[c].type]})))"
        if layout.fields[c].type in typed
        else f"max(hash({c}))"
        for c in columns
    ]
    read = f"read_csv({[str(f) for f in files]}, delim='~', header=false, skip=1, quote='', columns={columns}, "
    read += "null_padding=true, ignore_errors=true, auto_detect=false)"
    duckdb.sql(f"select {', '.join(fields)} from {read}").fetchall()


def spark_copies(store: Store, layout: Layout, files: list[Path], name: str) -> None:
    """The lines, cut into fields, into a Delta table."""
    parts = store.spark.read.text([str(f) for f in files]).selectExpr("split(value, '~', -1) as parts")
    width = len(layout.columns)
    store.write(parts.selectExpr(*(f"get(parts, {at}) as c{at}" for at in range(width))), name)


def linked(folder: Path, files: list[Path], root: Path) -> Path:
    """A delivery of some files of another, the same bytes."""
    for file in files:
        target = folder / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--nation", type=Path, help="a nation made earlier; else one is made")
    parser.add_argument("--flows", nargs="*", help="some flows only")
    parser.add_argument("--out", type=Path, help="write the table there as well")
    wanted = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="percorsi-benchmark-", dir=wanted.nation.parent if wanted.nation else None))
    nation = wanted.nation or work / "nation"
    if wanted.nation is None:
        synthesize(nation, wanted.scale, wanted.seed, range(2012, 2017))
    layouts = load_layouts()
    delivery = nation / "delivery"
    by_flow: dict[str, list[Path]] = {}
    for file in discover(delivery, layouts).files:
        by_flow.setdefault(file.flow, []).append(file.address)
    root = delivery.resolve()
    settings = load_settings("local")
    spark = spark_session(settings, "percorsi-benchmark")
    registers = [file for flow in REGISTERS for file in by_flow.get(flow, [])]
    lines = [
        "| flow | files | records | seconds | records a second | to DuckDB | to a plain copy by Spark |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    flows = wanted.flows or sorted(by_flow)
    for at, flow in enumerate([flows[0], *flows]):
        layout, files = layouts[flow], by_flow[flow]
        store = Store(Home(work / f"home-{at}"), spark)
        if flow not in REGISTERS and registers:
            ingest(store, linked(work / f"registers-{at}", registers, root))
        folder = linked(work / f"delivery-{at}", files, root)
        seconds = timed(lambda store=store, folder=folder: ingest(store, folder))
        records = sum(sum(1 for _ in file.open("rb")) - 1 for file in files)
        by_duckdb = timed(lambda layout=layout, files=files: duckdb_reads(layout, files))
        by_spark = timed(lambda store=store, layout=layout, files=files: spark_copies(store, layout, files, "copy"))
        if at:  # the first one warms the machine up
            lines.append(
                f"| {flow} | {len(files)} | {records:,} | {seconds:.1f} | {records / seconds:,.0f} "
                f"| {seconds / by_duckdb:.0f} | {seconds / by_spark:.1f} |"
            )
            print(lines[-1], flush=True)
        shutil.rmtree(store.home.path)
    spark.stop()
    shutil.rmtree(work)
    if wanted.out:
        text = [
            f"# Ingestion by flow, scale {wanted.scale}",
            "",
            "Synthetic data, 2012-2016. " + " ".join(__doc__.split("\n\n")[2].split()),
            "",
            *lines,
        ]
        wanted.out.write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
