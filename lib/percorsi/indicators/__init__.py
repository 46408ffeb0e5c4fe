"""Indicators: the catalogue of definitions, the one pass that computes them all, their values."""

from percorsi.indicators.catalogue import definitions_digest, load_catalogue
from percorsi.indicators.compute import compute
from percorsi.indicators.values import read_values, write_csv

__all__ = ["compute", "definitions_digest", "load_catalogue", "read_values", "write_csv"]
