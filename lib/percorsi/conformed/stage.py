"""The stage `conform`: current records in, facts of persons out, each table only where its inputs changed.

A table that is made region by region carries a digest for each region in the note of its commit, and only the regions
whose own digest is another are made again.
"""

from collections.abc import Callable
from functools import cache

from percorsi.conformed.identity import KEY_FINGERPRINT, fingerprint
from percorsi.conformed.recipes import Regional, Whole, recipes
from percorsi.conformed.run import REGISTERS, STAGE, Run
from percorsi.digests import code_digest, conf_digest, digest
from percorsi.settings import Settings
from percorsi.storage import Store
from percorsi.tables import table

# Rows that a file of a region may hold before the region is cut into ranges of persons.
FILE_ROWS = 500_000


def conform(store: Store, settings: Settings, tick: Callable[[str], None] | None = None) -> dict[str, int]:
    """Make the conformed tables anew where their inputs, parameters, declarations, key or code changed.

    Gives the version of each table, by its name (`conformed/person`, ...). Flows that were never delivered give empty
    tables. `tick` is called with the name of each table as its turn comes.

    Raises ConfigurationError where a table was made with another key, PercorsiError where two identities share one
    person_id.
    """
    key = store.home.person_key()
    stage = _Stage(store, settings, key)
    try:
        for recipe in stage.recipes:
            if tick:
                tick(recipe.name)
            stage.make(recipe)
    finally:
        stage.run.release()
    return stage.run.versions


def table_count() -> int:
    """How many tables the stage makes: the number of its ticks."""
    return len(recipes())


class _Stage:
    """What has to be made, decided before anything is."""

    def __init__(self, store: Store, settings: Settings, key: bytes) -> None:
        self.store = store
        self.recipes = recipes()
        self._fingerprint = fingerprint(key)
        for recipe in self.recipes:
            if recipe.of_persons:
                store.refuse_other_key(f"{STAGE}/{recipe.name}", self._fingerprint)
        self.run = Run(store, settings, key)
        self._due = cache(self._find_due)
        self.run.linked = frozenset().union(*(self._due(r)[0] for r in self.recipes if _asks_registers(r)))

    def make(self, recipe: Whole | Regional) -> None:
        """Write the table, or those regions of it, that are not as they would be made now."""
        name = f"{STAGE}/{recipe.name}"
        made = self._make_regions(recipe, name) if isinstance(recipe, Regional) else self._make_whole(recipe, name)
        self.run.versions[name] = self.store.version(name) if made is None else made

    def _make_whole(self, recipe: Whole, name: str) -> int | None:
        made_from = self._made_from(
            recipe,
            inputs={flow: self.run.sources.versions[flow] for flow in recipe.inputs},
            parameters={p: getattr(self.run.settings.parameters, p) for p in recipe.parameters},
        )
        if self.store.digest(name) == made_from:
            return None
        rows = table(name).conform(recipe.make(self.run))
        return self.store.write(rows, name, digest=made_from, properties=self._properties(recipe))

    def _make_regions(self, recipe: Regional, name: str) -> int | None:
        regions, parts, everywhere = self._due(recipe)
        made_from = self._made_from(recipe, parts=parts)
        if self.store.digest(name) == made_from:
            return None
        rows = recipe.lay(recipe.make(self.run, regions), self._tasks(recipe, regions))
        return self.store.write(
            table(name).conform(rows),
            name,
            digest=made_from,
            parts=parts,
            partition_by=("region",),
            replace_where=None if everywhere else _in_regions(regions),
            properties=self._properties(recipe),
        )

    def _find_due(self, recipe: Regional) -> tuple[frozenset[str], dict[str, str], bool]:
        """The regions to make again, what each region would be made from, and whether that is the whole table.

        A region whose records are all gone is made again too, into nothing.
        """
        sources = self.run.sources
        flows = (*recipe.rows_of, *recipe.linked_by)
        wanted = {
            region: self._made_from(
                recipe,
                inputs={f: sources.parts(f)[region].state for f in flows if region in sources.parts(f)},
                national={flow: sources.content(flow) for flow in recipe.national},
            )
            for region in sorted({region for flow in recipe.rows_of for region in sources.parts(flow)})
        }
        noted = self.store.parts(f"{STAGE}/{recipe.name}")
        regions = wanted.keys() | noted.keys()
        due = frozenset(region for region in regions if wanted.get(region) != noted.get(region))
        return due, wanted, not noted or due == regions

    def _tasks(self, recipe: Regional, regions: frozenset[str]) -> dict[str, range]:
        """The partitions that write each region, in the order of the regions: a file for so many rows, one at least.

        Small regions share a partition, which writes their files one after the other.
        """
        parts = [self.run.sources.parts(flow) for flow in recipe.rows_of]
        records = {r: sum(part[r].records for part in parts if r in part) for r in sorted(regions)}
        enough = min(FILE_ROWS, 1 + sum(records.values()) // self.run.settings.spark.person_partitions)
        tasks, last, held = {}, 0, 0
        for region, number in records.items():
            if held and held + number > enough:
                last, held = last + 1, 0
            tasks[region] = range(last, last + 1 + number // FILE_ROWS)
            last, held = tasks[region].stop - 1, held + number
        return tasks

    def _made_from(self, recipe: Whole | Regional, **inputs: dict) -> str:
        return digest(
            {
                "table": recipe.name,
                **inputs,
                "declaration": conf_digest(f"tables/{STAGE}"),
                "code": code_digest(STAGE),
                "lists": recipe.told_by() if recipe.told_by else None,
                "key": self._fingerprint if recipe.of_persons else None,
            }
        )

    def _properties(self, recipe: Whole | Regional) -> dict[str, str] | None:
        return {KEY_FINGERPRINT: self._fingerprint} if recipe.of_persons else None


def _asks_registers(recipe: Whole | Regional) -> bool:
    return isinstance(recipe, Regional) and not set(REGISTERS).isdisjoint((*recipe.rows_of, *recipe.linked_by))


def _in_regions(regions: frozenset[str]) -> str:
    """A condition on the regions, which no code of a region can break out of."""
    quoted = ["'" + region.replace("\\", "\\\\").replace("'", "\\'") + "'" for region in sorted(regions)]
    return f"region in ({', '.join(quoted)})"
