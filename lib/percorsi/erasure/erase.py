"""A person's records taken out of a home: what was delivered, what is current, the facts, and their old versions.

The order matters. Activity goes before the anagrafica that says whose it is, what is delivered before what is made from
it, and the fact that somebody was erased is written last. Killed anywhere and given again, the command ends as if it
had never been killed; until then no stage reads the home (`refuse_unfinished`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from percorsi.conformed.identity import fingerprint
from percorsi.erasure import traces
from percorsi.erasure.lines import blank, follow, marked
from percorsi.erasure.matching import Matching, registers
from percorsi.erasure.persons import Persons, read_persons
from percorsi.erasure.record import keep, records
from percorsi.erasure.runs import note_gone, noted, resting_on
from percorsi.erasure.unfinished import Erasure, begin, end, resumed
from percorsi.errors import ConfigurationError, ResultUnavailable
from percorsi.flows.layout import Layout, load_layouts
from percorsi.flows.ledger import read_ledger
from percorsi.home import Home
from percorsi.settings import Settings
from percorsi.storage import Store

Tick = Callable[[str], None]


@dataclass(frozen=True)
class ErasureReport:
    """What an erasure removed. `name` is None where nothing of the persons was found.

    `lines`: flow -> lines blanked; `files`: the delivered files that held them, outside the home and untouched;
    `emptied`: the tables of facts and features, made anew by the next run; `runs`: those that can no longer be
    reproduced; `before`: the days on which one of the persons was erased earlier.
    """

    name: str | None
    day: date
    persons: int
    lines: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    before: list[date] = field(default_factory=list)

    def __str__(self) -> str:
        earlier = [f"erased before, on {', '.join(map(str, self.before))}"] if self.before else []
        if self.name is None:
            return "\n".join([f"no record of the {self.persons} persons named", *earlier])
        told = [
            f"erasure {self.name} of {self.day}: {sum(self.lines.values())} lines of {self.persons} persons",
            *(f"  {flow}: {number}" for flow, number in self.lines.items()),
            *earlier,
            f"emptied, made anew by the next run: {', '.join(self.emptied) or 'none'}",
            f"runs that can no longer be reproduced: {', '.join(self.runs) or 'none'}",
            "the delivered files lie outside the home and still hold the lines:",
            *(f"  {file}" for file in self.files),
        ]
        return "\n".join(told)


def erase(
    home: Home, settings: Settings, cuni_file: Path, reason: str | None = None, tick: Tick | None = None
) -> ErasureReport:
    """Erase the persons whose CUNIs stand in a file, one a line (`-`: standard input).

    `reason` is kept: it must not say who it is. Raises UsageError where the file names nobody, or an erasure of others
    has not ended; ResultUnavailable where nothing was delivered or the store of the runs cannot be reached;
    ConfigurationError for another key than that of the tables, or a flow without its layout; HomeLocked.
    """
    from percorsi.session import spark_session

    tick = tick or (lambda step: None)
    if not (home.tables / "delivery_file").exists():
        raise ResultUnavailable(f"nothing was delivered to {home.path}", next_step="name the home (--home)")
    layouts = load_layouts()
    flows = _flows(home, layouts)
    with home.lock("erase"):
        key = home.person_key()
        persons = read_persons(cuni_file, key)
        store = Store(home, spark_session(settings))
        tables = traces.tables_of_persons(home)
        for name in tables:
            store.refuse_other_key(name, fingerprint(key))
        resting_on(settings, home, tables)  # a store out of reach is told before anything is gone
        erasure = _blank_all(store, layouts, flows, persons, tick)
        before = sorted({r.day for r in records(home) if {*r.persons} & {*persons.numbers}})
        if erasure is None:
            return ErasureReport(None, date.today(), len(persons.cunis), before=before)
        lines = marked(store, flows, erasure.mark)
        follow(store, layouts, flows, tick)
        runs = _empty_facts(home, settings, tables, erasure.mark, tick)
        tick("old versions")
        for stage in ("raw", "current"):
            for flow in traces.of_stage(home, stage):
                traces.forget(home, f"{stage}/{flow}")
        counts = {flow: sum(files.values()) for flow, files in lines.items()}
        keep(store, erasure, fingerprint(key), reason, counts, runs)
        end(home)
    return ErasureReport(
        *(erasure.name, date.fromisoformat(erasure.day), len(persons.cunis), counts, _files(home, lines)),
        *(tables, runs, [day for day in before if str(day) != erasure.day]),
    )


def _flows(home: Home, layouts: dict[str, Layout]) -> list[str]:
    """The flows delivered, any of which may hold a CUNI somewhere: those without one first, the anagrafica last."""
    delivered = traces.of_stage(home, "raw")
    unknown = [flow for flow in delivered if flow not in layouts]
    if unknown:
        raise ConfigurationError(
            f"conf/flows has no layout of {', '.join(unknown)}, of which lines are loaded",
            next_step="put back conf/flows as it was",
        )
    last = registers(layouts)
    return sorted(delivered, key=lambda flow: (flow in last, "cuni" in layouts[flow].fields, flow))


def _blank_all(
    store: Store, layouts: dict[str, Layout], flows: list[str], persons: Persons, tick: Tick
) -> Erasure | None:
    """Blank the persons' lines, flow by flow; None where there are none and none were blanked before a crash."""
    erasure = resumed(store.home, persons.numbers)
    traces.clear_half_made(store.home)
    matching = Matching(store, layouts, persons.cunis, erasure and erasure.records)
    try:
        for flow in flows:
            tick(f"lines of {flow}")
            found = matching.lines(flow).persist()
            try:
                if erasure is None and not found.isEmpty():
                    erasure = begin(store.home, persons.numbers, matching.records())
                if erasure is not None:
                    blank(store, layouts[flow], found, erasure.mark)
            finally:
                found.unpersist()
    finally:
        matching.release()
    return erasure


def _empty_facts(home: Home, settings: Settings, tables: list[str], act: str, tick: Tick) -> list[str]:
    """Empty the tables of persons; gives the runs that rested on them, this time or before a crash."""
    note_gone(settings, home, resting_on(settings, home, tables), act)
    for name in tables:
        tick(f"emptying {name}")
        traces.empty(home, name)
    return noted(settings, home, act)


def _files(home: Home, lines: dict[str, dict[tuple[str, str], int]]) -> list[str]:
    """The delivered files that held lines of the persons, each with the day of its delivery."""
    days = {(e.delivery, e.file): e.delivered for e in read_ledger(home)}
    held = sorted({place for files in lines.values() for place in files}, key=lambda p: (str(days.get(p)), p))
    return [f"{file} (delivered {days[delivery, file]})" for delivery, file in held if (delivery, file) in days]
