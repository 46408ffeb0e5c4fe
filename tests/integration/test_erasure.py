"""A person is erased: what is left is what there would be without them, nothing remembers them, and killed anywhere it
completes. A new key: the same persons under other numbers, and never two keys at once."""

import stat
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from flow_records import header, line, write_file
from percorsi import cli, runs
from percorsi.conformed import conform
from percorsi.conformed.identity import KEY_FINGERPRINT, fingerprint
from percorsi.erasure import come_back, erase, refuse_unfinished, rekey, traces
from percorsi.erasure.matching import REGISTER_OF, registers
from percorsi.erasure.persons import person_number, read_persons
from percorsi.erasure.record import records
from percorsi.erasure.unfinished import begin, begun
from percorsi.errors import ConfigurationError, HomeLocked, ResultUnavailable, UsageError
from percorsi.flows import deliveries, ingest
from percorsi.flows.layout import load_layouts
from percorsi.home import Home
from percorsi.storage import Store

ANNA, BRUNO, CARLA = "A" * 88, "B" * 88, "C" * 88
OF_ANNA, OF_BRUNO, SHARED = "R" * 88, "S" * 88, "T" * 88
KEY = "ab" * 32
FIRST, SECOND = date(2016, 3, 1), date(2016, 9, 1)


def _ant(cuni: str, id_rec: str, period: str = "S1", **changes: str) -> str:
    return line("ANT", cuni=cuni, id_rec=id_rec, period=period, **changes)


def _pst(id_rec: str, progressive: int, **changes: str) -> str:
    return line("PST", id_rec=id_rec, progressive=str(progressive), **changes)


def _sdo(cuni: str, record: int, **changes: str) -> str:
    return line("SDO", cuni=cuni, record=str(record), **changes)


# What was delivered, and the numbers of Anna's lines in each file: the first after the header is 2.
DELIVERIES = [
    (
        FIRST,
        {
            # line 4: the record that Anna has with Bruno; in the first semester it is hers, then his
            "ANT_030_2015_S1.csv": ([_ant(ANNA, OF_ANNA), _ant(BRUNO, OF_BRUNO), _ant(ANNA, SHARED)], {2, 4}),
            "ANT_030_2015_S2.csv": ([_ant(BRUNO, SHARED, "S2")], set()),
            "PST_030_2015_S1.csv": (
                [
                    _pst(OF_ANNA, 1),
                    _pst(OF_BRUNO, 1),
                    _pst(OF_ANNA, 2, type="27"),  # rejected: it holds her Id_Rec all the same
                    f"{OF_ANNA}~cut",  # broken
                    _pst(OF_ANNA, 3, operation="NM"),
                    _pst(SHARED, 1),
                ],
                {2, 4, 5, 6, 7},
            ),
            "PST_030_2015_S2.csv": (
                [_pst(OF_ANNA, 1, period="S2", date="2015-09-01"), _pst(SHARED, 1, period="S2", date="2015-09-01")],
                {2},
            ),
            "STR_030_2015.csv": ([line("STR")], set()),
            "SDO_030_2015.csv": (
                # 2: Anna's; 3: wrongly Bruno's, and Anna's when it is corrected; 4: wrongly Anna's, and Carla's then
                [_sdo(ANNA, 2), _sdo(BRUNO, 3), _sdo(ANNA, 4), _sdo(BRUNO, 5), _sdo(ANNA, 6, region="999")],
                {2, 3, 4, 6},
            ),
        },
    ),
    (
        SECOND,
        {
            "SDO_030_2015.csv": (
                [_sdo(ANNA, 3, operation="V"), _sdo(CARLA, 4, operation="V"), _sdo(ANNA, 2, operation="C")],
                {2, 4},
            ),
        },
    ),
]


def _deliver(folder: Path, store: Store, *, without_anna: bool = False) -> None:
    for number, (day, files) in enumerate(DELIVERIES):
        for name, (lines, hers) in files.items():
            kept = [text for at, text in enumerate(lines, 2) if not (without_anna and at in hers)]
            write_file(folder / str(number) / name, [header(name[:3]), *kept])
        ingest(store, folder / str(number), delivered=day)


def _rows(store: Store, name: str, columns: list[str] | None = None) -> list[tuple]:
    frame = store.read(name)
    return sorted(tuple(map(str, row)) for row in (frame.select(*columns) if columns else frame).collect())


def _current(store: Store) -> dict[str, list[tuple]]:
    flows = traces.of_stage(store.home, "current")
    return {flow: _rows(store, f"current/{flow}", load_layouts()[flow].columns) for flow in flows}


def _facts(store: Store) -> dict[str, list[tuple]]:
    return {name: _rows(store, f"conformed/{name}") for name in traces.of_stage(store.home, "conformed")}


def _remembered(home: Home) -> str:
    """Every byte of the home's tables as text, Parquet decompressed; the table of erasures apart."""
    told = []
    for path in home.path.rglob("*"):
        if not path.is_file() or "erasure" in path.relative_to(home.path).parts or path.name == "person.key":
            continue
        told.append(str(pq.read_table(path, partitioning=None).to_pylist()) if path.suffix == ".parquet" else "")
        told.append(path.read_bytes().decode("latin-1"))
    return "\n".join(told)


def _run(settings, store: Store, name: str) -> str:
    """A run that has values and rests on the person table."""
    opened = runs.open_run(settings, store.home, year=2015, kind="run", parameters={}, digests={}, commit="0" * 40)
    with opened as run:
        run.log_inputs({"conformed/person": store.state("conformed/person")})
        run.log_values([{"code": name, "component": "", "value": 1.0, "numerator": 1, "denominator": 1}])
    return run.run_id


class Killed(Exception):
    """Stands for the death of the process."""


def _die_after(patch: pytest.MonkeyPatch, owner, function: str, when=lambda *a: True) -> None:
    whole = getattr(owner, function)

    def dying(*args, **named):
        done = whole(*args, **named)
        if when(*args):
            raise Killed
        return done

    patch.setattr(owner, function, dying)


def _written(name: str):
    return Store, "write", lambda store, df, written: written == name


# Where the command is killed, one after the other on the same home; between two flows of raw in a test of its own.
DEATHS = [
    _written("delivery_file"),
    _written("current/SDO"),
    (traces, "empty", lambda home, name: name == "conformed/person"),
]


@pytest.fixture
def wish(tmp_path: Path) -> Path:
    path = tmp_path / "wish.txt"
    path.write_text(f"\ufeff{ANNA}\r\n\r\n")
    return path


def test_what_is_left_is_what_there_would_be_without_the_person(store, settings, tmp_path, wish, monkeypatch) -> None:
    monkeypatch.setenv("PERCORSI_PERSON_KEY", KEY)
    number = person_number(ANNA, bytes.fromhex(KEY))
    never = Store(Home(tmp_path / "never"), store.spark)
    _deliver(tmp_path / "others", never, without_anna=True)
    conform(never, settings)

    _deliver(tmp_path / "all", store)
    conform(store, settings)
    run_id = _run(settings, store, "S20")
    before = deliveries(store.home).set_index(["delivered", "file"])
    assert number in {row["person_id"] for row in store.read("conformed/person").collect()}
    assert ANNA in _remembered(store.home) and str(number) in _remembered(store.home)

    for owner, function, when in DEATHS:
        with monkeypatch.context() as patch, pytest.raises(Killed):
            _die_after(patch, owner, function, when)
            erase(store.home, settings, wish)
        with pytest.raises(HomeLocked, match="has not ended") as refused:
            refuse_unfinished(store.home)
        assert refused.value.exit_code == 6
    monkeypatch.delenv("PERCORSI_PERSON_KEY")  # a key of the home's own would be made, and the persons known no more
    with pytest.raises(HomeLocked, match="has not ended"):
        rekey(store.home, settings)
    assert not (store.home.path / "person.key").exists()
    monkeypatch.setenv("PERCORSI_PERSON_KEY", KEY)
    other = tmp_path / "other.txt"
    other.write_text(BRUNO)
    with pytest.raises(UsageError, match="of other persons, has not ended"):
        erase(store.home, settings, other)
    report = erase(store.home, settings, wish, reason="asked for")
    refuse_unfinished(store.home)

    hers = {name[:3]: 0 for _, files in DELIVERIES for name in files}
    for _, files in DELIVERIES:
        for name, (_, lines) in files.items():
            hers[name[:3]] += len(lines)
    assert report.lines == {flow: n for flow, n in hers.items() if n} == {"ANT": 2, "PST": 6, "SDO": 6}
    assert report.runs == [run_id] and report.persons == 1
    assert set(report.emptied) >= {"conformed/person", "conformed/intervention", "conformed/hospital_stay"}
    assert "conformed/service" not in report.emptied
    assert report.files[-1] == f"SDO_030_2015.csv (delivered {SECOND})" and len(report.files) == 5
    (kept,) = records(store.home)
    assert (kept.erasure, kept.reason, kept.lines, kept.runs) == (report.name, "asked for", report.lines, [run_id])
    assert kept.persons == [number]

    # Nothing remembers her, and what is left is what there would be without her.
    for secret in (ANNA, OF_ANNA, str(number)):
        assert secret not in _remembered(store.home)
        assert secret not in str(report)
    assert _current(store) == _current(never)
    assert store.read("conformed/person").isEmpty()
    conform(store, settings)
    assert _facts(store) == _facts(never)

    # Lines keep their numbers, and every one is accounted for.
    after = deliveries(store.home).set_index(["delivered", "file"])
    assert list(after["records"]) == list(before["records"]) and list(after["rejected"]) == list(before["rejected"])
    assert list(after["accepted"] + after["rejected"] + after["not_moved"]) == list(after["records"])
    lines = store.read("raw/PST").where("file like '%S1.csv'").select("line", "operation", "accepted").collect()
    assert sorted((r["line"], r["operation"], r["accepted"]) for r in lines) == [
        (2, "erased", False),
        (3, "I", True),
        *((n, "erased", False) for n in (4, 5, 6, 7)),
    ]

    # Again: nothing to do. A later delivery goes in, and the slice is built again from what is left.
    again = erase(store.home, settings, wish)
    assert (again.name, again.lines, again.before) == (None, {}, [report.day])
    write_file(
        tmp_path / "late" / "PST_030_2015_S1.csv", [header("PST"), _pst(OF_BRUNO, 9), _pst(OF_BRUNO, 1, operation="V")]
    )
    assert ingest(store, tmp_path / "late", delivered=date(2016, 12, 1)).flows["PST"].current == 2

    # The same lines from the same folder do not come again; from a new delivery they do, and that is told.
    assert not ingest(store, tmp_path / "all" / "0").new
    assert come_back(store.home) == {}
    write_file(tmp_path / "again" / "ANT_030_2015_S1.csv", [header("ANT"), _ant(ANNA, OF_ANNA)])
    ingest(store, tmp_path / "again", delivered=date(2017, 1, 1))
    conform(store, settings)
    assert come_back(store.home) == {report.day: 1}


def test_a_new_key_gives_new_numbers_and_never_two_at_once(store, settings, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("PERCORSI_PERSON_KEY", raising=False)
    registered = [_ant(ANNA, OF_ANNA), _ant(BRUNO, OF_BRUNO), _ant(CARLA, SHARED)]
    write_file(tmp_path / "d" / "ANT_030_2015_S1.csv", [header("ANT"), *registered])
    ingest(store, tmp_path / "d", delivered=FIRST)
    conform(store, settings)
    old, before = store.home.person_key(), _rows(store, "conformed/person")
    run_id = _run(settings, store, "S20")
    version = store.version("conformed/person")

    with monkeypatch.context() as patch, pytest.raises(Killed):
        _die_after(patch, traces, "empty", lambda home, name: name == "conformed/intervention")
        rekey(store.home, settings)
    assert store.home.person_key() == old  # of the old key, with less in it

    report = rekey(store.home, settings)
    assert not list(store.home.path.glob("rekey.*"))
    new = store.home.person_key()
    assert new != old and stat.S_IMODE((store.home.path / "person.key").stat().st_mode) == 0o600
    assert report.runs == [run_id] and "conformed/registration" in report.emptied
    assert old.hex() not in str(report) and new.hex() not in str(report)
    for row in before:
        assert row[0] not in _remembered(store.home)
    conform(store, settings)
    after = _rows(store, "conformed/person")
    assert len(after) == 3 and {row[0] for row in after}.isdisjoint({row[0] for row in before})
    assert sorted(row[1:] for row in after) == sorted(row[1:] for row in before)
    assert store.property("conformed/person", KEY_FINGERPRINT) == fingerprint(new)
    assert store.version("conformed/person") > version  # a version of before is never taken for one of now

    # From the environment: the key named there is the new one; the one of the tables is refused.
    monkeypatch.setenv("PERCORSI_PERSON_KEY", new.hex())
    with pytest.raises(UsageError, match="names the key that the tables were made with"):
        rekey(store.home, settings)
    monkeypatch.setenv("PERCORSI_PERSON_KEY", KEY)
    with pytest.raises(ConfigurationError, match="another key"):
        conform(store, settings)
    with monkeypatch.context() as patch, pytest.raises(Killed):  # all is done, and nothing told
        _die_after(patch, sys.modules["percorsi.erasure.rekey"], "noted")
        rekey(store.home, settings)
    report = rekey(store.home, settings)
    assert "the environment" in report.origin
    assert report.runs == []  # the run of before was lost to the change before, though on the same day
    assert store.property("conformed/person", KEY_FINGERPRINT) == fingerprint(bytes.fromhex(KEY))


# Where else a person stands, and whose a shared CUNI is. Of each file the lines, and which of them are Anna's.
ELSEWHERE = {
    "ANR_030_2015_S1.csv": ([line("ANR", cuni=ANNA, id_rec=OF_ANNA)], {2}),
    "ANT_030_2015_S1.csv": (
        [
            _ant(ANNA, OF_ANNA, cuni_type="99"),  # hers by the Id_Rec that ANR gives her
            _ant(ANNA, OF_BRUNO, cuni_type="99"),  # a CUNI that is everybody's
            _ant("", OF_ANNA, sex="x"),  # rejected
            f"{OF_ANNA}~cut",  # broken
        ],
        {2, 4, 5},
    ),
    "PST_030_2015_S1.csv": ([_pst(OF_ANNA, 1), _pst(OF_BRUNO, 1)], {2}),
    "SUP_030_2015.csv": (
        [
            line("SUP", event_id="1", cuni=BRUNO),
            # the line goes, and Bruno has his event as it was before
            line("SUP", event_id="1", cuni=BRUNO, attributes=f"with={ANNA};signed=no", operation="V"),
            line("SUP", event_id="2", cuni="", attributes="signed=yes"),
            # of nobody: what it was before goes as well
            line("SUP", event_id="2", cuni="", attributes=f"with={ANNA}", operation="V"),
        ],
        {3, 4, 5},
    ),
    "FAR_030_2015.csv": (
        [line("FAR", prescription=ANNA, cuni=""), line("FAR", cuni=ANNA), line("FAR", item="2", cuni=BRUNO)],
        {2, 3},
    ),
    "STR_030_2015.csv": (
        [
            line("STR"),
            line("STR", structure="301102", name=f"of {ANNA}"),
            line("STR", structure="301103", region=ANNA),  # rejected
            f"{ANNA}~cut",
        ],
        {3, 4, 5},
    ),
}


def test_a_person_is_found_in_every_field_of_every_flow_and_after_a_crash(
    store, settings, tmp_path, wish, monkeypatch
) -> None:
    for name, (lines, _) in ELSEWHERE.items():
        write_file(tmp_path / "d" / name, [header(name.split("_")[0]), *lines])
    ingest(store, tmp_path / "d", delivered=FIRST)
    assert ANNA in _remembered(store.home)

    # Killed once the anagrafica that names her is gone: what ANT and the activity of its Id_Rec are, is still known.
    with monkeypatch.context() as patch, pytest.raises(Killed):
        _die_after(patch, Store, "write", lambda store, df, written: written == "raw/ANR")
        erase(store.home, settings, wish)
    assert store.read("raw/ANR").where("cuni is not null").isEmpty()
    assert stat.S_IMODE((store.home.path / "erasure.json").stat().st_mode) == 0o600
    report = erase(store.home, settings, wish)

    left = {}
    for name in ELSEWHERE:
        rows = store.read(f"raw/{name.split('_')[0]}").where("operation <=> 'erased'").select("line").collect()
        left[name] = {row["line"] for row in rows}
    assert left == {name: hers for name, (_, hers) in ELSEWHERE.items()}
    assert sum(report.lines.values()) == sum(len(hers) for _, hers in ELSEWHERE.values())
    assert OF_ANNA not in _remembered(store.home)
    assert not list(store.home.path.glob("erasure.*"))
    (event,) = store.read("current/SUP").collect()
    assert (event["cuni"], event["operation"]) == (BRUNO, "I")
    assert [row["structure"] for row in store.read("current/STR").collect()] == ["301101"]


# What a command needs beside the home.
ARGUMENTS = {
    **dict.fromkeys(("quality", "features", "indicators", "cohort", "deaths"), ["--year", "2015"]),
    **{"ingest": ["--deliveries", "."], "run": ["--deliveries", ".", "--year", "2015"], "values": ["--csv", "v.csv"]},
    **{"attrition": ["S20", "--year", "2015"], "release": ["--name", "r"]},
    **{"pull": ["--release", "latest"], "rejected": ["--delivery", "latest"]},
}
OF_A_HOME = sorted(name for name, c in get_command(cli.app).commands.items() if any(p.name == "home" for p in c.params))


@pytest.mark.parametrize("name", [name for name in OF_A_HOME if name != "erase"])
def test_every_other_command_refuses_a_home_half_erased(home, name: str) -> None:
    home.create()
    begin(home, (1,), ())
    told = CliRunner().invoke(cli.app, [name, "--home", str(home.path), *ARGUMENTS.get(name, [])])
    assert (told.exit_code, "has not ended" in told.output) == (6, True)


def test_the_command_that_erases_goes_on_in_a_home_half_erased(home, wish) -> None:
    home.create()
    begin(home, (1,), (("030", "301", "001", OF_ANNA),))
    told = CliRunner().invoke(cli.app, ["erase", "--home", str(home.path), "--cuni-file", str(wish)])
    assert (told.exit_code, "nothing was delivered" in told.output) == (ResultUnavailable.exit_code, True)
    assert begun(home).records == (("030", "301", "001", OF_ANNA),)


def test_a_layout_says_which_flows_are_registers_and_each_activity_has_its_own() -> None:
    layouts = load_layouts()
    assert registers(layouts) == ["ANR", "ANT"]
    activity = {flow for flow, layout in layouts.items() if "id_rec" in layout.fields} - {"ANR", "ANT"}
    assert {*REGISTER_OF} == activity and {*REGISTER_OF.values()} == {"ANR", "ANT"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no CUNI in it"),
        (" \n\n", "no CUNI in it"),
        (f"{ANNA}\n{ANNA[:40]}~x\n", "line 2: no CUNI"),
        ("TGIN+o+fB0m+hf4iyd2fYF6kjRqEpa6+TPiiNfAvE0M=9wmFXLxmSeuWHV0HIMjYtoyCAOT+Dms+s2mz2P3x90Y=", "everybody"),
    ],
)
def test_a_file_that_names_nobody_or_everybody_is_a_wrong_call(tmp_path, text: str, reason: str) -> None:
    path = tmp_path / "wish.txt"
    path.write_text(text)
    with pytest.raises(UsageError, match=reason) as refused:
        read_persons(path, bytes(32))
    assert ANNA[:20] not in str(refused.value)


def test_without_a_delivery_there_is_nothing_to_erase(home, settings, wish) -> None:
    with pytest.raises(ResultUnavailable, match="nothing was delivered"):
        erase(home, settings, wish)
    assert not home.path.exists()
