"""Disclosure control of means and of indicators with components: tiny tables worked out by hand, and random nations."""

import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from percorsi.errors import ResultUnavailable
from percorsi.home import Home
from percorsi.release import make
from percorsi.release.disclosure import protect
from percorsi.release.means import MINIMUM, determined
from percorsi.release.relations import linked_tables
from release_attacker import Attacker
from release_cells import cell, frame


def mean(area: str, n: int, total: float = 0.0, sex: str = "", age: str = "", code: str = "S2") -> dict:
    row = cell(area, 0, n, sex, age, code)
    if not n:
        return row
    spread = {"sd": 1.234, "median": 3.25, "q1": 2.0, "q3": 4.0}
    return {**row, "numerator": total, "value": total / n, "lower": 1.005, "upper": 9.996, "method": "t", **spread}


def status(*rows: dict, means: tuple[str, ...] = ("S2",), **more) -> dict[str, str]:
    found = protect(frame(*rows), means=means, **more).frame.to_dict("records")
    return {
        " ".join(filter(None, (r["component"], r["area"], r["sex"], r["age_class"]))): r["status"][0] for r in found
    }


@pytest.mark.parametrize(("n", "expected"), [(0, "a"), (1, "s"), (9, "s"), (10, "p"), (500, "p")])
def test_a_mean_over_few_is_not_shown(n: int, expected: str) -> None:
    assert status(mean("030", n, 3.3 * n)) == {"030": expected}
    assert MINIMUM == 10


def test_a_mean_is_shown_without_its_sum_and_rounded() -> None:
    row = protect(frame(mean("030", 30, 100)), means=["S2"]).frame.iloc[0]
    assert np.isnan(row["numerator"]) and row["denominator"] == 30
    assert (row["value"], row["lower"], row["sd"], row["median"]) == (3.33, 1.0, 1.23, 3.2)
    hidden = protect(frame(mean("030", 9, 100)), means=["S2"]).frame.iloc[0]
    assert hidden[["denominator", "value", "lower", "upper", "method", "sd", "median", "q1", "q3"]].isna().all()


def test_a_small_part_is_not_the_total_less_the_rest() -> None:
    # women 25, men 5: of 30 shown and 25 shown the 5 would follow; 25 and 5 hidden are 30 together
    assert status(mean("030", 30, 90), mean("030", 25, 80, "2"), mean("030", 5, 10, "1")) == {
        "030": "p",
        "030 2": "s",
        "030 1": "s",
    }
    # 6 and 4 are 10 together, and two parts of 10 would both be known to be small: the total goes as well
    assert set(status(mean("030", 10, 9), mean("030", 6, 4, "2"), mean("030", 4, 5, "1")).values()) == {"s"}


def test_nobody_in_a_cell_is_shown_as_such() -> None:
    assert status(mean("030", 30, 90), mean("030", 30, 90, "2"), mean("030", 0, 0, "1")) == {
        "030": "p",
        "030 2": "p",
        "030 1": "a",
    }


def values_of(area: str, *numbers: float, sex: str = "") -> dict:
    """A mean over these numbers, with the deviation they have."""
    return {**mean(area, len(numbers), sum(numbers), sex), "sd": float(np.std(numbers, ddof=1))}


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0] * 9 + [25], "s"),  # 2.50 with 7.91 and a median of 0: exactly one person is told
        ([1] * 9 + [9], "p"),  # half of the sum, and no more
        ([1] * 9 + [10], "s"),
        ([0] * 10, "p"),  # nobody holds anything, and zero is shown
        ([3, 5, 2, 8, 4, 6, 1, 9, 7, 5], "p"),
        ([0] * 98 + [10, 40], "s"),
        ([2] * 99 + [50], "p"),
        ([-5] * 9 + [25], "s"),  # of a sum below zero no share can be named
    ],
)
def test_a_mean_that_one_person_may_dominate_is_not_shown(numbers: list[float], expected: str) -> None:
    assert status(values_of("030", *numbers)) == {"030": expected}


def test_the_largest_share_is_never_above_the_bound() -> None:
    # what is shown keeps, of the true numbers, the rules that need them: one has at most half, and all but the two
    # largest have at least half of the largest (p% rule)
    chance = random.Random(7)
    shown = 0
    for _ in range(900):
        heavy = chance.choice([0.3, 1, 2])
        numbers = [float(int(chance.lognormvariate(1, heavy))) for _ in range(chance.randint(10, 40))]
        if set(status(values_of("030", *numbers)).values()) == {"p"} and sum(numbers):
            shown += 1
            largest, second, *others = sorted(numbers, reverse=True)
            assert largest <= 0.5 * sum(numbers) + 1e-6
            assert sum(others) >= 0.5 * largest - 1e-6
    assert shown > 300


def test_a_dominated_mean_is_not_the_total_less_the_rest() -> None:
    # women: nine of 0 and one of 25. With the men hidden too, what is left is 22 persons with 85
    women, men = [0] * 9 + [25], [4, 6] * 6
    found = status(values_of("030", *women, *men), values_of("030", *women, sex="2"), values_of("030", *men, sex="1"))
    assert found == {"030": "p", "030 2": "s", "030 1": "s"}
    # the sum of the region is hers as well, 25 of 30: of the men alone it tells nothing
    men = [0] * 5 + [1] * 5
    found = status(values_of("030", *women, *men), values_of("030", *women, sex="2"), values_of("030", *men, sex="1"))
    assert found == {"030": "s", "030 2": "s", "030 1": "p"}


def test_what_is_hidden_together_is_not_dominated_either() -> None:
    # 080 has nine of 0 and one of 40; 020 is the smallest other, but its ten of 1 with them would be 50 of 20 persons
    areas = {"020": [1.0] * 10, "030": [4.0, 6.0] * 8, "050": [5.0, 7.0] * 9, "080": [0.0] * 9 + [40.0]}
    rows = [values_of(area, *numbers) for area, numbers in areas.items()]
    found = status(values_of("IT", *(n for numbers in areas.values() for n in numbers)), *rows)
    assert found == {"IT": "p", "020": "s", "030": "s", "050": "p", "080": "s"}


def test_what_follows_from_several_sums_together_is_found() -> None:
    # one region: its sexes and its age classes; a cell hidden alone in both sums is determined, two are not
    table = linked_tables(
        frame(
            cell("IT", 0, 60),
            *(cell(area, 0, n) for area, n in (("010", 20), ("020", 20), ("030", 20))),
        )
    )[0]
    place = {area: i for i, (_, area, _, _) in enumerate(table.cells)}
    unknown = np.zeros(len(table.numerator), dtype=bool)
    unknown[place["010"]] = True
    every = np.ones(len(unknown), dtype=bool)
    assert determined(table, unknown, every).tolist() == [place["010"]]
    unknown[place["020"]] = True
    assert determined(table, unknown, every).tolist() == []


def test_means_of_earlier_releases_stay_hidden_and_known() -> None:
    rows = (mean("030", 30, 90), mean("030", 15, 80, "2"), mean("030", 15, 10, "1"))
    assert status(*rows, keep_hidden=[1]) == {"030": "p", "030 2": "s", "030 1": "s"}
    # the 25 were shown before, when nobody knew of the 5: the total goes instead
    few = (mean("030", 30, 90), mean("030", 25, 80, "2"), mean("030", 5, 10, "1"))
    assert set(status(*few, known=[1]).values()) == {"s"}
    with pytest.raises(ResultUnavailable):
        status(*few, known=[0, 1])


def test_codes_that_lie_in_each_other_do_not_tell_of_those_between() -> None:
    # of all 8 of 12, of the young 7 of 11: the one who is not young was 1 of 1
    of_all = [cell("IT", 8, 12, code="S25"), cell("030", 8, 12, code="S25")]
    of_young = [cell("IT", 7, 11, code="S7"), cell("030", 7, 11, code="S7")]
    lies_in = [(("S25", ""), ("S7", ""))]
    assert set(protect(frame(*of_all, *of_young)).frame["status"]) == {"published"}
    found = protect(frame(*of_all, *of_young), nested=lies_in).frame
    shown = found[found["status"] == "published"].groupby("area")["code"].nunique()
    assert (shown < 2).all()
    assert set(found.loc[found["code"] == "S25", "status"]) == {"published"}  # the code over fewer goes


def test_codes_that_lie_in_each_other_say_the_same_where_nobody_is_between() -> None:
    # an earlier release hid S25 in 030: there S7 would be the same number
    rows = [cell("030", 20, 60, code="S25"), cell("030", 20, 60, code="S7"), cell("080", 30, 70, code="S25")]
    found = protect(frame(*rows), keep_hidden=[0], nested=[(("S25", ""), ("S7", ""))]).frame
    assert found["status"].tolist() == ["suppressed", "suppressed", "published"]


def parts(area: str, denominator: int, sex: str = "", **numerators: int) -> list[dict]:
    """A row for each component and one for the value, which is `b`."""
    rows = [cell(area, n, denominator, sex) | {"component": part} for part, n in numerators.items()]
    return [*rows, cell(area, numerators["b"], denominator, sex)] if "b" in numerators else rows


def test_components_differ_by_few_and_are_hidden_together() -> None:
    # 20 of 40 persistent 90 days, 18 of them 180 days: two persons stopped between
    assert set(status(*parts("030", 40, a=20, b=18)).values()) == {"s"}
    assert set(status(*parts("030", 40, a=20, b=17)).values()) == {"p"}
    assert set(status(*parts("030", 40, a=20, b=20)).values()) == {"p"}


def test_a_cell_hidden_in_one_component_is_hidden_in_all() -> None:
    found = status(*parts("030", 40, a=20, b=1), *parts("080", 40, a=20, b=10))
    assert {name for name, said in found.items() if said == "s"} == {"a 030", "b 030", "030"}


def test_the_value_shares_the_fate_of_its_component() -> None:
    rows = [*parts("030", 40, a=20, b=10), *parts("030", 25, "2", a=12, b=9), *parts("030", 15, "1", a=8, b=1)]
    found = status(*rows)
    assert {name: said for name, said in found.items() if " 1" in name or " 2" in name} == dict.fromkeys(
        ["a 030 2", "b 030 2", "030 2", "a 030 1", "b 030 1", "030 1"], "s"
    )
    assert found["030"] == found["b 030"] == "p"


def test_both_of_two_components_are_protected_where_their_union_is_shown() -> None:
    # 14 and 9, 22 in either: one person in both
    assert set(status(*parts("030", 60, a=14, c=9, b=22)).values()) == {"s"}
    assert set(status(*parts("030", 60, a=14, c=9, b=23)).values()) == {"p"}
    assert set(status(*parts("030", 60, a=14, c=9, b=20)).values()) == {"p"}


def test_a_small_part_of_the_population_is_protected_too() -> None:
    # all: 10 of 40; the new: 9 of 30. Of the others, one.
    rows = [*parts("030", 40, b=10), cell("030", 9, 30) | {"component": "1b"}]
    assert set(status(*rows).values()) == {"s"}


def nation(chance: random.Random, scale: int) -> pd.DataFrame:
    """A nation with three nested numerators for two groups and both, as a code of nine components has them."""
    rows = []
    areas = [f"{region}-{azienda}-001" for region in ("010", "030", "080", "150") for azienda in ("101", "102", "103")]
    persons = [
        (
            chance.choice(areas),
            chance.choice("12"),
            chance.choice(["18-24", "25-34", "75+"]),
            chance.choice("12"),
            chance.random(),
        )
        for _ in range(scale)
    ]
    for group in ("1", "2", ""):
        for part, least in (("a", 0.3), ("b", 0.4), ("c", 0.55)):
            own = [(p, p[4] >= least) for p in persons if group in ("", p[3])]
            for area in ["IT", *sorted({a[:3] for a in areas}), *areas]:
                there = [(p, inside) for p, inside in own if area == "IT" or p[0].startswith(area)]
                breakdowns = [("", "")] + ([(s, "") for s in "12"] + [("", g) for g in ("18-24", "25-34", "75+")]) * (
                    len(area) < 4
                )
                for sex, age in breakdowns:
                    some = [inside for p, inside in there if sex in ("", p[1]) and age in ("", p[2])]
                    rows.append(cell(area, sum(some), len(some), sex, age, "S18") | {"component": group + part})
    main = [row | {"component": ""} for row in rows if row["component"] == "b"]
    return frame(*main, *rows)


@pytest.mark.parametrize("scale", [150, 2000])
def test_nine_components_of_a_nation(scale: int) -> None:
    begun = time.process_time()
    found = protect(nation(random.Random(scale), scale)).frame
    assert time.process_time() - begun < 60
    key = ["area", "sex", "age_class"]
    by_cell = found[found["status"] != "absent"].groupby(key)["status"].nunique()
    assert (by_cell == 1).all()  # together or not at all
    shown = found[found["status"] == "published"].pivot_table("numerator", key, "component", aggfunc="first")
    for larger, smaller in (("a", "b"), ("b", "c"), ("1a", "1b"), ("2b", "2c")):
        between = (shown[larger] - shown[smaller]).dropna()
        assert not between.isin([1, 2]).any()
    if scale > 1000:
        assert (found["status"] == "published").mean() > 0.3


def polytherapy(chance: random.Random, persons: int) -> pd.DataFrame:
    """Shares of the discharged and of all (`_allT`), of two durations, of two classes of drugs, of three, and both."""
    areas = [f"{region}-101-00{i}" for region in ("030", "080", "150") for i in (1, 2)]
    people = pd.DataFrame(
        {
            "dsm": [chance.choice(areas) for _ in range(persons)],
            "sex": [chance.choice("12") for _ in range(persons)],
            "discharged": [chance.random() < 0.4 for _ in range(persons)],
            "classes": [chance.choice([0, 1, 2, 2, 3]) for _ in range(persons)],
            "days": [chance.choice([60, 120, 400]) for _ in range(persons)],
        }
    ).assign(region=lambda p: p["dsm"].str[:3], nation="IT")
    rows = []
    for group, classes in (("1", [2]), ("2", [3]), ("", [2, 3])):
        for part, days in (("a", 90), ("c", 365)):
            has = people["discharged"] & people["classes"].isin(classes) & (people["days"] >= days)
            for over, own in (("", people[people["discharged"]]), ("_allT", people)):
                for level in ("nation", "region", "dsm"):
                    for by in ([], ["sex"]) if level != "dsm" else ([],):
                        for key, members in people.groupby([level, *by]):
                            inside = own.index.intersection(members.index)
                            sex = key[1] if by else ""
                            row = cell(key[0], int(has[inside].sum()), len(inside), sex, code="DGP20")
                            rows.append(row | {"component": f"{group}{part}{over}"})
    return frame(*rows)


@pytest.mark.parametrize(("seed", "persons"), [(1, 40), (2, 80), (4, 150), (6, 400)])
def test_no_attack_over_components_succeeds(seed: int, persons: int) -> None:
    truth = polytherapy(random.Random(seed), persons)
    release = protect(truth).frame
    at = {(r.component, r.area, r.sex): r.Index for r in truth.itertuples()}
    holds = []
    for component, area, sex in at:
        few = component.removesuffix("_allT")
        for larger, smaller in (
            (few, component),
            (component, few),
            (few[-2:-1] and few[1:], few),
            (few, f"{few[:-1]}c"),
        ):
            if larger and larger != smaller:
                holds.append((at[larger, area, sex], at[smaller, area, sex]))
    told = Attacker(release, truth, holds=tuple(holds)).told()
    # where nobody is discharged it is known of all that they have it not
    discharged = truth[truth["component"] == "a"].set_index(["area", "sex"])["denominator"]
    assert [i for i in told if discharged[truth.at[i, "area"], truth.at[i, "sex"]]] == []
    assert (release["status"] == "suppressed").any()
    if persons > 300:
        assert (release["status"] == "published").mean() > 0.1


def test_who_is_in_the_population_of_a_code_may_be_anothers_to_show() -> None:
    # DGP7: admitted 9 of 10, 15 of 30 and 6 of 20. Of those admitted DGP17 asks, but for one who died in 002
    admitted = {"030-1-1": (9, 10), "030-1-2": (15, 30), "030-1-3": (6, 20), "030-1-4": (0, 2), "030-1-5": (10, 20)}
    asked = {"030-1-1": (4, 9), "030-1-2": (6, 14), "030-1-3": (3, 6), "030-1-4": (0, 0), "030-1-5": (4, 10)}
    rows = [cell(area, *both, code="DGP7") for area, both in admitted.items()]
    rows += [cell(area, *both, code="DGP17") for area, both in asked.items()]
    found = protect(frame(*rows), populations=[("DGP17", ("DGP7", ("",)))]).frame
    by_code = {code: own["status"].tolist() for code, own in found.groupby("code")}
    published, suppressed = "published", "suppressed"
    assert by_code["DGP7"] == [suppressed, published, published, suppressed, published]
    assert by_code["DGP17"] == [suppressed, suppressed, published, suppressed, published]
    assert found.loc[found["status"] == suppressed, "reason"].isna().all()  # nor is it said that nobody is there
    alone = protect(frame(*rows)).frame
    assert alone[alone["code"] == "DGP17"]["status"].tolist() == [published, published, published, "absent", published]


class Run:
    run_id, year, tags = "r", 2015, {"ended": "2017-03-01T10:00:00"}


def test_a_release_holds_means_and_components(tmp_path: Path) -> None:
    values = frame(
        *(mean(area, n, t) for area, n, t in (("IT", 90, 300), ("030", 80, 290), ("080", 30, 20))),
        *parts("030", 40, a=20, b=10),
    )
    catalogue = [
        {"code": "S2", "title": "Età", "kind": "mean"},
        {"code": "S20", "title": "Visita", "kind": "proportion"},
    ]
    folder = make(Home(tmp_path), Run(), "1", values, catalogue)
    read = pd.read_csv(folder / "values.csv", dtype=str, keep_default_na=False)
    nation = read[(read["code"] == "S2") & (read["area"] == "IT")].iloc[0]
    assert (nation["numerator"], nation["denominator"], nation["value"], nation["sd"]) == ("", "90", "3.33", "1.23")
    assert read.loc[read["code"] == "S20", "component"].tolist() == ["", "a", "b"]
    assert set(read["status"]) == {"published"}
    again = make(Home(tmp_path), Run(), "2", values, catalogue)  # beside an earlier one
    assert (again / "values.csv").read_bytes() == (folder / "values.csv").read_bytes()
