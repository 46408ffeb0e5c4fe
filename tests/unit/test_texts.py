"""Tables in plain text."""

from percorsi.texts import text_table


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
