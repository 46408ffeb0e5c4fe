"""Where services are: departments, their centres, hospitals and facilities, with codes; rows of the register STR."""

from dataclasses import dataclass, field

import numpy as np

from percorsi.synthetic.parameters import Parameters
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
    for d in range(geography.first_dsm[region], geography.first_dsm[region] + geography.dsm_count[region]):
        for kind, services in geography.kinds.items():
            for s in range(services.first[d], services.first[d] + services.count[d]):
                owned = "private" if services.private[s] else "public"
                people = round(residents * geography.dsm_share[d] * services.weights[s]) if kind == "CSM" else ""
                name = f"{kind} sintetico {geography.azienda[d]}-{s - services.first[d] + 1}"
                row = [code, geography.azienda[d], geography.dsm[d], services.codes[s], year, kind]
                row += [owned, seats[kind] or "", people, name]
                rows.append([*row, f"DSM sintetico {code}-{geography.azienda[d]}"])
    return rows
