"""The checks as a steward reads them: what is wrong, where, since when, whose it is, why it matters and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from percorsi.quality.items import FEW
from percorsi.quality.page import italian
from percorsi.quality.page.findings import NATION, Cell, CheckText, Findings
from percorsi.quality.page.links import area_page, check_page
from percorsi.regions import regions

_CULPRITS = 5  # departments named with a failure of their region
_NAMED = 4  # regions named in a line before only their number is told
_MARKS = {"passed": "✓", "failed": "✗", "not_applicable": "–"}


@dataclass(frozen=True)
class Link:
    name: str
    href: str
    said: str = ""


@dataclass(frozen=True)
class Verdict:
    """One check of one area."""

    title: str
    href: str
    subject: str
    level: str
    area: Link
    severity: str
    severity_word: str
    status: str
    mark: str
    status_word: str
    observed: str
    threshold: str
    wrong: str
    since: str
    reason: str
    text: CheckText
    whose: str
    culprits: list[Link]
    culprits_in: str
    is_volume: bool


@dataclass(frozen=True)
class Trouble:
    """A check that fails somewhere, in one line: where and since when."""

    title: str
    href: str
    subject: str
    severity: str
    severity_word: str
    threshold: str
    regions: list[Link]
    departments: int
    worst: str
    worst_area: str
    nation: str
    since: str

    @property
    def named(self) -> list[Link]:
        """The regions, where they are few enough to be named."""
        return self.regions if len(self.regions) <= _NAMED else []


def of_area(findings: Findings, area: str) -> list[Verdict]:
    """All checks of an area, the gravest first."""
    rows = findings.judged[findings.judged["area"] == area]
    return [verdict(findings, row) for row in rows.to_dict("records")]


def of_check(findings: Findings, table: str, check: str) -> list[Verdict]:
    """A check in the nation, then in the regions by code, then in the DSMs where it fails."""
    rows = findings.judged[(findings.judged["table"] == table) & (findings.judged["check"] == check)]
    place = {area: at for at, area in enumerate([NATION, *regions()])}
    rows = rows.assign(place=rows["area"].map(place).fillna(len(place)))
    rows = rows[(rows["level"] != "dsm") | (rows["status"] == "failed")].sort_values(["place", "area"])
    return [verdict(findings, row) for row in rows.to_dict("records")]


def verdict(findings: Findings, row: dict) -> Verdict:
    """One row of the checks in words."""
    text = findings.text(row["table"], row["check"])
    few = 0 < row["elements"] < findings.least(row["table"], row["item"])
    wrong = f"su meno di {FEW}" if few else _wrong(findings, row)
    failed = row["status"] == "failed"
    return Verdict(
        text.title,
        check_page(row["table"], row["check"]),
        findings.subject(row["table"], row["item"]),
        row["level"],
        Link(findings.name(row["area"]), area_page(row["area"])),
        row["severity"],
        italian.SEVERITIES[row["severity"]],
        row["status"],
        _MARKS[row["status"]],
        italian.STATUSES[row["status"]],
        _observed(row, few),
        italian.threshold(row["threshold"], row["bound"]),
        "–" if row["status"] == "not_applicable" else wrong,
        italian.since(row["since"]) if failed else "–",
        row["reason"] if isinstance(row["reason"], str) else "",
        text,
        _whose(findings, row) if failed else "",
        _culprits(findings, row, text) if failed and row["level"] == "region" else [],
        italian.semester(findings.rank_of(text)),
        findings.item_text(row["table"], row["item"]).is_volume and not few,
    )


def _wrong(findings: Findings, row: dict) -> str:
    """How many are not as they should be; of a volume how many came and how many were to be expected."""
    if volume := findings.volumes.get((row["table"], row["item"], row["area"])):
        return f"arrivati {italian.number(volume[0])}, attesi {italian.number(volume[1])}"
    return f"{italian.number(row['unexpected'])} su {italian.number(row['elements'])}"


def in_department(findings: Findings, dsm: str) -> list[tuple[Verdict, str, str]]:
    """What fails in the region of a DSM, with the share and the count of the DSM, in the semester of `culprits_in`."""
    found = []
    rows = findings.failed[findings.failed["area"] == dsm[:3]]
    for row in rows.to_dict("records"):
        text = findings.text(row["table"], row["check"])
        cell = findings.by_key.get((row["table"], text.item, dsm, findings.rank_of(text))) if text.kind else None
        if cell and cell.is_told:
            count = _count(cell, text)
            observed = cell.denominator - count if row["bound"] == "min" else count
            share = italian.percent(observed / cell.denominator)
            found.append((verdict(findings, row), share, _of(count, cell)))
    return found


def troubles(findings: Findings) -> list[Trouble]:
    """The checks that fail in any area, the gravest first, of equal ones that with more regions."""
    found = []
    for (table, check), rows in findings.failed.groupby(["table", "check"], sort=False):
        first = rows.iloc[0].to_dict()
        nation = findings.judged[
            (findings.judged["table"] == table)
            & (findings.judged["check"] == check)
            & (findings.judged["level"] == "nation")
        ]
        failing = set(rows.loc[rows["level"] == "region", "area"])
        where = [Link(findings.name(area), area_page(area)) for area in regions() if area in failing]
        regional = rows[rows["level"] == "region"]
        times = sorted((regional if len(regional) else rows)["since"].dropna(), key=lambda time: time.lstrip("~"))
        found.append(
            Trouble(
                findings.text(table, check).title,
                check_page(table, check),
                findings.subject(table, first["item"]),
                first["severity"],
                italian.SEVERITIES[first["severity"]],
                italian.threshold(first["threshold"], first["bound"]),
                where,
                int((rows["level"] == "dsm").sum()),
                *_worst(findings, rows),
                _observed(nation.iloc[0].to_dict(), False) if len(nation) else "–",
                italian.since(times[0] if times else None),
            )
        )
    order = {word: rank for rank, word in enumerate(italian.SEVERITIES)}
    return sorted(found, key=lambda trouble: (order[trouble.severity], -len(trouble.regions)))


def _worst(findings: Findings, rows: pd.DataFrame) -> tuple[str, str]:
    """The share and the name of the area that fails a check most; of regions where any fails, else of what does."""
    of_regions = rows[rows["level"] == "region"]
    told = of_regions if len(of_regions) else rows
    told = told.sort_values("observed", ascending=bool(rows["bound"].iloc[0] == "min"), kind="stable")
    row = told.iloc[0].to_dict()
    observed = _observed(row, 0 < row["elements"] < findings.least(row["table"], row["item"]))
    alike = len(told) > 1 and told["observed"].nunique() == 1
    return observed, "in tutte allo stesso modo" if alike else findings.name(row["area"])


def numbers(verdicts: list[Verdict]) -> dict[str, int]:
    """How many failed by severity, passed, and could not be judged."""
    found = {severity: 0 for severity in italian.SEVERITIES} | {"passed": 0, "not_applicable": 0}
    for each in verdicts:
        found[each.severity if each.status == "failed" else each.status] += 1
    return found


def _observed(row: dict, few: bool) -> str:
    """A share that fails never looks as if it met its threshold: it is told to as many digits as that takes."""
    if few:
        return "–"
    share, bound = row["observed"], row["threshold"]
    digits = 1
    while row["status"] == "failed" and digits < 5 and round(100 * share, digits) == round(100 * bound, digits):
        digits += 1
    return italian.percent(share, digits)


def _whose(findings: Findings, row: dict) -> str:
    """Who has to act: the area that fails it, of a DSM its region too."""
    name = findings.name(row["area"])
    return f"{name} ({findings.name(row['area'][:3])})" if row["level"] == "dsm" else name


def _culprits(findings: Findings, row: dict, text: CheckText) -> list[Link]:
    """The departments of a region that most of what the check minds comes from, in its semester or the last one."""
    found = list(_minded(findings, row, text)) if text.kind else []
    found.sort(key=lambda each: (-each[0], each[1].name))
    return [link for _, link in found[:_CULPRITS]]


def _minded(findings: Findings, row: dict, text: CheckText) -> Iterator[tuple[int, Link]]:
    for area in findings.dsms.get(row["area"], []):
        cell = findings.by_key.get((row["table"], text.item, area, findings.rank_of(text)))
        if cell and cell.is_told and (count := _count(cell, text)):
            yield count, Link(findings.name(area), area_page(area), _of(count, cell))


def _count(cell: Cell, text: CheckText) -> int:
    """Of a cell, those that the check minds."""
    return cell.lacking if text.kind == "valid" else getattr(cell, text.kind)


def _of(count: int, cell: Cell) -> str:
    return f"{italian.number(count)} su {italian.number(cell.denominator)}"
