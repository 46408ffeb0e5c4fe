"""Whether the data of a year may carry values: counts, expectations over them, a gate, a page for the steward."""

from percorsi.quality.gate import by_flow, grades_of_flows, is_closed, regions_left
from percorsi.quality.stage import judge, withheld_by
from percorsi.quality.suites import load_suites
from percorsi.quality.verdict import QualityReport

__all__ = [
    "QualityReport",
    "by_flow",
    "grades_of_flows",
    "is_closed",
    "judge",
    "load_suites",
    "regions_left",
    "withheld_by",
]
