"""The commands of who keeps the home: take persons out of it, give the numbers of persons another key."""

import functools
from pathlib import Path
from typing import Annotated

import typer

from percorsi.console import HOME, EnvironmentOption, HomeOption, command, existing
from percorsi.progress import steps
from percorsi.settings import load_settings


@functools.partial(command, resumes_erasure=True)
def erase(
    cuni_file: Annotated[Path, typer.Option("--cuni-file", help="File with one CUNI a line; - reads standard input.")],
    reason: Annotated[str | None, typer.Option(help="Why; it is kept, and must not say who it is.")] = None,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
) -> None:
    """Take persons out of the home for good, old versions included."""
    from percorsi.erasure import erase as work

    with steps("erase", 1) as tick:
        tick("erase")
        report = work(existing(home), load_settings(env), cuni_file, reason, tick.within)
    print(report)


@command
def rekey(home: HomeOption = HOME, env: EnvironmentOption = "local") -> None:
    """Give the numbers of persons another key: the one that the environment names, else a new one of the home's own."""
    from percorsi.erasure import rekey as work

    print(work(existing(home), load_settings(env)))
