"""Names of the pages of a judging, which lie in one folder: an area, an item and a check have one each."""

import re

NATION_PAGE, WORKBOOK = "index.html", "qualita.xlsx"


def area_page(area: str) -> str:
    """The page of the nation, a region or a DSM."""
    if area == "IT":
        return NATION_PAGE
    return f"{'regione' if len(area) == 3 else 'dipartimento'}-{_safe(area)}.html"


def item_page(table: str, item: str) -> str:
    """The page of an item: `voce-care_episode-diagnosis.html`."""
    return f"voce-{_safe(table)}-{_safe(item)}.html"


def check_page(table: str, check: str) -> str:
    """The page of a check."""
    return f"controllo-{_safe(table)}-{_safe(check)}.html"


def _safe(name: str) -> str:
    """A code in a file name and an address, whatever a delivery wrote in it; different codes stay different."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda sign: f"~{ord(sign[0]):x}~", name)
