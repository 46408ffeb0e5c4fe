"""The register of packs: substances, packs, long-acting forms; all packs are invented, ATC and DDD are real."""

from dataclasses import dataclass

import numpy as np

from percorsi.synthetic.parameters import Parameters

AIC_COLUMNS = [
    *("AIC", "ATC", "DESCRIZIONE", "DDD_CONFEZIONE", "FORMA", "INTERVALLO_GIORNI", "DOSE_MIN_DDD", "DOSE_MAX_DDD"),
]


@dataclass
class Packs:
    """Arrays (packs,) in order of substance; `first` and `count` are by substance."""

    substances: list[str]
    first: np.ndarray
    count: np.ndarray
    aic: list[str]
    units: np.ndarray
    ddd: np.ndarray  # of a pack, rounded as the register gives it
    interval: np.ndarray  # days, 0 where not long-acting
    rows: list[list[str]]  # of the register

    def position(self, substance: str) -> int:
        """The position of a substance."""
        return self.substances.index(substance)

    def depot(self, substance: np.ndarray) -> np.ndarray:
        """True where a substance is long-acting."""
        return self.interval[self.first[substance]] > 0


def make_packs(parameters: Parameters) -> Packs:
    """All packs of the configuration. Codes begin with 99: no real code does."""
    names = list(parameters.drugs["substances"])
    first, aic, units, ddd, interval, rows = [], [], [], [], [], []
    for s, figures in enumerate(parameters.drugs["substances"].values()):
        first.append(len(rows))
        for k, (number, content) in enumerate(figures["packs"]):
            code = f"99{s + 1:04d}{k + 1:03d}"
            size = round(number * content / figures["ddd"], 4)
            depot = figures.get("form") == "depot"
            low, high = figures.get("bounds", ("", ""))
            name = f"{names[s].removesuffix('_depot')} {content} {'mmol' if names[s] == 'lithium' else 'mg'}"
            text = f"{name} {number} {'fiala depot' if depot else 'unita'} (sintetico)"
            form = "depot" if depot else "oral"
            rows.append([code, figures["atc"], text, f"{size:g}", form, figures.get("interval", ""), low, high])
            aic.append(code)
            units.append(number)
            ddd.append(float(f"{size:g}"))
            interval.append(figures.get("interval", 0))
    count = np.diff([*first, len(rows)])
    return Packs(names, np.array(first), count, aic, np.array(units), np.array(ddd), np.array(interval), rows)
