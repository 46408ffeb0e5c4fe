"""Work side by side: results in their order, and what one raises is raised once those begun have ended."""

import threading
import time

import pytest

from percorsi.side_by_side import AT_ONCE, side_by_side


def test_results_come_in_the_order_of_the_items() -> None:
    later = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            later.wait(5)  # the first ends last
        else:
            later.set()
        return item * item

    assert side_by_side(work, range(5)) == [0, 1, 4, 9, 16]
    assert side_by_side(work, []) == []


def test_what_one_raises_is_raised_and_what_had_begun_has_ended() -> None:
    failed, begun, ended = threading.Event(), [], []

    def work(item: int) -> None:
        begun.append(item)
        if item == 1:
            failed.set()
            raise ValueError("of item 1")
        failed.wait(5)
        time.sleep(0.02)  # so that not all hundred are done before the others are called off
        ended.append(item)

    with pytest.raises(ValueError, match="of item 1"):
        side_by_side(work, range(100))
    assert sorted([*ended, 1]) == sorted(begun)
    assert 0 in ended and len(begun) < 100 and AT_ONCE < 100
