"""A release beside earlier ones of the same year: together they tell no more than one."""

import json

import pandas as pd
import pytest

from percorsi.errors import ResultUnavailable
from percorsi.home import Home
from percorsi.release import make
from percorsi.release.disclosure import protect
from percorsi.release.history import compare
from percorsi.release.suppression import Rule
from release_cells import cell, frame


class Run:
    run_id, year, tags = "run-1", 2015, {"ended": "2016-11-03T10:00:00+00:00"}


CATALOGUE = [{"code": "S20", "title": "Visita", "kind": "proportion"}]
REGIONS = [cell("IT", 71, 340), cell("020", 1, 20), cell("030", 20, 100), cell("050", 20, 120), cell("060", 30, 100)]


def released(home: Home, name: str, *rows: dict) -> tuple[dict[str, str], dict]:
    folder = make(home, Run(), name, frame(*rows), CATALOGUE)
    table = pd.read_csv(folder / "values.csv", dtype=str)
    told = json.loads((folder / "metadata.json").read_text())["disclosure_control"]["earlier_releases"]
    return {a: s[0] for a, s in zip(table["area"], table["status"], strict=True)}, told


def test_the_first_release_hides_the_smallest_other_region(home: Home) -> None:
    shown, told = released(home, "a", *REGIONS)
    assert shown == {"IT": "p", "020": "s", "030": "s", "050": "p", "060": "p"}
    assert told == []


def test_what_was_hidden_stays_hidden_while_the_numbers_around_it_are_the_same(home: Home, monkeypatch) -> None:
    # An earlier release hid 050 with 020. Hiding 030 now and showing 050 would tell 020: 71 - 20 - 30 - (20 of then).
    with monkeypatch.context() as other:
        other.setattr("percorsi.release.suppression.smallest", lambda table, options: max(options, default=None))
        before, _ = released(home, "a", *REGIONS[:3], REGIONS[4], REGIONS[3])
    assert [k for k, v in before.items() if v == "s"] == ["020", "060"]
    after, told = released(home, "b", *REGIONS)
    assert after == {"IT": "p", "020": "s", "030": "p", "050": "p", "060": "s"}
    assert told == [{"release": "a", "hidden_then": 2, "small_changes": 0, "small_changes_of_means": 0}]


def test_another_delivery_starts_afresh(home: Home) -> None:
    released(home, "a", *REGIONS)
    regions = [cell("020", 15, 100), cell("030", 41, 200), cell("050", 40, 200), cell("060", 54, 200)]
    after, told = released(home, "b", cell("IT", 150, 700), *regions)
    assert set(after.values()) == {"p"}
    assert told[0]["hidden_then"] == 2


def test_what_an_earlier_release_showed_is_known() -> None:
    # 020 is small. The smallest companion is 030, but an earlier release showed it: 060 is hidden as well.
    assert [s[0] for s in protect(frame(*REGIONS)).frame["status"]] == ["p", "s", "s", "p", "p"]
    known = protect(frame(*REGIONS), known={2}).frame["status"]
    assert [s[0] for s in known] == ["p", "s", "s", "p", "s"]
    # the small one itself shown before: it cannot be taken back, and is hidden all the same; 030 is not small
    assert [s[0] for s in protect(frame(*REGIONS), known={1}).frame["status"]] == ["p", "s", "s", "p", "p"]


def test_what_cannot_be_protected_any_more_is_not_released() -> None:
    # an earlier release showed all but the small one: it is 71 - 20 - 20 - 30, whatever is hidden now
    with pytest.raises(ResultUnavailable, match="hidden values of S20 could be worked out") as caught:
        protect(frame(*REGIONS), known={0, 2, 3, 4})
    assert (
        "do not publish" in caught.value.next_step
    )  # an earlier release is in others' hands: removing it hides nothing
    assert "remove" not in caught.value.next_step


def test_small_changes_since_an_earlier_release_are_counted(home: Home) -> None:
    released(home, "a", *REGIONS)
    # one more person in 050 and in the nation
    changed = [cell("IT", 72, 341), *REGIONS[1:3], cell("050", 21, 121), REGIONS[4]]
    _, told = released(home, "b", *changed)
    assert told == [{"release": "a", "hidden_then": 2, "small_changes": 2, "small_changes_of_means": 0}]


def mean(area: str, n: int, total: float) -> dict:
    return {**cell(area, 0, n, code="S2"), "numerator": total, "value": total / n, "sd": 1.0}


def test_means_of_a_few_persons_more_are_counted(home: Home) -> None:
    # 030: the thirteenth person had 13 * 4.00 - 12 * 3.50 = 10; 080: one went, one came; 150: ten more; 190: the same
    entry = [{"code": "S2", "title": "Media", "kind": "mean"}]
    then = [mean("030", 12, 42), mean("080", 20, 60), mean("150", 20, 60), mean("190", 20, 60)]
    now = [mean("030", 13, 52), mean("080", 20, 65), mean("150", 30, 90), mean("190", 20, 60)]
    make(home, Run(), "a", frame(*then), entry)
    folder = make(home, Run(), "b", frame(*now), entry)
    told = json.loads((folder / "metadata.json").read_text())["disclosure_control"]["earlier_releases"]
    assert told == [{"release": "a", "hidden_then": 0, "small_changes": 0, "small_changes_of_means": 2}]
    assert set(pd.read_csv(folder / "values.csv")["status"]) == {"published"}  # as of counts: whoever publishes decides


@pytest.mark.parametrize("fault", ["a byte", "the year", "no metadata", "removed"])
def test_nothing_is_published_beside_a_release_that_is_not_what_was_released(home: Home, fault: str) -> None:
    released(home, "a", *REGIONS)
    folder = home.releases / "a"
    path = folder / ("values.csv" if fault in ("a byte", "removed") else "metadata.json")
    sound = path.read_bytes()
    if fault == "removed":
        path.unlink()
    else:
        # a changed year would take the release out of the comparison
        changes = {
            "a byte": (b"340", b"341"),
            "the year": (b'"year": 2015', b'"year": 2014'),
            "no metadata": (b"{", b""),
        }
        path.write_bytes(sound.replace(*changes[fault], 1))
    with pytest.raises(ResultUnavailable, match=f"the release a is not what was released: {path.name}") as caught:
        released(home, "b", *REGIONS)
    assert caught.value.exit_code == 7
    assert f"restore {folder} from a copy" in caught.value.next_step
    assert [p.name for p in home.releases.iterdir()] == ["a"]
    path.write_bytes(sound)
    released(home, "b", *REGIONS)


def test_a_changed_release_of_another_year_is_in_nobodys_way(home: Home) -> None:
    released(home, "a", *REGIONS)
    (home.releases / "a" / "values.csv").write_text("")
    assert compare(home, 2016, frame(*REGIONS), Rule()).summary == []
