"""One person of T in Y: the facts that the indicators ask for (manual, section 2)."""

from calendar import monthrange
from datetime import date
from functools import cached_property

from .classes import is_antipsychotic
from .drugs import Therapy, dispensings, of_class
from .onset import first_seen, is_onset
from .stays import (
    contact_days,
    death,
    episodes,
    hospital_days,
    institution_days_seen,
    outcome_days,
    residential_days,
    spdc_stays,
)


def visit_at_csm(record):
    """Type 01, SedeIntervento other than 5 and 6."""
    return record.type == "01" and record.place not in ("5", "6")


def profiles(record):
    """The profiles at work in an intervention."""
    return {record.operator_1, record.operator_2, record.operator_3} - {""}


def add_months(number, months):
    """The same day so many months later, the last of the month where it has no such day."""
    day = date.fromordinal(number)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])).toordinal()


class Patient:
    """Facts are the person's, over all regions and flows."""

    def __init__(self, person, year, packs, age, first_contact):
        self.person, self.year, self.packs, self.age, self.first_contact = person, year, packs, age, first_contact
        self.dead = death(person, year)
        self.all_stays = spdc_stays(person.hospital)
        self.stays = [stay for stay in self.all_stays if year.first <= stay.discharge <= year.last]
        self.interventions = sorted(person.interventions, key=lambda record: record.date)
        self.in_year = [record for record in self.interventions if self.is_in_year(record.date)]
        self.presences = [record for record in person.presences if self.is_in_year(record.date)]
        self.visits = [record.date for record in self.interventions if visit_at_csm(record)]
        self.therapies = {}

    def is_in_year(self, day):
        """A day of Y."""
        return self.year.first <= day <= self.year.last

    def until_death(self, day):
        """A window that runs past the death ends at the death."""
        return day if self.dead is None else min(day, self.dead)

    def count(self, *kinds):
        """Interventions of Y of these kinds."""
        return sum(record.type in kinds for record in self.in_year)

    def count_between(self, first, last, *kinds):
        """Interventions of [first, last] of these kinds."""
        return sum(record.type in kinds and first <= record.date <= last for record in self.interventions)

    @cached_property
    def registration(self):
        """The anagrafica that attributes come from, None without one."""
        return self.person.registration(range(self.year.year + 1))

    @property
    def lives_with_family(self):
        """CollocazioneSocioAmbientale 2, 3, 4."""
        return self.registration is not None and self.registration.living_arrangement in ("2", "3", "4")

    @property
    def is_not_employed(self):
        """CodiceProfessionale 01 02 03 05 06 07."""
        occupations = ("01", "02", "03", "05", "06", "07")
        return self.registration is not None and self.registration.occupation in occupations

    def homeless(self, year):
        """What the latest anagrafica of that year says, None without one."""
        record = self.person.registration([year])
        if record is None:
            return None
        return record.living_arrangement == "7" or record.residence_region == "098"

    @cached_property
    def first_seen(self):
        """f."""
        return first_seen(self.person, self.year)

    @cached_property
    def is_new(self):
        """New to the DSM in Y."""
        return self.is_in_year(self.first_seen)

    @cached_property
    def is_onset(self):
        """O."""
        return is_onset(self.person, self.first_seen, self.age, self.year)

    @property
    def months_in_care(self):
        """From the month of c to December, or to that of the death, both included; a death before c: one month."""
        last = date.fromordinal(self.until_death(self.year.last))
        first = date.fromordinal(self.first_contact)
        return max(1, last.month - first.month + 1) if last.year == first.year else 1

    @cached_property
    def episodes(self):
        """Care episodes, by all the data."""
        return episodes(self.person, self.year.year + 1)

    @cached_property
    def contact_days(self):
        """DSM contact days, all of the window."""
        return contact_days(self.person, self.year)

    @cached_property
    def hospital_days(self):
        """Days in hospital, any ward."""
        return hospital_days(self.person.hospital)

    @cached_property
    def outcome_days(self):
        """DSM contact days and hospital days."""
        return outcome_days(self.person, self.year)

    @cached_property
    def institution_days(self):
        """Days in hospital or in a residential facility."""
        return self.hospital_days | residential_days(self.person, self.year)

    @cached_property
    def dispensings(self):
        """What counts of FAR and DIR."""
        return dispensings(self.person, self.packs)

    def therapy(self, belongs):
        """The dispensings of a class, with therapies and interruptions."""
        if belongs not in self.therapies:
            given, seen = of_class(self.dispensings, belongs), institution_days_seen(self.person, self.year)
            self.therapies[belongs] = Therapy(given, self.institution_days, self.year, self.dead, seen)
        return self.therapies[belongs]

    @property
    def antipsychotics(self):
        """The therapy with antipsychotics."""
        return self.therapy(is_antipsychotic)
