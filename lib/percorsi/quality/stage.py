"""Judging the data of a year: measure in one pass, let the expectations judge, close the gate where they must."""

import json
import re
import shutil
from collections.abc import Callable, Iterator

import pandas as pd

from percorsi.conformed import known_by
from percorsi.digests import code_digest, conf_digest, digest
from percorsi.errors import UsageError
from percorsi.flows import load_layouts
from percorsi.flows.ledger import small_table
from percorsi.home import Home
from percorsi.quality import gate
from percorsi.quality.counts import NOTHING_REJECTED, SHARES, add_up, shares
from percorsi.quality.data_docs import mark_pages
from percorsi.quality.diagnosis import count_episodes, count_rejected
from percorsi.quality.judging import failed_areas
from percorsi.quality.scorecard import write_scorecard
from percorsi.quality.suites import Check, Suite, load_suites
from percorsi.quality.verdict import SEVERITY, QualityReport
from percorsi.regions import regions
from percorsi.small_frame import small_frame
from percorsi.storage import Store
from percorsi.tables import table

COUNT_TABLE, CHECK_TABLE, WITHHELD_TABLE = "quality/diagnosis_count", "quality/check", "quality/withheld"
EPISODES, LEDGER, CONTACT_FLOWS = "conformed/care_episode", "delivery_file", ("CNT", "CNR")


def judge(
    store: Store,
    year: int,
    run_key: str,
    accept: str | None = None,
    tick: Callable[[str], None] | None = None,
) -> QualityReport:
    """Judge the data of `year`; writes quality/diagnosis_count, quality/check, quality/withheld and the Data Docs.

    Judging again under the same `run_key` replaces what it said. With `accept`, a reason, nothing is withheld and the
    reason stands in quality/check. Raises UsageError for a key that is no file name, ConfigurationError for a suite
    with faults, ResultUnavailable where the care episodes are not there; in all three cases nothing was written.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", run_key):
        raise UsageError("the key of a judging consists of letters, digits, point, dash and underscore")
    tick = tick or (lambda step: None)
    suite = load_suites()["care_episode"]
    inputs = _inputs(store)
    tick("count diagnoses")
    counts, made_from = _measure(store, year, inputs)
    tick("judge expectations")
    site = store.home.quality / run_key
    shutil.rmtree(site, ignore_errors=True)  # Data Docs would show the earlier judging beside this one
    frame, parts = shares(counts)
    failed = failed_areas(frame, suite, {name: share.meaning for name, share in SHARES.items()}, run_key, site)
    checks = pd.DataFrame(_rows(suite, parts, failed, run_key, year, accept), columns=list(table(CHECK_TABLE).columns))
    withheld = {} if accept else gate.withheld(checks)
    grades = {region: grade for region, grade in gate.grades(checks).items() if region not in withheld}
    docs = write_scorecard(site, suite, checks, withheld, grades)
    if store.home.synthetic:
        mark_pages(site, "Synthetic data: nothing here is of a real person")
    tick("write checks")
    slice_ = f"run_key = '{run_key}'"
    written = digest({"counts": made_from, "suite": suite.digest, "accept": accept})
    _write(store, checks, CHECK_TABLE, slice_, written)
    _write(store, _withheld_rows(checks, withheld, run_key, year), WITHHELD_TABLE, slice_, written)
    return QualityReport(run_key, year, checks, withheld, grades, docs, accept or None)


def withheld_by(home: Home, run_key: str) -> dict[str, list[str]]:
    """Region -> items that a judging withheld, as it noted them; needs no Spark."""
    found: dict[str, list[str]] = {}
    for row in small_table(home, WITHHELD_TABLE):
        if row["run_key"] == run_key:
            found.setdefault(row["region"], []).append(row["item"])
    return found


def _inputs(store: Store) -> dict[str, int]:
    """Table that is counted -> its version. Raises ResultUnavailable where one is not there."""
    episodes, ledger = store.version(EPISODES), store.version(LEDGER)
    flows = [flow for flow in CONTACT_FLOWS if store.exists(f"current/{flow}")]
    lines = {name: store.version(name) for flow in flows for name in (f"raw/{flow}", f"current/{flow}")}
    return {EPISODES: episodes, LEDGER: ledger, **lines}


def _made_from(inputs: dict[str, int]) -> str:
    """Digest of all that counts rest on: tables, what identifies a record, the regions, the code."""
    return digest(
        {
            "inputs": inputs,
            "keys": {flow: layout.key for flow, layout in load_layouts().items() if flow in CONTACT_FLOWS},
            "regions": list(regions()),
            "columns": conf_digest("tables/quality"),
            "code": code_digest("quality", "conformed"),
        }
    )


def _measure(store: Store, year: int, inputs: dict[str, int]) -> tuple[pd.DataFrame, str]:
    """The counts of a year and what they were made from; those that stand there are taken where it is the same."""
    made_from = _made_from(inputs)
    noted = json.loads(store.digest(COUNT_TABLE) or "{}")  # year -> what its slice was made from
    if noted.get(str(year)) == made_from:
        return store.read(COUNT_TABLE).where(f"year = {year}").toPandas(), made_from
    in_sight = known_by(store.read(EPISODES), year + 1)  # the data end: manual, section 1
    by_dsm = count_episodes(in_sight, year).toPandas()
    rejected = [_rejected(store, flow, year) for flow in CONTACT_FLOWS if f"current/{flow}" in inputs]
    counts = add_up(by_dsm, pd.concat(rejected) if rejected else NOTHING_REJECTED, year)
    note = json.dumps({**noted, str(year): made_from}, sort_keys=True)
    _write(store, counts, COUNT_TABLE, f"year = {year}", note)
    return counts, made_from


def _rejected(store: Store, flow: str, year: int) -> pd.DataFrame:
    loaded = store.read(LEDGER).where("refused is null").select("delivery", "file")
    lines = store.read(f"raw/{flow}").join(loaded, ["delivery", "file"], "left_semi")
    return count_rejected(lines, store.read(f"current/{flow}"), load_layouts()[flow].key, year).toPandas()


def _rows(
    suite: Suite, parts: pd.DataFrame, failed: dict[str, set[str]], run_key: str, year: int, accept: str | None
) -> Iterator[tuple]:
    """Rows of quality/check: every check of every area, whether it could be judged or not."""
    for check in suite.checks:
        for part in parts[parts["share"] == check.kwargs.column].itertuples():
            status, reason = _status(check, part.area, part.denominator, failed)
            if accept and status == "failed" and check.severity == "critical":
                reason = accept
            yield (
                run_key,
                year,
                suite.name,
                check.meta.item,
                part.level,
                part.area,
                check.meta.check,
                SEVERITY[check.severity],
                part.numerator / part.denominator if part.denominator else None,
                check.threshold,
                "min" if check.is_minimum else "max",
                part.denominator,
                part.denominator - part.numerator if check.is_minimum else part.numerator,
                status,
                reason,
            )


def _status(check: Check, area: str, denominator: int, failed: dict[str, set[str]]) -> tuple[str, str | None]:
    if not denominator:
        return "not_applicable", SHARES[check.kwargs.column].nothing
    return ("failed" if area in failed[check.meta.check] else "passed"), None


def _withheld_rows(checks: pd.DataFrame, withheld: dict[str, list[str]], run_key: str, year: int) -> pd.DataFrame:
    failed = checks[(checks["status"] == "failed") & (checks["severity"] == "critical")]
    rows = [
        (run_key, year, region, item, ",".join(failed[(failed["area"] == region) & (failed["item"] == item)]["check"]))
        for region, items in withheld.items()
        for item in items
    ]
    return pd.DataFrame(rows, columns=list(table(WITHHELD_TABLE).columns))


def _write(store: Store, frame: pd.DataFrame, name: str, slice_: str, written: str) -> None:
    """Replace one slice (`column = value`) of a table of counts."""
    plain = frame.astype(object).where(frame.notna(), None)
    rows = [tuple(v.item() if hasattr(v, "item") else v for v in row) for row in plain.itertuples(index=False)]
    df = small_frame(store.spark, rows, table(name).schema)
    store.write(df, name, digest=written, partition_by=(slice_.split()[0],), replace_where=slice_)
