"""The pathway of a person in 2015, rule by rule: who, the episodes and stays, the pathway and what told it."""

from datetime import date as d
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from histories import built
from percorsi.cohorts.groups import group_sql, groups
from percorsi.errors import ConfigurationError
from percorsi.small_frame import small_frame

SCHIZOPHRENIA, BIPOLAR, DEPRESSIVE, PERSONALITY = "29530", "29640", "29630", "30183"
ANXIETY = "30000"


def opened(day: d, diagnosis: str, **said: Any) -> dict[str, Any]:
    return {"episode": {"opened": day, "diagnosis": diagnosis, **said}}


def closed(day: d, diagnosis: str | None, opening: str = SCHIZOPHRENIA, mode: str = "2") -> dict[str, Any]:
    return {
        "episode": {
            "opened": d(2014, 3, 1),
            "diagnosis": opening,
            "closed": day,
            "closing diagnosis": diagnosis,
            "mode": mode,
        }
    }


def spdc(start: d, end: d, diagnosis: str) -> dict[str, Any]:
    return {"SPDC stay": {"from": start, "to": end, "diagnosis": diagnosis}}


SAME_DAY = d(2015, 3, 1)
HISTORIES = [
    ("open since 2014", [opened(d(2014, 3, 1), SCHIZOPHRENIA)], "schizophrenia", "sism_opening"),
    ("closed in the year with another diagnosis", [closed(d(2015, 5, 1), BIPOLAR)], "bipolar", "sism_closing"),
    ("closed by the office, xxxxx", [closed(d(2015, 5, 1), "xxxxx", mode="9")], "schizophrenia", "sism_opening"),
    ("closed with no disorder, no way back to the opening", [closed(d(2015, 5, 1), "00000")], None, None),
    ("closed with 99999, no diagnosis either", [closed(d(2015, 5, 1), "99999")], None, None),
    ("closed without a diagnosis", [closed(d(2015, 5, 1), None)], "schizophrenia", "sism_opening"),
    ("closed with no disorder, another episode open",
     [closed(d(2015, 5, 1), "00000"), opened(d(2013, 1, 1), DEPRESSIVE)], "depressive", "sism_opening"),
    ("the later opening decides",
     [opened(d(2014, 3, 1), SCHIZOPHRENIA), opened(d(2015, 3, 1), DEPRESSIVE)], "depressive", "sism_opening"),
    ("a closing is dated at the closing",
     [closed(d(2015, 6, 1), SCHIZOPHRENIA), opened(d(2015, 3, 1), DEPRESSIVE)], "schizophrenia", "sism_closing"),
    ("an opening of an episode closed by the office is dated at the opening",
     [closed(d(2015, 6, 1), "xxxxx", mode="9"), opened(d(2015, 3, 1), DEPRESSIVE)], "depressive", "sism_opening"),
    ("a later diagnosis outside the groups does not decide",
     [opened(d(2014, 3, 1), BIPOLAR), opened(d(2015, 3, 1), ANXIETY)], "bipolar", "sism_opening"),
    ("same day, depressive and personality",
     [opened(SAME_DAY, DEPRESSIVE), opened(SAME_DAY, PERSONALITY)], "severe_personality", "sism_opening"),
    ("same day, personality and bipolar",
     [opened(SAME_DAY, PERSONALITY), opened(SAME_DAY, BIPOLAR)], "bipolar", "sism_opening"),
    ("same day, bipolar and schizophrenia",
     [opened(SAME_DAY, BIPOLAR), opened(SAME_DAY, SCHIZOPHRENIA)], "schizophrenia", "sism_opening"),
    ("closed in 2016, which the cohort does not see", [closed(d(2016, 2, 1), BIPOLAR)],
     "schizophrenia", "sism_opening"),
    ("closed on 31 December 2015", [closed(d(2015, 12, 31), BIPOLAR)], "bipolar", "sism_closing"),
    ("closed on 1 January 2015, open on that day", [closed(d(2015, 1, 1), BIPOLAR)], "bipolar", "sism_closing"),
    ("closed on 31 December 2014", [closed(d(2014, 12, 31), BIPOLAR)], None, None),
    ("opened on 31 December 2015", [opened(d(2015, 12, 31), BIPOLAR)], "bipolar", "sism_opening"),
    ("opened on 1 January 2016", [opened(d(2016, 1, 1), BIPOLAR)], None, None),
    ("last told of in 2013, never closed",
     [opened(d(2013, 2, 1), BIPOLAR, told=["2013S1", "2013S2"])], "bipolar", "sism_opening"),
    ("told of before the window only", [opened(d(2010, 2, 1), BIPOLAR, told=["2011S2"])], None, None),
    ("the latest semester of the year decides what an episode says",
     [opened(d(2014, 3, 1), SCHIZOPHRENIA, contact="A", told=["2014S1", "2015S1"]),
      opened(d(2014, 3, 1), BIPOLAR, contact="A", told=["2014S2", "2015S2"]),
      opened(d(2014, 3, 1), DEPRESSIVE, contact="A", told=["2016S1"])], "bipolar", "sism_opening"),
    ("an episode of the residential register",
     [opened(d(2014, 3, 1), PERSONALITY, register="residential")], "severe_personality", "sism_opening"),
    ("no diagnosis in SISM, one in the SPDC",
     [opened(d(2014, 3, 1), "99999"), spdc(d(2015, 4, 1), d(2015, 4, 10), BIPOLAR)], "bipolar", "sdo"),
    ("SISM comes before the SPDC, however old",
     [opened(d(2013, 3, 1), DEPRESSIVE), spdc(d(2015, 4, 1), d(2015, 4, 10), BIPOLAR)], "depressive", "sism_opening"),
    ("the latest SPDC stay in a group",
     [opened(d(2014, 3, 1), "99999"), spdc(d(2015, 2, 1), d(2015, 2, 10), SCHIZOPHRENIA),
      spdc(d(2015, 4, 1), d(2015, 4, 10), BIPOLAR), spdc(d(2015, 6, 1), d(2015, 6, 10), ANXIETY)], "bipolar", "sdo"),
    ("the last record of an SPDC stay",
     [opened(d(2014, 3, 1), "99999"), spdc(d(2015, 4, 1), d(2015, 4, 10), SCHIZOPHRENIA),
      spdc(d(2015, 4, 10), d(2015, 4, 20), BIPOLAR)], "bipolar", "sdo"),
    ("the last record of an SPDC stay in no group",
     [opened(d(2014, 3, 1), "99999"), spdc(d(2015, 4, 1), d(2015, 4, 10), SCHIZOPHRENIA),
      spdc(d(2015, 4, 10), d(2015, 4, 20), ANXIETY)], None, None),
    ("an SPDC stay discharged in 2014",
     [opened(d(2014, 3, 1), "99999"), spdc(d(2014, 12, 1), d(2014, 12, 31), BIPOLAR)], None, None),
    ("an SPDC stay discharged in 2016",
     [opened(d(2014, 3, 1), "99999"), spdc(d(2015, 12, 1), d(2016, 1, 1), BIPOLAR)], None, None),
    ("general medicine does not tell",
     [opened(d(2014, 3, 1), "99999"), {"hospital stay": {"from": d(2015, 4, 1), "to": d(2015, 4, 9),
                                                         "diagnosis": BIPOLAR}}], None, None),
]  # fmt: skip

# who, the episodes and stays, the pathway, what told it, groups of the diagnoses, whether the day was tied
TOLD = [
    ("one diagnosis", [opened(SAME_DAY, BIPOLAR)], ("bipolar", "sism_opening", 1, False)),
    ("none in a group", [opened(SAME_DAY, ANXIETY)], (None, None, None, None)),
    ("two episodes of one group, on one day", [opened(SAME_DAY, "29640"), opened(SAME_DAY, "29610")],
     ("bipolar", "sism_opening", 1, False)),
    ("two groups, the later decides", [opened(d(2014, 3, 1), BIPOLAR), opened(SAME_DAY, DEPRESSIVE)],
     ("depressive", "sism_opening", 2, False)),
    ("two groups of one day", [opened(SAME_DAY, DEPRESSIVE), opened(SAME_DAY, BIPOLAR)],
     ("bipolar", "sism_opening", 2, True)),
    ("three groups, two on the last day", [
        opened(d(2014, 3, 1), SCHIZOPHRENIA), opened(SAME_DAY, DEPRESSIVE), opened(SAME_DAY, PERSONALITY)],
     ("severe_personality", "sism_opening", 3, True)),
    ("three groups, two on a day before the last", [
        opened(d(2014, 3, 1), SCHIZOPHRENIA), opened(d(2014, 3, 1), BIPOLAR), opened(SAME_DAY, DEPRESSIVE)],
     ("depressive", "sism_opening", 3, False)),
    ("all four", [opened(SAME_DAY, code) for code in (DEPRESSIVE, PERSONALITY, BIPOLAR, SCHIZOPHRENIA)],
     ("schizophrenia", "sism_opening", 4, True)),
    ("closed and opened on a day with one group", [closed(SAME_DAY, BIPOLAR), opened(SAME_DAY, BIPOLAR)],
     ("bipolar", "sism_closing", 1, False)),
    ("closed and opened on a day with two groups", [closed(SAME_DAY, BIPOLAR), opened(SAME_DAY, SCHIZOPHRENIA)],
     ("schizophrenia", "sism_opening", 2, True)),
    ("the opening that a closing takes the place of is none", [closed(SAME_DAY, BIPOLAR, opening=DEPRESSIVE)],
     ("bipolar", "sism_closing", 1, False)),
    ("of an episode closed the year before nothing is asked", [
        closed(d(2014, 12, 31), BIPOLAR), opened(SAME_DAY, DEPRESSIVE)], ("depressive", "sism_opening", 1, False)),
    ("opened before 1970", [opened(d(1969, 12, 31), DEPRESSIVE), opened(d(1969, 12, 30), SCHIZOPHRENIA)],
     ("depressive", "sism_opening", 2, False)),
    ("two stays of two groups", [
        spdc(d(2015, 2, 1), d(2015, 2, 10), SCHIZOPHRENIA), spdc(d(2015, 4, 1), d(2015, 4, 10), BIPOLAR)],
     ("bipolar", "sdo", 2, False)),
    ("stays are not asked where an episode decides", [
        opened(d(2014, 3, 1), DEPRESSIVE), spdc(d(2015, 4, 1), d(2015, 4, 10), BIPOLAR)],
     ("depressive", "sism_opening", 1, False)),
]  # fmt: skip

CODES = {
    "schizophrenia": ["295", "29500", "29595", "2970", "29789", "2981", "29810", "29840", "2989", "29890"],
    "bipolar": ["2960", "29600", "29610", "2961", "29640", "29666", "2967", "29670", "29689"],
    "depressive": ["29620", "2963", "29635", "2980", "29800", "3004", "30040", "311", "3110", "31100", "30900", "3091"],
    "severe_personality": ["3013", "30130", "30150", "30159", "30181", "30183"],
    None: ["298", "29850", "29690", "29699", "30041", "3111", "309", "30928", "301", "3015", "30113", "30151",
           "300", "00000", "99999", "xxxxx", "", None, "29", "30984"],
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(spark) -> dict[int, Any]:
    contact = {"intervention": {"day": d(2015, 2, 10)}}
    people = [{"who": who, "facts": [contact, *facts]} for who, facts, *_ in HISTORIES]
    people += [{"who": who, "diagnosis": None, "facts": [contact, *facts]} for who, facts, _ in TOLD]
    return {row["person_id"]: row for row in built(spark, people, tables=["person_year"])["person_year"]}


@pytest.mark.parametrize("number", range(len(HISTORIES)), ids=[who for who, *_ in HISTORIES])
def test_pathway(number: int, rows) -> None:
    *_, pathway, source = HISTORIES[number]
    assert (rows[number + 1]["pathway"], rows[number + 1]["pathway_source"]) == (pathway, source)


@pytest.mark.parametrize("number", range(len(TOLD)), ids=[who for who, *_ in TOLD])
def test_how_it_was_told_and_what_else_was_diagnosed(number: int, rows) -> None:
    columns = ("pathway", "pathway_source", "pathway_groups", "pathway_tied")
    assert tuple(rows[len(HISTORIES) + number + 1][column] for column in columns) == TOLD[number][2]


def test_codes_lie_in_their_group(spark) -> None:
    rows = [(code, pathway) for pathway, codes in CODES.items() for code in codes]
    frame = small_frame(spark, rows, "code string, pathway string")
    found = frame.where(~F.expr(f"{group_sql('code')} <=> pathway")).collect()
    assert [tuple(row) for row in found] == []


@pytest.mark.parametrize(
    ("bipolar", "complaint"), [("2953*", "lies in"), ("29*", "lies in"), ("2981", "lies in"), ("29810", "lies in")]
)
def test_a_code_of_two_groups_is_refused(tmp_path: Path, bipolar: str, complaint: str) -> None:
    path = tmp_path / "pathways.yaml"
    path.write_text(f'schizophrenia: {{icd9cm: [295*, "2981"]}}\nbipolar: {{icd9cm: ["{bipolar}"]}}\n')
    with pytest.raises(ConfigurationError, match=complaint):
        groups(path)


def test_an_unknown_pathway_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pathways.yaml"
    path.write_text('anxious: {icd9cm: ["30000"]}\n')
    with pytest.raises(ConfigurationError, match="anxious"):
        groups(path)
