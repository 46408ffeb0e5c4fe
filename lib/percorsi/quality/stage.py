"""Judging the data of a year: counts are made or taken, the expectations judge, the gate closes where they must."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from percorsi.digests import digest
from percorsi.dsm_names import dsm_names
from percorsi.errors import UsageError
from percorsi.flows import load_layouts
from percorsi.flows.ledger import read_ledger, small_table
from percorsi.home import Home
from percorsi.indicators.catalogue import load_catalogue
from percorsi.quality import columns, gate
from percorsi.quality.absent import Gaps, absent, files_lacking
from percorsi.quality.counts import SHARES, shares
from percorsi.quality.data_docs import mark_pages
from percorsi.quality.judging import failed_areas
from percorsi.quality.measure import PERIODS, Counts, inputs, measure, write
from percorsi.quality.report import write_report
from percorsi.quality.suites import Check, Suite, load_suites
from percorsi.quality.verdict import SEVERITY, QualityReport
from percorsi.storage import Store
from percorsi.tables import table

CHECK_TABLE, WITHHELD_TABLE = "quality/check", "quality/withheld"


def judge(
    store: Store,
    year: int,
    run_key: str,
    accept: str | None = None,
    tick: Callable[[str], None] | None = None,
    *,
    accepted_by: str | None = None,
    rejudge: bool = False,
) -> QualityReport:
    """Judge the data of `year`; writes the tables below quality/ and the Data Docs with the steward's page.

    Judging again under the same `run_key` replaces what it said. With `accept`, a reason, nothing is withheld, and the
    reason and who gave it stand in quality/check. With `rejudge` nothing is counted: the thresholds as they are now
    judge what was. Raises UsageError for a key that is no file name, ConfigurationError for a suite with faults,
    ResultUnavailable where the care episodes are not there, or what should be judged again was not counted of the data
    as they are; in all these cases nothing was written.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", run_key):
        raise UsageError("the key of a judging consists of letters, digits, point, dash and underscore")
    tick = tick or (lambda step: None)
    suites = load_suites()
    counts = measure(store, year, inputs(store), count=not rejudge, tick=tick)
    tick("judge expectations")
    site = store.home.quality / run_key
    shutil.rmtree(site, ignore_errors=True)  # Data Docs would show the earlier judging beside this one
    parts = {name: _parts(counts, suite) for name, suite in suites.items()}
    failed = failed_areas({name: _frame(suites[name], own) for name, own in parts.items()}, suites, run_key, site)
    by = accepted_by if accept else None
    rows = [
        row for name, suite in suites.items() for row in _rows(suite, parts[name], failed, run_key, year, (accept, by))
    ]
    checks = pd.DataFrame(rows, columns=list(table(CHECK_TABLE).columns))
    withheld = {} if accept else gate.withheld(checks)
    grades = {region: grade for region, grade in gate.grades(checks).items() if region not in withheld}
    report = QualityReport(run_key, year, checks, withheld, grades, site / "index.html", accept or None, by)
    if store.home.synthetic:  # the pages that Great Expectations made: the others carry a mark of their own
        mark_pages(site, "Dati sintetici: nessuna persona reale")
    gaps = _gaps(store.home, year, withheld)
    write_report(site, report, counts.items, suites, store.home.synthetic, dsm_names(store.home, year), gaps)
    tick("write checks")
    slice_ = f"run_key = '{run_key}'"
    said = {name: suite.digest for name, suite in suites.items()}
    written = digest({"counts": counts.made_from, "suites": said, "accept": accept, "accepted_by": by})
    write(store, checks, CHECK_TABLE, slice_, written)
    write(store, _withheld_rows(checks, withheld, run_key, year), WITHHELD_TABLE, slice_, written)
    return report


def _gaps(home: Home, year: int, withheld: Mapping[str, list[str]]) -> Gaps:
    """What regions will have no value of; nothing is said of a home that does not say what was delivered."""
    periods = [(row["flow"], row["region"], row["year"], row["period"]) for row in small_table(home, PERIODS)]
    if not periods:
        return Gaps()
    catalogue = load_catalogue()
    absences = absent(catalogue, periods, year, withheld)
    return Gaps(absences, files_lacking(catalogue, read_ledger(home), load_layouts(), year, absences))


def withheld_by(home: Home, run_key: str) -> dict[str, list[str]]:
    """Region -> items that a judging withheld, as it noted them; needs no Spark."""
    found: dict[str, list[str]] = {}
    for row in small_table(home, WITHHELD_TABLE):
        if row["run_key"] == run_key:
            found.setdefault(row["region"], []).append(row["item"])
    return found


def _parts(counts: Counts, suite: Suite) -> pd.DataFrame:
    """Numerators and denominators of the columns of a suite: of items, and of diagnoses by records and episodes."""
    of_items = {name: column for name, column in suite.columns.items() if column.kind}
    found = [columns.parts(counts.items, suite.name, of_items)]
    if of_items.keys() != suite.columns.keys():
        _, told = shares(counts.diagnoses)
        told = told[told["share"].isin(suite.columns.keys() - of_items.keys())]
        found.append(told.assign(nothing=told["share"].map({name: share.nothing for name, share in SHARES.items()})))
    return pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)


def _frame(suite: Suite, parts: pd.DataFrame) -> pd.DataFrame:
    return columns.frame(parts, {c.judged_column: (c.kwargs.column, c.meta.least) for c in suite.checks})


def _rows(
    suite: Suite,
    parts: pd.DataFrame,
    failed: Mapping[str, set[str]],
    run_key: str,
    year: int,
    accepted: tuple[str | None, str | None],
) -> Iterator[tuple]:
    """Rows of quality/check: every check of every area, whether it could be judged or not."""
    for check in suite.checks:
        for part in parts[parts["share"] == check.kwargs.column].itertuples():
            status, reason = _status(check, part, failed)
            overruled = bool(accepted[0]) and status == "failed" and check.severity == "critical"
            yield (
                run_key,
                year,
                suite.name,
                check.meta.item,
                part.level,
                part.area,
                check.meta.check,
                SEVERITY[check.severity],
                None if status == "not_applicable" else part.numerator / part.denominator,
                check.threshold,
                "min" if check.is_minimum else "max",
                part.denominator,
                part.denominator - part.numerator if check.is_minimum else part.numerator,
                status,
                accepted[0] if overruled else reason,
                accepted[1] if overruled else None,
            )


def _status(check: Check, part, failed: Mapping[str, set[str]]) -> tuple[str, str | None]:
    if not part.denominator:
        return "not_applicable", part.nothing
    if part.denominator < check.meta.least:
        return "not_applicable", "too_few"
    return ("failed" if part.area in failed[check.meta.check] else "passed"), None


def _withheld_rows(checks: pd.DataFrame, withheld: dict[str, list[str]], run_key: str, year: int) -> pd.DataFrame:
    failed = checks[(checks["status"] == "failed") & (checks["severity"] == "critical")]
    rows = [
        (run_key, year, region, item, ",".join(failed[(failed["area"] == region) & (failed["item"] == item)]["check"]))
        for region, items in withheld.items()
        for item in items
    ]
    return pd.DataFrame(rows, columns=list(table(WITHHELD_TABLE).columns))
