"""All that is known of a chunk of persons, and the helpers its records are made with."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from percorsi.synthetic.contacts import Attendance, Interventions, make_attendance, make_interventions
from percorsi.synthetic.diagnoses import Diagnoses, make_diagnoses
from percorsi.synthetic.geography import Geography
from percorsi.synthetic.hospital import Hospital, make_hospital
from percorsi.synthetic.medicines import Packs, make_packs
from percorsi.synthetic.parameters import FOREVER, Parameters
from percorsi.synthetic.population import Persons, make_controls, make_persons
from percorsi.synthetic.random import Draws, cumulative, identifiers
from percorsi.synthetic.reviews import make_reviews
from percorsi.synthetic.semesters import Semesters
from percorsi.synthetic.spells import SLOTS, Spells, Stays, make_spells, make_stays
from percorsi.synthetic.therapies import Courses, make_courses


@dataclass
class Chunk:
    """Persons and their histories; `region` is the region whose records are wanted."""

    region: int
    parameters: Parameters
    geography: Geography
    draws: Draws
    semesters: Semesters
    keys: dict[str, pa.Array]
    error_rate: float
    persons: Persons
    spells: Spells
    stays: Stays
    hospital: Hospital
    packs: Packs
    courses: Courses  # of the persons of the wanted region
    interventions: Interventions | None  # none of controls
    attendance: Attendance | None
    diagnoses: Diagnoses | None
    registrations: np.ndarray  # (persons of the chunk) x department, sorted: the pairs that have a card
    id_rec: pa.Array  # by registration
    cuni: pa.Array  # by person

    @property
    def anonymous(self) -> pa.Array:
        """The one CUNI of all who could not be identified: it tells nobody apart."""
        return pa.array(identifiers(self.draws, "anonymous", np.zeros(1, np.int64))).cast(pa.string())

    @cached_property
    def orphans(self) -> np.ndarray:
        """By person: no anagrafica is delivered."""
        rate = self.parameters.conf["errors"]["orphan"] * self.error_rate
        return self.draws.happens("orphan", self.persons.number, rate)

    @property
    def code(self) -> str:
        """The code of the wanted region."""
        return self.parameters.region_codes[self.region]

    @cached_property
    def known_from(self) -> np.ndarray:
        """By person the first day on which the flows beside SISM and SDO may tell of somebody; always, of controls."""
        p = self.persons
        return np.where(p.control == 1, 0, p.entry - self.parameters.flows["known_before"])

    @cached_property
    def ward(self) -> Hospital:
        """The stays of the ordinary regime."""
        return self.hospital.take(np.flatnonzero(~self.hospital.day_regime))

    def azienda_of(self, who: np.ndarray, days: np.ndarray) -> np.ndarray:
        """The position among all aziende, before and after the merger, of a person's own on a day."""
        return self.persons.dsm[who] + len(self.geography.dsm) * self.geography.epoch(days)

    def registration(self, who: np.ndarray, dsm: np.ndarray) -> np.ndarray:
        """The position of a person's registration in a department."""
        return np.searchsorted(self.registrations, who * len(self.geography.dsm) + dsm)

    def region_here(self, dsm: np.ndarray) -> np.ndarray:
        """True where a department is of the wanted region."""
        return self.geography.dsm_region[dsm] == self.region

    def here(self, row: np.ndarray, semester: np.ndarray, dsm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pairs (row, semester) whose department, `dsm` by row, is of the wanted region."""
        kept = self.region_here(dsm[row])
        return row[kept], semester[kept]


def destination(number: np.ndarray, home: np.ndarray, parameters: Parameters, draws: Draws, rate: float) -> np.ndarray:
    """The other region in which a person is also seen, -1 for none; `rate` is the share who are."""
    found = np.full(len(number), -1, dtype=np.int64)
    travels = np.flatnonzero(draws.happens("two regions", number, rate))
    where = draws.pick("which other region", number[travels], cumulative(parameters.adults))
    beside = (where + 1) % len(parameters.region_codes)
    found[travels] = np.where(where == home[travels], beside, where)
    return found


def make_chunk(
    number: np.ndarray, region: int, parameters: Parameters, geography: Geography, draws: Draws,
    semesters: Semesters, keys: dict[str, pa.Array], error_rate: float,
) -> Chunk:  # fmt: skip
    """The histories of the persons of these numbers."""
    persons = make_persons(number, parameters, geography, draws)
    two_regions = parameters.conf["errors"]["two_regions"] * error_rate
    elsewhere = destination(number, persons.region, parameters, draws, two_regions)
    spells = make_spells(persons, parameters, geography, draws, elsewhere)
    stays = make_stays(persons, spells, parameters, geography, draws)
    hospital = make_hospital(persons, spells, parameters, draws, semesters.years.stop - 1)
    window = semesters.first, semesters.last
    packs = make_packs(parameters)
    courses = make_courses(persons, spells, hospital, parameters, packs, draws, semesters.last)
    courses = courses.take(np.flatnonzero(persons.region[courses.who] == region))
    interventions = make_interventions(persons, spells, hospital, stays, parameters, draws, *window)
    interventions = interventions.beside(
        make_reviews(persons, spells, hospital, courses, packs, parameters, draws, *window)
    )
    attendance = make_attendance(persons, spells, hospital, parameters, draws, *window)
    diagnoses = make_diagnoses(persons, spells, parameters, draws, geography, error_rate)
    who, slot = np.divmod(np.flatnonzero(spells.start.ravel() < FOREVER), SLOTS)
    registrations = np.unique(who * len(geography.dsm) + spells.dsm[who, slot])
    person, dsm = np.divmod(registrations, len(geography.dsm))
    id_rec = identifiers(draws, "id_rec", draws.bits("registration", number[person], dsm))
    cuni = identifiers(draws, "cuni", number)
    return Chunk(
        region, parameters, geography, draws, semesters, keys, error_rate, persons, spells, stays, hospital,
        packs, courses, interventions, attendance, diagnoses, registrations,
        pa.array(id_rec).cast(pa.string()), pa.array(cuni).cast(pa.string()),
    )  # fmt: skip


def make_control_chunk(
    number: np.ndarray, region: int, parameters: Parameters, geography: Geography, draws: Draws,
    semesters: Semesters, error_rate: float,
) -> Chunk:  # fmt: skip
    """Persons whom neither SISM nor SDO knows: no episode, no stay, no card."""
    persons = make_controls(number, parameters, geography, draws)
    never = np.full((len(number), SLOTS), FOREVER, dtype=np.int64)
    none, no = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    spells = Spells(never, never, never * 0, never, never * 0, never * 0)
    stays = Stays(none, none, none, none, none, none, none, none, no)
    hospital = Hospital(none, none, none, none, no, no, no, no)
    packs = make_packs(parameters)
    courses = make_courses(persons, spells, hospital, parameters, packs, draws, semesters.last)
    cuni = pa.array(identifiers(draws, "cuni", number)).cast(pa.string())
    return Chunk(
        region, parameters, geography, draws, semesters, {}, error_rate, persons, spells, stays, hospital,
        packs, courses, None, None, None, none, pa.array([], pa.string()), cuni,
    )  # fmt: skip
