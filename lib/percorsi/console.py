"""What all commands share: the application, the options that stand at several of them, errors, listings."""

import dataclasses
import functools
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from percorsi.errors import PercorsiError, ResultUnavailable, exit_codes
from percorsi.home import Home

_CODES = "\n\n".join(f"{code}: {meaning}" for code, meaning in exit_codes().items())
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=f"Exit codes\n\n0: Done.\n\n{_CODES.removeprefix('0: Done.').strip()}",
)

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="PERCORSI_HOME", help="Folder of all tables, runs, reports and releases.")
]
EnvironmentOption = Annotated[
    str, typer.Option("--env", envvar="PERCORSI_ENV", help="Environment of the configuration: local or cluster.")
]
RunOption = Annotated[str, typer.Option("--run", help="Identifier of a run, or 'latest'.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]
HOME = Path("percorsi-home")
_WIDTH = 160


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"percorsi {version('percorsi')}")
        raise typer.Exit


@app.callback()
def percorsi(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Tell the version and end.")
    ] = False,
) -> None:
    """Care pathways of severe mental disorders, measured on the national health flows."""


def command(function: Callable[..., Any], *, resumes_erasure: bool = False) -> Callable[..., Any]:
    """Register a subcommand; its errors become words on standard error and the exit code of their type.

    One that has a home refuses it where an erasure has not ended, unless it is the one that ends it. What is unexpected
    is told by type and place only: the message of a library may quote a value.
    """

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            if "home" in kwargs and not resumes_erasure:
                _refuse_half_erased(kwargs["home"])
            function(*args, **kwargs)
        except PercorsiError as error:
            print(f"percorsi: {error}", file=sys.stderr)
            raise typer.Exit(error.exit_code) from None
        except (typer.Exit, typer.Abort, KeyboardInterrupt):
            raise
        except BrokenPipeError:  # whoever read the listing has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as error:
            if os.environ.get("PERCORSI_DEBUG"):
                raise
            place = traceback.extract_tb(error.__traceback__)
            ours = [f for f in place if f"{os.sep}percorsi{os.sep}" in f.filename] or place
            print(
                f"percorsi: unexpected {type(error).__name__}, {Path(ours[-1].filename).name}, line {ours[-1].lineno}\n"
                "  next: the same command with PERCORSI_DEBUG=1 shows all (it may quote values of records)",
                file=sys.stderr,
            )
            raise typer.Exit(PercorsiError.exit_code) from None

    return app.command(name=function.__name__.replace("_", "-"))(guarded)


def _refuse_half_erased(home: Path) -> None:
    from percorsi.erasure import refuse_unfinished

    refuse_unfinished(Home(home))


def existing(home: Path) -> Home:
    """A home to look into. Raises ResultUnavailable where there is none: a wrong name must not look like no result."""
    if not home.is_dir():
        raise ResultUnavailable(
            f"there is no home {home}", next_step="name it with --home or PERCORSI_HOME; `percorsi run` makes one"
        )
    return Home(home)


def tell(content: Any, as_text: Callable[[Any], str], as_json: bool) -> None:
    """Content as JSON for scripts, else as text for readers. A dataclass is told as the mapping of its fields."""
    if as_json:
        content = dataclasses.asdict(content) if dataclasses.is_dataclass(content) else content
        print(json.dumps(content, ensure_ascii=False, indent=1, default=str))
    else:
        print(as_text(content))


def terminal_width() -> int:
    """Columns of the terminal (or COLUMNS); what is not read on one gets lines of a wide page."""
    return shutil.get_terminal_size((_WIDTH, 0)).columns


def print_rows(rows: list[dict], as_json: bool = False) -> None:
    """A listing: JSON for scripts, else a table as wide as its content."""
    from percorsi.texts import text_table

    tell(rows, lambda rows: text_table(rows) if rows else "nothing yet", as_json)
