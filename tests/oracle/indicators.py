"""The indicators of the four sets (manual, section 3), in the cells of section 1."""

from collections import defaultdict

from . import gap
from .coverage import nation_reason, reason
from .drugs import read_packs
from .pathway import pathway
from .patient import Patient
from .persons import persons
from .sets import CODES, OF_PERSONS, OF_STAYS, PATHWAYS, components, is_mean, is_ratio, of_pathway, set_of
from .stays import dsm_of_hospital, places_of_contact, spdc_services, visible_stays

AGE_CLASSES = [(18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 74), (75, 200)]
BELOW_ONE = "expected_below_one"  # O and E are given, and no ratio


def age_class(age):
    """Section 1: 18-24, 25-34, ..., 75+."""
    for low, high in AGE_CLASSES:
        if low <= age <= high:
            return "75+" if low == 75 else f"{low}-{high}"
    return None


def by_component(functions, *facts):
    """{(code, component): what is added to the numerator} of the indicators whose denominator has the unit."""
    results = {}
    for code, function in functions.items():
        result = function(*facts)
        if result is not None:
            parts = result if isinstance(result, dict) else {"": result}
            results.update({(code, component): added for component, added in parts.items()})
    return results


class Unit:
    """A person or a stay that stands in the denominator of some indicators, and where it counts."""

    def __init__(self, places, sex, age, results):
        self.places, self.sex, self.age, self.results = places, sex, age, results
        self.regions = {region for region, _ in places}
        self.dsms = {f"{region}-{dsm}" for region, dsm in places if dsm is not None}


def units(delivery, year, sets):
    """Persons and stays of T of the sets' pathways, the regions and the DSMs with a contact of anybody in Y."""
    pathways = [PATHWAYS[name] for name in sets]
    of_persons = {pathway: of_pathway(OF_PERSONS, pathway) for pathway in pathways}
    of_stays = {pathway: of_pathway(OF_STAYS, pathway) for pathway in pathways}
    services, packs = spdc_services(delivery, year), read_packs(delivery.records["AIC"])
    found, regions, dsms = [], set(), set()
    for person in persons(delivery, year).values():
        places = places_of_contact(person, year, services)
        if not places:
            continue
        regions |= {region for region, _ in places}
        dsms |= {f"{region}-{dsm}" for region, dsm in places if dsm is not None}
        sex, birth_year = person.attributes(year)
        seen = [stay for stay in visible_stays(person, year) if stay.discharge >= year.first]
        way = pathway(person, seen, year)
        if birth_year is None or year.year - birth_year < 18 or way not in pathways:
            continue
        age = year.year - birth_year
        first_contact = min(min(days) for days in places.values())
        patient = Patient(person, year, packs, age, first_contact)
        found.append(Unit(set(places), sex, age_class(age), by_component(of_persons[way], patient)))
        for stay in patient.stays:
            hospitals = {(record.regione, dsm_of_hospital(record, services)) for record in stay.records}
            found.append(Unit(hospitals, sex, age_class(age), by_component(of_stays[way], stay, patient)))
    return found, regions, dsms


def dsms_of_register(delivery, year):
    """The DSMs of STR of Y."""
    return {f"{s.regione}-{s.azienda}-{s.dsm}" for s in delivery.services if s.anno == str(year.year)}


def counted(found, code, component, covering):
    """{(level, area, sex, age class): [numerator, denominator]} of one part of an indicator."""
    counts = defaultdict(lambda: [0, 0])
    for unit in found:
        if (code, component) not in unit.results:
            continue
        areas = [("region", region) for region in unit.regions] + [("dsm", dsm) for dsm in unit.dsms]
        if unit.regions & covering:
            areas.append(("nation", "IT"))
        for level, area in areas:
            for sex, age in [("", "")] if level == "dsm" else [("", ""), (unit.sex, ""), ("", unit.age)]:
                cell = counts[level, area, sex, age]
                added = unit.results[code, component]
                numerator, denominator = added if is_ratio(code) else (added, 1)
                cell[0] += numerator
                cell[1] += denominator
    return counts


def written(numerator, code):
    """A count as it is, the sum of a mean (an exact fraction) with 15 significant digits."""
    return f"{float(numerator):.15g}" if is_mean(code) else numerator


def compute(delivery, year, sets=tuple(PATHWAYS)):
    """Rows (code, component, level, area, sex, age_class, numerator, denominator, reason) of some sets."""
    found, regions_with_contact, dsms_with_contact = units(delivery, year, sets)
    all_dsms = sorted(dsms_with_contact | dsms_of_register(delivery, year))
    breakdowns = [("", ""), *((sex, "") for sex in "129"), *(("", age_class(low)) for low, _ in AGE_CLASSES)]
    regions = sorted(regions_with_contact | set(delivery.regions))
    cells = [("nation", "IT", *b) for b in breakdowns]
    cells += [("region", region, *b) for region in regions for b in breakdowns]
    cells += [("dsm", dsm, "", "") for dsm in all_dsms]
    for code in [code for code in CODES if set_of(code) in sets]:
        reasons = {region: reason(delivery, region, code, year.year) for region in regions}
        covering = {region for region, why in reasons.items() if why is None}
        of_nation = nation_reason(delivery, regions_with_contact, code, year.year)
        for component in components(code):
            counts = counted(found, code, component, covering)
            for level, area, sex, age in cells:
                observed = (level, area, sex, age) in counts
                numerator, denominator = counts[level, area, sex, age]
                why = of_nation if level == "nation" else reasons.get(area[:3], "missing_flow")
                value = (written(numerator, code), denominator) if denominator else None
                if code in gap.PREVALENCE:
                    if (sex, age) != ("", ""):
                        continue
                    people = 0 if why else gap.residents(delivery, level, area, covering, year.year)
                    value = gap.value(code, denominator, people)
                if is_ratio(code):
                    if age or (sex and component):
                        continue
                    if observed and denominator < 1:
                        why = why or BELOW_ONE
                    value = (numerator, f"{float(denominator):.15g}") if observed else None
                if why is None and value is None:
                    why = "denominator_zero"
                if why and why != BELOW_ONE:
                    value = ("", "")
                yield (code, component, level, area, sex, age, *value, why or "")
