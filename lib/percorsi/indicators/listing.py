"""The catalogue as rows: what listings and releases say of each indicator."""

from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.grains import GRAINS


def catalogue_rows(catalogue: Catalogue) -> list[dict]:
    """An entry for each indicator, in the agreement's order."""
    return [
        {
            "code": code,
            "title": indicator.card.title,
            "title_en": measure.title,
            "pathway": indicator.pathway,
            "phase": indicator.card.phase,
            "principal": indicator.card.principal,
            "kind": measure.kind,
            "unit": GRAINS[measure.grain].unit,
            "status": measure.status,
            "measure": measure.name,
            "reading": indicator.reading,
        }
        for code, (measure, indicator) in catalogue.by_code.items()
    ]
