"""The cells of sex crossed by age class, that values are standardised by: of proportions, rates and means."""

import numpy as np
import pandas as pd

from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.coverage import Coverage
from percorsi.indicators.engine import Passed, Plan
from percorsi.indicators.grid import CELL, NATION, counts_in
from percorsi.indicators.kind import DENOMINATOR, MEAN, NUMERATOR
from percorsi.indicators.kinds import moments, of_each_cell
from percorsi.indicators.stacked import Part, arrays
from percorsi.indicators.standardised import KINDS

TABLE = "indicator_stratum"


def strata(catalogue: Catalogue, planned: Plan, passed: Passed, covered: Coverage) -> list[Part]:
    """Of all that was asked nationally, of kinds that can be weighted: rows with code, component, numerator,
    denominator and sd beside the columns of a cell.

    Of the nation and the regions that cover it, where somebody is. What is given as the value has the empty component
    as well.
    """
    cells = passed.cells[passed.cells["level"] != "dsm"].sort_values(CELL, kind="stable").reset_index(drop=True)
    counted = dict(iter(counts_in(cells[CELL], passed.counted).groupby("asked")))
    number = {asked: place for place, asked in enumerate(planned.counted)}
    area, grid = cells["area"].to_numpy(), arrays(cells[CELL])
    parts = []
    for asked, names in planned.wanted.items():
        measure, _ = catalogue.by_code[asked.code]
        if asked.region or measure.kind not in KINDS:
            continue
        denominator = cells[names[DENOMINATOR]].to_numpy(dtype=float)
        if measure.kind == MEAN:
            numerator, sd = _of_means(counted.get(number[asked]), len(cells))
        else:
            numerator, sd = cells[names[NUMERATOR]].to_numpy(dtype=float), np.full(len(cells), np.nan)
        covering = covered.covering(asked.code)
        at = np.flatnonzero((denominator > 0) & np.isin(area, [NATION, *covering] if covering else []))
        counts = {"numerator": numerator[at], "denominator": denominator[at], "sd": sd[at]}
        for component in measure.told_as(asked.component):
            parts.append(Part(grid, at, {"code": asked.code, "component": component, **counts}))
    return parts


def _of_means(counts: pd.DataFrame | None, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum and deviation of the counted values of each cell; nan where none is counted."""
    numerator, sd = np.full(cells, np.nan), np.full(cells, np.nan)
    for cell, values, times in of_each_cell(counts) if counts is not None else ():
        found = moments(values, times)
        numerator[cell], sd[cell] = found["numerator"], found["sd"]
    return numerator, sd
