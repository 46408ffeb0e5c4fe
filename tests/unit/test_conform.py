"""The stage `conform` on a handful of current records: what comes out, what is counted, what is made again."""

import hashlib
import hmac

import pytest

from current_records import deliver, list_files
from percorsi.conformed import conform, table_count
from percorsi.conformed.identity import ANONYMOUS_CUNI, KEY_FINGERPRINT, fingerprint
from percorsi.conformed.sources import COLUMNS, Sources
from percorsi.errors import ConfigurationError
from percorsi.flows.layout import load_layouts
from percorsi.home import Home
from percorsi.storage import Store
from percorsi.tables import declared_tables, table

KEY = bytes(range(32))
PLACE = {"region": "030", "azienda": "321", "dsm": "001"}
S1, S2 = {"year": "2015", "period": "S1"}, {"year": "2015", "period": "S2"}
CONTACT = {"structure": "S00001", "contact_id": "1"}
ANNA, BRUNO, CARLA = "A" * 88, "B" * 88, "C" * 88
MARCH = {"region": "030", "file_year": "2015", "file_period": "03"}

CURRENT = {
    "ANT": [
        {**PLACE, **S1, "id_rec": "anna", "cuni": ANNA, "cuni_type": "0", "sex": "2", "birth_year": "1970"},
        {**PLACE, **S2, "id_rec": "anna", "cuni": ANNA, "cuni_type": "0", "sex": "2", "birth_year": "1970"},
        {**PLACE, **S2, "id_rec": "anna2", "cuni": ANNA, "cuni_type": "0", "sex": "1", "birth_year": "1970"},
        {**PLACE, **S1, "id_rec": "nameless", "cuni": "", "cuni_type": "99", "sex": "9", "birth_year": "1960"},
    ],
    "ANR": [{**PLACE, **S1, "id_rec": "bruno", "cuni": BRUNO, "cuni_type": "0", "sex": "1", "birth_year": "1980"}],
    "CNT": [
        {**PLACE, **S1, **CONTACT, "id_rec": "anna", "opening_date": "2014-12-01", "opening_diagnosis": "295.30"},
        {
            **{**PLACE, **S2, **CONTACT, "id_rec": "anna", "opening_date": "2014-12-01", "opening_diagnosis": "29530"},
            **{"closing_date": "2015-09-30", "closing_diagnosis": "xxxxx", "conclusion_mode": "9"},
        },
    ],
    "CNR": [{**PLACE, **S1, **CONTACT, "id_rec": "bruno", "opening_date": "2015-01-01", "opening_diagnosis": "99999"}],
    "PST": [
        {**PLACE, **S1, **CONTACT, "id_rec": "anna", "date": "2015-03-02", "type": "01", "operator_1": "1"},
        {**PLACE, **S1, **CONTACT, "id_rec": "anna", "date": "2015-03-01", "type": "01", "operator_1": "1"},
        {**PLACE, **S1, **CONTACT, "id_rec": "anna", "date": "2015-03-01", "type": "01", "operator_1": "1"},
        {**PLACE, **S1, **CONTACT, "id_rec": "nameless", "date": "2015-03-01", "type": "15", "operator_2": ""},
        {**PLACE, **S1, **CONTACT, "id_rec": "bruno", "date": "2015-03-01", "type": "02"},  # of the other register
        {**PLACE, **S1, **CONTACT, "id_rec": "stranger", "date": "2015-03-01", "type": "01"},
        {**PLACE, **S2, **CONTACT, "id_rec": "stranger", "date": "2015-09-01", "type": "01"},
        {**PLACE, **S2, **CONTACT, "id_rec": "stranger", "date": "2015-09-02", "type": "01"},
    ],
    "PSR": [{**PLACE, **S1, **CONTACT, "id_rec": "bruno", "structure_type": "4", "admission_date": "2015-02-01"}],
    "SDO": [
        {
            **{
                "region": "030",
                "hospital": "H1",
                "year": "2015",
                "record": "1",
                "cuni": ANNA,
                "sex": "2",
                "regime": "1",
            },
            **{"admission_date": "2015-05-01", "discharge_date": "2015-05-09", "admission_ward": "4001"},
            **{"discharge_ward": "4001", "admission_type": "3", "discharge_mode": "2", "institution_type": "1"},
        },
        {"region": "080", "hospital": "H2", "year": "2015", "record": "1", "cuni": ANONYMOUS_CUNI, "regime": "1"},
    ],
    "FAR": [
        {**MARCH, "cuni": ANNA, "date": "2015-03-10", "aic": "111111111", "packs": "2"},
        {**MARCH, "cuni": ANNA, "date": "2015-03-10", "aic": "999999999", "packs": "1"},
        {**MARCH, "cuni": ANONYMOUS_CUNI, "date": "2015-03-10", "aic": "111111111", "packs": "1"},
    ],
    "DIR": [
        {
            **{**MARCH, "cuni": BRUNO, "cuni_type": "0", "birth_date": "1981-01-01", "sex": "2", "date": "2015-03-02"},
            **{"drug": "111111111", "quantity": "14.00", "conversion_factor": "28"},
        },
        {**MARCH, "cuni": BRUNO, "cuni_type": "98", "date": "2015-03-02", "drug": "111111111", "quantity": "1"},
    ],
    "SPE": [{**MARCH, "cuni": ANNA, "date": "2015-03-11", "service": "90.27.1", "quantity": "1"}],
    "PS": [
        {
            **{"slice_region": "080", "institute": "080123", "cuni": ANNA, "cuni_type": "0", "birth_year": "1970"},
            **{"sex": "2", "entry_date": "2015-04-01", "main_diagnosis": "295.30"},
        },
    ],
    "SIND": [
        {**PLACE, "year": "2015", "serd": "SD1", "cuni": ANNA, "date": "2015-02-01", "contact_type": "1"},
        {**PLACE, "year": "2015", "serd": "SD1", "cuni": None, "date": "2015-02-02", "contact_type": "1"},
    ],
    "NPIA": [{**PLACE, "year": "2015", "structure": "NP1", "cuni": ANNA, "date": "2015-02-03", "diagnosis": "F90.1"}],
    "SUP": [
        {**PLACE, "year": "2015", "event_id": "1", "cuni": ANNA, "type": "PTI", "start_date": "2015-01-07"},
        {**PLACE, "year": "2015", "event_id": "2", "cuni": "", "type": "PTI", "start_date": "2015-01-08"},
    ],
    "ANA": [{"cuni": CARLA, "start_date": "2010-01-01", "sex": "2", "birth_year": "1950", "residence_region": "030"}],
    "CDM": [
        {"cuni": CARLA, "death_date": "2015-08-01", "cause": "X70.0"},
        {"cuni": ANONYMOUS_CUNI, "death_date": "2015-08-01", "cause": "X70", "file_year": "2015"},
    ],
    "AIC": [{"aic": "111111111", "atc": "N05AH03", "ddd_per_pack": "28", "form": "oral"}],
    "PER": [{**PLACE, "year": "2015", "profile": "nurse", "heads": "4", "weekly_hours": "144.5"}],
    "STR": [
        {**PLACE, "structure": "S00001", "year": "2015", "kind": "CSM", "seats": "", "population": "120000"},
    ],
}
LEDGER = [
    {"flow": "PST", "region": "030", "year": "2015", "period": "S1"},
    {"flow": "PST", "region": "030", "year": "2015", "period": "S1"},
    {"flow": "SDO", "region": "080", "year": "2015", "period": ""},
    {"flow": "SDO", "region": "080", "year": "2016", "period": "", "refused": "not of the layout"},
]


def number(text: str) -> int:
    return int.from_bytes(hmac.new(KEY, text.encode(), hashlib.sha256).digest()[:8], "big") >> 4


@pytest.fixture(scope="module")
def filled(tmp_path_factory, spark, settings) -> Store:
    """A home with current records, conformed once; PSS was never delivered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERCORSI_PERSON_KEY", KEY.hex())
        store = Store(Home(tmp_path_factory.mktemp("conform") / "home"), spark)
        for flow, rows in CURRENT.items():
            deliver(store.home, flow, rows)
        list_files(store.home, LEDGER)
        seen: list[str] = []
        versions = conform(store, settings, seen.append)
        assert sorted(versions) == declared_tables("conformed")
        assert [f"conformed/{name}" for name in seen] == list(versions)
        assert len(seen) == table_count()
        yield store


def rows_of(store: Store, name: str, *columns: str) -> list[tuple]:
    """In the order of the files, as they lie."""
    return [tuple(r) for r in store.read(f"conformed/{name}").selectExpr(*columns).collect()]


def test_every_table_is_as_declared(filled: Store) -> None:
    for name in declared_tables("conformed"):
        assert filled.read(name).schema == table(name).schema
    assert filled.property("conformed/presence", KEY_FINGERPRINT) == fingerprint(KEY)


def test_persons_and_their_registrations(filled: Store) -> None:
    anna, bruno, nameless = number(ANNA), number(BRUNO), number("record|030|321|001|nameless")
    assert sorted(rows_of(filled, "person", *table("conformed/person").columns)) == sorted(
        [
            (anna, "cuni", 3, True, False),
            (bruno, "cuni", 1, True, True),  # of direct distribution, which gives the date of birth
            (nameless, "local_record", 1, False, False),
            (number(CARLA), "cuni", 0, False, False),
        ]
    )
    columns = ["person_id", "register", "semester", "record_rank", "sex", "birth_year"]
    assert sorted(rows_of(filled, "registration", *columns)) == sorted(
        [
            (anna, "territorial", 1, 1, "2", 1970),
            (anna, "territorial", 2, 1, "2", 1970),
            (anna, "territorial", 2, 2, "1", 1970),
            (bruno, "residential", 1, 1, "1", 1980),
            (nameless, "territorial", 1, 1, "9", 1960),
        ]
    )


def test_activity_has_its_person(filled: Store) -> None:
    anna, bruno, nameless = number(ANNA), number(BRUNO), number("record|030|321|001|nameless")
    columns = ["person_id", "cast(date as string)", "type", "operator_2", "known_until"]
    found = [tuple(r) for r in filled.read("conformed/intervention").selectExpr(*columns).collect()]
    assert sorted(found, key=str) == sorted(
        [
            (anna, "2015-03-01", "01", None, None),
            (anna, "2015-03-01", "01", None, None),
            (anna, "2015-03-02", "01", None, None),
            (nameless, "2015-03-01", "15", None, None),
            (bruno, "2015-03-01", "02", None, None),
        ],
        key=str,
    )
    assert [f[1] for f in found if f[0] == anna] == ["2015-03-01", "2015-03-01", "2015-03-02"]
    columns = ["person_id", "register", "semester", "cast(opening_date as string)", "opening_diagnosis"]
    columns += ["cast(closing_date as string)", "closing_diagnosis", "conclusion_mode"]
    assert sorted(map(tuple, filled.read("conformed/care_episode").selectExpr(*columns).collect()), key=str) == sorted(
        [
            (anna, "territorial", 1, "2014-12-01", "29530", None, None, None),
            (anna, "territorial", 2, "2014-12-01", "29530", "2015-09-30", "xxxxx", "9"),
            (bruno, "residential", 1, "2015-01-01", "99999", None, None, None),
        ],
        key=str,
    )
    assert rows_of(filled, "residential_stay", "person_id", "structure_type", "discharge_date") == [(bruno, "4", None)]
    assert rows_of(filled, "presence", "person_id") == []


def test_hospital(filled: Store) -> None:
    assert rows_of(filled, "hospital_record", "person_id", "region", "record_rank") == [(number(ANNA), "030", 1)]
    assert rows_of(filled, "hospital_stay", "person_id", "spdc_records", "compulsory_records") == [(number(ANNA), 1, 1)]


def test_the_other_flows_have_their_person(filled: Store) -> None:
    anna, bruno, carla = number(ANNA), number(BRUNO), number(CARLA)
    columns = ["person_id", "channel", "region", "aic", "atc", "cast(ddds as double)", "reason"]
    found = [tuple(r) for r in filled.read("conformed/dispensing").selectExpr(*columns).collect()]
    assert sorted(found, key=str) == sorted(
        [
            (anna, "FAR", "030", "111111111", "N05AH03", 56.0, None),
            (anna, "FAR", "030", "999999999", None, None, "unknown_pack"),
            (bruno, "DIR", "030", "111111111", "N05AH03", 14.0, None),
        ],
        key=str,
    )
    assert rows_of(filled, "unknown_pack", *table("conformed/unknown_pack").columns) == [
        ("FAR", "030", 2015, "unknown_pack", 1)
    ]
    assert rows_of(filled, "outpatient_service", "person_id", "service", "quantity") == [(anna, "90.27.1", 1)]
    assert rows_of(filled, "emergency_visit", "person_id", "region", "diagnoses") == [(anna, "080", ["29530"])]
    assert rows_of(filled, "addiction_contact", "person_id", "serd", "contact_type") == [(anna, "SD1", "1")]
    assert rows_of(filled, "neuropsychiatry_contact", "person_id", "structure", "diagnosis") == [(anna, "NP1", "F901")]
    assert rows_of(filled, "supplementary_event", "person_id", "event_id", "attributes") == [(anna, "1", {})]
    assert rows_of(filled, "assisted_person", "person_id", "birth_year", "end_date") == [(carla, 1950, None)]
    assert rows_of(filled, "cause_of_death", "person_id", "cause") == [(carla, "X700")]


def test_what_belongs_to_nobody_is_counted(filled: Store) -> None:
    assert rows_of(filled, "orphan", *table("conformed/orphan").columns) == [
        ("CDM", "", 2015, "", 1),
        ("DIR", "030", 2015, "03", 1),
        ("FAR", "030", 2015, "03", 1),
        ("PST", "030", 2015, "S1", 1),
        ("PST", "030", 2015, "S2", 2),
        ("SDO", "080", 2015, "", 1),
        ("SIND", "030", 2015, "", 1),
        ("SUP", "030", 2015, "", 1),
    ]


def test_registers_and_periods(filled: Store) -> None:
    assert rows_of(filled, "delivered_period", *table("conformed/delivered_period").columns) == [
        ("PST", "030", 2015, "S1"),
        ("SDO", "080", 2015, ""),
    ]
    assert rows_of(filled, "drug_pack", "aic", "atc", "form", "interval_days") == [
        ("111111111", "N05AH03", "oral", None)
    ]
    assert rows_of(filled, "staff", "dsm", "year", "profile", "heads", "cast(weekly_hours as string)") == [
        ("001", 2015, "nurse", 4, "144.50")
    ]
    assert rows_of(filled, "service", "structure", "seats", "population", "name") == [("S00001", None, 120000, None)]


def test_neither_cuni_nor_id_rec_nor_key_goes_further(filled: Store) -> None:
    for name in declared_tables("conformed"):
        assert not {"cuni", "id_rec", "identity_low"} & set(filled.read(name).columns)
    texts = [p.read_bytes() for p in (filled.home.tables / "conformed").rglob("*") if p.is_file()]
    assert not any(secret in text for text in texts for secret in (KEY, KEY.hex().encode(), ANNA.encode(), b"nameless"))


def test_only_what_changed_is_made_again(filled: Store, settings) -> None:
    before = {name: filled.version(name) for name in declared_tables("conformed")}
    deliver(filled.home, "PST", CURRENT["PST"])
    wider = settings.model_copy(update={"parameters": settings.parameters.model_copy(update={"transfer_gap_days": 1})})
    after = conform(filled, wider)
    made = {name for name in before if after[name] != before[name]}
    assert made == {"conformed/intervention", "conformed/orphan", "conformed/hospital_stay"}


def test_tables_of_another_key_are_refused(filled: Store, settings, monkeypatch) -> None:
    monkeypatch.setenv("PERCORSI_PERSON_KEY", bytes(32).hex())
    with pytest.raises(ConfigurationError):
        conform(filled, settings)


def test_a_flow_that_was_never_delivered_is_read_as_empty(store: Store) -> None:
    sources = Sources(store)
    assert set(sources.versions.values()) == {-1}
    for flow, columns in COLUMNS.items():
        assert sources.current(flow).columns == columns
        assert sources.current(flow).isEmpty()
    assert sources.ledger().isEmpty()


def test_what_is_read_are_fields_of_the_layouts() -> None:
    layouts = load_layouts()
    for flow, columns in COLUMNS.items():
        of_the_file = {"slice_region", "file_region", "file_year", "file_period"}
        assert set(columns) - of_the_file <= set(layouts[flow].fields), flow
