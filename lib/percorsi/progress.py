"""Progress of long work, on standard error: a bar on a terminal, a line for each step elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

Tick = Callable[[str], None]


@contextlib.contextmanager
def steps(title: str, total: int) -> Iterator[Tick]:
    """A piece of work of `total` steps; call what it gives with the name of each step as it begins.

    Prints how long each step took. Counts and names of stages only: never a value of a record.
    """
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield from _lines(title, total)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=total)
        done = -1

        def tick(step: str) -> None:
            nonlocal done
            done += 1
            bar.update(task, completed=done, description=f"{title}: {step}")

        yield tick
        bar.update(task, completed=total, description=title)


def _lines(title: str, total: int) -> Iterator[Tick]:
    begun = started = time.monotonic()
    current: list[str] = []

    def close() -> None:
        if current:
            print(
                f"{title} {len(current)}/{total}: {current[-1]} ({time.monotonic() - started:.1f} s)", file=sys.stderr
            )

    def tick(step: str) -> None:
        nonlocal started
        close()
        started = time.monotonic()
        current.append(step)

    yield tick
    close()
    print(f"{title}: done in {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
