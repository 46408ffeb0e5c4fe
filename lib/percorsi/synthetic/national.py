"""Files of the whole nation: the regions' parts of ANA and CDM joined in order of region, and the register of packs."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from percorsi.home import CROSSWALK
from percorsi.synthetic import truth
from percorsi.synthetic.geography import Geography
from percorsi.synthetic.medicines import AIC_COLUMNS, make_packs
from percorsi.synthetic.parameters import Parameters
from percorsi.synthetic.write import NATIONAL

PARTS = ".parts"  # folder of the parts, below that of the nation


def join_parts(out: Path, made: dict, years: range) -> list[tuple]:
    """Join the parts of all regions (code -> what was made of it); counts of the national files as in the truth."""
    counts, spoilt = [], []
    for flow, columns in NATIONAL.items():
        for year in years:
            name, lines = f"{flow}_{year}.csv", 1
            with (out / "delivery" / name).open("wb") as stream:
                stream.write("~".join(columns).encode() + b"\n")
                for code, region in made.items():
                    with (out / PARTS / code / name).open("rb") as part:
                        shutil.copyfileobj(part, stream)
                    spoilt += [(f, n, lines + at, kind) for f, n, at, kind in region.spoilt_nationally if n == name]
                    lines += region.parts[flow, name]
            counts.append((flow, "", year, "", name, lines - 1))
    shutil.rmtree(out / PARTS)
    columns = zip(*spoilt, strict=True) if spoilt else [[], [], [], []]
    table = pa.table([pa.array(list(c)) for c in columns], schema=truth.SPOILT)
    pq.write_table(table, out / "truth" / "spoilt_nation.parquet")
    return counts


def write_packs(delivery: Path, parameters: Parameters, years: range) -> list[tuple]:
    """The register of packs, each year the same; counts of the files."""
    counts, rows = [], make_packs(parameters).rows
    body = "".join("~".join(map(str, row)) + "\n" for row in [AIC_COLUMNS, *rows])
    for year in years:
        name = f"AIC_{year}.csv"
        (delivery / name).write_text(body, encoding="utf-8")
        counts.append(("AIC", "", year, "", name, len(rows)))
    return counts


def write_boundaries(out: Path, geography: Geography) -> None:
    """The nation's own boundaries in the form of conf/reference/area_crosswalk.csv: in the delivery, and beside it.

    A home takes the table from the folder that is given as its deliveries and from nowhere else: that is delivery/ as
    a rule, and `out` where the whole nation is given at once.
    """
    head = ["year", "region", "azienda", "dsm", "structure", "new_azienda", "new_dsm"]
    body = "".join(",".join(map(str, row)) + "\n" for row in [head, *geography.moves()])
    for folder in (out / "delivery", out):
        (folder / CROSSWALK).write_text(body, encoding="utf-8")
