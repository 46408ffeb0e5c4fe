"""How each conformed table is made: from which flows and parameters, by which function, whole or region by region."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from percorsi.code_lists import discipline_sql, event_attribute_sql
from percorsi.conformed import activity, contacts, coverage, drugs, hospital, people, registers
from percorsi.conformed.run import REGISTERS, Run
from percorsi.conformed.sources import LEDGER
from percorsi.storage import by_region

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Regions = frozenset[str]
Tasks = dict[str, range]
# Activity flow -> the table that holds its records of somebody.
ACTIVITY = {
    "CNT": "care_episode",
    "CNR": "care_episode",
    "PST": "intervention",
    "PSS": "presence",
    "PSR": "residential_stay",
}
# Flows whose records carry a CUNI of their own, and whether it has a type.
NAMED = {
    "SDO": None,
    "FAR": None,
    "DIR": "cuni_type",
    "SPE": None,
    "PS": "cuni_type",
    "SIND": None,
    "NPIA": None,
    "SUP": None,
    "ANA": None,
    "CDM": None,
}


@dataclass(frozen=True)
class Whole:
    """A table that is made as a whole, laid by its maker. `told_by` gives the conditions of code lists it rests on."""

    name: str
    inputs: tuple[str, ...]
    make: Callable[[Run], "DataFrame"]
    parameters: tuple[str, ...] = ()
    of_persons: bool = True
    told_by: Callable[[], str] | None = None


@dataclass(frozen=True)
class Regional:
    """A table whose rows rest on the current records of their own region, and on national registers.

    `rows_of` are the flows whose records become rows, `linked_by` those that say whose they are. `make` gives the rows
    of some regions, `lay` sorts them into the partitions that each region is given. `told_by` is as in `Whole`.
    """

    name: str
    rows_of: tuple[str, ...]
    make: Callable[[Run, Regions], "DataFrame"]
    lay: Callable[["DataFrame", Tasks], "DataFrame"]
    linked_by: tuple[str, ...] = ()
    national: tuple[str, ...] = ()
    of_persons: bool = True
    told_by: Callable[[], str] | None = None


def _sorted(*order: str) -> Callable[["DataFrame", Tasks], "DataFrame"]:
    return lambda df, tasks: by_region(df, tasks, *order)


def _activity(flows: tuple[str, ...], make: Callable[..., "DataFrame"], order: str) -> Regional:
    """A table of SISM activity, which finds its persons through the anagrafica."""
    return Regional(
        ACTIVITY[flows[0]],
        flows,
        lambda run, regions: make(*(run.sources.current(flow, regions) for flow in flows), run.links),
        _sorted(order),
        linked_by=REGISTERS,
    )


def _contacts(
    name: str,
    flow: str,
    make: Callable[["DataFrame", bytes], "DataFrame"],
    order: str,
    told_by: Callable[[], str] | None = None,
) -> Regional:
    """A table of records with a CUNI of their own."""
    return Regional(
        name,
        (flow,),
        lambda run, regions: make(run.sources.current(flow, regions), run.key),
        _sorted(order),
        told_by=told_by,
    )


def _register(name: str, flow: str, make: Callable[["DataFrame"], "DataFrame"]) -> Whole:
    """A register that speaks of no person."""
    return Whole(name, (flow,), lambda run: make(run.sources.current(flow)), of_persons=False)


def _dispensings(run: Run, regions: Regions) -> "DataFrame":
    far, dir_ = (run.sources.current(flow, regions) for flow in (drugs.PHARMACY, drugs.DIRECT))
    return drugs.dispensings(far, dir_, run.conformed("drug_pack"), run.key)


def _stays(run: Run) -> "DataFrame":
    parameters = run.settings.parameters
    records = run.conformed("hospital_record")
    stays = hospital.join_transfers(records, parameters.transfer_gap_days, parameters.spdc_public_only)
    return run.laid(stays, "admission_date")


def _orphans(run: Run) -> "DataFrame":
    tables = {name: flow for flow, name in ACTIVITY.items()}
    return coverage.orphans(
        [
            *(coverage.current_records(run.sources.current(flow), flow) for flow in ACTIVITY),
            *(coverage.linked_records(run.conformed(name), flow) for name, flow in tables.items()),
            *(
                coverage.records_of_nobody(run.sources.current(flow), flow, cuni_type)
                for flow, cuni_type in NAMED.items()
            ),
        ]
    )


def _attribute_names() -> str:
    return event_attribute_sql("name")


def recipes() -> list[Whole | Regional]:
    """In the order in which they are made: a table that is read by another comes before it."""
    return [
        Whole("person", (*REGISTERS, "SDO", *people.TELLING), lambda run: run.laid(run.persons())),
        Regional("registration", REGISTERS, _registrations, people.registration_table),
        _activity(("CNT", "CNR"), activity.care_episodes, "opening_date"),
        _activity(("PST",), activity.interventions, "date"),
        _activity(("PSS",), activity.presences, "date"),
        _activity(("PSR",), activity.residential_stays, "admission_date"),
        Whole(
            "hospital_record",
            ("SDO",),
            lambda run: hospital.hospital_records(run.discharges, run.settings.spark.person_partitions),
        ),
        Whole(
            "hospital_stay",
            ("SDO",),
            _stays,
            parameters=("transfer_gap_days", "spdc_public_only"),
            told_by=lambda: discipline_sql("psychiatry", "ward"),
        ),
        _register("drug_pack", "AIC", drugs.packs),
        Regional("dispensing", ("FAR", "DIR"), _dispensings, _sorted("date", "aic"), national=("AIC",)),
        Whole(
            "unknown_pack",
            ("FAR", "DIR", "AIC"),
            lambda run: drugs.unknown_packs(run.conformed("dispensing")),
            of_persons=False,
        ),
        _contacts("outpatient_service", "SPE", contacts.outpatient_services, "date"),
        _contacts("emergency_visit", "PS", contacts.emergency_visits, "date"),
        _contacts("addiction_contact", "SIND", contacts.addiction_contacts, "date"),
        _contacts("neuropsychiatry_contact", "NPIA", contacts.neuropsychiatry_contacts, "date"),
        _contacts("supplementary_event", "SUP", contacts.supplementary_events, "start_date", _attribute_names),
        Whole(
            "assisted_person",
            ("ANA",),
            lambda run: run.laid(registers.assisted_persons(run.sources.current("ANA"), run.key), "start_date"),
        ),
        Whole(
            "cause_of_death",
            ("CDM",),
            lambda run: run.laid(registers.causes_of_death(run.sources.current("CDM"), run.key)),
        ),
        _register("service", "STR", registers.services),
        _register("staff", "PER", registers.staff),
        Whole(
            "delivered_period",
            (LEDGER,),
            lambda run: coverage.delivered_periods(run.sources.ledger()),
            of_persons=False,
        ),
        Whole("orphan", (*REGISTERS, *ACTIVITY, *NAMED), _orphans, of_persons=False),
    ]


def _registrations(run: Run, regions: Regions) -> "DataFrame":
    from pyspark.sql import functions as F

    return run.registrations.where(F.col("region").isin(sorted(regions)))
