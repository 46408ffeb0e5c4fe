"""Rules of the drug flows that ask a register, in a delivery with files of a region and of the nation."""

from datetime import date
from pathlib import Path

from flow_records import header, line, write_file
from percorsi.flows import ingest, rejections

ELSEWHERE = {"residence_azienda": "050777"}  # a region whose register was not delivered


def _dispensed(folder: Path) -> None:
    """DIR, lines 2 to 8: known; unknown pack; no pack of a register (a gas); residence in an unknown azienda, in a
    region without a register; dispensed by the region's own azienda, and by an unknown one."""
    gas = {"drug_type": "4", "drug": "V03AN01", "quantity": "3.50", "conversion_factor": "1"}
    changes = [
        {},
        {"drug": "999999999"},
        gas,
        {"residence_azienda": "030777"},
        ELSEWHERE,
        {"dispenser_type": "06", "structure": "030301"},
        {"dispenser_type": "06", "structure": "030777"},
    ]
    lines = [line("DIR", contact_id=str(1000 + at), **c) for at, c in enumerate(changes)]
    write_file(folder / "DIR_030_2015_03.csv", [header("DIR"), *lines])
    total = line("FAR", item="99", aic="", cuni="")
    write_file(
        folder / "FAR_030_2015_03.csv", [header("FAR"), line("FAR"), line("FAR", item="2", aic="999999999"), total]
    )


def test_packs_and_aziende_are_asked_of_the_registers(store, tmp_path: Path) -> None:
    _dispensed(tmp_path)
    for name in ("STR_030_2015.csv", "AIC_2015.csv"):
        write_file(tmp_path / name, [header(name[:3]), line(name[:3])])
    report = ingest(store, tmp_path, delivered=date(2015, 4, 20))

    assert not report.refused
    counted = {flow: (r.records, r.current, r.rejected, r.not_moved) for flow, r in report.flows.items()}
    assert counted == {
        "DIR": (7, 5, 2, 0),
        "FAR": (3, 2, 0, 1),
        **{flow: (1, 1, 0, 0) for flow in ("STR", "AIC")},
    }
    found = rejections(store, report.delivery).select("file", "line", "field", "code", "severity").collect()
    assert sorted(tuple(row) for row in found) == [
        ("DIR_030_2015_03.csv", 3, "drug", "D03", "report"),
        ("DIR_030_2015_03.csv", 5, "residence_azienda", "D30", "reject"),
        ("DIR_030_2015_03.csv", 8, "structure", "D90", "reject"),
        ("FAR_030_2015_03.csv", 3, "aic", "P024", "report"),
    ]
