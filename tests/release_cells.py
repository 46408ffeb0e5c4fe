"""Rows of values as a run gives them, for the tests of releases."""

import pandas as pd

SHOWN = ["numerator", "denominator", "value", "lower", "upper", "method"]


def cell(area: str, n: int, d: int, sex: str = "", age: str = "", code: str = "S20") -> dict:
    """A row as the run gives it: reason where the denominator is zero, else a value."""
    level = {2: "nation", 3: "region"}.get(len(area), "dsm")
    row = {"code": code, "component": "", "level": level, "area": area, "sex": sex, "age_class": age}
    value = {"value": n / d, "lower": 0.0, "upper": 1.0, "method": "wilson"} if d else dict.fromkeys(SHOWN[2:])
    return {**row, "numerator": n, "denominator": d, **value, "reason": None if d else "denominator_zero"}


def frame(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"numerator": float, "denominator": float, "value": float, "reason": object})
