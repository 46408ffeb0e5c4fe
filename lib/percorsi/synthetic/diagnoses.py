"""The diagnosis path of a person: a code at each opening and closing, and which of them are spoilt."""

from dataclasses import dataclass

import numpy as np

from percorsi.synthetic.geography import Geography
from percorsi.synthetic.parameters import Parameters
from percorsi.synthetic.population import Persons
from percorsi.synthetic.random import Draws, cumulative
from percorsi.synthetic.spells import DEATHS, ELSEWHERE, SLOTS, Spells

NO_PATHOLOGY, PENDING, ADMINISTRATIVE = "00000", "99999", "xxxxx"


@dataclass
class Diagnoses:
    """Arrays (persons, slots) of positions in `codes`."""

    codes: list[str]
    true_opening: np.ndarray
    opening: np.ndarray  # as delivered
    closing: np.ndarray  # of a territorial closing that is not administrative
    repeated: np.ndarray  # of the closings of the residential register, which change no diagnosis
    spoilt: np.ndarray  # 0 no, 1 default, 2 missing, 3 outside the domain
    opening_group: np.ndarray
    closing_group: np.ndarray

    def position(self, code: str) -> int:
        """The position of a code."""
        return self.codes.index(code)


def make_diagnoses(
    p: Persons, spells: Spells, parameters: Parameters, draws: Draws, geography: Geography, error_rate: float
) -> Diagnoses:
    """A change of diagnosis shows at the first closing and in the later episodes; a card keeps its opening one."""
    care, errors = parameters.conf["care"], parameters.conf["errors"]
    number, slots = p.number[:, None], np.arange(SLOTS)[None, :]
    own = [*parameters.codes]
    codes = own + [c for c in (PENDING, "", ADMINISTRATIVE, NO_PATHOLOGY) if c not in own] + errors["outside_codes"]
    shape = (len(p), SLOTS)
    before = np.broadcast_to(p.group[:, None], shape)
    after = np.broadcast_to(p.later_group[:, None], shape)
    opening_group = np.where((slots > 0) & (slots != ELSEWHERE), after, before)
    first = draws.pick("code", p.number, parameters.code_weights, p.group)
    stays_same = ~draws.happens("another code", number, care["another_code"], slots) & (opening_group == before)
    other = draws.pick("code", number, parameters.code_weights, opening_group, slots + 1)
    opening = np.where((slots == 0) | stays_same, first[:, None], other)
    # who dies, and who is seen elsewhere, keeps the diagnosis of the opening
    keeps = (slots == ELSEWHERE) | np.isin(spells.mode, DEATHS)
    closing_group = np.where(keeps, opening_group, after)
    another = draws.happens("another closing code", number, care["another_code"], slots) | (
        closing_group != opening_group
    )
    closing = draws.pick("code", number, parameters.code_weights, closing_group, slots + 11)
    closing = np.where(another & ~keeps, closing, opening)
    share = np.minimum(parameters.spoilt[geography.dsm_region[spells.dsm]] * error_rate, 1.0)
    hit = draws.happens("spoilt diagnosis", number, share, slots)
    kinds = cumulative(list(errors["spoilt_diagnosis"].values()))
    kind = np.where(hit, 1 + draws.pick("how spoilt", number, kinds, index=slots), 0)
    outside = draws.integer("outside code", number, 0, len(errors["outside_codes"]) - 1, slots)
    outside = len(codes) - len(errors["outside_codes"]) + outside
    delivered = np.select(
        [kind == 1, kind == 2, kind == 3], [codes.index(PENDING), codes.index(""), outside], default=opening
    )
    undecided = (kind == 1) & draws.happens("closed without", number, errors["closed_without"], slots)
    closing = np.where(undecided, codes.index(NO_PATHOLOGY), closing)
    repeated = np.where(undecided, codes.index(NO_PATHOLOGY), opening)
    return Diagnoses(codes, opening, delivered, closing, repeated, kind, opening_group, closing_group)
