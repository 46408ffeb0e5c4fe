"""Hostile values in every field of records: accepted or rejected with a rule, and no later stage falls over them.

Each run tries DIR and PS, whose rules reckon, and other flows; PERCORSI_TEST_SEED repeats one that failed.
"""

import os
import random
from datetime import date

from flow_records import CUNI, ID_REC, RECORDS, header, line, write_file
from percorsi.conformed import conform
from percorsi.flows import deliveries, ingest, rejections
from percorsi.flows.faults import by_rule, faulty_records, find_delivery
from percorsi.flows.layout import load_layouts

SEED = int(os.environ.get("PERCORSI_TEST_SEED") or random.randrange(1_000_000))
ALWAYS = {"DIR", "PS", "STR"}
FLOWS = 2  # more; a flow costs seconds, its lines nothing
DELIVERED = date(2015, 5, 10)  # with a day of delivery the rules on the time of sending are applied too
SECRET = "XVERYSECRETX"  # stands for what a record holds
NO_DAY = [
    "2015-02-30",
    "0000-00-00",
    "2015-3-17",
    "17/03/2015",
    "2015-03-17T00:00",
    "２０１５-03-17",
    "٢٠١٥-٠٣-١٧",
    "2015-03-1７",
]
HOSTILE = [
    *NO_DAY,
    *("999999999", "000000000", "99999999", "2147483647", "9999-12-31", "0000-01-01", "9999999999999999", "99:99"),
    *(
        "999999999999.999999999",
        "-999999999999.99",
        "1000000000",
        "-0001-01-01",
        "+2015-03-17",
        "99999999999999999999",
        "-1",
        "1e5",
        "1.5",
        "1,5",
        "NaN",
        "Infinity",
    ),
    *(
        "0x10",
        "٣",
        "１",
        "Ⅷ",
        "½",
        "0" * 300,
        "null",
        "NULL",
        "\\N",
        "None",
        "true",
        "{}",
        "[]",
        "$1",
        "\\1",
        "%s",
        "{0}",
    ),
    *(
        '"',
        '"a',
        "'",
        "''; drop table raw; --",
        "\\",
        "`",
        "/*",
        "*/",
        "a\rb",
        "a\tb",
        "a\vb",
        "a\x85b",
        "a\u2028b",
        "\x1b[2J",
    ),
    *(
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+1",
        "<script>alert(1)</script>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "&b;",
    ),
    *(
        "${jndi:ldap://a/b}",
        "../../etc/passwd",
        "\u202e",
        "\ufeff",
        "\u200b",
        "e\u0301",
        "\U0001f4a3",
        "\ud7ff",
        "|",
        "||",
        "a|b",
    ),
    *(SECRET, "x" * 100_000),
]


IDENTIFIERS = {"a value": SECRET, "a CUNI": CUNI, "an Id_Rec": ID_REC}


def _file_name(flow: str) -> str:
    layout = load_layouts()[flow]
    return f"{flow}_030_2015_S1.csv" if layout.period == "semester" else f"{flow}_030_2015.csv"


def _lines(flow: str) -> list[str]:
    """A sound record, then one for each field and hostile value; and lines that have no fields."""
    made = [line(flow, **{column: value}) for column in load_layouts()[flow].columns for value in HOSTILE]
    return [line(flow), *made, "~", '"a~b"', f"{SECRET}~" * 300, SECRET]


def test_hostile_values_are_judged_and_pass_through_every_stage(store, settings, tmp_path, capfd) -> None:
    others = sorted(RECORDS.keys() & load_layouts().keys() - ALWAYS)
    flows = [*random.Random(SEED).sample(others, FLOWS), *sorted(ALWAYS)]
    made = {flow: _lines(flow) for flow in flows}
    for flow, lines in made.items():
        write_file(tmp_path / "delivery" / _file_name(flow), [header(flow), *lines])
    print(f"PERCORSI_TEST_SEED={SEED} {flows}")

    report = ingest(store, tmp_path / "delivery", delivered=DELIVERED)
    for flow in flows:
        told = report.flows[flow]
        assert told.records == len(made[flow]) == told.accepted + told.rejected + told.not_moved
        assert 0 < told.accepted < told.records
    conform(store, settings)

    faults = {(row["flow"], row["line"], row["field"]) for row in store.read("rejected").collect()}
    for flow in flows:
        columns = load_layouts()[flow].columns
        judged = {r.field for r in load_layouts()[flow].applied if r.kind == "date" and r.severity == "reject"}
        for field in judged:
            first = 3 + columns.index(field) * len(HOSTILE)  # after the header and the sound record
            for number, value in enumerate(NO_DAY, first):
                assert (flow, number, field) in faults, f"{flow}: {field} {value}"
    assert set(deliveries(store.home)["refused"]) == {None}
    entries = find_delivery(store.home, report.delivery)
    reports = [report, deliveries(store.home).to_dict(), by_rule(store.home, entries, load_layouts())]
    reports.append([row.asDict() for row in rejections(store, report.delivery).collect()])
    told = "".join([*capfd.readouterr(), *map(str, reports)])
    assert not [name for name, value in IDENTIFIERS.items() if value in told]
    keys = [row[-1] for row in faulty_records(store.home, entries, load_layouts(), flows)]
    assert keys and not any(CUNI in (value or "") for key in keys for value in key)


def test_text_in_other_encodings_falls_line_by_line(store, tmp_path) -> None:
    """Latin-1 in one line, a byte-order mark, Windows line ends, quotes that hold nothing together."""
    lines = [
        header("STR").encode("utf-8-sig"),
        line("STR", structure="1", name="Città").encode("latin-1"),
        line("STR", structure="2", name='"uno" e "due').encode(),
        line("STR", structure="3", name='"uno~due"').encode(),
        line("STR", structure="4", name="=HYPERLINK(0)").encode(),
    ]
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery" / "STR_030_2015.csv").write_bytes(b"\r\n".join(lines))
    ingest(store, tmp_path / "delivery")
    kept = {(r["structure"], r["name"]) for r in store.read("current/STR").select("structure", "name").collect()}
    assert kept == {("2", '"uno" e "due'), ("4", "=HYPERLINK(0)")}
    assert {(r["line"], r["code"]) for r in store.read("rejected").collect()} == {(2, "P008"), (4, "P000")}
