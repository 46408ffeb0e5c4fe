"""What expectations may judge: shares of counts, a column each, and the frames that hold them, a row an area.

No expectation sees a person. A column is the share of a class of an item in its denominator, `<item>_<class>`, of the
year or of a semester (`<item>_<class>_first_semester`); of diagnoses there are those of `counts` as well, which tell
records from episodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from percorsi.quality.areas import NATION
from percorsi.quality.counts import SHARES
from percorsi.quality.items import CLASSES, FEW, TableItems
from percorsi.regions import regions

DIAGNOSES = "care_episode"  # the table that SHARES are of
_SEMESTERS = {"": 0, "_first_semester": 1, "_second_semester": 2}


@dataclass(frozen=True)
class Column:
    """A share: of which item, what it counts (for a steward), the class, and the semester, 0 for the year.

    `least`: the smallest denominator that may be judged.
    """

    item: str
    meaning: str
    kind: str = ""
    semester: int = 0
    least: int = FEW


def columns(tables: Mapping[str, TableItems]) -> dict[str, dict[str, Column]]:
    """Table -> the columns that its suite can judge."""
    found = {
        name: {
            f"{key}_{kind}{suffix}": Column(key, item.meaning, kind, semester, item.least)
            for key, item in table.items.items()
            for kind in CLASSES
            for suffix, semester in _SEMESTERS.items()
        }
        for name, table in tables.items()
    }
    found[DIAGNOSES] |= {name: Column(share.item, share.meaning) for name, share in SHARES.items()}
    return found


def parts(counts: pd.DataFrame, table: str, asked: Mapping[str, Column]) -> pd.DataFrame:
    """level, area, share, numerator, denominator, nothing (why there is none): a row an area and asked column.

    `counts`: quality/item_count of one evaluation year. An area of which an item is not counted is left out.
    """
    own = counts[(counts["table"] == table) & (counts["period"] == counts["year"]) & (counts["level"] != "dsm")]
    found = []
    for name, column in asked.items():
        rows = own[(own["item"] == column.item) & (own["semester"] == column.semester)]
        part = rows[["level", "area", "denominator"]].assign(share=name, numerator=rows[column.kind])
        found.append(part.assign(nothing=rows["reason"].fillna("no_records")))
    empty = pd.DataFrame(columns=["level", "area", "share", "numerator", "denominator", "nothing"])
    return pd.concat(found).reset_index(drop=True)[list(empty.columns)] if found else empty


def frame(parts: pd.DataFrame, asked: Mapping[str, tuple[str, int]]) -> pd.DataFrame:
    """What Great Expectations judges: area, name and a share (0 to 1) for each name of `asked`, a row an area.

    `asked`: name -> column and its least denominator. A share is null where the denominator is zero or below that:
    nulls meet nothing and fail nothing.
    """
    wide = pd.DataFrame({"area": [NATION, *regions()]})
    wide["name"] = wide["area"].map({**regions(), NATION: "Italia"})
    for name, (column, least) in asked.items():
        part = parts[(parts["share"] == column) & (parts["denominator"] >= max(least, 1))]
        share = (part["numerator"] / part["denominator"]).set_axis(part["area"])
        wide[name] = wide["area"].map(share.astype("float64"))
    return wide
