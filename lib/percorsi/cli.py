"""The command line: one subcommand for each stage, `run` for all, and the listings.

Only arguments, words and exit codes live here; what a command does is in `pipeline` and in the rooms. Spark is
imported by the commands that need it, so that listing, releasing and pulling start at once and need no Java.
"""

import functools
import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from percorsi.errors import PercorsiError, ResultUnavailable, UsageError, exit_codes
from percorsi.home import Home
from percorsi.settings import load_settings

_CODES = "\n\n".join(f"{code}: {meaning}" for code, meaning in exit_codes().items())
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Care pathways of severe mental disorders, measured on the national health flows.",
    epilog=f"Exit codes\n\n0: Done.\n\n{_CODES.removeprefix('0: Done.').strip()}",
)

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="PERCORSI_HOME", help="Folder of all tables, runs, reports and releases.")
]
EnvironmentOption = Annotated[
    str, typer.Option("--env", envvar="PERCORSI_ENV", help="Environment of the configuration: local or cluster.")
]
YearOption = Annotated[int, typer.Option("--year", min=2000, max=2100, help="Evaluation year.")]
RunOption = Annotated[str, typer.Option("--run", help="Identifier of a run, or 'latest'.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]
AcceptOption = Annotated[
    str | None,
    typer.Option("--accept-quality", metavar="REASON", help="Compute over failed quality; the run records why."),
]
DeliveriesOption = Annotated[
    Path, typer.Option("--deliveries", exists=True, file_okay=False, help="Folder that holds the delivery's files.")
]
DeliveredOption = Annotated[
    str | None, typer.Option(help="Day of the delivery, YYYY-MM-DD; by default the day of its first loading.")
]
SkipOption = Annotated[
    bool, typer.Option("--skip-refused", help="Load the other files when some are refused; they are recorded.")
]
HOME = Path("percorsi-home")


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register a subcommand; its errors become words on standard error and the exit code of their type.

    What is unexpected is told by type and place only: the message of a library may quote a value.
    """

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
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


def _years(text: str) -> range:
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if first > last:
        raise UsageError(f"--years {text}: a year or a span such as 2012-2016 is expected")
    return range(first, last + 1)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--delivered {text}: a day such as 2016-04-30 is expected") from None


def _existing(home: Path) -> Home:
    """A home to look into. Raises ResultUnavailable where there is none: a wrong name must not look like no result."""
    if not home.is_dir():
        raise ResultUnavailable(
            f"there is no home {home}", next_step="name it with --home or PERCORSI_HOME; `percorsi run` makes one"
        )
    return Home(home)


def _print_rows(rows: list[dict], as_json: bool) -> None:
    """A listing: JSON for scripts, else a table as wide as its content."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    from percorsi.texts import text_table

    print(text_table(rows) if rows else "nothing yet")


def _print_versions(versions: dict[str, int]) -> None:
    _print_rows([{"table": name, "version": version} for name, version in versions.items()], False)


@command
def synthesize(
    out: Annotated[Path, typer.Option(help="Folder to write the nation's delivery into.")],
    scale: Annotated[float, typer.Option(min=0.0001, max=10, help="1.0 is Italy.")] = 0.01,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 7,
    years: Annotated[str, typer.Option(help="Years to make, such as 2012-2016.")] = "2012-2016",
    error_rate: Annotated[float, typer.Option(min=0, max=10, help="Multiplies the configured rates of errors.")] = 1.0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Write the delivery of a synthetic nation, and the truth beside it."""
    from percorsi.progress import steps
    from percorsi.regions import regions
    from percorsi.synthetic import synthesize

    with steps("synthetic nation", len(regions())) as tick:
        summary = synthesize(out, scale, seed, _years(years), error_rate, workers, tick)
    print(summary)


@command
def ingest(
    deliveries: DeliveriesOption,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    delivered: DeliveredOption = None,
    skip_refused: SkipOption = False,
) -> None:
    """Check a delivery by its layouts and rules, keep it, and bring the current records up to date."""
    from percorsi import pipeline

    report = pipeline.ingest(Home(home), load_settings(env), deliveries, _day(delivered), skip_refused)
    _print_rows([{"flow": flow, **vars(numbers)} for flow, numbers in report.flows.items()], False)
    print(f"delivery {report.delivery} of {report.delivered}" if report.new else "nothing new: loaded before")
    for refused in report.refused:
        print(refused, file=sys.stderr)
    for flow, files in report.passed_over.items():
        print(f"not read yet: {len(files)} files of {flow}", file=sys.stderr)


@command
def conform(home: HomeOption = HOME, env: EnvironmentOption = "local") -> None:
    """Make the facts of persons from the current records."""
    from percorsi import pipeline

    _print_versions(pipeline.conform(Home(home), load_settings(env)))


@command
def quality(
    year: YearOption,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    accept: AcceptOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the data of a year, completeness of diagnosis first."""
    from percorsi import pipeline

    report = pipeline.quality(Home(home), load_settings(env), year, accept)
    _print_rows(report.failed_rows(), as_json)
    print(f"quality report: {report.docs}", file=sys.stderr if as_json else sys.stdout)


@command
def features(year: YearOption, home: HomeOption = HOME, env: EnvironmentOption = "local") -> None:
    """Make the columns that the indicators of a year speak about."""
    from percorsi import pipeline

    _print_versions(pipeline.features(Home(home), load_settings(env), year))


@command
def indicators(
    year: YearOption, home: HomeOption = HOME, env: EnvironmentOption = "local", accept: AcceptOption = None
) -> None:
    """Judge the data, then compute all indicators of a year from the features, as one MLflow run."""
    from percorsi import pipeline

    print(pipeline.indicators(Home(home), load_settings(env), year, accept))


@command
def run(
    deliveries: DeliveriesOption,
    year: YearOption,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    accept: AcceptOption = None,
    delivered: DeliveredOption = None,
    skip_refused: SkipOption = False,
) -> None:
    """All stages in their order; what is up to date already is not done again."""
    from percorsi import pipeline

    result = pipeline.run(Home(home), load_settings(env), deliveries, year, accept, _day(delivered), skip_refused)
    print(result)


@command
def values(
    csv: Annotated[Path, typer.Option("--csv", help="File to write.")],
    run: RunOption = "latest",
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
) -> None:
    """Write all values of a run, unprotected: for the analyst, not for publication."""
    from percorsi.indicators.values import write_csv
    from percorsi.runs import find

    found = find(load_settings(env), _existing(home), run)
    count = write_csv(Home(home), found.run_id, csv)
    print(f"{count} values of run {found.run_id} in {csv}")


@command
def release(
    name: Annotated[str, typer.Option(help="Name of the release, such as 2015.1.")],
    run: RunOption = "latest",
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
) -> None:
    """Publish the values of a run under disclosure control, as a bundle that never changes."""
    from percorsi import pipeline

    path = pipeline.release(Home(home), load_settings(env), run, name)
    print(f"release {name}: {path}")


@command
def pull(
    release: Annotated[str, typer.Option(help="Name of the release, or 'latest'.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("."),
    fmt: Annotated[str, typer.Option("--format", help="csv, xlsx or parquet.")] = "csv",
    home: HomeOption = HOME,
) -> None:
    """Take a release out, as CSV, workbook or Parquet; needs no Java."""
    from percorsi.release import pull

    for path in pull(_existing(home), release, fmt, out):
        print(path)


@command
def releases(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """List the releases."""
    from percorsi.release import list_releases

    _print_rows(list_releases(_existing(home)), as_json)


@command
def runs(home: HomeOption = HOME, env: EnvironmentOption = "local", as_json: JsonOption = False) -> None:
    """List the runs, latest first."""
    from percorsi.runs import list_runs

    _print_rows(list_runs(load_settings(env), _existing(home)).to_dict("records"), as_json)


@command
def deliveries(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """List what was delivered, file by file, with what became of the records."""
    from percorsi.flows import deliveries

    _print_rows(deliveries(_existing(home)).to_dict("records"), as_json)


@command
def catalogue(as_json: JsonOption = False) -> None:
    """Check the catalogue of indicators and list it."""
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.indicators.listing import catalogue_rows

    _print_rows(catalogue_rows(load_catalogue()), as_json)


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the console script and of every job."""
    app(args=arguments)


if __name__ == "__main__":
    main()
