"""Errors on purpose: none at rate 0; else each at its rate, and the list of the truth is what the files hold."""

import math
from collections import Counter, defaultdict

import pytest

from percorsi.settings import conf_dir, load_yaml

FLOWS = ("ANT", "CNT", "PST", "ANR", "CNR", "PSR", "PSS", "SDO")
SISM = FLOWS[:-1]
KEY = {"ANT": 6, "ANR": 6, "CNT": 8, "CNR": 8, "PST": 10, "PSR": 8, "PSS": 8, "SDO": 4}


@pytest.fixture(scope="module")
def listed(spoilt) -> dict[tuple[str, int], str]:
    rows = [row for row in spoilt.truth("spoilt") if row["flow"] in FLOWS]
    found = {(row["file"], row["line"]): row["kind"] for row in rows}
    assert len(found) == len(rows), "a line has one error at most"
    return found


@pytest.fixture(scope="module")
def lines(spoilt) -> dict[str, list]:
    return {flow: spoilt.lines(flow) for flow in FLOWS}


def kinds(listed, lines, flows, test) -> tuple[set, set]:
    """Lines for which `test` holds."""
    return {(line.file, line.number) for flow in flows for line in lines[flow] if test(flow, line.fields)}


def of(listed, *names: str) -> set:
    return {where for where, kind in listed.items() if kind in names}


def test_a_clean_delivery_has_no_error(clean):
    assert set(clean.summary.spoilt.values()) == {0}
    assert clean.truth("spoilt") == []
    assert {line.fields[-1] for flow in FLOWS for line in clean.lines(flow)} == {"I"}


def test_corrections_are_where_the_truth_says(listed, lines):
    for operation, kind in (("V", "variation"), ("C", "cancellation"), ("NM", "not_moved")):
        assert kinds(listed, lines, FLOWS, lambda _, f, o=operation: f[-1] == o) == of(listed, kind)
        assert of(listed, kind)


def test_spoilt_diagnoses_are_where_the_truth_says(listed, lines):
    cards = ("CNT", "CNR")
    outside = set(load_yaml(conf_dir() / "reference" / "synthetic.yaml")["errors"]["outside_codes"])
    for kind, test in (
        ("default_diagnosis", lambda _, f: f[9] == "99999"),
        ("missing_diagnosis", lambda _, f: f[9] == ""),
        ("outside_diagnosis", lambda _, f: f[9] in outside),
    ):
        assert kinds(listed, lines, cards, test) == of(listed, kind)
        assert of(listed, kind)


def test_dates_outside_the_semester_are_where_the_truth_says(listed, lines):
    def outside(_, f):
        return f[9][:4] != f[0] or (f[9][5:7] > "06") != (f[1] == "S2")

    assert kinds(listed, lines, ("PST", "PSS"), outside) == of(listed, "outside_semester")


def test_codes_outside_the_domain_are_where_the_truth_says(listed, lines):
    position = {"ANT": 10, "ANR": 16, "CNT": 11, "CNR": 10, "PST": 10, "PSR": 8, "PSS": 10, "SDO": 9}
    wrong = {"ANT": "3", "ANR": "0", "CNT": "7", "CNR": "7", "PST": "27", "PSR": "3", "PSS": "3", "SDO": "3"}
    found = kinds(listed, lines, FLOWS, lambda flow, f: f[position[flow]] == wrong[flow])
    assert found == of(listed, "outside_domain")


def test_a_duplicate_is_the_line_before_once_more(listed, lines):
    doubles = set()
    for flow in FLOWS:
        for before, line in zip(lines[flow], lines[flow][1:], strict=False):
            if before.file == line.file and before.fields == line.fields:
                doubles.add((line.file, line.number))
    assert doubles == of(listed, "duplicate")


def test_a_variation_corrects_the_line_before_and_a_cancellation_takes_it_back(listed, lines):
    for flow in FLOWS:
        width = KEY[flow]
        for before, line in zip(lines[flow], lines[flow][1:], strict=False):
            kind = listed.get((line.file, line.number))
            if kind in ("variation", "cancellation"):
                assert before.file == line.file
                assert before.fields[:width] == line.fields[:width]
                assert (
                    listed[before.file, before.number] == {"variation": "superseded", "cancellation": "cancelled"}[kind]
                )
                assert (before.fields[:-1] == line.fields[:-1]) == (kind == "cancellation")


def test_persons_in_two_regions_have_one_cuni_and_two_registrations(spoilt, listed, lines):
    places = defaultdict(set)
    where = {}
    for line in lines["ANT"]:
        if line.fields[8] != "99":
            places[line.fields[6]].add((line.fields[1], line.fields[5]))
            where[line.file, line.number] = line.fields[6]
    twice = {cuni for cuni, found in places.items() if len({region for region, _ in found}) > 1}
    foreign = {where[place] for place in of(listed, "two_regions") if place in where}
    assert twice and twice <= foreign
    assert all(len({id_rec for _, id_rec in places[cuni]}) > 1 for cuni in twice)


def test_who_is_not_identified_shares_one_cuni_of_type_99(listed, lines):
    found = kinds(listed, lines, ("ANT", "ANR"), lambda _, f: f[8] == "99")
    assert of(listed, "unidentified") <= found
    anonymous = {line.fields[6] for flow in ("ANT", "ANR") for line in lines[flow] if line.fields[8] == "99"}
    assert len(anonymous) == 1


def test_orphans_have_activity_and_no_anagrafica(spoilt, listed, lines):
    registered = {line.fields[5] for flow in ("ANT", "ANR") for line in lines[flow]}
    orphans = kinds(listed, lines, ("CNT", "PST", "CNR", "PSR", "PSS"), lambda _, f: f[5] not in registered)
    assert of(listed, "orphan") <= orphans
    # an orphan's spoilt card is listed by what else is wrong with it
    assert {listed[where] for where in orphans if where in listed} >= {"orphan"}
    assert orphans


def test_rates_are_those_configured(spoilt, listed, lines):
    rates = load_yaml(conf_dir() / "reference" / "synthetic.yaml")["errors"]
    total = {flow: len(lines[flow]) for flow in FLOWS}
    base = {
        "outside_domain": FLOWS, "outside_semester": ("PST", "PSS"), "duplicate": FLOWS, "variation": FLOWS,
        "cancellation": ("PST", "SDO"), "not_moved": SISM,
    }  # fmt: skip
    found = Counter(listed.values())
    for kind, flows in base.items():
        expected = rates[kind] * sum(total[flow] for flow in flows)
        assert abs(found[kind] - expected) < 5 * math.sqrt(expected) + 0.03 * expected, kind
    everywhere = Counter(row["kind"] for row in spoilt.truth("spoilt"))
    assert everywhere == +Counter(spoilt.summary.spoilt)
    cards = {(line.fields[5], line.fields[7]): line.fields[9] for line in lines["CNT"]}
    bad = sum(code in ("", "99999") or not code.isdigit() or not "290" <= code[:3] <= "319" for code in cards.values())
    bad -= sum(code == "00000" for code in cards.values())
    assert bad / len(cards) == pytest.approx(0.12, abs=0.025)
