"""The catalogue: the agreement's own counts, what is measured, and each fault in a small broken catalogue."""

import copy
from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
import yaml

from percorsi.errors import CatalogueError, UsageError
from percorsi.indicators.catalogue import definitions_digest, load_catalogue
from percorsi.indicators.compile import clause_columns, population_clauses
from percorsi.indicators.entries import CatalogueFaults
from percorsi.indicators.listing import asks, catalogue_rows, nestings, populations, summary_rows

COLUMNS = {"person_year": {"age": "int", "visits": "int", "pathway": "string", "discharge": "date", "died": "boolean"}}
CARDS = """code,pathway,principal,phase,title
S20,schizophrenia,true,Gestione della fase acuta,Visita
S21,schizophrenia,false,Gestione della fase acuta,Continuità
BP18,bipolar,true,Gestione della fase acuta,Visita
"""
COHORTS = {"treated": {"parameters": {"adult_age": 18}, "clauses": {"adult": "age >= :adult_age"}}}
VISIT = {
    "title": "Visit",
    "reading": "Seen at least {times} times.",
    "grain": "person_year",
    "kind": "proportion",
    "status": "N",
    "cohort": "treated",
    "parameters": {"times": 3},
    "population": {"discharged": "discharge IS NOT NULL"},
    "numerator": {"seen": "visits >= :times"},
    "needs": {"SISM": ["Y", "Y+1S1"]},
    "indicators": {"S20": {"pathway": "schizophrenia"}, "BP18": {"pathway": "bipolar", "parameters": {"times": 4}}},
}


def write(folder: Path, measures: dict, cohorts: dict | None = None, cards: str = CARDS) -> Path:
    (folder / "cards.csv").write_text(cards, encoding="utf-8")
    (folder / "cohorts.yaml").write_text(yaml.safe_dump(cohorts or COHORTS, sort_keys=False))
    (folder / "measures.yaml").write_text(yaml.safe_dump(measures, sort_keys=False))
    return folder


def visit(**changes) -> dict:
    return {"visit": copy.deepcopy(VISIT) | changes}


def faults(folder: Path) -> set[tuple[str, str, str]]:
    """(file, entry, rule) of every fault of a folder."""
    with pytest.raises(CatalogueFaults) as raised:
        load_catalogue(folder, COLUMNS)
    assert raised.value.exit_code == 3
    return {(fault.file, fault.entry, fault.rule) for fault in raised.value.faults}


def test_the_cards_are_the_agreement_s_own():
    cards = load_catalogue().cards
    by_set = Counter(card.pathway for card in cards.values())
    principal = Counter(card.pathway for card in cards.values() if card.principal)
    assert by_set == {"schizophrenia": 48, "bipolar": 38, "depressive": 23, "severe_personality": 28}
    assert principal == {"schizophrenia": 13, "bipolar": 12, "depressive": 10, "severe_personality": 10}
    phases = Counter(card.phase.split()[0] for card in cards.values() if card.pathway == "schizophrenia")
    assert phases == {"Presa": 12, "Gestione": 11, "Trattamenti": 25}
    assert cards["S46"].title == "Attività riabilitative territoriali"
    assert cards["S22"].title == "Attività domiciliare dopo la dimissione dal SPDC"  # the index numbers it 21
    assert not any(card.title.endswith((".", " ")) or "  " in card.title for card in cards.values())


def test_the_cards_are_as_many_as_the_agreement_has():
    rows = {row["set"]: row for row in summary_rows(load_catalogue())}
    assert [(row["principal"], row["accessory"]) for row in rows.values()] == [
        *((13, 35), (12, 26), (10, 13), (10, 18)),
        (45, 92),
    ]
    whole = rows["all"]
    assert (whole["cards"], whole["waiting"]) == (137, 0)
    assert whole["status N"] + whole["status P"] + whole["status S"] == 137
    assert whole["early"] + whole["acute"] + whole["long term"] == 137


def test_a_lost_card_is_told():
    catalogue = load_catalogue()
    cards = {code: card for code, card in catalogue.cards.items() if code != "D3"}
    with pytest.raises(CatalogueError, match="10 principal and 12 accessory indicators of depressive"):
        summary_rows(replace(catalogue, cards=cards))


def test_every_card_is_measured():
    catalogue = load_catalogue()
    assert list(catalogue.by_code) == list(catalogue.cards)
    with pytest.raises(UsageError):
        catalogue.find("S49")
    rows = {row["code"]: row for row in catalogue_rows(catalogue)}
    stays = {"S13", "S14", "S15", "S16", "S17", "BP11", "BP12", "BP13", "BP14", "D8", "D9"}
    assert {code for code, row in rows.items() if row["unit"] == "stay"} == stays | {f"DGP{n}" for n in range(8, 12)}
    measures = {code: measure for code, (measure, _) in catalogue.by_code.items()}
    means = {"S2", "S5", "S6", "BP2", "BP6", "BP7", "D2", "D5", "DGP3"}
    assert {code for code, measure in measures.items() if measure.kind == "mean"} == means
    assert {code for code, measure in measures.items() if measure.kind == "rate"} == {"S43", "BP35", "D21", "DGP24"}
    assert {code for code, measure in measures.items() if measure.kind == "smr"} == {"S44", "BP36", "D22", "DGP25"}
    assert {code for code, measure in measures.items() if measure.kind == "gap"} == {"S24", "BP21"}
    proxies = {"S3", "S17", "S42", "S47", "BP3", "BP9", "BP38", "D3", "D14", "D23", "DGP4", "DGP16", "DGP23", "DGP26"}
    assert {code for code, measure in measures.items() if measure.status == "P"} == proxies | {"DGP27", "DGP28"}
    supplementary = {"S16", "S28", "S29", "S48", "BP14", "DGP11", "DGP13"}
    assert {code for code, measure in measures.items() if measure.status == "S"} == supplementary


def test_one_definition_for_several_classes(tmp_path):
    entry = visit(
        each={"visit": {"seen": "visits", "whom": "Seen"}, "age": {"seen": "age", "whom": "Old"}},
        reading="<whom> at least {times} times.",
        numerator={"seen": "<seen> >= :times"},
        indicators={"S20": {"pathway": "schizophrenia", "of": "visit"}, "BP18": {"pathway": "bipolar", "of": "age"}},
    )
    catalogue = load_catalogue(write(tmp_path, entry), COLUMNS)
    assert {code: measure.name for code, (measure, _) in catalogue.by_code.items()} == {"S20": "visit", "BP18": "age"}
    assert catalogue.measures["age"].numerator == {"seen": "age >= :times"}
    assert catalogue.find("BP18")[1].reading.startswith("Old at least ")


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"each": {"visit": {"seen": 3}}}, "each.visit.seen"),
        ({"each": {}}, "each"),
        (
            {"each": {"visit": {}}, "indicators": {"S20": {"pathway": "schizophrenia", "of": "other"}}},
            "S20: 'of' names",
        ),
        ({"each": {"visit": {}}, "indicators": {"S20": {"pathway": "schizophrenia"}}}, "S20: 'of' names none of visit"),
    ],
)
def test_faults_of_a_definition_for_several_classes(tmp_path, changes, detail):
    with pytest.raises(CatalogueFaults) as raised:
        load_catalogue(write(tmp_path, visit(**changes)), COLUMNS)
    assert any(fault.rule == "schema" and detail in fault.detail for fault in raised.value.faults)


def test_indicators_of_a_measure_differ_in_pathway_and_own_parameters_alone():
    """So that a clinical case of one of them speaks for all that have its parameters."""
    for measure in load_catalogue().measures.values():
        first, *others = measure.indicators.values()
        for other in others:
            for part in measure.components:
                one = clause_columns(measure, first, part)
                same = clause_columns(measure, other, part)
                differ = {clause for clause in one if one[clause] != same[clause]}
                if other.parameters == first.parameters:
                    assert differ == {"pathway", "population", "numerator"} & differ and "pathway" in differ


def test_which_indicators_ask_the_same_of_fewer():
    catalogue = load_catalogue()
    pairs = [("S25", "S7"), ("S30", "S8"), ("S31", "S9"), ("S46", "S11")]  # of all, and of recent onset
    pairs += [("BP22", "BP5"), ("BP37", "BP10"), ("BP25", "BP8")]
    assert sorted(nestings(catalogue)) == [((larger, ""), (smaller, "")) for larger, smaller in sorted(pairs)]
    # two codes of one population, one of which asks with some of the clauses of the other, would need such a table, too
    asked = [
        (code, measure.grain, indicator.pathway, *asks(part, indicator.by_component[part.name]))
        for code, (measure, indicator) in catalogue.by_code.items()
        for part in measure.components.values()
        if measure.kind == "proportion"
    ]
    assert not [
        (one[0], other[0])
        for one, other in permutations(asked, 2)
        if one[0] != other[0] and one[1:4] == other[1:4] and one[4] <= other[4]
    ]


def test_whose_population_another_code_counts():
    admitted = [(code, ("DGP7", ("",))) for code in ("DGP17", "DGP18", "DGP19", "DGP20")]
    assert populations(load_catalogue()) == [("D18", ("D16", ("a", "c"))), *admitted]


@pytest.mark.parametrize(
    ("among", "rule"),
    [
        ({"measure": "nowhere"}, "unknown_measure"),
        ({"measure": "visit", "components": ["z"]}, "unknown_component"),
    ],
)
def test_a_population_among_what_is_not_there_is_a_fault(tmp_path, among: dict, rule: str):
    with pytest.raises(CatalogueFaults) as found:
        load_catalogue(write(tmp_path, visit(among=among)), COLUMNS)
    assert [fault.rule for fault in found.value.faults] == [rule]


def test_a_measure_serves_several_pathways_with_their_own_parameters(tmp_path):
    catalogue = load_catalogue(write(tmp_path, visit()), COLUMNS)
    assert list(catalogue.by_code) == ["S20", "BP18"]
    measure, indicator = catalogue.find("BP18")
    assert population_clauses(measure) == ["pathway", "adult", "discharged"]
    assert indicator.reading == "Seen at least 4 times."
    assert clause_columns(measure, indicator) == {
        "pathway": "coalesce(pathway = 'bipolar', false)",
        "adult": "coalesce(age >= 18, false)",
        "discharged": "coalesce(discharge IS NOT NULL, false)",
        "seen": "coalesce(visits >= 4, false)",
        "population": "(coalesce(pathway = 'bipolar', false) AND coalesce(age >= 18, false)"
        " AND coalesce(discharge IS NOT NULL, false))",
        "numerator": "(coalesce(pathway = 'bipolar', false) AND coalesce(age >= 18, false)"
        " AND coalesce(discharge IS NOT NULL, false) AND coalesce(visits >= 4, false))",
    }
    assert "visits >= 3" in clause_columns(*catalogue.find("S20"))["numerator"]


FAULTY = {
    "schema": {"colour": "red"},
    "unknown_grain": {"grain": "family"},
    "unknown_kind": {"kind": "median"},
    "unknown_cohort": {"cohort": "everybody"},
    "unknown_flow": {"needs": {"SISM": ["Y"], "FAX": ["Y"]}},
    "bad_period": {"needs": {"SISM": ["Y", "Y+2"]}},
    "no_card": {"indicators": {"S99": {"pathway": "schizophrenia"}}},
    "other_pathway": {"indicators": {"S20": {"pathway": "bipolar"}}},
    "unknown_column": {"numerator": {"seen": "visitors >= :times"}},
    "missing_parameter": {"numerator": {"seen": "visits >= :times OR visits = :number"}},
    "unused_parameter": {"parameters": {"times": 3, "days": 30}},
    "doubled_parameter": {"parameters": {"times": 3, "adult_age": 21}},
    "unknown_parameter": {"indicators": {"S20": {"pathway": "schizophrenia", "parameters": {"time": 4}}}},
    "other_type": {"indicators": {"S20": {"pathway": "schizophrenia", "parameters": {"times": "4"}}}},
    "parameter_of_features": {
        "numerator": {"seen": "visits BETWEEN :times AND :repeat_days"},
        "parameters": {"times": 3, "repeat_days": 5},
    },
    "doubled_clause": {"population": {"adult": "discharge IS NOT NULL"}},
    "syntax": {"numerator": {"seen": "visits >= :times AND"}},
    "language": {"numerator": {"seen": "visits >= :times AND abs(visits) > 0"}},
    "no_condition": {"population": {"discharged": "visits + 1"}},
    "type": {"population": {"of_age": "age = 'old'"}},
    "bare_threshold": {"population": {"of_age": "age < 30"}},
}


@pytest.mark.parametrize("rule", FAULTY)
def test_a_fault_is_found_in_its_entry(tmp_path, rule):
    found = faults(write(tmp_path, visit(**FAULTY[rule])))
    extra = {("measures.yaml", "visit", "unused_parameter")} if rule == "doubled_parameter" else set()
    assert found == {("measures.yaml", "visit", rule)} | extra


def test_a_parameter_that_only_the_population_lacks(tmp_path):
    measures = visit(population={"young": "age < :limit"})
    assert faults(write(tmp_path, measures)) == {("measures.yaml", "visit", "missing_parameter")}


def test_a_number_in_the_reading_is_a_parameter_of_the_measure(tmp_path):
    assert faults(write(tmp_path, visit(reading="Within {days} days."))) == {
        ("measures.yaml", "visit", "missing_parameter")
    }


@pytest.mark.parametrize("clause", ["discharge IS NULL", "coalesce(visits, 0) < 1", "NOT coalesce(visits, 0) > 1"])
def test_a_population_that_holds_of_nobody_known_is_refused(tmp_path, clause):
    everybody = {"everybody": {"clauses": {"not_seen": clause}}}
    measures = visit(cohort="everybody", population={})
    assert faults(write(tmp_path, measures, everybody)) == {("measures.yaml", "visit", "empty_person")}
    # beside a clause that asks for something known it may stand
    assert load_catalogue(write(tmp_path, visit(population={"not_seen": clause})), COLUMNS)


def test_a_code_belongs_to_one_measure(tmp_path):
    assert faults(write(tmp_path, {**visit(), "again": VISIT})) == {("measures.yaml", "again", "doubled_code")}


def test_a_measure_stands_in_one_file(tmp_path):
    write(tmp_path, visit())
    (tmp_path / "more.yaml").write_text(yaml.safe_dump(visit()))
    assert faults(tmp_path) == {("more.yaml", "visit", "doubled_measure")}


def test_cohorts_may_extend_each_other_in_no_circle(tmp_path):
    seen = {"extends": "treated", "clauses": {"seen_once": "visits >= 1"}}
    catalogue = load_catalogue(write(tmp_path, visit(cohort="seen"), {**COHORTS, "seen": seen}), COLUMNS)
    assert list(catalogue.measures["visit"].population) == ["adult", "seen_once", "discharged"]
    circle = {"treated": COHORTS["treated"] | {"extends": "seen"}, "seen": seen}
    assert faults(write(tmp_path, visit(), circle)) == {
        ("cohorts.yaml", "treated", "unknown_cohort"),
        ("cohorts.yaml", "seen", "unknown_cohort"),
    }
    missing = {"treated": {"clauses": {"adult": "age >= :adult_age"}}}
    assert faults(write(tmp_path, visit(), missing)) == {("cohorts.yaml", "treated", "missing_parameter")}
    unused = {"treated": COHORTS["treated"] | {"parameters": {"adult_age": 18, "limit": 3}}}
    assert faults(write(tmp_path, visit(), unused)) == {("cohorts.yaml", "treated", "unused_parameter")}


def test_cards_are_checked_too(tmp_path):
    doubled = CARDS + "S20,schizophrenia,true,Gestione della fase acuta,Visita\n"
    assert faults(write(tmp_path, visit(), cards=doubled)) == {("cards.csv", "S20", "doubled_card")}
    other_phase = CARDS + "S22,schizophrenia,true,Fase acuta,Visita\n"
    assert faults(write(tmp_path, visit(), cards=other_phase)) == {("cards.csv", "line 5", "cards")}
    (tmp_path / "cards.csv").unlink()
    assert ("cards.csv", "(file)", "cards") in faults(tmp_path)


def test_all_faults_are_found_at_once(tmp_path):
    measures = {**visit(grain="family", kind="median", needs={"FAX": ["Y"]}), "other": {"title": "Other"}}
    folder = write(tmp_path, measures)
    (folder / "third.yaml").write_text("third:\n  title: a\n  title: b\n")
    found = faults(folder)
    assert {rule for _, entry, rule in found if entry == "visit"} == {"unknown_grain", "unknown_kind", "unknown_flow"}
    assert ("measures.yaml", "other", "schema") in found
    assert ("third.yaml", "(file)", "yaml") in found


def test_the_digest_of_the_definitions_knows_what_decides_a_value(tmp_path):
    def digest(**changes):
        return definitions_digest(load_catalogue(write(tmp_path, visit(**changes)), COLUMNS))

    assert digest(title="Other", reading="Other words") == digest()
    for changes in (
        {"parameters": {"times": 2}},
        {"numerator": {"seen": "visits > :times"}},
        {"population": {}},
        {"needs": {"SISM": ["Y"]}},
    ):
        assert digest(**changes) != digest()
