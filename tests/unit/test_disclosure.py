"""Disclosure control: tiny tables worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from percorsi.errors import PercorsiError
from percorsi.release.disclosure import protect
from percorsi.release.suppression import Rule
from release_cells import SHOWN, cell, frame


def status(*rows: dict, threshold: int = 2) -> dict[str, str]:
    """Area (and sex, age class, code where there is one) -> first letter of the status."""
    result = protect(frame(*rows), Rule(threshold)).frame
    for row in result[result["status"] != "published"].to_dict("records"):
        assert all(pd.isna(row[column]) for column in SHOWN)
    many = result["code"].nunique() > 1
    names = [
        " ".join(filter(None, (r["code"] if many else "", r["area"], r["sex"], r["age_class"])))
        for r in result.to_dict("records")
    ]
    return dict(zip(names, (s[0] for s in result["status"]), strict=True))


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 20, "p"),
        (1, 20, "s"),
        (2, 20, "s"),
        (3, 20, "p"),
        (20, 20, "p"),
        (19, 20, "s"),
        (18, 20, "s"),
        (17, 20, "p"),
        (0, 3, "p"),
        (3, 3, "p"),
        (2, 3, "s"),
        # of one or two persons at least one count is 1 or 2
        (0, 1, "s"),
        (1, 1, "s"),
        (0, 2, "s"),
        (1, 2, "s"),
        (2, 2, "s"),
        (0, 0, "a"),
    ],
)
def test_a_cell_alone(numerator: int, denominator: int, expected: str) -> None:
    assert status(cell("030", numerator, denominator)) == {"030": expected}


def test_the_threshold_is_a_parameter() -> None:
    assert status(cell("030", 3, 20), threshold=3) == {"030": "s"}
    assert status(cell("030", 2, 20), threshold=1) == {"030": "p"}


def test_two_and_four_make_six() -> None:
    # The 2 is small; the 4 is the 6 minus the 2. Together they are 6 of 40: the total may be shown.
    assert status(cell("030", 6, 40), cell("030", 2, 20, "1"), cell("030", 4, 20, "2")) == {
        "030": "p",
        "030 1": "s",
        "030 2": "s",
    }


def test_one_man_and_five_women() -> None:
    # Everybody in the numerator: the rests are zero, the counts 1 and 5; both hidden, the total of 6 shown.
    assert status(cell("030", 6, 6), cell("030", 1, 1, "1"), cell("030", 5, 5, "2")) == {
        "030": "p",
        "030 1": "s",
        "030 2": "s",
    }


def test_three_of_two_hidden_parts_hides_the_total() -> None:
    # 1 + 2 = 3: who knows the rule would know both to be 1 or 2 if the 3 were shown.
    assert status(cell("030", 3, 40), cell("030", 1, 20, "1"), cell("030", 2, 20, "2"))["030"] == "s"


def test_the_smallest_cell_that_helps_is_hidden_with_a_small_one() -> None:
    # 18-24 has 1 of 20. 25-34 is smaller than 35-44, and 1 + 3 = 4 may be known; 45-54 (none of 5) would leave 1.
    shown = status(
        cell("030", 20, 135),
        cell("030", 1, 20, age="18-24"),
        cell("030", 3, 30, age="25-34"),
        cell("030", 16, 80, age="35-44"),
        cell("030", 0, 5, age="45-54"),
    )
    assert shown == {"030": "p", "030 18-24": "s", "030 25-34": "s", "030 35-44": "p", "030 45-54": "p"}


def test_hidden_parts_that_make_two_together_need_a_third() -> None:
    # 1 + 1 = 2 is what a reader gets by subtraction: a third cell makes it 6.
    shown = status(
        cell("030", 26, 140),
        cell("030", 1, 20, age="18-24"),
        cell("030", 1, 20, age="25-34"),
        cell("030", 4, 50, age="35-44"),
        cell("030", 20, 50, age="45-54"),
    )
    assert shown == {"030": "p", "030 18-24": "s", "030 25-34": "s", "030 35-44": "s", "030 45-54": "p"}


def test_an_empty_cell_hides_nothing() -> None:
    # Sex 9 is known to be empty, so it is no company for the 1; the 9 women are.
    shown = status(cell("030", 10, 40), cell("030", 1, 10, "1"), cell("030", 9, 30, "2"), cell("030", 0, 0, "9"))
    assert shown == {"030": "p", "030 1": "s", "030 2": "s", "030 9": "a"}


def test_a_hidden_total_needs_one_hidden_part_only() -> None:
    # Nobody of 10 of sex 2 has it: hidden beside the 1 they would still leave 1, while the 5 of sex 9 make it 6.
    shown = status(cell("030", 6, 40), cell("030", 1, 20, "1"), cell("030", 0, 10, "2"), cell("030", 5, 10, "9"))
    assert shown == {"030": "p", "030 1": "s", "030 2": "p", "030 9": "s"}
    # Without sex 9 the total is small itself; nothing can be taken from a total that is not shown.
    shown = status(cell("030", 1, 30), cell("030", 1, 20, "1"), cell("030", 0, 10, "2"))
    assert shown == {"030": "s", "030 1": "s", "030 2": "p"}


def test_a_hidden_region_takes_another_region_with_it() -> None:
    shown = status(cell("IT", 51, 240), cell("020", 1, 20), cell("030", 20, 120), cell("050", 30, 100))
    assert shown == {"IT": "p", "020": "s", "050": "s", "030": "p"}


def test_a_hidden_total_takes_a_part_of_its_own_tables_with_it() -> None:
    # 020 has 2 of 40 by 0 of 10 men and 2 of 30 women: women are small; men may be shown, as the total is not.
    shown = status(
        cell("IT", 52, 240),
        cell("020", 2, 40),
        cell("050", 50, 200),
        cell("020", 0, 10, "1"),
        cell("020", 2, 30, "2"),
        cell("050", 25, 100, "1"),
        cell("050", 25, 100, "2"),
        cell("050-001-001", 25, 90),
        cell("050-001-002", 25, 110),
    )
    # 050 is hidden for 020 alone; then one of its sexes and one of its departments, or they would add up to it
    assert shown["IT"] == "p"
    assert (shown["020"], shown["050"]) == ("s", "s")
    assert (shown["020 1"], shown["020 2"]) == ("p", "s")
    assert (shown["050 1"], shown["050 2"]) == ("s", "p")
    assert (shown["050-001-001"], shown["050-001-002"]) == ("s", "p")


def test_sexes_are_linked_over_regions() -> None:
    # Men of 020 are 1 of 10: the women of 020 follow, then men of another region and women of it (nation by sex).
    shown = status(
        cell("IT", 90, 400),
        cell("IT", 41, 200, "1"),
        cell("IT", 49, 200, "2"),
        *(cell("020", n, d, s) for n, d, s in ((10, 40, ""), (1, 10, "1"), (9, 30, "2"))),
        *(cell("030", n, d, s) for n, d, s in ((30, 140, ""), (15, 70, "1"), (15, 70, "2"))),
        *(cell("050", n, d, s) for n, d, s in ((50, 220, ""), (25, 120, "1"), (25, 100, "2"))),
    )
    assert [k for k, v in shown.items() if v == "s"] == ["020 1", "020 2", "030 1", "030 2"]


def test_persons_counted_in_two_regions_do_not_undo_the_protection() -> None:
    # 020 + 030 = 31 of 141, the nation 30 of 140: one person is in both. 020 is still the nation minus 030, about.
    shown = status(cell("IT", 30, 140), cell("020", 1, 20), cell("030", 30, 121))
    assert shown == {"IT": "p", "020": "s", "030": "s"}


def test_stays_of_no_department_stand_between_region_and_departments() -> None:
    # Ten stays of the region belong to no department: subtraction gives 5 of 15, not the 1 of 5 of the first one.
    shown = status(cell("030", 15, 55), cell("030-001-001", 1, 5), cell("030-001-002", 10, 40))
    assert shown == {"030": "p", "030-001-001": "s", "030-001-002": "p"}


def test_a_region_without_value_is_in_no_sum() -> None:
    left_out = {**cell("010", 0, 0), "numerator": None, "denominator": None, "reason": "quality"}
    shown = status(cell("IT", 30, 100), cell("020", 10, 40), cell("030", 20, 60), left_out)
    assert shown == {"IT": "p", "020": "p", "030": "p", "010": "a"}


def test_that_all_of_a_group_have_it_is_shown_and_so_it_is_of_each() -> None:
    # all six men have it: the two of 020 are hidden, as 2 of 2, and the four of 030 with them; the six are not
    sexes = [cell("020", 20, 30), cell("020", 2, 2, "1"), cell("020", 18, 28, "2")]
    more = [cell("030", 20, 34), cell("030", 4, 4, "1"), cell("030", 16, 30, "2")]
    nation = [cell("IT", 40, 64), cell("IT", 6, 6, "1"), cell("IT", 34, 58, "2")]
    shown = status(*nation, *sexes, *more)
    assert shown["IT 1"] == "p" and shown["020 1"] == shown["030 1"] == "s"


def test_codes_of_one_population_are_protected_each_for_itself() -> None:
    # who is in the population is known anyway, so what one of the codes shows of it tells nothing of the other
    departments = (("030-001-001", 1), ("030-001-002", 4), ("030-001-003", 5))
    of_none = [cell("030", 0, 10), *(cell(area, 0, d) for area, d in departments)]
    of_some = [cell("030", 4, 10, code="S21")]
    of_some += [cell(area, n, d, code="S21") for (area, d), n in zip(departments, (0, 0, 4), strict=True)]
    together = status(*of_none, *of_some)
    apart = {f"S20 {k}": v for k, v in status(*of_none).items()} | {f"S21 {k}": v for k, v in status(*of_some).items()}
    assert together == apart
    assert together["S20 030"] == "p" and together["S20 030-001-001"] == "s"


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(PercorsiError, match="1 values are no counts of a proportion"):
        protect(frame({**cell("030", 6, 40), "numerator": 41}))
    with pytest.raises(PercorsiError, match="1 values are no counts of a proportion"):
        protect(frame({**cell("030", 6, 40), "numerator": 0.5}))
    with pytest.raises(PercorsiError, match="stands more than once"):
        protect(frame(cell("030", 6, 40), cell("030", 6, 40)))


def test_protection_does_not_depend_on_the_order_of_rows() -> None:
    generator = np.random.default_rng(5)
    counts = generator.integers(0, 30, (8, 2))
    rows = [cell(f"{10 * i:03d}", int(n), int(n + r)) for i, (n, r) in enumerate(counts, 1)]
    rows.append(cell("IT", int(counts[:, 0].sum()), int(counts.sum())))
    first = status(*rows)
    assert status(*rows[::-1]) == first
