"""The departments that lie outside of their funnel: what `percorsi funnel` lists. How a funnel is made: `funnel`."""

import numpy as np
import pandas as pd
from scipy.stats import binom

from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.confidence import LEVEL, WIDE_LEVEL
from percorsi.indicators.funnel import LIMITS, WIDE_LIMITS
from percorsi.indicators.kind import PROPORTION

ABOVE, BELOW, WITHIN = "above", "below", "within"
COLUMNS = ["code", "component", "area", "numerator", "denominator", "value", "nation", "lower", "upper", "lies"]


def departments(values: pd.DataFrame, catalogue: Catalogue, codes: list[str], *, wide: bool = True) -> pd.DataFrame:
    """One row for each department and indicator with a funnel, with COLUMNS; in the order of the values.

    `values`: rows of indicator_value. `lower` and `upper` are the limits at 99.8% (`wide`) or 95% of what chance alone
    would leave of `nation`, the nation's value; `lies` says on which side of them the department's value is. Of a
    proportion the exact chance (binomial) has to be as small: limits of few persons are too narrow. The component that
    is the value stands once.
    """
    lower, upper = WIDE_LIMITS if wide else LIMITS
    rows = values[values["code"].isin(codes)].fillna({"component": ""})
    given = {code: catalogue.by_code[code][0].main for code in codes}
    rows = rows[(rows["component"] == "") | (rows["component"] != rows["code"].map(given))]
    nation = rows[(rows["level"] == "nation") & (rows["sex"] == "") & (rows["age_class"] == "")]
    known = nation.set_index(["code", "component"])["value"]
    found = rows[(rows["level"] == "dsm") & rows[lower].notna() & rows["value"].notna()]
    found = found.assign(
        lower=found[lower],
        upper=found[upper],
        nation=known.reindex(pd.MultiIndex.from_frame(found[["code", "component"]])).to_numpy(),
        lies=WITHIN,
    )
    found.loc[found["value"] > found["upper"], "lies"] = ABOVE
    found.loc[found["value"] < found["lower"], "lies"] = BELOW
    proportions = found["code"].map(lambda code: catalogue.by_code[code][0].kind == PROPORTION).to_numpy(dtype=bool)
    by_chance = proportions & (_chance(found) > (1 - (WIDE_LEVEL if wide else LEVEL)) / 2)
    found.loc[by_chance, "lies"] = WITHIN
    return found[COLUMNS].reset_index(drop=True)


def _chance(rows: pd.DataFrame) -> np.ndarray:
    """How often so many, or so few, of the denominator would be in the numerator by the nation's share alone."""
    count, n, target = (rows[name].to_numpy(dtype=float) for name in ("numerator", "denominator", "nation"))
    return np.where(count > n * target, binom.sf(count - 1, n, target), binom.cdf(count, n, target))


def shown(rows: pd.DataFrame, names: dict[str, str]) -> list[dict]:
    """A line a department for a terminal. `names`: area -> name."""
    return [
        {
            **{"code": row.code, "component": row.component, "area": row.area, "department": names.get(row.area, "")},
            "denominator": f"{row.denominator:.2f}".removesuffix(".00"),
            **{name: f"{getattr(row, name):.3f}" for name in ("value", "nation", "lower", "upper")},
            "lies": row.lies,
        }
        for row in rows.itertuples()
    ]
