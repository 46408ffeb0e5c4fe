"""What the steward's pages show, worked out by hand from a small judging. No Spark."""

import pandas as pd
import pytest

from percorsi.quality.page import ItemText, heat, italian, pictures, problems
from percorsi.quality.page.links import area_page, check_page, item_page
from quality_findings import BAD, DIAGNOSIS, GOOD, PLACE, SEATS, SMALL, counts, findings


@pytest.fixture(scope="module")
def judging():
    return findings()


def test_heat_map_has_the_valid_share_of_every_region_and_semester(judging):
    found = heat.heat_map(judging, *DIAGNOSIS, heat.nation_and_regions(judging, *DIAGNOSIS))
    assert [head.replace("\N{NO-BREAK SPACE}", " ") for head in found.heads] == [
        *("1° sem. 2014", "2° sem. 2014", "1° sem. 2015", "2° sem. 2015")
    ]
    rows = {row.name: row for row in found.rows}
    assert len(found.rows) == 22 and found.rows[0].name == "Italia" and found.rows[0].is_total
    # 80 + 60 of 200; 85 + 9 + 45 of 209; 90 + 10 + 40 of 210; 95 + 9 + 30 of 212
    assert [cell.text for cell in rows["Italia"].cells] == ["70,0%", "66,5%", "66,7%", "63,2%"]
    assert [(cell.text, cell.css) for cell in rows["Calabria"].cells] == [
        *(("60,0%", "c1"), ("45,0%", "c0"), ("40,0%", "c0"), ("30,0%", "c0"))
    ]
    assert (rows["Calabria"].change, rows["Calabria"].href) == ("−10,0", "regione-180.html")
    assert found.least == 0.3


def test_what_was_not_delivered_is_a_dash_with_its_reason(judging):
    found = heat.heat_map(judging, *DIAGNOSIS, ["200", "020"])
    sardegna, aosta = found.rows
    assert [cell.text for cell in sardegna.cells] == ["–"] * 4
    assert {cell.css for cell in sardegna.cells} == {"nothing"}
    assert found.notes == ["nessun record consegnato nel periodo", "la regione non ha inviato il flusso"]
    assert [cell.note for cell in sardegna.cells] == ["a", "a", "b", "b"]  # no row, then zeros with a reason
    assert [cell.note for cell in aosta.cells] == ["a"] * 4
    assert (sardegna.change, sardegna.shares) == ("–", [None] * 4)


def test_below_ten_records_there_is_no_share(judging):
    found = heat.heat_map(judging, *DIAGNOSIS, [SMALL]).rows[0]
    assert [cell.text for cell in found.cells] == ["–", "<10", "100,0%", "75,0%"]
    rows = heat.by_semester(judging, *DIAGNOSIS, SMALL)
    assert [(row.denominator, row.shares == {}) for row in rows] == [
        ("0", True),
        ("<10", True),
        ("10", False),
        ("12", False),
    ]
    assert rows[1].why == "meno di 10 in tutto: la quota non si calcola"
    assert rows[3].texts == {"valid": "75,0%", "other": "8,3%", "default": "8,3%", "invalid": "0,0%", "missing": "8,3%"}


@pytest.mark.parametrize(
    ("share", "number"),
    [(0, 0), (0.4999, 0), (0.5, 1), (0.7, 2), (0.7999, 2), (0.8, 3), (0.9, 4), (0.9499, 4), (0.95, 5), (1, 5)],
)
def test_a_step_begins_at_its_least_share(share, number):
    assert heat.step(share) == number


def test_items_of_years_are_shown_by_year(judging):
    found = heat.heat_map(judging, *SEATS, ["IT", "010", "180"])
    assert found.heads == ["2014", "2015"]
    assert [cell.text for cell in found.rows[1].cells] == ["75,0%", "100,0%"]
    assert [row.change for row in found.rows] == ["+25,0", "+25,0", "–"]
    assert judging.yearly == {SEATS}
    assert judging.periods(*PLACE) == [4030, 4031]  # nothing of it was counted before
    assert judging.items == [DIAGNOSIS, PLACE, SEATS]


def test_an_item_of_which_few_are_enough_is_told_with_its_share():
    told = {DIAGNOSIS: ItemText("Diagnosi", least=9)}
    found = heat.heat_map(findings(item_names=told), *DIAGNOSIS, [SMALL]).rows[0]
    assert [cell.text for cell in found.cells] == ["–", "100,0%", "100,0%", "75,0%"]


def test_an_item_of_the_nation_alone_has_no_rows_of_regions():
    of_nation = counts()
    of_nation = of_nation[(of_nation["level"] == "nation") | (of_nation["item"] != "place")]
    found = findings(counts=of_nation)
    assert heat.nation_and_regions(found, *PLACE) == ["IT"]
    assert len(heat.nation_and_regions(found, *SEATS)) == 22


def test_rows_of_the_year_beside_semesters_are_not_counted_twice():
    whole = counts()
    whole = whole[whole["semester"] > 0].assign(semester=0)
    twice = findings(counts=pd.concat([counts(), whole]))
    assert len(twice.cells) == len(findings().cells)


def test_departments_are_ranked_by_what_they_lack(judging):
    ranked, too_few = heat.ranking(judging, *DIAGNOSIS)
    assert [(one.place, one.area, one.lacking, one.records, one.share) for one in ranked] == [
        *((1, BAD, 70, 100, 0.7), (2, SMALL, 3, 12, 0.25), (3, GOOD, 5, 100, 0.05))
    ]
    assert [italian.points(one.change) for one in ranked] == ["+10,0", "+25,0", "−5,0"]
    assert [one.mostly for one in ranked] == ["mancante", "mancante", "non valido"]
    assert (ranked[0].region, ranked[0].region_href) == ("Calabria", "regione-180.html")
    assert too_few == 0


def test_a_department_of_few_records_is_told_and_not_ranked():
    ranked, too_few = heat.ranking(findings(year=2014), *DIAGNOSIS)
    assert [(one.area, one.lacking) for one in ranked] == [(BAD, 55), (GOOD, 15)]
    assert too_few == 1


def test_a_failure_says_what_where_since_when_whose_why_and_what_to_do(judging):
    worst = problems.of_area(judging, "180")[0]
    assert (worst.title, worst.subject) == ("Diagnosi utilizzabile", "Contatti con i servizi: diagnosi di apertura")
    assert (worst.observed, worst.threshold, worst.wrong) == ("35,0%", "almeno 50%", "130 su 200")
    assert (worst.since, worst.whose) == ("dal 2° semestre 2014", "Calabria")
    assert (worst.text.why, worst.text.action) == ("Ogni percorso poggia sulla diagnosi.", "Chiedere un nuovo invio.")
    assert [(link.href, link.said) for link in worst.culprits] == [(area_page(BAD), "70 su 100")]
    assert problems.of_area(judging, "180")[1].culprits[0].said == "50 su 100"  # of a check on what is missing


def test_not_applicable_is_never_passed(judging):
    for area in ("200", "020"):
        found = problems.of_area(judging, area)
        assert problems.numbers(found) == {
            "critical": 0,
            "warning": 0,
            "information": 0,
            "passed": 0,
            "not_applicable": 3,
        }
        assert {(one.observed, one.wrong, one.reason) for one in found} == {("–", "–", "nessun record nel periodo")}
    assert problems.numbers(problems.of_area(judging, "180")) == {
        "critical": 1,
        "warning": 1,
        "information": 0,
        "passed": 0,
        "not_applicable": 1,
    }


def test_troubles_are_told_once_each_gravest_first(judging):
    grave, warned = problems.troubles(judging)
    assert (grave.title, grave.severity_word, grave.nation) == ("Diagnosi utilizzabile", "grave", "64,9%")
    assert ([link.name for link in grave.named], grave.since) == (["Calabria"], "dal 2° semestre 2014")
    assert (warned.title, warned.threshold, warned.nation) == ("Diagnosi mancante", "al massimo 15%", "21,6%")
    assert warned.since == "almeno dal 1° semestre 2014"


def test_a_check_of_few_records_shows_no_numbers():
    checks = findings().checks
    checks.loc[(checks["area"] == "180") & (checks["check"] == "diagnosis_usable"), ["elements", "unexpected"]] = [9, 6]
    found = problems.of_area(findings(checks=checks), "180")[0]
    assert (found.status, found.observed, found.wrong) == ("failed", "–", "su meno di 10")


def test_what_was_accepted_stands_with_its_reason():
    checks = findings().checks
    checks.loc[(checks["area"] == "180") & (checks["check"] == "diagnosis_usable"), "reason"] = "così d'accordo"
    assert problems.of_area(findings(checks=checks), "180")[0].reason == "così d'accordo"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0,0%"),
        (0.0004, "<0,1%"),
        (0.0005, "0,1%"),
        (0.843, "84,3%"),
        (0.9996, ">99,9%"),
        (1, "100,0%"),
        (None, "–"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share, text):
    assert italian.percent(share) == text


def test_numbers_are_written_as_in_italy():
    assert [italian.number(n) for n in (0, 1234, 1234567, 3.25, None)] == ["0", "1.234", "1.234.567", "3,25", "–"]
    assert [italian.points(c) for c in (0.032, -0.004, 0.0004, -0.0004, None)] == ["+3,2", "−0,4", "=", "=", "–"]
    assert italian.threshold(0.5, "min") == "almeno 50%"
    assert italian.threshold(0.025, "max") == "al massimo 2,5%"
    assert [italian.threshold(1, "min"), italian.threshold(0, "max")] == ["100%", "0%"]
    assert [italian.since(s) for s in ("2014-S1", "2014")] == ["dal 1° semestre 2014", "dal 2014"]
    assert italian.since("~2014") == "almeno dal 2014"
    assert [italian.since(s) for s in ("2015-S1/2015-S1", None)] == ["nel 1° semestre 2015", "non ricostruibile"]
    assert italian.period("2015 S2") == "2° semestre 2015" and italian.period("2015 03") == "03/2015"
    assert italian.since("2014-S2/2015-S1") == "dal 2° semestre 2014 al 1° semestre 2015"
    assert [italian.several(n, "regione", "regioni") for n in (0, 1, 2)] == ["0 regioni", "1 regione", "2 regioni"]


def test_a_line_has_a_gap_where_there_is_no_share():
    drawn = str(pictures.spark([0.5, 1.0, None, 0.5], 0.5))
    assert drawn.count("<polyline") == 1 and drawn.count("<circle") == 1
    assert 'points="2.0,20.0 28.7,2.0"' in drawn  # the least share below, all above
    assert 'cx="82.0" cy="20.0"' in drawn


def test_codes_in_names_of_pages_are_safe_and_stay_different():
    assert area_page("010-3/1-../x") == "dipartimento-010-3~2f~1-~2e~~2e~~2f~x.html"
    assert area_page("010-a_b-1") != area_page("010-a b-1")
    assert (area_page("IT"), area_page("010")) == ("index.html", "regione-010.html")
    assert item_page(*SEATS) == "voce-service-seats.html"
    assert check_page("service", "seats") == "controllo-service-seats.html"


def test_without_names_departments_and_items_are_told_by_their_numbers(judging):
    assert judging.name(SMALL) == "Dipartimento 002 dell'azienda 302"
    named = findings(item_names={PLACE: ItemText("Sede"), SEATS: ItemText("SPDC nel registro")})
    assert named.subject(*PLACE) == "intervention: sede"
    assert named.subject(*SEATS) == "Registro dei servizi: SPDC nel registro"
    assert judging.subject(*PLACE) == "intervention: place"
    assert judging.text(*PLACE[:1], "place_given").title == "place given"


def test_a_volume_tells_how_many_came_and_how_many_were_to_be_expected():
    found = counts()
    year = found[(found["level"] == "region") & (found["area"] == "180") & (found["year"] == 2015)].iloc[:1]
    year = year.assign(semester=0, valid=50, missing=950, invalid=0, default=0, other=0, denominator=1000)
    too_few = pd.concat([found, year], ignore_index=True)
    text = {DIAGNOSIS: ItemText("Numero di record", is_volume=True)}
    assert problems.of_area(findings(counts=too_few, item_names=text), "180")[0].wrong == "arrivati 50, attesi 1.000"
    too_many = pd.concat([found, year.assign(missing=0, invalid=950)], ignore_index=True)
    assert problems.of_area(findings(counts=too_many, item_names=text), "180")[0].wrong == "arrivati 1.000, attesi 50"


@pytest.mark.parametrize(
    ("observed", "threshold", "status", "text"),
    [
        (0.79964, 0.8, "failed", "79,96%"),
        (0.00104, 0.001, "failed", "0,104%"),
        (0.79964, 0.8, "passed", "80,0%"),
        (0.75, 0.8, "failed", "75,0%"),
    ],
)
def test_a_share_that_fails_never_looks_as_if_it_met_its_threshold(observed, threshold, status, text):
    row = {"observed": observed, "threshold": threshold, "status": status}
    assert problems._observed(row, False) == text
