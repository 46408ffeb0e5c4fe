"""Histories hang together: cards and what hangs on them, stays, deaths, and the truth about pathways."""

from collections import defaultdict

from synthetic_nation import YEARS

# positions: CNT 5 id, 7 contact, 8 opening, 9 diagnosis, 12 closing, 13 diagnosis, 14 mode
SEMESTER = {
    (str(y), p): (f"{y}-{a}", f"{y}-{b}")
    for y in YEARS
    for p, a, b in (("S1", "01-01", "06-30"), ("S2", "07-01", "12-31"))
}
ORDER = ["depressive", "severe_personality", "bipolar", "schizophrenia"]


def semester(line) -> tuple[str, str]:
    return SEMESTER[line.fields[0], line.fields[1]]


def cards(nation, flow: str) -> dict[tuple, list]:
    """(id, contact) -> its records in order of semester."""
    found = defaultdict(list)
    for line in nation.lines(flow):
        found[line.fields[5], line.fields[7]].append(line)
    return {key: sorted(lines, key=lambda x: x.fields[:2]) for key, lines in found.items()}


def test_a_card_is_delivered_in_every_semester_until_it_closes(clean):
    for flow in ("CNT", "CNR"):
        for lines in cards(clean, flow).values():
            assert len({line.fields[8:12] for line in lines}) == 1, "opening changes"
            semesters = [list(SEMESTER).index(line.fields[:2]) for line in lines]
            assert semesters == list(range(semesters[0], semesters[0] + len(lines)))
            for line in lines[:-1]:
                assert line.fields[12:15] == ("", "", "")
            last, (begins, ends) = lines[-1], semester(lines[-1])
            if last.fields[12]:
                assert begins <= last.fields[12] <= ends and last.fields[8] <= last.fields[12]
                assert (last.fields[13] == "xxxxx") == (last.fields[14] == "9")
                assert last.fields[13] and last.fields[14]
            else:
                assert semesters[-1] == 3, "an open card goes on to the last semester"
            assert lines[0].fields[8] <= semester(lines[0])[1]


def test_activity_lies_within_its_card_and_its_semester(clean):
    for activity, register, date in (("PST", "CNT", 9), ("PSS", "CNR", 9)):
        known = cards(clean, register)
        for line in clean.lines(activity):
            begins, ends = semester(line)
            assert begins <= line.fields[date] <= ends
            card = known[line.fields[5], line.fields[7]]
            closing = card[-1].fields[12] or "9999"
            assert card[0].fields[8] <= line.fields[date] <= closing


def test_residential_stays_go_on_until_the_discharge_and_have_their_card(clean):
    known, stays = cards(clean, "CNR"), cards(clean, "PSR")
    assert stays
    for key, lines in stays.items():
        assert key in known
        assert len({line.fields[8:10] for line in lines}) == 1
        assert all(not line.fields[10] for line in lines[:-1])
        discharge = lines[-1].fields[10]
        if discharge:
            assert semester(lines[-1])[0] <= discharge <= semester(lines[-1])[1]
            assert lines[-1].fields[9] <= discharge
        else:
            assert lines[-1].fields[:2] == ("2015", "S2")


def test_every_activity_has_an_anagrafica_of_its_register_and_semester(clean):
    for register, flows in (("ANT", ("CNT", "PST")), ("ANR", ("CNR", "PSR", "PSS"))):
        known = {(f[0], f[2], f[1], *f[3:6]) for f in (line.fields for line in clean.lines(register))}
        for flow in flows:
            assert {line.fields[:6] for line in clean.lines(flow)} <= known


def test_who_is_in_the_register_is_adult_and_told_alike_everywhere(clean):
    told = defaultdict(set)
    for register in ("ANT", "ANR"):
        for line in clean.lines(register):
            assert 18 <= int(line.fields[0]) - int(line.fields[9]) <= 100
            told[line.fields[6]].add(line.fields[9])
    for line in clean.lines("SDO"):
        if line.fields[4] in told:
            told[line.fields[4]].add(line.fields[6])
    assert {len(years) for years in told.values()} == {1}


def test_nothing_happens_after_death(clean):
    death = {row["cuni"]: row["death"].isoformat() for row in clean.truth("person_year") if row["death"]}
    person = {line.fields[5]: line.fields[6] for register in ("ANT", "ANR") for line in clean.lines(register)}
    last = defaultdict(str)
    for flow, date in (("PST", 9), ("PSS", 9), ("PSR", 10), ("CNT", 12), ("CNR", 12)):
        for line in clean.lines(flow):
            last[person[line.fields[5]]] = max(last[person[line.fields[5]]], line.fields[date])
    for line in clean.lines("SDO"):
        last[line.fields[4]] = max(last[line.fields[4]], line.fields[14])
    assert any(d < "2016" for d in death.values())
    assert [c for c, d in death.items() if last[c] > d] == []


def test_a_death_closes_the_card_and_the_stay_on_its_day(clean):
    death = {row["cuni"]: row["death"].isoformat() for row in clean.truth("person_year") if row["death"]}
    person = {line.fields[5]: line.fields[6] for line in clean.lines("ANT")}
    closed = [line.fields for line in clean.lines("CNT") if line.fields[14] in ("4", "5")]
    assert closed
    assert all(death[person[f[5]]] == f[12] for f in closed if person[f[5]] in death)
    assert all(death.get(f[4], f[14]) == f[14] for f in (x.fields for x in clean.lines("SDO")) if f[16] == "1")


def test_hospital_stays_of_a_person_do_not_overlap_and_transfers_are_of_one_day(clean):
    stays = defaultdict(list)
    for line in clean.lines("SDO"):
        f = line.fields
        assert f[10] <= f[14] and f[2] == f[14][:4]
        if f[9] == "1":
            stays[f[4]].append((f[10], f[14], f[16]))
    transfers = 0
    for records in stays.values():
        records.sort()
        for (_, ends, mode), (begins, _, _) in zip(records, records[1:], strict=False):
            assert ends <= begins
            assert (ends == begins) == (mode in "67")
            transfers += ends == begins
    assert transfers


def group(code: str) -> int | None:
    """The position in ORDER of an ICD-9-CM code, by the manual's table written out anew."""
    stem = code.rstrip("0")
    if code[:3] in ("295", "297") or stem in ("2981", "2982", "2983", "2984", "2988", "2989"):
        return 3
    if code[:4] in ("2960", "2961", "2964", "2965", "2966", "2967", "2968"):
        return 2
    if code in ("3013", "30130", "30150", "30159", "30181", "30183"):
        return 1
    if code[:4] in ("2962", "2963", "2980") or code in (
        "3004",
        "30040",
        "311",
        "31100",
        "3090",
        "30900",
        "3091",
        "30910",
    ):
        return 0
    return None


def test_the_truth_about_pathways_is_what_a_clean_delivery_tells(clean):
    person = {line.fields[5]: line.fields[6] for register in ("ANT", "ANR") for line in clean.lines(register)}
    told: dict[str, list] = defaultdict(list)
    for flow in ("CNT", "CNR"):
        for lines in cards(clean, flow).values():
            f = lines[-1].fields
            if (f[12] or "9999") < "2015-01-01" or f[8] > "2015-12-31":
                continue
            date, code = (f[12], f[13]) if f[12] and f[13] != "xxxxx" else (f[8], f[9])
            if group(code) is not None:
                told[person[f[5]]].append((date, group(code)))
    expected = {cuni: ORDER[max(found)[1]] for cuni, found in told.items()}
    rows = [row for row in clean.truth("person_year") if row["year"] == 2015]
    assert len(rows) > 500
    assert [r for r in rows if r["pathway"] != expected.get(r["cuni"])] == []
    assert {row["pathway"] for row in rows} == {*ORDER, None}
