"""What a run ends in, as its analyst reads it: the nation's values, what is missing and why, where everything lies."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from percorsi.home import Home
from percorsi.settings import Settings
from percorsi.texts import text_table

if TYPE_CHECKING:
    import pandas as pd

    from percorsi.flows import IngestReport
    from percorsi.indicators.catalogue import Catalogue
    from percorsi.quality import QualityReport


@dataclass(frozen=True)
class Outcome:
    """A finished run; `str()` is what the command prints."""

    home: Home
    settings: Settings
    run_id: str
    catalogue: "Catalogue"
    values: "pd.DataFrame"
    quality: "QualityReport"
    arrived: "IngestReport | None" = None

    def whole_nation(self) -> "pd.DataFrame":
        """The rows of the nation without breakdown."""
        return self.values.query("level == 'nation' and sex == '' and age_class == ''")

    def nation(self) -> list[dict]:
        """A row for each indicator: code, name, numerator, denominator, value and interval, reason.

        Values of proportions and gaps are in percent and say so; of a mean the numerator is the sum, of a ratio the
        denominator what is expected, of a gap they are treated and ill per 10,000.
        """
        whole = self.whole_nation().query("component == ''")
        return [
            {
                "code": row.code,
                "name": self.catalogue.by_code[row.code][0].title,
                "numerator": _shown(row.numerator),
                "denominator": _shown(row.denominator),
                "value": self._value(row.code, row.value),
                "95% interval": _interval(*(self._value(row.code, limit) for limit in (row.lower, row.upper))),
                "absent because": row.reason or "",
            }
            for row in whole.itertuples()
        ]

    def _value(self, code: str, value: float) -> str:
        from percorsi.indicators.kind import GAP, PROPORTION

        if value != value:
            return ""
        is_share = self.catalogue.by_code[code][0].kind in (PROPORTION, GAP)
        return f"{100 * value:.1f}%" if is_share else f"{value:.2f}"

    def left_out(self) -> list[str]:
        """For each set of regions left out of the nation: its codes, and the regions by the reason of each."""
        plain = self.values.query("sex == '' and age_class == '' and component == ''")
        reasons = plain[plain["level"] == "region"].set_index(["code", "area"])["reason"]
        groups: dict[str, list[str]] = {}
        for row in plain[plain["level"] == "nation"].fillna({"left_out": ""}).itertuples():
            by_reason: dict[str, list[str]] = {}
            for region in filter(None, row.left_out.split(",")):
                by_reason.setdefault(reasons[row.code, region], []).append(region)
            told = "; ".join(f"{', '.join(regions)} ({reason})" for reason, regions in by_reason.items())
            groups.setdefault(told, []).append(row.code)
        return [f"{', '.join(codes)}: without the regions {told}" for told, codes in groups.items() if told]

    def __str__(self) -> str:
        from percorsi.runs import shown_uri

        withheld = ", ".join(self.quality.withheld)
        accepted = f"{self.quality.accepted_by}: {self.quality.accepted}"
        here = Path(sys.executable).parent
        lines = [
            *self._arrival(),
            f"Run {self.run_id}, year {self.quality.year}: the nation",
            *(["SYNTHETIC DATA: nothing here is of a real person"] if self.home.synthetic else []),
            text_table(self.nation()),
            "",
            *self._scaled_gap(),
            *self.left_out(),
            *([f"quality withholds the values of the regions: {withheld}"] if withheld else []),
            *([f"computed over failed quality, accepted by {accepted}"] if self.quality.accepted else []),
            f"quality report  {self.quality.docs}",
            f"all values      {here}/percorsi values --home {self.home.path} --run {self.run_id} --csv values.csv",
            f"the run         {here}/mlflow ui --backend-store-uri {shown_uri(self.settings, self.home)}",
            f"release it      {here}/percorsi release --home {self.home.path} --run {self.run_id} --name NAME",
        ]
        return "\n".join(lines)

    def _scaled_gap(self) -> list[str]:
        from percorsi.indicators.kind import GAP

        gaps = [code for code, (measure, _) in self.catalogue.by_code.items() if measure.kind == GAP]
        if not (self.home.synthetic and gaps):
            return []
        return [f"{', '.join(gaps)}: residents are ISTAT's, so of a nation below scale 1 these gaps mean nothing"]

    def _arrival(self) -> list[str]:
        """What the ingestion before it took in and what it did not: counts, and the files it left out."""
        if self.arrived is None:
            return []
        if not self.arrived.new:
            return ["delivered: nothing new", ""]
        flows = self.arrived.flows.values()
        names = ("records", "accepted", "rejected", "not_moved")
        records, accepted, rejected, not_moved = (sum(getattr(f, n) for f in flows) for n in names)
        return [
            f"delivered: {records:,} records, {accepted:,} accepted, {rejected:,} rejected, {not_moved:,} not moved",
            *(f"refused and left out: {refusal}" for refusal in self.arrived.refused),
            "",
        ]


def _shown(number: float) -> str | int:
    if number != number:
        return ""
    return int(number) if number == int(number) else f"{number:.2f}"


def _interval(lower: str, upper: str) -> str:
    return f"{lower} - {upper}" if lower else ""
