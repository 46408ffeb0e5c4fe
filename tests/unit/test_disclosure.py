"""Disclosure control: tiny tables worked out by hand, and random nations against an attacker written apart."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from percorsi.errors import PercorsiError, ResultUnavailable
from percorsi.home import Home
from percorsi.release import make
from percorsi.release.attack import exposed
from percorsi.release.disclosure import protect, views
from percorsi.release.history import compare
from percorsi.release.relations import linked_tables
from percorsi.release.suppression import Rule

SHOWN = ["numerator", "denominator", "value", "lower", "upper", "method"]


def cell(area: str, n: int, d: int, sex: str = "", age: str = "", code: str = "S20") -> dict:
    """A row as the run gives it: reason where the denominator is zero, else a value."""
    level = {2: "nation", 3: "region"}.get(len(area), "dsm")
    row = {"code": code, "component": "", "level": level, "area": area, "sex": sex, "age_class": age}
    value = {"value": n / d, "lower": 0.0, "upper": 1.0, "method": "wilson"} if d else dict.fromkeys(SHOWN[2:])
    return {**row, "numerator": n, "denominator": d, **value, "reason": None if d else "denominator_zero"}


def frame(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"numerator": float, "denominator": float, "value": float, "reason": object})


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


def test_a_code_does_not_give_away_the_denominator_of_another() -> None:
    # S20: nobody of the ten has it, so whoever learns that the first department has one person knows its rest. S21
    # shares the denominators: its own small cell is the same, and it may not show the second department either, or
    # 10 - 4 - 5 would be that one person.
    departments = (("030-001-001", 1), ("030-001-002", 4), ("030-001-003", 5))
    rows = [cell("030", 0, 10), cell("030", 4, 10, code="S21")]
    rows += [cell(area, 0, d) for area, d in departments]
    rows += [cell(area, n, d, code="S21") for (area, d), n in zip(departments, (0, 0, 4), strict=True)]
    shown = status(*rows)
    hidden = {k for k, v in shown.items() if v == "s"}
    assert {"S20 030-001-001", "S21 030-001-001"} <= hidden
    both = [a for a, _ in departments if f"S20 {a}" in hidden and f"S21 {a}" in hidden]
    assert len(both) > 1


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(PercorsiError, match="1 values are no counts of a proportion"):
        protect(frame({**cell("030", 6, 40), "numerator": 41}))
    with pytest.raises(PercorsiError, match="1 values are no counts of a proportion"):
        protect(frame({**cell("030", 6, 40), "numerator": 0.5}))
    with pytest.raises(PercorsiError, match="stands more than once"):
        protect(frame(cell("030", 6, 40), cell("030", 6, 40)))


# --- the attacker -----------------------------------------------------------------------------------------------


def attacked(rows: list[dict], hidden: set[str], threshold: int = 2) -> set[str]:
    """Areas and sexes that the attacker works out when exactly `hidden` are not shown."""
    tables = linked_tables(frame(*rows))
    names = [[f"{area} {sex}".strip() for _, area, sex, _ in t.cells] for t in tables]
    masks = [np.full(len(t.numerator), True) for t in tables]  # a remainder is never shown
    for table, mask, own in zip(tables, masks, names, strict=True):
        mask[: table.rows] = [name in hidden for name in own]
        # hidden counts are not there to be read
        table.numerator = np.where(mask, -99, table.numerator)
    return {names[v][i] for v, i in exposed(views(tables, masks), threshold)}


def test_the_attacker_subtracts() -> None:
    rows = [cell("030", 6, 40), cell("030", 2, 20, "1"), cell("030", 4, 20, "2")]
    assert attacked(rows, {"030 1"}) == {"030 1"}
    assert attacked(rows, {"030 1", "030 2"}) == set()


def test_the_attacker_knows_that_no_count_is_below_zero() -> None:
    # 0 of the total: every part has 0. With the denominators, which add up, nothing is left to learn of one part...
    rows = [cell("030", 0, 40), cell("030", 0, 1, "1"), cell("030", 0, 39, "2")]
    assert attacked(rows, {"030 1"}) == {"030 1"}
    # ... and of two, how many are in each is not known
    assert attacked(rows, {"030 1", "030 2"}) == set()
    # both sexes together have 2: each 0, 1 or 2, so none is known to be small
    rows = [cell("030", 2, 40), cell("030", 1, 20, "1"), cell("030", 1, 20, "2")]
    assert attacked(rows, {"030 1", "030 2"}) == set()


def test_the_attacker_solves_a_square() -> None:
    # Men and women of two regions, all margins shown: three hidden cells of the four fall, four do not.
    rows = [cell("IT", 20, 80), cell("IT", 9, 40, "1"), cell("IT", 11, 40, "2")]
    rows += [cell("020", 7, 40), cell("020", 2, 20, "1"), cell("020", 5, 20, "2")]
    rows += [cell("030", 13, 40), cell("030", 7, 20, "1"), cell("030", 6, 20, "2")]
    assert attacked(rows, {"020 1", "020 2", "030 1"}) == {"020 1", "020 2", "030 1"}
    assert attacked(rows, {"020 1", "020 2", "030 1", "030 2"}) == set()


# --- random nations ---------------------------------------------------------------------------------------------

AGES = ("18-24", "25-34", "75+")


@st.composite
def nations(draw: st.DrawFn, overlap: bool = False) -> pd.DataFrame:
    """Persons in departments, each in one (or some in two); two codes of one population, a third of a part of it."""
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    departments = [
        f"{region}-001-{i:03d}" for region in ("020", "030", "050")[: draw(st.integers(1, 3))]
        for i in range(draw(st.integers(1, 3)))
    ]  # fmt: skip
    size = draw(st.integers(1, 150))
    persons = pd.DataFrame(
        {
            "dsm": generator.choice(departments, size, p=generator.dirichlet(np.ones(len(departments)))),
            "sex": generator.choice(["1", "2", "9"], size, p=[0.5, 0.45, 0.05]),
            "age": generator.choice(AGES, size, p=[0.6, 0.3, 0.1]),
        }
    )
    shares = {"S20": draw(st.floats(0, 1)), "S21": draw(st.floats(0, 1)), "S26": draw(st.floats(0, 1))}
    rows = []
    for code, share in shares.items():
        mine = persons.assign(has=generator.random(size) < share)
        if code == "S26":
            mine = mine[generator.random(size) < 0.7]
        if overlap:
            again = mine.sample(frac=0.2, random_state=seed)
            again = again.assign(dsm=generator.choice(departments, len(again)))
            mine = pd.concat([mine, again])
        mine = mine.assign(nation="IT", region=mine["dsm"].str[:3], person=mine.index)
        for level in ("nation", "region", "dsm"):
            once = mine.drop_duplicates(["person", level])
            for by in ([], ["sex"], ["age"]) if level != "dsm" else ([],):
                for key, group in once.groupby([level, *by]):
                    named = dict(zip(by, key[1:], strict=True))
                    rows.append(cell(key[0], int(group["has"].sum()), len(group), code=code, **named))
    return frame(*rows) if rows else frame(cell("IT", 0, 0))


def relations_of(rows: pd.DataFrame) -> list[tuple[int, list[int]]]:
    """Total and parts, by position of the row: found here apart from the library."""
    found = []
    for i, total in rows.iterrows():
        same = rows[rows["code"] == total["code"]]
        whole = total["sex"] == "" and total["age_class"] == ""
        below = {"nation": same["level"] == "region", "region": same["area"].str.startswith(f"{total['area']}-")}
        groups = []
        if whole:
            own = same["area"] == total["area"]
            groups += [own & (same["sex"] != ""), own & (same["age_class"] != "")]
        if total["level"] in below:
            like = (same["sex"] == total["sex"]) & (same["age_class"] == total["age_class"])
            groups.append(below[total["level"]] & like)
        found += [(i, list(same.index[g])) for g in groups if g.any()]
    return found


def attack_release(rows: pd.DataFrame) -> list[int]:
    """Rows suppressed in a release whose count the shown ones tell: a linear program of one's own, shown values only.

    The denominators of S20 and S21 are the same; a shown one is known for both.
    """
    key = ["area", "sex", "age_class"]
    population = rows["code"].replace("S21", "S20") + rows[key].agg("|".join, axis=1)
    denominator = population.map(rows.set_index(population)["denominator"].groupby(level=0).max())
    hidden = rows["status"] == "suppressed"
    names: dict = {}
    equal, values, limits, bounds = [], [], [], []

    def unknown(name: tuple) -> int:
        return names.setdefault(name, len(names))

    def n(i: int) -> tuple[dict, float]:
        return ({unknown(("n", i)): 1.0}, 0.0) if hidden[i] else ({}, rows.at[i, "numerator"])

    def d(i: int) -> tuple[dict, float]:
        known = denominator[i]
        return ({unknown(("d", population[i])): 1.0}, 0.0) if np.isnan(known) else ({}, known)

    for total, parts in relations_of(rows):
        for count in (n, d):
            row, constant = dict(count(total)[0]), count(total)[1]
            for part in parts:
                terms, value = count(part)
                row |= {k: row.get(k, 0.0) - v for k, v in terms.items()}
                constant -= value
            if row:
                equal.append(row)
                values.append(-constant)
            else:
                assert constant == 0
    for i in rows.index[hidden]:
        terms, known = d(i)
        limits.append({**{k: -v for k, v in terms.items()}, unknown(("n", i)): 1.0})
        bounds.append(known)

    def matrix(entries: list[dict]) -> np.ndarray | None:
        dense = np.zeros((len(entries), len(names)))
        for r, entry in enumerate(entries):
            dense[r, list(entry)] = list(entry.values())
        return dense if len(entries) else None

    system = (matrix(limits), bounds, matrix(equal), values or None)

    def vector(terms: dict) -> np.ndarray:
        dense = np.zeros(len(names))
        dense[list(terms)] = list(terms.values())
        return dense

    worlds: list[np.ndarray] = []
    told = []
    for i in rows.index[hidden]:
        (mine, _), (of, known) = n(i), d(i)
        numerator, rest = vector(mine), vector(of) - vector(mine)

        def known_now(numerator=numerator, rest=rest, known=known) -> bool:
            seen = [np.array([numerator @ w for w in worlds]), np.array([rest @ w + known for w in worlds])]
            small = [s.min(initial=9) > 0.999 and s.max(initial=0) < 2.001 for s in seen]
            return not worlds or any(small) or all(np.ptp(s) < 0.001 for s in seen)

        for goal in (numerator, -numerator, rest, -rest):
            if known_now():
                solved = linprog(goal, *system, bounds=(0, 10_000))
                assert solved.status == 0, solved.message
                worlds.append(solved.x)
        if known_now():
            told.append(i)
    return told


def hold(truth: pd.DataFrame) -> pd.DataFrame:
    """The release of a nation, held against it: shown as it is, nothing small shown, no hidden part alone."""
    release = protect(truth).frame
    shown = release["status"] == "published"
    pd.testing.assert_frame_equal(release.loc[shown, truth.columns], truth.loc[shown], check_dtype=False)
    assert release.loc[~shown, SHOWN].isna().all(axis=None)
    rest = truth["denominator"] - truth["numerator"]
    small = truth["numerator"].between(1, 2) | rest.between(1, 2)
    assert not (small & shown).any()
    for total, parts in relations_of(release):
        hidden = [i for i in parts if release.at[i, "status"] == "suppressed"]
        if hidden and shown[total]:
            assert len(hidden) > 1
            assert truth.loc[hidden, "numerator"].sum() not in (1, 2)
            assert rest[hidden].sum() not in (1, 2)
    return release


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nations())
def test_no_attack_on_a_random_nation_succeeds(truth: pd.DataFrame) -> None:
    assert attack_release(hold(truth)) == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nations(overlap=True))
def test_overlapping_areas_are_protected_as_if_they_added_up(truth: pd.DataFrame) -> None:
    hold(truth)


def test_the_independent_attacker_finds_what_is_left_open() -> None:
    # the same attacker on a release that hides the small cell only
    truth = frame(cell("030", 6, 40), cell("030", 2, 20, "1"), cell("030", 4, 20, "2"))
    release = truth.assign(status=["published", "suppressed", "published"])
    release.loc[1, SHOWN] = None
    assert attack_release(release) == [1]
    assert attack_release(protect(truth).frame) == []


def test_protection_does_not_depend_on_the_order_of_rows() -> None:
    generator = np.random.default_rng(5)
    counts = generator.integers(0, 30, (8, 2))
    rows = [cell(f"{10 * i:03d}", int(n), int(n + r)) for i, (n, r) in enumerate(counts, 1)]
    rows.append(cell("IT", int(counts[:, 0].sum()), int(counts.sum())))
    first = status(*rows)
    assert status(*rows[::-1]) == first


# --- earlier releases -------------------------------------------------------------------------------------------


class Run:
    run_id, year, tags = "run-1", 2015, {"ended": "2016-11-03T10:00:00+00:00"}


CATALOGUE = [{"code": "S20", "title": "Visita"}]
REGIONS = [cell("IT", 71, 340), cell("020", 1, 20), cell("030", 20, 100), cell("050", 20, 120), cell("060", 30, 100)]


def released(home: Home, name: str, *rows: dict) -> tuple[dict[str, str], dict]:
    folder = make(home, Run(), name, frame(*rows), CATALOGUE)
    table = pd.read_csv(folder / "values.csv", dtype=str)
    told = json.loads((folder / "metadata.json").read_text())["disclosure_control"]["earlier_releases"]
    return {a: s[0] for a, s in zip(table["area"], table["status"], strict=True)}, told


def test_the_first_release_hides_the_smallest_other_region(home: Home) -> None:
    shown, told = released(home, "a", *REGIONS)
    assert shown == {"IT": "p", "020": "s", "030": "s", "050": "p", "060": "p"}
    assert told == []


def test_what_was_hidden_stays_hidden_while_the_numbers_around_it_are_the_same(home: Home, monkeypatch) -> None:
    # An earlier release hid 050 with 020. Hiding 030 now and showing 050 would tell 020: 71 - 20 - 30 - (20 of then).
    with monkeypatch.context() as other:
        other.setattr("percorsi.release.suppression.smallest", lambda table, options: max(options, default=None))
        before, _ = released(home, "a", *REGIONS[:3], REGIONS[4], REGIONS[3])
    assert [k for k, v in before.items() if v == "s"] == ["020", "060"]
    after, told = released(home, "b", *REGIONS)
    assert after == {"IT": "p", "020": "s", "030": "p", "050": "p", "060": "s"}
    assert told == [{"release": "a", "compared": True, "hidden_then": 2, "small_changes": 0}]


def test_another_delivery_starts_afresh(home: Home) -> None:
    released(home, "a", *REGIONS)
    regions = [cell("020", 15, 100), cell("030", 41, 200), cell("050", 40, 200), cell("060", 54, 200)]
    after, told = released(home, "b", cell("IT", 150, 700), *regions)
    assert set(after.values()) == {"p"}
    assert told[0]["hidden_then"] == 2


def test_what_an_earlier_release_showed_is_known() -> None:
    # 020 is small. The smallest companion is 030, but an earlier release showed it: 060 is hidden as well.
    assert [s[0] for s in protect(frame(*REGIONS)).frame["status"]] == ["p", "s", "s", "p", "p"]
    known = protect(frame(*REGIONS), known={2}).frame["status"]
    assert [s[0] for s in known] == ["p", "s", "s", "p", "s"]
    # the small one itself shown before: it cannot be taken back, and is hidden all the same; 030 gets another companion
    assert [s[0] for s in protect(frame(*REGIONS), known={1}).frame["status"]] == ["p", "s", "s", "p", "s"]


def test_what_cannot_be_protected_any_more_is_not_released() -> None:
    # an earlier release showed all but the small one: it is 71 - 20 - 20 - 30, whatever is hidden now
    with pytest.raises(ResultUnavailable, match="hidden values of S20 could be worked out"):
        protect(frame(*REGIONS), known={0, 2, 3, 4})


def test_small_changes_since_an_earlier_release_are_counted(home: Home) -> None:
    released(home, "a", *REGIONS)
    # one more person in 050 and in the nation
    changed = [cell("IT", 72, 341), *REGIONS[1:3], cell("050", 21, 121), REGIONS[4]]
    _, told = released(home, "b", *changed)
    assert told == [{"release": "a", "compared": True, "hidden_then": 2, "small_changes": 2}]


def test_a_release_that_cannot_be_verified_is_named(home: Home) -> None:
    released(home, "a", *REGIONS)
    (home.releases / "a" / "values.csv").write_text("")
    earlier = compare(home, 2015, frame(*REGIONS), Rule())
    assert earlier.summary == [{"release": "a", "compared": False}]
    assert not earlier.keep_hidden and not earlier.known
