"""Who a person is in the evaluation year: sex, year of birth, how the person lives and works.

Source: measurement manual, section 2, Person.
"""

from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

TERRITORIAL = "territorial"
SPEAKERS = ("registered", "assisted", "discharged")  # of sex and year of birth, in their order
HOMELESS, HOMELESS_RESIDENCE = "7", "098"  # as the person lives, and as the region of residence
AGE_CLASSES = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 74), (75, None))


def registered(registration: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """What the latest anagrafica up to Y1 says: person_id, `registered` struct (sex, birth_year, living_arrangement,
    occupation, residence_region); homeless and homeless_year_before, what the latest of Y and of Y-1 says (null: none).

    Latest year and semester, the territorial register before the residential, then the lowest region, azienda, DSM and
    record_rank.
    """
    from pyspark.sql import functions as F

    said = F.struct("sex", "birth_year", "living_arrangement", "occupation", "residence_region")
    homeless = F.coalesce(F.col("living_arrangement") == HOMELESS, F.lit(False)) | F.coalesce(
        F.col("residence_region") == HOMELESS_RESIDENCE, F.lit(False)
    )
    order = F.struct(
        -F.col("year"),
        -F.col("semester"),
        F.col("register") != TERRITORIAL,
        *("region", "azienda", "dsm", "record_rank"),
    )

    def latest(said: "Column", year: int | None = None) -> "Column":
        asked = F.lit(True) if year is None else F.col("year") == year
        return F.min(F.when(asked, F.struct(order, said.alias("said"))))["said"]

    return (
        window.registrations(registration)
        .groupBy("person_id")
        .agg(
            latest(said).alias("registered"),
            latest(homeless, window.year).alias("homeless"),
            latest(homeless, window.year - 1).alias("homeless_year_before"),
        )
    )


def discharged(records: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """What the latest hospital record up to Y1, of any regime, says: person_id, `discharged` struct (sex, birth_year).

    `records`: hospital records of the window. The latest is the one discharged last, then of the highest record_rank.
    """
    from pyspark.sql import functions as F

    said = F.struct("sex", "birth_year")
    latest = F.max(F.struct("discharge_date", "record_rank", said.alias("said")))
    return (
        records.where(F.col("discharge_date") <= F.lit(window.end))
        .groupBy("person_id")
        .agg(latest.alias("m"))
        .select("person_id", F.col("m.said").alias("discharged"))
    )


def assisted(assisted_person: "DataFrame", window: EvaluationWindow) -> "DataFrame":
    """What the register of assisted persons (ANA) says: person_id, `assisted` struct (sex, birth_year) of the latest
    record begun up to Y1 (null: none), `ana_death` (date, the earliest of all records begun up to the data end)."""
    from pyspark.sql import functions as F

    end = F.lit(window.data_end)
    begun = F.col("start_date") <= F.lit(window.end)
    latest = F.max(F.when(begun, F.struct("start_date", F.struct("sex", "birth_year").alias("said"))))
    died = F.when(F.col("death_date") <= end, F.col("death_date"))
    return (
        assisted_person.where(F.col("start_date") <= end)
        .groupBy("person_id")
        .agg(latest["said"].alias("assisted"), F.min(died).alias("ana_death"))
    )


def described(window: EvaluationWindow) -> dict[str, "Column"]:
    """Columns of a person who has `registered`, `assisted` and `discharged`: the first that speaks of the person says
    both sex and year of birth.

    A person of whom none speaks has sex 9 (unknown) and no age.
    """
    from pyspark.sql import functions as F

    def said(attribute: str) -> "Column":
        speaks = [F.when(F.col(who).isNotNull(), F.struct(f"{who}.{attribute}")) for who in SPEAKERS]
        return F.coalesce(*speaks)[attribute]

    sex, birth_year = said("sex"), said("birth_year")
    age = (F.lit(window.year) - birth_year).cast("int")
    return {
        "sex": F.when(sex.isin("1", "2"), sex).otherwise("9"),
        "birth_year": birth_year,
        "age": age,
        "age_class": age_class(age),
        **{name: F.col(f"registered.{name}") for name in ("living_arrangement", "occupation", "residence_region")},
    }


def age_class(age: "Column") -> "Column":
    """The age class of the breakdowns, '18-24' to '75+'; null below 18 and for an unknown age."""
    from pyspark.sql import functions as F

    classes = [
        F.when((age >= low) & (age <= high if high else F.lit(True)), F.lit(f"{low}-{high}" if high else f"{low}+"))
        for low, high in AGE_CLASSES
    ]
    return F.coalesce(*classes)
