"""The second pass over SISM activity: each contact once, with its latest word and what was done in it.

References between tables, activity of open contacts and the currency of diagnoses come out of this frame; what a person
is linked to starts from it. The frame stays in Spark: counts by DSM are all that is taken out of it.
"""

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

from percorsi.conformed import known_by
from percorsi.quality import diagnosis as d

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Table of activity -> its register and the item of its reference to a contact.
ACTIVITY = {
    "intervention": ("territorial", "intervention_contact"),
    "presence": ("residential", "presence_contact"),
    "residential_stay": ("residential", "residential_contact"),
}
MANY_INTERVENTIONS = 365  # a year
_DSM = ["region", "azienda", "dsm"]


def contacts(frames: "Mapping[str, DataFrame]", year: int) -> "DataFrame":
    """One row a contact: its key (d.EPISODE), first, latest, changed (as `latest_word`), and the records of activity of
    each table in each semester of the year (`intervention_1`, ...).

    `frames` are the conformed tables by name; care_episode must be there. A contact that only activity names has no
    latest word.
    """
    from pyspark.sql import functions as F

    key = list(d.EPISODE)
    said = d.episode_states(known_by(frames["care_episode"], year + 1), year)
    parts = [said.selectExpr(*key, "state", "recent_code", "'' as kind")]
    for name, (register, _) in ACTIVITY.items():
        if name in frames:
            rows = known_by(frames[name], year + 1).where(f"year = {year}").withColumn("register", F.lit(register))
            nothing = ["cast(null as bigint) as state", "cast(null as string) as recent_code"]
            parts.append(rows.selectExpr(*key, *nothing, f"concat('{name}_', semester) as kind"))
    done = [F.expr(f"count_if(kind = '{kind}')").alias(kind) for kind in _kinds()]
    return reduce(lambda one, other: one.unionAll(other), parts).groupBy(*key).agg(*d.latest_word(year), *done)


def _kinds() -> list[str]:
    return [f"{name}_{semester}" for name in ACTIVITY for semester in (1, 2)]


def in_contact() -> str:
    """SQL: whether something was done in a contact in the year."""
    return f"({' + '.join(_kinds())} > 0)"


def of_year() -> str:
    """SQL: whether a contact is open in the year and has a diagnosis."""
    return f"coalesce({d.is_open('latest')} and {_usable()}, false)"


def count_contacts(frame: "DataFrame") -> "DataFrame":
    """By DSM: region, azienda, dsm, and a column `item|semester|class` for each item of contacts that has such rows.

    Semester 0 is the year. In a person and a DSM at most one contact of a register is expected open.
    """
    from pyspark.sql import functions as F

    counted = _of_contacts()
    open_ = f"coalesce({d.is_open('latest')}, false)"
    of_person = [
        *(F.expr(f"sum({number})").alias(name) for name, number in counted.items()),
        F.expr(f"count_if({open_} and register = 'territorial')").alias("open_territorial"),
        F.expr(f"count_if({open_} and register = 'residential')").alias("open_residential"),
        F.expr("sum(intervention_1 + intervention_2)").alias("interventions"),
    ]
    persons = frame.groupBy("person_id", *_DSM).agg(*of_person)
    of_dsm = [
        *(F.expr(f"sum(`{name}`)").alias(name) for name in counted),
        *(F.expr(f"count_if({sql})").alias(name) for name, sql in _of_persons().items()),
    ]
    return persons.groupBy(*_DSM).agg(*of_dsm)


def _usable() -> str:
    return d.usable(d.opening_class("latest"), d.closing_class("latest"))


def _of_contacts() -> dict[str, str]:
    """Column -> what a contact adds to it."""
    current = f"({d.said_at_closing('latest')} or {d.opened_recently('latest')} or coalesce(changed, false))"
    open_ = f"coalesce({d.is_open('latest')}, false)"
    found = {
        f"{item}|{semester}|{kind}": f"if(latest is {known}, {name}_{semester}, 0)"
        for name, (_, item) in ACTIVITY.items()
        for semester in (1, 2)
        for kind, known in (("valid", "not null"), ("missing", "null"))
    }
    for item, asked, holds in (
        ("diagnosis_current", of_year(), current),
        ("contact_active", open_, in_contact()),
    ):
        found[f"{item}|0|valid"] = f"if({asked} and {holds}, 1, 0)"
        found[f"{item}|0|other"] = f"if({asked} and not {holds}, 1, 0)"
    return found


def _of_persons() -> dict[str, str]:
    """Column -> whether a person counts in it."""
    most, users = "greatest(open_territorial, open_residential)", "interventions > 0"
    return {
        "one_open_contact|0|valid": f"{most} = 1",
        "one_open_contact|0|invalid": f"{most} > 1",
        "interventions_per_user|0|valid": f"{users} and interventions <= {MANY_INTERVENTIONS}",
        "interventions_per_user|0|invalid": f"interventions > {MANY_INTERVENTIONS}",
    }
