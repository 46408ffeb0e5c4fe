"""The stages in their order: each alone, and all as one run that MLflow records.

Here, and only here, the rooms meet: a home is locked, Spark is started, progress is shown, and what one room found
is handed to the next.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from percorsi.errors import QualityGateClosed
from percorsi.home import Home
from percorsi.progress import Steps, steps
from percorsi.settings import Settings
from percorsi.storage import Store

if TYPE_CHECKING:
    from percorsi.flows import IngestReport
    from percorsi.outcome import Outcome
    from percorsi.quality import QualityReport


@contextlib.contextmanager
def _stage(home: Home, settings: Settings, title: str, total: int = 1) -> Iterator[tuple[Store, Steps]]:
    """The home held alone, Spark running, progress shown: what every stage needs."""
    from percorsi.session import spark_session

    with home.lock(title), steps(title, total) as tick:
        yield Store(home, spark_session(settings)), tick


def ingest(
    home: Home, settings: Settings, deliveries: Path, delivered: date | None, skip_refused: bool
) -> "IngestReport":
    from percorsi import flows

    with _stage(home, settings, "ingest") as (store, tick):
        tick("ingest")
        return flows.ingest(
            store, deliveries, settings=settings, delivered=delivered, skip_refused=skip_refused, tick=tick.within
        )


def conform(home: Home, settings: Settings) -> dict[str, int]:
    """Table -> version."""
    from percorsi.conformed import conform as work

    with _stage(home, settings, "conform") as (store, tick):
        tick("conform")
        return work(store, settings, tick.within)


def quality(home: Home, settings: Settings, year: int, accept: str | None) -> "QualityReport":
    """Judge a year apart from any run: its checks stand under the key `<year>-alone`."""
    from percorsi.quality import judge

    with _stage(home, settings, "quality") as (store, tick):
        tick("quality")
        return judge(store, settings, year, f"{year}-alone", accept, tick.within)


def features(home: Home, settings: Settings, year: int) -> dict[str, int]:
    """Table -> version."""
    from percorsi.features import build

    with _stage(home, settings, "features") as (store, tick):
        tick("features")
        return build(store, settings, year, tick.within)


def indicators(home: Home, settings: Settings, year: int, accept: str | None) -> "Outcome":
    """Judge and compute from the features as they stand."""
    with _stage(home, settings, "indicators", 2) as (store, tick):
        return _compute(store, settings, year, accept, tick, {})


def run(
    home: Home,
    settings: Settings,
    deliveries: Path,
    year: int,
    accept: str | None,
    delivered: date | None,
    skip_refused: bool,
) -> "Outcome":
    """From a delivery to the values of a year."""
    from percorsi import flows
    from percorsi.conformed import conform as make_facts
    from percorsi.features import build

    with _stage(home, settings, "run", 5) as (store, tick):
        tick("ingest")
        arrived = flows.ingest(
            store, deliveries, settings=settings, delivered=delivered, skip_refused=skip_refused, tick=tick.within
        )
        tick("conform")
        make_facts(store, settings, tick.within)
        tick("features")
        build(store, settings, year, tick.within)
        return _compute(store, settings, year, accept, tick, {"delivery": arrived.delivery or "known"})


def _compute(
    store: Store, settings: Settings, year: int, accept: str | None, tick: Steps, parameters: dict[str, str]
) -> "Outcome":
    """Quality, gate and indicators as one MLflow run: no value is computed that the gate has not seen."""
    from percorsi import runs
    from percorsi.indicators import compute
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.outcome import Outcome
    from percorsi.quality import judge, regions_left

    catalogue = load_catalogue()
    with runs.open_run(settings, store.home, year=year, catalogue=catalogue, parameters=parameters) as recorded:
        recorded.log_inputs(store)
        tick("quality")
        report = judge(store, settings, year, recorded.run_id, accept, tick.within)
        recorded.log_quality(report)
        tick("indicators")
        present = set(report.checks.loc[report.checks["level"] == "region", "area"])
        if present and not regions_left(report.withheld, present):
            raise QualityGateClosed(
                f"every region fails a critical check of the diagnoses of {year}; see {report.docs}",
                next_step="mend the data, edit the thresholds in expectations/, or accept with --accept-quality REASON",
            )
        withheld = defaultdict(set)
        for region, items in report.withheld.items():
            for item in items:
                withheld[item].add(region)
        values = compute(
            store,
            settings,
            year,
            recorded.run_id,
            withheld=withheld,
            grades={"diagnosis": report.grades},
            catalogue=catalogue,
            tick=tick.within,
        )
        recorded.log_values(values)
    return Outcome(store.home, settings, recorded.run_id, catalogue, values, report)


def release(home: Home, settings: Settings, run_id: str, name: str) -> Path:
    """Publish a run's values; needs no Spark."""
    from percorsi import runs
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.indicators.listing import catalogue_rows
    from percorsi.indicators.values import read_values
    from percorsi.release import make

    found = runs.find(settings, home, run_id)
    return make(home, found, name, read_values(home, found.run_id), catalogue_rows(load_catalogue()))
