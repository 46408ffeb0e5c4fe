"""Ratios of mortality and treatment gaps in a release: what is hidden, what is shown, and what a second one adds."""

import csv
import hashlib
import json
import random
from pathlib import Path

import pandas as pd
import pytest

from percorsi.digests import digest
from percorsi.errors import PercorsiError
from percorsi.home import Home
from percorsi.release import make
from percorsi.release.bundle import _json
from percorsi.release.contents import prepare
from percorsi.release.disclosure import NUMBERS
from release_attacker import Attacker
from release_cells import cell, frame

CATALOGUE = [
    {"code": "S44", "title": "Mortalità", "kind": "smr"},
    {"code": "S24", "title": "Gap", "kind": "gap"},
    {"code": "S20", "title": "Visita", "kind": "proportion"},
    {"code": "S2", "title": "Età", "kind": "mean"},
]
FUNNEL = ["funnel_lower", "funnel_upper", "funnel_lower_998", "funnel_upper_998"]


class Run:
    run_id, year, tags = "run-1", 2015, {"ended": "2016-11-03T10:00:00+00:00"}


def ratio(area: str, deaths: int, expected: float, persons: int, sex: str = "", component: str = "") -> dict:
    row = cell(area, 0, 0, sex, code="S44") | {"component": component, "reason": None}
    row |= {"numerator": deaths, "denominator": expected, "persons": persons}
    if expected < 1:
        return row | {"reason": "expected_below_one"}
    value = deaths / expected
    limits = {"lower": value / 2, "upper": value * 2, "lower_998": value / 3, "upper_998": value * 3}
    return row | limits | {"value": value, "method": "poisson_exact" if deaths < 10 else "byar"}


def gap(area: str, treated: int, residents: int, component: str = "", prevalence: float = 50.0) -> dict:
    rate = treated * 10_000 / residents
    covered = rate / prevalence
    row = cell(area, 0, 0, code="S24") | {"component": component, "reason": None, "persons": residents}
    value = covered if component else 1 - covered
    return row | {"numerator": rate, "denominator": prevalence, "value": value, "lower": value - 0.1, "upper": value}


def both(area: str, treated: int, residents: int) -> list[dict]:
    return [gap(area, treated, residents), gap(area, treated, residents, "coverage")]


def released(home: Home, *rows: dict, name: str = "a") -> pd.DataFrame:
    folder = make(home, Run(), name, frame(*rows), CATALOGUE)
    table = pd.read_csv(folder / "values.csv", dtype={"area": str, "sex": str, "component": str, "reason": str})
    text = table[["component", "sex"]].fillna("")
    return table.assign(**text).set_index(["code", "component", "area", "sex"])


def hidden(table: pd.DataFrame) -> list[str]:
    assert table.loc[table["status"] != "published", NUMBERS].isna().all(axis=None)
    return sorted(" ".join(filter(None, key)) for key in table.index[table["status"] == "suppressed"])


REGIONS = [
    ratio("IT", 71, 40.26, 2340),
    ratio("020", 2, 1.44, 120),
    ratio("030", 20, 11.11, 900),
    ratio("050", 19, 12.22, 620),
    ratio("060", 30, 15.49, 700),
]


def test_two_deaths_are_hidden_and_not_the_total_less_the_rest(home: Home) -> None:
    table = released(home, *REGIONS)
    assert hidden(table) == ["S44 020", "S44 050"]  # the region with the fewest persons of the others


def test_two_survivors_are_hidden(home: Home) -> None:
    assert hidden(released(home, ratio("030", 28, 20.0, 30))) == ["S44 030"]
    assert hidden(released(home, ratio("030", 27, 20.0, 30), name="b")) == []


def test_a_ratio_over_nine_persons_is_hidden_and_one_over_ten_shown(home: Home) -> None:
    assert hidden(released(home, ratio("030", 3, 1.5, 9), ratio("080", 3, 1.5, 10))) == ["S44 030"]


def test_a_ratio_over_few_persons_is_not_the_total_less_the_rest(home: Home) -> None:
    rows = [ratio("IT", 43, 31.5, 909), ratio("030", 3, 1.5, 9), ratio("050", 20, 15.0, 400), ratio("080", 20, 15, 500)]
    assert hidden(released(home, *rows)) == ["S44 030", "S44 050"]


def test_expected_deaths_and_ratio_are_rounded_and_the_persons_shown(home: Home) -> None:
    row = released(home, ratio("030", 20, 11.1149, 900)).loc[("S44", "", "030", "")]
    assert (row["numerator"], row["denominator"], row["persons"]) == (20, 11.11, 900)
    # 20 / 11.1149 = 1.79939...
    shown = row[["value", "lower", "upper", "lower_998", "upper_998"]].astype(float).tolist()
    assert shown == [1.8, 0.9, 3.6, 0.6, 5.4]


def test_where_less_than_one_death_is_expected_neither_count_is_shown_nor_follows(home: Home) -> None:
    rows = [ratio("IT", 41, 30.9, 940), ratio("030", 1, 0.9, 40), ratio("050", 20, 15, 400), ratio("080", 20, 15, 500)]
    table = released(home, *rows)
    assert table.loc[("S44", "", "030", ""), ["status", "reason"]].tolist() == ["absent", "expected_below_one"]
    assert hidden(table) == ["S44 050"]  # of 41, 20 and 20 the one would follow
    none = [ratio("IT", 40, 30.9, 940), ratio("030", 0, 0.9, 40), *rows[2:]]
    table = released(home, *none, name="b")
    assert hidden(table) == []  # that nobody died is no secret
    assert table.loc[("S44", "", "030", ""), "status"] == "absent"


def test_men_and_women_of_departments_are_no_rows_and_those_of_regions_share_the_fate_of_the_sexes(home: Home) -> None:
    rows = [
        *(ratio("030", *n) for n in ((32, 20.0, 900),)),
        *(ratio("030", *n) for n in ((30, 18.5, 600, "1"), (2, 1.5, 300, "2"))),
        *(ratio("030", *n) for n in ((30, 18.5, 600, "", "M"), (2, 1.5, 300, "", "F"))),
        *(ratio("030-1-1", *n) for n in ((32, 20.0, 900), (30, 18.5, 600, "", "M"), (2, 1.5, 300, "", "F"))),
    ]
    table = released(home, *rows)
    assert hidden(table) == ["S44 030 1", "S44 030 2", "S44 F 030", "S44 M 030"]
    assert table.index[table["level"] == "dsm"].tolist() == [("S44", "", "030-1-1", "")]


def test_men_hidden_for_those_of_another_region_are_hidden_as_a_component_too(home: Home) -> None:
    men = {"IT": (71, 2340), "020": (2, 120), "030": (20, 900), "050": (19, 620), "060": (30, 700)}
    rows = [ratio(area, n, 9.0, d, "1") for area, (n, d) in men.items()]
    rows += [ratio(area, n, 9.0, d, "", "M") for area, (n, d) in men.items()]
    table = released(home, *rows)
    assert hidden(table) == ["S44 020 1", "S44 050 1", "S44 M 020", "S44 M 050"]


def test_two_treated_are_hidden_in_gap_and_coverage(home: Home) -> None:
    rows = [*both("IT", 92, 46_000), *both("020", 2, 6_000), *both("030", 40, 15_000), *both("050", 50, 25_000)]
    table = released(home, *rows)
    assert hidden(table) == ["S24 020", "S24 030", "S24 coverage 020", "S24 coverage 030"]
    nation = table.loc[("S24", "coverage", "IT", "")]
    # 92 of 46,000 are 20 in 10,000, of 50 estimated
    assert (nation["numerator"], nation["denominator"], nation["persons"], nation["value"]) == (20, 50, 46_000, 0.4)


def test_more_treated_than_residents_are_no_reason_to_refuse_a_release(home: Home) -> None:
    table = released(home, gap("030-1-1", 40, 30))
    assert table.iloc[0][["status", "persons"]].tolist() == ["published", 30]


def test_a_run_that_does_not_say_out_of_how_many_is_not_released(home: Home) -> None:
    rows = [ratio("030", 20, 11.1, 900) | {"persons": None}, ratio("050", 2, 11.1, 900)]
    with pytest.raises(PercorsiError, match=r"how many persons its values are over \(codes S44\)"):
        released(home, *rows)
    assert not home.releases.exists()


def test_a_second_release_of_a_run_shows_what_the_first_did(home: Home) -> None:
    rows = [
        *REGIONS,
        *(ratio("030-1-1", *n) for n in ((20, 11.11, 900),)),
        *both("IT", 92, 46_000),
        *both("020", 2, 6_000),
        *both("030", 40, 15_000),
        *both("050", 50, 25_000),
    ]
    first = released(home, *rows)
    second = released(home, *rows, name="b")
    pd.testing.assert_frame_equal(first, second)
    told = json.loads((home.releases / "b" / "metadata.json").read_text())["disclosure_control"]["earlier_releases"]
    # regions 020 and 050 of the ratio, 020 and 030 of the gap and, again, of its coverage
    assert told == [{"release": "a", "hidden_then": 6, "small_changes": 0, "small_changes_of_means": 0}]


def test_what_an_earlier_release_hid_of_a_ratio_stays_hidden(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as other:
        other.setattr("percorsi.release.suppression.smallest", lambda table, options: max(options, default=None))
        before = hidden(released(home, *REGIONS))
    assert before == ["S44 020", "S44 060"]
    # 050, with fewer persons, would be hidden with 020 now: then 060 would tell
    assert hidden(released(home, *REGIONS, name="b")) == ["S44 020", "S44 060"]


def as_of_old(folder: Path) -> None:
    """The release as it was made before there were further columns."""
    path = folder / "values.csv"
    rows = list(csv.DictReader(path.open(newline="", encoding="utf-8")))
    left = [c for c in rows[0] if not c.startswith(("funnel", "overdispersion", "persons")) and "998" not in c]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, left, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    told = json.loads((folder / "metadata.json").read_text())
    told.pop("digest")
    told["files"]["values.csv"] = hashlib.sha256(path.read_bytes()).hexdigest()
    told["digest"] = digest(told)
    (folder / "metadata.json").write_bytes(_json(told))


def test_a_release_without_the_new_columns_counts_as_an_earlier_one(home: Home, monkeypatch) -> None:
    counts = {"IT": (71, 340), "020": (1, 20), "030": (20, 100), "050": (20, 120), "060": (30, 100)}
    rows = [cell(area, *n) for area, n in counts.items()]
    with monkeypatch.context() as other:
        other.setattr("percorsi.release.suppression.smallest", lambda table, options: max(options, default=None))
        assert hidden(released(home, *rows)) == ["S20 020", "S20 060"]
    as_of_old(home.releases / "a")
    assert "persons" not in (home.releases / "a" / "values.csv").read_text()
    found = hidden(released(home, *rows, *REGIONS, name="b"))
    assert found == ["S20 020", "S20 060", "S44 020", "S44 050"]  # the first as then, the ratio afresh


def test_deaths_shown_without_the_persons_are_not_known_to_be_the_same(home: Home) -> None:
    released(home, ratio("030", 20, 11.1, 900), ratio("050", 2, 3.3, 900))
    as_of_old(home.releases / "a")
    released(home, ratio("030", 20, 11.1, 900), ratio("050", 2, 3.3, 900), name="b")
    told = json.loads((home.releases / "b" / "metadata.json").read_text())["disclosure_control"]["earlier_releases"]
    assert told == [{"release": "a", "hidden_then": 1, "small_changes": 0, "small_changes_of_means": 0}]


def test_funnels_are_of_the_rows_that_are_shown(home: Home) -> None:
    counts = {"IT": (100, 400), "030": (100, 400), "030-1-1": (2, 60), "030-1-2": (36, 100), "030-1-3": (40, 120)}
    rows = [cell(area, *n) for area, n in (counts | {"030-1-4": (22, 120)}).items()]
    table = released(home, *rows)
    assert hidden(table) == ["S20 030-1-1", "S20 030-1-2"]
    assert table.loc[table["status"] == "suppressed", FUNNEL].isna().all(axis=None)
    # 0.25 -+ 1.959964 * sqrt(0.25 * 0.75 / 120)
    shown = table.loc[("S20", "", "030-1-3", ""), FUNNEL[:2]].astype(float).tolist()
    assert shown == pytest.approx([0.172525, 0.327475], abs=1e-6)
    # of the two shown: 40/120 and 22/120, 2.108 and -1.687 standard errors; drawn in to 1.729 and -1.307
    assert table.loc[("S20", "", "IT", ""), "overdispersion"] == pytest.approx(2.348, abs=2e-3)
    moved = [cell(*one) for one in (("030-1-1", 1, 60), ("030-1-2", 37, 100))]
    again = released(home, *rows[:2], *moved, *rows[4:], name="b")
    pd.testing.assert_frame_equal(again, table)  # hidden ones move nothing


def test_funnels_of_ratios_and_means_have_the_decimals_of_their_values(home: Home) -> None:
    spread = {"value": 40.0, "sd": 12.344, "median": 40, "q1": 33, "q3": 47, "lower_998": 1.2345}
    means = [cell(area, 0, 90, code="S2") | {"numerator": 3600.0} | spread for area in ("IT", "030-1-1")]
    table = released(home, ratio("IT", 50, 40.04, 900), ratio("030-1-1", 50, 40.04, 900), *means)
    for code in ("S44", "S2"):
        limits = table.loc[(code, "", "030-1-1", ""), FUNNEL].astype(float)
        assert limits.notna().all()
        assert limits.tolist() == limits.round(2).tolist()
    # 40 - 1.959964 * 12.34 / sqrt(90), the deviation as it is shown
    assert table.loc[("S2", "", "030-1-1", ""), "funnel_lower"] == 37.45
    assert table.loc[("S2", "", "IT", ""), "lower_998"] == 1.23


def nation(chance: random.Random, persons: int) -> pd.DataFrame:
    """A nation of three regions with three departments each: deaths and expected deaths, also by sex."""
    areas = [f"{region}-101-00{i}" for region in ("030", "080", "150") for i in (1, 2, 3)]
    people = [(chance.choice(areas), chance.choice("12"), chance.random() < 0.06) for _ in range(persons)]
    rows = []
    for area in ["IT", "030", "080", "150", *areas]:
        for sex, component in (("", ""), ("1", ""), ("2", ""), ("", "M"), ("", "F")):
            if len(area) > 3 and sex:
                continue
            wanted = {"M": "1", "F": "2"}.get(component, sex)
            own = [died for dsm, of, died in people if (area == "IT" or dsm.startswith(area)) and wanted in ("", of)]
            if own:
                rows.append(ratio(area, sum(own), 0.05 * len(own), len(own), sex, component))
    return prepare(frame(*rows))


@pytest.mark.parametrize(("seed", "persons"), [(1, 60), (2, 150), (3, 400), (4, 900), (5, 1500)])
def test_no_attack_on_the_deaths_of_a_nation_succeeds(home: Home, seed: int, persons: int) -> None:
    values = nation(random.Random(seed), persons)
    make(home, Run(), "a", values, CATALOGUE)
    text = dict.fromkeys(["component", "area", "sex", "age_class", "code", "status", "reason"], str)
    release = pd.read_csv(home.releases / "a" / "values.csv", dtype=text).fillna({"component": "", "sex": ""})
    release["age_class"] = ""
    gone = (values["level"] == "dsm") & (values["component"] != "")
    truth = values[~gone].reset_index(drop=True)
    assert release[["area", "component", "sex"]].equals(truth[["area", "component", "sex"]])
    truth["denominator"] = truth["persons"]
    # what the run tells of rows without a ratio is shown no more than what is suppressed
    release.loc[release["reason"] == "expected_below_one", "status"] = "suppressed"
    # men and women are the rows by sex under another name: what the one shows the other does
    sexes = {"M": "1", "F": "2"}
    status = release.set_index(["area", "component", "sex"])["status"]
    for row in release[release["component"] != ""].itertuples():
        assert row.status == status[row.area, "", sexes[row.component]]
    own = (release["component"] == "").to_numpy()
    assert Attacker(release[own].reset_index(drop=True), truth[own].reset_index(drop=True)).told() == []
    if persons > 1000:
        assert (release["status"] == "published").mean() > 0.2
