"""What a judging found, and the words of what it could not judge."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from percorsi.quality.items import FEW, load_items

# How a suite writes a severity -> how tables and pages do, gravest first.
SEVERITY = {"critical": "critical", "warning": "warning", "info": "information"}

# Why nothing could be judged, as quality/check and quality/item_count hold it -> for a steward.
REASONS = {
    "not_delivered": "nell'anno non è stato consegnato nulla",
    "no_records": "nessun record nel periodo",
    "nothing_to_judge": "nessun record a cui la voce si applica",
    "too_few": "troppo pochi record per giudicare",
    "no_earlier_period": "nessun periodo precedente con cui confrontare",
}


@dataclass(frozen=True)
class QualityReport:
    """What a judging found.

    `checks` has the columns of quality/check; `withheld` region -> items; `grades` region -> A, B or C (regions of
    which nothing could be judged, or whose values are withheld, have none); `docs` the page to open; `accepted` the
    analyst's reason for computing over critical failures, `accepted_by` who gave it.
    """

    run_key: str
    year: int
    checks: pd.DataFrame
    withheld: dict[str, list[str]]
    grades: dict[str, str]
    docs: Path
    accepted: str | None = None
    accepted_by: str | None = None

    def for_the_run(self) -> pd.DataFrame:
        """The checks as a run keeps them, which others may read: of few records there is no count and no share."""
        least = {name: item.least for (_, name), item in load_items().items()}
        few = self.checks["elements"] < self.checks["item"].map(least).fillna(FEW)
        told = self.checks.drop(columns="run_key").astype({"elements": "Int64", "unexpected": "Int64"})
        told.loc[few & (told["elements"] > 0), ["observed", "elements", "unexpected"]] = pd.NA
        return told

    def failed_rows(self) -> list[dict]:
        """The failed checks, gravest first: severity, check, area, observed, threshold, elements, unexpected."""
        order = {severity: rank for rank, severity in enumerate(SEVERITY.values())}
        failed = self.checks[self.checks["status"] == "failed"]
        failed = failed.assign(rank=failed["severity"].map(order)).sort_values(["rank", "check", "area"])
        columns = ["severity", "check", "area", "observed", "threshold", "elements", "unexpected"]
        return failed[columns].round({"observed": 4}).to_dict("records")
