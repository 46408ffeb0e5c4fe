"""Departments outside of their funnel, told apart by hand: above, below, and on the limit, which is within."""

import pandas as pd

from percorsi.indicators.outliers import departments, shown


def row(code: str, level: str, area: str, value: float | None, limits=(None,) * 4, **other) -> dict:
    told = {"code": code, "component": "", "level": level, "area": area, "sex": "", "age_class": "", "value": value}
    names = ("funnel_lower", "funnel_upper", "funnel_lower_998", "funnel_upper_998")
    return {**told, "numerator": 1.0, "denominator": 10.0, **dict(zip(names, limits, strict=True)), **other}


VALUES = pd.DataFrame(
    [
        row("S20", "nation", "IT", 0.5),
        row("S20", "nation", "IT", 0.9, sex="1"),  # a breakdown is no target
        row("S20", "region", "030", 0.9),
        row("S20", "dsm", "030-101-001", 0.8, (0.4, 0.6, 0.3, 0.7)),
        row("S20", "dsm", "030-101-002", 0.65, (0.4, 0.6, 0.3, 0.7)),
        row("S20", "dsm", "030-101-003", 0.3, (0.4, 0.6, 0.3, 0.7)),
        row("S20", "dsm", "030-101-004", 0.1, (0.4, 0.6, 0.3, 0.7)),
        row("S20", "dsm", "030-101-005", None),
        row("S21", "nation", "IT", 0.2),
        row("S21", "dsm", "030-101-001", 0.2, (0.1, 0.3, 0.0, 0.4)),
    ]
)


def test_where_a_department_lies():
    found = departments(VALUES)
    assert found[["code", "area", "nation", "lies"]].values.tolist() == [
        ["S20", "030-101-001", 0.5, "above"],
        ["S20", "030-101-002", 0.5, "within"],
        ["S20", "030-101-003", 0.5, "within"],
        ["S20", "030-101-004", 0.5, "below"],
        ["S21", "030-101-001", 0.2, "within"],
    ]
    assert found[["lower", "upper"]].values.tolist()[0] == [0.3, 0.7]


def test_narrower_limits_leave_out_more():
    found = departments(VALUES, "S20", wide=False)
    assert list(found["lies"]) == ["above", "above", "below", "below"]
    assert found[["lower", "upper"]].values.tolist()[0] == [0.4, 0.6]


def test_a_department_is_called_by_its_name_where_it_has_one():
    lines = shown(departments(VALUES, "S21"), {"030-101-001": "Dipartimento Uno"})
    assert [(line["department"], line["value"], line["lies"]) for line in lines] == [
        ("Dipartimento Uno", "0.200", "within")
    ]


def test_of_values_without_any_funnel_there_is_no_line():
    assert departments(VALUES[VALUES["level"] != "dsm"]).empty
