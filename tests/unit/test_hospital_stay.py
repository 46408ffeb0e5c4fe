"""Hospital stays: transfers joined, and the SPDC part of a stay."""

from datetime import date, timedelta

import pytest
from hypothesis import Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from percorsi.conformed.hospital import discharges, hospital_records, join_transfers, number_stays
from percorsi.conformed.identity import ANONYMOUS_CUNI
from percorsi.conformed.sources import COLUMNS
from percorsi.small_frame import small_frame

SCHEMA = (
    "person_id bigint, record_rank int, regime string, admission_date date, discharge_date date, admission_ward string,"
    " discharge_ward string, admission_type string, discharge_mode string, institution_type string"
)
SPDC, MEDICINE, CHILD = "4001", "2601", "3301"
PUBLIC, PRIVATE = "1", "2"


def day(n: int) -> date:
    """Day 1 is 1 March 2015."""
    return date(2015, 2, 28) + timedelta(days=n)


def record(first, last, ward=MEDICINE, out=None, kind="2", mode="2", institution=PUBLIC, regime="1") -> tuple:
    return (regime, day(first), day(last), ward, out or ward, kind, mode, institution)


def number(a_day: date) -> int:
    return (a_day - day(0)).days


def frame(spark, histories: list[list[tuple]]):
    """A frame of histories, one a person: person n is the n-th history, counted from 0."""
    rows = []
    for person, records in enumerate(histories):
        ordered = sorted(records, key=lambda r: (r[1], r[2]))
        rows += [(person, rank, *r) for rank, r in enumerate(ordered, 1)]
    return small_frame(spark, rows, SCHEMA)


# what: records -> stays, each (admission, discharge, records, SPDC admission, SPDC discharge, SPDC records, TSO, mode)
CASES = {
    "one record": ([record(1, 5)], [(1, 5, 1, None, None, 0, 0, None)]),
    "transfer on the same day": (
        [record(1, 5), record(5, 9, SPDC)],
        [(1, 9, 2, 5, 9, 1, 0, "2")],
    ),
    "the day after is another stay": (
        [record(1, 5, SPDC), record(6, 9, SPDC)],
        [(1, 5, 1, 1, 5, 1, 0, "2"), (6, 9, 1, 6, 9, 1, 0, "2")],
    ),
    "nested: a later one joins the longest": (
        [record(1, 20), record(3, 6, SPDC), record(20, 25, MEDICINE)],
        [(1, 25, 3, 3, 6, 1, 0, "2")],
    ),
    "the same record twice": ([record(1, 5), record(1, 5)], [(1, 5, 2, None, None, 0, 0, None)]),
    "within a day": ([record(1, 1, SPDC), record(1, 1, SPDC)], [(1, 1, 2, 1, 1, 2, 0, "2")]),
    "a chain": ([record(1, 3), record(3, 4), record(4, 9), record(9, 9)], [(1, 9, 4, None, None, 0, 0, None)]),
    "SPDC inside a longer stay": (
        [record(1, 4), record(4, 10, SPDC), record(10, 15), record(15, 20, SPDC), record(20, 30)],
        [(1, 30, 5, 4, 20, 2, 0, "2")],
    ),
    "psychiatry at the discharge only": (
        [record(1, 8, MEDICINE, out=SPDC)],
        [(1, 8, 1, 1, 8, 1, 0, "2")],
    ),
    "psychiatry at the admission only": (
        [record(1, 8, SPDC, out=MEDICINE)],
        [(1, 8, 1, 1, 8, 1, 0, "2")],
    ),
    "child neuropsychiatry is no SPDC": ([record(1, 8, CHILD)], [(1, 8, 1, None, None, 0, 0, None)]),
    "private psychiatry is no SPDC": (
        [record(1, 8, SPDC, institution=PRIVATE)],
        [(1, 8, 1, None, None, 0, 0, None)],
    ),
    "from private to public psychiatry": (
        [record(1, 8, SPDC, institution=PRIVATE), record(8, 12, SPDC)],
        [(1, 12, 2, 8, 12, 1, 0, "2")],
    ),
    "compulsory, then voluntary": (
        [record(1, 8, SPDC, kind="3"), record(8, 12, SPDC, kind="2")],
        [(1, 12, 2, 1, 12, 2, 1, "2")],
    ),
    "compulsory in another ward is not counted": (
        [record(1, 3, MEDICINE, kind="3"), record(3, 5, SPDC)],
        [(1, 5, 2, 3, 5, 1, 0, "2")],
    ),
    "compulsory in private psychiatry is not counted": (
        [record(1, 3, SPDC, kind="3", institution=PRIVATE), record(3, 5, SPDC)],
        [(1, 5, 2, 3, 5, 1, 0, "2")],
    ),
    "the last SPDC record tells the mode": (
        [record(1, 3, SPDC, mode="6"), record(3, 8, SPDC, mode="1"), record(8, 8, MEDICINE, mode="2")],
        [(1, 8, 3, 1, 8, 2, 0, "1")],
    ),
    "the last is the one discharged last": (
        [record(1, 9, SPDC, mode="1"), record(3, 5, SPDC, mode="6")],
        [(1, 9, 2, 1, 9, 2, 0, "1")],
    ),
    "day hospital joins nothing": (
        [record(1, 5, SPDC), record(3, 40, SPDC, regime="2"), record(20, 22, SPDC)],
        [(1, 5, 1, 1, 5, 1, 0, "2"), (20, 22, 1, 20, 22, 1, 0, "2")],
    ),
    "no ward given": ([(*record(1, 5)[:3], None, None, None, None, None)], [(1, 5, 1, None, None, 0, 0, None)]),
    "day hospital only": ([record(1, 5, SPDC, regime="2")], []),
}


def told(stays) -> dict[int, list[tuple]]:
    """The stays of each person in their order, days as numbers."""
    found: dict[int, list[tuple]] = {}
    for r in sorted(stays.collect(), key=lambda r: (r.person_id, r.stay)):
        days = [None if d is None else number(d) for d in (r[2], r[3], r[5], r[6])]
        assert r.stay == len(found.setdefault(r.person_id, [])) + 1
        found[r.person_id].append(
            (*days[:2], r.records, *days[2:], r.spdc_records, r.compulsory_records, r.spdc_discharge_mode)
        )
    return found


def test_cases_worked_out_by_hand(spark) -> None:
    got = told(join_transfers(frame(spark, [records for records, _ in CASES.values()])))
    assert {case: got.get(n, []) for n, case in enumerate(CASES)} == {case: stays for case, (_, stays) in CASES.items()}


@pytest.mark.parametrize(("gap", "stays"), [(0, 3), (1, 2), (2, 2), (3, 1)])
def test_the_gap_is_a_parameter(spark, gap: int, stays: int) -> None:
    history = [record(1, 5, SPDC), record(6, 8, SPDC), record(11, 12, SPDC)]  # gaps of one and three days
    assert len(told(join_transfers(frame(spark, [history]), gap_days=gap))[0]) == stays


def test_private_psychiatry_counts_where_it_is_asked_for(spark) -> None:
    history = [record(1, 8, SPDC, institution=PRIVATE, kind="3"), record(8, 12, SPDC)]
    assert told(join_transfers(frame(spark, [history]), spdc_public_only=False)) == {0: [(1, 12, 2, 1, 12, 2, 1, "2")]}


def test_records_know_their_stay(spark) -> None:
    history = [record(1, 5), record(5, 9, SPDC), record(11, 12, CHILD), record(12, 12, regime="2")]
    rows = number_stays(frame(spark, [history])).select("record_rank", "stay", "spdc").collect()
    assert sorted(tuple(r) for r in rows) == [(1, 1, False), (2, 1, True), (3, 2, False)]


def slow_stays(records: list[tuple], gap: int) -> list[tuple]:
    """The rule read aloud: take the record of the earliest admission that is in no stay, and gather all that touch."""
    left = sorted((r for r in records if r[0] == "1"), key=lambda r: (r[1], r[2]))
    stays = []
    while left:
        stay = [left.pop(0)]
        while True:
            near = [r for r in left if any((r[1] - s[2]).days <= gap for s in stay)]
            if not near:
                break
            stay += near
            left = [r for r in left if r not in near]
        spdc = [r for r in stay if "40" in (r[3][:2], r[4][:2]) and r[7] == PUBLIC]
        stays.append(
            (
                number(min(r[1] for r in stay)),
                number(max(r[2] for r in stay)),
                len(stay),
                number(min(r[1] for r in spdc)) if spdc else None,
                number(max(r[2] for r in spdc)) if spdc else None,
                len(spdc),
                sum(r[5] == "3" for r in spdc),
            )
        )
    return stays


record_of_any_kind = st.builds(
    lambda first, length, ward, out, kind, institution, regime: record(
        first, first + length, ward, out, kind, institution=institution, regime=regime
    ),
    first=st.integers(1, 40),
    length=st.integers(0, 12),
    ward=st.sampled_from([SPDC, MEDICINE]),
    out=st.sampled_from([SPDC, MEDICINE]),
    kind=st.sampled_from(["2", "3"]),
    institution=st.sampled_from([PUBLIC, PUBLIC, PRIVATE]),
    regime=st.sampled_from(["1", "1", "1", "2"]),
)


def any_histories(count: int) -> list[list[tuple]]:
    """Histories as hypothesis draws them, gathered for one frame."""
    gathered: list[list[tuple]] = [records for records, _ in CASES.values() if records[0][3] is not None]

    @seed(2015)
    @given(st.lists(record_of_any_kind, min_size=1, max_size=7))
    @hypothesis_settings(max_examples=count, deadline=None, phases=[Phase.generate], database=None)
    def gather(records: list[tuple]) -> None:
        gathered.append(records)

    gather()
    return gathered


def test_any_history_is_joined_as_the_rule_reads(spark) -> None:
    """Hundreds of histories in one frame against the slow twin."""
    people = any_histories(400)
    records = frame(spark, people).cache()
    for gap in (0, 2):
        got = told(join_transfers(records, gap_days=gap))
        for person, history in enumerate(people):
            assert [s[:-1] for s in got.get(person, [])] == slow_stays(history, gap), history
    records.unpersist()


def test_records_are_typed_and_ranked(spark) -> None:
    plain = {
        **{"region": "030", "hospital": "H1", "year": "2015", "cuni": "P", "regime": "1", "diagnosis_1": "295.30"},
        **{"admission_date": "2015-03-01", "discharge_date": "2015-03-05", "admission_ward": "4001", "birth_year": ""},
    }
    given_rows = [
        {"record": "3"},
        {"record": "2"},
        {"record": "1", "discharge_date": "2015-03-04"},
        {"record": "0", "hospital": "H0", "diagnosis_2": "xxxxx"},
        {"record": "9", "admission_date": "2015-02-27", "birth_year": "1970"},
        {"record": "5", "cuni": "Q"},
        {
            "record": "6",
            "cuni": ANONYMOUS_CUNI,
        },
    ]
    columns = COLUMNS["SDO"]
    sdo = small_frame(
        spark,
        [tuple({**dict.fromkeys(columns), **plain, **row}[c] for c in columns) for row in given_rows],
        ", ".join(f"{c} string" for c in columns),
    )
    ranked = hospital_records(discharges(sdo, bytes(32)), 2)
    rows = ranked.collect()
    by_rank = [(r.record_rank, r.record) for r in rows]
    assert sorted(by_rank) == [(1, "5"), (1, "9"), (2, "1"), (3, "0"), (4, "2"), (5, "3")]
    assert by_rank in ([(1, "5"), *by_rank[1:]], [*by_rank[:-1], (1, "5")])  # each person in one piece, in order
    first = next(r for r in rows if r.record == "9")
    assert (first.admission_date, first.birth_year, first.diagnosis_1, first.year) == (
        date(2015, 2, 27),
        1970,
        "29530",
        2015,
    )
    fourth = next(r for r in rows if r.record == "0")
    assert (fourth.diagnosis_2, fourth.birth_year, fourth.admission_type) == ("xxxxx", None, None)
    assert ranked._jdf.queryExecution().executedPlan().toString().count("REPARTITION_BY_NUM") == 1
