"""The steward's pages as files: the nation, a page each for regions, departments, items and checks, and the workbook.

They lie beside Great Expectations' own pages, whose index they take the place of. No page has a script, or asks for
anything that is not in it.
"""

from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from percorsi.quality.items import FEW
from percorsi.quality.page import heat, italian, pictures, problems
from percorsi.quality.page.findings import DIAGNOSIS, NATION, Findings, Indicator
from percorsi.quality.page.links import NATION_PAGE, WORKBOOK, area_page, check_page, item_page
from percorsi.quality.page.workbook import workbook
from percorsi.regions import regions

_HERE = Path(__file__).parent
_FIRST_RANKED, _RANKED = 15, 40  # departments on the first page; on the page of an item other than the diagnosis


def write_report(site: Path, findings: Findings) -> Path:
    """Write all pages and the workbook into the folder `site` and give the address of the first page."""
    site.mkdir(parents=True, exist_ok=True)
    (site / WORKBOOK).write_bytes(workbook(findings))
    docs = _data_docs(site, findings)
    checks = _all_checks(findings)
    for table, item in findings.items:
        _write(site, item_page(table, item), "item.html", findings, **_item(findings, table, item, checks))
    for table, check in dict.fromkeys(findings.judged[["table", "check"]].itertuples(index=False, name=None)):
        _write(site, check_page(table, check), "check.html", findings, **_check(findings, table, check))
    for region in regions():
        _write(site, area_page(region), "region.html", findings, **_region(findings, region))
        for dsm in findings.dsms[region]:
            _write(site, area_page(dsm), "dsm.html", findings, **_department(findings, dsm))
    _write(site, NATION_PAGE, "index.html", findings, **_nation(findings), checks=checks, docs=docs)
    return site / NATION_PAGE


def _nation(findings: Findings) -> dict:
    withheld = [
        {
            "area": _link(findings, region),
            "checks": [v for v in problems.of_area(findings, region) if _is_grave(v)],
            "indicators": _withheld(findings, region),
        }
        for region in findings.withheld
    ]
    return _area(findings, NATION) | {
        "withheld": withheld,
        "unjudged": _unjudged(findings),
        "valueless": [_link(findings, region) for region in regions() if _is_valueless(findings, region)],
        "accepted": _accepted(findings),
        "troubles": problems.troubles(findings),
        "heat": heat.heat_map(findings, *DIAGNOSIS, heat.nation_and_regions(findings, *DIAGNOSIS)),
        "chart": _chart(findings, *DIAGNOSIS, NATION, list(regions())),
        "summary": [_summary(findings, region) for region in regions()],
        **_ranking(findings, *DIAGNOSIS),
        "first": _FIRST_RANKED,
    }


def _region(findings: Findings, region: str) -> dict:
    dsms = findings.dsms[region]
    return _area(findings, region) | {
        "heat": heat.heat_map(findings, *DIAGNOSIS, [NATION, region, *dsms]),
        "chart": _chart(findings, *DIAGNOSIS, region, dsms, above=NATION),
        "dsms": dsms,
        "indicators": _withheld(findings, region),
        "is_valueless": _is_valueless(findings, region),
        "absent": findings.absent.get(region, {}),
        "absences": sum(map(len, findings.absent.get(region, {}).values())),
        "lacking": findings.lacking.get(region, {}),
    }


def _department(findings: Findings, dsm: str) -> dict:
    return _area(findings, dsm) | {"region": dsm[:3], "of_region": problems.in_department(findings, dsm)}


def _area(findings: Findings, area: str) -> dict:
    """What every page of an area has."""
    verdicts = problems.of_area(findings, area)
    return {
        "area": area,
        "name": findings.name(area),
        "grade": findings.grades.get(area, ""),
        "is_withheld": area in findings.withheld,
        "numbers": problems.numbers(verdicts),
        "failed": [v for v in verdicts if v.status == "failed"],
        "passed": [v for v in verdicts if v.status == "passed"],
        "not_applicable": [v for v in verdicts if v.status == "not_applicable"],
        "classes": heat.by_semester(findings, *DIAGNOSIS, area),
        "items": _items(findings, area),
    }


def _item(findings: Findings, table: str, item: str, checks: list[dict]) -> dict:
    return {
        "title": findings.item_text(table, item).label,
        "is_national": findings.is_national(table, item),
        "has_departments": findings.has_departments(table, item),
        "meaning": findings.item_text(table, item).meaning,
        "table_name": findings.table_name(table),
        "period": findings.period_name(table, item, findings.periods(table, item)[-1]),
        "heat": heat.heat_map(findings, table, item, heat.nation_and_regions(findings, table, item)),
        "chart": _chart(findings, table, item, NATION, list(regions())),
        "classes": heat.by_semester(findings, table, item, NATION),
        **_ranking(findings, table, item),
        "checks": [each for each in checks if (each["table"], each["item"]) == (table, item)],
        "indicators": findings.resting.get(item, []),
    }


def _check(findings: Findings, table: str, check: str) -> dict:
    verdicts = problems.of_check(findings, table, check)
    rows = findings.judged[(findings.judged["table"] == table) & (findings.judged["check"] == check)]
    item = rows["item"].iloc[0]
    return {
        "one": verdicts[0],
        "regions": [v for v in verdicts if v.level != "dsm"],
        "departments": [v for v in verdicts if v.level == "dsm"],
        "numbers": problems.numbers([v for v in verdicts if v.level == "region"]),
        "nation_alone": all(v.level == "nation" for v in verdicts),
        "item_link": item_page(table, item) if (table, item) in findings.items else "",
    }


def _items(findings: Findings, area: str) -> dict[str, list[heat.ClassRow]]:
    """Name of the table -> its items in the last period; of a DSM those that it has records of."""
    found: dict[str, list[heat.ClassRow]] = {}
    for table, item in findings.items:
        cell = findings.by_key.get((table, item, area, findings.semesters[-1]))
        if len(area) <= 3 or (cell and cell.denominator):
            row = heat.class_row(findings.item_text(table, item).label, item_page(table, item), cell)
            found.setdefault(findings.table_name(table), []).append(row)
    return found


def _ranking(findings: Findings, table: str, item: str) -> dict:
    """Departments worst first: of the diagnosis all, of other items the first ones that lack something."""
    ranked, too_few = heat.ranking(findings, table, item)
    shown = ranked if (table, item) == DIAGNOSIS else [one for one in ranked if one.lacking][:_RANKED]
    return {"ranked": shown, "departments": len(ranked), "too_few": too_few}


def _summary(findings: Findings, region: str) -> dict:
    verdicts = problems.of_area(findings, region)
    return {
        "area": _link(findings, region),
        "grade": findings.grades.get(region, ""),
        "withheld": region in findings.withheld,
        "numbers": problems.numbers(verdicts),
        "departments": len(findings.dsms[region]),
        "absences": {reason: len(found) for reason, found in findings.absent.get(region, {}).items()},
    }


def _all_checks(findings: Findings) -> list[dict]:
    """Every check with how it went in the regions, in the order of severity."""
    found = []
    for (table, check), rows in findings.judged.groupby(["table", "check"], sort=False):
        first, of_regions = rows.iloc[0], rows["level"] == "region"
        counted = rows.loc[of_regions, "status"].value_counts()
        nation = rows.loc[rows["level"] == "nation", "status"]
        found.append(
            {
                "table": table,
                "item": first["item"],
                "title": findings.text(table, check).title,
                "subject": findings.subject(table, first["item"]),
                "href": check_page(table, check),
                "severity": first["severity"],
                "severity_word": italian.SEVERITIES[first["severity"]],
                "threshold": italian.threshold(first["threshold"], first["bound"]),
                "nation_alone": italian.STATUSES[nation.iloc[0]] if not of_regions.any() and len(nation) else "",
                **{status: int(counted.get(status, 0)) for status in italian.STATUSES},
            }
        )
    return found


def _chart(findings: Findings, table: str, item: str, area: str, parts: list[str], above: str | None = None):
    periods = findings.periods(table, item)

    def line(which: str, css: str) -> pictures.Line:
        found = (findings.by_key.get((table, item, which, rank)) for rank in periods)
        shares = [None if cell is None or not cell.is_told else cell.share for cell in found]
        return pictures.Line(findings.name(which), shares, css)

    lines = [line(part, "part") for part in parts] + ([line(above, "above")] if above else []) + [line(area, "area")]
    heads = [str(rank // 2) if (table, item) in findings.yearly or rank % 2 == 0 else "" for rank in periods]
    title = f"{findings.subject(table, item)}, {findings.name(area)}: quota valida nel tempo; i numeri sono in tabella"
    return pictures.chart(lines, heads, title)


def _is_grave(verdict: problems.Verdict) -> bool:
    return verdict.status == "failed" and verdict.severity == "critical"


def _withheld(findings: Findings, region: str) -> list[Indicator]:
    """The indicators that have no value for a region because something grave fails there."""
    return findings.absent.get(region, {}).get("quality", [])


def _unjudged(findings: Findings) -> int:
    """How many critical checks could be judged in no region."""
    of_regions = findings.judged[(findings.judged["level"] == "region") & (findings.judged["severity"] == "critical")]
    nowhere = (of_regions["status"] == "not_applicable").groupby([of_regions["table"], of_regions["check"]]).all()
    return int(nowhere.sum())


def _is_valueless(findings: Findings, region: str) -> bool:
    """Whether a region has no value at all, and not for what fails in its data."""
    reasons = findings.absent.get(region, {})
    return findings.indicators == sum(map(len, reasons.values())) > 0 and "quality" not in reasons


def _accepted(findings: Findings) -> list[problems.Link]:
    """Regions that fail something grave whose values are given all the same, because somebody accepted it."""
    failed = findings.failed
    grave = set(failed.loc[(failed["level"] == "region") & (failed["severity"] == "critical"), "area"])
    return [_link(findings, region) for region in regions() if region in grave - set(findings.withheld)]


def _link(findings: Findings, area: str) -> problems.Link:
    return problems.Link(findings.name(area), area_page(area))


def _data_docs(site: Path, findings: Findings) -> list[problems.Link]:
    """Great Expectations' pages of this judging."""
    found = []
    for folder, label in (("validations", "esiti"), ("expectations", "elenco dei controlli")):
        for page in sorted((site / folder).rglob("*.html")):
            suite = page.relative_to(site / folder).parts[0].removesuffix(".html")
            name = f"{findings.table_name(suite)}: {label}"
            found.append(problems.Link(name, page.relative_to(site).as_posix()))
    return found


def _write(site: Path, file_name: str, template: str, findings: Findings, **shown: object) -> None:
    page = _templates().get_template(template).render(findings=findings, **shown)
    (site / file_name).write_text(page, encoding="utf-8")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "style": Markup((_HERE / "style.css").read_text(encoding="utf-8")),
        "classes_of": italian.CLASSES,
        "severities": italian.SEVERITIES,
        "absent_words": italian.ABSENT,
        "period": italian.period,
        "few": FEW,
        "workbook": WORKBOOK,
        "nation_page": NATION_PAGE,
        "area_page": area_page,
        "item_page": item_page,
        "spark": pictures.spark,
        "several": italian.several,
        "percent": italian.percent,
        "number": italian.number,
        "points": italian.points,
        "semester": italian.semester,
    }
    return environment
