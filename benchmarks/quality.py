"""How long the whole quality stage takes, as a multiple of one plain scan of the tables it reads, in one process.

    python benchmarks/quality.py --home HOME --year 2015 --out benchmarks/quality.md

The home is one whose tables are conformed (`percorsi run`, or `stages.py --home`); it is not changed: a copy of it is
judged. The yardstick is Spark reading all columns of every table that the stage reads once, warm: the conformed ones,
and of the contacts the lines and the current records, which tell what was rejected. The first judging counts, the
second takes what was counted (`--rejudge`). The stage is timed warm as well: once before, on the year before.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from yardsticks import scan, timed

from percorsi.flows.ledger import LEDGER
from percorsi.home import Home
from percorsi.quality import judge, load_suites
from percorsi.quality.items import load_items
from percorsi.quality.measure import inputs
from percorsi.session import spark_session
from percorsi.settings import load_settings
from percorsi.storage import Store
from percorsi.tables import declared_tables


def copied(home: Path, work: Path) -> Home:
    """A home with what the stage reads of another, and nothing counted yet."""
    target = work / "home"
    for stage in ("conformed", "raw", "current", "delivery_file"):
        if (home / "tables" / stage).exists():
            shutil.copytree(home / "tables" / stage, target / "tables" / stage)
    for name in ("SYNTHETIC.json", "area_crosswalk.csv", "person.key"):
        if (home / name).exists():
            shutil.copy(home / name, target / name)
    return Home(target)


def steps_of(work) -> tuple[float, dict[str, float]]:
    """Seconds of a judging and of each of its steps."""
    import time

    marks: list[tuple[str, float]] = []
    seconds = timed(lambda: work(lambda step: marks.append((step, time.monotonic()))))
    ends = [moment for _, moment in marks[1:]] + [time.monotonic()]
    return seconds, {step: end - moment for (step, moment), end in zip(marks, ends, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a home with conformed tables")
    parser.add_argument("--year", type=int, default=2015)
    parser.add_argument("--work", type=Path, help="where the copy goes; needs room for the tables")
    parser.add_argument("--out", type=Path, help="write the table there as well")
    wanted = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="percorsi-benchmark-", dir=wanted.work))
    home = copied(wanted.home, work)
    store = Store(home, spark_session(load_settings("local"), "percorsi-benchmark"))
    conformed = [name for name in declared_tables("conformed") if store.exists(name)]
    read = sorted({*conformed, *inputs(store)} - {LEDGER})
    judge(store, wanted.year - 1, "warm")
    scan(store, read)  # warm
    plain = min(timed(lambda: scan(store, read)) for _ in range(3))
    whole, steps = steps_of(lambda tick: judge(store, wanted.year, "benchmark", tick=tick))
    again = timed(lambda: judge(store, wanted.year, "benchmark", rejudge=True))
    rows = sum(store.read(name).count() for name in read)
    checks = sum(len(suite.checks) for suite in load_suites().values())
    lines = [
        f"{rows:,} rows in {len(read)} tables, {len(conformed)} of them conformed, {len(load_items())} items, "
        f"{checks} expectations; year {wanted.year}{', synthetic data' if home.synthetic else ''}.",
        "",
        "| | seconds | to one plain scan |",
        "| --- | ---: | ---: |",
        f"| a plain scan of these tables | {plain:.1f} | 1.0 |",
        f"| the whole stage | {whole:.1f} | {whole / plain:.1f} |",
        *(f"| - {step} | {seconds:.1f} | {seconds / plain:.1f} |" for step, seconds in steps.items()),
        f"| judged again, nothing counted | {again:.1f} | {again / plain:.1f} |",
    ]
    text = "\n".join(lines)
    print(text)
    if wanted.out:
        wanted.out.write_text(f"# The quality stage\n\n{text}\n", encoding="utf-8")
        print(json.dumps({"whole": whole, "scan": plain}))
    store.spark.stop()
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
