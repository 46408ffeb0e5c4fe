"""A late or corrected file costs its own region: what is made again, what is left as it lies, and what comes out."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from current_records import deliver, list_files
from percorsi.conformed import conform
from percorsi.conformed.recipes import Regional, recipes
from percorsi.home import Home
from percorsi.storage import Store
from percorsi.tables import declared_tables

KEY = bytes(range(32))
REGIONS = ("030", "080", "120")
BY_REGION = {f"conformed/{recipe.name}" for recipe in recipes() if isinstance(recipe, Regional)}


def _of(region: str) -> dict[str, list[dict]]:
    """Two persons of a region, one of them known in all regions, with a record in every flow that has regions."""
    place = {"region": region, "azienda": "301", "dsm": "001", "year": "2015", "period": "S1"}
    told = {**place, "structure": "S1", "contact_id": "1"}
    own, shared = {**told, "id_rec": "own"}, {**told, "id_rec": "shared"}
    named = {**place, "cuni": "everywhere", "date": "2015-02-03"}
    pack = {"aic": "1", "packs": "1", "drug": "1", "quantity": "1", "conversion_factor": "1"}
    return {
        "ANT": [
            {**own, "cuni": f"only {region}", "cuni_type": "0", "sex": "1", "birth_year": "1970"},
            {**shared, "cuni": "everywhere", "cuni_type": "0", "sex": "2", "birth_year": "1980"},
        ],
        "CNT": [{**own, "opening_date": "2015-01-02"}, {**shared, "opening_date": "2015-01-03"}],
        "PST": [{**own, "date": f"2015-03-0{day}", "type": "01"} for day in range(1, 6)],
        "PSS": [{**shared, "date": "2015-03-02"}],
        "PSR": [{**own, "admission_date": "2015-03-02"}],
        "SDO": [
            {
                **{**named, "hospital": "H", "record": "1", "regime": "1"},
                **{"admission_date": "2015-05-01", "discharge_date": "2015-05-09"},
            }
        ],
        "FAR": [{**named, **pack}],
        "DIR": [{**named, **pack, "cuni_type": "0"}],
        "SPE": [{**named, "service": "89.52"}],
        "PS": [{**named, "slice_region": region, "entry_date": "2015-02-03"}],
        "SIND": [{**named, "serd": "S"}],
        "NPIA": [{**named, "structure": "N"}],
        "SUP": [{**named, "event_id": "1", "type": "PTI", "start_date": "2015-02-03", "attributes": "a=b"}],
    }


PACKS = [{"aic": "1", "atc": "N05AH03", "ddd_per_pack": "28"}]


def _fill(home: Home, of_regions: dict[str, dict[str, list[dict]]]) -> None:
    for flow in of_regions["030"]:
        deliver(home, flow, [row for flows in of_regions.values() for row in flows[flow]])
    deliver(home, "AIC", PACKS)
    list_files(home, [{"flow": "PST", "region": "030", "year": "2015", "period": "S1"}])


def _corrected() -> dict[str, dict[str, list[dict]]]:
    """Region 080 has another person behind an Id_Rec, a dispensing more and no emergency visit."""
    nation = {region: _of(region) for region in REGIONS}
    there = nation["080"]
    there["ANT"][0]["cuni"] = "another"
    there["FAR"].append({**there["FAR"][0], "date": "2015-09-01"})
    there["PS"] = []
    return nation


def _files(home: Home) -> dict[str, dict[str, set[str]]]:
    """Table -> region -> the files of its latest version."""
    found = {}
    for name in BY_REGION:
        log = pa.table(DeltaTable(str(home.tables / name)).get_add_actions(flatten=True)).to_pylist()
        assert all(file["num_records"] for file in log)
        regions = {file["partition.region"] for file in log}
        found[name] = {r: {file["path"] for file in log if file["partition.region"] == r} for r in regions}
    return found


def _rows(store: Store) -> dict[str, list[str]]:
    return {name: sorted(map(str, store.read(name).collect())) for name in declared_tables("conformed")}


def _stop_at(table: str):
    def tick(name: str) -> None:
        if name == table:
            raise KeyboardInterrupt

    return tick


@pytest.fixture(scope="module")
def corrected(tmp_path_factory, spark, settings):
    """A home conformed, corrected in one region, stopped half way, and conformed again; files before and after."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERCORSI_PERSON_KEY", KEY.hex())
        store = Store(Home(tmp_path_factory.mktemp("regions") / "home"), spark)
        _fill(store.home, {region: _of(region) for region in REGIONS})
        conform(store, settings)
        before, versions = _files(store.home), {name: store.version(name) for name in declared_tables("conformed")}
        nation = _corrected()
        for flow in ("ANT", "FAR", "PS"):
            deliver(store.home, flow, nation["080"][flow], only_region="080")
        with pytest.raises(KeyboardInterrupt):
            conform(store, settings, _stop_at("presence"))
        made = {name for name in versions if store.version(name) != versions[name]}
        conform(store, settings)
        yield store, before, made


def test_files_are_few_and_of_one_region(corrected) -> None:
    _, before, _ = corrected
    assert {name: {region: len(files) for region, files in found.items()} for name, found in before.items()} == {
        name: dict.fromkeys(REGIONS, 1) for name in BY_REGION
    }


def test_every_file_is_sorted_by_person(corrected) -> None:
    store, _, _ = corrected
    for name, regions in _files(store.home).items():
        for path in (path for paths in regions.values() for path in paths):
            persons = pq.ParquetFile(store.home.tables / name / path).read(columns=["person_id"])["person_id"]
            assert persons.to_pylist() == sorted(persons.to_pylist()), name


def test_only_the_corrected_region_lies_in_new_files(corrected) -> None:
    store, before, _ = corrected
    after = _files(store.home)
    touched = {"registration", "care_episode", "intervention", "presence", "residential_stay", "dispensing"}
    for name in BY_REGION:
        again = {region for region in REGIONS if after[name].get(region, set()) != before[name][region]}
        expected = {"080"} if name.split("/")[1] in touched | {"emergency_visit"} else set()
        assert again == expected, name
        assert not any(after[name].get(region, set()) & before[name][region] for region in again)
    assert "080" not in after["conformed/emergency_visit"]


def test_a_stopped_run_is_taken_up_where_it_ended(corrected) -> None:
    _, _, made = corrected
    assert made == {f"conformed/{name}" for name in ("person", "registration", "care_episode", "intervention")}


def test_it_ends_as_if_made_from_scratch(corrected, tmp_path, settings, monkeypatch) -> None:
    store, _, _ = corrected
    monkeypatch.setenv("PERCORSI_PERSON_KEY", KEY.hex())
    fresh = Store(Home(tmp_path / "home"), store.spark)
    _fill(fresh.home, _corrected())
    conform(fresh, settings)
    rows = _rows(store)
    assert rows == _rows(fresh)
    assert (len(rows["conformed/intervention"]), len(rows["conformed/dispensing"])) == (15, 7)


def test_another_register_of_packs_makes_the_dispensings_of_all_regions_again(corrected, settings, monkeypatch) -> None:
    store, _, _ = corrected
    monkeypatch.setenv("PERCORSI_PERSON_KEY", KEY.hex())
    before = {name: store.version(name) for name in declared_tables("conformed")}
    files = _files(store.home)
    deliver(store.home, "AIC", [{**PACKS[0], "ddd_per_pack": "14"}])
    after = conform(store, settings)
    assert {name for name in before if after[name] != before[name]} == {
        f"conformed/{name}" for name in ("drug_pack", "dispensing", "unknown_pack")
    }
    name = "conformed/dispensing"
    assert all(not files[name][region] & _files(store.home)[name][region] for region in REGIONS)
    assert {float(r.ddds) for r in store.read(name).collect()} == {14.0}


def test_a_register_that_says_the_same_makes_no_dispensing_again(corrected, settings, monkeypatch) -> None:
    store, _, _ = corrected
    monkeypatch.setenv("PERCORSI_PERSON_KEY", KEY.hex())
    conform(store, settings)
    before = {name: store.version(name) for name in declared_tables("conformed")}
    register = DeltaTable(str(store.home.tables / "current/AIC")).to_pyarrow_table().to_pylist()
    deliver(store.home, "AIC", register)
    # a code list that says something else makes the tables again that rest on it
    monkeypatch.setattr("percorsi.conformed.recipes.event_attribute_sql", lambda name: f"{name} = 'shared'")
    monkeypatch.setattr("percorsi.conformed.recipes.discipline_sql", lambda name, ward: f"{ward} = '{name}'")
    after = conform(store, settings)
    assert {name for name in before if after[name] != before[name]} == {
        f"conformed/{name}" for name in ("drug_pack", "unknown_pack", "supplementary_event", "hospital_stay")
    }
