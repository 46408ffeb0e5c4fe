"""Measures that ask the same of other persons repeat each other, and must not drift apart (docs/decisions/0311)."""

import pytest

from percorsi.indicators.catalogue import Measure, load_catalogue
from percorsi.indicators.clauses import Scalar, parameters, tree

TWINS = [
    ("standardised_tests", "standardised_tests_new"),
    ("psychotherapy", "psychotherapy_onset"),
    ("family_psychoeducation", "family_psychoeducation_onset"),
    ("continuity_of_care", "continuity_of_care_onset"),
    ("multiprofessional_care", "multiprofessional_care_onset"),
    ("family_intensity", "family_intensity_recurrent"),
]
OTHER_NUMBERS = [("skills_training", "skills_training_onset")]  # S46 asks five, S11 four


def numbers(measure: Measure) -> dict[str, Scalar]:
    """The parameters that the numerator is asked with."""
    return {name: measure.parameters[name] for name in parameters(*map(tree, measure.numerator.values()))}


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_twins_ask_the_same_with_the_same_numbers(one, other):
    wide, narrow = (load_catalogue().measures[name] for name in (one, other))
    assert narrow.numerator == wide.numerator
    assert numbers(narrow) == numbers(wide)
    assert set(wide.population.items()) < set(narrow.population.items())


def test_no_other_measures_repeat_a_numerator():
    measures = [m for m in load_catalogue().measures.values() if m.numerator]
    same = {(a.name, b.name) for i, a in enumerate(measures) for b in measures[i + 1 :] if a.numerator == b.numerator}
    assert {frozenset(pair) for pair in same} == {frozenset(pair) for pair in TWINS + OTHER_NUMBERS}
