"""Tables in plain text."""

from percorsi.texts import text_table, wrapped_table


def test_numbers_stand_to_the_right_and_missing_values_are_empty():
    rows = [{"code": "S20", "n": 7, "value": None}, {"code": "S2", "n": 1234, "value": 0.5}]
    assert text_table(rows).splitlines() == [
        "code     n  value",
        "----  ----  -----",
        "S20      7",
        "S2    1234    0.5",
    ]


def test_no_rows_no_text():
    assert text_table([]) == ""


def test_cells_break_at_words_and_at_their_own_ends_of_line():
    rows = [
        {"name": "a_name_that_stays_whole", "told": "one two three four five", "place": "first\nand second"},
        {"name": "b", "told": None, "place": "x"},
    ]
    assert wrapped_table(rows, 49, whole=("name",)).splitlines() == [
        "name                     told          place",
        "-----------------------  ------------  ----------",
        "a_name_that_stays_whole  one two       first",
        "                         three four    and second",
        "                         five",
        "",
        "b                                      x",
    ]


def test_what_fits_is_not_broken():
    assert wrapped_table([{"who": "Thirty days", "why": "30"}], 80).splitlines() == [
        "who          why",
        "-----------  ---",
        "Thirty days  30",
    ]
    assert wrapped_table([], 80) == ""
