"""What a release shows of the rows that are not hidden: each kind in its own unit, and funnels of these rows alone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from percorsi.indicators.funnel import with_funnels
from percorsi.release.disclosure import ABSENT, PUBLISHED
from percorsi.release.kinds import BELOW_ONE, GAP, MEAN, RATIO, rounded_ratios
from percorsi.release.means import rounded

if TYPE_CHECKING:
    import pandas as pd

_COUNTS = ["numerator", "denominator"]


def as_shown(protected: "pd.DataFrame", frame: "pd.DataFrame", kinds: Mapping[str, str]) -> "pd.DataFrame":
    """The protected rows as they are released.

    `protected`: rows of `kinds.persons_counted(frame, kinds)` with a status; `frame`: the same rows as the run gives
    them. Published ratios and gaps get back deaths and expected deaths, treated and prevalence. Where too few deaths
    are expected for a ratio the row says so, hidden or not: it shows no count either way. Funnels and overdispersion
    are of the published rows, as rounded, so that they say nothing which those do not.
    """
    kind = frame["code"].map(kinds)
    result = protected.copy()
    own_unit = kind.isin([RATIO, GAP]) & (result["status"] == PUBLISHED)
    result.loc[own_unit, _COUNTS] = frame.loc[own_unit, _COUNTS]
    no_ratio = frame["reason"] == BELOW_ONE
    result.loc[no_ratio, ["status", "reason"]] = [ABSENT, BELOW_ONE]
    result = with_funnels(rounded_ratios(result, kinds), kinds)
    return rounded_ratios(rounded(result, (kind == MEAN).to_numpy()), kinds)
