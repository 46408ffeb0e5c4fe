"""The number of a person: what Spark makes of it must be what Python's own HMAC says."""

import contextlib
import hashlib
import hmac
import io

import pytest
from pyspark.sql import functions as F

from percorsi.conformed import identity
from percorsi.conformed.people import persons, registrations
from percorsi.conformed.sources import COLUMNS
from percorsi.errors import PercorsiError
from percorsi.small_frame import small_frame

KEY = bytes(range(32))
LONG_KEY = bytes(range(100))


def _number(text: str, key: bytes) -> int:
    return int.from_bytes(hmac.new(key, text.encode(), hashlib.sha256).digest()[:8], "big") >> 4


@pytest.mark.parametrize("key", [KEY, LONG_KEY], ids=["short key", "key longer than a block"])
def test_it_is_the_first_60_bits_of_hmac_sha256(spark, key: bytes) -> None:
    texts = ["A" * 88, "record|030|321|001|x", "perché", "b"]
    df = small_frame(spark, [(t,) for t in texts], "text string")
    got = {r.text: r.person_id for r in identity.with_person_id(df, F.col("text"), key).collect()}
    assert got == {t: _number(t, key) for t in texts}
    assert all(0 <= n < 1 << 60 for n in got.values())


def test_no_plan_shows_the_key(spark) -> None:
    df = small_frame(spark, [("A" * 88,)], "text string")
    made = identity.with_person_id(df, F.col("text"), KEY)
    for _ in range(2):  # before and after it ran
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            made.explain(True)
            made.explain("codegen")
        plan = shown.getvalue().lower()
        for pad in (0x00, 0x36, 0x5C):
            padded = bytes(b ^ pad for b in KEY)
            assert padded.hex()[:16] not in plan
            assert ", ".join(str(b) for b in padded[:6]) not in plan
            assert padded[4:12].decode("latin-1").lower() not in plan
        made.collect()


def test_the_fingerprint_is_that_of_the_key() -> None:
    assert identity.fingerprint(KEY) == "630dcd2966c43366"
    assert identity.fingerprint(LONG_KEY) != identity.fingerprint(KEY)


def _anagrafica(spark, rows: list[dict]):
    plain = {"year": "2015", "period": "S1", "region": "030", "azienda": "321", "dsm": "001", "cuni_type": "0"}
    whole = [{**dict.fromkeys(COLUMNS["ANT"]), **plain, **row} for row in rows]
    return small_frame(
        spark, [tuple(r[c] for c in COLUMNS["ANT"]) for r in whole], ", ".join(f"{c} string" for c in COLUMNS["ANT"])
    )


def test_a_cuni_that_tells_nobody_apart_gives_a_person_for_each_local_record(spark) -> None:
    ant = _anagrafica(
        spark,
        [
            {"id_rec": "a", "cuni": "P"},
            {"id_rec": "b", "cuni": "P", "dsm": "002"},
            {"id_rec": "c", "cuni": "P", "cuni_type": "99"},
            {"id_rec": "d", "cuni": "P", "cuni_type": "98"},
            {"id_rec": "e", "cuni": identity.ANONYMOUS_CUNI},
            {"id_rec": "e", "cuni": identity.ANONYMOUS_CUNI, "period": "S2"},
            {"id_rec": "e", "cuni": identity.ANONYMOUS_CUNI, "dsm": "002"},
        ],
    )
    anr = _anagrafica(spark, [{"id_rec": "e", "cuni": identity.ANONYMOUS_CUNI}, {"id_rec": "f", "cuni": "P"}])
    rows = registrations(ant, anr, KEY).collect()
    got = sorted((r.id_rec, r.dsm, r.register, r.semester, r.person_id, r.identity) for r in rows)
    p, e = _number("P", KEY), _number("record|030|321|001|e", KEY)
    assert got == [
        ("a", "001", "territorial", 1, p, "cuni"),
        ("b", "002", "territorial", 1, p, "cuni"),
        ("c", "001", "territorial", 1, _number("record|030|321|001|c", KEY), "local_record"),
        ("d", "001", "territorial", 1, _number("record|030|321|001|d", KEY), "local_record"),
        ("e", "001", "residential", 1, e, "local_record"),
        ("e", "001", "territorial", 1, e, "local_record"),
        ("e", "001", "territorial", 2, e, "local_record"),
        ("e", "002", "territorial", 1, _number("record|030|321|002|e", KEY), "local_record"),
        ("f", "001", "residential", 1, p, "cuni"),
    ]


def test_persons_tell_what_their_records_contradict(spark) -> None:
    ant = _anagrafica(
        spark,
        [
            {"id_rec": "a", "cuni": "P", "sex": "1", "birth_year": "1970"},
            {"id_rec": "b", "cuni": "P", "sex": "9", "birth_year": "1970"},
            {"id_rec": "c", "cuni": "Q", "sex": "1", "birth_year": "1970"},
            {"id_rec": "d", "cuni": "Q", "sex": "2", "birth_year": "1971"},
            {"id_rec": "e", "cuni": "R"},
        ],
    )
    told = "person_id bigint, identity_hash bigint, sex string, birth_year int"
    numbers = {c: _number(c, KEY) for c in "PQRS"}
    hashes = {r.c: r.h for r in small_frame(spark, [(c,) for c in "PQRS"], "c string").select(
        "c", identity.identity_hash(F.col("c")).alias("h")).collect()}  # fmt: skip
    discharges = small_frame(
        spark, [(numbers["P"], hashes["P"], "2", 1970), (numbers["S"], hashes["S"], "2", 1980)], told
    )
    frame = persons(registrations(ant, _anagrafica(spark, []), KEY), [discharges])
    identity.refuse_collision(frame)
    got = {r.person_id: (r.identity, r.registrations, r.sex_conflict, r.birth_year_conflict) for r in frame.collect()}
    assert got == {
        numbers["P"]: ("cuni", 2, True, False),
        numbers["Q"]: ("cuni", 2, True, True),
        numbers["R"]: ("cuni", 1, False, False),
        numbers["S"]: ("cuni", 0, False, False),
    }


def test_two_identities_of_one_number_are_refused_without_telling_it(spark) -> None:
    columns = "person_id bigint, identity_low bigint, identity_high bigint"
    identity.refuse_collision(small_frame(spark, [(11, 5, 5), (12, 6, 6)], columns))
    with pytest.raises(PercorsiError) as refused:
        identity.refuse_collision(small_frame(spark, [(11, 5, 5), (12, 6, 7)], columns))
    assert refused.value.exit_code == 1
    assert "12" not in str(refused.value)
