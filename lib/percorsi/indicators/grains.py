"""What an indicator counts: persons of a year, or their SPDC stays; and the tables that say so."""

from dataclasses import dataclass

from percorsi.tables import table

AREAS = "areas"  # the column of a unit that lists the areas in which it counts, once each


@dataclass(frozen=True)
class Grain:
    """What is counted: a feature table, one row a unit."""

    unit: str
    units: str

    def columns(self) -> dict[str, str]:
        """The documented columns that clauses may speak of: name -> Spark type. Not where a unit counts."""
        return {name: column.type for name, column in table(self.units).columns.items() if name != AREAS}


GRAINS = {
    "person_year": Grain("person", "features/person_year"),
    "spdc_stay": Grain("stay", "features/spdc_stay"),
}
