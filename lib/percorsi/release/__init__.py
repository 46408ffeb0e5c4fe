"""Releases: values of a run under disclosure control, as a bundle that never changes; and the way to pull them.

Nothing here needs Spark or Java. What making a release needs (the solver of the attack) is loaded by `make` only.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from percorsi.release.pulling import list_releases, pull

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

    from percorsi.home import Home
    from percorsi.release.bundle import ReleasedRun
    from percorsi.release.components import Nesting
    from percorsi.release.populations import Population

__all__ = ["list_releases", "make", "pull"]


def make(
    home: "Home",
    run: "ReleasedRun",
    name: str,
    values: "pd.DataFrame",
    catalogue: "list[dict]",
    *,
    synthetic: bool | None = None,
    dsm_names: dict[str, str] | None = None,
    nested: "Collection[Nesting]" = (),
    populations: "Collection[Population]" = (),
    tick: "Callable[[str], None] | None" = None,
) -> Path:
    """Publish the values of a run; see `percorsi.release.bundle.make`."""
    from percorsi.release.bundle import make as make_bundle

    options = {"synthetic": synthetic, "dsm_names": dsm_names, "nested": nested, "populations": populations}
    return make_bundle(home, run, name, values, catalogue, **options, tick=tick)
