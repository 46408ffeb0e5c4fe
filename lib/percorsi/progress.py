"""Progress of long work, on standard error: a bar on a terminal, a line for each step elsewhere."""

import contextlib
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """Lines on standard error: each step with its time when the next begins, and what happens within it.

    Counts and names of stages and tables only: never a value of a record.
    """

    def __init__(self, title: str, total: int) -> None:
        self.title = title
        self.total = total
        self.done = 0
        self.step = ""
        self.begun = self.started = time.monotonic()

    def __call__(self, step: str) -> None:
        """The next step begins."""
        self.close()
        self.step, self.started = step, time.monotonic()
        self.done += 1

    def within(self, what: str) -> None:
        """Something happens within the step."""

    def close(self) -> None:
        if self.step:
            self._say(f"{self.done}/{self.total} {self.step} ({time.monotonic() - self.started:.1f} s)")
            self.step = ""

    def finish(self) -> None:
        self.close()
        self._say(f"done in {time.monotonic() - self.begun:.1f} s")

    def _say(self, text: str) -> None:
        print(f"{self.title}: {text}", file=sys.stderr, flush=True)


class BarSteps(Steps):
    """The same as a bar that moves, above the lines of the steps done."""

    def __init__(self, title: str, total: int, bar: Progress) -> None:
        super().__init__(title, total)
        self.bar = bar
        self.task = bar.add_task(title, total=total)

    def __call__(self, step: str) -> None:
        super().__call__(step)
        self.bar.update(self.task, completed=self.done - 1, description=f"{self.title}: {step}")

    def within(self, what: str) -> None:
        self.bar.update(self.task, description=f"{self.title}: {self.step}, {what}")

    def finish(self) -> None:
        super().finish()
        self.bar.update(self.task, completed=self.total, description=self.title)

    def _say(self, text: str) -> None:
        self.bar.console.print(f"{self.title}: {text}", highlight=False, markup=False)


@contextlib.contextmanager
def steps(title: str, total: int) -> Iterator[Steps]:
    """A piece of work of `total` steps; call what it gives with the name of each step as it begins."""
    if not sys.stderr.isatty():
        plain = Steps(title, total)
        yield plain
        plain.finish()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        moving = BarSteps(title, total, bar)
        yield moving
        moving.finish()
