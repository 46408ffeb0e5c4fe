"""The oracle on the depressive set, with numbers worked out by hand."""

import pytest

from oracle_files import HALOPERIDOL, SERTRALINE, Files, Y, dies, later, number_of


@pytest.fixture
def files(tmp_path):
    """A patient of 42, long known, with one intervention in Y."""
    files = Files(tmp_path).all_flows()
    files.anagrafica()
    files.episode(opening="2015-01-10", diagnosis="29630")
    files.intervention(f"{Y}-01-10", kind="03")
    return files


@pytest.fixture
def new(tmp_path):
    """A patient of 42, new on 1 March of Y: the first contact is to come."""
    files = Files(tmp_path).all_flows()
    files.anagrafica()
    files.episode(opening=f"{Y}-03-01", diagnosis="29630")
    return files


def test_tests_in_the_three_months_from_the_first_contact(new):
    new.presence(f"{Y}-11-30")
    new.intervention(f"{Y}-12-01", kind="06")
    new.intervention(f"{Y + 1}-02-28", kind="06", number="2")  # add_months of 30 November is 28 February
    assert new.nation("D4") == (0, 1)
    new.intervention(f"{Y + 1}-02-27", kind="06", number="3")
    assert new.nation("D4") == (1, 1)
    dies(new, f"{Y + 1}-02-26")
    assert new.nation("D4") == (0, 1)


def test_who_is_known_is_not_tested(files):
    number_of(files, 2, "06", first=f"{Y}-01-10")
    assert files.nation("D4", "D13") == ["denominator_zero"] * 2


def test_visits_in_the_twelve_weeks_from_the_first_contact(new):
    new.intervention(f"{Y}-03-05", place="6")
    new.intervention(later(f"{Y}-03-05", 84), place="5", number="2")
    new.intervention(later(f"{Y}-03-05", 85), number="3")
    assert new.nation("D13") == (0, 1)
    new.intervention(f"{Y}-03-05", number="4")  # two on a day
    assert new.nation("D13") == (1, 1)
    dies(new, later(f"{Y}-03-05", 83))
    assert new.nation("D13") == (0, 1)


def test_eight_interviews_and_sessions_together(new):
    number_of(new, 4, "02", first=f"{Y}-03-05")
    number_of(new, 3, "09", first=f"{Y}-03-20")
    number_of(new, 2, "01", first=f"{Y}-03-20")
    assert new.nation("D13") == (0, 1)
    number_of(new, 1, "10", first=f"{Y}-04-20")
    assert new.nation("D13") == (1, 1)


def test_the_first_contact_is_an_intervention(new):
    number_of(new, 3, "01", first=f"{Y}-03-06")
    assert new.nation("D13") == (1, 1)
    new.presence(f"{Y}-03-05")
    assert new.nation("D13") == "denominator_zero"


PATHWAY = ("D14 1", "D14 2", "D14 3", "D14")


def test_the_pathway_of_care_by_the_interventions(files):
    number_of(files, 1, "01")
    assert files.nation(*PATHWAY) == [(1, 1), (0, 1), (0, 1), (0, 1)]  # two
    number_of(files, 1, "11", team=("4", "1", ""), first=f"{Y}-06-01")
    assert files.nation(*PATHWAY) == [(0, 1), (1, 1), (0, 1), (0, 1)]  # physicians and nurses
    number_of(files, 1, "02", team=("2", "", ""), first=f"{Y}-06-01")
    assert files.nation(*PATHWAY) == [(0, 1), (0, 1), (1, 1), (1, 1)]


@pytest.mark.parametrize(("profile", "level"), [("2", "2"), ("3", "3"), ("4", "2"), ("7", "3")])
def test_the_pathway_of_care_by_one_profile(new, profile, level):
    number_of(new, 3, "03", team=(profile, "", ""))
    assert new.nation(f"D14 {level}") == (1, 1)


def test_the_pathway_of_care_by_the_latest_event(files):
    files.event("PATHWAY", f"{Y - 3}-01-01", f"{Y}-01-01", told="level=treatment")
    files.event("PATHWAY", f"{Y - 2}-01-01", f"{Y - 1}-12-31", told="level=care")  # not of Y
    files.event("PATHWAY", f"{Y + 1}-01-01", told="level=care")
    assert files.nation(*PATHWAY) == [(0, 1), (1, 1), (0, 1), (0, 1)]
    files.event("PATHWAY", f"{Y}-12-31", told="level=no_level")
    assert files.nation("D14 2") == (1, 1)
    files.event("PATHWAY", f"{Y}-05-01", told="level=consultation", number="10")
    assert files.nation("D14 1") == (1, 1)
    files.event("PATHWAY", f"{Y}-05-01", told="level=care", number="9")  # as text after 10
    assert files.nation("D14 3", "D14") == [(1, 1), (1, 1)]


def test_who_has_no_intervention_has_no_pathway_of_care(new):
    new.presence(f"{Y}-05-01")
    new.event("PATHWAY", f"{Y}-05-01", told="level=care")
    assert new.nation("D14") == "denominator_zero"


@pytest.mark.parametrize(("packs", "value"), [("25", (1, 1)), ("24.96", "denominator_zero")])
def test_a_long_therapy_inside_the_three_years_is_recurrent(files, packs, value):
    files.dispense(f"{Y - 3}-12-12", SERTRALINE, packs)  # 20 days, and 730 or 729 of the three years
    assert files.nation("D16 d") == value


@pytest.mark.parametrize(
    ("first", "last", "value"),
    [
        ("1.6", f"{Y}-12-04", (0, 1)),  # 28 days from 1 January, 28 to 31 December
        ("1.5", f"{Y}-12-04", "denominator_zero"),
        ("1.6", f"{Y}-12-05", "denominator_zero"),
    ],
)
def test_two_therapies_inside_the_three_years_are_recurrent(files, first, last, value):
    files.dispense(f"{Y - 3}-12-12", SERTRALINE, first)
    files.dispense(last, SERTRALINE, "3")
    assert files.nation("D16") == value


def test_therapies_as_the_cohort_sees_them(files):
    files.dispense(f"{Y - 1}-03-01", SERTRALINE)
    files.dispense(f"{Y}-12-01", SERTRALINE, "0.8")  # to 24 December
    files.dispense(f"{Y + 1}-01-10", SERTRALINE)  # would bridge to the end of Y
    assert files.nation("D16") == "denominator_zero"
    files.hospital(f"{Y}-12-20", f"{Y}-12-28", ward="2601")
    assert files.nation("D16") == (0, 1)


@pytest.mark.parametrize(
    ("admission", "discharge", "changed", "value"),
    [
        (f"{Y}-03-01", f"{Y}-03-15", {}, (1, 1)),
        (f"{Y}-03-01", f"{Y}-03-14", {}, "denominator_zero"),
        (f"{Y - 3}-12-18", f"{Y - 2}-01-01", {}, (1, 1)),
        (f"{Y - 3}-12-01", f"{Y - 3}-12-31", {}, "denominator_zero"),
        (f"{Y}-03-01", f"{Y}-03-15", {"DIAGNOSI_PRINCIPALE": "29680"}, "denominator_zero"),
        (f"{Y}-03-01", f"{Y}-03-15", {"ward": "2601"}, "denominator_zero"),
    ],
)
def test_a_stay_of_two_weeks_is_recurrent(files, admission, discharge, changed, value):
    files.hospital(admission, discharge, **{"DIAGNOSI_PRINCIPALE": "311"} | changed)
    assert files.nation("D16 d") == value


def test_one_of_the_records_of_a_stay_tells_its_diagnosis(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-05", DIAGNOSI_PRINCIPALE="3004")
    files.hospital(f"{Y}-03-05", f"{Y}-03-15")
    assert files.nation("D16 d") == (1, 1)


@pytest.fixture
def recurrent(files):
    """With a stay of two weeks in Y-1."""
    files.hospital(f"{Y - 1}-03-01", f"{Y - 1}-03-15", DIAGNOSI_PRINCIPALE="29630")
    return files


PARTS = ("D16 a", "D16 b", "D16 c", "D16 d")


def test_drugs_and_psychotherapy_alone(recurrent):
    recurrent.dispense(f"{Y}-02-01", HALOPERIDOL)
    recurrent.dispense(f"{Y - 1}-12-20", SERTRALINE, "5")  # covers, and is not dispensed in Y
    assert recurrent.nation(*PARTS) == [(0, 1), (0, 1), (0, 1), (1, 1)]
    number_of(recurrent, 1, "02", first=f"{Y}-01-10")
    number_of(recurrent, 1, "02", first=f"{Y}-11-30")
    assert recurrent.nation(*PARTS) == [(0, 1), (1, 1), (0, 1), (0, 1)]


def test_both_together_for_ninety_days(recurrent):
    recurrent.dispense(f"{Y}-02-01", SERTRALINE, "3")  # to 1 May
    assert recurrent.nation(*PARTS) == [(1, 1), (0, 1), (0, 1), (0, 1)]
    number_of(recurrent, 1, "07", first=f"{Y}-02-01")
    number_of(recurrent, 1, "02", first=f"{Y}-04-30")
    recurrent.hospital(f"{Y}-02-10", f"{Y}-02-12", ward="2601")
    assert recurrent.nation(*PARTS) == [(1, 1), (0, 1), (0, 1), (0, 1)]  # 89
    number_of(recurrent, 1, "10", first=f"{Y}-05-01")
    assert recurrent.nation(*PARTS, "D16") == [(0, 1), (0, 1), (1, 1), (0, 1), (1, 1)]


def test_families_of_who_is_recurrent(recurrent):
    number_of(recurrent, 2, "12")
    assert recurrent.nation("D17") == (0, 1)
    number_of(recurrent, 1, "09")
    assert recurrent.nation("D17") == (1, 1)
    recurrent.anagrafica(semester="S2", living="1")
    assert recurrent.nation("D17") == "denominator_zero"


def test_antidepressants_of_who_is_recurrent(recurrent):
    assert recurrent.nation("D18") == "denominator_zero"
    recurrent.dispense(f"{Y}-02-01", SERTRALINE, "4")
    assert recurrent.nation("D18", "D18 a", "D18 b", "D18 c") == [(0, 1), (1, 1), (0, 1), (0, 1)]
    recurrent.residential(f"{Y}-06-01", f"{Y}-06-30")  # no bridge begins or ends 30 days from it
    recurrent.dispense(f"{Y}-07-29", SERTRALINE)  # 28 uncovered days after the facility
    assert recurrent.nation("D18", "D18 b", "D18 c") == [(1, 1), (1, 1), (0, 1)]


def test_starters_of_antidepressants(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    files.dispense(later(f"{Y}-03-10", 5), HALOPERIDOL, "40")
    assert files.nation("D10") == "denominator_zero"
    files.dispense(later(f"{Y}-03-10", 60), SERTRALINE, "3")
    assert files.nation("D10", "D10 2a", "D10 a") == [(0, 1), (1, 1), (1, 1)]
