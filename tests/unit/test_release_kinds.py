"""What disclosure control sees of ratios and gaps."""

import numpy as np
import pandas as pd

from percorsi.release.disclosure import NUMBERS
from percorsi.release.kinds import FUNNELS, numbers, persons_counted, repeats_in_departments, rounded_ratios, too_few
from percorsi.release.suppression import Rule

KINDS = {"S20": "proportion", "S43": "rate", "S44": "smr", "S24": "gap", "S5": "mean"}


def rows(*cells: tuple) -> pd.DataFrame:
    """Of code, component, level, numerator, denominator, persons."""
    frame = pd.DataFrame(cells, columns=["code", "component", "level", "numerator", "denominator", "persons"])
    frame["reason"] = None
    return frame.assign(**dict.fromkeys(["value", "lower", "upper", "lower_998", "upper_998", *FUNNELS], 1.23456))


def test_deaths_are_out_of_the_persons_observed_and_the_treated_out_of_the_residents():
    frame = rows(
        ("S20", "", "dsm", 2.0, 9.0, np.nan),
        ("S43", "", "dsm", 2.0, 900.0, np.nan),
        ("S44", "", "dsm", 2.0, 0.71, 55.0),
        ("S24", "coverage", "dsm", 2 / 3.1, 49.5, 31_000.0),
        ("S5", "", "dsm", 71.3, 12.0, np.nan),
        ("S24", "", "dsm", np.nan, np.nan, np.nan),
    )
    seen = persons_counted(frame, KINDS)
    assert seen["numerator"].tolist()[:5] == [2, 2, 2, 2, 71.3]
    assert seen["denominator"].tolist()[:5] == [9, 900, 55, 31_000, 12]
    assert seen.loc[5, ["numerator", "denominator"]].isna().all()
    rest = seen["denominator"] - seen["numerator"]
    small = [
        0 < n <= Rule().threshold or 0 < r <= Rule().threshold for n, r in zip(seen["numerator"], rest, strict=True)
    ]
    assert small == [True, True, True, True, False, False]


def test_a_ratio_over_few_persons_is_kept_back():
    frame = rows(
        ("S44", "", "dsm", 0.0, 0.1, 9.0), ("S44", "", "dsm", 0.0, 0.1, 10.0), ("S24", "", "dsm", 9.0, 49.5, 9.0)
    )
    assert too_few(frame, KINDS).tolist() == [True, False, False]


def test_men_and_women_of_departments_are_not_released():
    frame = rows(
        ("S44", "M", "dsm", 3.0, 2.0, 50.0),
        ("S44", "M", "region", 3.0, 2.0, 50.0),
        ("S44", "", "dsm", 3.0, 2.0, 50.0),
        ("S24", "coverage", "dsm", 9.0, 49.5, 900.0),
    )
    assert repeats_in_departments(frame, KINDS).tolist() == [True, False, False, False]


def test_what_is_expected_is_shown_with_few_decimals():
    shown = rounded_ratios(rows(("S44", "", "dsm", 3.0, 2.0487, 50.0), ("S20", "", "dsm", 3.0, 7.0, np.nan)), KINDS)
    assert shown.loc[0, ["numerator", "denominator", "value"]].tolist() == [3.0, 2.05, 1.23]
    assert shown.loc[1, ["denominator", "value"]].tolist() == [7.0, 1.23456]


def test_every_number_of_a_release_is_one_that_is_blanked():
    of_a_value = {"numerator", "denominator", "value", "lower", "upper", "lower_998", "upper_998", "persons"}
    of_a_mean, of_departments = {"sd", "median", "q1", "q3"}, {"overdispersion", "overdispersion_p"}
    funnels = {"funnel_lower", "funnel_upper", "funnel_lower_998", "funnel_upper_998"}
    assert set(NUMBERS) == of_a_value | of_a_mean | of_departments | funnels


def test_every_number_of_a_run_has_a_place_in_a_release():
    assert set(numbers()) == set(numbers("indicator_value"))
