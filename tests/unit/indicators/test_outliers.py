"""Departments outside of their funnel, told apart by hand: above, below, and on the limit, which is within."""

import pandas as pd

from percorsi.indicators.catalogue import load_catalogue
from percorsi.indicators.outliers import departments, shown

CATALOGUE = load_catalogue()
CODES = ["S20", "S21"]


def row(code: str, level: str, area: str, value: float | None, limits=(None,) * 4, n: int = 1000, **other) -> dict:
    counts = {"numerator": None if value is None else value * n, "denominator": float(n)}
    told = {"code": code, "component": "", "level": level, "area": area, "sex": "", "age_class": "", "value": value}
    names = ("funnel_lower", "funnel_upper", "funnel_lower_998", "funnel_upper_998")
    return {**told, **counts, **dict(zip(names, limits, strict=True)), **other}


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
    found = departments(VALUES, CATALOGUE, CODES)
    assert found[["code", "area", "nation", "lies"]].values.tolist() == [
        ["S20", "030-101-001", 0.5, "above"],
        ["S20", "030-101-002", 0.5, "within"],
        ["S20", "030-101-003", 0.5, "within"],
        ["S20", "030-101-004", 0.5, "below"],
        ["S21", "030-101-001", 0.2, "within"],
    ]
    assert found[["lower", "upper"]].values.tolist()[0] == [0.3, 0.7]


def test_narrower_limits_leave_out_more():
    found = departments(VALUES, CATALOGUE, ["S20"], wide=False)
    assert list(found["lies"]) == ["above", "above", "below", "below"]
    assert found[["lower", "upper"]].values.tolist()[0] == [0.4, 0.6]


def test_a_department_is_called_by_its_name_where_it_has_one():
    lines = shown(departments(VALUES, CATALOGUE, ["S21"]), {"030-101-001": "Dipartimento Uno"})
    assert [(line["department"], line["value"], line["lies"]) for line in lines] == [
        ("Dipartimento Uno", "0.200", "within")
    ]


def test_of_values_without_any_funnel_there_is_no_line():
    assert departments(VALUES[VALUES["level"] != "dsm"], CATALOGUE, CODES).empty


def test_one_of_one_is_no_outlier_where_one_in_fifteen_is_by_chance():
    nation = row("S20", "nation", "IT", 0.069)
    alone = row("S20", "dsm", "030-101-001", 1.0, (0.0, 0.57, 0.0, 0.85), n=1)
    three = row("S20", "dsm", "030-101-002", 1.0, (0.0, 0.36, 0.0, 0.52), n=3)  # 0.069 cubed is 0.0003
    none = row("S20", "dsm", "030-101-003", 0.0, (0.01, 0.13, 0.001, 0.15), n=50)  # 0.931 to the 50th is 0.028
    found = departments(pd.DataFrame([nation, alone, three, none]), CATALOGUE, CODES)
    assert list(found["lies"]) == ["within", "above", "within"]


def test_the_component_that_is_the_value_stands_once():
    limits = (0.4, 0.6, 0.3, 0.7)
    cells = [("", "nation", "IT", 0.5, (None,) * 4), ("b", "nation", "IT", 0.5, (None,) * 4)]
    cells += [("", "dsm", "030-101-001", 0.8, limits), ("b", "dsm", "030-101-001", 0.8, limits)]
    rows = [row("S33", level, area, value, own, component=name) for name, level, area, value, own in cells]
    found = departments(pd.DataFrame(rows), CATALOGUE, ["S33"])
    assert found[["component", "lies"]].values.tolist() == [["", "above"]]
