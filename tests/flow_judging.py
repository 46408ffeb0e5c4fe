"""Records judged by the rules of their flow, all of a flow in one frame: which codes each earned, by which rules."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flow_records import RECORDS
from percorsi.flows.layout import load_layouts
from percorsi.flows.rules import judge
from percorsi.small_frame import small_frame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What is changed in the flow's record, which keeps every rule, and the codes that this earns, all of them.
Case = tuple[dict[str, str | None], list[str]]


@dataclass(frozen=True)
class Judged:
    """A record after its rules: the codes of its errors in order, their rules by place among those applied."""

    codes: list[str]
    rules: frozenset[int]
    accepted: bool


def judged(spark: "SparkSession", flow: str, cases: Iterable[Case], delivered: date | None = None) -> list[Judged]:
    """The cases of a flow as its rules judge them; a case may change `file_region` and its like as well.

    The file is that of region 030 (none in a flow of the nation), 2015, no period. Each rule is given a code of its
    own, so that two of one code and field can be told apart.
    """
    layout = load_layouts()[flow]
    numbered = [rule.model_copy(update={"code": f"{rule.code}#{at}"}) for at, rule in enumerate(layout.applied)]
    file = {"file_region": "" if layout.scope == "national" else "030", "file_year": "2015", "file_period": ""}
    names = [*layout.columns, *file, "line_fault", "at"]
    rows = [
        tuple((file | RECORDS[flow] | changes | {"at": str(at)}).get(name) for name in names)
        for at, (changes, _) in enumerate(cases)
    ]
    frame = small_frame(spark, rows, ", ".join(f"`{name}` string" for name in names))
    found = judge(frame, layout.model_copy(update={"rules": numbered}), delivered).select("at", "errors", "accepted")
    return [_read(row) for row in sorted(found.collect(), key=lambda row: int(row["at"]))]


def _read(row) -> Judged:
    errors = [error["code"].split("#") for error in row["errors"]]
    return Judged(sorted(code for code, _ in errors), frozenset(int(at) for _, at in errors), row["accepted"])


def check(flow: str, cases: list[Case], found: list[Judged]) -> None:
    """Each case has exactly the codes it earned, and is out where one of its rules rejects.

    Every rule that is applied to the records as they are read has a record that keeps it and one that breaks it.
    """
    applied = load_layouts()[flow].applied
    for (changes, expected), record in zip(cases, found, strict=True):
        assert record.codes == expected, (flow, changes)
        rejected = any(applied[at].severity == "reject" for at in record.rules)
        assert record.accepted == (not rejected and not _passed_over(flow, changes)), (flow, changes)
    broken = Counter(at for record in found for at in record.rules)
    never = [(rule.code, rule.field, rule.kind) for at, rule in enumerate(applied) if not broken[at]]
    always = [(rule.code, rule.field) for at, rule in enumerate(applied) if broken[at] == len(found)]
    assert not never and not always, (flow, never, always)


def _passed_over(flow: str, changes: dict) -> bool:
    totals = flow in ("FAR", "SPE") and changes.get("item") == "99"
    return totals or (changes.get("operation") or "").upper() == "NM"
