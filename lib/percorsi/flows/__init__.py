"""Deliveries: layouts and rules of the flows, what arrived, and the current record of each key."""

from percorsi.flows.current import refuse_behind
from percorsi.flows.ingest import FlowReport, IngestReport, ingest
from percorsi.flows.layout import Layout, load_layouts
from percorsi.flows.ledger import deliveries
from percorsi.flows.unknown import rejections

__all__ = [
    "FlowReport",
    "IngestReport",
    "Layout",
    "deliveries",
    "ingest",
    "load_layouts",
    "refuse_behind",
    "rejections",
]
