"""What disclosure control has to see of each kind of indicator: who is counted, out of whom.

Of a proportion and a rate numerator and denominator are counts of persons. Of a ratio of mortality the deaths are, out
of the persons observed, and of a gap the treated, out of the residents: see
docs/decisions/0338-what-a-release-may-show-of-ratios-and-gaps.md. Means have a rule of their own (`means`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from percorsi.tables import table

if TYPE_CHECKING:
    import pandas as pd

PROPORTION, RATE, RATIO, GAP = "proportion", "rate", "smr", "gap"
COUNTED = (PROPORTION, RATE, RATIO, GAP)  # kinds of which somebody is counted, out of somebody
# A ratio over fewer persons is not shown: what is expected of few persons tells their ages.
MINIMUM_OF_A_RATIO = 10
_EXPECTED = {"denominator": 1, "value": 2, "lower": 2, "upper": 2, "lower_998": 2, "upper_998": 2}
_PER_10000 = 10_000


def numbers(name: str = "release/values") -> list[str]:
    """The columns of a table that hold numbers: of a hidden row none is shown."""
    return [column for column, declared in table(name).columns.items() if declared.type == "double"]


def persons_counted(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> "pd.DataFrame":
    """The frame with `numerator` and `denominator` in persons, for disclosure control alone and not for showing.

    `frame`: columns of `indicator_value`; `kinds`: code -> kind. Rows of means are left as they are. A row whose deaths
    and expected deaths are given without a ratio counts as any other.
    """
    kind = frame["code"].map(kinds)
    treated = np.round(frame["numerator"] * frame["persons"] / _PER_10000)
    return frame.assign(
        numerator=np.where(kind == GAP, treated, frame["numerator"]),
        denominator=np.where(kind.isin([RATIO, GAP]), frame["persons"], frame["denominator"]),
    )


def too_few(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> np.ndarray:
    """Which rows are kept back for how few they are over, whatever was counted."""
    of_ratio = (frame["code"].map(kinds) == RATIO).to_numpy()
    persons = frame["persons"].to_numpy(dtype=float)
    return of_ratio & (persons > 0) & (persons < MINIMUM_OF_A_RATIO)


def repeats_in_departments(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> np.ndarray:
    """Rows that are not released: the men and the women of a department, of a ratio.

    Departments are broken down by nothing else, so that no sum that is attacked holds them; of nation and regions the
    components M and F say what the breakdown by sex says.
    """
    is_ratio = frame["code"].map(kinds) == RATIO
    return (is_ratio & (frame["level"] == "dsm") & (frame["component"] != "")).to_numpy()


def rounded_ratios(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> "pd.DataFrame":
    """The frame with the expected deaths, and what is made of them, in few decimals."""
    of_ratio = (frame["code"].map(kinds) == RATIO).to_numpy()
    frame = frame.copy()
    for name, decimals in _EXPECTED.items():
        frame.loc[of_ratio, name] = frame.loc[of_ratio, name].round(decimals)
    return frame
