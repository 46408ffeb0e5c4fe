"""Work on several tables side by side: most of what a small table costs is planning and committing, on one core."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 3  # with more they wait for each other, be the machine small or the driver of a cluster


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """What `work` gives for each item, in their order; a few are worked on at once, begun in their order.

    Where one raises, those begun are ended, the others left undone, and it is raised here.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            for future in futures:
                future.cancel()
    for future in futures:
        if not future.cancelled():
            future.result()
    return [future.result() for future in futures]
