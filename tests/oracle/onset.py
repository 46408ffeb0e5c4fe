"""New to the DSM, onset, and the first contacts of a person (manual, section 2)."""

from .stays import episodes, residential_stays, visible_stays


def first_seen(person, year):
    """f: the earliest date in SISM (opening dates included) or of an SPDC stay, as the cohort sees them."""
    days = [episode.opening_date for episode in episodes(person, year.year)]
    days += [r.date for r in (*person.interventions, *person.presences) if r.year <= year.year]
    days += [admission for admission, _, _ in residential_stays(person, year.year)]
    days += [stay.admission for stay in visible_stays(person, year)]
    return min(days)


def psychiatric_services(person, year):
    """Days of NPIA contacts, of SDO admissions with discipline 40 or 33, of outpatient services of discipline 40."""
    days = [record.data_contatto for record in person.child_care]
    for record in person.hospital:
        wards = {record.reparto_ammissione[:2], record.reparto_dimissione[:2]}
        if wards & {"40", "33"} and record.data_dimissione <= year.last:
            days.append(record.data_ricovero)
    return days + [r.data_erogazione for r in person.services if r.disciplina.lstrip("0") == "40"]


def is_onset(person, first, age, year):
    """New in Y, age < 30, no psychiatric service more than 730 days before f (day 731 excludes)."""
    if not year.first <= first <= year.last or age >= 30:
        return False
    return not any(first - day > 730 for day in psychiatric_services(person, year))


def opening_of_first_day(person, first_day, year):
    """S3: the earliest opening among the episodes of the interventions of that day (none: the day itself)."""
    places = {
        (r.region, r.azienda, r.dsm, r.structure, r.contact_id) for r in person.interventions if r.date == first_day
    }
    openings = [
        e.opening_date
        for e in episodes(person, year.year + 1, registers=("CNT",))
        if (e.region, e.azienda, e.dsm, e.structure, e.contact_id) in places
    ]
    return min(openings, default=first_day)
