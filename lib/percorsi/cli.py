"""The command line: one subcommand for each stage, `run` for all, and the listings.

Those who ask what a number means find their commands in `analyst`, the steward in `steward`, who keeps the home in
`keeper`.

Only arguments, words and exit codes live here; what a command does is in `pipeline` and in the rooms. Spark is
imported by the commands that need it, so that listing, releasing and pulling start at once and need no Java.
"""

import os
import re
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from percorsi.console import (
    HOME,
    EnvironmentOption,
    HomeOption,
    JsonOption,
    RunOption,
    app,
    command,
    existing,
    print_rows,
    tell,
    terminal_width,
)
from percorsi.errors import UsageError
from percorsi.home import Home
from percorsi.settings import load_settings

YearOption = Annotated[int, typer.Option("--year", min=2000, max=2100, help="Evaluation year.")]
AcceptOption = Annotated[
    str | None,
    typer.Option("--accept-quality", metavar="REASON", help="Compute over failed quality; the run records why."),
]
WhoOption = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who accepts failed quality; by default the user.")
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


def _accepting(reason: str | None, who: str | None) -> dict[str, str | None]:
    """Who accepts failed quality. Raises UsageError for a reason without words, or a name without a reason."""
    if reason is not None and not reason.strip():
        raise UsageError("--accept-quality: a reason is expected; the run records it")
    if who is not None and (reason is None or not who.strip()):
        raise UsageError("--as: a name is expected, of who accepts failed quality (--accept-quality REASON)")
    return {"accepted_by": who}


def _print_versions(versions: dict[str, int]) -> None:
    print_rows([{"table": name, "version": version} for name, version in versions.items()])


def _tell_returned(home: Home) -> None:
    """Say it where somebody who was erased is there again: what becomes of it is the steward's."""
    from percorsi.erasure import come_back

    for day, persons in come_back(home).items():
        print(f"persons erased on {day} who were delivered again: {persons} (docs/erasure.md)", file=sys.stderr)


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
    if report.flows:
        print_rows([{"flow": flow, **vars(numbers)} for flow, numbers in report.flows.items()])
    print(f"delivery {report.delivery} of {report.delivered}" if report.new else "nothing new: loaded before")
    for refused in report.refused:
        print(refused, file=sys.stderr)


@command
def conform(home: HomeOption = HOME, env: EnvironmentOption = "local") -> None:
    """Make the facts of persons from the current records."""
    from percorsi import pipeline

    _print_versions(pipeline.conform(Home(home), load_settings(env)))
    _tell_returned(Home(home))


@command
def quality(
    year: YearOption,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    accept: AcceptOption = None,
    who: WhoOption = None,
    rejudge: Annotated[
        bool, typer.Option("--rejudge", help="Count nothing: judge what was counted by the thresholds of today.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Judge the data of a year, completeness of diagnosis first; every item of every table is counted.

    The thresholds are in expectations/: edit them, and --rejudge says within seconds what would fail.
    """
    from percorsi import pipeline

    accepting = _accepting(accept, who)
    report = pipeline.quality(Home(home), load_settings(env), year, accept, rejudge=rejudge, **accepting)
    print_rows(report.failed_rows(), as_json)
    print(f"quality report: {report.docs}", file=sys.stderr if as_json else sys.stdout)


@command
def features(
    year: Annotated[int | None, typer.Option("--year", min=2000, max=2100, help="Evaluation year.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="Only tell what each column means and who uses it.")] = False,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Make the columns that the indicators of a year speak about, or list them."""
    if listing:
        from percorsi.indicators.catalogue import load_catalogue
        from percorsi.indicators.columns import column_rows, listed

        tell(column_rows(load_catalogue()), lambda rows: listed(rows, terminal_width()), as_json)
        return
    if year is None:
        raise UsageError("a year is needed", next_step="--year YEAR makes its features; --list tells the columns")
    from percorsi import pipeline

    _print_versions(pipeline.features(Home(home), load_settings(env), year))


@command
def indicators(
    year: YearOption,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    accept: AcceptOption = None,
    who: WhoOption = None,
) -> None:
    """Judge the data, then compute all indicators of a year from the features, as one MLflow run."""
    from percorsi import pipeline

    print(pipeline.indicators(Home(home), load_settings(env), year, accept, **_accepting(accept, who)))


@command
def run(
    deliveries: DeliveriesOption,
    year: YearOption,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    accept: AcceptOption = None,
    who: WhoOption = None,
    delivered: DeliveredOption = None,
    skip_refused: SkipOption = False,
) -> None:
    """All stages in their order; what is up to date already is not done again."""
    from percorsi import pipeline

    given = (Home(home), load_settings(env), deliveries, year, accept, _day(delivered), skip_refused)
    result = pipeline.run(*given, **_accepting(accept, who))
    print(result)
    _tell_returned(Home(home))


@command
def values(
    csv: Annotated[Path, typer.Option("--csv", help="File to write.")],
    all_columns: Annotated[
        bool,
        typer.Option("--all-columns", help="Limits at 99.8%, spread of means, funnels and the rest after the others."),
    ] = False,
    run: RunOption = "latest",
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
) -> None:
    """Write all values of a run, unprotected: for the analyst, not for publication."""
    from percorsi.indicators.values import write_csv
    from percorsi.runs import find

    found = find(load_settings(env), existing(home), run)
    count = write_csv(Home(home), found.run_id, csv, all_columns)
    print(f"{count} values of run {found.run_id} in {csv}")


@command
def release(
    name: Annotated[str, typer.Option(help="Name of the release, such as 2015.1.")],
    run: RunOption = "latest",
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
) -> None:
    """Publish the values of a run under disclosure control, as a bundle that never changes.

    The attack that has to fail before anything is published takes some minutes where many cells are small.
    """
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

    for path in pull(existing(home), release, fmt, out):
        print(path)


@command
def releases(home: HomeOption = HOME, as_json: JsonOption = False) -> None:
    """List the releases."""
    from percorsi.release import list_releases

    print_rows(list_releases(existing(home)), as_json)


@command
def runs(home: HomeOption = HOME, env: EnvironmentOption = "local", as_json: JsonOption = False) -> None:
    """List the runs, latest first."""
    from percorsi.runs import list_runs

    print_rows(list_runs(load_settings(env), existing(home)).to_dict("records"), as_json)


@command
def catalogue(
    counts: Annotated[bool, typer.Option("--counts", help="Only how many there are in each set.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the catalogue of indicators and list it, all cards of the agreement.

    The table ends in how many there are in each set; with --json, --counts tells them. Status: N national flows as the
    card says, P a proxy on them, S the supplementary flow; waiting: not measured yet.
    """
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.indicators.listing import card_rows, listed, summary_rows

    known = load_catalogue()
    counted = summary_rows(known)
    if not counts:
        tell(card_rows(known), lambda rows: listed(rows, terminal_width()), as_json)
        if as_json:
            return
        print()
    print_rows(counted, as_json)


# Their commands join those above, and follow them in the help.
from percorsi import analyst, keeper, steward  # noqa: E402, F401


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the console script and of every job."""
    app(args=arguments)


if __name__ == "__main__":
    main()
