"""The departments that lie outside of their funnel: what `percorsi funnel` lists. How a funnel is made: `funnel`."""

import pandas as pd

from percorsi.indicators.funnel import LIMITS, WIDE_LIMITS

ABOVE, BELOW, WITHIN = "above", "below", "within"
COLUMNS = ["code", "component", "area", "numerator", "denominator", "value", "nation", "lower", "upper", "lies"]


def departments(values: pd.DataFrame, code: str | None = None, *, wide: bool = True) -> pd.DataFrame:
    """One row for each department and indicator with a funnel, with COLUMNS; in the order of the values.

    `values`: rows of indicator_value. `lower` and `upper` are the limits at 99.8% (`wide`) or 95% of what chance alone
    would leave of `nation`, the nation's value; `lies` says on which side of them the department's value is.
    """
    lower, upper = WIDE_LIMITS if wide else LIMITS
    rows = values if code is None else values[values["code"] == code]
    rows = rows.fillna({"component": ""})
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
    return found[COLUMNS].reset_index(drop=True)


def shown(rows: pd.DataFrame, names: dict[str, str]) -> list[dict]:
    """A line a department for a terminal. `names`: area -> name."""
    return [
        {
            **{"code": row.code, "component": row.component, "area": row.area, "department": names.get(row.area, "")},
            **{name: f"{getattr(row, name):.3f}" for name in ("value", "nation", "lower", "upper")},
            "lies": row.lies,
        }
        for row in rows.itertuples()
    ]
