"""From conformed frames to feature frames: pure, and in the order in which the facts rest on each other.

The stage gives it tables, the clinical cases give it small histories. Everything of a person comes together in one row
(`persons`), its stays and areas as lists; the feature tables are selections of it.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from percorsi.cohorts import treated
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features import (
    addiction,
    areas,
    attributes,
    contacts,
    deaths,
    doses,
    drugs,
    emergency,
    episodes,
    first_seen,
    follow_up,
    hospital,
    institutions,
    intensity,
    laboratory,
    lithium,
    long_acting,
    opening,
    places,
    polypharmacy,
    residential,
    services,
    supplementary,
    therapies,
)
from percorsi.features.boundaries import Boundaries
from percorsi.features.crosswalk import Crosswalk
from percorsi.settings import Parameters
from percorsi.tables import table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

Frames = Mapping[str, "DataFrame"]
Keep = Callable[["DataFrame"], "DataFrame"]

INPUTS = (
    *("registration", "care_episode", "intervention", "presence"),
    *("residential_stay", "hospital_record", "service"),
    *("assisted_person", "cause_of_death"),
    *("dispensing", "outpatient_service", "emergency_visit"),
    *("addiction_contact", "neuropsychiatry_contact", "supplementary_event"),
)
TABLES = (
    *("person_year", "spdc_stay", "excluded"),
    *("after_death", "death_agreement", "unknown_area", "area_name"),
)
NATION = "IT"


def build_frames(
    frames: Frames,
    parameters: Parameters,
    year: int,
    keep: Keep = lambda df: df,
    crosswalk: Crosswalk = Crosswalk(),
) -> dict[str, "DataFrame"]:
    """The feature tables of a year, as conf/tables/features declares them.

    `frames`: the conformed tables of `INPUTS`, all that is loaded; what the year may not see is left out here. `keep`
    is called with the frames that are read more than once, for who wants them kept while the tables are written.
    """
    from pyspark.sql import functions as F

    window = EvaluationWindow(year)
    boundaries = Boundaries(crosswalk, frames["service"], window)
    everybody = keep(persons(frames, parameters, window, boundaries, keep))
    known = everybody.where(F.col("birth_year").isNotNull())
    made = {
        "person_year": known.withColumn("areas", _areas()),
        "spdc_stay": _stays(known, parameters),
        "excluded": _excluded(everybody),
        "after_death": deaths.records_after(frames, everybody, window),
        "death_agreement": deaths.agreement(everybody, window),
        "unknown_area": areas.unknown(frames, crosswalk, boundaries, window),
        "area_name": areas.names(frames["service"], window),
    }
    return {name: table(f"features/{name}").conform(df.withColumn("year", F.lit(year))) for name, df in made.items()}


def persons(
    frames: Frames, parameters: Parameters, window: EvaluationWindow, boundaries: Boundaries, keep: Keep
) -> "DataFrame":
    """One row a person with a DSM contact day of Y in the cohort's sight, of known age or not.

    The columns of `features/person_year` (but year and areas), birth_year, the list of SPDC stays of Y, restraint_days,
    those of `deaths.TOLD`, in_regions and in_dsms.
    """
    from pyspark.sql import functions as F

    order = parameters.pathway_order
    dsms = services.dsm_of_hospitals(frames["service"], boundaries, window)
    records = keep(hospital.records(frames["hospital_record"], dsms, window))
    numbered_seen = hospital.numbered(records.where(F.col("discharge_date") <= F.lit(window.end)), parameters)
    residential_stays = residential.stays(frames["residential_stay"], boundaries, window)

    activity = (frames["intervention"], frames["presence"])
    present = keep(places.of_persons(places.of_year(*activity, residential_stays, numbered_seen, window)))
    numbered = hospital.numbered(records, parameters)
    stays, stays_seen = hospital.stays(numbered), hospital.stays(numbered_seen)

    def of_present(df: "DataFrame") -> "DataFrame":
        # What flows of the whole population hold of others is left behind before it is brought together.
        return df.join(F.broadcast(present.select("person_id")), "person_id", "left_semi")

    held = keep(institutions.of_persons(*map(of_present, (stays, stays_seen, residential_stays)), window))
    outpatient = of_present(frames["outpatient_service"])
    dispensed = keep(drugs.dispensed(frames["dispensing"], present, window, parameters))
    coverages = drugs.coverages(dispensed, parameters)
    reports = episodes.with_first_interventions(
        episodes.latest_reports(frames["care_episode"], boundaries, window), frames["intervention"], boundaries, window
    )
    facts = (
        contacts.interventions(frames["intervention"], window),
        contacts.presences(frames["presence"], window),
        intensity.listed(of_present(frames["intervention"]), window),
        residential.of_persons(residential_stays, window),
        hospital.of_outcomes(stays, window),
        hospital.of_cohort(stays_seen, window, order),
        hospital.of_records(records, window),
        episodes.of_persons(reports, window, order),
        first_seen.services_before(of_present(frames["neuropsychiatry_contact"]), outpatient, window),
        deaths.certified(frames["cause_of_death"], window),
        attributes.registered(frames["registration"], window),
        attributes.assisted(frames["assisted_person"], window),
        attributes.discharged(records, window),
        emergency.visits(of_present(frames["emergency_visit"]), window),
        addiction.contacts(frames["addiction_contact"], window),
        supplementary.events(frames["supplementary_event"], window),
        laboratory.tests(outpatient, window),
        drugs.of_persons(coverages, held, window, parameters),
        polypharmacy.of_persons(coverages, window),
        long_acting.steps(frames["dispensing"], present, held, window),
        doses.of_persons(dispensed, numbered, window),
    )
    rows = present
    for fact in facts:
        rows = rows.join(fact, "person_id", "left")
    return _derived(rows, parameters, window)


def _derived(rows: "DataFrame", parameters: Parameters, window: EvaluationWindow) -> "DataFrame":
    """What follows from the facts of a person, each step from columns that stand already."""
    from pyspark.sql import functions as F

    stays = F.coalesce("spdc_stays", F.array().cast(rows.schema["spdc_stays"].dataType))
    counted = (*contacts.COUNTS, "presences", *emergency.COUNTS, *addiction.COUNTS, *supplementary.COUNTS)
    counted += (*polypharmacy.COUNTS, *long_acting.COUNTS)
    counts = {name: F.coalesce(name, F.lit(0)) for name in counted}
    steps: tuple[Callable[[], dict[str, Column]], ...] = (
        lambda: attributes.described(window),
        lambda: treated.pathway_columns(parameters.pathway_order, parameters.use_sdo_diagnosis),
        lambda: {
            **counts,
            **deaths.columns(window),
            **laboratory.done_in_year(window),
            **therapies.first_dispensings(),
            **first_seen.first_seen(window),
            **intensity.sessions(window),
            "first_contact_date": treated.first_contact(),
            "stays": stays,
        },
        lambda: {
            **first_seen.seen_before(parameters),
            **intensity.first_session(window),
            **opening.answers(window),
            **laboratory.done_at_start(parameters.monitoring_days),
            **lithium.found(window),
            "months_in_care": treated.months_in_care(window),
            "days_at_risk": treated.days_at_risk(window),
            "spdc_stays": F.size("stays"),
            "first_stay_discharge": follow_up.first_discharge_alive(F.col("stays"), F.col("death_date")),
        },
        lambda: {**follow_up.lines(window), **follow_up.positions(window), **therapies.lines(window)},
        lambda: {**therapies.found(window, parameters), **intensity.inside(parameters)},
        lambda: therapies.told(window, parameters),
        lambda: {
            **follow_up.answers(parameters),
            **intensity.answers(window, parameters),
            **therapies.answers(),
            **laboratory.answers(),
            **lithium.answers(),
            **long_acting.answers(),
        },
    )
    for step in steps:
        rows = rows.withColumns(step())
    wanted = [c for c in table("features/person_year").columns if c not in ("year", "areas")]
    listed = ["stays", "restraint_days", "antipsychotics"]
    return rows.select(*wanted, "birth_year", *listed, *deaths.TOLD, "in_regions", "in_dsms")


def _stays(persons: "DataFrame", parameters: Parameters) -> "DataFrame":
    """One row an SPDC stay of Y, with what is said of its person, and its own areas."""
    from pyspark.sql import functions as F

    person = ["person_id", "sex", "age", "age_class", "pathway", "death_date", "restraint_days", "antipsychotics"]
    stays = (
        persons.select(*person, F.inline("stays"))
        .select(*person, "stay", "days_since_previous_stay", "spdc.*", "spdc")
        .withColumn("length_days", F.datediff("discharge_date", "admission_date"))
        .withColumn("ended_by_death", follow_up.ended_by_death(F.col("spdc"), F.col("death_date")))
        .withColumn("restraints", supplementary.restraints(F.col("admission_date"), F.col("discharge_date")))
        .withColumn("areas", _areas())
        .drop("spdc")
    )
    for step in doses.after_discharge(parameters):
        stays = stays.withColumns(step)
    return stays


def _areas() -> "Column":
    """The areas in which a unit counts, in order: its DSMs, the nation, its regions."""
    from pyspark.sql import functions as F

    def level(name: str, areas: "Column") -> "Column":
        return F.transform(areas, lambda area: F.struct(F.lit(name).alias("level"), area.alias("area")))

    nation = level("nation", F.array(F.lit(NATION)))
    return F.array_sort(F.concat(nation, level("region", F.col("in_regions")), level("dsm", F.col("in_dsms"))))


def _excluded(persons: "DataFrame") -> "DataFrame":
    """How many persons are in no denominator, by reason and region, 'IT' for the nation."""
    from pyspark.sql import functions as F

    unknown = persons.where(F.col("birth_year").isNull())
    regions = unknown.select(F.explode(F.concat(F.array(F.lit(NATION)), "in_regions")).alias("region"))
    return regions.groupBy("region").agg(F.count("*").alias("persons")).withColumn("reason", F.lit("no_birth_year"))
