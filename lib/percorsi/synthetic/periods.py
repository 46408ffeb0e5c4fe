"""How a region cuts the other flows: by year, semester or month, as the configuration says for region and flow."""

import numpy as np

from percorsi.synthetic.parameters import Parameters, day
from percorsi.synthetic.semesters import Semesters

CUT = ("FAR", "DIR", "SPE", "PS", "SIND", "NPIA", "SUP")


def parts(parameters: Parameters, region: str, flow: str) -> int:
    """Files a year: 1, 2 or 12."""
    files = parameters.flows["files"]
    if flow in files["month"].get(region, ()):
        return 12
    return 2 if flow in files["semester"].get(region, ()) else 1


def names(flow: str, region: str, semesters: Semesters, each: int) -> list[tuple[str, int, str]]:
    """(name, year, period) of each file of a flow, in order."""
    periods = {1: [""], 2: ["S1", "S2"], 12: [f"{m:02d}" for m in range(1, 13)]}[each]
    return [(f"{flow}_{region}_{y}{'_' + p if p else ''}.csv", y, p) for y in semesters.years for p in periods]


def month_of(days: np.ndarray, semesters: Semesters) -> np.ndarray:
    """Months from January of the first year of the delivery, 0 for the first."""
    months = np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months - (semesters.years.start - 1970) * 12


def file_of(days: np.ndarray, semesters: Semesters, each: int) -> np.ndarray:
    """The position of the file that holds a day."""
    return month_of(days, semesters) * each // 12


def window(semesters: Semesters) -> tuple[int, int]:
    """First and last day of the delivery."""
    return day(semesters.years.start), day(semesters.years.stop) - 1
