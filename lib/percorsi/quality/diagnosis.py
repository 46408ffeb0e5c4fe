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

from percorsi.cohorts.groups import group_sql

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_CLASS = {"missing": 0, "invalid": 1, "default": 2, "other": 3, "valid": 4, "specific": 5, "administrative": 6}
_NOT_CLOSED = 7
# The group of a diagnosis, as numbers in a state; other codes of the chapter are 5, what is no diagnosis 0.
GROUPS = ("schizophrenia", "bipolar", "depressive", "severe_personality")
_OTHER_GROUP = len(GROUPS) + 1
_BELOW_RANK = 1 << 17  # what a record says lies below its semester
_CHAPTER = "^(29|30|31)[0-9]{1,3}$"
_UNDIVIDED = ("311", "316", "317", "319")  # categories of the chapter without a fourth digit

# Error codes of the national rules on contacts: opening diagnosis empty, no code of the chapter; closing diagnosis.
_REJECTED = {
    "rejected_missing": ("3231",),
    "rejected_invalid": ("3230", "3445"),
    "rejected_closing": ("3260", "3446", "3943"),
}
EPISODE = ("person_id", "register", "region", "azienda", "dsm", "structure", "contact_id")
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
    said = episode_states(care_episode, year)
    return count_states(said.groupBy(*EPISODE).agg(*latest_word(year)), year)


def episode_states(care_episode: "DataFrame", year: int) -> "DataFrame":
    """What each record says as a number whose greatest is the latest word: EPISODE, state, recent_code.

    `recent_code` is the opening diagnosis of the semesters of the last two years. `latest_word` adds up the records of
    an episode.
    """
    second = _second(year)
    return (
        care_episode.withColumn("rank", F.expr("year * 2 + semester"))
        .where(f"rank <= {second}")
        .select(
            *EPISODE,
            F.expr(f"rank * {_BELOW_RANK}L + {_said(year)}").alias("state"),
            F.expr(f"if(rank > {second - 4}, opening_diagnosis, null)").alias("recent_code"),
        )
    )


def latest_word(year: int) -> list["Column"]:
    """Over the records of an episode: its state as of the first semester and the year, and whether its code changed."""
    return [
        F.expr(f"max(state) filter (where state < {_second(year) * _BELOW_RANK}L)").alias("first"),
        F.max("state").alias("latest"),
        F.expr("min(recent_code) <> max(recent_code)").alias("changed"),
    ]


def count_states(states: "DataFrame", year: int) -> "DataFrame":
    """As `count_episodes`, of the frame that `latest_word` makes: _DSM, first, latest; a row an episode."""
    first, second = _second(year) - 1, _second(year)
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
            f"state div {_BELOW_RANK} = rank as delivered",
            "(state & open_bit) <> 0 as open",
            f"{opening_class('state')} as opening",
            f"{closing_class('state')} as closing",
        )
    )
    return facts.groupBy(*_DSM, "semester").agg(*_aggregates())


def opening_class(state: str) -> str:
    """SQL: number of the class of the opening diagnosis."""
    return f"({state} div 64 % 8)"


def closing_class(state: str) -> str:
    """SQL: number of the class of the closing diagnosis; 7 where the episode is not closed by the end of the year."""
    return f"({state} div 8 % 8)"


def is_open(state: str) -> str:
    """SQL: whether the episode is open on some day of the year."""
    return f"({state} & 4L <> 0)"


def usable(opening: str, closing: str) -> str:
    """SQL: whether the manual's diagnosis of an episode is a code of the chapter: the closing one where there is one
    other than xxxxx, else the opening one."""
    falls_back = f"{closing} in ({_CLASS['missing']}, {_CLASS['administrative']}, {_NOT_CLOSED})"
    return f"if({falls_back}, {opening}, {closing}) in ({_CLASS['valid']}, {_CLASS['specific']})"


def said_at_closing(state: str) -> str:
    """SQL: whether the manual's diagnosis of an episode is the closing one."""
    return f"({closing_class(state)} not in ({_CLASS['missing']}, {_CLASS['administrative']}, {_NOT_CLOSED}))"


def group_number(state: str) -> str:
    """SQL: number of the group of the manual's diagnosis of an episode, 0 for none."""
    return f"if({said_at_closing(state)}, {state} div 4096 % 8, {state} div 512 % 8)"


def opened_recently(state: str) -> str:
    """SQL: whether the episode was opened not more than two years before the end of the year."""
    return f"({state} div 32768 % 2 = 1)"


def ended_by_death(state: str) -> str:
    """SQL: whether the episode was closed in the year by death or suicide."""
    return f"({state} div 65536 % 2 = 1)"


def diagnosis_group(column: str) -> str:
    """SQL: number of the group of a diagnosis: GROUPS from 1, then other codes of the chapter, 0 for what is none."""
    cases = " ".join(f"when '{name}' then {at}" for at, name in enumerate(GROUPS, 1))
    other = f"if({column} rlike '{_CHAPTER}', {_OTHER_GROUP}, 0)"
    return f"(case {group_sql(column)} {cases} else {other} end)"


def count_rejected(
    raw: "DataFrame", current: "DataFrame", key: list[str], year: int, years_before: int = 0
) -> "DataFrame":
    """Records of a flow of contacts lost for a diagnosis: region, azienda, dsm, year, semester (1, 2), REJECTED_COUNTS.

    Of `year` and of so many before it.

    `raw` and `current` are the flow's lines and current records, `key` names what identifies a record. A record is
    lost when none of its key is current: one that was delivered again and accepted is not, one rejected in two
    deliveries is lost once. It counts for the first of missing, invalid, closing; its region is that of its file.
    """
    flags = {name: f"exists(errors, e -> e.code in {codes + ('',)})" for name, codes in _REJECTED.items()}
    years = [str(of) for of in range(year - years_before, year + 1)]
    slices = " or ".join(f"slice like '%-{of}-S_'" for of in years)
    lines = raw.where("not accepted").where(F.col("file_year").isin(years)).where(slices)
    rejected = (
        lines.select(
            F.xxhash64(*key).alias("key"),
            F.col("file_region").alias("region"),
            *("azienda", "dsm"),
            F.expr("int(file_year)").alias("year"),
            F.expr("int(substr(file_period, 2, 1))").alias("semester"),
            *(F.expr(sql).alias(name) for name, sql in flags.items()),
        )
        .where(" or ".join(flags))
        .groupBy("key", *_DSM, "year", "semester")
        .agg(*(F.bool_or(name).alias(name) for name in flags))
    )
    known = current.where(slices).select(F.xxhash64(*key).alias("key"))
    return (
        rejected.join(known, "key", "left_anti")
        .groupBy(*_DSM, "year", "semester")
        .agg(
            F.expr("count_if(rejected_missing)").alias("rejected_missing"),
            F.expr("count_if(rejected_invalid and not rejected_missing)").alias("rejected_invalid"),
            F.expr("count_if(rejected_closing and not (rejected_missing or rejected_invalid))").alias(
                "rejected_closing"
            ),
        )
    )


def _second(year: int) -> int:
    """The rank of the second semester of a year; those before it are one lower each."""
    return year * 2 + 2


def _said(year: int) -> str:
    """SQL: what a record says, below _BELOW_RANK. From the lowest bits: periods in which it is open (3), class of the
    closing (3), of the opening (3), group of the opening (3), of the closing (3), opened recently (1), ended by death
    (1)."""
    halves = [(1, f"{year}-01-01", f"{year}-06-30"), (2, f"{year}-07-01", f"{year}-12-31")]
    open_bits = " + ".join(
        f"if(opening_date <= date'{end}' and coalesce(closing_date >= date'{start}', true), {bit}, 0)"
        for bit, start, end in [*halves, (4, f"{year}-01-01", f"{year}-12-31")]
    )
    opening = _item("opening_diagnosis", {"99999": "default", "00000": "other"})
    closing = _item("closing_diagnosis", {"xxxxx": "administrative", "00000": "other"})
    closed = f"coalesce(closing_date <= date'{year}-12-31', false)"
    recent = f"coalesce(opening_date >= date'{year - 2}-12-31', false)"
    died = f"({closed} and year(closing_date) = {year} and coalesce(conclusion_mode in ('4', '5'), false))"
    groups = [diagnosis_group(f"replace({c}_diagnosis, '.', '')") for c in ("opening", "closing")]
    return f"""{open_bits} + 8 * if({closed}, {closing}, {_NOT_CLOSED}) + 64 * ({opening}) + 512 * {groups[0]}
        + 4096 * {groups[1]} + 32768 * if({recent}, 1, 0) + 65536 * if({died}, 1, 0)"""


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
    return [*counts, count("open", "episodes"), count(f"open and {usable('opening', 'closing')}", "episodes_usable")]
