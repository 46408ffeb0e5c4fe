"""The engine on a nation small enough to count by hand, and on a random one counted again in plain Python."""

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from indicator_nation import YEAR, Nation, age_class, areas_of, cell, everything, person, stay

from percorsi.errors import UsageError
from percorsi.home import Home
from percorsi.indicators import compute, load_catalogue, read_values, write_csv
from percorsi.indicators.catalogue import Catalogue
from percorsi.indicators.clauses import evaluate, parse, parse_value
from percorsi.indicators.coverage import coverage
from percorsi.indicators.grains import GRAINS
from percorsi.indicators.grid import AGE_CLASSES, CELL, SEXES
from percorsi.indicators.kinds import KINDS
from percorsi.regions import bit, regions
from percorsi.tables import table

# Turin has two DSMs and Milan one; Aosta delivers 2015 only; Bolzano lacks one file of SISM; Venice is on paper only.
TURIN_1, TURIN_2, AOSTA, MILAN, BOLZANO = "010-101-001", "010-101-002", "020-101-001", "030-321-001", "041-101-001"
VENICE = "050-201-001"
DELIVERED = [
    *everything("010", range(2012, 2017)),
    *everything("020", [2015]),
    *everything("030", range(2012, 2017)),
    *[row for row in everything("041", range(2012, 2017)) if row[0] != "PSS"],
]
SPRING = date(2015, 3, 1)


def small_nation() -> tuple[list[dict], list[dict]]:
    people = [
        person(1, [TURIN_1], interventions=6, first_stay_discharge=SPRING, days_to_csm_visit=14),
        # in two regions, seen in time
        person(2, [TURIN_1, MILAN], sex="1", age=70, interventions=5, first_stay_discharge=SPRING, days_to_csm_visit=0),
        # in two DSMs of one region, of unknown sex, never seen
        person(3, [TURIN_1, TURIN_2], sex="9", age=18, interventions=1, presences=5, first_stay_discharge=SPRING),
        # in a region whose window ends too early
        person(4, [AOSTA], sex="1", age=50, interventions=9, first_stay_discharge=SPRING, days_to_csm_visit=3),
        person(5, [TURIN_1], age=17, interventions=9, first_stay_discharge=SPRING, days_to_csm_visit=3),
        person(6, [TURIN_1], pathway="bipolar", interventions=9, first_stay_discharge=SPRING, days_to_csm_visit=3),
        person(7, [BOLZANO], interventions=9, first_stay_discharge=SPRING, days_to_csm_visit=3),
        # in the region that ends too early and in one that does not: the nation has this person by the latter
        person(8, [AOSTA, MILAN], age=80, interventions=9, first_stay_discharge=SPRING, days_to_csm_visit=15),
        # no stay, no intervention, only a presence; sex not delivered
        person(9, [MILAN], sex=None, age=30, presences=9),
    ]
    stays = [
        stay(people[0], 1, [TURIN_1], length_days=30, compulsory_records=1),
        stay(people[0], 2, [TURIN_2], length_days=31, days_since_previous_stay=30),
        # one stay in the hospitals of two regions
        stay(people[1], 1, [TURIN_1, MILAN], length_days=90, days_since_previous_stay=31),
        stay(people[3], 1, [AOSTA], length_days=40, days_since_previous_stay=1),
        stay(people[4], 1, [TURIN_1], length_days=40, days_since_previous_stay=1),
        stay(people[7], 1, [AOSTA, MILAN], days_since_previous_stay=2),
    ]
    return people, stays


@pytest.fixture(scope="module")
def small_store(spark, tmp_path_factory) -> Nation:
    return Nation(Home(tmp_path_factory.mktemp("small")), spark, *small_nation(), DELIVERED, dsms=[TURIN_1, VENICE])


@pytest.fixture(scope="module")
def values(small_store: Nation, settings) -> pd.DataFrame:
    return compute(small_store, settings, YEAR, "run-1", grades={"CNT": {"010": "A", "030": "B", "020": "C"}})


def test_a_person_counts_once_in_each_dsm_region_and_in_the_nation(values):
    # S26, more than 5 contacts of those with an intervention: 1 (6), 2 (5), 3 (1 + 5), 4, 8 (9 each)
    assert cell(values, "S26", TURIN_1) == (2, 3)  # 1 and 3 of 1 2 3
    assert cell(values, "S26", TURIN_2) == (1, 1)
    assert cell(values, "S26", "010") == (2, 3)
    assert cell(values, "S26", "020") == (2, 2)
    assert cell(values, "S26", "030") == (1, 2)  # 8 of 2 8
    assert cell(values, "S26", "IT") == (4, 5)  # 7 is of a region that does not cover it


def test_the_nation_takes_who_has_a_contact_in_a_region_that_covers_the_indicator(values):
    assert cell(values, "S20", "010") == (2, 3)  # day 14 and day 0; 3 was never seen
    assert cell(values, "S20", "030") == (1, 2)  # 2; 8 was seen on day 15
    assert cell(values, "S20", "020") == "window_not_covered"
    assert cell(values, "S20", AOSTA) == "window_not_covered"
    assert cell(values, "S20", "IT") == (2, 4)  # 1 2 3 and, by Milan, 8; not 4


def test_regions_left_out_are_named_when_somebody_is_in_contact_there(values):
    whole = (values["sex"] == "") & (values["age_class"] == "") & (values["component"] == "")
    nation = values[(values["area"] == "IT") & whole]
    left_out = nation.set_index("code")["left_out"]
    assert left_out["S26"] == "041"
    assert left_out["S20"] == left_out["S14"] == left_out["S25"] == "020,041"
    assert values.loc[values["area"] != "IT", "left_out"].isna().all()


def test_who_has_no_pathway_is_in_contact_all_the_same(spark, settings, tmp_path):
    whole = load_catalogue()
    one = Catalogue({(measure := whole.by_code["S26"][0]).name: measure}, whole.cards)
    nobody_told = person(2, [VENICE], pathway=None, interventions=9)
    told = Nation(Home(tmp_path / "told"), spark, [person(1, [TURIN_1], interventions=6), nobody_told], [], DELIVERED)
    found = compute(told, settings, YEAR, "run", catalogue=one)
    assert cell(found, "S26", "IT") == cell(found, "S26", TURIN_1) == (1, 1)
    assert cell(found, "S26", VENICE) == cell(found, "S26", "050") == "missing_flow"
    assert set(found.loc[found["area"] == "IT", "left_out"]) == {"050"}
    delivered = [*DELIVERED, *everything("050", range(2012, 2017))]
    untold = Nation(Home(tmp_path / "untold"), spark, [nobody_told], [], delivered)
    found = compute(untold, settings, YEAR, "run", catalogue=one)
    assert cell(found, "S26", VENICE) == cell(found, "S26", "050") == cell(found, "S26", "IT") == "denominator_zero"


def test_values_of_a_kind_without_strata_are_written_with_none(small_store, settings):
    whole = load_catalogue()
    one = Catalogue({(measure := whole.by_code["S44"][0]).name: measure}, whole.cards)
    found = compute(small_store, settings, YEAR, "ratios", catalogue=one)
    assert set(found["code"]) == {"S44", "BP36", "D22", "DGP25"}
    strata = small_store.read("indicator_stratum")
    assert strata.where("run_id = 'ratios'").count() == 0


def test_stays_count_in_the_areas_of_their_hospitals(values):
    assert cell(values, "S13", TURIN_1) == (1, 2)
    assert cell(values, "S13", "IT") == (1, 5)  # Aosta covers it: 2 of person 1, and one of 2, 4, 8
    assert cell(values, "S14", "010") == (1, 3)  # day 30 counts, day 31 does not
    assert cell(values, "S14", "030") == (1, 2)
    assert cell(values, "S14", "IT") == (2, 4)  # of Aosta only the stay that Milan shares
    assert cell(values, "S15", "010") == (2, 3)  # 31 and 90 days, not 30
    assert cell(values, "S15", TURIN_2) == (1, 1)


def test_breakdowns_by_sex_and_apart_from_it_by_age_class(values):
    assert [cell(values, "S26", "010", sex=sex) for sex in SEXES] == [(0, 1), (1, 1), (1, 1)]
    assert cell(values, "S26", "010", age_class="18-24") == (1, 1)
    assert cell(values, "S26", "010", age_class="65-74") == (0, 1)
    assert cell(values, "S26", "010", age_class="45-54") == "denominator_zero"
    assert cell(values, "S32", "030", sex="9") == (0, 1)  # 9, whose sex was not delivered


def test_below_18_and_other_pathways_are_in_no_denominator(values):
    assert cell(values, "S32", TURIN_1) == (0, 3)


def test_absent_with_its_reason_and_no_number(values):
    assert cell(values, "S26", "041") == cell(values, "S26", BOLZANO) == "missing_flow"
    assert cell(values, "S26", "050") == cell(values, "S26", VENICE) == "missing_flow"
    assert cell(values, "S27", "010") == "denominator_zero"  # nobody's living arrangement is known
    absent = values[values["reason"].notna()]
    assert absent[["numerator", "denominator", "value", "lower", "upper", "method"]].isna().all().all()


def test_value_and_interval(values):
    row = values[(values["code"] == "S20") & (values["area"] == "IT") & (values["sex"] == "")].iloc[0]
    # 2 of 4, Wilson: 1/2 -+ z sqrt(z^2 + 4) / (2 (4 + z^2)) with z = 1.959964
    assert (row["value"], row["method"]) == (0.5, "wilson")
    assert (row["lower"], row["upper"]) == pytest.approx((0.1500390, 0.8499610), abs=1e-6)


def test_what_has_no_value_has_no_grade(values):
    absent = values[values["reason"].notna() & (values["reason"] != "expected_below_one")]
    assert len(absent) and absent["grade"].isna().all()


def test_grade_of_the_nation_is_the_worst_of_the_regions_included(values):
    whole = (values["sex"] == "") & (values["age_class"] == "") & (values["component"] == "")
    grades = values[whole].set_index(["code", "area"])["grade"]
    assert (grades["S26", "IT"], grades["S20", "IT"]) == ("C", "B")  # Aosta, grade C, is not in S20
    assert (grades["S20", TURIN_1], grades["S20", "030"]) == ("A", "B")


def test_the_full_grid_is_there(values):
    # nation and 21 regions, each whole and by 3 sexes and 7 age classes; six DSMs, with and without a contact; the
    # component that is the value has two rows; a ratio of mortality is not broken down by age, its parts not at all
    rows = 0
    for measure, _ in load_catalogue().by_code.values():
        for component in measure.components:
            broken_down = KINDS[measure.kind].breakdowns(component)
            cells = 22 * (1 + 3 * ("sex" in broken_down) + 7 * ("age_class" in broken_down)) + 6
            rows += cells * (2 if component and component == measure.main else 1)
    assert len(values) == rows
    assert not values.duplicated(["code", "component", *CELL]).any()
    assert set(values.loc[values["level"] == "dsm", "area"]) == {TURIN_1, TURIN_2, AOSTA, MILAN, BOLZANO, VENICE}


def test_quality_withholds_a_region_and_takes_it_from_the_nation(small_store, settings):
    withheld = compute(small_store, settings, YEAR, "run-2", withheld={"CNT": ["030"], "FAR": ["010"]})
    assert cell(withheld, "S26", "030") == cell(withheld, "S26", MILAN) == "quality"
    assert cell(withheld, "S26", "041") == "missing_flow"  # what the data do not cover comes first
    assert cell(withheld, "S20", "IT") == (2, 3)  # without 8
    everywhere = compute(small_store, settings, YEAR, "run-2", withheld={"CNT": list(regions())})
    assert cell(everywhere, "S26", "IT") == "missing_flow"  # the first of the reasons of 010 020 030 041
    assert cell(everywhere, "S26", "020", sex="1") == "quality"


def test_values_are_read_without_spark_as_they_were_computed(small_store, settings, values, tmp_path):
    read = read_values(small_store.home, "run-1")
    pd.testing.assert_frame_equal(read[list(values.columns)], values, check_dtype=False, check_exact=True)
    assert write_csv(small_store.home, "run-1", tmp_path / "values.csv") == len(values)
    back = pd.read_csv(tmp_path / "values.csv", dtype={"area": str, "sex": str}, float_precision="round_trip")
    assert list(back.columns[:6]) == ["code", "component", "level", "area", "sex", "age_class"]
    np.testing.assert_array_equal(back["lower"], values["lower"])  # nan where absent, all digits elsewhere
    with pytest.raises(UsageError):
        compute(small_store, settings, YEAR, "x' or 'a' = 'a")


def test_other_order_and_partitions_give_the_same_values(spark, home, settings, values):
    people, stays = small_nation()
    shuffled = Nation(home, spark, people[::-1], stays[::-1], DELIVERED[::-1], dsms=[VENICE, TURIN_1])
    name = "features/person_year"
    shuffled.frames[name] = shuffled.frames[name].repartition(5)
    grades = {"CNT": {"030": "B", "020": "C", "010": "A"}}
    again = compute(shuffled, settings, YEAR, "run-1", grades=grades)
    pd.testing.assert_frame_equal(again, values, check_exact=True)


def facts_of(grain: str, chance: random.Random) -> dict:
    """Something for every column of a grain: numbers around the thresholds, and often nothing."""
    facts = {}
    for name, column in table(GRAINS[grain].units).columns.items():
        if column.type == "int":
            facts[name] = chance.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 29, 30, 31, 89, 90, 91, 180, 181, None])
        elif column.type == "boolean":
            facts[name] = chance.choice([True, False, None])
        elif column.type == "date":
            facts[name] = chance.choice([SPRING, None])
        elif column.type.startswith("decimal"):
            facts[name] = chance.choice([Decimal("0.5"), Decimal(2), Decimal(4), None])
    return facts


def random_nation(chance: random.Random) -> tuple[list[dict], list[dict], list]:
    """Some hundred people with facts around every threshold, nulls among them, in up to three of nine DSMs."""
    dsms = [f"{region}-101-00{number}" for region in ("010", "041", "150", "200") for number in (1, 2)] + [VENICE]

    def some(*among):
        return chance.choice(among)

    people, stays = [], []
    for number in range(400):
        facts = facts_of("person_year", chance) | {
            "year": YEAR,
            "sex": some("1", "2", "9", None),
            "age": some(17, 18, 24, 25, 29, 44, 74, 75, 90),
            "pathway": some(*2 * ["schizophrenia"], "bipolar", "depressive", "severe_personality", None),
            "living_arrangement": some("1", "2", "3", "4", None),
            "occupation": some("01", "04", "08", "99", None),
            "new_to_dsm": some(True, True, False, None),
            "interventions": chance.randrange(7),
            "presences": chance.randrange(3),
            "family_interventions": chance.randrange(5),
            "months_in_care": chance.randrange(1, 13),
            "first_missed_month": some(1, 6, 7, 12, None),
        }
        people.append(person(number, chance.sample(dsms, chance.randrange(1, 4)), **facts))
        for of in range(chance.randrange(3)):
            told = facts_of("spdc_stay", chance)
            told = {name: fact for name, fact in told.items() if name not in ("year", "age", "stay")}
            stays.append(stay(people[-1], of, chance.sample(dsms, chance.randrange(1, 3)), **told))
    flows = ("NPIA", "FAR", "DIR", "AIC", "SPE", "PS", "SIND", "SUP", "CDM")
    delivered = everything("010", range(2012, 2017)) + everything("041", [2015]) + everything("150", range(2012, 2017))
    delivered += [(flow, "150", year, "") for flow in flows for year in range(2012, 2017)]
    return people, stays, delivered


COUNTED = ("proportion", "rate", "mean")  # the other kinds are counted again in tests of their own


def in_plain_python(catalogue, people, stays, delivered) -> dict[tuple, object]:
    """(code, component, area, sex, age class) -> (numerator, denominator) or reason: a loop for each thing the manual
    says."""
    covered = coverage(catalogue, delivered, YEAR)
    areas = {("nation", "IT"), *(("region", region) for region in regions())}
    areas |= {place for row in [*people, *stays] for place in areas_of(row)}
    expected = {}
    for code, (measure, indicator) in catalogue.by_code.items():
        if measure.kind not in COUNTED:
            continue
        units = people if measure.grain == "person_year" else stays
        for part in measure.components.values():
            values = indicator.by_component[part.name]

            def holds(conditions, row, values=values):
                return all(evaluate(parse(sql), row, values) is True for sql in conditions.values())

            def amount(row, part=part, measure=measure, values=values, holds=holds):
                if measure.value is None:
                    return int(holds(part.numerator, row))
                value = evaluate(parse_value(measure.value), row, values)
                return Fraction(value, row[measure.per] if measure.per else 1)

            population = [r for r in units if r["pathway"] == indicator.pathway and holds(part.population, r)]
            counted = [(row, amount(row)) for row in population]
            for level, area in areas:
                breakdowns = [("", "")]
                if level != "dsm":
                    breakdowns += [(sex, "") for sex in SEXES] + [("", age_class) for age_class in AGE_CLASSES]
                for sex, age in breakdowns:
                    there = [
                        of
                        for row, of in counted
                        if (level, area) in areas_of(row)
                        and sex in ("", row["sex"] or "9")
                        and age in ("", age_class(row["age"]))
                        and (level != "nation" or any(row["regions"] & bit(r) for r in covered.covering(code)))
                    ]
                    count = (float(sum(there)), len(there))
                    reason = covered.reasons[code].get(area[:3]) or (None if there else "denominator_zero")
                    for name in {part.name, "" if part.name == measure.main else part.name}:
                        expected[code, name, area, sex, age] = reason or count
    return expected


def test_the_engine_counts_as_plain_python_does(spark, home, settings):
    people, stays, delivered = random_nation(random.Random(2015))
    values = compute(Nation(home, spark, people, stays, delivered), settings, YEAR, "random")
    expected = in_plain_python(load_catalogue(), people, stays, delivered)
    said = values[["code", "component", "area", "sex", "age_class", "numerator", "denominator", "reason"]].itertuples(
        index=False
    )
    got = {
        (row.code, row.component, row.area, row.sex, row.age_class): (row.numerator, row.denominator)
        if pd.isna(row.reason)
        else row.reason
        for row in said
        if load_catalogue().by_code[row.code][0].kind in COUNTED
    }
    assert got == expected
    assert len({count for count in got.values() if isinstance(count, tuple)}) > 200  # the comparison was of something


def test_the_grain_without_units_has_no_denominator(spark, home, settings):
    values = compute(
        Nation(home, spark, [person(1, [MILAN])], [], everything("030", range(2012, 2017))), settings, YEAR, "run"
    )
    assert cell(values, "S14", "IT") == cell(values, "S14", MILAN) == "denominator_zero"
    assert cell(values, "S32", "IT") == (0, 1)


def test_what_rests_on_the_supplementary_flow_is_over_the_regions_that_have_it(spark, home, settings):
    people = [person(1, [MILAN], plans_started=1), person(2, [TURIN_1], plans_started=1), person(3, [MILAN])]
    delivered = everything("030", [2015]) + everything("010", [2015]) + [("SUP", "030", 2015, "")]
    values = compute(Nation(home, spark, people, [], delivered), settings, YEAR, "run")
    assert cell(values, "S28", "010") == cell(values, "S28", TURIN_1) == "supplementary_flow_absent"
    assert cell(values, "S28", "030") == cell(values, "S28", "IT") == (1, 2)
    nation = values[(values["code"] == "S28") & (values["area"] == "IT")]
    assert set(nation["left_out"]) == {"010"}
