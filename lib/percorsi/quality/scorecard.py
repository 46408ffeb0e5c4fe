"""The first page of a judging: areas against checks at a glance, with why each check is made and what to do.

It takes the place of Data Docs' own index, which is drawn by scripts from public addresses.
"""

from html import escape
from pathlib import Path

import pandas as pd

from percorsi.quality.counts import NATION
from percorsi.quality.data_docs import STYLES
from percorsi.quality.suites import Check, Suite
from percorsi.regions import regions

_MARK = {"passed": "", "failed": "✗ ", "not_applicable": "–"}


def write_scorecard(
    site: Path, suite: Suite, checks: pd.DataFrame, withheld: dict[str, list[str]], grades: dict[str, str]
) -> Path:
    """Write index.html of a site of Data Docs and give its path; `checks` has the columns of quality/check."""
    names = {NATION: "Italia", **regions()}
    cells = checks.set_index(["area", "check"])
    head = "".join(f"<th><a href='#{c.meta.check}'>{_words(c.meta.check)}</a>{_subtitle(c)}</th>" for c in suite.checks)
    rows = []
    for area, name in names.items():
        row = "".join(_cell(cells.loc[(area, check.meta.check)]) for check in suite.checks)
        grade = "<span class='badge withheld'>withheld</span>" if area in withheld else grades.get(area, "")
        rows.append(f"<tr><th scope='row'>{escape(name)} <small>{area}</small></th><td>{grade}</td>{row}</tr>")
    year = checks["year"].iloc[0]
    run_key = escape(str(checks["run_key"].iloc[0]))
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quality of the data of {year}</title>
<style>
{STYLES.read_text(encoding="utf-8")}</style>
</head>
<body class="scorecard">
<h1>Quality of the data of {year}</h1>
<p>{_verdict(checks, withheld, names)}</p>
<p>Judging {run_key} · Great Expectations: {_links(site)}</p>
<div class="table-responsive">
<table>
<thead><tr><th>Area</th><th>Grade</th>{head}</tr></thead>
<tbody>
{chr(10).join(rows)}
</tbody>
</table>
</div>
<p>✗ failed; – not applicable (nothing to judge). Hold the pointer over a cell for its counts.</p>
<h2>The checks</h2>
<dl>
{chr(10).join(_definition(c, suite.columns[c.kwargs.column].meaning) for c in suite.checks)}
</dl>
</body>
</html>
"""
    index = site / "index.html"
    index.write_text(page, encoding="utf-8")
    return index


def _verdict(checks: pd.DataFrame, withheld: dict[str, list[str]], names: dict[str, str]) -> str:
    critical = checks[
        (checks["level"] == "region") & (checks["severity"] == "critical") & (checks["status"] == "failed")
    ]
    if withheld:
        listed = ", ".join(f"{names[region]} ({', '.join(map(_words, items))})" for region, items in withheld.items())
        return f"<strong>Values are withheld for {escape(listed)}.</strong>"
    if len(critical):
        listed = ", ".join(names[area] for area in dict.fromkeys(critical["area"]))
        reason = escape(str(critical["reason"].iloc[0]))
        return f"<strong>Critical failures accepted for {escape(listed)}: {reason}.</strong>"
    return "No region fails a critical check: nothing is withheld."


def _cell(row: pd.Series) -> str:
    if row["status"] == "not_applicable":
        return f"<td class='not_applicable' title='{escape(str(row['reason']), quote=True)}'>–</td>"
    title = f"{row['unexpected']} of {row['elements']} not as they should be"
    kind = f"failed {row['severity']}" if row["status"] == "failed" else "passed"
    return f"<td class='{kind}' title='{title}'>{_MARK[row['status']]}{row['observed']:.1%}</td>"


def _subtitle(check: Check) -> str:
    return f"<small>{check.bound_in_percent}<br>{'information' if check.severity == 'info' else check.severity}</small>"


def _definition(check: Check, meaning: str) -> str:
    return (
        f"<dt id='{check.meta.check}'>{_words(check.meta.check)}, {check.bound_in_percent}</dt>"
        f"<dd>{escape(meaning)}<br><em>Why:</em> {escape(check.meta.why)}"
        f"<br><em>What to do:</em> {escape(check.meta.action)}</dd>"
    )


def _links(site: Path) -> str:
    pages = {"results": site / "validations", "the suite": site / "expectations"}
    links = [
        f"<a href='{page.relative_to(site).as_posix()}'>{label}</a>"
        for label, folder in pages.items()
        for page in sorted(folder.rglob("*.html"))
    ]
    return ", ".join(links)


def _words(name: str) -> str:
    return name.replace("_", " ")
