"""What disclosure control has to see of each kind of indicator: who is counted, out of whom.

Of a proportion and a rate numerator and denominator are counts of persons. Of a ratio of mortality the deaths are, out
of the persons observed, and of a gap the treated, out of the residents: see
docs/decisions/0338-what-a-release-may-show-of-ratios-and-gaps.md. Means have a rule of their own (`means`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from percorsi.errors import PercorsiError
from percorsi.release.relations import KEY
from percorsi.tables import table

if TYPE_CHECKING:
    import pandas as pd

PROPORTION, MEAN, RATE, RATIO, GAP = "proportion", "mean", "rate", "smr", "gap"
# Kinds with a rule of protection. A new kind of indicator is not released before it has one.
PROTECTED = (PROPORTION, MEAN, RATE, RATIO, GAP)
BELOW_ONE = "expected_below_one"  # reason for no ratio; the run gives both counts, a release neither
WIDE = ("lower_998", "upper_998")
FUNNELS = ("funnel_lower", "funnel_upper", "funnel_lower_998", "funnel_upper_998", "overdispersion", "overdispersion_p")
# A ratio over fewer persons is not shown: what is expected of few persons tells their ages.
MINIMUM_OF_A_RATIO = 10
_ROUNDED = ["denominator", "value", "lower", "upper", *WIDE, *FUNNELS[:4]]
_SEXES = {"M": "1", "F": "2"}  # component of a ratio -> the sex it says again
_PER_10000 = 10_000


def numbers(name: str = "release/values") -> list[str]:
    """The columns of a table that hold numbers: of a hidden row none is shown."""
    return [column for column, declared in table(name).columns.items() if declared.type == "double"]


def persons_counted(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> "pd.DataFrame":
    """The frame with `numerator` and `denominator` in persons, for disclosure control alone and not for showing.

    `frame`: columns of `indicator_value`; `kinds`: code -> kind. Rows of means are left as they are. A row whose deaths
    and expected deaths are given without a ratio counts as any other: others may tell its deaths. Treated beyond the
    residents (some of whom were not delivered) are out of themselves.
    """
    kind = frame["code"].map(kinds)
    treated = np.round(frame["numerator"] * frame["persons"] / _PER_10000)
    residents = np.maximum(frame["persons"], treated)  # nan where either is
    return frame.assign(
        numerator=np.where(kind == GAP, treated, frame["numerator"]),
        denominator=np.select([kind == RATIO, kind == GAP], [frame["persons"], residents], frame["denominator"]),
        reason=frame["reason"].where(frame["reason"] != BELOW_ONE, None),
    )


def refuse_uncounted(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> None:
    """Raises PercorsiError where deaths or treated are given and not out of how many: nothing would protect them."""
    given = frame["code"].map(kinds).isin([RATIO, GAP]) & (frame["numerator"].notna() | frame["value"].notna())
    codes = sorted(set(frame.loc[given & frame["persons"].isna(), "code"]))
    if codes:
        raise PercorsiError(
            f"the run does not say how many persons its values are over (codes {', '.join(codes)})",
            next_step="compute the indicators of the run again; disclosure control cannot judge these values",
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


def repeats_of_sexes(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> dict[int, int]:
    """Position of a row of a ratio's men or women -> that of the row by sex which says the same."""
    at = frame.assign(_at=range(len(frame)))[(frame["code"].map(kinds) == RATIO).to_numpy()]
    rows = at[["code", "component", *KEY, "numerator", "persons", "_at"]]
    key = ["code", *KEY]
    by_sex = rows[(rows["component"] == "") & rows["sex"].isin(_SEXES.values())]
    again = rows[rows["component"].isin(_SEXES) & (rows["sex"] == "") & (rows["age_class"] == "")]
    pairs = again.assign(sex=again["component"].map(_SEXES)).merge(by_sex, on=key, suffixes=("", "_by_sex"))
    same = np.logical_and.reduce(
        [
            (pairs[count] == pairs[f"{count}_by_sex"]) | (pairs[count].isna() & pairs[f"{count}_by_sex"].isna())
            for count in ("numerator", "persons")
        ]
    )
    return dict(zip(pairs.loc[same, "_at"].tolist(), pairs.loc[same, "_at_by_sex"].tolist(), strict=True))


def rounded_ratios(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> "pd.DataFrame":
    """The frame with the expected deaths, and what is made of them, in few decimals."""
    of_ratio = (frame["code"].map(kinds) == RATIO).to_numpy()
    frame = frame.copy()
    for name in _ROUNDED:
        frame.loc[of_ratio, name] = frame.loc[of_ratio, name].round(2)
    return frame
