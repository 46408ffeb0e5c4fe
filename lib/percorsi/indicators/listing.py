"""The catalogue as rows: what listings and releases say of each indicator."""

from percorsi.indicators.catalogue import Catalogue

UNITS = {"person_year": "person", "spdc_stay": "stay"}  # grain -> what is counted


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
            "unit": UNITS[measure.grain],
            "status": measure.status,
            "measure": measure.name,
            "reading": measure.reading,
        }
        for code, (measure, indicator) in catalogue.by_code.items()
    ]
