"""The four sets: the pathway, the function and the parameters of each code (manual, section 3)."""

import re
from functools import partial

from . import bipolar, care, depressive, mortality, personality, therapy
from .classes import is_antidepressant, is_mood_stabiliser, is_mood_stabiliser_alone

PATHWAYS = {"S": "schizophrenia", "BP": "bipolar", "D": "depressive", "DGP": "severe_personality"}

FUNCTIONS_OF_PERSONS = (
    care.OF_PERSONS | therapy.OF_PERSONS | bipolar.OF_PERSONS | depressive.OF_PERSONS | personality.OF_PERSONS
) | mortality.OF_PERSONS
FUNCTIONS_OF_STAYS = care.OF_STAYS | therapy.OF_STAYS


def same(pairs):
    """{code: (the code it is the same as, no parameters)}, as the manual writes them."""
    return {code: (model, {}) for code, model in (pair.split("=") for pair in pairs.split())}


# Code: the code whose function it has, and what is different.
SIBLINGS = {
    **same(
        "BP1=S1 BP2=S2 BP3=S3 BP4=S4 BP5=S7 BP6=S5 BP7=S6 BP10=S11 BP11=S13 BP12=S14 BP13=S15 BP14=S16 BP18=S20 "
        "BP19=S21 BP20=S23 BP21=S24 BP22=S25 BP23=S26 BP24=S27 BP26=S31 BP31=S39 BP33=S40 BP35=S43 BP36=S44 "
        "BP37=S46 BP38=S47"
    ),
    "BP8": ("S10", {"least": 3}),
    "BP15": ("S18", {"belongs": is_mood_stabiliser}),
    "BP25": ("S10", {"only_onset": False}),
    "BP27": ("S33", {"belongs": is_mood_stabiliser}),
    "BP32": ("S38", {"belongs": is_mood_stabiliser}),
    **same(
        "D1=S1 D2=S2 D3=S3 D5=S5 D6=S7 D7=S10 D8=S14 D9=S15 D11=S20 D12=S21 D15=S30 D19=S40 D20=S41 "
        "D21=S43 D22=S44 D23=S47 "
        "DGP1=S1 DGP3=S2 DGP4=S3 DGP6=S30 DGP8=S13 DGP9=S14 DGP10=S15 DGP11=S16 DGP12=S23 DGP14=S27 DGP21=S40 "
        "DGP22=S41 DGP23=S42 DGP24=S43 DGP25=S44 DGP26=S47"
    ),
    "D10": ("S18", {"belongs": is_antidepressant}),
    "DGP5": ("D4", {"only_new": False}),
    "DGP15": ("S10", {"only_onset": False}),
    "DGP18": ("DGP17", {"belongs": is_antidepressant}),
    "DGP19": ("DGP17", {"belongs": is_mood_stabiliser_alone}),
}

PERSISTENCE = ("a", "b", "c")
BY_GROUP = ("1a", "1b", "1c", "2a", "2b", "2c", *PERSISTENCE)
COMPONENTS = {
    "S18": BY_GROUP,
    "S24": ("coverage",),
    "S33": PERSISTENCE,
    "S42": ("a", "b", "a_or_b"),
    "S44": ("M", "F"),
    "BP17": ("a", "b", "both"),
    "BP34": ("a", "b", "a_or_b"),
    "D14": ("1", "2", "3"),
    "D16": ("a", "b", "c", "d"),
    "D18": PERSISTENCE,
    "DGP17": (*PERSISTENCE, *(f"{part}_allT" for part in PERSISTENCE)),
    "DGP20": (*BY_GROUP, *(f"{part}_allT" for part in BY_GROUP)),
}


def model(code):
    """The code whose function a code has: mostly its own."""
    return SIBLINGS[code][0] if code in SIBLINGS else code


def components(code):
    """The names of its parts; the value of the card has the empty one."""
    return ("", *COMPONENTS.get(model(code), ()))


def is_mean(code):
    """A mean's numerator is a sum of quotients."""
    return model(code) in ("S2", "S5", "S6")


def is_ratio(code):
    """A ratio of mortality has observed and expected deaths."""
    return model(code) == "S44"


def set_of(code):
    """S, BP, D, DGP."""
    return re.match("[A-Z]+", code)[0]


def in_order(codes):
    """By set and number."""
    return sorted(codes, key=lambda code: ([*PATHWAYS].index(set_of(code)), int(code.removeprefix(set_of(code)))))


def codes_of(functions):
    """{code: function with its parameters} of the codes whose model is among some functions."""
    own = {code: functions[code] for code in functions}
    return own | {code: partial(functions[m], **given) for code, (m, given) in SIBLINGS.items() if m in functions}


OF_PERSONS, OF_STAYS = codes_of(FUNCTIONS_OF_PERSONS), codes_of(FUNCTIONS_OF_STAYS)
CODES = in_order(OF_PERSONS | OF_STAYS)


def of_pathway(functions, pathway):
    """Those of one pathway's set."""
    return {code: function for code, function in functions.items() if PATHWAYS[set_of(code)] == pathway}
