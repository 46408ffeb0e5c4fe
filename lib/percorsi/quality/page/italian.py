"""How the steward's pages say numbers, periods, classes and verdicts: plain Italian."""

import pandas as pd

CLASSES = {
    "valid": "valido",
    "other": "altro valore previsto",
    "default": "non noto o provvisorio",
    "invalid": "non valido",
    "missing": "mancante",
}
SEVERITIES = {"critical": "grave", "warning": "avviso", "information": "informazione"}
STATUSES = {"passed": "superato", "failed": "non superato", "not_applicable": "non applicabile"}
# Why a region has no value of an indicator, as the coverage says it.
ABSENT = {
    "missing_flow": "un flusso mai consegnato",
    "window_not_covered": "un periodo non consegnato",
    "supplementary_flow_absent": "il flusso aggiuntivo, facoltativo, non consegnato",
    "quality": "difetti gravi nei dati",
}
NOTHING = "nessun record consegnato nel periodo"
NATION_NAME = "Italia"
UNTOLD = "non ricostruibile"  # since when, of what has no earlier period to look at


def percent(share: float | None, digits: int = 1) -> str:
    """`84,3%`; `–` for nothing. A share next to 0 or 1 is never rounded to it: `<0,1%`, `>99,9%`."""
    if share is None or pd.isna(share):
        return "–"
    least = 10**-digits
    if 0 < share * 100 < least / 2:
        return f"<{least:.{digits}f}%".replace(".", ",")
    if 100 - least / 2 < share * 100 < 100:
        return f">{100 - least:.{digits}f}%".replace(".", ",")
    return f"{share * 100:.{digits}f}%".replace(".", ",")


def points(change: float | None) -> str:
    """A change of a share in percentage points: `+3,2`, `-0,4`, `=` where it rounds to nothing, `–` for none."""
    if change is None or pd.isna(change):
        return "–"
    text = f"{change * 100:+.1f}"
    return "=" if float(text) == 0 else text.replace(".", ",").replace("-", "−")


def number(value: float | int | None) -> str:
    """`12.345`; other than whole numbers with two digits, `3,25`."""
    if value is None or pd.isna(value):
        return "–"
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return text.translate(str.maketrans(",.", ".,"))


def threshold(value: float, bound: str) -> str:
    """`almeno 50%` where the bound is `min`, else `al massimo 2,5%`; `100%` and `0%`, which leave nothing beyond."""
    shown = f"{100 * value:.6g}%".replace(".", ",")
    if value == (1 if bound == "min" else 0):
        return shown
    return f"{'almeno' if bound == 'min' else 'al massimo'} {shown}"


def semester(rank: int, *, short: bool = False) -> str:
    """`1° semestre 2015` of 2015 * 2; the number after is the second one. Short for the head of a column."""
    return f"{rank % 2 + 1}°\N{NO-BREAK SPACE}sem. {rank // 2}" if short else f"{rank % 2 + 1}° semestre {rank // 2}"


def since(text: str | None) -> str:
    """`dal 1° semestre 2014` of `2014-S1`, `dal 2014` of `2014`, with its end of `2014/2015`, `almeno` of `~2014`.

    `nel 2014` of `2014/2014`; of nothing that no earlier period was counted.
    """
    if not isinstance(text, str) or not text:
        return UNTOLD
    begun, _, ended = text.lstrip("~").partition("/")
    if begun == ended and not text.startswith("~"):
        return f"nel {_period(begun)}"
    least = "almeno " if text.startswith("~") else ""
    return f"{least}dal {_period(begun)}" + (f" al {_period(ended)}" if ended else "")


def period(text: str) -> str:
    """`2° semestre 2015` of `2015 S2`, `2015` of `2015`, `03/2015` of `2015 03`."""
    year, _, part = text.partition(" ")
    if part.startswith("S"):
        return _period(f"{year}-{part}")
    return f"{part}/{year}" if part else year


def _period(name: str) -> str:
    year, _, half = name.partition("-S")
    return semester(int(year) * 2 + int(half) - 1) if half else year


def several(count: int, one: str, many: str) -> str:
    """`1 regione`, `3 regioni`."""
    return f"{number(count)} {one if count == 1 else many}"
