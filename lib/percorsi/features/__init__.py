"""Features: what indicators speak about, in days and counts; one module a subject, one row a person."""

from percorsi.features.crosswalk import brought, keep
from percorsi.features.stage import build, frames_of_year, pathways_of_year, require

__all__ = ["brought", "build", "frames_of_year", "keep", "pathways_of_year", "require"]
