"""The files: every one there, laid out as published, the same bytes however they are made."""

import json
import re

import pytest
from synthetic_nation import YEARS, checksums

from percorsi.errors import UsageError
from percorsi.regions import regions
from percorsi.synthetic import synthesize

KEY = ["year", "period", "region", "azienda", "dsm", "id"]
BIRTH = r"19\d\d|20\d\d"
FIELDS = {
    "ANT": ["year", "region", "period", "azienda", "dsm", "id", "id", "0|1", "[0-4]|99", BIRTH, "[129]", "[A-Z]{2}",
            "residence", r"\d{3}", "([A-Z]{2})?", "[1-69]", "[1-9]", "[1-79]", r"0[1-9]|1\d|99", "I"],
    "CNT": [*KEY, "structure", "contact", "date", "diagnosis|00000", "[129]", "[1-59]", "(date)?",
            "(diagnosis|00000|xxxxx)?", "([1-59])?", "I"],
    "PST": [*KEY, "structure", "contact", r"[1-9]\d{0,4}", "date", r"0[1-9]|1\d|2[0-6]", "[12]", "[1-8]", "[1-8]",
            "[1-8]?", "[1-8]?", "I"],
    "PSR": [*KEY, "structure", "contact", "[145678]", "date", "(date)?", "I"],
    "PSS": [*KEY, "structure", "contact", "[123678]", "date", "[12]", "I"],
    "SDO": ["region", r"\d{8}", "year", r"\d\d[0-9A-Z]{6}", "id", "[12]", BIRTH, "residence", r"\d{3}", "[12]", "date",
            r"\d{4}", "[123]?", "5?", "date", r"\d{4}", "[125679]", r"\w{3,5}", r"\w{0,5}", *4 * [""], "[12]", "I"],
}  # fmt: skip
FIELDS["ANR"], FIELDS["CNR"] = [*FIELDS["ANT"]], FIELDS["CNT"]
FIELDS["ANR"][8] = "[0-3]|99"  # the types that rule 3082 of ANR lets pass
WORDS = {
    "year": "2014|2015", "period": "S1|S2", "region": "|".join(regions()), "azienda": "\\d{3}", "dsm": "\\d{3}",
    "id": "[A-Za-z0-9+/=]{88}", "structure": "\\w{6,8}", "contact": "\\d{1,14}", "date": "\\d{4}-\\d\\d-\\d\\d",
    "residence": "|".join([*regions(), "098", "998", "999"]), "diagnosis": "(29|30|31)\\d{1,3}",
}  # fmt: skip


def pattern(flow: str) -> re.Pattern:
    """A whole line of a flow."""
    fields = [re.sub("|".join(WORDS), lambda m: f"(?:{WORDS[m[0]]})", f) for f in FIELDS[flow]]
    return re.compile("~".join(f"(?:{f})" for f in fields))


@pytest.mark.parametrize("flow", FIELDS)
def test_every_line_of_a_clean_delivery_is_of_its_layout(clean, flow):
    lines, wanted = clean.lines(flow), pattern(flow)
    assert len(lines) > 50
    assert [line for line in lines if not wanted.fullmatch("~".join(line.fields))] == []


def test_every_region_and_period_has_its_files(clean):
    names = {path.name for path in clean.summary.delivery.glob("*.csv")} - {"area_crosswalk.csv"}
    sism = {
        f"{flow}_{region}_{year}_{period}.csv"
        for flow in ("ANT", "CNT", "PST", "ANR", "CNR", "PSR", "PSS")
        for region in regions() for year in YEARS for period in ("S1", "S2")
    }  # fmt: skip
    yearly = {f"{flow}_{region}_{year}.csv" for flow in ("SDO", "STR", "PER") for region in regions() for year in YEARS}
    national = {f"{flow}_{year}.csv" for flow in ("AIC", "ANA", "CDM") for year in YEARS}
    others = {name for name in names if name.split("_")[0] in ("FAR", "DIR", "SPE", "PS", "SIND", "NPIA", "SUP")}
    assert names - others == sism | yearly | national


def test_a_file_holds_the_region_year_and_period_of_its_name(clean):
    for flow in ("ANT", "PST", "PSR"):
        for line in clean.lines(flow):
            _, region, year, period = line.file.removesuffix(".csv").split("_")
            assert set(line.fields[:3]) == {region, year, period}


def test_the_wording_of_the_header_varies_and_its_number_of_fields_does_not(clean):
    headers = {p.read_text(encoding="utf-8").splitlines()[0] for p in clean.summary.delivery.glob("PST_*.csv")}
    assert len(headers) == 4
    assert {h.count("~") for h in headers} == {16}


def test_the_register_has_all_departments_with_their_services(clean):
    rows = [line.fields for line in clean.lines("STR") if line.fields[4] == "2015"]
    departments = {row[:3] for row in rows}
    assert 140 <= len(departments) <= 165
    assert {row[0] for row in rows} == set(regions())
    for kind in ("CSM", "SPDC", "SR", "CD"):
        assert {row[:3] for row in rows if row[5] == kind} == departments
    # catchments of the centres add up to the residents times the scale: 60,795,612 on 1 January 2015
    assert sum(int(row[8]) for row in rows if row[5] == "CSM") == pytest.approx(60_796, rel=0.01)
    assert {row[8] for row in rows if row[5] != "CSM"} == {""}


def test_public_psychiatric_records_are_of_a_hospital_in_the_register(clean):
    known = {(row.fields[0], row.fields[3]) for row in clean.lines("STR") if row.fields[5] == "SPDC"}
    wards = [line.fields for line in clean.lines("SDO") if "40" in (line.fields[11][:2], line.fields[15][:2])]
    public = {(f[0], f[1]) for f in wards if f[23] == "1"}
    assert public and public <= known
    assert not {(f[0], f[1]) for f in wards if f[23] == "2"} & known


def test_keys_are_unique(clean):
    for flow, width in {"ANT": 6, "ANR": 6, "CNT": 8, "CNR": 8, "PST": 10}.items():
        keys = [line.fields[:width] for line in clean.lines(flow)]
        assert len(keys) == len(set(keys))
    keys = [line.fields[:8] + line.fields[9:10] for flow in ("PSR", "PSS") for line in clean.lines(flow)]
    assert len(keys) == len(set(keys))
    sheets = [line.fields[:4] for line in clean.lines("SDO")]
    assert len(sheets) == len(set(sheets))


def test_the_same_bytes_whatever_the_workers_and_the_chunks(spoilt, tmp_path):
    other = synthesize(tmp_path / "again", 0.002, 7, YEARS, workers=1, chunk=41)
    assert checksums(other.delivery) == checksums(spoilt.summary.delivery)
    assert other.records == spoilt.summary.records
    assert other.spoilt == spoilt.summary.spoilt


def test_another_seed_is_another_nation(clean, tmp_path):
    other = synthesize(tmp_path, 0.001, 8, range(2015, 2016), error_rate=0.0, workers=1)
    name = "PST_030_2015_S1.csv"
    assert (other.delivery / name).read_bytes() != (clean.summary.delivery / name).read_bytes()


def test_a_larger_nation_holds_every_line_of_a_smaller_one(clean, tmp_path):
    larger = synthesize(tmp_path, 0.0015, 7, range(2015, 2016), error_rate=0.0, workers=2)
    for flow in ("ANT", "CNT", "PST", "CNR", "PSR", "PSS", "SDO"):
        for path in clean.summary.delivery.glob(f"{flow}_*_2015*.csv"):
            lines = path.read_text(encoding="utf-8").splitlines()
            assert set(lines) <= set((larger.delivery / path.name).read_text(encoding="utf-8").splitlines())


def test_the_counts_of_the_truth_are_those_of_the_files(spoilt):
    for row in spoilt.truth("counts"):
        folders = (spoilt.summary.delivery, spoilt.summary.delivery.parent / "late")
        path = next(f / row["file"] for f in folders if (f / row["file"]).exists())
        lines = path.read_bytes().count(b"\n")
        assert row["records"] == lines - 1


def test_it_says_that_it_is_synthetic(clean):
    note = (clean.summary.delivery / "LEGGIMI.txt").read_text(encoding="utf-8")
    assert "SINTETICI" in note and "SYNTHETIC" in note
    marker = json.loads((clean.summary.delivery.parent / "SYNTHETIC.json").read_text())
    assert marker == {"synthetic": True, "scale": 0.001, "seed": 7, "years": [2014, 2015], "error_rate": 0.0}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"scale": 0}, "scale"), ({"scale": 11}, "scale"), ({"years": range(2005, 2007)}, "years"),
     ({"years": range(2012, 2016, 2)}, "years"), ({"error_rate": -1}, "error rate"), ({"workers": 0}, "worker")],
)  # fmt: skip
def test_what_cannot_be_made_is_refused(tmp_path, wrong, said):
    asked = {"scale": 0.001, "seed": 7, "years": YEARS} | wrong
    with pytest.raises(UsageError, match=said):
        synthesize(tmp_path / "new", **asked)
    assert not (tmp_path / "new").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="holds something"):
        synthesize(tmp_path, 0.001, 7, YEARS)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
