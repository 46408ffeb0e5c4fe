"""One run of the stage: its inputs, and the frames that several tables share, made when the first of them asks."""

from functools import cached_property
from typing import TYPE_CHECKING

from percorsi.conformed import hospital, people
from percorsi.conformed.identity import refuse_collision
from percorsi.conformed.link import links
from percorsi.conformed.sources import Sources
from percorsi.settings import Settings
from percorsi.storage import Store, by_person

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STAGE = "conformed"
REGISTERS = ("ANT", "ANR")


class Run:
    """What the makers of the tables are given.

    `linked` are the regions whose anagrafica some table made by region asks for; `versions` grows with the tables made.
    """

    def __init__(self, store: Store, settings: Settings, key: bytes) -> None:
        self.store = store
        self.settings = settings
        self.key = key
        self.sources = Sources(store)
        self.linked: frozenset[str] = frozenset()
        self.versions: dict[str, int] = {}
        self._kept: list[DataFrame] = []

    @cached_property
    def registrations(self) -> "DataFrame":
        """Those of the linked regions; kept while the run lasts: anagrafica, links and persons are made from it."""
        return self._keep(self._registrations(self.linked))

    @cached_property
    def links(self) -> "DataFrame":
        """Kept while the run lasts, and counted once, so that its size is known before the joins are planned."""
        kept = self._keep(links(self.registrations))
        kept.count()
        return kept

    @cached_property
    def discharges(self) -> "DataFrame":
        return hospital.discharges(self.sources.current("SDO"), self.key)

    def persons(self) -> "DataFrame":
        """All persons; the anagrafica of a region is read once where it is asked for otherwise too."""
        everywhere = frozenset(region for flow in REGISTERS for region in self.sources.parts(flow))
        registrations = self.registrations if everywhere <= self.linked else self._registrations(None)
        told = [people.told_of(self.sources.current(flow), flow, self.key) for flow in people.TELLING]
        kept = self._keep(people.persons(registrations, [self.discharges, *told]))
        refuse_collision(kept)
        return kept

    def conformed(self, name: str) -> "DataFrame":
        """A table made before in this run."""
        return self.store.read(f"{STAGE}/{name}", self.versions[f"{STAGE}/{name}"])

    def laid(self, df: "DataFrame", *order: str) -> "DataFrame":
        return by_person(df, self.settings.spark.person_partitions, *order)

    def release(self) -> None:
        for frame in self._kept:
            frame.unpersist()

    def _registrations(self, regions: frozenset[str] | None) -> "DataFrame":
        ant, anr = (self.sources.current(flow, regions) for flow in REGISTERS)
        return people.registrations(ant, anr, self.key)

    def _keep(self, df: "DataFrame") -> "DataFrame":
        self._kept.append(df.persist())
        return self._kept[-1]
