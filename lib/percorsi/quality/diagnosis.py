"""Counts of diagnoses, made in one pass over the conformed care episodes: no row of them is a person.

An item falls in one of five classes (VODIM): valid (a code of the psychiatric chapter, ICD-9-CM 290-319), other (a
national code that says something else: `00000` no psychiatric disorder), default (`99999`, diagnosis awaited), invalid
(anything else) and missing. Of the valid ones, specific are those with a fourth digit, or of a category that has none:
296 alone tells bipolar from depressive as little as an empty field does.

Two units stand side by side, because they answer two questions. *Records* (an episode in one semester, as delivered)
say how well a region fills the item; records that were rejected for it belong into their denominator. *Episodes*
(open on some day of the period, as the latest semester up to its end says) are what a pathway rests on: manual,
section 2.
"""

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_CLASS = {"missing": 0, "invalid": 1, "default": 2, "other": 3, "valid": 4, "specific": 5, "administrative": 6}
_NOT_CLOSED = 7
_CHAPTER = "^(29|30|31)[0-9]{1,3}$"
_UNDIVIDED = ("311", "316", "317", "319")  # categories of the chapter without a fourth digit

# Error codes of the national rules on contacts: opening diagnosis empty, no code of the chapter; closing diagnosis.
_REJECTED = {
    "rejected_missing": ("3231",),
    "rejected_invalid": ("3230", "3445"),
    "rejected_closing": ("3260", "3446", "3943"),
}
_EPISODE = ("person_id", "register", "region", "azienda", "dsm", "structure", "contact_id")
_DSM = ("region", "azienda", "dsm")

RECORD_COUNTS = (
    "records",
    *(f"opening_{c}" for c in ("missing", "invalid", "default", "other", "valid", "specific")),
    "closings",
    *(f"closing_{c}" for c in ("missing", "invalid", "other", "valid", "specific", "administrative")),
)
EPISODE_COUNTS = ("episodes", "episodes_usable")
REJECTED_COUNTS = tuple(_REJECTED)


def count_episodes(care_episode: "DataFrame", year: int) -> "DataFrame":
    """Counts by DSM and semester: region, azienda, dsm, semester (1, 2; 0 the year), RECORD_COUNTS, EPISODE_COUNTS.

    `care_episode` is conformed/care_episode; semesters after `year` are not looked at. Records are counted in their
    semester (zero in the rows of the year), episodes in each period in which they are open.
    """
    first, second = year * 2 + 1, year * 2 + 2
    # The rank of the semester above, what its record says below it: the greatest state is the latest word.
    states = (
        care_episode.withColumn("rank", F.expr("year * 2 + semester"))
        .where(f"rank <= {second}")
        .select(*_EPISODE, F.expr(f"rank * 512L + {_said(year)}").alias("state"))
        .groupBy(*_EPISODE)
        .agg(
            F.expr(f"max(state) filter (where state < {(first + 1) * 512}L)").alias("first"),
            F.max("state").alias("latest"),
        )
    )
    periods = f"""inline(array(
        named_struct('semester', 0, 'state', latest, 'open_bit', 4L, 'rank', 0),
        named_struct('semester', 1, 'state', first, 'open_bit', 1L, 'rank', {first}),
        named_struct('semester', 2, 'state', latest, 'open_bit', 2L, 'rank', {second})))"""
    facts = (
        states.selectExpr(*_DSM, periods)
        .where("state is not null")
        .selectExpr(
            *_DSM,
            "semester",
            "state div 512 = rank as delivered",
            "(state & open_bit) <> 0 as open",
            "state div 64 % 8 as opening",
            "state div 8 % 8 as closing",
        )
    )
    return facts.groupBy(*_DSM, "semester").agg(*_aggregates())


def count_rejected(raw: "DataFrame", current: "DataFrame", key: list[str], year: int) -> "DataFrame":
    """Records of a flow of contacts lost for a diagnosis: region, azienda, dsm, semester (1, 2), REJECTED_COUNTS.

    `raw` and `current` are the flow's lines and current records, `key` names what identifies a record. A record is
    lost when none of its key is current: one that was delivered again and accepted is not, one rejected in two
    deliveries is lost once. It counts for the first of missing, invalid, closing; its region is that of its file.
    """
    flags = {name: f"exists(errors, e -> e.code in {codes + ('',)})" for name, codes in _REJECTED.items()}
    lines = raw.where(f"not accepted and file_year = '{year}' and slice like '%-{year}-S_'")
    rejected = (
        lines.select(
            F.xxhash64(*key).alias("key"),
            F.col("file_region").alias("region"),
            *("azienda", "dsm"),
            F.expr("int(substr(file_period, 2, 1))").alias("semester"),
            *(F.expr(sql).alias(name) for name, sql in flags.items()),
        )
        .where(" or ".join(flags))
        .groupBy("key", *_DSM, "semester")
        .agg(*(F.bool_or(name).alias(name) for name in flags))
    )
    known = current.where(f"slice like '%-{year}-S_'").select(F.xxhash64(*key).alias("key"))
    return (
        rejected.join(known, "key", "left_anti")
        .groupBy(*_DSM, "semester")
        .agg(
            F.expr("count_if(rejected_missing)").alias("rejected_missing"),
            F.expr("count_if(rejected_invalid and not rejected_missing)").alias("rejected_invalid"),
            F.expr("count_if(rejected_closing and not (rejected_missing or rejected_invalid))").alias(
                "rejected_closing"
            ),
        )
    )


def _said(year: int) -> str:
    """SQL: what a record says, below 512: class of the opening, class of the closing, periods in which it is open."""
    halves = [(1, f"{year}-01-01", f"{year}-06-30"), (2, f"{year}-07-01", f"{year}-12-31")]
    open_bits = " + ".join(
        f"if(opening_date <= date'{end}' and coalesce(closing_date >= date'{start}', true), {bit}, 0)"
        for bit, start, end in [*halves, (4, f"{year}-01-01", f"{year}-12-31")]
    )
    opening = _item("opening_diagnosis", {"99999": "default", "00000": "other"})
    closing = _item("closing_diagnosis", {"xxxxx": "administrative", "00000": "other"})
    return f"""64 * ({opening}) + 8 * if(closing_date <= date'{year}-12-31', {closing}, {_NOT_CLOSED}) + {open_bits}"""


def _item(column: str, special: dict[str, str]) -> str:
    """SQL: number of the class of a diagnosis; `special` are the national codes that are legal there."""
    code = f"lower(trim(replace({column}, '.', '')))"
    cases = " ".join(f"when {code} = '{value}' then {_CLASS[name]}" for value, name in special.items())
    return f"""case when {column} is null or {code} = '' then {_CLASS["missing"]} {cases}
        when not {code} rlike '{_CHAPTER}' then {_CLASS["invalid"]}
        when length({code}) > 3 or {code} in {_UNDIVIDED} then {_CLASS["specific"]}
        else {_CLASS["valid"]} end"""


def _aggregates() -> list["Column"]:
    def count(condition: str, name: str) -> "Column":
        return F.expr(f"count_if({condition})").alias(name)

    def is_class(column: str, name: str) -> str:
        return f"{column} >= 4 and {column} <= 5" if name == "valid" else f"{column} = {_CLASS[name]}"

    counts = [count("delivered", "records"), count(f"delivered and closing <> {_NOT_CLOSED}", "closings")]
    for name in RECORD_COUNTS:
        column, _, of = name.partition("_")
        if of:
            counts.append(count(f"delivered and {is_class(column, of)}", name))
    # The manual's diagnosis of an episode: the closing one where there is one other than xxxxx, else the opening one.
    falls_back = f"closing in ({_CLASS['missing']}, {_CLASS['administrative']}, {_NOT_CLOSED})"
    usable = f"if({falls_back}, opening, closing) in ({_CLASS['valid']}, {_CLASS['specific']})"
    return [*counts, count("open", "episodes"), count(f"open and {usable}", "episodes_usable")]
