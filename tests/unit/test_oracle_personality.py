"""The oracle on the severe personality set, with numbers worked out by hand."""

import pytest

from oracle_files import HALOPERIDOL, OLANZAPINE, SERTRALINE, VALPROATE, Files, Y, dies, later, number_of


@pytest.fixture
def files(tmp_path):
    """A patient of 42, long known, with one intervention in Y."""
    files = Files(tmp_path).all_flows()
    files.anagrafica()
    files.episode(opening="2015-01-10", diagnosis="30183")
    files.intervention(f"{Y}-01-10", kind="03")
    return files


def test_precursors_in_the_three_years_before_the_first_sight(tmp_path):
    files = Files(tmp_path).all_flows()
    files.anagrafica(birth=str(Y - 19))
    files.episode(opening=f"{Y}-03-01", diagnosis="30183")
    files.intervention(f"{Y}-03-05")
    files.child_care(f"{Y - 3}-02-28", "F90.1")
    files.child_care(f"{Y}-03-01", "F92")
    files.child_care(f"{Y}-02-01", "F90.0")
    files.child_care(f"{Y}-02-01")
    assert files.nation("DGP2") == (0, 1)
    files.child_care(f"{Y - 3}-03-01", "F90.1")
    assert files.nation("DGP2") == (1, 1)
    files.anagrafica(semester="S2", birth=str(Y - 20))
    assert files.nation("DGP2") == "denominator_zero"


@pytest.mark.parametrize("code", ["F92", "F92.8", "F911", "F91.3"])
def test_codes_of_precursors(tmp_path, code):
    files = Files(tmp_path).all_flows()
    files.anagrafica(birth=str(Y - 18))
    files.episode(diagnosis="3013")
    files.intervention(f"{Y}-03-05")
    files.child_care(f"{Y}-01-09", code)
    assert files.nation("DGP2") == (1, 1)


def test_tests_and_sessions_of_who_is_known_too(files):
    number_of(files, 2, "06", first=f"{Y}-04-09")  # 10 April is a day late
    number_of(files, 3, "02")
    assert files.nation("DGP5", "DGP15") == [(0, 1), (0, 1)]
    number_of(files, 1, "06", first=f"{Y}-04-09")
    number_of(files, 4, "07")
    assert files.nation("DGP5", "DGP15") == [(1, 1), (1, 1)]


def test_a_stay_of_the_year(files):
    files.hospital(f"{Y - 1}-12-01", f"{Y - 1}-12-31")
    files.hospital(f"{Y}-03-01", f"{Y}-03-10", ward="2601")
    assert files.nation("DGP7") == (0, 1)
    files.hospital(f"{Y - 1}-12-31", f"{Y}-01-01", mode="1")
    assert files.nation("DGP7") == (1, 1)


@pytest.mark.parametrize("kind", ["CONTRACT", "PTI"])
def test_a_contract_or_a_plan_that_starts_in_the_year(files, kind):
    files.event(kind, f"{Y - 1}-12-31", f"{Y}-06-01")
    assert files.nation("DGP13") == (0, 1)
    files.event(kind, f"{Y}-12-31")
    assert files.nation("DGP13") == (1, 1)


@pytest.mark.parametrize(("last", "value"), [(f"{Y}-07-15", (1, 1)), (f"{Y}-07-14", (0, 1))])
def test_forty_interventions_over_six_months(files, last, value):
    number_of(files, 39, "02", first=f"{Y}-01-15")
    number_of(files, 1, "13", first=last)
    assert files.nation("DGP16") == value


def test_interventions_of_the_patient_and_a_year_from_the_first(files):
    first = f"{Y}-12-01"
    number_of(files, 1, "07", first=f"{Y - 1}-12-31")  # not of Y
    number_of(files, 1, "07", first=first)
    number_of(files, 37, "14", first=later(first, 190))
    number_of(files, 1, "12", first=later(first, 200))
    files.event("PSYCHOEDUCATION", later(first, 5))
    files.event("PSYCHOEDUCATION", later(first, 366))
    assert files.nation("DGP16") == (0, 1)  # 39
    files.event("PSYCHOEDUCATION", later(first, 365))
    assert files.nation("DGP16") == (1, 1)
    dies(files, later(first, 364))
    assert files.nation("DGP16") == (0, 1)


def test_an_event_may_be_the_first(files):
    files.event("PSYCHOEDUCATION", f"{Y}-02-01")
    number_of(files, 38, "10", first=f"{Y}-03-01")
    number_of(files, 1, "08", first=f"{Y}-08-01")
    assert files.nation("DGP16") == (1, 1)


def test_drugs_after_the_first_stay_and_over_all(files):
    assert files.nation("DGP17", "DGP17 a", "DGP17 a_allT") == ["denominator_zero"] * 2 + [(0, 1)]
    files.dispense(f"{Y}-03-15", HALOPERIDOL, "18")  # 180 days
    assert files.nation("DGP17 b_allT") == (0, 1)
    files.hospital(f"{Y}-01-20", f"{Y}-03-10", mode="2")
    files.hospital(f"{Y}-11-01", f"{Y}-11-10")
    values = [(1, 1), (1, 1), (1, 1), (0, 1), (1, 1), (0, 1)]
    assert files.nation(*("DGP17" + part for part in ("", " a", " b", " c", " b_allT", " c_allT"))) == values
    assert files.nation("DGP18", "DGP19", "DGP20") == [(0, 1)] * 3


@pytest.mark.parametrize(("days", "value"), [(0, (1, 1)), (60, (1, 1)), (61, (0, 1)), (-1, (0, 1))])
def test_a_dispensing_within_sixty_days_of_the_discharge(files, days, value):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    files.dispense(later(f"{Y}-03-10", days), SERTRALINE, "6")
    assert files.nation("DGP18") == value


def test_sixty_days_end_at_the_death(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    files.dispense(later(f"{Y}-03-10", 20), SERTRALINE, "6")
    dies(files, later(f"{Y}-03-10", 20))
    assert files.nation("DGP18") == (1, 1)
    dies(files, later(f"{Y}-03-10", 19))
    assert files.nation("DGP18") == (0, 1)


def test_a_stay_ended_by_death_is_over_all_only(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10", mode="1")
    files.dispense(f"{Y}-03-10", HALOPERIDOL, "18")
    assert files.nation("DGP17", "DGP17 b_allT", "DGP20 1b_allT") == ["denominator_zero", (0, 1), (0, 1)]


def test_two_or_three_classes(files):
    files.hospital(f"{Y}-03-01", f"{Y}-03-10")
    files.dispense(f"{Y}-03-15", OLANZAPINE, "6")  # 180 days; an antipsychotic here, no mood stabiliser
    assert files.nation("DGP17", "DGP19", "DGP20", "DGP20 1a") == [(1, 1), (0, 1), (0, 1), (0, 1)]
    files.dispense(f"{Y}-03-20", VALPROATE, "3")  # 90 days
    assert files.nation("DGP19", "DGP19 a") == [(0, 1), (1, 1)]
    assert files.nation("DGP20 1a", "DGP20 1b", "DGP20 2a", "DGP20 a") == [(1, 1), (0, 1), (0, 1), (1, 1)]
    files.dispense(f"{Y}-05-09", SERTRALINE, "12")  # 360 days
    assert files.nation("DGP20 1a", "DGP20 2a", "DGP20 a", "DGP20 b") == [(0, 1), (1, 1), (1, 1), (0, 1)]
    assert files.nation("DGP20 2a_allT", "DGP20 a_allT", "DGP20 b_allT") == [(1, 1), (1, 1), (0, 1)]
    files.dispense(f"{Y}-06-18", VALPROATE, "4")
    assert files.nation("DGP20", "DGP20 2b", "DGP20 1b", "DGP20 c") == [(1, 1), (1, 1), (0, 1), (0, 1)]


def test_residential_days_and_presences_of_the_year(files):
    files.anagrafica(year=Y - 1)
    files.residential(f"{Y - 1}-03-01", f"{Y - 1}-06-30", year=Y - 1)
    files.presence(f"{Y + 1}-01-01")
    assert files.nation("DGP27", "DGP28") == [(0, 1), (0, 1)]
    files.residential(f"{Y - 1}-12-01", f"{Y}-01-01")
    files.presence(f"{Y}-12-31")
    assert files.nation("DGP27", "DGP28") == [(1, 1), (1, 1)]
