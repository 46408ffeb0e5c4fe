"""The stage `conform`: current records in, facts of persons out, each table only where its inputs changed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from percorsi.conformed import activity, coverage, hospital, people
from percorsi.conformed.identity import KEY_FINGERPRINT, fingerprint, refuse_collision
from percorsi.conformed.link import links
from percorsi.conformed.sources import LEDGER, Sources
from percorsi.digests import code_digest, conf_digest, digest
from percorsi.settings import Settings
from percorsi.storage import Store, by_person
from percorsi.tables import table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STAGE = "conformed"
_REGISTERS = ("ANT", "ANR")
# Activity flow -> the table that holds its records of somebody.
ACTIVITY = {
    "CNT": "care_episode",
    "CNR": "care_episode",
    "PST": "intervention",
    "PSS": "presence",
    "PSR": "residential_stay",
}


@dataclass(frozen=True)
class _Recipe:
    """How one table is made: from which flows and parameters, by which function, and whether it speaks of persons."""

    name: str
    inputs: tuple[str, ...]
    make: Callable[["_Run"], "DataFrame"]
    parameters: tuple[str, ...] = ()
    of_persons: bool = True


class _Run:
    """Frames that several tables share, made when the first of them asks."""

    def __init__(self, store: Store, settings: Settings, key: bytes) -> None:
        self.store = store
        self.settings = settings
        self.sources = Sources(store)
        self.versions: dict[str, int] = {}
        self._key = key
        self._kept: list[DataFrame] = []

    @cached_property
    def registrations(self) -> "DataFrame":
        """Kept while the run lasts: persons, their anagrafica and the links are all made from it."""
        ant, anr = (self.sources.current(flow) for flow in _REGISTERS)
        return self._keep(people.registrations(ant, anr, self._key))

    @cached_property
    def discharges(self) -> "DataFrame":
        return hospital.discharges(self.sources.current("SDO"), self._key)

    @cached_property
    def links(self) -> "DataFrame":
        """Kept while the run lasts, and counted once, so that its size is known before the joins are planned."""
        kept = self._keep(links(self.registrations))
        kept.count()
        return kept

    def persons(self) -> "DataFrame":
        kept = self._keep(people.persons(self.registrations, self.discharges))
        refuse_collision(kept)
        return self.laid(kept)

    def conformed(self, name: str) -> "DataFrame":
        return self.store.read(f"{STAGE}/{name}", self.versions[f"{STAGE}/{name}"])

    def laid(self, df: "DataFrame", *order: str) -> "DataFrame":
        return by_person(df, self.settings.spark.person_partitions, *order)

    def release(self) -> None:
        for frame in self._kept:
            frame.unpersist()

    def _keep(self, df: "DataFrame") -> "DataFrame":
        self._kept.append(df.persist())
        return self._kept[-1]


def _stays(run: _Run) -> "DataFrame":
    parameters = run.settings.parameters
    records = run.conformed("hospital_record")
    stays = hospital.join_transfers(records, parameters.transfer_gap_days, parameters.spdc_public_only)
    return run.laid(stays, "admission_date")


def _orphans(run: _Run) -> "DataFrame":
    tables = {name: flow for flow, name in ACTIVITY.items()}
    return coverage.orphans(
        [
            *(coverage.current_records(run.sources.current(flow), flow) for flow in ACTIVITY),
            *(coverage.linked_records(run.conformed(name), flow) for name, flow in tables.items()),
            coverage.anonymous_records(run.sources.current("SDO")),
        ]
    )


def _recipes() -> list[_Recipe]:
    """In the order in which they are made: a table that is read by another comes before it."""
    return [
        _Recipe("person", (*_REGISTERS, "SDO"), _Run.persons),
        _Recipe(
            "registration",
            _REGISTERS,
            lambda r: people.registration_table(r.registrations, r.settings.spark.person_partitions),
        ),
        _Recipe(
            "care_episode",
            (*_REGISTERS, "CNT", "CNR"),
            lambda r: r.laid(
                activity.care_episodes(r.sources.current("CNT"), r.sources.current("CNR"), r.links), "opening_date"
            ),
        ),
        _Recipe(
            "intervention",
            (*_REGISTERS, "PST"),
            lambda r: r.laid(activity.interventions(r.sources.current("PST"), r.links), "date"),
        ),
        _Recipe(
            "presence",
            (*_REGISTERS, "PSS"),
            lambda r: r.laid(activity.presences(r.sources.current("PSS"), r.links), "date"),
        ),
        _Recipe(
            "residential_stay",
            (*_REGISTERS, "PSR"),
            lambda r: r.laid(activity.residential_stays(r.sources.current("PSR"), r.links), "admission_date"),
        ),
        _Recipe(
            "hospital_record",
            ("SDO",),
            lambda r: hospital.hospital_records(r.discharges, r.settings.spark.person_partitions),
        ),
        _Recipe("hospital_stay", ("SDO",), _stays, parameters=("transfer_gap_days", "spdc_public_only")),
        _Recipe("service", ("STR",), lambda r: coverage.services(r.sources.current("STR")), of_persons=False),
        _Recipe(
            "delivered_period", (LEDGER,), lambda r: coverage.delivered_periods(r.sources.ledger()), of_persons=False
        ),
        _Recipe("orphan", (*_REGISTERS, *ACTIVITY, "SDO"), _orphans, of_persons=False),
    ]


def conform(store: Store, settings: Settings, tick: Callable[[str], None] | None = None) -> dict[str, int]:
    """Make the conformed tables anew where their inputs, parameters, declarations, key or code changed.

    Gives the version of each table, by its name (`conformed/person`, ...). Flows that were never delivered give empty
    tables. `tick` is called with the name of each table as its turn comes.

    Raises ConfigurationError where a table was made with another key, PercorsiError where two identities share one
    person_id.
    """
    key = store.home.person_key()
    fingerprint_of_key = fingerprint(key)
    recipes = _recipes()
    for recipe in recipes:
        if recipe.of_persons:
            store.refuse_other_key(f"{STAGE}/{recipe.name}", fingerprint_of_key)
    run = _Run(store, settings, key)
    try:
        for recipe in recipes:
            if tick:
                tick(recipe.name)
            name = f"{STAGE}/{recipe.name}"
            made_from = _made_from(recipe, run, fingerprint_of_key)
            if store.digest(name) == made_from:
                run.versions[name] = store.version(name)
                continue
            properties = {KEY_FINGERPRINT: fingerprint_of_key} if recipe.of_persons else None
            rows = table(name).conform(recipe.make(run))
            run.versions[name] = store.write(rows, name, digest=made_from, properties=properties)
    finally:
        run.release()
    return run.versions


def table_count() -> int:
    """How many tables the stage makes: the number of its ticks."""
    return len(_recipes())


def _made_from(recipe: _Recipe, run: _Run, fingerprint_of_key: str) -> str:
    return digest(
        {
            "table": recipe.name,
            "inputs": {name: run.sources.versions[name] for name in recipe.inputs},
            "parameters": {name: getattr(run.settings.parameters, name) for name in recipe.parameters},
            "declaration": conf_digest(f"tables/{STAGE}"),
            "code": code_digest(STAGE),
            "key": fingerprint_of_key if recipe.of_persons else None,
        }
    )
