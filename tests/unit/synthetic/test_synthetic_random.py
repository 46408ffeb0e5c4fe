"""The counter-based generator: fixed numbers, no order, no pattern that a count would show."""

import numpy as np
import pytest

from percorsi.synthetic.random import Draws, choose, cumulative, identifiers, mix


def test_the_finaliser_is_that_of_splitmix64():
    # the first output of splitmix64 from seed 0 is this finaliser of its increment
    with np.errstate(over="ignore"):
        assert mix(np.array([0x9E3779B97F4A7C15], dtype=np.uint64))[0] == 0xE220A8397B1DCDAF


def test_a_draw_depends_on_seed_stream_person_and_index_only():
    draws, people = Draws(7), np.arange(100)
    whole = draws.uniform("x", people, 3)
    assert (whole[40:60] == Draws(7).uniform("x", people[40:60], 3)).all()
    assert (whole[::-1] == draws.uniform("x", people[::-1], 3)).all()
    for other in (Draws(8).uniform("x", people, 3), draws.uniform("y", people, 3), draws.uniform("x", people, 4)):
        assert not (whole == other).any()


def test_uniform_numbers_are_even_and_within_the_open_interval():
    u = Draws(1).uniform("u", np.arange(1000)[:, None], np.arange(100)[None, :])
    assert u.min() > 0 and u.max() < 1
    counts = np.histogram(u, bins=10, range=(0, 1))[0]
    assert abs(counts - 10_000).max() < 500  # five standard errors of 95
    assert abs(np.corrcoef(u[:, 0], u[:, 1])[0, 1]) < 0.13


@pytest.mark.parametrize(
    ("u", "row", "position"),
    [(0.0001, 0, 0), (0.2499, 0, 0), (0.2501, 0, 1), (0.9999, 0, 1), (0.4, 1, 0), (0.6, 1, 1), (0.9999, 1, 1)],
)
def test_choices_fall_where_the_weights_say(u, row, position):
    table = cumulative([[1, 3], [5, 5]])
    assert choose(np.array([u]), table, np.array([row]))[0] == position


def test_a_choice_of_weight_zero_is_never_made():
    table = cumulative([[0, 1, 0, 2, 0]])
    assert set(choose(np.linspace(0.001, 0.999, 500), table)) == {1, 3}


def test_whole_numbers_reach_both_ends():
    assert set(Draws(2).integer("n", np.arange(500), 3, 6)) == {3, 4, 5, 6}


def test_means_are_those_asked_for():
    draws, people = Draws(3), np.arange(40_000)
    assert draws.exponential("e", people, 12.0).mean() == pytest.approx(12.0, abs=0.3)
    normal = draws.normal("z", people)
    assert normal.mean() == pytest.approx(0, abs=0.03)
    assert normal.std() == pytest.approx(1, abs=0.03)
    assert draws.happens("p", people, 0.2).mean() == pytest.approx(0.2, abs=0.01)


def test_identifiers_have_88_characters_and_are_no_two_alike():
    found = identifiers(Draws(4), "id", np.arange(2000))
    assert {len(i) for i in found} == {88}
    assert len(set(found)) == 2000
    assert all(i.endswith(b"==") and b"~" not in i for i in found)
