"""The steward's report: pages in plain Italian that open without a network, and the same as a workbook."""

from percorsi.quality.page.findings import CheckText, Findings, Indicator, ItemText
from percorsi.quality.page.site import write_report

__all__ = ["CheckText", "Findings", "Indicator", "ItemText", "write_report"]
