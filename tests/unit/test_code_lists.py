"""The code lists that rules use: what is in them, how it is written, and that they agree with each other."""

import re
from itertools import product

import pytest

from percorsi.flows.code_pattern import code_pattern
from percorsi.flows.layout import codes
from percorsi.settings import conf_dir, load_yaml

LISTS = ("countries", "disciplines", "icd9cm", "icd9cm_mental", "sism_diagnoses")
CHAPTER = "29[0-9]|30[0-9]|31[0-9]"
JAVA_CONSTANT = 65_535  # bytes


def _list(name: str) -> dict:
    return load_yaml(conf_dir() / "codes" / f"{name}.yaml")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_says_where_it_is_from_and_for_which_years(name: str) -> None:
    comments = [text for text in (conf_dir() / "codes" / f"{name}.yaml").read_text().splitlines() if text[0] == "#"]
    assert any(text.startswith("# source: ") for text in comments)
    assert any(text.startswith("# valid: ") for text in comments)


@pytest.mark.parametrize("name", LISTS)
def test_codes_and_labels_are_text(name: str) -> None:
    assert all(
        isinstance(entry, str) and entry.strip() == entry != "" for pair in _list(name).items() for entry in pair
    )


def test_countries_are_those_of_the_standard_and_three_more() -> None:
    countries = _list("countries")
    assert len(countries) == 249 + 3
    assert all(re.fullmatch("[A-Z]{2}", code) for code in countries)
    assert (countries["IT"], countries["NO"]) == ("Italy", "Norway")  # NO is no boolean
    assert [countries[code] for code in ("XK", "XX", "ZZ")] == ["Kosovo", "Unknown", "Stateless"]
    assert not {"UK", "EL", "YU", "AN"} & set(countries)  # another coding's, and states that are no more


def test_disciplines_have_two_digits() -> None:
    disciplines = _list("disciplines")
    assert all(re.fullmatch("[0-9]{2}", code) for code in disciplines)
    assert (disciplines["40"], disciplines["33"]) == ("Psichiatria", "Neuropsichiatria infantile")
    assert not {"00", "04", "80"} & set(disciplines)


def test_diagnoses_stand_with_their_dot_and_without() -> None:
    diagnoses = _list("icd9cm")
    without = {code for code in diagnoses if "." not in code}
    assert len(without) == 16_284
    assert all(diagnoses[code] == code.replace(".", "") for code in diagnoses)
    assert set(diagnoses.values()) == without
    for code in without:
        category = 4 if code.startswith("E") else 3
        written = f"{code[:category]}.{code[category:]}" if len(code) > category else code
        assert written in diagnoses
    assert len(diagnoses) == len(without) + sum(len(c) > (4 if c.startswith("E") else 3) for c in without)


def test_diagnoses_are_those_of_2007() -> None:
    diagnoses = _list("icd9cm")
    assert {"333.71", "288.01", "V62.84", "E950.0", "295.30", "311"} <= set(diagnoses)
    assert not {"315.34", "249.00", "488", "3110", "29536", "V62.85"} & set(diagnoses)  # of later years, or of none


def test_mental_disorders_are_the_chapter_of_the_whole_list() -> None:
    mental = _list("icd9cm_mental")
    assert set(mental) == {c for c in codes("icd9cm") if re.fullmatch(f"({CHAPTER})[0-9]{{0,2}}", c)}
    assert mental["29530"] == "Tipo paranoide, non specificato"
    assert mental["311"] == "Disturbo depressivo, non classificato altrove"


def test_diagnoses_of_sism_are_the_chapter_filled_with_zeros_and_what_stands_for_none() -> None:
    listed, mental = _list("sism_diagnoses"), set(_list("icd9cm_mental"))
    assert set(listed) - {"00000", "99999", "xxxxx"} == {c.ljust(n, "0") for c in mental for n in range(len(c), 6)}
    assert (listed["31100"], listed["3110"], listed["30900"], listed["29500"]) == ("311", "311", "3090", "29500")
    for code in set(listed) - {"00000", "99999", "xxxxx"}:
        own = listed[code]
        assert own in mental
        assert code == own or (code not in mental and code == own.ljust(len(code), "0"))
        assert not any(code == c.ljust(len(code), "0") and len(c) > len(own) for c in mental if len(c) < len(code))
    assert not {"29536", "31999", "00001", "XXXXX"} & set(listed)


def test_the_diagnoses_of_the_pathways_are_in_the_list() -> None:
    mental = set(_list("icd9cm_mental"))
    named = {code for pathway in _list("pathways").values() for code in pathway["icd9cm"]}
    assert {code.rstrip("*") for code in named} <= mental


@pytest.mark.parametrize("listed", [["1", "12", "13"], ["123"], ["1", "2"], ["1.2", "1"], ["11", "21", "22", "1"]])
def test_a_pattern_matches_the_codes_and_nothing_else(listed: list[str]) -> None:
    texts = ["".join(letters) for size in range(4) for letters in product("123.", repeat=size)]
    assert [text for text in texts if re.fullmatch(code_pattern(listed), text)] == [t for t in texts if t in listed]


def test_the_pattern_of_all_diagnoses_matches_them_alone_and_fits_a_constant() -> None:
    listed = set(codes("icd9cm"))
    pattern = code_pattern(listed)
    assert len(pattern) < JAVA_CONSTANT
    ends = ["".join(digits) for size in range(3) for digits in product("0123456789", repeat=size)]
    starts = (
        [f"{number:03}" for number in range(1000)]
        + [f"V{n:02}" for n in range(100)]
        + [f"E{n}" for n in range(800, 1000)]
    )
    compiled = re.compile(pattern)
    for code in (start + dot + end for start in starts for dot in ("", ".") for end in ends):
        assert bool(compiled.fullmatch(code)) == (code in listed), code
