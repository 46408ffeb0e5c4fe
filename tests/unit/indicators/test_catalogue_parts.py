"""What the catalogue asks of means and of components: each fault in a small broken catalogue, one rule each."""

import pytest
from test_catalogue import COLUMNS, VISIT, faults, visit, write

from percorsi.indicators.catalogue import definitions_digest, load_catalogue
from percorsi.indicators.compile import clause_columns

ONE = {"indicators": {"S20": {"pathway": "schizophrenia"}}, "reading": "Seen"}
MEAN = ONE | {"kind": "mean", "parameters": {}, "numerator": {}, "value": "visits + age"}
NARROW = {"population": {"died_there": "died"}}

FAULTY = {
    "mean_without_value": MEAN | {"value": None},
    "mean_with_numerator": MEAN | {"numerator": {"seen": "visits >= 1"}},
    "no_value": MEAN | {"value": "visits > 1"},
    "type": MEAN | {"value": "visits + discharge"},
    "unknown_column": MEAN | {"value": "visitors"},
    "bare_threshold": MEAN | {"value": "visits * 7"},
    "missing_parameter": MEAN | {"value": "visits * :times"},
    "bad_per": MEAN | {"per": "discharge"},
    "no_mean": {"per": "visits"},
    "no_numerator": ONE | {"numerator": {}, "parameters": {}},
    "no_main": {"components": {"a": {}}},
    "unknown_main": {"components": {"a": {}}, "main": "b"},
    "unused_parameter": {"components": {"a": {"parameters": {"days": 3}}, "b": {}}, "main": "b"},
    "other_type": {"components": {"a": {"parameters": {"times": 3.0}}, "b": {}}, "main": "b"},
    "doubled_parameter": {"components": {"a": {"parameters": {"adult_age": 3}}, "b": {}}, "main": "b"},
    "doubled_clause": {"components": {"a": {"numerator": {"discharged": "died"}}, "b": {}}, "main": "b"},
    "no_condition": {"components": {"a": {"population": {"often": "visits"}}, "b": {}}, "main": "b"},
}


@pytest.mark.parametrize("rule", FAULTY)
def test_a_fault_of_a_part_is_found(tmp_path, rule):
    assert faults(write(tmp_path, visit(**FAULTY[rule]))) == {("measures.yaml", "visit", rule)}


def test_a_part_that_holds_of_nobody_known_is_refused(tmp_path):
    everybody = {"everybody": {"clauses": {"not_seen": "discharge IS NULL"}}}
    parts = {"a": {"population": {"alive": "NOT coalesce(died, false)"}}, "b": {"population": {"known": "visits >= 1"}}}
    measures = visit(cohort="everybody", population={}, components=parts, main="b")
    assert faults(write(tmp_path, measures, everybody)) == {("measures.yaml", "visit", "empty_person")}


def test_a_parameter_that_every_part_replaces_decides_nothing(tmp_path):
    parts = {"a": {"parameters": {"times": 1}}, "b": {"parameters": {"times": 2}}}
    found = faults(write(tmp_path, visit(components=parts, main="b", reading="Seen {times} times")))
    assert found == {("measures.yaml", "visit", "unused_parameter")}


def test_parts_have_their_own_parameters_population_and_numerator(tmp_path):
    parts = {"1a": {"parameters": {"times": 9}}, "b": {}, "c": NARROW | {"numerator": {"often": "visits > :times"}}}
    catalogue = load_catalogue(write(tmp_path, visit(components=parts, main="b")), COLUMNS)
    measure, indicator = catalogue.find("BP18")  # which has 4 in place of 3
    assert [indicator.by_component[part]["times"] for part in ("1a", "b", "c")] == [9, 4, 4]
    assert indicator.reading == "Seen at least 4 times."
    assert clause_columns(measure, indicator) == clause_columns(measure, indicator, "b")
    assert "visits >= 9" in clause_columns(measure, indicator, "1a")["numerator"]
    third = clause_columns(measure, indicator, "c")
    assert list(third) == ["pathway", "adult", "discharged", "died_there", "often", "population", "numerator"]
    assert third["often"] == "coalesce(visits > 4, false)"
    assert "visits >= 7" in clause_columns(measure, indicator, "b", {"times": 7})["numerator"]


def test_a_mean_is_a_whole_number_of_parts(tmp_path):
    catalogue = load_catalogue(write(tmp_path, visit(**MEAN, per="visits")), COLUMNS)
    assert clause_columns(*catalogue.find("S20"))["value"] == (
        "if(visits BETWEEN 1 AND 12, bigint(visits + age) * (27720L div visits), null)"
    )


def test_the_digest_knows_parts_and_values(tmp_path):
    def digest(**changes):
        return definitions_digest(load_catalogue(write(tmp_path, visit(**changes)), COLUMNS))

    parts = {"a": {"parameters": {"times": 1}}, "b": {}}
    told = {
        digest(),
        digest(components=parts, main="b"),
        digest(components=parts, main="a"),
        digest(components=parts | {"a": {"parameters": {"times": 2}}}, main="b"),
        digest(components=parts | {"a": NARROW}, main="b"),
        digest(**MEAN),
        digest(**MEAN, per="visits"),
        digest(**MEAN | {"value": "visits"}),
    }
    assert len(told) == 8
    assert VISIT["parameters"] == {"times": 3}
