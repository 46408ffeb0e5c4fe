"""Codes that lie in each other, and means over the same persons: an attacker written apart, on random nations."""

import random
import time

import numpy as np
import pandas as pd
import pytest

from percorsi.home import Home
from percorsi.release import make
from percorsi.release.components import with_nested
from percorsi.release.disclosure import Protection, protect
from percorsi.release.relations import linked_tables
from release_attacker import Attacker
from release_cells import cell, frame

KEY = ["area", "sex", "age_class"]
POPULATION = {"S25": "all", "S26": "all", "S7": "young", "S10": "young", "S2": "young"}
NESTED = [(("S25", ""), ("S7", ""))]


def nation(chance: random.Random, persons: int, young: float, more: float = 0.0) -> pd.DataFrame:
    """S25 and S26 of all, S7 (what S25 asks, or a little less) and S10 of the young, S2 a mean over these."""
    dsms = [f"{region}-101-00{i}" for region in ("030", "080", "150") for i in (1, 2)]
    people = pd.DataFrame(
        {
            "dsm": [chance.choice(dsms) for _ in range(persons)],
            "sex": [chance.choice("12") for _ in range(persons)],
            "S25": [chance.random() < 0.6 for _ in range(persons)],
            "S26": [chance.random() < 0.3 for _ in range(persons)],
            "S10": [chance.random() < 0.8 for _ in range(persons)],
            "young": [chance.random() < young for _ in range(persons)],
        }
    ).assign(region=lambda p: p["dsm"].str[:3], nation="IT", S2=False)
    people["S7"] = [has or chance.random() < more for has in people["S25"]]
    rows = []
    for code, population in POPULATION.items():
        own = people if population == "all" else people[people["young"]]
        for level in ("nation", "region", "dsm"):
            for by in ([], ["sex"]) if level != "dsm" else ([],):
                for key, group in own.groupby([level, *by]):
                    row = cell(key[0], int(group[code].sum()), len(group), key[1] if by else "", code=code)
                    mean = {"numerator": 5.0 * len(group), "value": 5.0, "sd": 2.0} if code == "S2" else {"sd": np.nan}
                    rows.append(row | mean)
    return frame(*rows)


def told(release: pd.DataFrame, truth: pd.DataFrame) -> list:
    """What an attacker finds out who knows that S7 asks of the young what S25 asks of all."""
    at = {(r.code, r.area, r.sex): r.Index for r in release.itertuples()}
    pairs = tuple((i, at["S7", *key[1:]]) for key, i in at.items() if key[0] == "S25" and ("S7", *key[1:]) in at)
    return Attacker(release, truth, pairs, means=("S2",)).told()


@pytest.mark.parametrize(
    ("seed", "persons", "young"),
    [(1, 60, 0.9), (2, 150, 0.5), (3, 150, 0.95), (4, 300, 0.97), (5, 400, 0.2), (6, 90, 0.7)],
)
def test_no_attack_over_codes_that_lie_in_each_other_succeeds(seed: int, persons: int, young: float) -> None:
    truth = nation(random.Random(seed), persons, young)
    begun = time.process_time()
    release = protect(truth, means=["S2"], nested=NESTED).frame
    assert time.process_time() - begun < 60
    assert told(release, truth) == []
    shown = release["status"] == "published"
    assert (
        release.loc[shown & (release["code"] != "S2"), "numerator"]
        == truth.loc[shown & (release["code"] != "S2"), "numerator"]
    ).all()
    if persons > 200:
        assert shown.mean() > 0.2


@pytest.mark.parametrize("seed", range(6))
def test_the_smaller_code_may_ask_a_little_less(seed: int) -> None:
    # as S11 (four interventions) and S46 (five): in some cells the counts contradict that the one holds the other
    truth = nation(random.Random(seed), 400, 0.8, more=0.04)
    release = protect(truth, means=["S2"], nested=NESTED).frame
    rows = release[release["status"] == "published"].set_index(["code", *KEY])
    larger, smaller = (rows[rows.index.get_level_values("code") == code].droplevel("code") for code in ("S25", "S7"))
    between = (larger["numerator"] - smaller["numerator"]).dropna()
    rest = (larger["denominator"] - smaller["denominator"]).dropna() - between
    told = (between >= 0) & (rest >= 0) & (between.isin([1, 2]) | rest.isin([1, 2]))
    assert len(between) and not told.any()


def test_this_attacker_finds_what_is_left_open() -> None:
    found = []
    for seed in range(4):
        truth = nation(random.Random(seed), 150, 0.9)
        found += told(protect(truth, means=["S2"]).frame, truth)
    assert any(isinstance(one, tuple) for one in found)


def test_differences_are_no_sum_where_one_code_lacks_a_region() -> None:
    """Somebody of 080 counts in 030, too. S7 has no 080: that its nation is its 030 would tell who S25 has in 080."""
    tables = linked_tables(
        frame(
            *(cell(a, n, d, code="S25") for a, n, d in [("IT", 50, 79), ("030", 50, 79), ("080", 1, 1)]),
            *(cell("IT", 0, 0, code="S7"), cell("030", 0, 0, code="S7")),
            *(cell(a, n, d, sex="1", code="S25") for a, n, d in [("IT", 20, 40), ("030", 20, 40)]),
            *(cell(a, 5, 9, sex="1", code="S7") for a in ("IT", "030")),
        )
    )
    across = with_nested(tables, NESTED)[-1]
    totals = [across.cells[relation.total][1:3] for relation in across.relations]
    assert sorted(totals) == [("030", ""), ("IT", ""), ("IT", "1")]  # by sex twice, and of men the region's


class Run:
    run_id, year, tags = "run-1", 2015, {"ended": "2016-11-03T10:00:00+00:00"}


def released(home: Home, name: str, truth: pd.DataFrame, nested: list = NESTED) -> pd.DataFrame:
    entries = [{"code": c, "title": c, "kind": "mean" if c == "S2" else "proportion"} for c in POPULATION]
    folder = make(home, Run(), name, truth, entries, nested=nested)
    return pd.read_csv(folder / "values.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize(
    ("seed", "persons", "young"), [(1, 60, 0.9), (2, 150, 0.5), (3, 150, 0.95), (4, 300, 0.97), (5, 400, 0.2)]
)
def test_a_second_release_of_a_run_shows_what_the_first_did(home: Home, seed: int, persons: int, young: float) -> None:
    truth = nation(random.Random(seed), persons, young)
    first, second = (released(home, name, truth) for name in ("a", "b"))
    assert (first["status"] == "suppressed").any() and (first["status"] == "published").any()
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(("nested", "expected"), [(NESTED, {"S7"}), ([], {"S7", "S25"})])
def test_of_two_in_each_other_the_hidden_one_stays_hidden_beside_the_shown_one(
    home: Home, monkeypatch, nested: list, expected: set[str]
) -> None:
    """S25 38 of 62, S7 37 of 61: one of the two goes. Where S25 went before, S7 is not hidden in its place now.

    The rest of S25 has changed, so that its own sums no longer say that 38 of 62 is what was hidden.
    """
    counts = {
        "S25": {"IT": (88, 152), "030": (38, 62), "080": (20, 40), "150": (30, 50)},
        "S7": {"IT": (62, 106), "030": (37, 61), "080": (10, 20), "150": (15, 25)},
    }
    entries = [{"code": c, "title": c, "kind": "proportion"} for c in counts]

    def shown(name: str) -> set[str]:
        cells = [cell(area, *both, code=code) for code, areas in counts.items() for area, both in areas.items()]
        rows = pd.read_csv(make(home, Run(), name, frame(*cells), entries, nested=nested) / "values.csv", dtype=str)
        return set(rows.loc[(rows["area"] == "030") & (rows["status"] == "published"), "code"])

    def other_rule(rows: pd.DataFrame, rule, keep_hidden, *more, **named) -> Protection:
        return protect(rows, rule, np.flatnonzero((rows["code"] == "S25") & (rows["area"] == "030")), *more, **named)

    with monkeypatch.context() as other:
        other.setattr("percorsi.release.bundle.protect", other_rule)
        assert shown("a") == {"S7"}
    counts["S25"] |= {"IT": (118, 212), "080": (35, 70), "150": (45, 80)}
    assert shown("b") == expected
