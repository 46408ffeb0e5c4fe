"""The commands of who asks what a number means: the analyst's cohort and attrition, the clinician's cases."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from percorsi.console import (
    HOME,
    EnvironmentOption,
    HomeOption,
    JsonOption,
    RunOption,
    command,
    existing,
    print_rows,
    tell,
    terminal_width,
)
from percorsi.errors import UsageError
from percorsi.home import Home
from percorsi.settings import load_settings

RegionOption = Annotated[
    str | None, typer.Option("--region", help="One region by its three digits, in place of the nation.")
]


def _refuse_unknown(region: str | None) -> None:
    from percorsi.regions import regions

    if region and region not in regions():
        known = ", ".join(f"{area} {name}" for area, name in regions().items())
        meant = region.zfill(3)
        asked = (
            f"three digits: {meant} {regions()[meant]}" if meant in regions() else f"use the digits of one of: {known}"
        )
        raise UsageError(f"no region {region}", next_step=asked)


@command
def cohort(
    year: Annotated[int, typer.Option(min=2000, max=2100, help="Evaluation year.")],
    region: RegionOption = None,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Count persons by pathway, how each came to it, and who had another the year before: not for publication."""
    from percorsi import pipeline
    from percorsi.indicators.cohort import as_text
    from percorsi.indicators.grid import NATION

    _refuse_unknown(region)
    found = pipeline.cohort(existing(home), load_settings(env), year, region or NATION)
    tell(found, as_text, as_json)


@command
def deaths(
    year: Annotated[int, typer.Option(min=2000, max=2100, help="Evaluation year.")],
    region: RegionOption = None,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Count the dead by who tells of them, and where the sources disagree: not for publication."""
    from percorsi import pipeline
    from percorsi.indicators.deaths import as_text
    from percorsi.indicators.grid import NATION

    _refuse_unknown(region)
    found = pipeline.deaths(existing(home), load_settings(env), year, region or NATION)
    tell(found, as_text, as_json)


@command
def attrition(
    code: Annotated[str, typer.Argument(help="Code of an indicator, such as S20.")],
    year: Annotated[
        int | None, typer.Option(min=2000, max=2100, help="Evaluation year; by default the latest run's.")
    ] = None,
    region: RegionOption = None,
    every_region: Annotated[bool, typer.Option("--regions", help="The nation and every region.")] = False,
    component: Annotated[
        str | None, typer.Option(help="A component, such as 1a; by default the one that is the value.")
    ] = None,
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Count who remains after each clause of an indicator, unprotected: for the analyst, not for publication."""
    from percorsi import pipeline
    from percorsi.indicators.attrition import as_text, by_region
    from percorsi.indicators.grid import NATION

    if region and every_region:
        raise UsageError("--region and --regions are two listings", next_step="ask for one of them")
    _refuse_unknown(region)
    found = pipeline.attrition(existing(home), load_settings(env), code, component, year)
    if as_json:
        tell(list(found.of(region)) if region else found.rows(), str, as_json)
    else:
        print(by_region(found) if every_region else as_text(found, region or NATION))


@command
def cases(
    which: Annotated[
        str | None, typer.Argument(help="Code of an indicator or name of a measure; all if left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the clinical cases: who, what happened, why, and the place each must have in the indicator."""
    from percorsi.indicators.cases import as_text, cases_of, load_cases
    from percorsi.indicators.catalogue import load_catalogue

    catalogue = load_catalogue()
    found = cases_of(catalogue, load_cases(), which)
    tell(
        [dataclasses.asdict(case) for case in found] if as_json else found,
        lambda cases: as_text(catalogue, cases, terminal_width()),
        as_json,
    )


@command
def reformulations(
    run: RunOption = "latest", home: HomeOption = HOME, env: EnvironmentOption = "local", as_json: JsonOption = False
) -> None:
    """List what regions read otherwise in a run, each value beside the national reading; unprotected."""
    from percorsi.indicators.reformulations import listing
    from percorsi.runs import find

    found = find(load_settings(env), existing(home), run)
    print_rows(listing(Home(home), found.run_id), as_json)


@command
def standardise(
    code: Annotated[str | None, typer.Option(help="Code of an indicator, such as S20; all, if left out.")] = None,
    standard: Annotated[
        str, typer.Option(help="Composition by sex and age class: nation (of the indicator) or population (ISTAT's).")
    ] = "nation",
    csv: Annotated[Path | None, typer.Option("--csv", help="File to write.")] = None,
    run: RunOption = "latest",
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Compare regions as if all were of one sex and age composition, unprotected: not for publication."""
    from percorsi.indicators.standard import Standard, shown, standardised_values
    from percorsi.indicators.values import write_frame
    from percorsi.runs import find

    if standard not in list(Standard):
        raise UsageError(f"no standard '{standard}'", next_step=f"use one of: {', '.join(Standard)}")
    if not (code or csv or as_json):
        raise UsageError("of all indicators there are thousands of lines", next_step="name one by --code, or use --csv")
    found = find(load_settings(env), existing(home), run)
    rows = standardised_values(Home(home), found.run_id, found.year, Standard(standard), code)
    if csv:
        write_frame(rows, csv)
        print(f"{len(rows)} standardised values of run {found.run_id} in {csv}")
    else:
        print_rows(
            rows.astype(object).where(rows.notna(), None).to_dict("records") if as_json else shown(rows), as_json
        )
        if not as_json:
            print("not protected: for the analyst, not for publication")


@command
def funnel(
    code: Annotated[str | None, typer.Option(help="Code of an indicator, such as S20; all, if left out.")] = None,
    level: Annotated[float, typer.Option(help="Limits at 99.8 or at 95 per cent.")] = 99.8,
    every_department: Annotated[bool, typer.Option("--all", help="Those within the limits as well.")] = False,
    run: RunOption = "latest",
    home: HomeOption = HOME,
    env: EnvironmentOption = "local",
    as_json: JsonOption = False,
) -> None:
    """List the departments further from the nation than by chance, unprotected: not for publication."""
    from percorsi.dsm_names import dsm_names
    from percorsi.indicators.catalogue import load_catalogue
    from percorsi.indicators.kind import GAP
    from percorsi.indicators.outliers import WITHIN, departments, shown
    from percorsi.indicators.values import read_values
    from percorsi.runs import find

    if level not in (95, 99.8):
        raise UsageError(f"no limits at {level:g} per cent", next_step="use --level 99.8 or --level 95")
    catalogue = load_catalogue()
    gaps = [one for one, (measure, _) in catalogue.by_code.items() if measure.kind == GAP]
    # Residents are not scaled: a gap of a smaller nation says nothing.
    left_out = gaps if Home(home).synthetic and code is None else []
    codes = [one for one in catalogue.by_code if one not in left_out]
    if code is not None:
        codes = [catalogue.find(code)[1].code]
    found = find(load_settings(env), existing(home), run)
    rows = departments(read_values(Home(home), found.run_id), catalogue, codes, wide=level > 95)
    judged, asked = len(rows), rows if every_department else rows[rows["lies"] != WITHIN]
    if as_json:
        print_rows(asked.to_dict("records"), as_json)
        return
    if len(asked):
        print_rows(shown(asked, dsm_names(Home(home), found.year)))
    outside = int((rows["lies"] != WITHIN).sum())
    print(f"{outside} of {judged} values of departments lie outside of their limits at {level:g}%; not protected")
    if left_out:
        print(f"without {', '.join(left_out)}: the gaps of a synthetic nation below scale 1 mean nothing")
