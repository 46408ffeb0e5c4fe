"""The table of counts: DSMs added up to regions and the nation, with the shares that expectations judge.

No expectation sees a person: they judge this frame, whose rows are areas.
"""

from dataclasses import dataclass

import pandas as pd

from percorsi.quality.areas import NATION, named
from percorsi.quality.diagnosis import EPISODE_COUNTS, RECORD_COUNTS, REJECTED_COUNTS
from percorsi.regions import regions

COUNTS = (*RECORD_COUNTS, *REJECTED_COUNTS, *EPISODE_COUNTS)
NOTHING_REJECTED = pd.DataFrame(columns=["region", "azienda", "dsm", "semester", *REJECTED_COUNTS])
_KEYS = ["year", "semester", "level", "area"]


@dataclass(frozen=True)
class Share:
    """A share of two sums of counts; `semester` 0 is the year, `nothing` why there is no denominator."""

    item: str
    meaning: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    less: tuple[str, ...] = ()
    semester: int = 0
    nothing: str = "no_records"

    def parts(self, counts: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        """Numerator and denominator of each row, as whole numbers."""
        numerator = counts[list(self.numerator)].sum(axis=1)
        return numerator, counts[list(self.denominator)].sum(axis=1) - counts[list(self.less)].sum(axis=1)


# Rejected records of an opening diagnosis are records that the region did deliver, and badly.
_DELIVERED = ("records", "rejected_missing", "rejected_invalid")

SHARES = {
    "opening_usable": Share(
        "diagnosis",
        "Record con una diagnosi di apertura del capitolo psichiatrico (290-319).",
        ("opening_valid",),
        _DELIVERED,
    ),
    "opening_usable_first_semester": Share(
        "diagnosis",
        "Record del primo semestre con una diagnosi di apertura del capitolo psichiatrico (290-319).",
        ("opening_valid",),
        _DELIVERED,
        semester=1,
    ),
    "opening_usable_second_semester": Share(
        "diagnosis",
        "Record del secondo semestre con una diagnosi di apertura del capitolo psichiatrico (290-319).",
        ("opening_valid",),
        _DELIVERED,
        semester=2,
    ),
    "opening_missing": Share(
        "diagnosis",
        "Record senza diagnosi di apertura.",
        ("opening_missing", "rejected_missing"),
        _DELIVERED,
    ),
    "opening_default": Share(
        "diagnosis",
        "Record con diagnosi di apertura 99999, in attesa di definizione.",
        ("opening_default",),
        _DELIVERED,
    ),
    "opening_invalid": Share(
        "diagnosis",
        "Record la cui diagnosi di apertura non è un codice ammesso.",
        ("opening_invalid", "rejected_invalid"),
        _DELIVERED,
    ),
    "opening_no_disorder": Share(
        "diagnosis",
        "Record con diagnosi di apertura 00000, nessun disturbo psichico.",
        ("opening_other",),
        _DELIVERED,
    ),
    "opening_specific": Share(
        "diagnosis",
        "Diagnosi di apertura valide con la quarta cifra, o di una categoria che non ne ha.",
        ("opening_specific",),
        ("opening_valid",),
        nothing="nothing_to_judge",
    ),
    "closing_usable": Share(
        "closing_diagnosis",
        "Chiusure non d'ufficio con una diagnosi del capitolo psichiatrico.",
        ("closing_valid",),
        ("closings", "rejected_closing"),
        less=("closing_administrative",),
        nothing="nothing_to_judge",
    ),
    "episode_usable": Share(
        "diagnosis",
        "Contatti aperti nell'anno la cui diagnosi, come la legge un percorso, è del capitolo psichiatrico.",
        ("episodes_usable",),
        ("episodes",),
        nothing="nothing_to_judge",
    ),
}


def add_up(by_dsm: pd.DataFrame, rejected: pd.DataFrame, year: int) -> pd.DataFrame:
    """The table quality/diagnosis_count of a year: semester 0-2 x (nation, all regions, DSMs with a current record).

    `by_dsm` and `rejected` are as `count_episodes` and `count_rejected` give them. Records and rejected records add up
    over the semesters, episodes do not. A rejected record whose DSM nobody else names counts in its region only: its
    code may be what is wrong with it; nor is a code of no national form the name of an area.
    """
    cells = ["region", "azienda", "dsm", "semester"]
    lost = rejected.groupby(cells, dropna=False)[list(REJECTED_COUNTS)].sum()
    both = by_dsm.set_index(cells).join(lost, how="outer").fillna(0).reset_index()
    halves = both[both["semester"] > 0]
    of_year = halves.groupby(cells[:3], dropna=False)[[*RECORD_COUNTS, *REJECTED_COUNTS]].sum().reset_index()
    episodes = both.loc[both["semester"] == 0, [*cells[:3], *EPISODE_COUNTS]]
    whole = of_year.merge(episodes, how="outer", on=cells[:3]).assign(semester=0)
    both = pd.concat([halves, whole]).fillna(dict.fromkeys(COUNTS, 0))

    known = pd.MultiIndex.from_frame(by_dsm.loc[named(by_dsm), cells[:3]].drop_duplicates())
    dsm = both[pd.MultiIndex.from_frame(both[cells[:3]]).isin(known)]
    dsm = dsm.assign(level="dsm", area=dsm["region"] + "-" + dsm["azienda"] + "-" + dsm["dsm"])
    grid = pd.MultiIndex.from_product([regions(), (0, 1, 2)], names=["region", "semester"])
    region = both.groupby(["region", "semester"])[list(COUNTS)].sum().reindex(grid, fill_value=0)
    nation = region.groupby("semester").sum().reset_index().assign(level="nation", area=NATION)
    region = region.reset_index().assign(level="region").rename(columns={"region": "area"})
    table = pd.concat([nation, region, dsm]).assign(year=year).astype(dict.fromkeys(COUNTS, "int64"))
    return table[[*_KEYS, *COUNTS]].sort_values(_KEYS).reset_index(drop=True)


def shares(counts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What expectations judge, and what it was made from: nation and regions, a column for each of SHARES.

    First frame: level, area, name and the shares (0 to 1, null where the denominator is zero), a row an area. Second
    frame: level, area, share, numerator, denominator, a row an area and share.
    """
    areas = counts[counts["level"] != "dsm"].copy()
    parts = []
    for name, share in SHARES.items():
        rows = areas[areas["semester"] == share.semester]
        numerator, denominator = share.parts(rows)
        parts.append(rows[["level", "area"]].assign(share=name, numerator=numerator, denominator=denominator))
    parts = pd.concat(parts).astype({"numerator": "int64", "denominator": "int64"})
    value = (parts["numerator"] / parts["denominator"].where(parts["denominator"] > 0)).astype("float64")
    wide = parts.assign(value=value).pivot(index=["level", "area"], columns="share", values="value")
    wide = wide.reindex(columns=list(SHARES)).reset_index()
    wide.insert(2, "name", wide["area"].map({**regions(), NATION: "Italia"}))
    return wide, parts.reset_index(drop=True)
