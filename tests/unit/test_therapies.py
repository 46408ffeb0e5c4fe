"""Therapies of a person, by histories whose numbers were worked out by hand."""

from datetime import date as d
from decimal import Decimal
from typing import Any

import pytest

from histories import built, frames
from percorsi.cohorts.window import EvaluationWindow
from percorsi.features import drugs
from percorsi.settings import Parameters

# Day 1 of 2015 is d(2015, 1, 1); 28 DDDs from it cover up to the 28th, the 29th is the first uncovered day.
VISIT = {"intervention": {"day": d(2015, 2, 10)}}
SEEN = {"presence": {"day": d(2015, 2, 10)}}  # no visit
RISPERIDONE, CLOZAPINE, HALOPERIDOL, LITHIUM = "N05AX08", "N05AH02", "N05AD01", "N05AN01"
QUETIAPINE, LAMOTRIGINE, CARBAMAZEPINE, VALPROMIDE, SERTRALINE = "N05AH04", "N03AX09", "N03AF01", "N03AG02", "N06AB06"


def pack(day: d | list[d], ddds: float = 28, **said: Any) -> dict[str, Any]:
    return {"dispensing": {"day": day, "ddds": ddds, **said}}


def spdc(start: d, end: d, **said: Any) -> dict[str, Any]:
    return {"SPDC stay": {"from": start, "to": end, **said}}


def ward(start: d, end: d, **said: Any) -> dict[str, Any]:
    return {"hospital stay": {"from": start, "to": end, **said}}


def home(start: d, end: d) -> dict[str, Any]:
    return {"residential stay": {"from": start, "to": end}}


def died(day: d) -> dict[str, Any]:
    return {"certificate": {"died": day}}


def depot(day: d | list[d], **said: Any) -> dict[str, Any]:
    return {"dispensing": {"day": day, "drug": "N05AX12", "form": "depot", "interval": 28, "ddds": 30, **said}}


def level(*days: d) -> dict[str, Any]:
    return {"outpatient service": {"day": list(days), "test": "lithium level"}}


def session(kind: str, *days: d) -> dict[str, Any]:
    return {"intervention": {"day": list(days), "kind": kind, "by": "psychologist"}}


JAN = d(2015, 1, 1)
# who, facts, what the person's row says
PERSONS: list[tuple[str, list[dict], dict[str, Any]]] = [
    ("no drug", [VISIT], {
        "antipsychotic_first_dispensing": None, "antipsychotic_dispensing_days": 0,
        "antipsychotic_days_since_previous": None, "antipsychotic_days_to_interruption": None,
        "antipsychotic_days_from_service": None, "antipsychotic_started_after_stay": False,
        "antipsychotic_overlap_days": 0, "antipsychotic_pair_days": 0, "antipsychotic_longest_therapy_days": 0,
        "antipsychotic_interruptions": 0, "antipsychotic_interruption_days_to_csm_visit": None,
        "clozapine_dispensing_days": 0, "long_acting_dispensing_days": 0, "long_acting_longest_visit_gap": None,
        "long_acting_interval_dispensing_days": 0, "long_acting_delay_days": None, "long_acting_daily_ddds": None}),
    ("a pack that does not count, and lithium", [VISIT, pack(JAN, 0), pack(JAN, 30, drug=LITHIUM)],
     {"antipsychotic_first_dispensing": None, "antipsychotic_dispensing_days": 0}),
    # The second pack begins on e + 29 = 27 February: the therapy goes on to 27 March.
    ("a gap of 29 days", [VISIT, pack([JAN, d(2015, 2, 27)])],
     {"antipsychotic_first_dispensing": JAN, "antipsychotic_dispensing_days": 2,
      "antipsychotic_days_to_interruption": 85, "antipsychotic_longest_therapy_days": 85,
      "antipsychotic_interruptions": 1, "antipsychotic_interruption_days_to_csm_visit": None}),
    ("a gap of 30 days", [VISIT, pack([JAN, d(2015, 2, 28)])],
     {"antipsychotic_days_to_interruption": 28, "antipsychotic_longest_therapy_days": 28,
      "antipsychotic_interruptions": 2, "antipsychotic_interruption_days_to_csm_visit": 12}),
    # In hospital 10-20 February (e would be 29 January): covered again on 21 February + 29.
    ("days in hospital bridge", [VISIT, pack([JAN, d(2015, 3, 22)]), ward(d(2015, 2, 10), d(2015, 2, 20))],
     {"antipsychotic_days_to_interruption": 80 + 28, "antipsychotic_longest_therapy_days": 108}),
    ("days in a residence bridge, one too few", [VISIT, pack([JAN, d(2015, 3, 23)]),
                                                 home(d(2015, 2, 10), d(2015, 2, 20))],
     {"antipsychotic_days_to_interruption": 51, "antipsychotic_longest_therapy_days": 51}),
    # The interruption is dated 21 February; the day hospital bridges nothing.
    ("days in hospital extend", [VISIT, pack(JAN), ward(d(2015, 1, 29), d(2015, 2, 20)),
                                 {"day hospital": {"from": d(2015, 2, 25), "to": d(2015, 3, 25)}}],
     {"antipsychotic_days_to_interruption": 51, "antipsychotic_interruptions": 1,
      "antipsychotic_longest_therapy_days": 51}),
    # From 20 February (day 50): 28 days of drug, the residence before it starts nothing.
    ("in hospital first, then the drug", [VISIT, home(d(2015, 1, 5), d(2015, 2, 19)), pack(d(2015, 2, 20))],
     {"antipsychotic_days_to_interruption": 28, "antipsychotic_longest_therapy_days": 28,
      "antipsychotic_days_from_service": 10, "antipsychotic_interruptions": 1}),
    ("in hospital without any drug", [VISIT, ward(d(2015, 1, 5), d(2015, 2, 19))],
     {"antipsychotic_interruptions": 0, "antipsychotic_longest_therapy_days": 0}),
    # Of the year before: covered from 20 December 2014 to 16 January 2015 (28 days), 16 of them in Y.
    ("before the year", [VISIT, pack([d(2014, 12, 20), d(2015, 12, 20)])],
     {"antipsychotic_first_dispensing": d(2015, 12, 20), "antipsychotic_days_since_previous": 365,
      "antipsychotic_days_to_interruption": 28, "antipsychotic_longest_therapy_days": 16,
      "antipsychotic_interruptions": 1, "antipsychotic_interruption_days_to_csm_visit": 24}),
    # Last covered 30 December 2015; taken up again on 10 January 2016: the year ends within the therapy, but what was
    # dispensed after it is not seen by who is asked for a therapy of the year.
    ("a gap over the end of the year", [VISIT, pack(d(2015, 12, 3)), pack(d(2016, 1, 10), 20)],
     {"antipsychotic_longest_therapy_days": 28, "antipsychotic_days_to_interruption": 58,
      "antipsychotic_interruptions": 0}),
    ("in hospital over the end of the year", [VISIT, pack(d(2015, 12, 1)), ward(d(2015, 12, 20), d(2016, 1, 9))],
     {"antipsychotic_longest_therapy_days": 28, "antipsychotic_days_to_interruption": 40}),
    # 2016 has 366 days: 1 December 2016 is day 335 (from 0) of it. e + 30 = 31 December 2016, the data end.
    ("e + 30 is the data end", [VISIT, pack(d(2015, 12, 31), 336)], {"antipsychotic_days_to_interruption": 336}),
    ("e + 30 is after the data end", [VISIT, pack(d(2015, 12, 31), 337)], {"antipsychotic_days_to_interruption": None}),
    ("e + 30 is the day of death", [VISIT, pack(JAN), died(d(2015, 2, 28))],
     {"antipsychotic_days_to_interruption": 28, "antipsychotic_interruptions": 1}),
    ("e + 30 is after the death", [VISIT, pack(JAN), died(d(2015, 2, 27))],
     {"antipsychotic_days_to_interruption": None, "antipsychotic_interruptions": 0,
      "antipsychotic_longest_therapy_days": 28}),
    # 14.5 + 14.5 = 29 days, where each for itself would be 15 from the same day; of another substance 15.
    ("two packs on a day", [VISIT, pack(JAN, 14.5), pack(JAN, 14.5)],
     {"antipsychotic_dispensing_days": 1, "antipsychotic_days_to_interruption": 29}),
    ("two substances on a day", [VISIT, pack(JAN, 14.5), pack(JAN, 14.5, drug=HALOPERIDOL)],
     {"antipsychotic_dispensing_days": 1, "antipsychotic_days_to_interruption": 15,
      "antipsychotic_overlap_days": 15, "antipsychotic_pair_days": 15, "dysmetabolic_risk_days_to_interruption": 15}),
    ("nothing is carried forward", [VISIT, pack([JAN, d(2015, 1, 11)])],
     {"antipsychotic_days_to_interruption": 38}),
    ("classes apart", [VISIT, pack(JAN, drug=HALOPERIDOL), pack(d(2015, 1, 29), drug=CLOZAPINE),
                       pack(d(2013, 12, 31), drug=RISPERIDONE)],
     {"antipsychotic_first_dispensing": JAN, "antipsychotic_days_to_interruption": 56,
      "antipsychotic_days_since_previous": 366, "clozapine_dispensing_days": 1,
      "dysmetabolic_risk_first_dispensing": d(2015, 1, 29), "dysmetabolic_risk_days_to_interruption": 28,
      "dysmetabolic_risk_dispensing_days": 1, "dysmetabolic_risk_days_since_previous": 394}),
    # 1 January 2016 less 31 December 2015; 29 February is a day.
    ("over the leap day", [VISIT, pack(d(2015, 12, 31), 61)], {"antipsychotic_days_to_interruption": 61}),
    ("before the years read", [VISIT, pack([d(2011, 12, 31), d(2012, 1, 1), JAN])],
     {"antipsychotic_days_since_previous": 1096}),
    # Pairs: olanzapine 1 January to 1 March (60), risperidone from 1 February (28): 28 of both. Quetiapine from
    # 15 March, 40 days, with haloperidol from 1 April, 100 days: 23 of both, 40 of each.
    ("pairs of substances", [VISIT, pack(JAN, 60), pack(d(2015, 2, 1), 28, drug=RISPERIDONE),
                             pack(d(2015, 3, 15), 40, drug=QUETIAPINE),
                             pack(d(2015, 4, 1), 100, drug=HALOPERIDOL)],
     {"antipsychotic_overlap_days": 28, "antipsychotic_pair_days": 60}),
    ("a pair without second generation", [VISIT, pack(JAN, 60, drug=HALOPERIDOL), pack(JAN, 50, drug="N05AA01")],
     {"antipsychotic_overlap_days": 50, "antipsychotic_pair_days": 0}),
    # 20 December 2014 + 30 covers up to 18 January; 25 December 2015 + 30 counts its 7 days of Y.
    ("pairs count days of the year", [VISIT, pack(d(2014, 12, 20), 30), pack(d(2015, 12, 25), 30),
                                      pack(d(2014, 12, 30), 5, drug=RISPERIDONE),
                                      pack(d(2015, 12, 20), 90, drug=RISPERIDONE)],
     {"antipsychotic_overlap_days": 3 + 7, "antipsychotic_pair_days": 3 + 12}),
    # Therapy from 1 January, discharge on 9 February, a visit on the 10th: the drug came first.
    ("drug before the service", [VISIT, spdc(d(2015, 2, 1), d(2015, 2, 9)), pack(JAN)],
     {"antipsychotic_days_from_service": -39, "antipsychotic_started_after_stay": False}),
    ("drug without a service", [SEEN, pack(JAN)], {"antipsychotic_days_from_service": None}),
    # Discharge on 9 February, + 60 = 10 April.
    ("started on the last day after a stay", [VISIT, spdc(d(2015, 2, 1), d(2015, 2, 9)),
                                              pack([d(2014, 1, 31), d(2015, 4, 10)])],
     {"antipsychotic_started_after_stay": True, "antipsychotic_after_stay_days_to_interruption": 28,
      "antipsychotic_days_from_service": 60}),
    ("started a day late", [VISIT, spdc(d(2015, 2, 1), d(2015, 2, 9)), pack(d(2015, 4, 11))],
     {"antipsychotic_started_after_stay": False, "antipsychotic_after_stay_days_to_interruption": None}),
    ("not without drugs before the stay", [VISIT, spdc(d(2015, 2, 1), d(2015, 2, 9)),
                                           pack([d(2014, 2, 1), d(2015, 2, 9)])],
     {"antipsychotic_started_after_stay": False}),
    ("a dispensing during the stay", [VISIT, spdc(d(2015, 2, 1), d(2015, 2, 9)),
                                      pack([d(2015, 2, 1), d(2015, 2, 15)])],
     {"antipsychotic_started_after_stay": True, "antipsychotic_after_stay_days_to_interruption": 28}),
    ("the second stay is followed", [VISIT, spdc(d(2015, 2, 1), d(2015, 2, 9)), spdc(d(2015, 6, 1), d(2015, 6, 9)),
                                     pack(d(2015, 6, 20), 365)],
     {"antipsychotic_started_after_stay": True, "antipsychotic_after_stay_days_to_interruption": 365}),
    ("died before the drug", [VISIT, spdc(d(2015, 2, 1), d(2015, 2, 9)), pack(d(2015, 2, 20)), died(d(2015, 2, 19))],
     {"antipsychotic_started_after_stay": False, "antipsychotic_days_from_service": 11}),
    # Interrupted on 29 January; in hospital from the 90th day after it (29 April), or from the 91st.
    ("in hospital on day 90 after an interruption", [VISIT, pack(JAN), ward(d(2015, 4, 29), d(2015, 5, 2))],
     {"antipsychotic_interruptions": 0, "antipsychotic_interruption_days_to_csm_visit": None}),
    ("in hospital on day 91 after an interruption", [VISIT, pack(JAN), ward(d(2015, 4, 30), d(2015, 5, 2))],
     {"antipsychotic_interruptions": 1, "antipsychotic_interruption_days_to_csm_visit": 12}),
    # The first interruption (29 January) is followed by a hospital, the second (25 September) by a visit.
    ("the first interruption that counts", [{"intervention": {"day": d(2015, 10, 5)}}, pack([JAN, d(2015, 8, 28)]),
                                            ward(d(2015, 4, 1), d(2015, 4, 3))],
     {"antipsychotic_interruptions": 1, "antipsychotic_interruption_days_to_csm_visit": 10}),
    # e = 1 January 2016 is none of Y, e = 31 December is.
    ("interrupted on the last day", [VISIT, pack(d(2015, 12, 3))],
     {"antipsychotic_interruptions": 1, "antipsychotic_days_to_interruption": 28}),
    ("interrupted on the day after", [VISIT, pack(d(2015, 12, 4))],
     {"antipsychotic_interruptions": 0, "antipsychotic_days_to_interruption": 28}),
    ("a visit on the day of the interruption", [{"intervention": {"day": d(2015, 1, 29)}}, pack(JAN)],
     {"antipsychotic_interruption_days_to_csm_visit": 0}),
    # Depot: 1 January, then 28 + 7 days later on 5 February, then 3 March (26 days). 60 DDDs over 61 days.
    ("depot packs", [VISIT, depot([JAN, d(2015, 2, 5), d(2015, 3, 3)], **{"min dose": 0.5, "max dose": 2})],
     {"long_acting_dispensing_days": 3, "long_acting_interval_dispensing_days": 3, "long_acting_delay_days": 7,
      "long_acting_daily_ddds": Decimal("0.983606557"), "long_acting_min_ddds": Decimal("0.5"),
      "long_acting_max_ddds": Decimal(2), "long_acting_longest_visit_gap": 50}),
    # In hospital on 10 days of the step (10 to 19 January), and on 5 February itself, which is of the next step.
    ("depot packs, a step in hospital", [VISIT, depot([JAN, d(2015, 2, 6), d(2015, 3, 3)]),
                                         ward(d(2015, 1, 10), d(2015, 1, 19)), ward(d(2015, 2, 6), d(2015, 2, 7))],
     {"long_acting_delay_days": 36 - 10 - 28, "long_acting_daily_ddds": Decimal("1.224489796"),
      "long_acting_min_ddds": None, "long_acting_max_ddds": None}),
    ("depot packs, two on a day", [VISIT, depot(JAN), depot(JAN, packs=1.5, **{"min dose": 0.7}),
                                   depot(d(2015, 4, 1), **{"min dose": 0.6})],
     {"long_acting_dispensing_days": 2, "long_acting_delay_days": 90 - 70, "long_acting_min_ddds": Decimal("0.6"),
      "long_acting_daily_ddds": Decimal("0.666666667")}),
    ("a third of a pack", [VISIT, depot(JAN, packs="0.333333333", interval=90), depot(d(2015, 1, 31))],
     {"long_acting_delay_days": 0}),
    ("depot packs, no day left", [VISIT, depot([JAN, d(2015, 1, 29)]), ward(d(2014, 12, 30), d(2015, 1, 28))],
     {"long_acting_delay_days": -28, "long_acting_daily_ddds": None}),
    ("one depot pack with an interval, one without", [VISIT, depot(JAN), depot(d(2015, 2, 1), interval=None)],
     {"long_acting_dispensing_days": 2, "long_acting_interval_dispensing_days": 1, "long_acting_delay_days": None,
      "long_acting_daily_ddds": None}),
    ("an oral pack with an interval", [VISIT, pack(JAN, interval=28)],
     {"long_acting_dispensing_days": 0, "long_acting_interval_dispensing_days": 0}),
    # Covered in Y from 1 January (of a pack of 20 December, 30 days) to 18 January, and 1 to 30 May: visits on
    # 10 February and 9 April: 40, 58, then 51 days to 30 May.
    ("visits while covered", [{"intervention": {"day": [d(2015, 2, 10), d(2015, 4, 9)]}},
                              depot([d(2014, 12, 20), d(2015, 5, 1)])],
     {"long_acting_longest_visit_gap": 58}),
    ("no visit while covered", [SEEN, depot(d(2015, 12, 20), ddds=60)], {"long_acting_longest_visit_gap": 11}),
    ("died while covered", [VISIT, depot(JAN, ddds=300), died(d(2015, 3, 1))], {"long_acting_longest_visit_gap": 40}),
]  # fmt: skip

STAY = spdc(d(2015, 2, 1), d(2015, 2, 9))


def drug(name: str, first: d | None, days: int, previous: int | None, *to_interruption: int | None) -> dict[str, Any]:
    """The columns of a class: first dispensing, dispensing days, days since the previous, days to the interruption
    (which nobody asks of lithium)."""
    return {f"{name}_first_dispensing": first, f"{name}_dispensing_days": days, f"{name}_days_since_previous": previous,
            **{f"{name}_days_to_interruption": said for said in to_interruption}}  # fmt: skip


def after_discharge(*days: int | None | bool) -> dict[str, Any]:
    """Antipsychotic, antidepressant, mood stabiliser after the discharge, then all: False for none, else the days to
    the interruption (None: not interrupted)."""
    names = ("antipsychotic", "antidepressant", "mood_stabiliser_without_antipsychotics")
    found = {f"{name}_after_discharge": said is not False for name, said in zip(names, days, strict=False)}
    ended = {f"{name}_after_discharge_days_to_interruption": None if said is False else said
             for name, said in zip(names, days, strict=False)}  # fmt: skip
    return {**found, **ended, "drug_classes_after_discharge": sum(found.values()),
            "drug_classes_after_discharge_days_to_interruption": days[-1]}  # fmt: skip


def lithium(since_stay: int | None, to_level: int | None, to_second: int | None) -> dict[str, Any]:
    return {"lithium_days_since_stay": since_stay, "lithium_stay_days_to_level": to_level,
            "lithium_start_days_to_second_level": to_second}  # fmt: skip


def recent(longest: int, therapies: int) -> dict[str, Any]:
    return {"antidepressant_recent_longest_therapy_days": longest, "antidepressant_recent_therapies": therapies}


EITHER = "mood_stabiliser_or_antipsychotic"
NO_DRUG = (None, 0, None, None)
# The same of other classes, and what is asked of them alone.
CLASSES: list[tuple[str, list[dict], dict[str, Any]]] = [
    ("nothing of any class", [VISIT, pack(JAN, drug="N05BA12")], {
        **drug("mood_stabiliser", *NO_DRUG), **drug("antidepressant", *NO_DRUG), **drug("lithium", *NO_DRUG[:3]),
        **drug(EITHER, *NO_DRUG), **after_discharge(False, False, False, None), **lithium(None, None, None),
        **recent(0, 0), "antidepressant_days_in_psychotherapy": 0, "lithium_longest_therapy_days": 0,
        "carbamazepine_valproate_longest_therapy_days": 0, "mood_stabiliser_started_after_stay": False,
        "mood_stabiliser_after_stay_days_to_interruption": None, "mood_stabiliser_days_from_service": None,
        "antidepressant_started_after_stay": False, "antidepressant_days_from_service": None,
        "mood_stabiliser_interruptions": 0, "mood_stabiliser_interruption_days_to_csm_visit": None}),
    # 28 days of each: from 1 January, 29 January, 26 February, 26 March, 23 April. Oral risperidone stabilises no mood.
    ("mood stabilisers one after another", [
        VISIT, pack(JAN, drug=LITHIUM), pack(d(2015, 1, 29), drug=LAMOTRIGINE), pack(d(2015, 2, 26)),
        pack(d(2015, 3, 26), drug=RISPERIDONE, form="depot"), pack(d(2015, 4, 23), drug=RISPERIDONE)], {
        **drug("mood_stabiliser", JAN, 4, None, 112), **drug(EITHER, JAN, 5, None, 140),
        **drug("lithium", JAN, 1, None), **drug("antipsychotic", d(2015, 2, 26), 3, None, 84),
        **drug("antidepressant", *NO_DRUG), "lithium_longest_therapy_days": 28,
        "carbamazepine_valproate_longest_therapy_days": 0, "mood_stabiliser_interruptions": 1,
        "mood_stabiliser_interruption_days_to_csm_visit": None}),
    # Lithium to 28 January and from 1 to 28 April, haloperidol from 15 February to 14 March: gaps of 17 days of both
    # together. A visit on 10 February, 12 days after 29 January.
    ("two classes fill each other's gaps", [
        VISIT, pack([JAN, d(2015, 4, 1)], drug=LITHIUM), pack(d(2015, 2, 15), drug=HALOPERIDOL)], {
        **drug("mood_stabiliser", JAN, 2, None, 28), **drug(EITHER, JAN, 3, None, 118),
        "antipsychotic_days_to_interruption": 28, "mood_stabiliser_interruptions": 2,
        "mood_stabiliser_interruption_days_to_csm_visit": 12, "antipsychotic_interruptions": 1,
        "antipsychotic_interruption_days_to_csm_visit": None, "lithium_longest_therapy_days": 28}),
    ("in hospital on day 90 after an interruption of lithium", [VISIT, pack(JAN, drug=LITHIUM),
                                                                ward(d(2015, 4, 29), d(2015, 5, 2))],
     {"mood_stabiliser_interruptions": 0, "mood_stabiliser_interruption_days_to_csm_visit": None}),
    # Carbamazepine for 60 days to 1 March, valpromide for 100 to 9 June; lithium of 1 December to 29 January.
    ("carbamazepine and valproate together", [
        VISIT, pack(JAN, 60, drug=CARBAMAZEPINE), pack(d(2015, 3, 2), 100, drug=VALPROMIDE),
        pack(d(2014, 12, 1), 60, drug=LITHIUM), pack(d(2015, 6, 10), 90, drug=LAMOTRIGINE)], {
        **drug("mood_stabiliser", JAN, 3, 31, 250), **drug("lithium", *NO_DRUG[:3]),
        "carbamazepine_valproate_longest_therapy_days": 160, "lithium_longest_therapy_days": 29}),
    # Covered to 30 December; from 10 January 2016 on 28 days more, which the end of the year does not see.
    ("lithium over the end of the year", [VISIT, pack([d(2015, 12, 3), d(2016, 1, 10)], drug=LITHIUM)],
     {**drug("lithium", d(2015, 12, 3), 1, None), "lithium_longest_therapy_days": 28}),
    # Discharged on 9 February: day 60 is 10 April.
    ("after a stay, on day 60 and on day 61", [VISIT, STAY, pack(d(2015, 4, 10), drug=LITHIUM),
                                               pack(d(2015, 4, 11), drug=SERTRALINE)], {
        **after_discharge(False, False, 28, 28), "mood_stabiliser_started_after_stay": True,
        "mood_stabiliser_after_stay_days_to_interruption": 28, "mood_stabiliser_days_from_service": 60,
        "antidepressant_started_after_stay": False, "antidepressant_after_stay_days_to_interruption": None,
        "antidepressant_days_from_service": 61, "antipsychotic_started_after_stay": False,
        "antipsychotic_days_from_service": None}),
    # Olanzapine, which stabilises, 365 days before the admission; the antidepressant 366 days before it.
    ("treated before the stay", [
        VISIT, STAY, pack(d(2014, 2, 1)), pack(d(2015, 2, 20), drug=LITHIUM),
        pack(d(2014, 1, 31), 40, drug=SERTRALINE), pack(d(2015, 2, 21), 40, drug=SERTRALINE)], {
        **after_discharge(False, 40, 28, 28), "mood_stabiliser_started_after_stay": False,
        "mood_stabiliser_after_stay_days_to_interruption": None, "antidepressant_started_after_stay": True,
        "antidepressant_after_stay_days_to_interruption": 40, "mood_stabiliser_days_since_previous": 384,
        "antidepressant_days_since_previous": 386}),
    ("three classes after a stay, from its discharge to day 60", [
        VISIT, STAY, pack([d(2015, 1, 20), d(2015, 2, 9)]), pack(d(2015, 4, 10), 300, drug=SERTRALINE),
        pack(d(2015, 3, 10), 365, drug=LITHIUM)],
     {**after_discharge(28, 300, 365, 28), "antipsychotic_started_after_stay": False}),
    ("olanzapine is one class", [VISIT, STAY, pack(d(2015, 2, 20))],
     {**after_discharge(28, False, False, 28), "mood_stabiliser_started_after_stay": True}),
    # 20 February 2015 + 700 is after the data end.
    ("two classes after a stay, one not interrupted", [VISIT, STAY, pack(d(2015, 2, 20), 700, drug=SERTRALINE),
                                                       pack(d(2015, 2, 20), 200, drug=LAMOTRIGINE)],
     after_discharge(False, None, 200, 200)),
    ("one class after a stay, not interrupted", [VISIT, STAY, pack(d(2015, 2, 20), 700, drug=SERTRALINE)],
     after_discharge(False, None, False, None)),
    ("after the second stay", [VISIT, STAY, spdc(d(2015, 6, 1), d(2015, 6, 9)),
                               pack(d(2015, 6, 20), drug=SERTRALINE)],
     {**after_discharge(False, False, False, None), "antidepressant_started_after_stay": True,
      "antidepressant_after_stay_days_to_interruption": 28}),
    ("without a stay", [VISIT, pack(d(2015, 2, 20), drug=SERTRALINE)], after_discharge(False, False, False, None)),
    ("on the day of death and after it", [VISIT, STAY, died(d(2015, 3, 1)), pack(d(2015, 3, 1), drug=SERTRALINE),
                                          pack(d(2015, 3, 2), drug=LITHIUM)],
     after_discharge(False, None, False, None)),
    ("the first stay ended by death", [VISIT, spdc(d(2015, 2, 1), d(2015, 2, 9), died=True),
                                       pack(d(2015, 2, 9), drug=SERTRALINE)],
     {**after_discharge(False, False, False, None), "antidepressant_started_after_stay": True}),
    # The years are 2013 to 2015: 800 days from 1 December 2012, 31 of them before.
    ("antidepressants for long, since before the years", [VISIT, pack(d(2012, 12, 1), 800, drug=SERTRALINE)],
     {**drug("antidepressant", *NO_DRUG), **recent(769, 1)}),
    # 28 days, 27 days, and 60 of which 31 lie in December.
    ("antidepressants of 28 and of 27 days", [
        VISIT, pack(d(2013, 3, 1), drug=SERTRALINE), pack(d(2014, 3, 1), 27, drug=SERTRALINE),
        pack(d(2015, 12, 1), 60, drug=SERTRALINE)], recent(31, 2)),
    # Of 58 days 27 lie in 2013, of 28 days 27 in 2015.
    ("antidepressants cut at the ends of the years", [VISIT, pack(d(2012, 12, 1), 58, drug=SERTRALINE),
                                                      pack(d(2015, 12, 5), drug=SERTRALINE)], recent(27, 0)),
    # 14 days from 1 March and from 13 April 2014, 29 days between them.
    ("a short gap between antidepressants", [VISIT, pack([d(2014, 3, 1), d(2014, 4, 13)], 14, drug=SERTRALINE)],
     recent(57, 1)),
    ("antidepressants taken up again in 2016", [VISIT, pack([d(2015, 12, 1), d(2016, 1, 5)], drug=SERTRALINE)],
     recent(28, 1)),
    # From 10 January to 10 March: 19 days of the first pack, 19 of the second; the days in hospital are not of drugs.
    ("antidepressants in psychotherapy", [
        session("psychological interview", d(2014, 12, 31), d(2015, 1, 10)),
        session("family psychotherapy", d(2015, 3, 10), d(2016, 1, 1)),
        session("family psychoeducation", d(2015, 1, 1), d(2015, 5, 1)),
        pack(JAN, drug=SERTRALINE), pack(d(2015, 2, 20), 100, drug=SERTRALINE), ward(d(2015, 1, 29), d(2015, 2, 5))],
     {"antidepressant_days_in_psychotherapy": 38, "antidepressant_days_from_service": None}),
    ("one session", [session("group psychotherapy", d(2015, 1, 10)), pack(d(2014, 12, 20), 22, drug=SERTRALINE)],
     {"antidepressant_days_in_psychotherapy": 1}),
    ("one session a day late", [session("couple psychotherapy", d(2015, 1, 10)),
                                pack(d(2014, 12, 20), 21, drug=SERTRALINE), pack(d(2015, 1, 5))],
     {"antidepressant_days_in_psychotherapy": 0}),
    ("sessions after the death", [session("individual psychotherapy", d(2015, 1, 10), d(2015, 3, 10)),
                                  pack(JAN, 100, drug=SERTRALINE), died(d(2015, 2, 1))],
     {"antidepressant_days_in_psychotherapy": 60}),
    # Discharged on 9 February, lithium on 11 March, 28 days to 8 April.
    ("lithium after a stay", [VISIT, STAY, pack(d(2015, 3, 11), drug=LITHIUM),
                              level(d(2015, 2, 8), d(2015, 2, 9), d(2015, 3, 11), d(2015, 4, 8), d(2015, 4, 9))],
     lithium(30, 0, 28)),
    # The latest discharge up to the first lithium; two tests of a day are one, a stay is none.
    ("lithium after several stays", [
        VISIT, spdc(d(2014, 6, 1), d(2014, 6, 9)), spdc(d(2014, 12, 20), d(2015, 1, 10)),
        spdc(d(2015, 5, 1), d(2015, 5, 9)), pack([d(2015, 1, 10), d(2015, 6, 1)], drug=LITHIUM),
        level(d(2015, 1, 12), d(2015, 1, 12)), ward(d(2015, 1, 20), d(2015, 1, 25))], lithium(0, 2, None)),
    ("lithium, discharged on the first day of the year before", [
        VISIT, spdc(d(2013, 12, 1), d(2014, 1, 1)), pack(JAN, drug=LITHIUM), level(d(2013, 12, 31), d(2014, 1, 5))],
     lithium(365, 4, None)),
    ("lithium, discharged a day before it", [VISIT, spdc(d(2013, 12, 1), d(2013, 12, 31)), pack(JAN, drug=LITHIUM),
                                             level(d(2014, 1, 5))], lithium(None, None, None)),
    ("lithium after the SPDC, still in another ward", [
        VISIT, STAY, ward(d(2015, 2, 9), d(2015, 2, 20)), pack(d(2015, 2, 15), drug=LITHIUM), level(d(2015, 2, 20))],
     lithium(6, 11, None)),
    ("lithium after another ward", [VISIT, ward(d(2015, 2, 1), d(2015, 2, 9)), pack(d(2015, 2, 15), drug=LITHIUM),
                                    level(d(2015, 2, 20), d(2015, 2, 21))], lithium(None, None, 6)),
    ("lithium levels up to the death", [VISIT, STAY, pack(d(2015, 3, 1), drug=LITHIUM), died(d(2015, 3, 8)),
                                        level(d(2015, 3, 8), d(2015, 3, 9))], lithium(20, 27, None)),
    ("lithium levels on the day of death", [VISIT, pack(d(2015, 3, 1), drug=LITHIUM), died(d(2015, 3, 8)),
                                            level(d(2015, 3, 1), d(2015, 3, 8))], lithium(None, None, 7)),
    ("lithium in January of the next year", [VISIT, STAY, pack(d(2016, 1, 1), drug=LITHIUM),
                                             level(d(2015, 2, 10), d(2016, 1, 5), d(2016, 1, 6))],
     {**lithium(None, None, None), **drug("lithium", *NO_DRUG[:3])}),
    ("lithium levels of the next year", [VISIT, pack(d(2015, 12, 20), drug=LITHIUM),
                                         level(d(2016, 1, 10), d(2016, 1, 2))], lithium(None, None, 21)),
]  # fmt: skip
PERSONS += CLASSES

# who, facts, days_to_antipsychotic and antipsychotic_daily_ddds of the stay
STAYS: list[tuple[str, list[dict], int | None, str | None]] = [
    ("nothing after it", [STAY, pack(d(2015, 2, 8))], None, None),
    ("on the day of discharge, not again", [STAY, pack(d(2015, 2, 9))], 0, None),
    # 60 DDDs for 40 days; a day of the substance 90 and 91 days later.
    ("again", [STAY, pack(d(2015, 2, 19), 60), pack(d(2015, 3, 31), 10)], 10, "1.5"),
    ("again on day 90", [STAY, pack(d(2015, 2, 19), 60), pack(d(2015, 5, 20), 10)], 10, "0.666666667"),
    ("again on day 91", [STAY, pack(d(2015, 2, 19), 60), pack(d(2015, 5, 21), 10)], 10, None),
    # 10/30 and 20/30 of two substances are the whole, a third comes never again, a fourth on another day.
    ("several", [STAY, pack(d(2015, 2, 19), 5), pack(d(2015, 2, 19), 5, form="depot"),
                 pack(d(2015, 2, 19), 20, drug=RISPERIDONE), pack(d(2015, 3, 21)),
                 pack(d(2015, 3, 21), drug=RISPERIDONE), pack(d(2015, 2, 19), 99, drug=QUETIAPINE),
                 pack([d(2015, 2, 20), d(2015, 3, 2)], 50, drug=CLOZAPINE)], 10, "1"),
    ("thirds", [STAY, *(pack([d(2015, 2, 9), d(2015, 2, 12)], 1, drug=drug)
                        for drug in (RISPERIDONE, CLOZAPINE, QUETIAPINE))], 0, "1"),
    ("died before", [STAY, pack(d(2015, 2, 20)), died(d(2015, 2, 19))], None, None),
    ("died before the second", [STAY, pack([d(2015, 2, 20), d(2015, 3, 1)]), died(d(2015, 2, 28))], 11, None),
]  # fmt: skip

PEOPLE = [
    *({"who": who, "facts": facts} for who, facts, _ in PERSONS),
    *({"who": who, "facts": [VISIT, *facts]} for who, facts, *_ in STAYS),
]


@pytest.fixture(scope="module")
def tables(spark) -> dict[str, list]:
    return built(spark, PEOPLE)


def test_columns_of_persons(tables) -> None:
    rows = {row["person_id"]: row for row in tables["person_year"]}
    got = {who: {name: rows[n][name] for name in said} for n, (who, _, said) in enumerate(PERSONS, start=1)}
    assert got == {who: said for who, _, said in PERSONS}


def test_columns_of_stays(tables) -> None:
    first = len(PERSONS) + 1
    rows = {row["person_id"]: row for row in tables["spdc_stay"]}
    columns = ("days_to_antipsychotic", "antipsychotic_daily_ddds")
    got = {who: tuple(rows[n][name] for name in columns) for n, (who, *_) in enumerate(STAYS, start=first)}
    assert got == {who: (days, None if dose is None else Decimal(dose)) for who, _, days, dose in STAYS}


def test_parameters(spark) -> None:
    stay = spdc(d(2015, 2, 1), d(2015, 2, 9))
    people = [
        {"who": "carried", "facts": [VISIT, pack([JAN, d(2015, 1, 11)]), pack(JAN, 4, drug=RISPERIDONE)]},
        {"who": "a gap of ten days", "facts": [VISIT, pack([JAN, d(2015, 2, 8)])]},
        {"who": "a stay", "facts": [VISIT, stay, pack([d(2015, 1, 20), d(2015, 2, 12), d(2015, 2, 26)])]},
        {"who": "a late start", "facts": [VISIT, stay, pack(d(2015, 2, 15))]},
        {"who": "in hospital after an interruption", "facts": [VISIT, pack(JAN), ward(d(2015, 3, 1), d(2015, 3, 2))]},
        {"who": "antidepressants", "facts": [VISIT, *(pack(d(2013, month, 1), 4 + month, drug=SERTRALINE)
                                                      for month in (1, 2, 3))]},
    ]  # fmt: skip
    parameters = Parameters(
        carry_forward=True,
        therapy_gap_days=10,
        naive_days_before_stay=11,
        start_after_discharge_days=5,
        repeat_days=13,
        interruption_hospital_days=30,
        recent_therapy_days=6,
        mood_stabiliser_includes_antipsychotics=False,
    )
    made = built(spark, people, parameters)
    rows = {row["person_id"]: row for row in made["person_year"]}
    assert (rows[1]["antipsychotic_days_to_interruption"], rows[1]["antipsychotic_overlap_days"]) == (56, 4)
    assert rows[2]["antipsychotic_days_to_interruption"] == 28
    assert [rows[n]["antipsychotic_started_after_stay"] for n in (3, 4)] == [True, False]
    assert [rows[n]["antipsychotic_after_discharge"] for n in (3, 4)] == [True, False]
    assert rows[5]["antipsychotic_interruptions"] == 1  # the 31st day after it
    assert (rows[5]["mood_stabiliser_first_dispensing"], rows[5][f"{EITHER}_first_dispensing"]) == (None, JAN)
    assert rows[6]["antidepressant_recent_therapies"] == 2  # of 5, 6 and 7 days
    doses = [row["antipsychotic_daily_ddds"] for row in made["spdc_stay"] if row["person_id"] == 3]
    assert doses == [None]  # 14 days later


def test_a_further_class_costs_no_exchange(spark, monkeypatch) -> None:
    dispensing, window, parameters = frames(spark, [])["dispensing"], EvaluationWindow(2015), Parameters()
    persons = spark.sql("select 1L as person_id")
    held = persons.selectExpr("person_id", "array(0L) as institution_days", "array(0L) as institution_days_seen")

    def exchanges() -> int:
        coverages = drugs.coverages(drugs.dispensed(dispensing, persons, window, parameters), parameters)
        made = drugs.of_persons(coverages, held, window, parameters)
        return made._jdf.queryExecution().executedPlan().toString().count("Exchange hashpartitioning")

    shown = spark.conf.get("spark.sql.maxPlanStringLength")
    spark.conf.set("spark.sql.maxPlanStringLength", "1000000")
    try:
        of_all = exchanges()
        monkeypatch.setattr(drugs, "CLASSES", (drugs.ANTIPSYCHOTIC,))
        assert of_all == exchanges() > 0
    finally:
        spark.conf.set("spark.sql.maxPlanStringLength", shown)


def test_the_list_of_a_class_follows_the_parameter() -> None:
    narrow = Parameters(mood_stabiliser_includes_antipsychotics=False)
    names = [drugs.code_list("mood_stabiliser", parameters) for parameters in (Parameters(), narrow)]
    assert names == ["mood_stabiliser", "mood_stabiliser_without_antipsychotics"]
    assert drugs.code_list("antipsychotic", narrow) == "antipsychotic"
