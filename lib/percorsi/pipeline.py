"""The stages in their order: each alone, and all as one run that MLflow records.

Here, and only here, the rooms meet: a home is locked, Spark is started, progress is shown, and what one room found
is handed to the next.
"""

import contextlib
import getpass
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from percorsi.digests import code_digest, conf_digest, digest
from percorsi.errors import QualityGateClosed, ResultUnavailable
from percorsi.home import Home
from percorsi.progress import Steps, steps
from percorsi.settings import Settings
from percorsi.storage import Store
from percorsi.tables import declared_tables

if TYPE_CHECKING:
    from percorsi.flows import IngestReport
    from percorsi.indicators.attrition import Attrition
    from percorsi.indicators.catalogue import Catalogue
    from percorsi.indicators.cohort import Cohort
    from percorsi.indicators.deaths import Deaths
    from percorsi.outcome import Outcome
    from percorsi.quality import QualityReport


@contextlib.contextmanager
def _stage(home: Home, settings: Settings, title: str, total: int = 1) -> Iterator[tuple[Store, Steps]]:
    """The home held alone, Spark running, progress shown: what every stage needs."""
    from percorsi.erasure import refuse_unfinished
    from percorsi.session import spark_session

    _check_definitions(settings)
    with home.lock(title), steps(title, total) as tick:
        refuse_unfinished(home)
        yield Store(home, spark_session(settings)), tick


def _check_definitions(settings: Settings) -> None:
    """All of the configuration that decides something, checked as a whole before anything long."""
    from percorsi.code_lists import check_code_lists
    from percorsi.flows import load_layouts
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.indicators.reformulations import load_reformulations
    from percorsi.quality import load_suites
    from percorsi.reference import check_reference

    load_layouts()
    check_reference()
    check_code_lists()
    load_reformulations(load_catalogue(), national=settings.parameters)
    load_suites()


def _take_in(store: Store, deliveries: Path, delivered: date | None, skip_refused: bool, tick: Steps) -> "IngestReport":
    """A delivery, and what lies beside its files and holds for all that the home makes: that it is synthetic, its own
    boundaries. These are kept once the delivery is in."""
    from percorsi import flows
    from percorsi.features import brought, keep

    store.home.note_synthetic(deliveries)
    boundaries = brought(store.home, deliveries)
    report = flows.ingest(store, deliveries, delivered=delivered, skip_refused=skip_refused, tick=tick.within)
    keep(store.home, boundaries)
    return report


def _need_current(home: Home, year: int | None = None) -> None:
    """Raise ResultUnavailable where nothing was ever delivered (a home by a wrong name is not made), nothing of `year`,
    or where what was delivered is not all among the current records."""
    from percorsi.flows import refuse_behind
    from percorsi.flows.ledger import read_ledger

    if not (home.tables / "delivery_file").exists():
        raise ResultUnavailable(
            f"nothing was delivered to {home.path}",
            next_step="`percorsi ingest --deliveries DIR` takes a delivery in; or name another home (--home)",
        )
    refuse_behind(home)
    if year is None:
        return
    years = {int(entry.year) for entry in read_ledger(home) if entry.refused is None}
    if year not in years:
        known = f"these are {min(years)} to {max(years)}" if years else "every file was refused"
        raise ResultUnavailable(f"nothing was delivered of {year}", next_step=f"name a delivered year; {known}")


def ingest(
    home: Home, settings: Settings, deliveries: Path, delivered: date | None, skip_refused: bool
) -> "IngestReport":
    with _stage(home, settings, "ingest") as (store, tick):
        tick("ingest")
        return _take_in(store, deliveries, delivered, skip_refused, tick)


def conform(home: Home, settings: Settings) -> dict[str, int]:
    """Table -> version."""
    from percorsi.conformed import conform as work

    _need_current(home)
    with _stage(home, settings, "conform") as (store, tick):
        tick("conform")
        return work(store, settings, tick.within)


def quality(
    home: Home,
    settings: Settings,
    year: int,
    accept: str | None,
    *,
    accepted_by: str | None = None,
    rejudge: bool = False,
) -> "QualityReport":
    """Judge a year apart from any run: its checks stand under the key `<year>-alone`.

    With `rejudge` nothing is counted: the thresholds of today judge what was counted.
    """
    from percorsi.quality import judge

    _need_current(home, year)
    with _stage(home, settings, "quality") as (store, tick):
        tick("quality")
        who = _who(accept, accepted_by)
        return judge(store, year, f"{year}-alone", accept, tick.within, accepted_by=who, rejudge=rejudge)


def features(home: Home, settings: Settings, year: int) -> dict[str, int]:
    """Table -> version."""
    from percorsi.features import build

    _need_current(home, year)
    with _stage(home, settings, "features") as (store, tick):
        tick("features")
        return build(store, settings, year, tick.within)


def indicators(
    home: Home, settings: Settings, year: int, accept: str | None, *, accepted_by: str | None = None
) -> "Outcome":
    """Judge and compute from the features of the present facts; they must have been made."""
    from percorsi.features import require

    _need_current(home, year)
    with _stage(home, settings, "indicators", 2) as (store, tick):
        require(store, settings, year)
        return _compute(store, settings, year, accept, tick, "indicators", accepted_by=accepted_by)


def run(
    home: Home,
    settings: Settings,
    deliveries: Path,
    year: int,
    accept: str | None,
    delivered: date | None,
    skip_refused: bool,
    *,
    accepted_by: str | None = None,
) -> "Outcome":
    """From a delivery to the values of a year."""
    from percorsi.conformed import conform as make_facts
    from percorsi.features import build

    with _stage(home, settings, "run", 5) as (store, tick):
        tick("ingest")
        arrived = _take_in(store, deliveries, delivered, skip_refused, tick)
        tick("conform")
        make_facts(store, settings, tick.within)
        tick("features")
        build(store, settings, year, tick.within)
        return _compute(store, settings, year, accept, tick, "run", arrived, accepted_by)


def attrition(home: Home, settings: Settings, code: str, component: str | None, year: int | None) -> "Attrition":
    """How many remain after each clause of an indicator, of the features of a year; by default of the latest run's.

    The regions that the latest run of the year withheld are withheld here too. Reads only: the home is not locked.
    """
    from percorsi import runs
    from percorsi.features import require
    from percorsi.indicators.attrition import attrition as work
    from percorsi.indicators.attrition import find_component
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.quality import by_flow, withheld_by
    from percorsi.session import spark_session

    measure, _ = load_catalogue().find(code)
    find_component(measure, code, component)
    _need_current(home)
    year = year or runs.find(settings, home).year
    ended_well = (row for row in runs.list_runs(settings, home).to_dict("records") if row["status"] == "FINISHED")
    of_year = (row["run_id"] for row in ended_well if row["values"] and row["year"] == str(year))
    withheld = by_flow(withheld_by(home, next(of_year, "")))
    with steps("attrition", 1) as tick:
        tick("count")
        store = Store(home, spark_session(settings))
        require(store, settings, year)
        return work(store, year, code, component, withheld=withheld)


def cohort(home: Home, settings: Settings, year: int, area: str) -> "Cohort":
    """Persons by pathway in the nation or a region (`area`), how each came to it, and who had another the year before.

    From the features of the year; of the year before the pathways alone are told, from the facts. Reads only: the home
    is not locked.
    """
    from percorsi.features import pathways_of_year, require
    from percorsi.indicators.cohort import cohort as work
    from percorsi.session import spark_session

    _need_current(home, year)
    with steps("cohort", 1) as tick:
        tick("count")
        store = Store(home, spark_session(settings))
        require(store, settings, year)
        return work(store, pathways_of_year(store, settings.parameters, year - 1), year, area)


def deaths(home: Home, settings: Settings, year: int, area: str) -> "Deaths":
    """Who tells that persons of a year are dead, in the nation or a region (`area`), and how the sources agree.

    From the features of the year. Reads only: the home is not locked.
    """
    from percorsi.features import require
    from percorsi.indicators.deaths import deaths as work
    from percorsi.session import spark_session

    _need_current(home, year)
    with steps("deaths", 1) as tick:
        tick("count")
        store = Store(home, spark_session(settings))
        require(store, settings, year)
        return work(store, year, area)


def _compute(
    store: Store,
    settings: Settings,
    year: int,
    accept: str | None,
    tick: Steps,
    kind: str,
    arrived: "IngestReport | None" = None,
    accepted_by: str | None = None,
) -> "Outcome":
    """Quality, gate and indicators as one MLflow run: no value is computed that the gate has not seen."""
    import pandas as pd

    from percorsi import runs
    from percorsi.features import frames_of_year
    from percorsi.indicators import compute
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.indicators.reformulations import definitions, listing, load_reformulations
    from percorsi.outcome import Outcome
    from percorsi.quality import by_flow, grades_of_flows, judge

    catalogue = load_catalogue()
    reformulations = load_reformulations(catalogue, national=settings.parameters)
    reformulated = {"reformulations": definitions(reformulations)} if reformulations else {}
    parameters = {
        **settings.parameters.model_dump(),
        **_parameters(catalogue),
        **reformulated,
        "accept_quality": accept or "",
        "accepted_by": _who(accept, accepted_by) or "",
        "synthetic": store.home.synthetic,
    }
    digests = {
        "definitions": digest(catalogue.definitions()),
        "parameters": digest({**settings.parameters.model_dump(), **reformulated}),
        "code": code_digest(),
        "layouts": conf_digest("flows"),
        "codes": conf_digest("codes"),
        "reference": conf_digest("reference/population", "reference/deaths", "reference/prevalence"),
    }
    with runs.open_run(settings, store.home, year=year, kind=kind, parameters=parameters, digests=digests) as opened:
        opened.log_inputs(_inputs(store))
        tick("quality")
        report = judge(store, year, opened.run_id, accept, tick.within, accepted_by=_who(accept, accepted_by))
        _refuse_closed_gate(report, catalogue)
        tick("indicators")
        values = compute(
            store,
            settings,
            year,
            opened.run_id,
            withheld=by_flow(report.withheld),
            grades=grades_of_flows(report.checks),
            catalogue=catalogue,
            reformulations=reformulations,
            features_of=lambda region: frames_of_year(
                store, reformulations[region].feature_parameters(settings.parameters), year
            ),
            tick=tick.within,
        )
        outcome = Outcome(store.home, settings, opened.run_id, catalogue, values, report, arrived)
        opened.log_values(outcome.whole_nation().to_dict("records"))
        opened.log_text(json.dumps(catalogue.definitions(), indent=1, ensure_ascii=False), "definitions.json")
        opened.log_text(outcome.whole_nation().to_csv(index=False), "nation.csv")
        if reformulations:  # regions as a whole: smaller areas and groups stay in the home
            theirs = pd.DataFrame(listing(store.home, opened.run_id))
            opened.log_text(theirs.to_csv(index=False), "reformulations.csv")
        opened.log_text(report.for_the_run().to_csv(index=False), "quality_checks.csv")
    return outcome


def _who(accept: str | None, accepted_by: str | None) -> str | None:
    """Who accepts failed quality: who says so, else the user of the system; nobody where nothing is accepted."""
    if not accept:
        return None
    if accepted_by:
        return accepted_by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return f"uid {os.getuid()}"


def _parameters(catalogue: "Catalogue") -> dict[str, dict]:
    """Code -> parameters of the measure; `code/component` -> those in which a component differs."""
    found = {}
    for code, (measure, indicator) in catalogue.by_code.items():
        found[code] = dict(indicator.parameters)
        for part in measure.components.values():
            if part.name and part.parameters:
                found[f"{code}/{part.name}"] = dict(part.parameters)
    return found


def _inputs(store: Store) -> dict[str, tuple[int, str, str | None]]:
    """The tables that values rest on: name -> version, address, digest of what each was made from."""
    names = [name for stage in ("conformed", "features") for name in declared_tables(stage)]
    return {name: store.state(name) for name in names if store.exists(name)}


def _refuse_closed_gate(report: "QualityReport", catalogue: "Catalogue") -> None:
    """Raise QualityGateClosed where quality leaves no region to any indicator, of those that have contacts."""
    from percorsi.quality import is_closed

    judged = report.checks[(report.checks["level"] == "region") & (report.checks["status"] != "not_applicable")]
    judged = judged[judged["table"] == "care_episode"]  # what all indicators rest on
    if is_closed(report.withheld, set(judged["area"]), [measure.rests_on for measure in catalogue.measures.values()]):
        raise QualityGateClosed(
            f"every region fails a critical check of the data of {report.year}; see {report.docs}",
            next_step="mend the data, edit the thresholds in expectations/, or accept it: --accept-quality REASON",
        )


@dataclass(frozen=True)
class _Released:
    """What a release asks of a run."""

    run_id: str
    year: int
    tags: dict[str, Any]


def release(home: Home, settings: Settings, run_id: str, name: str) -> Path:
    """Publish a run's values; needs no Spark."""
    from percorsi import runs
    from percorsi.dsm_names import dsm_names
    from percorsi.erasure import refuse_unfinished
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.indicators.listing import catalogue_rows, nestings, populations
    from percorsi.indicators.values import read_values
    from percorsi.release import make

    found = runs.find(settings, home, run_id)
    catalogue = load_catalogue()
    if found.digests.get("definitions") != digest(catalogue.definitions()):
        raise ResultUnavailable(
            f"the definitions have changed since run {found.run_id}: titles would not be those of its values",
            next_step="compute the year again, or release with the configuration the run was made with (PERCORSI_CONF)",
        )
    released = _Released(
        found.run_id,
        found.year,
        {
            "commit": found.commit,
            "definitions": found.digests.get("definitions"),
            "inputs": found.inputs,
            "parameters": found.parameters,
            "ended": found.ended.isoformat(timespec="seconds"),
        },
    )
    values, rows = read_values(home, found.run_id), catalogue_rows(catalogue)
    services = found.inputs.get("conformed/service")
    names = {} if services is None else dsm_names(home, found.year, services)
    synthetic = found.parameters["synthetic"] == "True"
    with home.lock("release"):  # two at once would not know what the other shows
        refuse_unfinished(home)
        options = {"synthetic": synthetic, "dsm_names": names}
        options |= {"nested": nestings(catalogue), "populations": populations(catalogue)}
        with steps("release", 1) as step:
            step("protect the values, and attack them")
            return make(home, released, name, values, rows, **options, tick=step.within)
