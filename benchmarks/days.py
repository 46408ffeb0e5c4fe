"""How long features and indicators take, as ratios to one plain scan of what they read and to DuckDB doing the same.

    python benchmarks/days.py --home HOME --year 2015 --out benchmarks/days.md

HOME holds conformed tables and is left as it is: the stages write to homes of their own, removed afterwards. The
yardsticks run in the same process, on the same files, by as many threads: Spark scanning once the columns that the
plans of a stage read, and only these; DuckDB answering four columns of days, and summing up the indicators. A time is
the median of some runs after a first one, which is told apart. In how many persons and sums DuckDB says the same as the
stage is counted: a twin that computes something else is no yardstick.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

from days_in_duckdb import ANSWERS, READ, Twin
from pyspark.sql import DataFrame
from yardsticks import scan, timed

from percorsi.features import build
from percorsi.features.crosswalk import crosswalk_file, load_crosswalk
from percorsi.features.frames import INPUTS, build_frames
from percorsi.home import CROSSWALK, Home
from percorsi.indicators import compute, load_catalogue
from percorsi.indicators.compute import of_year
from percorsi.indicators.coverage import coverage
from percorsi.indicators.engine import Plan, aggregate, plan
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.grid import CELL
from percorsi.indicators.placed import each_area
from percorsi.session import spark_session
from percorsi.settings import Parameters, load_settings
from percorsi.storage import Store

FEATURES = tuple(grain.units for grain in GRAINS.values())


def leaning_on(home: Path, folder: Path) -> Home:
    """A new home that reads the conformed tables of another and writes its own."""
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "conformed").symlink_to(home.resolve() / "tables" / "conformed")
    if (home / CROSSWALK).exists():
        shutil.copy(home / CROSSWALK, folder)
    return Home(folder)


def feature_frames(store: Store, parameters: Parameters, year: int) -> dict[str, DataFrame]:
    """Those of the feature stage; nothing is kept between them, so that a plan reads what it needs and no more."""
    frames = {name: store.read(f"conformed/{name}") for name in INPUTS}
    return build_frames(frames, parameters, year, crosswalk=load_crosswalk(crosswalk_file(store.home)))


def indicator_plans(store: Store, year: int) -> dict[str, Plan]:
    """Grain -> what the indicator stage sums and counts."""
    catalogue = load_catalogue()
    delivered = store.read("conformed/delivered_period").select("flow", "region", "year", "period")
    covered = coverage(catalogue, map(tuple, delivered.collect()), year)
    plans = {grain: plan(catalogue, grain, covered) for grain in GRAINS}
    return {grain: planned for grain, planned in plans.items() if planned.wanted}


def units_of(store: Store, year: int, grain: str) -> DataFrame:
    return of_year(store, GRAINS[grain].units, year)


def indicator_frames(store: Store, year: int, plans: dict[str, Plan]) -> list[DataFrame]:
    """All that the indicator stage sums and counts, a row a unit in an area: of interest for its columns alone."""
    frames = []
    for grain, planned in plans.items():
        counted = [value for value, _ in planned.counted.values()]
        placed = each_area(units_of(store, year, grain))
        frames.append(
            placed.selectExpr(*CELL, "regions", *(one.alone().unit for one in planned.counts.values()), *counted)
        )
    return frames


def columns_read(frames: Iterable[DataFrame], store: Store) -> dict[str, list[str]]:
    """Table -> the columns that its files are read for by the physical plans of some frames together."""
    read: dict[str, set[str]] = {}
    for frame in frames:
        leaves = frame._jdf.queryExecution().sparkPlan().collectLeaves()
        for leaf in map(leaves.apply, range(leaves.size())):
            if leaf.nodeName().startswith("Scan parquet"):
                root = Path(leaf.relation().location().rootPaths().head().toUri().getPath())
                output = leaf.output()
                columns = {output.apply(at).name() for at in range(output.size())}
                read.setdefault(str(root.relative_to(store.home.tables)), set()).update(columns)
    return {name: sorted(columns) for name, columns in sorted(read.items())}


def same_sums(twin: Twin, store: Store, year: int, plans: dict[str, Plan]) -> tuple[int, int]:
    """How many sums of a cell DuckDB and the stage's own pass have in common, and how many there are."""
    same = all_sums = 0
    by_duckdb = twin.sum_up(year, plans)
    for grain, planned in plans.items():
        own = aggregate(units_of(store, year, grain), planned.counts)
        both = own.merge(by_duckdb[grain], on=CELL, how="outer", suffixes=("", "_duckdb"))
        same += sum(int((both[name] == both[f"{name}_duckdb"]).sum()) for name in planned.counts)
        all_sums += len(both) * len(planned.counts)
    return same, all_sums


def repeated(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Seconds of a first run, and the median of so many more; that of the first where there are none."""
    first = timed(work)
    return first, statistics.median([timed(work) for _ in range(times)] or [first])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a home with conformed tables")
    parser.add_argument("--year", type=int, default=2015)
    parser.add_argument("--times", type=int, default=3, help="runs of a stage after the first one")
    parser.add_argument("--out", type=Path, help="write the tables there as well")
    wanted = parser.parse_args()
    year, times = wanted.year, wanted.times
    work = Path(tempfile.mkdtemp(prefix="percorsi-benchmark-"))
    settings = load_settings("local")
    spark = spark_session(settings, "percorsi-benchmark")
    stores = [Store(leaning_on(wanted.home, work / f"home-{n}"), spark) for n in range(times + 1)]
    store, unused, runs = stores[0], iter(stores), map("benchmark-{}".format, count())
    features = repeated(lambda: build(next(unused), settings, year), times)
    print(f"features {features[1]:.1f} s, first {features[0]:.1f} s", flush=True)
    indicators = repeated(lambda: compute(store, settings, year, next(runs)), times)
    print(f"indicators {indicators[1]:.1f} s, first {indicators[0]:.1f} s", flush=True)
    four = repeated(lambda: answer_days(store, settings.parameters, year), times)
    conformed = columns_read(feature_frames(store, settings.parameters, year).values(), store)
    plans = indicator_plans(store, year)
    asked = columns_read(indicator_frames(store, year, plans), store)
    twin = Twin(store, [*(f"conformed/{name}" for name in READ), *FEATURES])
    plain = [
        repeated(work, max(times, 1))
        for work in (
            lambda: scan(store, conformed, conformed),
            lambda: scan(store, asked, asked),
            lambda: twin.answer_days(year, settings.parameters),
            lambda: twin.sum_up(year, plans),
        )
    ]
    of_conformed, of_features, days, sums = plain
    said = twin.agreement(year)
    unknown = of_year(store, "features/excluded", year).where("region = 'IT'").selectExpr("sum(persons)").first()[0]
    same, all_sums = same_sums(twin, store, year, plans)
    rows = (
        ("features", features, f"a scan of {told(conformed)} of conformed", of_conformed),
        ("features", features, "DuckDB, four columns of days", days),
        ("the four columns alone, nothing written", four, "DuckDB, four columns of days", days),
        ("indicators", indicators, f"a scan of {told(asked)} of features", of_features),
        ("indicators", indicators, "DuckDB, the same sums", sums),
    )
    records = sum(store.read(name).count() for name in conformed)
    lines = [
        f"Evaluation year {year}; {records:,} conformed records, {said['persons']:,} persons; synthetic data.",
        "",
        "| stage | seconds | first run | yardstick | its seconds | ratio |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
        *(
            f"| {name} | {own:.1f} | {first:.1f} | {yardstick} | {its:.2f} | {own / its:.1f} |"
            for name, (first, own), yardstick, (_, its) in rows
        ),
        "",
        "| column | persons with a day or more | persons where DuckDB agrees | of |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {said[name]:,} | {said[f'{name}_same']:,} | {said['persons']:,} |" for name in ANSWERS),
        "",
        f"Persons that the stage alone has: {said['only_stage']:,}; that DuckDB alone has: {said['only_duckdb']:,} (of "
        f"no known year of birth, whom the stage leaves out: {unknown or 0:,}). Sums of a cell: DuckDB agrees in "
        f"{same:,} of {all_sums:,}.",
    ]
    text = "\n".join(lines)
    print(text)
    if wanted.out:
        wanted.out.write_text(f"# Features and indicators\n\n{text}\n", encoding="utf-8")
    spark.stop()
    shutil.rmtree(work)


def answer_days(store: Store, parameters: Parameters, year: int) -> None:
    """The columns that DuckDB answers, by the plan of the feature stage, written nowhere."""
    frame = feature_frames(store, parameters, year)["person_year"].select("person_id", *ANSWERS)
    frame.write.format("noop").mode("overwrite").save()


def told(columns: dict[str, list[str]]) -> str:
    """`94 columns of 15 tables`."""
    return f"{sum(map(len, columns.values()))} columns of {len(columns)} tables"


if __name__ == "__main__":
    main()
