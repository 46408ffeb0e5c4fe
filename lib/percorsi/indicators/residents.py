"""Residents of the areas of a year: ISTAT's of the regions, the catchments of their CSMs of the DSMs."""

from typing import TYPE_CHECKING

from percorsi import reference

if TYPE_CHECKING:
    from percorsi.storage import Store

CSM = "CSM"  # kind of service that has a catchment


def residents(store: "Store", year: int) -> dict[str, int]:
    """Region or DSM -> persons of all ages on 1 January of `year`; an area of which it is not known is not there.

    Of a DSM POPOLAZIONE (STR) summed over its CSMs of the year, each of which has a catchment of its own.
    """
    found: dict[str, int] = {}
    if year in reference.years_of_population():
        found = reference.population(year).groupby("region")["residents"].sum().astype(int).to_dict()
    if store.exists("conformed/service"):
        own = store.read("conformed/service").where(f"year = {int(year)} and kind = '{CSM}' and population > 0")
        summed = own.selectExpr("concat_ws('-', region, azienda, dsm) as dsm", "population").groupBy("dsm")
        found |= {row[0]: int(row[1]) for row in summed.sum("population").collect()}
    return found
