"""The cells of sex crossed by age class, that values are standardised by: of proportions, rates and means."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.coverage import Coverage
from percorsi.indicators.engine import Asked, Passed, Plan
from percorsi.indicators.grid import CELL, NATION
from percorsi.indicators.kind import MEAN
from percorsi.indicators.kinds import describe
from percorsi.indicators.standardised import KINDS

TABLE = "indicator_stratum"
COUNTS = ["numerator", "denominator", "sd"]


def strata(catalogue: Catalogue, planned: Plan, passed: Passed, covered: Coverage) -> pd.DataFrame:
    """Of all that was asked nationally: code, component, the columns of a cell, COUNTS; of kinds that can be weighted.

    Of the nation and the regions that cover it, where somebody is. What is given as the value has the empty component
    as well.
    """
    of_each = [
        frame
        for asked in planned.wanted
        if not asked.region and catalogue.by_code[asked.code][0].kind in KINDS
        for frame in _strata(catalogue, planned, passed, asked, covered.covering(asked.code))
        if len(frame)
    ]
    columns = ["code", "component", *CELL, *COUNTS]
    return pd.concat(of_each, ignore_index=True)[columns] if of_each else pd.DataFrame(columns=columns)


def _strata(
    catalogue: Catalogue, planned: Plan, passed: Passed, asked: Asked, covering: Collection[str]
) -> Iterator[pd.DataFrame]:
    measure, _ = catalogue.by_code[asked.code]
    found = _means(planned, passed, asked) if measure.kind == MEAN else _counts(planned, passed, asked)
    areas = [NATION, *covering] if covering else []
    found = found[found["area"].isin(areas) & (found["denominator"] > 0)]
    found = found.sort_values(CELL, kind="stable").assign(code=asked.code)
    if asked.component and asked.component == measure.main:
        yield found.assign(component="")
    yield found.assign(component=asked.component)


def _counts(planned: Plan, passed: Passed, asked: Asked) -> pd.DataFrame:
    names = planned.wanted[asked]
    counts = {name: passed.cells[names[name]].astype(float) for name in ("numerator", "denominator")}
    return passed.cells[CELL].assign(**counts, sd=np.nan)


def _means(planned: Plan, passed: Passed, asked: Asked) -> pd.DataFrame:
    number = list(planned.counted).index(asked)
    own = passed.counted[(passed.counted["asked"] == number) & (passed.counted["level"] != "dsm")]
    return pd.DataFrame(_described(own), columns=[*CELL, *COUNTS])


def _described(counts: pd.DataFrame) -> Iterator[list]:
    for cell, own in counts.sort_values("value").groupby(CELL, dropna=False):
        described = describe(own["value"].tolist(), own["count"].tolist())
        yield [*cell, *(described[name] for name in COUNTS)]
