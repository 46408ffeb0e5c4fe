"""Delta tables of a home: slices, versions, digests, properties, the order by person."""

import pytest

from percorsi.errors import ConfigurationError, ResultUnavailable
from percorsi.storage import by_person, by_region


def test_a_slice_is_replaced_and_the_rest_left(store, spark):
    first = spark.createDataFrame([(2014, 1), (2015, 2)], "year int, n int")
    assert store.write(first, "features/t", digest="one", partition_by=("year",)) == 0
    again = spark.createDataFrame([(2015, 7), (2015, 8)], "year int, n int")
    assert store.write(again, "features/t", digest="two", partition_by=("year",), replace_where="year = 2015") == 1
    assert sorted(store.read("features/t").collect()) == [(2014, 1), (2015, 7), (2015, 8)]
    assert sorted(store.read("features/t", version=0).collect()) == [(2014, 1), (2015, 2)]
    assert (store.digest("features/t"), store.version("features/t")) == ("two", 1)


def test_properties_stand_before_the_first_row_and_another_key_is_refused(store, spark):
    frame = spark.createDataFrame([(1,)], "person_id long")
    store.write(frame, "conformed/t", properties={"percorsi.keyFingerprint": "aaaa"})
    assert store.property("conformed/t", "percorsi.keyFingerprint") == "aaaa"
    store.refuse_other_key("conformed/t", "aaaa")
    with pytest.raises(ConfigurationError, match="another key"):
        store.refuse_other_key("conformed/t", "bbbb")


def test_an_absent_table_says_what_to_do(store):
    assert store.digest("conformed/none") is None
    with pytest.raises(ResultUnavailable, match="conformed/none.*does not exist"):
        store.read("conformed/none")


def test_by_person_gives_sorted_ranges_that_do_not_overlap(spark):
    top = (1 << 60) - 1
    people = [0, 1, top, top - 1, 1 << 59, (1 << 59) - 1, 1 << 58, 3 << 58]
    frame = spark.createDataFrame([(p, d) for p in people for d in (2, 1)], "person_id long, day int")
    parts = by_person(frame, 4, "day").rdd.glom().collect()
    assert [[tuple(row) for row in part] for part in parts] == [
        [(0, 1), (0, 2), (1, 1), (1, 2)],
        [(1 << 58, 1), (1 << 58, 2), ((1 << 59) - 1, 1), ((1 << 59) - 1, 2)],
        [(1 << 59, 1), (1 << 59, 2)],
        [(3 << 58, 1), (3 << 58, 2), (top - 1, 1), (top - 1, 2), (top, 1), (top, 2)],
    ]


def test_by_region_gives_each_region_its_own_sorted_ranges(spark):
    top = (1 << 60) - 1
    rows = [(region, person) for region in ("080", "030", "020") for person in (top, 5, 3)]
    frame = spark.createDataFrame(rows, "region string, person_id long")
    tasks = {"020": range(0, 1), "030": range(0, 1), "080": range(1, 3)}
    assert [[tuple(row) for row in part] for part in by_region(frame, tasks).rdd.glom().collect()] == [
        [("020", 3), ("020", 5), ("020", top), ("030", 3), ("030", 5), ("030", top)],
        [("080", 3), ("080", 5)],
        [("080", top)],
    ]
    assert by_region(frame.limit(0), {}).isEmpty()


def test_the_parts_of_a_table_are_noted_with_its_digest(store, spark):
    rows = spark.createDataFrame([("030", 1), ("080", 2)], "region string, n int")
    store.write(rows, "conformed/t", digest="one", parts={"030": "a", "080": "b"}, partition_by=("region",))
    assert (store.digest("conformed/t"), store.parts("conformed/t")) == ("one", {"030": "a", "080": "b"})
    again = rows.where("region = '080'")
    noted = {"030": "a", "080": "c"}
    store.write(again, "conformed/t", digest="two", parts=noted, replace_where="region = '080'")
    assert (store.digest("conformed/t"), store.parts("conformed/t")) == ("two", noted)
    assert store.parts("conformed/none") == {}


def test_an_empty_table_made_empty_again_carries_its_new_digest(store, spark):
    empty = spark.createDataFrame([], "region string, n int")
    for number, digest in enumerate(("one", "two")):
        assert store.write(empty, "conformed/t", digest=digest) == number
        assert store.digest("conformed/t") == digest
    assert store.property("conformed/t", "delta.deletedFileRetentionDuration") == "interval 3650 days"
    store.write(empty, "conformed/t", digest="three", replace_where="region = '030'")
    assert store.digest("conformed/t") == "three"


def test_a_first_write_that_was_killed_leaves_no_table(store, spark):
    """Delta makes the folder of the log before the data; killed there, the next write still makes the whole table."""
    (store.home.tables / "conformed/t/_delta_log").mkdir(parents=True)
    (store.home.tables / "conformed/t/part-00000.parquet").write_bytes(b"half a file")
    assert not store.exists("conformed/t")
    assert store.digest("conformed/t") is None
    frame = spark.createDataFrame([(1,)], "person_id long")
    assert store.write(frame, "conformed/t", digest="whole", properties={"percorsi.keyFingerprint": "aaaa"}) == 0
    assert [tuple(row) for row in store.read("conformed/t").collect()] == [(1,)]
    assert store.property("conformed/t", "percorsi.keyFingerprint") == "aaaa"
    assert store.property("conformed/t", "delta.deletedFileRetentionDuration") == "interval 3650 days"


def test_a_slice_may_bring_a_new_column(store, spark):
    store.write(spark.createDataFrame([(2014, 1)], "year int, n int"), "features/t", partition_by=("year",))
    wider = spark.createDataFrame([(2015, 2, "x")], "year int, n int, m string")
    store.write(wider, "features/t", partition_by=("year",), replace_where="year = 2015")
    assert sorted(map(tuple, store.read("features/t").collect())) == [(2014, 1, None), (2015, 2, "x")]
