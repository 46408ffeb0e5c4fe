"""Twelve indicators of the schizophrenia set (manual, section 3), in the cells of section 1."""

from collections import defaultdict

from .coverage import nation_reason, reason
from .pathway import pathway
from .persons import persons
from .stays import death, dsm_of_hospital, outcome_days, places_of_contact, spdc_services, spdc_stays, visible_stays

AGE_CLASSES = [(18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 74), (75, 200)]
BY_STAY = ("S13", "S14", "S15")
CODES = (*BY_STAY, "S20", "S21", "S22", "S25", "S26", "S27", "S30", "S32", "S46")
FAMILY = {"09", "12", "13", "14"}
PSYCHOTHERAPY_OR_INTERVIEW = {"02", "07", "08", "09", "10"}
SKILLS = {"16", "17"}


def age_class(age):
    """Section 1: 18-24, 25-34, ..., 75+."""
    for low, high in AGE_CLASSES:
        if low <= age <= high:
            return "75+" if low == 75 else f"{low}-{high}"
    return None


def visit_at_csm(record):
    """Type 01, SedeIntervento other than 5 and 6."""
    return record.type == "01" and record.place not in ("5", "6")


def within(records, first, last, dead):
    """Is one of the records in [first, last]? A window that runs past the death ends at it (section 1)."""
    last = last if dead is None else min(last, dead)
    return any(first <= record.date <= last for record in records)


def each_month(records, discharge, dead):
    """S21: an intervention in each of the six 30-day windows; one that begins after the death is not asked for."""
    for month in range(6):
        first, last = discharge + 30 * month + 1, discharge + 30 * month + 30
        if (dead is None or first <= dead) and not within(records, first, last, dead):
            return False
    return True


def every(days, n, first, last):
    """Section 1, "at least every n days over [a, b]": from a through the covered days to b, b included."""
    if first > last:
        return True  # the window begins after the death: it is not asked for
    walk = [first, *sorted(day for day in days if first <= day <= last), last]
    return all(later - earlier <= n for earlier, later in zip(walk, walk[1:], strict=False))


def profiles(record):
    """The profiles at work in an intervention."""
    return {record.operator_1, record.operator_2, record.operator_3} - {""}


def person_results(person, stays, year, first_contact, lives_with_family, dead):
    """{code: is in the numerator} of the indicators by person whose denominator has the person of T."""
    all_interventions = person.interventions
    in_year = [record for record in all_interventions if year.first <= record.date <= year.last]
    presences = [record for record in person.presences if year.first <= record.date <= year.last]
    results = {}

    survived = [stay for stay in stays if not stay.ended_by_death(dead)]
    if survived:
        discharge = survived[0].discharge
        visits = [record for record in all_interventions if visit_at_csm(record)]
        at_home = [record for record in all_interventions if record.place == "2"]
        results["S20"] = within(visits, discharge, discharge + 14, dead)
        results["S21"] = each_month(all_interventions, discharge, dead)
        results["S22"] = within(at_home, discharge, discharge + 14, dead)

    end = first_contact + 365 if dead is None else min(first_contact + 365, dead)
    results["S25"] = every(outcome_days(person, year), 90, first_contact, end)

    if in_year:  # C: in contact with CSM
        results["S26"] = len(in_year) + len(presences) > 5
        if lives_with_family:
            results["S27"] = sum(record.type in FAMILY for record in in_year) > 2
        worked = [profiles(record) for record in in_year if record.type not in ("15", "26")]
        physician = any("1" in team for team in worked)
        others = any(team & set("23456") for team in worked)
        results["S30"] = physician and others

    results["S32"] = sum(record.type in PSYCHOTHERAPY_OR_INTERVIEW for record in in_year) >= 4
    results["S46"] = sum(record.type in SKILLS for record in in_year) >= 5
    return results


def stay_results(stay, all_stays):
    """{code: is in the numerator} of one SPDC stay of Y; all_stays are the person's, in the order of time."""
    position = all_stays.index(stay)
    previous = all_stays[position - 1] if position else None
    return {
        "S13": stay.compulsory(),
        "S14": previous is not None and stay.admission - previous.discharge <= 30,
        "S15": stay.discharge - stay.admission > 30,
    }


class Unit:
    """A person or a stay that stands in the denominator of some indicators, and where it counts."""

    def __init__(self, places, sex, age, results):
        self.places, self.sex, self.age, self.results = places, sex, age, results
        self.regions = {region for region, _ in places}
        self.dsms = {f"{region}-{dsm}" for region, dsm in places if dsm is not None}


def units(delivery, year):
    """Persons and stays of T, the regions and the DSMs with a contact of anybody in Y."""
    services = spdc_services(delivery, year)
    found, regions, dsms = [], set(), set()
    for person in persons(delivery, year).values():
        places = places_of_contact(person, year, services)
        if not places:
            continue
        regions |= {region for region, _ in places}
        dsms |= {f"{region}-{dsm}" for region, dsm in places if dsm is not None}
        all_stays = spdc_stays(person.hospital)
        stays = [stay for stay in all_stays if year.first <= stay.discharge <= year.last]
        sex, birth_year, living = person.attributes(year)
        seen = [stay for stay in visible_stays(person, year) if stay.discharge >= year.first]
        if birth_year is None or year.year - birth_year < 18 or pathway(person, seen, year) != "schizophrenia":
            continue
        age = age_class(year.year - birth_year)
        first_contact = min(min(days) for days in places.values())
        family = living in ("2", "3", "4")
        results = person_results(person, stays, year, first_contact, family, death(person, year))
        found.append(Unit(set(places), sex, age, results))
        for stay in stays:
            hospitals = {(record.regione, dsm_of_hospital(record, services)) for record in stay.records}
            found.append(Unit(hospitals, sex, age, stay_results(stay, all_stays)))
    return found, regions, dsms


def dsms_of_register(delivery, year):
    """The DSMs of STR of Y."""
    return {f"{s.regione}-{s.azienda}-{s.dsm}" for s in delivery.services if s.anno == str(year.year)}


def compute(delivery, year):
    """Rows (code, component, level, area, sex, age_class, numerator, denominator, reason)."""
    found, regions_with_contact, dsms_with_contact = units(delivery, year)
    all_dsms = sorted(dsms_with_contact | dsms_of_register(delivery, year))
    breakdowns = [("", ""), *((sex, "") for sex in "129"), *(("", age_class(low)) for low, _ in AGE_CLASSES)]
    regions = sorted(regions_with_contact | set(delivery.regions))
    for code in CODES:
        reasons = {region: reason(delivery, region, code, year.year) for region in regions}
        covering = {region for region, why in reasons.items() if why is None}
        counts = defaultdict(lambda: [0, 0])
        for unit in found:
            if code not in unit.results:
                continue
            areas = [("region", region) for region in unit.regions] + [("dsm", dsm) for dsm in unit.dsms]
            if unit.regions & covering:
                areas.append(("nation", "IT"))
            for level, area in areas:
                for sex, age in [("", "")] if level == "dsm" else [("", ""), (unit.sex, ""), ("", unit.age)]:
                    cell = counts[level, area, sex, age]
                    cell[0] += unit.results[code]
                    cell[1] += 1
        cells = [("nation", "IT", *b) for b in breakdowns]
        cells += [("region", region, *b) for region in regions for b in breakdowns]
        cells += [("dsm", dsm, "", "") for dsm in all_dsms]
        for level, area, sex, age in cells:
            numerator, denominator = counts[level, area, sex, age]
            if level == "nation":
                why = nation_reason(delivery, regions_with_contact, code, year.year)
            else:
                why = reasons.get(area[:3], "missing_flow")
            if why is None and denominator == 0:
                why = "denominator_zero"
            value = ("", "") if why else (numerator, denominator)
            yield (code, "", level, area, sex, age, *value, why or "")
