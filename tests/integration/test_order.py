"""Whatever the order in which deliveries of given days are loaded, and however often: the same current records, the
same facts. Each run tries other deliveries; PERCORSI_TEST_SEED repeats one that failed."""

import os
import random
from pathlib import Path

from delivery_history import Delivery, current_records, random_history
from percorsi.conformed import conform
from percorsi.flows import ingest
from percorsi.flows.current import read_fates
from percorsi.flows.layout import load_layouts
from percorsi.home import Home
from percorsi.storage import Store

SEED = int(os.environ.get("PERCORSI_TEST_SEED") or random.randrange(1_000_000))
ORDERS = 2


def _as_text(rows) -> list[tuple]:
    """Rows as text in an order of their own: days and numbers of one column compare, and nulls too."""
    return sorted(tuple(map(str, row)) for row in rows)


def _current(store: Store, flow: str) -> list[tuple]:
    """As text; none where no delivery brought the flow, which then has no table."""
    if not store.exists(f"current/{flow}"):
        return []
    return _as_text(store.read(f"current/{flow}").select(*_columns(flow)).collect())


def _columns(flow: str) -> list[str]:
    return [*load_layouts()[flow].columns, "delivered", "file", "line"]


def _facts(store: Store, names: list[str]) -> dict[str, list[tuple]]:
    return {name: _as_text(store.read(name).collect()) for name in names}


def _load(store: Store, history: list[Delivery], folders: list[Path], rng: random.Random) -> list[int]:
    """All deliveries in a random order; after each, perhaps one that was loaded before, with its day or without."""
    order = rng.sample(range(len(history)), len(history))
    for place, number in enumerate(order):
        assert ingest(store, folders[number], delivered=history[number].day).new
        if rng.random() < 0.5:
            again = rng.choice(order[: place + 1])
            assert not ingest(store, folders[again], delivered=rng.choice((None, history[again].day))).new
    return order


def test_the_order_of_loading_and_repeats_do_not_matter(spark, settings, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PERCORSI_PERSON_KEY", "ab" * 32)
    rng = random.Random(SEED)
    history = random_history(SEED)
    folders = [delivery.write(tmp_path / f"delivery-{n}") for n, delivery in enumerate(history)]
    expected = {flow: _as_text(_in_columns(flow, rows)) for flow, rows in current_records(history).items()}
    facts, orders = [], []
    for number in range(ORDERS):
        store = Store(Home(tmp_path / f"home-{number}"), spark)
        orders.append(_load(store, history, folders, rng))
        where = f"PERCORSI_TEST_SEED={SEED}, loaded in the order {orders[-1]}"
        for flow, rows in expected.items():
            assert _current(store, flow) == rows, f"current/{flow} is not that of the slow reading: {where}"
        assert sum(fate.current for fate in read_fates(store.home)) == sum(map(len, expected.values())), where
        facts.append(_facts(store, sorted(conform(store, settings))))
    for name, rows in facts[0].items():
        assert all(other[name] == rows for other in facts), f"{name} differs: PERCORSI_TEST_SEED={SEED}, {orders}"
    assert facts[0]["conformed/hospital_record"] or facts[0]["conformed/intervention"]


def _in_columns(flow: str, rows: list[dict]) -> list[tuple]:
    return [tuple(row[column] for column in _columns(flow)) for row in rows]


def test_the_deliveries_hold_what_the_property_is_about() -> None:
    """Corrections across deliveries, keys that end cancelled, and records that a register takes out, in most seeds."""
    corrected, gone, taken_out = 0, 0, 0
    for seed in range(20):
        history = random_history(seed)
        current = current_records(history)
        lines = sum(len(lines) for delivery in history for lines in delivery.files.values())
        gone += lines > 2 * sum(map(len, current.values()))
        corrected += len({row["delivered"] for row in current["SDO"]}) > 1
        taken_out += len(current["PST"]) < len(current_records([*map(_without_register, history)])["PST"])
    assert min(corrected, gone, taken_out) >= 8


def _without_register(delivery: Delivery) -> Delivery:
    return Delivery(delivery.day, {path: lines for path, lines in delivery.files.items() if "STR" not in path})
