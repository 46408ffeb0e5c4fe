"""The attacker: on tiny tables worked out by hand, and one written apart from the library on random nations."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from percorsi.release.attack import View, exposed
from percorsi.release.disclosure import protect
from percorsi.release.relations import linked_tables
from release_attacker import Attacker, relations_of
from release_cells import SHOWN, cell, frame

AGES = ("18-24", "25-34", "75+")


def attacked(rows: list[dict], hidden: set[str], threshold: int = 2) -> set[str]:
    """Areas and sexes that the attacker works out when exactly `hidden` are not shown."""
    tables = linked_tables(frame(*rows))
    names = [[f"{area} {sex}".strip() for _, area, sex, _ in t.cells] for t in tables]
    masks = [np.full(len(t.numerator), True) for t in tables]  # a remainder is never shown
    for table, mask, own in zip(tables, masks, names, strict=True):
        mask[: table.rows] = [name in hidden for name in own]
        # hidden counts are not there to be read
        table.numerator = np.where(mask, -99, table.numerator)
    return {names[v][i] for v, i in exposed([View(*of) for of in zip(tables, masks, strict=True)], threshold)}


def test_the_attacker_subtracts() -> None:
    rows = [cell("030", 6, 40), cell("030", 2, 20, "1"), cell("030", 4, 20, "2")]
    assert attacked(rows, {"030 1"}) == {"030 1"}
    assert attacked(rows, {"030 1", "030 2"}) == set()


def test_the_attacker_knows_that_no_count_is_below_zero() -> None:
    # both sexes together have 2 of 40: each 0, 1 or 2, so none is known to be small
    rows = [cell("030", 2, 40), cell("030", 1, 20, "1"), cell("030", 1, 20, "2")]
    assert attacked(rows, {"030 1", "030 2"}) == set()
    # 1 of 1 and 5 of 7: of the seven 5 or 6, so that their rest is 1 or 2; the one is 0 or 1
    rows = [cell("030", 6, 8), cell("030", 1, 1, "1"), cell("030", 5, 7, "2")]
    assert attacked(rows, {"030 1", "030 2"}) == {"030 2"}


def test_what_is_known_of_a_group_is_no_secret_of_one_of_it() -> None:
    # none of 40: none of the one man and none of the 39 women, whether or not they are shown
    rows = [cell("030", 0, 40), cell("030", 0, 1, "1"), cell("030", 0, 39, "2")]
    assert attacked(rows, {"030 1", "030 2"}) == set()
    # 5 of 40 of whom the 39 women are 5 of 39: of nobody else is it known that the man has it not
    rows = [cell("030", 5, 40), cell("030", 0, 1, "1"), cell("030", 5, 39, "2")]
    assert attacked(rows, {"030 1"}) == {"030 1"}
    # the two of one department have it both; so have the four of both, and no more is said of the two
    rows = [cell("030", 9, 12), cell("030-1-1", 2, 2), cell("030-1-2", 2, 2), cell("030-1-3", 5, 8)]
    assert attacked(rows, {"030-1-1", "030-1-2"}) == set()
    assert attacked(rows, {"030-1-1"}) == {"030-1-1"}
    # where areas overlap, that the parts are 4 with the four of them does not say that all are
    rows = [cell("030", 8, 11), cell("030-1-1", 2, 2), cell("030-1-2", 1, 2), cell("030-1-3", 6, 8)]
    assert attacked(rows, {"030-1-1", "030-1-2"}) == set()


def test_the_attacker_solves_a_square() -> None:
    # Men and women of two regions, all margins shown: three hidden cells of the four can be worked out, and one of them
    # is small; of four none can.
    rows = [cell("IT", 20, 80), cell("IT", 9, 40, "1"), cell("IT", 11, 40, "2")]
    rows += [cell("020", 7, 40), cell("020", 2, 20, "1"), cell("020", 5, 20, "2")]
    rows += [cell("030", 13, 40), cell("030", 7, 20, "1"), cell("030", 6, 20, "2")]
    assert attacked(rows, {"020 1", "020 2", "030 1"}) == {"020 1"}
    assert attacked(rows, {"020 1", "020 2", "030 1", "030 2"}) == set()


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
    assert Attacker(hold(truth), truth).told() == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nations(overlap=True))
def test_overlapping_areas_are_protected_as_if_they_added_up(truth: pd.DataFrame) -> None:
    hold(truth)


def test_a_nation_with_overlaps_of_some_size_is_not_refused() -> None:
    areas = [cell("030", 400, 900), cell("080", 300, 800), cell("IT", 690, 1680)]
    assert (hold(frame(*areas))["status"] == "published").all()


def test_the_independent_attacker_finds_what_is_left_open() -> None:
    # the same attacker on a release that hides the small cell only
    truth = frame(cell("030", 6, 40), cell("030", 2, 20, "1"), cell("030", 4, 20, "2"))
    release = truth.assign(status=["published", "suppressed", "published"])
    release.loc[1, SHOWN] = None
    assert Attacker(release, truth).told() == [1]
    assert Attacker(protect(truth).frame, truth).told() == []
