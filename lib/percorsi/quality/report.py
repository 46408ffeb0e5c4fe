"""The steward's report of a judging: its counts, checks and suites, with the words for them, become pages.

The pages themselves know neither suites nor the catalogue (see `percorsi.quality.page`); here the two meet.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from percorsi.indicators.catalogue import load_catalogue
from percorsi.quality.absent import Gaps
from percorsi.quality.items import Item, item_flows, load_items, load_tables
from percorsi.quality.page import CheckText, Findings, Indicator, ItemText
from percorsi.quality.page import write_report as write_pages
from percorsi.quality.since import judged_class, since
from percorsi.quality.suites import Check, Suite
from percorsi.quality.verdict import REASONS, QualityReport


def write_report(
    site: Path,
    report: QualityReport,
    counts: pd.DataFrame,
    suites: Mapping[str, Suite],
    synthetic: bool,
    dsm_names: Mapping[str, str] | None = None,
    gaps: Gaps | None = None,
) -> Path:
    """Write index.html, the pages below it and the workbook into `site`, the folder of the Data Docs; gives index.html.

    `counts` has the columns of quality/item_count, of one evaluation year; `dsm_names`: area -> name; `gaps`: what
    regions will have no value of.
    """
    return write_pages(site, findings(report, counts, suites, synthetic, dsm_names or {}, gaps or Gaps()))


def findings(
    report: QualityReport,
    counts: pd.DataFrame,
    suites: Mapping[str, Suite],
    synthetic: bool,
    dsm_names: Mapping[str, str],
    gaps: Gaps,
) -> Findings:
    """What the pages show, from what a judging found."""
    checks = report.checks.assign(reason=report.checks["reason"].map(_in_words))
    return Findings(
        run_key=report.run_key,
        year=report.year,
        counts=counts.assign(year=counts["period"], reason=counts["reason"].map(_in_words)),
        checks=checks.assign(since=since(checks, counts, suites)),
        texts={
            (suite.name, check.meta.check): _text(check, suite) for suite in suites.values() for check in suite.checks
        },
        table_names={name: table.label for name, table in load_tables().items()},
        item_names={key: _item_text(item) for key, item in load_items().items()},
        withheld=report.withheld,
        resting=_resting(),
        indicators=len(load_catalogue().by_code),
        absent={
            region: {reason: [_indicator(code) for code in codes] for reason, codes in reasons.items()}
            for region, reasons in gaps.absent.items()
        },
        lacking={
            region: {_flow_name(flow): list(periods) for flow, periods in files.items()}
            for region, files in gaps.files.items()
        },
        grades=report.grades,
        dsm_names=dsm_names,
        accepted=report.accepted,
        accepted_by=report.accepted_by,
        synthetic=synthetic,
    )


def _text(check: Check, suite: Suite) -> CheckText:
    meta, (item, kind, half) = check.meta, judged_class(check, suite) or ("", "", 0)
    return CheckText(meta.title, meta.why, meta.action, suite.columns[check.kwargs.column].meaning, item, kind, half)


def _item_text(item: Item) -> ItemText:
    return ItemText(item.label, item.meaning, item.least, item.counted == "records")


def _in_words(reason: str | None) -> str | None:
    """A reason that is one of the codes in words; others, which somebody wrote, as they are."""
    return REASONS.get(reason, reason) if isinstance(reason, str) else None


def _indicator(code: str) -> Indicator:
    return Indicator(code, load_catalogue().by_code[code][1].card.title)


def _flow_name(code: str) -> str:
    """A flow as the items call it, with its code; by the code alone where they do not know it."""
    names = {flow: own.label for table in load_tables().values() for flow, own in table.flows.items()}
    return f"{names[code]} ({code})" if code in names else code


def _resting() -> dict[str, list[Indicator]]:
    """Item -> the indicators that rest on it, in the order of the agreement."""
    known = [(set(measure.rests_on), _indicator(code)) for code, (measure, _) in load_catalogue().by_code.items()]
    return {
        item: [indicator for needed, indicator in known if not needed.isdisjoint(flows)]
        for item, flows in item_flows().items()
    }
