"""What the indicators of one set cost, and of all four together, as multiples of one plain scan of the features.

    python benchmarks/sets.py --home HOME --year 2015 --out benchmarks/sets.md

HOME holds conformed tables and is left as it is: features go to a home of their own and the values of each set to
another, removed afterwards. The yardstick is Spark scanning once, in the same process, the columns that the pass of all
four sets reads. A time is the median of some rounds after a first one, all sets in turn; `at once` is that of the first
computation of some processes of its own, Spark started, in a home without values: what somebody has who asks once.
Times, jobs and stages (of the first round) are of all that computing the values does, the reading of what was delivered
and the writing of the values with it. Exchanges stand in the plans of the passes, those that sum and those that count
the values of means; what writes has none in this count.
"""

import argparse
import multiprocessing
import shutil
import statistics
import tempfile
from functools import partial
from pathlib import Path

from days import columns_read, indicator_frames, leaning_on, repeated, told, units_of
from yardsticks import scan, timed

from percorsi.features import build
from percorsi.home import Home
from percorsi.indicators import compute, load_catalogue
from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.counting import shared
from percorsi.indicators.coverage import coverage
from percorsi.indicators.engine import Plan, counted_together, plan, values_counted
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.listing import AGREEMENT
from percorsi.session import spark_session
from percorsi.settings import load_settings
from percorsi.storage import Store

KEPT = "100000"  # jobs and stages that Spark remembers, to be counted


def of_set(catalogue: Catalogue, pathway: str) -> Catalogue:
    """The catalogue with the indicators of one set alone."""
    cards = {code: card for code, card in catalogue.cards.items() if card.pathway == pathway}
    return Catalogue(catalogue.measures, cards)


def plans_of(catalogue: Catalogue, store: Store, year: int) -> dict[str, Plan]:
    """Grain -> what its pass counts and sums."""
    delivered = store.read("conformed/delivered_period").select("flow", "region", "year", "period")
    covered = coverage(catalogue, map(tuple, delivered.collect()), year)
    plans = {grain: plan(catalogue, grain, covered) for grain in GRAINS}
    return {grain: planned for grain, planned in plans.items() if planned.wanted}


def exchanges(store: Store, year: int, plans: dict[str, Plan]) -> int:
    """Exchanges in the physical plans of the passes, broadcasts not counted."""
    found = 0
    for grain, planned in plans.items():
        units = units_of(store, year, grain)
        passes = [counted_together(units, shared(planned.counts))]
        if planned.counted:
            passes.append(values_counted(units, list(planned.counted.values())))
        for passing in passes:
            text = passing._jdf.queryExecution().executedPlan().toString()
            found += sum(line.lstrip(" :+-").startswith("Exchange") for line in text.splitlines())
    return found


def jobs_and_stages(store: Store, group: str) -> tuple[int, int]:
    """How many jobs and stages Spark ran under a name."""
    tracker = store.spark.sparkContext.statusTracker()
    jobs = tracker.getJobIdsForGroup(group)
    stages = {stage for job in jobs for stage in tracker.getJobInfo(job).stageIds}
    return len(jobs), len(stages)


def with_features_of(home: Home, folder: Path) -> Home:
    """A new home that reads the conformed and the feature tables of another and has no values."""
    own = leaning_on(home.path, folder)
    (own.tables / "features").symlink_to(home.tables / "features")
    return own


def at_once(home: Path, year: int, name: str) -> float:
    """Seconds of the first computation of a process."""
    settings = load_settings("local")
    store = Store(Home(home), spark_session(settings, "percorsi-benchmark"))
    asked = sets()[name]
    return timed(lambda: compute(store, settings, year, "at-once", catalogue=asked))


def sets() -> dict[str, Catalogue]:
    whole = load_catalogue()
    return {"all_four": whole, **{pathway: of_set(whole, pathway) for pathway in AGREEMENT}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a home with conformed tables")
    parser.add_argument("--year", type=int, default=2015)
    parser.add_argument("--times", type=int, default=7, help="rounds after the first one")
    parser.add_argument("--processes", type=int, default=3, help="processes that compute a set at once")
    parser.add_argument("--out", type=Path, help="write the table there as well")
    wanted = parser.parse_args()
    year = wanted.year
    work = Path(tempfile.mkdtemp(prefix="percorsi-benchmark-"))
    settings = load_settings("local")
    kept = {name: KEPT for name in ("spark.ui.retainedJobs", "spark.ui.retainedStages")}
    kept["spark.sql.maxPlanStringLength"] = "100000000"
    conf = settings.spark.model_copy(update={"conf": {**settings.spark.conf, **kept}})
    settings = settings.model_copy(update={"spark": conf})
    spark = spark_session(settings, "percorsi-benchmark")
    store = Store(leaning_on(wanted.home, work / "home"), spark)
    build(store, settings, year)
    asked = sets()
    plans = {name: plans_of(catalogue, store, year) for name, catalogue in asked.items()}
    read = columns_read(indicator_frames(store, year, plans["all_four"]), store)
    _, plain = repeated(lambda: scan(store, read, read), max(wanted.times, 1))
    stores = {name: Store(with_features_of(store.home, work / f"of-{name}"), spark) for name in asked}
    rounds: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(1 + wanted.times):
        for name, catalogue in asked.items():
            spark.sparkContext.setJobGroup(f"{name} {number}", name)
            work_of = partial(compute, stores[name], settings, year, f"round-{number}", catalogue=catalogue)
            rounds[name].append(timed(work_of))
            print(f"{name}: round {number}, {rounds[name][-1]:.1f} s", flush=True)
    rows = []
    for name, catalogue in asked.items():
        seconds = statistics.median(rounds[name][1:])
        components = sum(len(planned.wanted) for planned in plans[name].values())
        counts = sum(len(planned.counts) for planned in plans[name].values())
        jobs, stages = jobs_and_stages(store, f"{name} 0")
        homes = [with_features_of(store.home, work / f"{name}-{number}") for number in range(wanted.processes)]
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as processes:
            first = statistics.median(processes.starmap(at_once, [(h.path, year, name) for h in homes], chunksize=1))
        rows.append(
            f"| {name} | {len(catalogue.by_code)} | {components} | {counts} | {seconds:.1f} | {seconds / plain:.1f} "
            f"| {first:.1f} | {jobs} | {stages} | {exchanges(store, year, plans[name])} |"
        )
        print(rows[-1], flush=True)
    persons = store.read("features/person_year").count()
    lines = [
        f"Evaluation year {year}, {persons:,} persons, nation, regions, DSMs, sex, age class; synthetic data. One "
        f"plain scan of {told(read)} takes {plain:.2f} s. Seconds, jobs and stages are of the reading, the passes and "
        "the writing of the values; exchanges of the passes alone, those that sum and those that count the values of "
        "means. `At once`: seconds of the first computation of a process of its own, Spark started, in a home without "
        "values.",
        "",
        "| set | indicators | with components | counts | seconds | scans | at once | jobs | stages | exchanges |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *rows,
    ]
    text = "\n".join(lines)
    print(text)
    if wanted.out:
        wanted.out.write_text(f"# One set and all four\n\n{text}\n", encoding="utf-8")
    spark.stop()
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
