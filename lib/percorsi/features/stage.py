"""The stage `features`: conformed tables in, the feature tables' slices of one year out, where something changed."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.digests import code_digest, conf_digest, digest
from percorsi.errors import ResultUnavailable
from percorsi.features import pathways
from percorsi.features.boundaries import Boundaries
from percorsi.features.crosswalk import Crosswalk, crosswalk_file, load_crosswalk
from percorsi.features.frames import INPUTS, TABLES, build_frames
from percorsi.settings import Parameters, Settings
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STAGE = "features"
ROOMS = (STAGE, "cohorts", "intervals", "conformed")  # of the library, whose code makes the tables


def build(store: Store, settings: Settings, year: int, tick: Callable[[str], None] | None = None) -> dict[str, int]:
    """Make the slices of `year` anew unless they were made from the same tables, parameters and code.

    Gives the version of each feature table by its name (`features/person_year`, ...). `tick` is called with the name of
    each table as its turn comes. Raises ResultUnavailable where a conformed table is not there, ConfigurationError
    where the crosswalk of the areas has faults.
    """
    tick = tick or (lambda step: None)
    crosswalk = _crosswalk(store)
    versions = _versions(store)
    made_from = _made_from(versions, settings, crosswalk)
    names = [f"{STAGE}/{name}" for name in TABLES]
    if _up_to_date(store, year, made_from):
        return {name: store.version(name) for name in names}

    written = {}
    with _made(store, versions, settings.parameters, year, crosswalk) as made:
        for table, name in zip(TABLES, names, strict=True):
            tick(table)
            note = json.dumps({**_noted(store, name), str(year): made_from}, sort_keys=True)
            written[name] = store.write(
                made[name], name, digest=note, partition_by=("year",), replace_where=f"year = {int(year)}"
            )
    return written


@contextlib.contextmanager
def frames_of_year(store: Store, parameters: Parameters, year: int) -> "Iterator[Mapping[str, DataFrame]]":
    """The feature tables of `year` with some parameters, from the present facts, by name (`features/person_year`, ...).

    Frames only: no table is written, and what is kept of them is let go when the block ends. Raises as `build` does.
    """
    with _made(store, _versions(store), parameters, year, _crosswalk(store)) as made:
        yield made


def pathways_of_year(store: Store, parameters: Parameters, year: int) -> "DataFrame":
    """The pathways of a year from the present facts, one row a person in contact (`pathways.pathways`), whether or not
    its features were made. Raises as `build` does."""
    frames = {name: store.read(f"conformed/{name}") for name in pathways.INPUTS}
    window = EvaluationWindow(year)
    return pathways.pathways(frames, parameters, window, Boundaries(_crosswalk(store), frames["service"], window))


@contextlib.contextmanager
def _made(
    store: Store, versions: dict[str, int], parameters: Parameters, year: int, crosswalk: Crosswalk
) -> "Iterator[dict[str, DataFrame]]":
    """The frames of the feature tables by name, what is read more than once kept while the block lasts."""
    frames = {name: store.read(f"conformed/{name}", versions[name]) for name in INPUTS}
    kept: list[DataFrame] = []

    def keep(df: "DataFrame") -> "DataFrame":
        kept.append(df.persist())
        return kept[-1]

    try:
        made = build_frames(frames, parameters, year, keep, crosswalk)
        yield {f"{STAGE}/{name}": df for name, df in made.items()}
    finally:
        for df in kept:
            df.unpersist()


def require(store: Store, settings: Settings, year: int) -> None:
    """Raise ResultUnavailable unless the features of `year` are those of the present tables, parameters and code."""
    if not _up_to_date(store, year, _made_from(_versions(store), settings, _crosswalk(store))):
        raise ResultUnavailable(
            f"the features of {year} are not those of the present facts, parameters and code",
            next_step=f"`percorsi features --year {year}` makes them; `percorsi run` takes the whole way",
        )


def _versions(store: Store) -> dict[str, int]:
    """Conformed table -> its version. Raises ResultUnavailable where one is not there."""
    return {name: store.version(f"conformed/{name}") for name in INPUTS}


def _up_to_date(store: Store, year: int, made_from: str) -> bool:
    return all(_noted(store, f"{STAGE}/{name}").get(str(year)) == made_from for name in TABLES)


def _noted(store: Store, name: str) -> dict[str, str]:
    """Year -> digest of its slice, as the last write noted them: the slices of other years stay known."""
    return json.loads(store.digest(name) or "{}")


def _crosswalk(store: Store) -> Crosswalk:
    return load_crosswalk(crosswalk_file(store.home))


def _made_from(versions: dict[str, int], settings: Settings, crosswalk: Crosswalk) -> str:
    return digest(
        {
            "inputs": versions,
            "crosswalk": [move[:-1] for move in crosswalk.moves],  # whatever their lines
            "parameters": settings.parameters.model_dump(),
            "codes": conf_digest("codes", f"tables/{STAGE}"),
            "code": code_digest(*ROOMS),
        }
    )
