"""Making a release: protect, attack, write all files aside, and put the folder in place in one step.

A release never changes: a name that is taken is refused. The same run gives the same bytes.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from percorsi.digests import digest
from percorsi.errors import ResultUnavailable, UsageError
from percorsi.home import Home
from percorsi.release import contents
from percorsi.release import kinds as of_kind
from percorsi.release.components import Nesting
from percorsi.release.disclosure import protect
from percorsi.release.history import compare
from percorsi.release.means import MINIMUM, SHARE
from percorsi.release.populations import Population
from percorsi.release.pulling import METADATA
from percorsi.release.readme import readme
from percorsi.release.shown import as_shown
from percorsi.release.suppression import Rule

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_MAKING = ".making-"
_STALE_SECONDS = 24 * 3600


class ReleasedRun(Protocol):
    """What a release asks of a run.

    `tags` may hold: commit, definitions (digest), inputs (table -> version), parameters, ended (ISO time of the end of
    the run); mappings as such or as JSON. Nothing else of the run is copied, and of `parameters` not the words in
    which an analyst accepted failed quality, nor who it was: only whether somebody did (`accept_quality`).
    """

    run_id: str
    year: int
    tags: dict[str, Any]


def make(
    home: Home,
    run: ReleasedRun,
    name: str,
    values: "pd.DataFrame",
    catalogue: list[dict],
    *,
    synthetic: bool | None = None,
    dsm_names: dict[str, str] | None = None,
    nested: Collection[Nesting] = (),
    populations: Collection[Population] = (),
    tick: Callable[[str], None] | None = None,
) -> Path:
    """Publish the values of a run as home/releases/<name>/, protected; gives the folder.

    `values`: columns of `percorsi values`; `catalogue`: an entry with code and title for each code at least (columns of
    indicators.csv); `synthetic`: whether the data are, None where it is not known; `dsm_names`: area -> name; `nested`:
    which indicators ask the same of fewer (`indicators.listing.nestings`); `populations`: whose population is another's
    numerator (`indicators.listing.populations`); `tick`: called with the codes attacked next.
    Raises UsageError for a name that cannot be one, ResultUnavailable for a name that is taken, CatalogueError for a
    code without entry, ResultUnavailable where an earlier release is not what was released or where, with what it
    showed, a hidden value would stay exposed.
    """
    target = _target(home, name)
    frame = contents.prepare(values)
    indicators = contents.indicator_rows(catalogue, set(frame["code"]))
    rule = Rule()
    kinds = {row["code"]: row["kind"] for row in indicators}
    means = {code for code, kind in kinds.items() if kind == of_kind.MEAN}
    of_kind.refuse_uncounted(frame, kinds)
    frame = frame[~of_kind.repeats_in_departments(frame, kinds)].reset_index(drop=True)
    counted = of_kind.persons_counted(frame, kinds)
    earlier = compare(home, run.year, counted, rule, kinds, nested)
    protection = protect(
        counted,
        rule,
        earlier.keep_hidden,
        earlier.known,
        means,
        nested,
        populations,
        tick,
        own_sake=np.flatnonzero(of_kind.too_few(frame, kinds)),
        repeats=of_kind.repeats_of_sexes(frame, kinds),
    )
    shown = as_shown(protection.frame, frame, kinds)
    rows = contents.with_area_names(shown, dsm_names or {}).to_dict("records")
    metadata = _metadata(run, name, rows, rule, synthetic)
    metadata["disclosure_control"] |= {
        "hidden_for_their_own_sake": protection.sensitive,
        "hidden_for_others": protection.complementary,
        "hidden_after_attack": protection.after_attack,
        "earlier_releases": earlier.summary,
    }
    return _write(target, rows, indicators, metadata)


def _target(home: Home, name: str) -> Path:
    if not NAME.fullmatch(name) or name == "latest":
        raise UsageError(
            f"'{name}' cannot name a release",
            next_step="use letters, digits, point, hyphen and underscore, not a point first; not 'latest'",
        )
    target = home.releases / name
    if target.exists():
        raise ResultUnavailable(
            f"the release {name} exists already; a release never changes", next_step="give the new one another name"
        )
    return target


def _mapping(run: ReleasedRun, tag: str) -> dict[str, Any]:
    value = run.tags.get(tag) or {}
    return dict(json.loads(value) if isinstance(value, str) else value)


def _metadata(run: ReleasedRun, name: str, rows: list[dict], rule: Rule, synthetic: bool | None) -> dict:
    counts = {status: sum(row["status"] == status for row in rows) for status in ("published", "suppressed", "absent")}
    parameters = _mapping(run, "parameters")
    if "accept_quality" in parameters:  # free text stays in the house
        parameters["accept_quality"] = bool(parameters["accept_quality"])
    parameters.pop("accepted_by", None)
    created = run.tags.get("ended") or datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "release": name,
        "data": {True: "synthetic", False: "delivered", None: "not stated"}[synthetic],
        "year": run.year,
        "run": run.run_id,
        "created": str(created),
        "commit": run.tags.get("commit"),
        "definitions": run.tags.get("definitions"),
        "inputs": {table: int(version) for table, version in _mapping(run, "inputs").items()},
        "parameters": parameters,
        "values": counts,
        "disclosure_control": {
            "rule": "a value is suppressed where its numerator or the rest of its denominator is 1 to the threshold, "
            "and others so that none of these can be worked out from what is shown; the components of an indicator are "
            "shown together; a mean is suppressed over fewer persons than the minimum or where one may hold more than "
            "the share of its sum, and is rounded; of a ratio of mortality the deaths are counted out of the persons "
            "observed, of a gap the treated out of the residents, and a ratio over fewer persons than its minimum is "
            "suppressed, what is expected rounded; funnels are of the published rows alone",
            "threshold": rule.threshold,
            "minimum_of_a_mean": MINIMUM,
            "minimum_of_a_ratio": of_kind.MINIMUM_OF_A_RATIO,
            "share_of_one_in_a_mean": SHARE,
            "exposed_to_attack": 0,
        },
        "reading": "Values describe those whom the flows of the year tell of; an absent value is not a zero, a "
        "suppressed one not an absence. Areas overlap: a person seen in two counts in both, so areas do not add up "
        "to their total.",
    }


def _files(rows: list[dict], indicators: list[dict], metadata: dict) -> dict[str, bytes]:
    """Name -> content of every file but the Parquet file and the metadata."""
    values, cards = contents.values_table(), contents.indicators_table()
    package = {
        "name": f"percorsi-{metadata['release'].lower()}",
        "title": f"Percorsi, release {metadata['release']}: indicators of {metadata['year']}",
        "created": metadata["created"],
        "resources": [
            {
                "name": declared.name.split("/")[1],
                "path": f"{declared.name.split('/')[1]}.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "encoding": "utf-8",
                "schema": contents.table_schema(declared),
            }
            for declared in (values, cards)
        ],
    }
    return {
        "values.csv": contents.csv_bytes(values, rows),
        "indicators.csv": contents.csv_bytes(cards, indicators),
        "datapackage.json": _json(package),
        "README.md": readme(metadata, values).encode(),
    }


def _json(content: dict) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _write(target: Path, rows: list[dict], indicators: list[dict], metadata: dict) -> Path:
    """All files in a folder aside, then one rename: a crash leaves no release, a second writer finds the name taken."""
    import pyarrow.parquet as pq

    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target.parent)
    aside = Path(tempfile.mkdtemp(prefix=_MAKING, dir=target.parent))
    try:
        for file, content in _files(rows, indicators, metadata).items():
            (aside / file).write_bytes(content)
        table = contents.arrow_table(contents.values_table(), rows)
        pq.write_table(table, aside / "values.parquet", compression="zstd")
        metadata["files"] = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(aside.iterdir())
        }
        metadata["digest"] = digest(metadata)
        (aside / METADATA).write_bytes(_json(metadata))
        for path in aside.iterdir():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        aside.chmod(0o755)
        try:
            aside.rename(target)
        except OSError as error:
            if target.exists():
                raise ResultUnavailable(
                    f"the release {target.name} was made by another process meanwhile",
                    next_step="give the new one another name",
                ) from error
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _sweep(releases: Path) -> None:
    """Remove what a killed process left aside more than a day ago."""
    for left in releases.glob(f"{_MAKING}*"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
