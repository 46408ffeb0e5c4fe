"""Whose activity it is: the ladder from the semester's own anagrafica to nobody, and what a data end knows of it."""

import pytest

from percorsi.conformed.link import known_by, linked, links
from percorsi.small_frame import small_frame

ANAGRAFICA = "register string, region string, azienda string, dsm string, id_rec string, year int, semester int, person_id bigint"  # noqa: E501
ACTIVITY = (
    "case string, register string, region string, azienda string, dsm string, id_rec string, year int, semester int"
)
T, R = "territorial", "residential"


def _place(id_rec: str, region: str = "030", dsm: str = "001") -> tuple:
    return (region, "321", dsm, id_rec)


# one Id_Rec a situation; persons are small numbers
REGISTRATIONS = [
    (T, *_place("steady"), 2014, 1, 1),
    (T, *_place("steady"), 2014, 2, 1),
    (R, *_place("steady"), 2015, 1, 1),
    # the CUNI changes from one semester to the next
    (T, *_place("changing"), 2014, 1, 2),
    (T, *_place("changing"), 2015, 2, 3),
    (R, *_place("changing"), 2016, 1, 4),
    # known only later
    (T, *_place("late"), 2016, 1, 5),
    # the registers disagree: each has its own person
    (T, *_place("both"), 2015, 1, 6),
    (R, *_place("both"), 2015, 1, 7),
    # the same Id_Rec in another DSM and another region is another record
    (T, *_place("shared"), 2015, 1, 8),
    (T, *_place("shared", dsm="002"), 2015, 1, 9),
    (T, *_place("shared", region="080"), 2015, 1, 10),
    # two years of one person, then another, then the first again
    (T, *_place("returning"), 2013, 1, 11),
    (T, *_place("returning"), 2014, 1, 11),
    (T, *_place("returning"), 2015, 1, 12),
    (T, *_place("returning"), 2016, 1, 11),
]

# case: register, place, year, semester -> rows (person, known_from, known_until)
CASES = {
    "own semester": ((T, *_place("steady"), 2014, 2), [(1, None, None)]),
    "no semester of its own, one person": ((T, *_place("steady"), 2016, 2), [(1, None, None)]),
    "other register, one person": ((R, *_place("steady"), 2014, 1), [(1, None, None)]),
    "before the first anagrafica": ((T, *_place("steady"), 2013, 2), [(1, 2014, None)]),
    "own semester of several": ((T, *_place("changing"), 2014, 1), [(2, None, None)]),
    "own later semester of several": ((T, *_place("changing"), 2015, 2), [(3, None, None)]),
    "between: the latest in sight decides": ((T, *_place("changing"), 2014, 2), [(2, None, 2014), (3, 2015, None)]),
    "same year, other semester": ((T, *_place("changing"), 2015, 1), [(3, None, None)]),
    "after the last of its register": ((T, *_place("changing"), 2016, 2), [(3, None, None)]),
    "residential, the other register first": (
        (R, *_place("changing"), 2014, 2),
        [(2, None, 2014), (3, 2015, 2015), (4, 2016, None)],
    ),
    "known only later": ((T, *_place("late"), 2014, 1), [(5, 2016, None)]),
    "territorial of a pair": ((T, *_place("both"), 2015, 1), [(6, None, None)]),
    "residential of a pair": ((R, *_place("both"), 2015, 1), [(7, None, None)]),
    "territorial of a pair, later": ((T, *_place("both"), 2015, 2), [(6, None, None)]),
    "residential of a pair, later": ((R, *_place("both"), 2015, 2), [(7, None, None)]),
    "same Id_Rec": ((T, *_place("shared"), 2015, 1), [(8, None, None)]),
    "same Id_Rec, other DSM": ((T, *_place("shared", dsm="002"), 2015, 1), [(9, None, None)]),
    "same Id_Rec, other region": ((T, *_place("shared", region="080"), 2015, 1), [(10, None, None)]),
    "same Id_Rec, DSM without it": ((T, *_place("shared", dsm="003"), 2015, 1), []),
    "in no anagrafica": ((T, *_place("unknown"), 2015, 1), []),
    "back to the first": ((T, *_place("returning"), 2014, 2), [(11, None, 2014), (12, 2015, 2015), (11, 2016, None)]),
}


@pytest.fixture(scope="module")
def facts(spark):
    activity = small_frame(spark, [(case, *given) for case, (given, _) in CASES.items()], ACTIVITY)
    anagrafica = small_frame(spark, REGISTRATIONS, ANAGRAFICA)
    return linked(activity, links(anagrafica)).cache()


def test_the_ladder(facts) -> None:
    got: dict[str, list] = {case: [] for case in CASES}
    for r in facts.collect():
        got[r.case].append((r.person_id, r.known_from, r.known_until))
    assert {case: sorted(rows, key=lambda r: r[1] or 0) for case, rows in got.items()} == {
        case: rows for case, (_, rows) in CASES.items()
    }
    assert "id_rec" not in facts.columns


@pytest.mark.parametrize(
    ("year", "between", "first", "late", "returning"),
    [(2014, 2, 1, None, 11), (2015, 3, 1, None, 12), (2016, 3, 1, 5, 11), (2017, 3, 1, 5, 11)],
)
def test_a_data_end_sees_one_person_or_nobody(facts, year, between, first, late, returning) -> None:
    rows = known_by(facts, year).collect()
    seen = {r.case: r.person_id for r in rows}
    assert len(seen) == len(rows)
    assert seen["between: the latest in sight decides"] == between
    assert seen["before the first anagrafica"] == first
    assert seen.get("known only later") == late
    assert seen["back to the first"] == returning


def test_the_years_loaded_beyond_the_data_end_change_nothing(spark, facts) -> None:
    """What a data end of 2015 sees with all loaded is what it sees with nothing later loaded."""
    early = [r for r in REGISTRATIONS if r[5] <= 2015]
    given = [(case, *g) for case, (g, _) in CASES.items() if g[5] <= 2015]
    alone = linked(small_frame(spark, given, ACTIVITY), links(small_frame(spark, early, ANAGRAFICA)))
    wanted = {(r.case, r.person_id) for r in known_by(facts, 2015).where("year <= 2015").collect()}
    assert {(r.case, r.person_id) for r in known_by(alone, 2015).collect()} == wanted
