"""The oracle on the bipolar set, with numbers worked out by hand."""

import pytest

from oracle.classes import is_for_bipolar_disorder, is_mood_stabiliser, is_mood_stabiliser_alone
from oracle.drugs import Pack
from oracle_files import (
    DEPOT_OF_RISPERIDONE,
    HALOPERIDOL,
    LITHIUM,
    OLANZAPINE,
    RISPERIDONE,
    VALPROATE,
    Files,
    Y,
    dies,
    later,
    number_of,
)

LEVEL = "90.32.2"
SCREENING = ("90.62.2", "90.04.5", "90.09.2", "90.16.3", "90.42.1", "90.14.3", "90.43.2", "89.52")
KIDNEY_AND_THYROID = ("90.16.3", "90.44.3", "90.42.1", "90.42.3", "90.43.3")
LIVER_AND_BLOOD = ("90.04.5", "90.09.2", "90.25.5", "90.23.5", "90.62.2")


@pytest.fixture
def files(tmp_path):
    """A patient of 42, long known, with one intervention in Y: c is 10 January."""
    files = Files(tmp_path).all_flows()
    files.anagrafica()
    files.episode(opening="2015-01-10", diagnosis="29650")
    files.intervention(f"{Y}-01-10", kind="03")
    return files


@pytest.fixture
def young(tmp_path):
    """A patient of 27, opened on 1 March of Y and in contact since."""
    files = Files(tmp_path).all_flows()
    files.anagrafica(birth=str(Y - 27))
    files.episode(opening=f"{Y}-03-01", diagnosis="29600")
    files.intervention(f"{Y}-03-05", kind="03")
    return files


def test_mood_stabilisers_by_code_and_form():
    def belong(atc, form="oral"):
        pack = Pack(atc, None, form, None, None, None)
        return [is_mood_stabiliser_alone(pack), is_mood_stabiliser(pack), is_for_bipolar_disorder(pack)]

    for atc in ("N05AN01", "N03AG01", "N03AG02", "N03AF01", "N03AX09"):
        assert belong(atc) == [True, True, True]
    for atc in ("N05AH03", "N05AH04", "N05AX12"):
        assert belong(atc) == [False, True, True]
    assert belong("N05AX08") == [False, False, True]
    assert belong("N05AX08", "depot") == [False, True, True]
    assert belong("N03AF02") == [False, False, False]


def test_the_same_as_others_by_the_pathway(files):
    number_of(files, 5, "16")
    assert files.nation("BP37", "BP23", "S46", "D23") == [(1, 1), (1, 1), "denominator_zero", "denominator_zero"]


def test_three_sessions_or_three_interviews_at_onset(young):
    number_of(young, 2, "10")
    number_of(young, 2, "02")
    assert young.nation("BP8") == (0, 1)
    number_of(young, 1, "07", first=f"{Y}-06-01")
    assert young.nation("BP8", "BP25") == [(1, 1), (0, 1)]


def test_more_than_three_sessions_or_interviews_of_anybody(files):
    number_of(files, 3, "08")
    number_of(files, 3, "02")
    assert files.nation("BP25") == (0, 1)
    number_of(files, 1, "02", first=f"{Y}-12-31")
    assert files.nation("BP25", "BP8") == [(1, 1), "denominator_zero"]  # four; no onset


def test_psychoeducation_of_family_and_patient_at_onset(young):
    number_of(young, 1, "13")
    number_of(young, 1, "14")
    young.event("PSYCHOEDUCATION", f"{Y}-12-31")
    young.event("PSYCHOEDUCATION", f"{Y + 1}-01-01")
    young.event("PSYCHOEDUCATION", f"{Y - 1}-12-31", f"{Y}-02-01")  # of its start day
    assert young.nation("BP9") == (0, 1)
    young.event("PSYCHOEDUCATION", f"{Y}-12-31")  # another of that day
    assert young.nation("BP9") == (1, 1)


def test_starters_of_mood_stabilisers(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    files.dispense(later(f"{Y}-03-10", 10), RISPERIDONE, "12")  # by mouth: no mood stabiliser
    assert files.nation("BP15") == "denominator_zero"
    files.dispense(later(f"{Y}-03-10", 60), DEPOT_OF_RISPERIDONE, "6")  # 180 days
    assert files.nation("BP15", "BP15 2a", "BP15 2b", "BP15 2c", "BP15 b") == [(1, 1), (1, 1), (1, 1), (0, 1), (1, 1)]
    assert files.nation("BP15 1a") == "denominator_zero"
    files.dispense(later(f"{Y}-03-01", -365), LITHIUM)
    assert files.nation("BP15") == "denominator_zero"


def test_screening_at_the_start_of_either_class(files):
    start = f"{Y}-05-01"
    files.dispense(start, VALPROATE)
    assert files.nation("BP16") == "denominator_zero"  # for 30 days only
    files.dispense(later(start, 59), HALOPERIDOL)  # 29 days uncovered, to day 68
    files.dispense(later(start, 60), LITHIUM)
    assert files.nation("BP16") == (0, 1)
    for test in SCREENING[:-1]:
        files.service(later(start, 84), test)
    files.service(later(start, 85), SCREENING[-1])
    assert files.nation("BP16") == (0, 1)
    files.hospital(later(start, 84), later(start, 90), ward="2601")  # each test, the electrocardiogram too
    assert files.nation("BP16") == (1, 1)
    files.dispense(later(start, -365), HALOPERIDOL)  # no mood stabiliser, but of the two together
    assert files.nation("BP16") == "denominator_zero"


def test_packs_of_one_substance_in_both_classes_are_taken_once(files):
    start = f"{Y}-05-01"
    files.dispense(start, OLANZAPINE, "1.4")  # 42 days
    files.dispense(start, OLANZAPINE, "0.3")  # and 9: 51
    files.direct(start, OLANZAPINE, "32", factor="30")  # and 32: 83, the interruption before day 84
    assert files.nation("BP16") == "denominator_zero"
    files.direct(start, OLANZAPINE, "1", factor="30")
    assert files.nation("BP16") == (0, 1)


def test_a_lithium_level_after_the_latest_discharge(files):
    start = f"{Y}-05-31"
    files.hospital(later(start, -60), later(start, -50))
    files.hospital(later(start, -40), later(start, -30))
    files.hospital(later(start, 1), later(start, 5))  # a later discharge is none on or before it, a stay no level
    files.dispense(start, LITHIUM)
    assert files.nation("BP17", "BP17 a", "BP17 both", "BP17 b") == [(0, 1), (0, 1), (0, 1), "denominator_zero"]
    files.service(later(start, -1), LEVEL)  # day 29 after the discharge
    files.service(later(start, -31), LEVEL)
    assert files.nation("BP17 a") == (0, 1)
    files.service(later(start, -2), LEVEL)
    assert files.nation("BP17", "BP17 a", "BP17 both") == [(1, 1)] * 3


def test_two_lithium_levels_without_a_near_discharge(files):
    start = f"{Y}-05-31"
    files.hospital(later(start, -40), later(start, -31))
    files.dispense(start, LITHIUM)
    for day in (0, 0, -1, 29):
        files.service(later(start, day), LEVEL)
    assert files.nation("BP17", "BP17 b", "BP17 both", "BP17 a") == [(0, 1), (0, 1), (0, 1), "denominator_zero"]
    files.service(later(start, 28), LEVEL)
    assert files.nation("BP17", "BP17 b", "BP17 both") == [(1, 1)] * 3
    dies(files, later(start, 27))
    assert files.nation("BP17 b") == (0, 1)


def test_a_discharge_of_the_year_before_and_on_the_day_itself(files):
    files.hospital(f"{Y - 1}-12-01", f"{Y - 1}-12-16")
    files.dispense(f"{Y}-01-15", LITHIUM)  # 30 days
    files.service(f"{Y}-01-13", LEVEL)  # 28 days
    assert files.nation("BP17 a") == (1, 1)
    files.hospital(f"{Y}-01-14", f"{Y}-01-15")
    assert files.nation("BP17 a") == (0, 1)
    files.service(f"{Y}-01-15", LEVEL)
    assert files.nation("BP17 a") == (1, 1)


def test_who_goes_on_with_a_mood_stabiliser(files):
    files.dispense(f"{Y - 1}-12-20", HALOPERIDOL)
    files.dispense(f"{Y}-01-10", VALPROATE, "6")
    assert files.nation("BP27") == "denominator_zero"
    files.dispense(f"{Y - 1}-01-10", OLANZAPINE)  # 365 days before
    assert files.nation("BP27", "BP27 a", "BP27 b", "BP27 c") == [(1, 1), (1, 1), (1, 1), (0, 1)]


def test_lithium_levels_of_who_goes_on(files):
    files.dispense(f"{Y - 1}-12-27", LITHIUM, "7.1")  # 213 days, to 27 July: 208 of Y
    files.dispense(f"{Y}-02-01", LITHIUM)
    assert files.nation("BP28", "BP29") == ["denominator_zero"] * 2
    files.dispense(f"{Y}-07-20", LITHIUM, "0.3")  # to 28 July: 209
    assert files.nation("BP28") == "denominator_zero"
    files.dispense(f"{Y}-07-20", LITHIUM, "0.03")  # the tenth day: 210
    for day in (f"{Y}-01-01", f"{Y}-12-31", f"{Y}-12-31", f"{Y + 1}-01-01"):
        files.service(day, LEVEL)
    assert files.nation("BP28", "BP29") == [(0, 1), (0, 1)]
    files.hospital(f"{Y}-12-31", f"{Y + 1}-01-20", ward="2601")
    assert files.nation("BP28", "BP29") == [(1, 1), (0, 1)]
    for test in KIDNEY_AND_THYROID:
        files.service(f"{Y}-06-01", test)
    assert files.nation("BP29") == (1, 1)


def test_new_users_of_lithium_do_not_go_on(files):
    files.dispense(f"{Y}-01-10", LITHIUM, "9")
    assert files.nation("BP28", "BP29") == ["denominator_zero"] * 2


def test_tests_of_carbamazepine_and_valproate(files):
    files.dispense(f"{Y}-01-10", VALPROATE, "6.9")  # 207 days, to 4 August: a new user too
    files.dispense(f"{Y}-08-20", LITHIUM, "3")
    files.dispense(f"{Y}-08-04", VALPROATE, "0.1")  # two more
    assert files.nation("BP30") == "denominator_zero"
    files.dispense(f"{Y}-08-05", VALPROATE, "0.1")
    for test in LIVER_AND_BLOOD:
        files.service(f"{Y}-02-01", test)
    assert files.nation("BP30") == (0, 1)
    for test in LIVER_AND_BLOOD:
        files.service(f"{Y}-12-31", test)
    assert files.nation("BP30") == (1, 1)


def test_an_interruption_of_mood_stabilisers_is_followed_by_a_visit(files):
    files.dispense(f"{Y}-01-02", OLANZAPINE)  # e is 1 February
    files.dispense(f"{Y}-02-15", HALOPERIDOL, "9")
    assert files.nation("BP32", "S38") == [(0, 1), "denominator_zero"]
    files.intervention(later(f"{Y}-02-01", 90), number="2")
    assert files.nation("BP32") == (1, 1)


def closes(files, day, mode="3"):
    """The episode closes, as the semester of the day says."""
    files.episode(
        opening="2015-01-10",
        diagnosis="29650",
        closing=(day, "xxxxx" if mode == "9" else "29650", mode),
        year=day[:4],
        semester="S1" if day[5:7] <= "06" else "S2",
    )


@pytest.mark.parametrize(
    ("gap", "closing", "mode", "value"),
    [
        (91, 0, "3", (1, 1)),
        (90, 0, "3", (0, 1)),
        (91, 90, "9", (1, 1)),
        (91, 91, "3", (0, 1)),  # the day of the next contact
        (91, -1, "3", (0, 1)),
        (91, 0, "2", (0, 1)),
        (None, 300, "3", (1, 1)),  # none by the data end
    ],
)
def test_a_contact_with_none_in_ninety_days_and_a_closing_before_the_next(files, gap, closing, mode, value):
    last = f"{Y}-03-10"
    files.intervention(last, number="2")
    closes(files, later(last, closing), mode)
    for step in range(4 if gap else 0):  # and every ninety days then, until after 10 January
        files.intervention(later(last, gap + 90 * step), number=files.number())
    assert files.nation("BP34", "BP34 a", "BP34 a_or_b") == [value] * 3
    assert files.nation("BP34 b") == (0, 1)


@pytest.mark.parametrize(
    ("last", "a", "b"),
    [
        (f"{Y}-03-09", 0, 0),
        (f"{Y}-07-09", 1, 0),
        (f"{Y}-07-10", 0, 1),
        (f"{Y + 1}-01-09", 0, 1),
        (f"{Y + 1}-01-10", 0, 0),
    ],
)
def test_months_of_a_drop_out_are_counted_from_the_first_contact(files, last, a, b):
    files.intervention(last, number="2")
    closes(files, later(last, 3))
    assert files.nation("BP34 a", "BP34 b", "BP34 a_or_b") == [(a, 1), (b, 1), (a + b, 1)]


@pytest.mark.parametrize("dead", [None, f"{Y + 1}-11-15"])
@pytest.mark.parametrize(("last", "value"), [(f"{Y + 1}-10-02", (1, 1)), (f"{Y + 1}-10-03", (0, 1))])
def test_ninety_days_are_within_the_data(tmp_path, last, value, dead):
    files = Files(tmp_path)
    files.anagrafica()
    files.episode(diagnosis="29650")
    files.intervention(f"{Y}-12-31")
    files.intervention(last, number="2")
    closes(files, f"{Y + 1}-11-01")
    if dead:
        dies(files, dead)
    assert files.nation("BP34 b") == value


@pytest.mark.parametrize(
    ("dead", "closing", "value"),
    [
        (f"{Y}-12-31", f"{Y}-12-01", "denominator_zero"),
        (f"{Y + 1}-01-20", f"{Y + 1}-01-20", (1, 1)),  # the contact after the death is not in the window
        (f"{Y + 1}-01-20", f"{Y + 1}-01-21", (0, 1)),
        (f"{Y + 1}-02-01", f"{Y + 1}-01-20", (0, 1)),
    ],
)
def test_a_drop_out_and_a_death(files, dead, closing, value):
    files.intervention(f"{Y}-11-15", number="2")
    files.intervention(f"{Y + 1}-02-01", number="3")
    closes(files, closing)
    dies(files, dead)
    assert files.nation("BP34") == value


def test_a_day_at_the_centre_or_in_the_ward_is_a_contact_too(files):
    files.presence(f"{Y}-03-10")
    closes(files, f"{Y}-03-20")
    assert files.nation("BP34 a") == (1, 1)
    files.hospital(later(f"{Y}-03-10", 90), later(f"{Y}-03-10", 95))
    assert files.nation("BP34 a") == (0, 1)
