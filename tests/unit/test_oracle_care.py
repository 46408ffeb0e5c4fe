"""The oracle on onset, contacts, events and visits of the whole schizophrenia set, with numbers worked out by hand."""

from datetime import date

import pytest

from oracle.patient import add_months
from oracle_files import Files, Y, dies, later, number_of


@pytest.fixture
def known(tmp_path):
    """A patient of 42, known since 2015, not in contact yet."""
    files = Files(tmp_path).all_flows()
    files.anagrafica(work="01")
    files.episode(opening="2015-01-10")
    return files


@pytest.fixture
def young(tmp_path):
    """A patient of 27 who lives with the parents, opened on 1 March of Y, not in contact yet."""
    files = Files(tmp_path).all_flows()
    files.anagrafica(birth=str(Y - 27), living="3")
    files.episode(opening=f"{Y}-03-01")
    return files


def test_months_end_where_the_month_has_no_such_day():
    assert add_months(date(2022, 11, 30).toordinal(), 3) == date(2023, 2, 28).toordinal()
    assert add_months(date(2022, 12, 1).toordinal(), 3) == date(2023, 3, 1).toordinal()


def test_age_and_contacts_a_month_at_onset(young):
    young.intervention(f"{Y}-03-05", kind="12")
    young.intervention(f"{Y}-12-31", kind="13")
    young.intervention(f"{Y + 1}-01-01", kind="13")
    assert young.nation("S2") == ("27", 1)
    assert young.nation("S5", "S6") == [("0.2", 1), ("0.2", 1)]  # two in the ten months from March to December
    dies(young, f"{Y}-06-30")
    assert young.nation("S5", "S6") == [("0.5", 1), ("0.5", 1)]  # March to June
    dies(young, f"{Y}-02-10")
    assert young.nation("S5") == ("2", 1)  # before the first contact: one month


def test_onset_is_without_services_long_before(young):
    young.intervention(f"{Y}-03-05")
    young.child_care(later(f"{Y}-03-01", -730))
    young.service(later(f"{Y}-03-01", -731), "94.19.1", discipline="041")
    young.hospital(later(f"{Y}-03-01", -731), later(f"{Y}-03-01", -729), ward="2601")
    assert young.nation("S10") == (0, 1)
    young.service(later(f"{Y}-03-01", -731), "94.19.1", discipline="040")
    assert young.nation("S10") == "denominator_zero"


@pytest.mark.parametrize("ward", ["3301", "4001"])
def test_a_private_ward_long_before_is_a_service(young, ward):
    young.intervention(f"{Y}-03-05")
    young.hospital(later(f"{Y}-03-01", -731), later(f"{Y}-03-01", -700), ward=ward, TIPO_ISTITUTO="2", REGIME="2")
    assert young.nation("S10") == "denominator_zero"


@pytest.mark.parametrize(("born", "opening"), [(Y - 30, f"{Y}-03-01"), (Y - 29, f"{Y - 1}-12-31")])
def test_thirty_years_or_known_before_is_no_onset(young, born, opening):
    young.anagrafica(semester="S2", birth=str(born))
    young.episode(opening=opening)
    young.intervention(f"{Y}-03-05")
    assert young.nation("S7") == "denominator_zero"


def test_counts_at_onset(young):
    number_of(young, 3, "07")
    number_of(young, 3, "02")
    number_of(young, 3, "16", place="2")
    number_of(young, 3, "14")
    number_of(young, 1, "15", team=("4", "", ""))  # a meeting shows no team
    codes = ("S8", "S9", "S10", "S11", "S12")
    assert young.nation(*codes) == [(0, 1), (0, 1), (0, 1), (0, 1), (1, 1)]
    number_of(young, 1, "10", first=f"{Y}-06-01")
    number_of(young, 1, "17", first=f"{Y}-06-01")
    number_of(young, 1, "13", first=f"{Y}-06-01", team=("1", "5", ""))
    assert young.nation(*codes) == [(1, 1)] * 5


def test_contact_at_onset_every_ninety_days(young):
    for step in range(5):
        young.intervention(later(f"{Y}-03-01", 90 * step), number=young.number())
    assert young.nation("S7") == (1, 1)  # 360 days on, five to the end


def test_a_child_care_contact_before_nineteen(young):
    young.anagrafica(semester="S2", birth=str(Y - 19), living="3")
    young.intervention(f"{Y}-03-05")
    young.child_care(f"{Y}-03-01")
    young.child_care(later(f"{Y}-03-01", -366))
    assert young.nation("S1") == (0, 1)
    young.child_care(later(f"{Y}-03-01", -365))
    assert young.nation("S1") == (1, 1)
    young.anagrafica(semester="S2", birth=str(Y - 20), living="3")
    assert young.nation("S1") == "denominator_zero"


def test_the_first_visit_after_the_opening(young):
    young.intervention(f"{Y}-03-03", kind="03")
    young.intervention(f"{Y}-03-09", place="5")
    assert young.nation("S3") == (1, 1)  # none
    young.intervention(f"{Y}-03-09", number="2")
    assert young.nation("S3") == (1, 1)  # eight days
    young.intervention(f"{Y}-03-08", number="3")
    assert young.nation("S3") == (0, 1)
    young.intervention(f"{Y - 1}-12-31", number="4", kind="03")
    young.anagrafica(year=Y - 1, semester="S2")
    assert young.nation("S3") == "denominator_zero"  # not the first ever


@pytest.mark.parametrize(("days", "value"), [(7, "denominator_zero"), (8, (1, 1))])
def test_who_dies_within_a_week_of_the_opening(young, days, value):
    young.intervention(f"{Y}-03-03", kind="03")
    young.intervention(f"{Y}-03-20")  # after the death
    dies(young, later(f"{Y}-03-01", days))
    assert young.nation("S3") == value


def test_an_opening_is_that_of_the_first_days_episodes_by_all_the_data(young):
    young.intervention(f"{Y}-03-08")
    assert young.nation("S3") == (0, 1)
    young.episode(opening=f"{Y}-02-28", year=Y + 1)  # so the latest semester says
    assert young.nation("S3") == (1, 1)
    young.anagrafica(dsm="002", who="A")
    young.episode(opening=f"{Y}-01-01", dsm="002")  # an episode of no intervention of that day
    young.episode(opening=f"{Y}-03-01", year=Y + 1)
    assert young.nation("S3") == (0, 1)


def test_assessments_in_the_first_three_months(young):
    young.intervention(f"{Y}-03-03", kind="03")
    young.intervention(f"{Y}-03-04", kind="01", number="2")
    young.intervention(f"{Y}-06-03", kind="06", team=("5", "", ""), number="3")
    young.intervention(f"{Y}-06-02", kind="06", team=("4", "", ""), number="4")
    assert young.nation("S4") == (0, 1)  # one day late; a nurse
    young.intervention(f"{Y}-06-02", kind="02", team=("4", "", "6"), number="5")
    assert young.nation("S4") == (1, 1)
    dies(young, f"{Y}-06-01")
    assert young.nation("S4") == (0, 1)


def test_restraints_during_a_stay(known):
    known.hospital(f"{Y}-03-01", f"{Y}-03-10")
    known.event("RESTRAINT", f"{Y}-02-28", f"{Y}-03-05")
    known.event("RESTRAINT", f"{Y}-03-11")
    assert known.nation("S16") == (0, 1)
    known.event("RESTRAINT", f"{Y}-03-10")
    assert known.nation("S16") == (1, 1)


def test_a_meeting_for_who_comes_often(known):
    number_of(known, 1, "03")
    for day in ("01", "02", "03"):
        known.emergency(f"{Y}-06-{day}")
    known.emergency(f"{Y}-06-04", diagnosis="0029", diagnoses="7840|320")
    assert known.nation("S23") == "denominator_zero"
    known.emergency(f"{Y}-06-05", diagnosis="0029", diagnoses="7840|290.1")
    assert known.nation("S23") == (0, 1)
    number_of(known, 1, "15")
    assert known.nation("S23") == (1, 1)


def test_two_stays_ask_for_a_meeting_and_a_wrong_visit_counts_for_nothing(known):
    number_of(known, 1, "15")
    for day in ("01", "02", "03"):
        known.emergency(f"{Y}-06-{day}")
    known.emergency(f"{Y}-06-04", triage="Q")
    known.emergency(f"{Y}-06-05", id_type="98")
    known.emergency(f"{Y}-06-06", discharge_time="09:59")
    assert known.nation("S23") == "denominator_zero"
    known.hospital(f"{Y}-03-01", f"{Y}-03-10")
    known.hospital(f"{Y}-12-01", f"{Y}-12-31")
    assert known.nation("S23") == (1, 1)


def test_plans_managers_and_houses(known):
    number_of(known, 1, "03")
    known.event("PTI", f"{Y - 1}-12-31", told="signed=yes")
    known.event("CASE_MANAGER", f"{Y - 6}-01-01", f"{Y - 1}-12-31")
    known.event("HOUSING", f"{Y + 1}-01-01")
    assert known.nation("S28", "S29", "S48") == [(0, 1)] * 3
    known.event("PTI", f"{Y}-12-31")
    known.event("CASE_MANAGER", f"{Y - 6}-01-01", f"{Y}-01-01")
    known.event("HOUSING", f"{Y - 2}-01-01")
    assert known.nation("S28", "S29", "S48") == [(1, 1)] * 3


def test_work_for_who_has_none(known):
    number_of(known, 1, "03")
    known.event("WORK", f"{Y}-02-01", told="kind=support")
    assert known.nation("S47") == (0, 1)
    known.event("WORK", f"{Y - 1}-02-01", f"{Y}-01-01", told="note=x; kind=placement;")
    assert known.nation("S47") == (1, 1)
    known.anagrafica(semester="S2", work="04")  # a student
    assert known.nation("S47") == "denominator_zero"


@pytest.mark.parametrize(("age", "value"), [(55, (1, 1)), (56, "denominator_zero")])
def test_work_training_up_to_fifty_five(known, age, value):
    known.anagrafica(semester="S2", work="07", birth=str(Y - age))
    number_of(known, 1, "23")
    assert known.nation("S47") == value


def test_five_of_the_expressive_kinds(known):
    for kind in ("18", "19", "20", "21"):
        number_of(known, 1, kind)
    assert known.nation("S45") == (0, 1)
    number_of(known, 1, "22")
    assert known.nation("S45") == (1, 1)


def test_an_addiction_contact_of_the_year(known):
    number_of(known, 1, "03")
    known.addiction(f"{Y + 1}-01-01")
    assert known.nation("S40") == (0, 1)
    known.addiction(f"{Y}-12-31")
    assert known.nation("S40") == (1, 1)


def test_who_drops_out(known):
    known.lines[f"CNT_030_{Y}_S1.csv"].pop()
    known.episode(opening="2015-01-10", closing=(f"{Y}-03-01", "29530", "3"))
    known.intervention(f"{Y}-03-01")
    known.intervention(later(f"{Y}-03-01", 181), number="2")
    assert known.nation("S41") == (1, 1)
    known.intervention(later(f"{Y}-03-01", 180), number="3")
    assert known.nation("S41") == (0, 1)
    dies(known, f"{Y}-12-31")
    assert known.nation("S41") == "denominator_zero"


def test_a_contact_after_the_death_is_none_and_a_closing_by_all_the_data(known):
    known.intervention(f"{Y}-12-01")
    known.episode(opening="2015-01-10", closing=(f"{Y}-12-20", "xxxxx", "9"), year=Y + 1)
    known.intervention(f"{Y + 1}-02-01", number="2")
    assert known.nation("S41") == (0, 1)
    dies(known, f"{Y + 1}-01-31")
    assert known.nation("S41") == (1, 1)


def test_homeless_and_penal(known):
    number_of(known, 1, "03")
    known.anagrafica(semester="S2", living="7")
    assert known.nation("S42", "S42 a") == [(0, 1), (0, 1)]  # nobody knows of the year before
    known.anagrafica(year=Y - 1, semester="S1", living="7")
    known.anagrafica(year=Y - 1, semester="S2", living="1")
    assert known.nation("S42", "S42 a", "S42 b", "S42 a_or_b") == [(1, 1), (1, 1), (0, 1), (1, 1)]
    known.anagrafica(year=Y - 1, semester="S2", living="1", home=("098", "098"))
    assert known.nation("S42") == (0, 1)  # homeless then too
    known.event("PENAL_MEASURE", f"{Y}-06-01", f"{Y}-06-02", told="measure=x")
    assert known.nation("S42", "S42 a", "S42 b") == [(1, 1), (0, 1), (1, 1)]


def test_prison_is_a_place(known):
    number_of(known, 1, "03", place="6")
    assert known.nation("S42", "S42 a", "S42 b") == [(1, 1), (0, 1), (1, 1)]


@pytest.mark.parametrize(
    ("gone", "code", "why"),
    [
        ("SUP", "S28", "supplementary_flow_absent"),
        (f"SUP_030_{Y}", "S29", "window_not_covered"),
        ("SUP", "S42", (0, 1)),  # used where it is there
        (f"CNR_030_{Y - 1}_S1", "S42", "window_not_covered"),
        (f"CNR_030_{Y - 3}_S1", "S3", "window_not_covered"),
        (f"CNR_030_{Y - 3}_S1", "S26", (0, 1)),
        (f"NPIA_030_{Y - 2}", "S1", "window_not_covered"),
        ("PS_", "S23", "missing_flow"),
        (f"SIND_030_{Y}", "S40", "window_not_covered"),
        (f"SDO_030_{Y + 1}", "S41", "window_not_covered"),
        (f"SDO_030_{Y + 1}", "S20", "denominator_zero"),
    ],
)
def test_flows_and_years_that_are_needed(known, gone, code, why):
    number_of(known, 1, "03")
    for name in [name for name in known.lines if name.startswith(gone)]:
        del known.lines[name]
    assert known.nation(code) == why
