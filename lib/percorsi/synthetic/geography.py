"""Where services are: departments, their centres, hospitals and facilities, with codes; rows of the register STR."""

from dataclasses import dataclass, field

import numpy as np

from percorsi.synthetic.parameters import Parameters, day
from percorsi.synthetic.random import Draws, cumulative


@dataclass
class Services:
    """The structures of one kind: running shares by department (departments, most in one), code of each."""

    codes: list[str]
    first: np.ndarray  # (departments,) position of a department's first structure
    count: np.ndarray  # (departments,)
    weights: np.ndarray  # (structures,) share of its department
    private: np.ndarray  # (structures,)


@dataclass
class Geography:
    """The departments of the nation in order of region, and their structures."""

    dsm_region: np.ndarray  # (departments,) position of the region
    azienda: list[str]
    dsm: list[str]
    dsm_share: np.ndarray  # (departments,) share of the region's adults
    first_dsm: np.ndarray  # (regions,)
    dsm_count: np.ndarray  # (regions,)
    kinds: dict[str, Services] = field(default_factory=dict)  # CSM CD SR SPDC DH
    private: dict[int, list[str]] = field(default_factory=dict)  # region -> hospitals with private psychiatric wards
    merged: np.ndarray = field(default=None)  # (departments,) those that become one
    merger: dict = field(default_factory=dict)  # year of it, code of region, new azienda and DSM

    def codes(self, year: int) -> tuple[list[str], list[str]]:
        """Azienda and DSM of each department, as they are called in a year."""
        if year < self.merger["year"]:
            return self.azienda, self.dsm
        new = (self.merger["azienda"], self.merger["dsm"])
        pairs = zip(self.azienda, self.dsm, self.merged, strict=True)
        found = [new if moved else (azienda, dsm) for azienda, dsm, moved in pairs]
        return [a for a, _ in found], [d for _, d in found]

    @property
    def aziende(self) -> list[str]:
        """The azienda of each department before the merger, then of each after it."""
        return [*self.azienda, *self.codes(self.merger["year"])[0]]

    def epoch(self, days: np.ndarray) -> np.ndarray:
        """0 before the merger, 1 from its day on."""
        return (np.asarray(days) >= day(self.merger["year"])).astype(np.int64)

    def moves(self) -> list[list]:
        """The merger as rows of a table of boundaries: year, region, azienda, DSM, structure, new azienda, new DSM."""
        found = []
        for d in np.flatnonzero(self.merged):
            row = [self.merger["year"], self.merger["region"], self.azienda[d], self.dsm[d], ""]
            found.append([*row, self.merger["azienda"], self.merger["dsm"]])
        return found

    def pick_dsm(self, draws: Draws, stream: str, person: np.ndarray, region: np.ndarray, index=0) -> np.ndarray:
        """A department of the region, by its share of adults."""
        widest = int(self.dsm_count.max())
        table = np.zeros((len(self.first_dsm), widest))
        for r, (first, count) in enumerate(zip(self.first_dsm, self.dsm_count, strict=True)):
            table[r, :count] = self.dsm_share[first : first + count]
        return self.first_dsm[region] + draws.pick(stream, person, cumulative(table), region, index)

    def pick(self, draws: Draws, stream: str, kind: str, person: np.ndarray, dsm: np.ndarray, index=0) -> np.ndarray:
        """A structure of a kind of the department, all alike."""
        services = self.kinds[kind]
        return services.first[dsm] + draws.integer(stream, person, 0, services.count[dsm] - 1, index)


def make_geography(parameters: Parameters, draws: Draws) -> Geography:
    """Departments and structures; a function of the configuration and the seed, the same at every scale."""
    figures = parameters.conf["services"]
    count = np.array([parameters.conf["regions"][c]["dsm"] for c in parameters.region_codes])
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    region = np.repeat(np.arange(len(count)), count)
    size = 0.6 + 0.8 * draws.uniform("geography", np.arange(count.sum()))
    share = size / np.bincount(region, weights=size)[region]
    within = np.arange(count.sum()) - first[region]
    azienda = [f"{301 + i}" for i in within]
    geography = Geography(region, azienda, [f"{i + 1:03d}" for i in within], share, first, count)
    geography.merger = merger = parameters.flows["merger"]
    there = np.array(parameters.region_codes)[region] == merger["region"]
    geography.merged = there & np.isin(azienda, merger["of"])
    adults = parameters.adults[region] * share
    per = {
        "CSM": figures["adults_per_csm"],
        "CD": figures["adults_per_day_centre"],
        "SR": figures["adults_per_facility"],
        "SPDC": figures["adults_per_spdc"],
        "DH": 4 * figures["adults_per_spdc"],
    }
    for digit, (kind, adults_each) in enumerate(per.items(), start=1):
        number = np.maximum(1, np.round(adults / adults_each)).astype(np.int64)
        start = np.concatenate([[0], np.cumsum(number)[:-1]])
        owner = np.repeat(np.arange(len(number)), number)
        rank = np.arange(number.sum()) - start[owner]
        if kind == "SPDC":  # the hospital's code, eight characters as in SDO
            serial = np.arange(number.sum()) - start[first][region[owner]]
            codes = [f"{parameters.region_codes[region[o]]}{s + 1:03d}00" for o, s in zip(owner, serial, strict=True)]
        else:
            codes = [f"{azienda[o]}{digit}{r + 1:02d}" for o, r in zip(owner, rank, strict=True)]
        private = draws.happens("private", np.arange(len(owner)), figures["private_facility"]) & (kind == "SR")
        geography.kinds[kind] = Services(codes, start, number, 1.0 / number[owner], private)
    for r, code in enumerate(parameters.region_codes):
        wards = parameters.conf["regions"][code]["private_wards"]
        geography.private[r] = [f"{code}9{w + 1:02d}00" for w in range(wards)]
    return geography


STR_COLUMNS = [
    *("REGIONE", "AZIENDA", "DSM", "STRUTTURA", "ANNO", "TIPO", "NATURA", "POSTI", "POPOLAZIONE"),
    *("DENOMINAZIONE", "DENOMINAZIONE_DSM"),
]


def register_rows(parameters: Parameters, geography: Geography, region: int, year: int) -> list[list]:
    """The rows of STR of a region and year. POPOLAZIONE: residents of the catchment, times the scale."""
    rows = []
    column = min(max(year - parameters.first_resident_year, 0), parameters.residents.shape[1] - 1)
    residents = parameters.residents[region, column] * parameters.scale
    seats = parameters.conf["services"]["seats"]
    code = parameters.region_codes[region]
    aziende, dsms = geography.codes(year)
    for d in range(geography.first_dsm[region], geography.first_dsm[region] + geography.dsm_count[region]):
        for kind, services in geography.kinds.items():
            for s in range(services.first[d], services.first[d] + services.count[d]):
                owned = "private" if services.private[s] else "public"
                people = round(residents * geography.dsm_share[d] * services.weights[s]) if kind == "CSM" else ""
                name = f"{kind} sintetico {geography.azienda[d]}-{s - services.first[d] + 1}"
                row = [code, aziende[d], dsms[d], services.codes[s], year, kind]
                row += [owned, seats[kind] or "", people, name]
                rows.append([*row, f"DSM sintetico {code}-{aziende[d]}"])
    return rows
