"""The oracle on dispensings, therapies and the tests they ask for, with numbers worked out by hand."""

from datetime import date
from fractions import Fraction

import pytest

from oracle.classes import is_antipsychotic, is_long_acting
from oracle.drugs import Dispensing, Pack, Therapy, covered_days, rounded, therapies
from oracle.persons import Year
from oracle_files import (
    CLOZAPINE,
    DEPOT,
    DEPOT_OF_HALOPERIDOL,
    HALOPERIDOL,
    LITHIUM,
    NO_DDD,
    OLANZAPINE,
    Files,
    Y,
    dies,
    later,
)

FIRST, LAST = date(Y, 1, 1).toordinal(), date(Y, 12, 31).toordinal()
DATA_END = date(Y + 1, 12, 31).toordinal()
TESTS = ("90.27.1", "90.14.3", "90.43.2")


def given(day, ddds, substance="N05AD01"):
    """A dispensing of so many DDDs."""
    return Dispensing(day, substance, Pack(substance, Fraction(1), "oral", None, None, None), 1, Fraction(ddds))


@pytest.fixture
def files(tmp_path):
    """A patient of the cohort, 42 years old and long known, with one intervention in Y."""
    files = Files(tmp_path).all_flows()
    files.anagrafica()
    files.episode(opening="2015-01-10")
    files.intervention(f"{Y}-01-10", kind="03")
    return files


def test_a_dispensing_covers_as_many_days_as_ddds_begun():
    assert covered_days([given(100, "2.5")]) == {100, 101, 102}
    # packs of one substance and day are one dispensing: 0.4 and 0.5 DDDs are one day, of two substances one each
    assert covered_days([given(100, "0.4"), given(100, "0.5")]) == {100}
    assert covered_days([given(100, "0.6"), given(100, "0.5")]) == {100, 101}
    assert covered_days([given(100, "0.6"), given(100, "0.5", "N05AH03")]) == {100}
    # nothing is carried forward: what overlaps is lost
    assert covered_days([given(100, 3), given(101, 3)]) == {100, 101, 102, 103}
    # rounded to six places first
    assert len(covered_days([given(100, "28.0000004")])) == 28
    assert len(covered_days([given(100, "28.0000005")])) == 29
    assert rounded(Fraction(1, 3) * 3, 9) == 1


def test_a_therapy_ends_at_thirty_uncovered_days():
    drug = set(range(100, 110)) | set(range(139, 145))  # 110 to 138 uncovered: 29 days
    assert therapies(drug, set()) == [(100, 145)]
    assert therapies(set(range(100, 110)) | {140}, set()) == [(100, 110), (140, 141)]  # 30 days
    # days in an institution bridge and extend, and never start
    assert therapies(set(range(100, 110)) | {160}, set(range(125, 131))) == [(100, 161)]
    assert therapies(set(range(100, 110)), {90, 105, 120}) == [(100, 121)]
    assert therapies({100}, {140, 141}) == [(100, 101)]
    assert therapies(set(), {140}) == []


def test_an_interruption_has_to_be_seen():
    def interruptions(end, dead=None):
        return Therapy([given(end - 10, 10)], set(), Year(Y), dead).interruptions

    assert interruptions(DATA_END - 30) == [DATA_END - 30]
    assert interruptions(DATA_END - 29) == []
    assert interruptions(LAST, dead=LAST + 30) == [LAST]
    assert interruptions(LAST, dead=LAST + 29) == []


def test_persistence_and_new_use():
    therapy = Therapy([given(FIRST, 180)], set(), Year(Y), None)
    assert therapy.interruptions == [FIRST + 180]
    assert therapy.persistent(FIRST, 180) and not therapy.persistent(FIRST, 181)
    assert therapy.new_user() == FIRST
    assert Therapy([given(FIRST - 365, 1), given(FIRST, 1)], set(), Year(Y), None).new_user() is None
    assert Therapy([given(FIRST - 366, 1), given(FIRST, 1)], set(), Year(Y), None).new_user() == FIRST
    assert Therapy([given(FIRST - 1, 400)], set(), Year(Y), None).new_user() is None  # no dispensing in Y
    assert therapy.longest_in_year() == 180
    assert Therapy([given(FIRST - 100, 500)], set(), Year(Y), None).longest_in_year() == 365


def test_classes_go_by_the_code_and_the_form():
    def pack(atc, form="oral"):
        return Pack(atc, Fraction(1), form, None, None, None)

    assert is_antipsychotic(pack("N05AH03")) and not is_antipsychotic(pack("N05AN01"))
    assert is_long_acting(pack("N05AX13", "depot")) and not is_long_acting(pack("N05AX13", "parenteral"))


def test_what_counts_nowhere(files):
    for packs in ("0", "-1"):
        files.dispense(f"{Y}-02-01", HALOPERIDOL, packs)
    files.dispense(f"{Y}-02-01", "999999999")
    files.dispense(f"{Y}-02-01", NO_DDD)
    files.dispense(f"{Y}-02-01", LITHIUM)
    files.dispense(f"{Y}-02-01", HALOPERIDOL, "two")  # P005
    files.dispense(f"{Y}-02-01", HALOPERIDOL, line="99")  # the total of a prescription
    assert files.nation("S34") == (0, 1)
    files.direct(f"{Y}-02-01", HALOPERIDOL, "10", factor="30")  # ten tablets of thirty
    assert files.nation("S34") == (1, 1)


def test_two_antipsychotics_together_on_more_than_thirty_days(files):
    files.dispense(f"{Y}-02-01", HALOPERIDOL, "10")  # 100 days
    files.dispense(f"{Y}-03-01", OLANZAPINE, "1")  # 30 days
    assert files.nation("S34") == (1, 1)
    files.dispense(f"{Y}-06-01", HALOPERIDOL, "1")
    files.dispense(f"{Y}-06-10", OLANZAPINE, "1")  # 10 June alone: 31
    assert files.nation("S34") == (0, 1)


def test_continuing_users_and_how_long(files):
    files.dispense(f"{Y - 1}-12-01", HALOPERIDOL, "3")  # to 30 December
    files.dispense(f"{Y}-01-10", HALOPERIDOL, "9")  # 90 days
    assert files.nation("S33", "S33 a", "S33 b", "S33 c") == [(0, 1), (1, 1), (0, 1), (0, 1)]
    files.hospital(f"{Y}-04-15", f"{Y}-07-08", ward="2601")  # bridges 10 April to 8 July: 180 days from the first
    assert files.nation("S33", "S33 c") == [(1, 1), (0, 1)]


def test_an_interruption_is_followed_by_a_visit(files):
    files.dispense(f"{Y}-01-22", HALOPERIDOL, "1")  # covers January: e is 1 February
    assert files.nation("S38") == (0, 1)
    files.intervention(later(f"{Y}-02-01", 91))
    assert files.nation("S38") == (0, 1)
    files.intervention(later(f"{Y}-02-01", 90), number="2")
    assert files.nation("S38") == (1, 1)
    files.hospital(later(f"{Y}-02-01", 90), later(f"{Y}-02-01", 95), ward="2601")
    assert files.nation("S38") == "denominator_zero"


def test_starters_who_are_new(files):
    files.lines[f"CNT_030_{Y}_S1.csv"].pop()
    files.episode(opening=f"{Y}-01-10")
    files.dispense(f"{Y}-02-01", HALOPERIDOL, "9")
    assert files.nation("S18") == "denominator_zero"  # neither a discharge nor a visit
    files.intervention(f"{Y}-02-02", number="2")
    assert files.nation("S18") == "denominator_zero"  # the first of Y is before it
    files.intervention(f"{Y}-02-01", number="3")
    assert files.nation("S18", "S18 1a", "S18 1b", "S18 1c", "S18 a") == [(0, 1), (1, 1), (0, 1), (0, 1), (1, 1)]
    assert files.nation("S18 2a") == "denominator_zero"


def test_starters_who_are_known(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    files.dispense(later(f"{Y}-03-10", 60), HALOPERIDOL, "18")  # 180 days
    assert files.nation("S18", "S18 2a", "S18 2b", "S18 2c", "S18 c") == [(1, 1), (1, 1), (1, 1), (0, 1), (0, 1)]
    files.dispense(later(f"{Y}-03-01", -365), OLANZAPINE)
    assert files.nation("S18") == "denominator_zero"
    files.hospital(f"{Y}-05-01", f"{Y}-05-05")  # the stay before which there is none in 365 days
    assert files.nation("S18 2b") == (1, 1)


def test_a_start_on_day_sixty_one_is_none(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    files.dispense(later(f"{Y}-03-10", 61), HALOPERIDOL, "18")
    assert files.nation("S18") == "denominator_zero"


def test_doses_after_a_discharge(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    start = later(f"{Y}-03-10", 30)
    files.dispense(start, HALOPERIDOL, "1")  # 10 DDDs
    assert files.nation("S17") == "denominator_zero"  # not again
    files.dispense(later(start, 91), HALOPERIDOL)
    assert files.nation("S17") == "denominator_zero"
    files.dispense(later(start, 11), HALOPERIDOL)
    assert files.nation("S17") == (0, 1)  # 10 / 11
    files.dispense(later(start, 10), HALOPERIDOL)
    assert files.nation("S17") == (1, 1)  # 1 DDD a day
    files.dispense(start, OLANZAPINE, "2")  # 60 DDDs in 30 days: 3 in all
    files.dispense(later(start, 30), OLANZAPINE)
    assert files.nation("S17") == (1, 1)
    files.dispense(start, CLOZAPINE)
    assert files.nation("S17") == (1, 1)  # not dispensed again: not in the sum
    files.dispense(later(start, 90), CLOZAPINE)
    assert files.nation("S17") == (0, 1)  # 3 and 42 / 90


def test_no_first_day_within_thirty_days_of_the_discharge(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    files.dispense(later(f"{Y}-03-10", 31), HALOPERIDOL)
    files.dispense(later(f"{Y}-03-10", 40), HALOPERIDOL)
    assert files.nation("S17") == "denominator_zero"


def test_metabolic_tests_of_new_users(files):
    start = f"{Y}-05-01"
    files.dispense(start, OLANZAPINE, "3")  # 90 days
    assert files.nation("S19") == (0, 1)
    for test in TESTS:
        files.service(start, test)
        files.service(start, test)  # one day is one execution
        files.service(later(start, 85), test)
    assert files.nation("S19") == (0, 1)
    for test in TESTS:
        files.service(later(start, 84), test)
    assert files.nation("S19") == (1, 1)
    files.dispense(later(start, -365), OLANZAPINE)
    assert files.nation("S19") == "denominator_zero"


def test_a_hospital_stay_in_the_window_is_one_execution(files):
    start = f"{Y}-05-01"
    files.dispense(start, OLANZAPINE, "3")
    for test in TESTS:
        files.service(start, test)
    files.hospital(later(start, 84), later(start, 120), ward="2601")
    assert files.nation("S19") == (1, 1)


def test_twelve_weeks_end_at_the_death(files):
    start = f"{Y}-05-01"
    files.dispense(start, OLANZAPINE, "3")
    for test in TESTS:
        files.service(start, test)
        files.service(later(start, 40), test)
    dies(files, later(start, 40))
    assert files.nation("S19") == (1, 1)
    dies(files, later(start, 39))
    assert files.nation("S19") == (0, 1)


def test_metabolic_tests_of_who_goes_on(files):
    files.dispense(f"{Y - 1}-12-20", HALOPERIDOL, "18")  # 180 days from 20 December: 168 of Y
    files.dispense(f"{Y}-02-01", HALOPERIDOL)
    assert files.nation("S39") == "denominator_zero"
    files.dispense(f"{Y}-06-19", HALOPERIDOL, "1")  # to 28 June, the gap included: 179
    assert files.nation("S39") == "denominator_zero"
    files.dispense(f"{Y}-06-20", HALOPERIDOL, "1")
    assert files.nation("S39") == (0, 1)
    for test in TESTS[:2]:
        files.service(f"{Y}-12-31", test)
    assert files.nation("S39") == (0, 1)
    files.service(f"{Y}-01-01", TESTS[2])
    assert files.nation("S39") == (1, 1)


def test_steps_between_long_acting_dispensings(files):
    files.dispense(f"{Y}-02-01", DEPOT)
    assert files.nation("S35") == "denominator_zero"
    files.dispense(later(f"{Y}-02-01", 35), DEPOT)  # 28 and seven
    assert files.nation("S35") == (1, 1)  # 28 DDDs in 35 days are 0.8
    files.dispense(later(f"{Y}-02-01", 71), DEPOT)  # 36 days
    assert files.nation("S35") == (0, 1)
    files.hospital(later(f"{Y}-02-01", 70), later(f"{Y}-02-01", 80), ward="2601")  # one day of the step
    assert files.nation("S35") == (1, 1)  # 56 / 70 = 0.8


def test_doses_of_long_acting_packs(files):
    files.dispense(f"{Y}-02-01", DEPOT)
    files.dispense(later(f"{Y}-02-01", 24), DEPOT)
    assert files.nation("S35") == (1, 1)  # 28 / 24 = 1.167
    files.dispense(later(f"{Y}-02-01", 46), DEPOT)
    assert files.nation("S35") == (0, 1)  # 56 / 46 = 1.217


def test_packs_without_bounds_do_not_bind(files):
    for days in (0, 3, 6):
        files.dispense(later(f"{Y}-02-01", days), DEPOT_OF_HALOPERIDOL)
    assert files.nation("S35") == (1, 1)
    files.direct(later(f"{Y}-02-01", 6), DEPOT_OF_HALOPERIDOL, "1")  # two packs of a day: 28 days
    files.dispense(later(f"{Y}-02-01", 41), DEPOT_OF_HALOPERIDOL)  # 35 days after
    assert files.nation("S35") == (1, 1)
    files.dispense(later(f"{Y}-02-01", 63), DEPOT_OF_HALOPERIDOL)  # 22 days, one pack: 21
    assert files.nation("S35") == (0, 1)


def test_visits_while_long_acting_drugs_cover(files):
    files.dispense(f"{Y - 1}-12-20", DEPOT)  # to 16 January
    files.dispense(f"{Y}-02-01", DEPOT)
    files.dispense(f"{Y}-05-01", DEPOT)  # to 28 May
    files.intervention(f"{Y}-04-01", number="2")  # 90 days after 1 January, 57 to 28 May
    assert files.nation("S36") == (1, 1)
    files.lines[f"PST_030_{Y}_S1.csv"].pop()
    files.intervention(f"{Y}-04-02", number="2")
    assert files.nation("S36") == (0, 1)
    files.intervention(f"{Y}-02-20", number="3", place="5")  # not at the CSM
    assert files.nation("S36") == (0, 1)


def test_clozapine_of_the_resistant(files):
    files.dispense(f"{Y}-01-20", HALOPERIDOL, "4.2")  # 42 days
    files.dispense(f"{Y}-11-20", CLOZAPINE)  # 42 days: to the last of Y
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    assert files.nation("S37") == "denominator_zero"  # one stay
    files.hospital(f"{Y}-04-01", f"{Y}-04-10")
    assert files.nation("S37") == (1, 1)
    files.lines[f"FAR_030_{Y}.csv"].pop()
    files.dispense(f"{Y}-11-21", CLOZAPINE)  # 41 days in Y
    assert files.nation("S37") == "denominator_zero"
    files.dispense(f"{Y}-09-01", OLANZAPINE, "1.4")
    assert files.nation("S37") == (1, 1)


@pytest.mark.parametrize(
    ("gone", "code", "why"),
    [
        (f"DIR_030_{Y - 1}", "S34", "window_not_covered"),
        (f"DIR_030_{Y - 1}", "S35", "denominator_zero"),  # Y alone is needed
        (f"AIC_{Y - 1}", "S36", "window_not_covered"),
        ("FAR", "S17", "missing_flow"),
        (f"FAR_030_{Y - 2}", "S18", "window_not_covered"),
        (f"FAR_030_{Y - 2}", "S33", "denominator_zero"),
        (f"SPE_030_{Y + 1}", "S19", "window_not_covered"),
        (f"SPE_030_{Y + 1}", "S39", "denominator_zero"),
        (f"SDO_030_{Y + 1}", "S38", "window_not_covered"),
        (f"PSS_030_{Y + 1}_S2", "S38", "denominator_zero"),  # the first semester is enough
        (f"PSS_030_{Y + 1}_S1", "S38", "window_not_covered"),
    ],
)
def test_flows_and_years_that_are_needed(files, gone, code, why):
    for name in [name for name in files.lines if name.startswith(gone)]:
        del files.lines[name]
    assert files.nation(code) == why
