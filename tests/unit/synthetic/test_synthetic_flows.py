"""The other flows: laid out as their layouts say, coherent with SISM, SDO and each other, spoilt as the truth says."""

import re
from collections import Counter, defaultdict
from datetime import date

import pytest
from synthetic_nation import YEARS, Nation

from percorsi.features.crosswalk import brought
from percorsi.flows.layout import load_layouts
from percorsi.home import Home
from percorsi.regions import regions
from percorsi.settings import conf_dir, load_yaml
from percorsi.synthetic import synthesize

CUNI = {"FAR": 6, "DIR": 7, "SPE": 7, "PS": 12, "SIND": 5, "NPIA": 5, "SUP": 4, "ANA": 0, "CDM": 0}
DAY = {"FAR": 7, "DIR": 23, "SPE": 8, "PS": 2, "SIND": 6, "NPIA": 6, "SUP": 6, "CDM": 1}
KEY = {"FAR": (0, 1, 2), "SPE": (0, 1, 2), "PS": (0, 1), "SIND": (0, 1, 2), "NPIA": (0, 1, 2), "SUP": (0, 1)}
KEY["DIR"] = (0, 1, 2, 3, 4, 5, 6, 7, 21, 22, 23, 30, 31, 34)
FORMS = {
    "FAR": r"\d{3}~\d{16}~([1-9]|99)~\d{3}~\d{4}~\d\d~ID~DAY~(\d{9})?~[1-9]~I",
    "SPE": r"\d{3}~\d{16}~(0[1-9]|1[0-2]|99)~\d{3}~\d{6}~\d{4}~\d\d~ID~DAY~N?~[0-9.]*~1~\d{3}~I",
    "DIR": r"\d{3}~\d{4}~\d\d~\d{6}~06~~\d{6}~ID~0~0~\d{4}-01-01~[12]~(\d{6})?~[12]~([A-Z]{2})?~~[Ii]~D~~01~1~1~\d{16}"
    r"~DAY~~~DAY~2\.00~~H~1~\d{9}~\d+\.00~\d+~0~18\.50~2\.00",
    "SIND": r"\d{3}~\w{6}~\d{14}~\d{3}~\d{4}~ID~DAY~0[123]~I",
    "NPIA": r"\d{3}~\w{6}~\d{14}~\d{3}~\d{4}~ID~DAY~[A-Z]\d\d(\.\d)?~I",
    "SUP": r"\d{3}~\d{14}~\d{3}~\d{3}~ID~[A-Z_]+~DAY~(DAY)?~[^~]*~[IV]",
    "ANA": r"ID~DAY~[12]~\d{4}~\d{3}~\d{3}~(DAY)?~(DAY)?",
    "CDM": r"ID~DAY~[A-Z]\d\d(\.\d)?",
    "PER": r"\d{3}~\d{3}~\d{3}~\d{4}~[1-8]~[1-9]\d*~\d\d",
    "AIC": r"99\d{7}~N0[356]\w{4}~[^~]+~\d+(\.\d+)?~(oral~~~|depot~\d+~[0-9.]+~[0-9.]+)",
}  # fmt: skip


@pytest.fixture(scope="module")
def lines(clean) -> dict[str, list]:
    return {flow: clean.lines(flow) for flow in (*FORMS, "PS")}


@pytest.fixture(scope="module")
def known(clean) -> dict[str, dict]:
    return {row["cuni"]: row for row in clean.truth("known")}


@pytest.mark.parametrize("flow", FORMS)
def test_every_line_of_a_clean_delivery_has_the_form_of_its_flow(lines, flow):
    form = FORMS[flow].replace("ID", "[A-Za-z0-9+/=]{88}").replace("DAY", r"\d{4}-\d\d-\d\d")
    assert len(lines[flow]) > 25
    assert [line for line in lines[flow] if not re.fullmatch(form, "~".join(line.fields))] == []


def test_headers_are_the_names_of_the_layouts_and_records_have_their_fields(clean, lines):
    layouts = load_layouts()
    for flow in FORMS:
        names = [field.name for field in layouts[flow].fields.values()]
        assert {len(line.fields) for line in lines[flow]} == {len(names)}
        if flow != "DIR":  # by position: the wording is the region's
            headers = {p.read_text().split("\n", 1)[0] for p in clean.summary.delivery.glob(f"{flow}_*.csv")}
            assert headers == {"~".join(names)}
    assert {len(line.fields) for line in lines["PS"]} == {len(layouts["PS"].fields)}


def test_files_are_by_year_by_semester_and_by_month(clean):
    names = {path.name for path in clean.summary.delivery.glob("*.csv")}
    assert {"FAR_010_2015.csv", "FAR_170_2015_S2.csv", "DIR_020_2015_07.csv", "FAR_020_2015_10.csv"} <= names
    assert len({n for n in names if n.startswith("PS_")}) == 2 * (19 + 2 * 12)
    late = {path.name for path in (clean.summary.delivery.parent / "late").glob("*.csv")}
    assert late == {"FAR_020_2015_11.csv", "FAR_020_2015_12.csv"}
    assert not late & names


def test_a_record_lies_in_the_file_of_its_region_and_day(lines):
    for flow in ("FAR", "DIR", "SPE", "PS", "SIND", "NPIA", "SUP"):
        for line in lines[flow]:
            _, region, year, *period = line.file.removesuffix(".csv").split("_")
            day = line.fields[7 if flow == "SUP" and line.fields[-1] == "V" else DAY[flow]]
            assert day[:4] == year
            assert (line.fields[1] if flow == "PS" else line.fields[0])[:3] == region
            if period:
                month = day[5:7]
                assert period[0] == (month if period[0].isdigit() else "S1" if month <= "06" else "S2")


def test_keys_are_unique(lines):
    for flow, places in KEY.items():
        again = (-1,) if flow == "SUP" else ()  # an event has an I, and a V where it ends in a later year
        keys = Counter(tuple(line.fields[i] for i in (*places, *again)) for line in lines[flow])
        assert max(keys.values()) == 1, flow


def test_everybody_is_known_to_the_services_or_a_control(lines, known):
    for flow, place in CUNI.items():
        assert {line.fields[place] for line in lines[flow]} <= known.keys()
    drugs = {line.fields[CUNI[flow]] for flow in ("FAR", "DIR") for line in lines[flow]}
    assert {known[c]["control"] for c in drugs} == {True, False}
    controls = sum(row["control"] for row in known.values())
    assert controls == pytest.approx(0.10 * (len(known) - controls), rel=0.02)


def test_controls_are_in_neither_sism_nor_sdo(clean, known):
    seen = {line.fields[6] for flow in ("ANT", "ANR") for line in clean.lines(flow)}
    seen |= {line.fields[4] for line in clean.lines("SDO")}
    assert not any(known[c]["control"] for c in seen)


def test_nothing_happens_after_death_nor_long_before_the_first_contact(lines, known):
    for flow, place in DAY.items():
        for line in lines[flow]:
            row, day = known[line.fields[CUNI[flow]]], date.fromisoformat(line.fields[place])
            assert row["death"] is None or day <= row["death"], flow
            assert row["control"] or flow == "NPIA" or (row["entry"] - day).days <= 1100, flow


def test_deaths_are_told_alike(clean, lines, known):
    for line in lines["CDM"]:
        row = known[line.fields[0]]
        assert line.fields[1] == row["death"].isoformat()
        assert (line.fields[2][:2] in ("X6", "X7", "X8") or line.fields[2] == "Y87.0") == row["suicide"]
    for line in lines["ANA"]:
        year, row = int(line.file[4:8]), known[line.fields[0]]
        dead = row["death"] is not None and row["death"].year <= year
        assert line.fields[6:] == ((row["death"].isoformat(),) * 2 if dead else ("", ""))
    # a suicide in SISM is one in the register of deaths
    person = {line.fields[5]: line.fields[6] for line in clean.lines("ANT")}
    suicides = [person[line.fields[5]] for line in clean.lines("CNT") if line.fields[14] == "4"]
    assert suicides and all(known[c]["suicide"] for c in suicides)


def test_packs_are_in_the_register_and_none_is_given_in_hospital(clean, lines):
    register = {line.fields[0] for line in lines["AIC"]}
    given = defaultdict(list)
    for flow, place in (("FAR", 8), ("DIR", 31)):
        for line in lines[flow]:
            if line.fields[2] != "99":
                assert line.fields[place] in register
                given[line.fields[CUNI[flow]]].append(line.fields[DAY[flow]])
    inside = 0
    for line in clean.lines("SDO"):
        f = line.fields
        if f[9] == "1":
            inside += sum(f[10] <= day < f[14] for day in given[f[4]])
    assert inside == 0


def test_a_total_line_adds_up_its_prescription(lines):
    pieces, totals = defaultdict(int), {}
    for line in lines["FAR"]:
        f = line.fields
        if f[2] == "99":
            totals[f[:2]] = int(f[9])
        else:
            pieces[f[:2]] += int(f[9])
    assert {region for region, _ in totals} == {"010", "120"}
    assert totals == {key: n for key, n in pieces.items() if key[0] in ("010", "120")}


def test_an_emergency_visit_agrees_with_its_outcome(lines):
    outcomes = Counter()
    for f in (line.fields for line in lines["PS"]):
        left = f[31] in ("6", "7")
        assert f[0][:4] == f[2][:4] and len(f[0]) == 16
        assert bool(f[25]) == bool(f[26]) == (f[31] != "6")
        assert all(bool(f[i]) != left for i in (27, 29, 34, 35, 37, 56, 57, 59))
        assert bool(f[32]) == bool(f[33]) == (f[31] in ("1", "2", "10"))
        assert bool(f[38]) == bool(f[39]) == (f[31] == "2")
        assert all(bool(f[i]) == (f[31] == "10") for i in (42, 43, 44, 49, 50, 52, 54, 55))
        assert (f[4] == "1") == bool(f[5]) == bool(f[6]) == (f[7] == "5")
        assert (f[9] == "10") == bool(f[10])
        outcomes[f[31]] += 1
    assert set(outcomes) == {"1", "2", "5", "6", "7", "8", "10"}


def test_who_is_admitted_by_the_emergency_department_has_that_sheet_of_that_hospital(clean, lines):
    sheets = {(f[1], f[3], f[4]): f for f in (line.fields for line in clean.lines("SDO"))}
    admitted = [line.fields for line in lines["PS"] if line.fields[31] == "2"]
    found = [(f, sheets[key]) for f in admitted if (key := (f[1], f[38], f[12])) in sheets]
    assert all(f[2] == sdo[10] and f[39] == sdo[11][:2] and f[38][:2] == f[2][2:4] for f, sdo in found)
    assert {f[39] == "40" for f, _ in found} == {True, False}  # some by way of another ward
    # only who is discharged after the last year delivered has no sheet yet
    gone = {f[38] for f in admitted} - {f[38] for f, _ in found}
    assert len(found) > 100 and len(gone) < 0.05 * len(found)
    assert all(f[2] > "2015-08-01" for f in admitted if f[38] in gone)


def test_nobody_comes_to_the_emergency_department_from_a_ward(clean, lines):
    stays = defaultdict(list)
    for f in (line.fields for line in clean.lines("SDO")):
        if f[9] == "1":
            stays[f[4]].append((f[10], f[14]))
    visits = [(line.fields[12], line.fields[2]) for line in lines["PS"]]
    assert len({cuni for cuni, _ in visits} & stays.keys()) > 100
    assert not [1 for cuni, day in visits if any(begin < day < end for begin, end in stays[cuni])]


def test_tests_follow_drugs(lines):
    lithium = {line.fields[0] for line in lines["AIC"] if line.fields[1] == "N05AN01"}
    users = {line.fields[CUNI[flow]] for flow, place in (("FAR", 8), ("DIR", 31)) for line in lines[flow]
             if line.fields[place] in lithium}  # fmt: skip
    tested = {line.fields[7] for line in lines["SPE"] if line.fields[10] == "90.32.2"}
    assert tested and len(tested - users) <= 0.1 * len(tested)


def test_the_merger_changes_codes_and_no_registration(clean):
    old, new = {("302", "002"), ("303", "003")}, ("310", "010")
    places = defaultdict(set)
    for line in clean.lines("ANT"):
        if line.fields[1] == "100":
            places[line.fields[5]].add((line.fields[0], line.fields[3:5]))
    assert {code for found in places.values() for year, code in found if year == "2014"} >= old
    after = {code for found in places.values() for year, code in found if year == "2015"}
    assert new in after and not after & old
    assert any(
        {("2014", "302")} & {(y, c[0]) for y, c in found} and ("2015", new) in found for found in places.values()
    )
    register = {line.fields[1:3] for line in clean.lines("STR") if line.fields[0] == "100" and line.fields[4] == "2015"}
    assert register == {("301", "001"), new}
    table = (clean.summary.delivery / "area_crosswalk.csv").read_text().splitlines()
    assert table == ["year,region,azienda,dsm,structure,new_azienda,new_dsm",
                     "2015,100,302,002,,310,010", "2015,100,303,003,,310,010"]  # fmt: skip


def test_a_home_finds_the_boundaries_in_the_delivery_and_in_the_whole_nation(clean, tmp_path):
    delivery, whole = clean.summary.delivery, clean.summary.delivery.parent
    found = brought(Home(tmp_path), delivery)
    assert found is not None and found == brought(Home(tmp_path), whole)


@pytest.fixture(scope="module")
def listed(spoilt) -> dict[tuple[str, int], str]:
    return {(row["file"], row["line"]): row["kind"] for row in spoilt.truth("spoilt") if row["flow"] in CUNI}


def test_faults_are_where_the_truth_says(spoilt, listed):
    found = defaultdict(set)
    register = {line.fields[0] for line in spoilt.lines("AIC")}
    own = {row["cuni"] for row in spoilt.truth("known")}
    for flow, place in CUNI.items():
        for line in spoilt.lines(flow):
            f, where = line.fields, (line.file, line.number)
            if flow in ("FAR", "SPE") and f[2] == "99":
                continue
            if f[place] not in own:
                found["anonymous" if f[place] else "missing_cuni"].add(where)
            elif flow in ("DIR", "PS") and f[9 if flow == "DIR" else 14] in ("98", "99"):
                found["unnamed"].add(where)
            if flow in ("FAR", "DIR") and f[8 if flow == "FAR" else 31] not in register:
                found["unknown_pack"].add(where)
            if (flow == "FAR" and int(f[9]) <= 0) or (flow == "DIR" and float(f[32]) <= 0):
                found["not_positive"].add(where)
            if flow == "SPE" and f[11] == "0":
                found["not_positive"].add(where)
            if flow in DAY and f[DAY[flow]] in ("2015-02-30", "2014-13-01"):
                found["bad_date"].add(where)
            if flow == "ANA" and f[1] == "2014-13-01":
                found["bad_date"].add(where)
    for kind, places in found.items():
        assert places == {where for where, k in listed.items() if k == kind}, kind
    assert {"anonymous", "missing_cuni", "unnamed", "unknown_pack", "not_positive", "bad_date"} == set(found)


def test_corrections_stand_behind_what_they_correct(spoilt, listed):
    place = {"DIR": 16}
    operations = defaultdict(set)
    for flow in (*KEY,):
        lines = spoilt.lines(flow)
        for before, line in zip(lines, lines[1:], strict=False):
            if flow == "SUP" and line.fields[-1] == "V" and line.fields[7][:4] > line.fields[6][:4]:
                continue  # no error: the end of what was still on
            operation = line.fields[place.get(flow, -1)].upper()
            operations[operation].add((line.file, line.number))
            kind = listed.get((line.file, line.number))
            if kind in ("variation", "cancellation"):
                assert [line.fields[i] for i in KEY[flow]] == [before.fields[i] for i in KEY[flow]]
                same = {"variation": "superseded", "cancellation": "cancelled"}[kind]
                assert listed[before.file, before.number] == same
                without = [f for i, f in enumerate(line.fields) if i != place.get(flow, len(line.fields) - 1)]
                wrong = [f for i, f in enumerate(before.fields) if i != place.get(flow, len(line.fields) - 1)]
                assert (without == wrong) == (kind == "cancellation")
    for operation, kind in (("V", "variation"), ("C", "cancellation"), ("NM", "not_moved")):
        assert operations[operation] == {w for w, k in listed.items() if k == kind and w[0].split("_")[0] in KEY}


def test_late_corrections_are_of_current_records_without_error_and_say_what_they_change(spoilt):
    late = spoilt.summary.delivery.parent / "late"
    rows = [row for row in spoilt.truth("late")]
    assert {row["operation"] for row in rows} == {"V", "C"}
    wrong = {(row["file"], row["line"]) for row in spoilt.truth("spoilt")}
    keys = {"PST": (0, 1, 3, 4, 5, 6, 7, 8, 9), "CNT": (0, 1, 3, 4, 5, 6, 7), "SDO": (0, 1, 2, 3), **KEY}
    for row in rows:
        path = late / row["file"]
        fields = path.read_text(encoding="utf-8").splitlines()[row["line"] - 1].split("~")
        assert fields[-1] == row["operation"]
        place = row["field"]
        original = [*fields[:place], row["before"], *fields[place + 1 : -1], "I"]
        if row["operation"] == "V":
            assert fields[place] == row["after"] != row["before"]
        key = [fields[i] for i in keys[row["flow"]]]
        content = (spoilt.summary.delivery / row["file"]).read_text(encoding="utf-8").splitlines()
        cells = [line.split("~") for line in content]
        (at,) = [i for i, found in enumerate(cells) if [found[k] for k in keys[row["flow"]] if k < len(found)] == key]
        assert content[at] == "~".join(original) and (row["file"], at + 1) not in wrong
        if row["flow"] == "FAR" and row["operation"] == "V":
            assert row["before"] in ("1", "2") and row["after"] == "3"
    assert (late / "SYNTHETIC.json").is_file() and "SYNTHETIC" in (late / "LEGGIMI.txt").read_text()


def test_the_supplementary_flow_is_of_some_regions_and_of_all_types(clean, lines):
    figures = load_yaml(conf_dir() / "reference" / "synthetic_flows.yaml")["supplementary"]
    assert {line.fields[0] for line in lines["SUP"]} == set(figures["regions"])
    assert len(set(figures["regions"])) < len(regions())
    assert {line.fields[5] for line in lines["SUP"]} <= {*figures["types"], "RESTRAINT"}
    assert len({line.fields[5] for line in lines["SUP"]}) >= 10


def test_an_event_that_outlasts_its_year_ends_by_a_variation_in_the_year_of_its_end(lines, known):
    last, told = {}, {}
    for f in (line.fields for line in lines["SUP"]):
        told[f[:2], f[-1]] = last[f[:2]] = f
    closed = [(f, told.get((key, "I"))) for (key, operation), f in told.items() if operation == "V"]
    assert {f[7][:4] for f, _ in closed} == {"2014", "2015"}
    for f, begun in closed:
        assert f[7][:4] > f[6][:4]
        assert (begun is None) == (f[6] < "2014")
        if begun:  # with codes of the area of that year; all else as it was
            assert begun[7] == "" and begun[4:7] == f[4:7] and begun[8] == f[8]
    for f in last.values():
        death = known[f[4]]["death"]
        assert not f[7] or f[6] <= f[7]
        assert death is None or death.isoformat() > "2015-12-31" or "" < f[7] <= death.isoformat()


def test_longer_deliveries_do_not_pile_up_events_that_are_on(tmp_path):
    longer = Nation(synthesize(tmp_path, 0.001, 7, range(2011, 2017), error_rate=0.0, workers=2))
    events = {line.fields[:2]: line.fields for line in longer.lines("SUP")}  # a V, of a later file, replaces
    on = {
        year: len(
            {(f[4], f[5]) for f in events.values() if f[6] <= f"{year}-12-31" and not "" < f[7] <= f"{year}-12-31"}
        )
        for year in (2013, 2016)
    }
    assert 0.8 * on[2013] < on[2016] < 1.3 * on[2013], on


def test_the_year_alone_has_the_lines_that_it_has_among_others(clean, tmp_path):
    alone = synthesize(tmp_path, 0.001, 7, range(YEARS[0], YEARS[0] + 1), error_rate=0.0, workers=1)
    for path in sorted(alone.delivery.glob(f"*_{YEARS[0]}*.csv")):
        if path.name.split("_")[0] in ("STR", "PER"):
            continue
        assert path.read_bytes() == (clean.summary.delivery / path.name).read_bytes(), path.name
