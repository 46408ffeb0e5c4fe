"""Persons as records of ANT and ANR: who they are, once a department and semester in which a card is open."""

import numpy as np
import pyarrow as pa

from percorsi.synthetic.chunk import Chunk
from percorsi.synthetic.hospital import inside
from percorsi.synthetic.parameters import day, year_of
from percorsi.synthetic.random import cumulative
from percorsi.synthetic.records import OPERATIONS
from percorsi.synthetic.spoil import KINDS
from percorsi.synthetic.table import Table, glue, text, words


def anagrafica(chunk: Chunk, flow: str, needed: np.ndarray) -> Table:
    """ANT or ANR of the pairs registration * 1000 + semester."""
    registration, semester = np.divmod(np.unique(needed), 1000)
    dsms = len(chunk.geography.dsm)
    who, dsm = np.divmod(chunk.registrations[registration], dsms)
    p, draws, figures = chunk.persons, chunk.draws, chunk.parameters.conf["persons"]
    number = p.number[who]
    names, spots = _attributes(chunk)
    homeless = spots["residence"] == 1
    middle = (chunk.semesters.starts[semester] + chunk.semesters.starts[semester + 1]) // 2
    housed = inside(chunk.stays.who, chunk.stays.start, chunk.stays.end, who, middle)
    living = np.where(
        housed, names["living"].index("5"), np.where(homeless[who], names["living"].index("7"), spots["living"][who])
    )
    unknown = draws.happens("sex unknown", p.number, figures["sex_unknown"])
    sex = np.where(unknown, 2, p.sex)
    person = glue(chunk.cuni, words(["0"]).take(pa.array(np.zeros(len(p), np.int64))))
    anonymous = draws.happens(
        "unidentified", p.number, chunk.parameters.conf["errors"]["unidentified"] * chunk.error_rate
    )
    nobody = glue(chunk.anonymous, words(["1"]))
    person = pa.concat_arrays([person, nobody]).take(pa.array(np.where(anonymous, len(p), np.arange(len(p)))))
    types = [*figures["identity_type"], "99"]
    weights = cumulative(list(figures["identity_type"].values()))
    kind = draws.pick("identity type", p.number, weights)
    if flow == "ANR":  # rule 3082 has a shorter list there: who has another type is told of with one of that list
        other = np.isin(types, figures["territorial_types"])
        weights = np.where(other[:-1], 0, list(figures["identity_type"].values()))
        again = draws.pick("identity type ANR", p.number, cumulative(weights))
        kind = np.where(other[kind], again, kind)
    kind = np.where(anonymous, len(types) - 1, kind)
    person = glue(person, words(types).take(pa.array(kind)), text(p.birth_year))
    fixed = glue(chunk.id_rec, person.take(pa.array(chunk.registrations // dsms)))
    home = pa.concat_arrays([_residence(chunk, spots, epoch) for epoch in (0, 1)])
    moved = chunk.geography.epoch(chunk.semesters.starts[semester]) * len(p)
    codes = {
        "key": semester * dsms + dsm, "person": registration, "sex": sex[who], "home": who + moved,
        "marital": spots["marital"][who], "living": living, "education": spots["education"][who],
        "occupation": spots["occupation"][who], "operation": np.zeros(len(who), np.int64),
    }  # fmt: skip
    lists = {
        "key": chunk.keys["region"], "person": fixed, "sex": ["1", "2", "9", "3"], "home": home,
        "marital": [*names["marital"], "8"], "living": [*names["living"], "0"], "education": names["education"],
        "occupation": [*names["occupation"], "20"], "operation": OPERATIONS,
    }  # fmt: skip
    segments = [
        ("key",),
        ("person",),
        ("sex",),
        ("home",),
        ("marital", "living", "education", "occupation", "operation"),
    ]
    uid = draws.bits(flow, number, dsm * 1000 + semester + 2 * chunk.semesters.years.start)
    kind = np.where(anonymous[who], KINDS.index("unidentified"), 0)
    kind = np.where((p.region != chunk.region)[who], KINDS.index("two_regions"), kind).astype(np.int8)
    return Table(flow, semester, uid, who, codes, lists, segments, kind)


def _attributes(chunk: Chunk) -> tuple[dict[str, list[str]], dict[str, np.ndarray]]:
    """Names and positions, by person, of what does not change from semester to semester."""
    figures, p, draws = chunk.parameters.conf["persons"], chunk.persons, chunk.draws
    age = year_of(np.maximum(p.entry, day(chunk.parameters.horizon[0]))) - p.birth_year
    stage = np.where(age < 35, 0, np.where(age < 65, 1, 2))
    names = {"marital": ["1", "2", "3", "4", "5", "6", "9"]}
    spots = {}
    marital = [list(figures["marital"][s].values()) for s in ("young", "middle", "old")]
    found = draws.pick("marital", p.number, cumulative(marital), stage)
    spots["marital"] = np.where(found == 0, p.sex, found + 1)
    for name in ("living", "occupation"):
        tables = [figures[name][s] for s in ("young", "middle", "old")]
        names[name] = sorted({k for t in tables for k in t} | ({"5", "7"} if name == "living" else set()))
        weights = cumulative([[t.get(k, 0) for k in names[name]] for t in tables])
        spots[name] = draws.pick(name, p.number, weights, stage)
    for name in ("education", "residence", "citizenship"):
        names[name] = list(figures[name])
        spots[name] = draws.pick(name, p.number, cumulative(list(figures[name].values())))
    return names, spots


def residence(chunk: Chunk, epoch: int) -> tuple[np.ndarray, pa.Array, pa.Array]:
    """(kind, region, azienda) of residence by person, as in every flow; before (0) or after (1) the merger."""
    _, spots = _attributes(chunk)
    p, codes = chunk.persons, chunk.parameters.region_codes
    kind = spots["residence"]  # same, homeless, abroad, unknown, elsewhere
    other = (p.region + 1 + (p.number % np.uint64(7)).astype(np.int64)) % len(codes)
    region_list = words([*codes, "098", "998", "999"])
    special = len(codes) + kind - 1
    region = np.select([kind == 0, kind == 4], [p.region, other], default=special)
    azienda_list = words([*chunk.geography.aziende, "098", "998", "999", "301"])
    count = len(chunk.geography.aziende)
    own = p.dsm + epoch * len(chunk.geography.dsm)
    azienda = np.select([kind == 0, kind == 4], [own, count + 3], default=count + kind - 1)
    return kind, region_list.take(pa.array(region)), azienda_list.take(pa.array(azienda))


def _residence(chunk: Chunk, spots: dict[str, np.ndarray], epoch: int) -> pa.Array:
    """Citizenship, region, azienda and foreign state of residence, by person."""
    figures, p = chunk.parameters.conf["persons"], chunk.persons
    kind, region, azienda = residence(chunk, epoch)
    states = figures["foreign_state"]
    abroad = chunk.draws.integer("state", p.number, 1, len(states))
    state = words(["", *states]).take(pa.array(np.where(kind == 2, abroad, 0)))
    citizen = words(list(figures["citizenship"])).take(pa.array(spots["citizenship"]))
    return glue(citizen, region, azienda, state)
