"""A judging to be worked out by hand: two regions, three departments, four semesters, three items, three checks.

Piemonte has a good department and a small one, of few records in 2014; Calabria has one in which the diagnosis went
missing; of the other regions nothing was delivered.
"""

import pandas as pd

from percorsi.quality.page import CheckText, Findings, Indicator, ItemText
from percorsi.quality.page.findings import CHECK_COLUMNS, COUNT_COLUMNS
from percorsi.quality.page.italian import CLASSES
from percorsi.regions import regions

GOOD, SMALL, BAD = "010-301-001", "010-302-002", "180-201-001"
DIAGNOSIS, PLACE, SEATS = ("care_episode", "diagnosis"), ("intervention", "place"), ("service", "seats")
HOSTILE = "<script>alert('x')</script>"

# (item, area, year, semester) -> valid, other, default, invalid, missing
_COUNTED = {
    (DIAGNOSIS, GOOD, 2014, 1): (80, 5, 5, 0, 10),
    (DIAGNOSIS, GOOD, 2014, 2): (85, 5, 5, 0, 5),
    (DIAGNOSIS, GOOD, 2015, 1): (90, 5, 5, 0, 0),
    (DIAGNOSIS, GOOD, 2015, 2): (95, 0, 0, 5, 0),
    (DIAGNOSIS, SMALL, 2014, 2): (9, 0, 0, 0, 0),
    (DIAGNOSIS, SMALL, 2015, 1): (10, 0, 0, 0, 0),
    (DIAGNOSIS, SMALL, 2015, 2): (9, 1, 1, 0, 1),
    (DIAGNOSIS, BAD, 2014, 1): (60, 0, 0, 0, 40),
    (DIAGNOSIS, BAD, 2014, 2): (45, 0, 15, 0, 40),
    (DIAGNOSIS, BAD, 2015, 1): (40, 0, 20, 0, 40),
    (DIAGNOSIS, BAD, 2015, 2): (30, 0, 10, 10, 50),
    (PLACE, GOOD, 2015, 1): (200, 0, 0, 0, 0),
    (PLACE, GOOD, 2015, 2): (1999, 0, 0, 0, 1),
    (SEATS, GOOD, 2014, 0): (15, 0, 0, 0, 5),
    (SEATS, GOOD, 2015, 0): (20, 0, 0, 0, 0),
}
_BAD_NOW = dict(severity="critical", observed=0.35, elements=200, unexpected=130, status="failed", since="2014-S2")


def counts() -> pd.DataFrame:
    """COUNT_COLUMNS and a reason: departments, and what they add up to. All regions stand there, with zeros too."""
    rows = [
        (year, semester, area, *item, *classes, sum(classes))
        for (item, area, year, semester), classes in _COUNTED.items()
    ]
    nothing = [(2015, semester, region, *DIAGNOSIS, *[0] * 6) for region in regions() for semester in (1, 2)]
    columns = [name for name in COUNT_COLUMNS if name != "level"]
    dsm = pd.DataFrame(rows, columns=columns)
    cells = ["year", "semester", "area", "table", "item"]
    region = pd.concat([dsm.assign(area=dsm["area"].str[:3]), pd.DataFrame(nothing, columns=columns)])
    region = region.groupby(cells, as_index=False)[[*CLASSES, "denominator"]].sum()
    nation = region.assign(area="IT").groupby(cells, as_index=False)[[*CLASSES, "denominator"]].sum()
    found = pd.concat([nation.assign(level="nation"), region.assign(level="region"), dsm.assign(level="dsm")])
    found["reason"] = None
    found.loc[(found["area"] == "200") & (found["denominator"] == 0), "reason"] = "la regione non ha inviato il flusso"
    return found[[*COUNT_COLUMNS, "reason"]].reset_index(drop=True)


def checks() -> pd.DataFrame:
    """CHECK_COLUMNS and since: three checks of the nation and all regions."""
    rows = []
    for area in ["IT", *regions()]:
        level = "nation" if area == "IT" else "region"
        for table, item, check, severity, bound, threshold in (
            (*DIAGNOSIS, "diagnosis_usable", "critical", "min", 0.5),
            (*DIAGNOSIS, "diagnosis_missing", "warning", "max", 0.15),
            (*PLACE, "place_given", "information", "min", 0.995),
        ):
            about = dict(table=table, item=item, check=check, severity=severity, bound=bound, threshold=threshold)
            rows.append({**about, "level": level, "area": area, **_judged(area, check)})
    return pd.DataFrame(rows)[[*CHECK_COLUMNS, "since"]]


def _judged(area: str, check: str) -> dict:
    found = {
        ("IT", "diagnosis_usable"): dict(observed=274 / 422, elements=422, unexpected=148, status="passed"),
        ("IT", "diagnosis_missing"): dict(observed=91 / 422, elements=422, unexpected=91, status="failed"),
        ("IT", "place_given"): dict(observed=2199 / 2200, elements=2200, unexpected=1, status="passed"),
        ("010", "diagnosis_usable"): dict(observed=204 / 222, elements=222, unexpected=18, status="passed"),
        ("010", "diagnosis_missing"): dict(observed=1 / 222, elements=222, unexpected=1, status="passed"),
        ("010", "place_given"): dict(observed=2199 / 2200, elements=2200, unexpected=1, status="passed"),
        ("180", "diagnosis_usable"): _BAD_NOW,
        ("180", "diagnosis_missing"): dict(
            observed=0.45, elements=200, unexpected=90, status="failed", since="~2014-S1"
        ),
    }
    nothing = dict(observed=None, elements=0, unexpected=0, status="not_applicable", reason="nessun record nel periodo")
    return {"reason": None, "since": None, **found.get((area, check), nothing)}


def findings(**changed) -> Findings:
    """The judging, with some of its parts changed."""
    parts = {
        "run_key": "prova-1",
        "year": 2015,
        "counts": counts(),
        "checks": checks(),
        "texts": {
            ("care_episode", "diagnosis_usable"): CheckText(
                "Diagnosi utilizzabile",
                "Ogni percorso poggia sulla diagnosi.",
                "Chiedere un nuovo invio.",
                "Record con un codice 290-319.",
                "diagnosis",
                "valid",
            ),
            ("care_episode", "diagnosis_missing"): CheckText(
                "Diagnosi mancante", "La scheda è scartata.", "Compilarla.", "Record vuoti.", "diagnosis", "missing"
            ),
        },
        "table_names": {"care_episode": "Contatti con i servizi", "service": "Registro dei servizi"},
        "item_names": {DIAGNOSIS: ItemText("Diagnosi di apertura", "Valido un codice 290-319.")},
        "withheld": {"180": ["diagnosis"]},
        "resting": {
            "diagnosis": [Indicator("S1", "Continuità della cura"), Indicator("S20", "Visita dopo la dimissione")]
        },
        "indicators": 3,
        "absent": {
            "010": {},
            "180": {
                "quality": [Indicator("S1", "Continuità della cura"), Indicator("S20", "Visita dopo la dimissione")],
                "supplementary_flow_absent": [Indicator("S45", "Risocializzazione")],
            },
            "120": {
                "window_not_covered": [Indicator("S1", "Continuità della cura"), Indicator("S20", "Visita")],
                "supplementary_flow_absent": [Indicator("S45", "Risocializzazione")],
            },
        },
        "lacking": {"120": {"Presenze (PSS)": ["2015 S2", "2014", "2014 03"]}},
        "grades": {"010": "A"},
        "dsm_names": {GOOD: "Dipartimento di Torino & dintorni", BAD: HOSTILE},
        "synthetic": True,
    }
    return Findings(**{**parts, **changed})
