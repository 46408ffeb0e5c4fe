"""What an indicator counts: persons of a year, or their SPDC stays; and the tables that say so."""

from dataclasses import dataclass

from percorsi.tables import table


@dataclass(frozen=True)
class Grain:
    """What is counted: a feature table, one row a unit, and the table of the areas in which a unit counts once each."""

    unit: str
    units: str
    areas: str
    key: tuple[str, ...]

    def columns(self) -> dict[str, str]:
        """The documented columns that clauses may speak of: name -> Spark type."""
        return {name: column.type for name, column in table(self.units).columns.items()}


GRAINS = {
    "person_year": Grain("person", "features/person_year", "features/person_area", ("person_id",)),
    "spdc_stay": Grain("stay", "features/spdc_stay", "features/stay_area", ("person_id", "stay")),
}
