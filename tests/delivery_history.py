"""Deliveries of given days made at random, and the slow obvious reading of what is current after all of them.

Keys are few and lines are many, so that corrections meet: late files, pieces of one period, files of one name, two
deliveries of a day, records of one year corrected in the file of the next, a register that changes what others may be.
"""

import itertools
import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flow_records import header, line, write_file
from percorsi.flows.layout import load_layouts

DAYS = (date(2016, 1, 10), date(2016, 2, 10), date(2016, 2, 10), date(2016, 9, 1))
_PIECES = ("", "a/", "b/")
_OPERATIONS = ("I", "I", "V", "V", "C", "NM")
_STRUCTURES = tuple(f"30110{number}" for number in range(1, 10))
_LAST_MONTH = {"S1": "06", "S2": "12", "": "12"}
# What makes a record of each flow fall as it is read.
_FAULTS = {
    "ANT": {"sex": "7"},
    "PST": {"type": "27"},
    "SDO": {"cuni": ""},
    "STR": {"structure": ""},
}


@dataclass(frozen=True)
class Line:
    """One line of a delivery: what it says, and whether it is sound as it is read."""

    fields: dict[str, str]
    sound: bool = True

    def text(self, flow: str) -> str:
        return line(flow, **self.fields)

    def record(self, flow: str) -> dict[str, str | None]:
        """The values by column, as they are kept: empty ones null."""
        return dict(zip(load_layouts()[flow].columns, (v or None for v in self.text(flow).split("~")), strict=True))


@dataclass(frozen=True)
class Delivery:
    """A day, and files: path below the folder -> lines."""

    day: date
    files: dict[str, list[Line]]

    def write(self, folder: Path) -> Path:
        for path, lines in self.files.items():
            flow = _flow(path)
            write_file(folder / path, [header(flow), *(each.text(flow) for each in lines)])
        return folder


def _flow(path: str) -> str:
    return path.rsplit("/", 1)[-1][:3]


def random_history(seed: int) -> list[Delivery]:
    """Four deliveries of three days; the same seed gives the same."""
    rng = random.Random(seed)
    deliveries = []
    for number, day in enumerate(DAYS):
        files = {}
        for name in _names(rng):
            for piece in rng.sample(_PIECES, rng.choice((1, 1, 2))):
                # two deliveries of a day have folders of their own: else their names would have to be guessed
                files[f"{piece}{number}/{name}"] = _lines(rng, name)
        deliveries.append(Delivery(day, files))
    return deliveries


def _names(rng: random.Random) -> list[str]:
    """Of three flows of four: each flow that a delivery brings costs commits, its files cost nothing."""
    names = {
        "ANT": ("ANT_030_2015_S1.csv", "ANT_030_2015_S2.csv"),
        "PST": ("PST_030_2015_S1.csv", "PST_030_2015_S2.csv", "PST_050_2015_S1.csv"),  # 050: no register ever comes
        "SDO": ("SDO_030_2014.csv.gz", "SDO_030_2015.csv", "SDO_030_2015_03.csv"),
        "STR": ("STR_030_2014.csv", "STR_030_2015.csv"),
    }
    return [name for flow in rng.sample(sorted(names), 3) for name in rng.sample(names[flow], 2)]


def _lines(rng: random.Random, name: str) -> list[Line]:
    flow, region, year, *rest = name.split(".")[0].split("_")
    period = rest[0] if rest else ""
    many = {"STR": 3, "ANT": 6}.get(flow, rng.choice((0, 15, 15, 30, 30, 30)))
    made = []
    for _ in range(many):
        fields = {"region": region, **_KINDS[flow](rng, year, period)}
        if flow != "STR":
            fields["operation"] = rng.choice(_OPERATIONS)
        sound = rng.random() > 0.1
        made.append(Line(fields if sound else fields | _FAULTS[flow], sound))
    return made


def _registration(rng: random.Random, year: str, period: str) -> dict[str, str]:
    person = rng.choice("AB")
    return {
        **{"year": year, "period": period, "id_rec": rng.choice("RST") * 88, "cuni": person * 88},
        **{"birth_year": rng.choice(("1970", "1971")), "education": rng.choice("1234")},
    }


def _intervention(rng: random.Random, year: str, period: str) -> dict[str, str]:
    return {
        **{"year": year, "period": period, "id_rec": rng.choice("RSTU") * 88, "structure": rng.choice(_STRUCTURES)},
        **{"progressive": rng.choice("12"), "date": f"{year}-{'03' if period == 'S1' else '09'}-0{rng.choice('12')}"},
        "place": rng.choice("123"),
    }


def _discharge(rng: random.Random, year: str, period: str) -> dict[str, str]:
    """Of the year of the file or of the one before."""
    own = rng.choice((year, str(int(year) - 1)))
    days = {"admission_date": f"{own}-04-0{rng.choice('12')}", "discharge_date": f"{own}-04-1{rng.choice('12')}"}
    return {"year": own, "record": rng.choice("12345678"), "cuni": rng.choice("ABC") * 88, **days}


def _structure(rng: random.Random, year: str, period: str) -> dict[str, str]:
    return {"year": year, "structure": rng.choice(_STRUCTURES), "seats": rng.choice(("", "8", "12"))}


_KINDS = {"ANT": _registration, "PST": _intervention, "SDO": _discharge, "STR": _structure}


def current_records(deliveries: list[Delivery]) -> dict[str, list[dict]]:
    """Flow -> the current records in no order, with `delivered`, `file` and `line`: a dictionary over sorted lines."""
    told = sorted(itertools.chain.from_iterable(map(_placed, deliveries)), key=lambda each: each[0])
    register = _last_of_each_key("STR", told, [])
    return {flow: register if flow == "STR" else _last_of_each_key(flow, told, register) for flow in _KINDS}


def _placed(delivery: Delivery) -> list[tuple]:
    placed = []
    for path, lines in delivery.files.items():
        name = path.rsplit("/", 1)[-1]
        _, _, year, *rest = name.split(".")[0].split("_")
        month = _LAST_MONTH.get(*rest, *rest) if rest else "12"
        for number, each in enumerate(lines, 2):
            placed.append(((delivery.day, year, month, name, number, path), each))
    return placed


def _last_of_each_key(flow: str, told: list[tuple], register: list[dict]) -> list[dict]:
    last: dict[tuple, dict] = {}
    key = load_layouts()[flow].key
    for (day, *_, number, path), each in told:
        if _flow(path) != flow or not each.sound:
            continue
        record = each.record(flow)
        if flow == "STR":
            record["operation"] = "I"
        if record["operation"] == "NM" or flow == "PST" and _unknown(record, register):
            continue
        last.pop(tuple(record[k] for k in key), None)
        if record["operation"] != "C":
            last[tuple(record[k] for k in key)] = {**record, "delivered": day, "file": path, "line": number}
    return list(last.values())


def _unknown(record: dict, register: list[dict]) -> bool:
    """Whether the register of the record's region and year has rows and none with the record's structure."""
    of = [row for row in register if (row["region"], row["year"]) == (record["region"], record["year"])]
    return bool(of) and record["structure"] not in {row["structure"] for row in of}
