"""Small histories of people, written as a clinician would tell them, as conformed frames.

A person is a mapping: `who`, `facts`, and where they matter `born`, `sex`, `living`, `occupation`, `residence`,
`registered: no`, `diagnosis`.
Left out, a person is a woman born in 1970, registered in the DSM 030-321-001 since the second semester of 2014, whose
episode of care was opened on 1 March 2014 with a diagnosis of schizophrenia (none where the facts tell an episode).
`diagnosis` is that of every episode that tells none.

A fact is a mapping of one key, its kind, to what is said of it:

    episode:          opened, diagnosis; closed, closing diagnosis, mode; told (semesters; else from opening to closing)
    intervention:     day (one or several), kind (psychiatric visit) or type; place (service), by (physician)
    presence:         day
    residential stay: from, to (left out: still in); told (semesters; else from the first day to the last)
    SPDC stay:        from, to; hospital, diagnosis, TSO, died, ward, discharge ward, private
    hospital stay:    from, to; the same, in general medicine
    day hospital:     from, to; the same
    registration:     told (one semester), register, born, sex, living, occupation, residence (three digits of a region)
    assisted:         born, sex; from (1 January 2010), died (the register of assisted persons, ANA)
    certificate:      died, cause (ICD-10 without dot; natural: I219)
    dispensing:       day (one or several), drug (a name of DRUGS or an ATC code; olanzapine), ddds (of all its packs
                      together, 28; with 0 it does not count), packs (1), form (oral; parenteral, depot), interval
                      (days), min dose and max dose (DDDs a day), channel (FAR)
    outpatient service: day, test (one of TESTS) or service (the code), discipline (none; 40)
    emergency visit:  day, diagnoses (none)
    neuropsychiatry contact: day, diagnosis (ICD-10 without dot; none)
    addiction contact: day
    supplementary event: from, to (left out: still on), type (PTI), attributes (none), id (the event's number; none)

An intervention may be `known` from one data end to another (two years, either may be None): it is another's for others.

Every fact may say `dsm` (030-321-001); an episode or residential stay that the semesters tell of differently is told by
several facts of the same `contact`, which names an intervention's episode, too. Semesters are written 2015S1.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from percorsi.features.crosswalk import Crosswalk
from percorsi.features.frames import INPUTS as TABLES
from percorsi.features.frames import build_frames
from percorsi.settings import load_settings
from percorsi.small_frame import small_frame
from percorsi.tables import table

DSM = "030-321-001"
HOSPITAL = "03000101"  # the SPDC of the DSM above
LAST_SEMESTER = "2016S2"
KINDS = {
    "psychiatric visit": "01",
    "psychological interview": "02",
    "interview": "03",
    "consultation": "04",
    "medico-legal assessment": "05",
    "test": "06",
    "individual psychotherapy": "07",
    "couple psychotherapy": "08",
    "family psychotherapy": "09",
    "group psychotherapy": "10",
    "drug administration": "11",
    "interview with the family": "12",
    "family psychoeducation": "13",
    "family psychoeducation in a group": "14",
    "meeting": "15",
    "skills training": "16",
    "skills training in a group": "17",
    "resocialisation": "18",
    "resocialisation in a group": "19",
    "holiday": "20",
    "expressive activity": "21",
    "expressive activity in a group": "22",
    "work training": "23",
    "support": "24",
    "administrative help": "25",
    "network": "26",
}
PLACES = {
    "service": "1",
    "home": "2",
    "elsewhere": "3",
    "other structure": "4",
    "hospital": "5",
    "prison": "6",
    "video call": "7",
    "telephone": "8",
}
PROFILES = {
    "physician": "1",
    "psychologist": "2",
    "social worker": "3",
    "nurse": "4",
    "educator": "5",
    "rehabilitation technician": "6",
    "care assistant": "7",
    "other": "8",
}
LIVING = {
    "alone": "1",
    "family of origin": "2",
    "own family": "3",
    "other relatives": "4",
    "residential facility": "5",
    "institution": "6",
    "homeless": "7",
    "other": "8",
    "unknown": "9",
}
OCCUPATION = {
    "first job sought": "01",
    "unemployed": "02",
    "housewife": "03",
    "student": "04",
    "retired": "05",
    "invalid": "06",
    "not employed": "07",
    "manager": "08",
    "clerk": "10",
    "worker": "11",
    "apprentice": "13",
    "self-employed": "17",
    "family worker": "19",
    "unknown": "99",
}
TESTS = {
    "glucose": "90.27.1",
    "cholesterol": "90.14.3",
    "triglycerides": "90.43.2",
    "ECG": "89.52",
    "lithium level": "90.32.2",
    "creatinine": "90.16.3",
    "urine": "90.44.3",
    "TSH": "90.42.1",
    "FT4": "90.42.3",
    "FT3": "90.43.3",
    "blood count": "90.62.2",
    "ALT": "90.04.5",
    "AST": "90.09.2",
    "GGT": "90.25.5",
    "alkaline phosphatase": "90.23.5",
}
DRUGS = {
    "chlorpromazine": "N05AA01",
    "haloperidol": "N05AD01",
    "clozapine": "N05AH02",
    "olanzapine": "N05AH03",
    "quetiapine": "N05AH04",
    "tiapride": "N05AL03",
    "risperidone": "N05AX08",
    "aripiprazole": "N05AX12",
    "paliperidone": "N05AX13",
    "lithium": "N05AN01",
    "valproate": "N03AG01",
    "valpromide": "N03AG02",
    "carbamazepine": "N03AF01",
    "lamotrigine": "N03AX09",
    "sertraline": "N06AB06",
    "paroxetine": "N06AB05",
}
# Two hospitals with one SPDC and DSM each; a third that two DSMs share; a fourth that the register does not know.
SERVICES = [
    ("030", "321", "001", HOSPITAL, 2015, "SPDC"),
    ("030", "322", "002", "03000202", 2015, "SPDC"),
    ("080", "101", "001", "08000101", 2015, "SPDC"),
    ("030", "321", "001", "03000303", 2015, "SPDC"),
    ("030", "322", "002", "03000303", 2015, "SPDC"),
]
Rows = dict[str, list[dict[str, Any]]]


def frames(spark, people: Iterable[Mapping[str, Any]], services: list[tuple] = SERVICES) -> dict:
    """The conformed frames of all people; the first has person_id 1, the second 2, ..."""
    rows: Rows = {name: [] for name in TABLES}
    for person_id, person in enumerate(people, start=1):
        _tell(rows, person_id, person)
    columns = ("region", "azienda", "dsm", "structure", "year", "kind", "name", "dsm_name")
    rows["service"] = [dict(zip(columns, service, strict=False)) for service in services]
    made = {}
    for name, told in rows.items():
        declared = table(f"conformed/{name}")
        data = [tuple(row.get(column) for column in declared.columns) for row in told]
        made[name] = small_frame(spark, data, declared.schema)
    return made


def built(
    spark,
    people: Iterable[Mapping[str, Any]],
    parameters: Any = None,
    year: int = 2015,
    services: list[tuple] = SERVICES,
    crosswalk: Crosswalk | None = None,
    tables: Iterable[str] | None = None,
) -> dict[str, list]:
    """The rows of the feature tables that follow from all people; of `tables` alone, where they are named.

    What is kept meanwhile is let go: every later plan would be compared with it.
    """
    parameters = parameters or load_settings().parameters
    conformed = frames(spark, people, services)
    kept = []

    def keep(df):
        kept.append(df.persist())
        return kept[-1]

    made = build_frames(conformed, parameters, year, keep, crosswalk or Crosswalk())
    try:
        return {name: made[name].collect() for name in tables or made}
    finally:
        for df in kept:
            df.unpersist()


def semester_of(day: date) -> str:
    return f"{day.year}S{1 if day.month <= 6 else 2}"


def semesters(first: str, last: str) -> list[str]:
    """All semesters from the first to the last, both included."""
    numbers = [int(s[:4]) * 2 + int(s[5]) - 1 for s in (first, last)]
    return [f"{n // 2}S{n % 2 + 1}" for n in range(numbers[0], numbers[1] + 1)]


def _tell(rows: Rows, person_id: int, person: Mapping[str, Any]) -> None:
    known = {"who", "facts", "born", "sex", "living", "occupation", "residence", "registered", "diagnosis"}
    if unknown := set(person) - known:
        raise ValueError(f"{person.get('who')}: no word of the vocabulary: {', '.join(sorted(unknown))}")
    facts = [next(iter(fact.items())) for fact in person.get("facts", [])]
    kinds = {kind for kind, _ in facts}
    if person.get("registered", True) and "registration" not in kinds:
        facts.append(("registration", {"told": "2014S2"}))
    if "episode" not in kinds and person.get("diagnosis", "29530"):
        facts.append(("episode", {"opened": date(2014, 3, 1), "diagnosis": person.get("diagnosis", "29530")}))
    for number, (kind, said) in enumerate(facts, start=1):
        for name, row in _TELLERS[kind](dict(said), person):
            contact = said.get("contact", str(number))
            rows[name].append({"person_id": person_id, "contact_id": contact, "structure": "CSM00001", **row})
    own = sorted(
        (r for r in rows["hospital_record"] if r["person_id"] == person_id),
        key=lambda r: (r["admission_date"], r["discharge_date"]),
    )
    for rank, record in enumerate(own, start=1):
        record["record_rank"] = rank


def _dsm(said: dict[str, Any]) -> dict[str, str]:
    return dict(zip(("region", "azienda", "dsm"), said.pop("dsm", DSM).split("-"), strict=True))


def _semester(name: str) -> dict[str, int]:
    return {"year": int(name[:4]), "semester": int(name[5])}


def _all_told(said: dict[str, Any]) -> None:
    said.pop("contact", None)
    if said:
        raise ValueError(f"no word of the vocabulary: {', '.join(map(str, said))}")


def _days(said: dict[str, Any]) -> list[date]:
    days = said.pop("day")
    return days if isinstance(days, list) else [days]


def _episode(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    opened, closed = said.pop("opened"), said.pop("closed", None)
    first = max(semester_of(opened), "2012S1")
    told = said.pop("told", None) or semesters(first, semester_of(closed) if closed else LAST_SEMESTER)
    row = {
        "register": said.pop("register", "territorial"),
        "opening_date": opened,
        "opening_diagnosis": said.pop("diagnosis", person.get("diagnosis") or "29530"),
        **_dsm(said),
    }
    closing = {
        "closing_date": closed,
        "closing_diagnosis": said.pop("closing diagnosis", None),
        "conclusion_mode": said.pop("mode", "2" if closed else None),
    }
    _all_told(said)
    for semester in told:
        told_of_closing = closing if closed and semester >= semester_of(closed) else {}
        yield "care_episode", {**row, **told_of_closing, **_semester(semester)}


def _intervention(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    by = said.pop("by", "physician")
    profiles = [PROFILES[p] for p in (by if isinstance(by, list) else [by])] + [None, None]
    days = _days(said)
    kind = said.pop("kind", "psychiatric visit")
    row = {
        "type": said.pop("type", None) or KINDS[kind],
        "place": PLACES[said.pop("place", "service")],
        **dict(zip(("operator_1", "operator_2", "operator_3"), profiles[:3], strict=True)),
        **dict(zip(("known_from", "known_until"), said.pop("known", (None, None)), strict=True)),
        **_dsm(said),
    }
    _all_told(said)
    for day in days:
        yield "intervention", {**row, "date": day, **_semester(semester_of(day))}


def _presence(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    days, row = _days(said), _dsm(said)
    _all_told(said)
    for day in days:
        yield "presence", {**row, "date": day, **_semester(semester_of(day))}


def _residential(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    start, end = said.pop("from"), said.pop("to", None)
    told = said.pop("told", None) or semesters(semester_of(start), semester_of(end) if end else LAST_SEMESTER)
    row = {"admission_date": start, **_dsm(said)}
    _all_told(said)
    for semester in told:
        ended = end if end and semester >= semester_of(end) else None
        yield "residential_stay", {**row, "discharge_date": ended, **_semester(semester)}


def _record(ward: str, regime: str):
    def tell(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
        hospital = said.pop("hospital", HOSPITAL)
        row = {
            "region": hospital[:3],
            "hospital": hospital,
            "regime": regime,
            "admission_date": said.pop("from"),
            "discharge_date": said.pop("to"),
            "admission_ward": said.pop("ward", ward),
            "admission_type": "3" if said.pop("TSO", False) else "2",
            "discharge_mode": "1" if said.pop("died", False) else "2",
            "diagnosis_1": said.pop("diagnosis", "29534"),
            "institution_type": "2" if said.pop("private", False) else "1",
            "sex": person.get("sex", "2"),
            "birth_year": person.get("born", 1970),
        }
        row |= {
            "discharge_ward": said.pop("discharge ward", row["admission_ward"]),
            "year": row["discharge_date"].year,
        }
        _all_told(said)
        yield "hospital_record", row

    return tell


def _registration(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    living = said.pop("living", person.get("living", "unknown"))
    occupation = said.pop("occupation", person.get("occupation", "unknown"))
    row = {
        "register": said.pop("register", "territorial"),
        "record_rank": said.pop("rank", 1),
        "sex": said.pop("sex", person.get("sex", "2")),
        "birth_year": said.pop("born", person.get("born", 1970)),
        "living_arrangement": LIVING[living],
        "occupation": OCCUPATION[occupation],
        "residence_region": said.pop("residence", person.get("residence", "030")),
        **_semester(said.pop("told")),
        **_dsm(said),
    }
    _all_told(said)
    yield "registration", row


def _assisted(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    row = {
        "start_date": said.pop("from", date(2010, 1, 1)),
        "sex": said.pop("sex", person.get("sex", "2")),
        "birth_year": said.pop("born", person.get("born", 1970)),
        "death_date": said.pop("died", None),
    }
    _all_told(said)
    yield "assisted_person", row


def _certificate(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    row = {"death_date": said.pop("died"), "cause": said.pop("cause", "I219")}
    _all_told(said)
    yield "cause_of_death", row


def _dated(name: str):
    def tell(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
        days, row = _days(said), _dsm(said)
        if name == "outpatient_service":
            row["service"] = said.pop("service", None) or TESTS.get(said.pop("test", ""))
            row["discipline"] = said.pop("discipline", None)
        if name == "neuropsychiatry_contact":
            row["diagnosis"] = said.pop("diagnosis", None)
        if name == "emergency_visit":
            row["diagnoses"] = said.pop("diagnoses", [])
        _all_told(said)
        for day in days:
            yield name, {**row, "date": day}

    return tell


def _dispensing(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    def amount(word: str, otherwise: Any = None) -> Decimal | None:
        told = said.pop(word, otherwise)
        return None if told is None else Decimal(str(told))

    days, ddds = _days(said), amount("ddds", 28)
    drug = said.pop("drug", "olanzapine")
    row = {
        "channel": said.pop("channel", "FAR"),
        "atc": DRUGS.get(drug, drug),
        "packs": amount("packs", 1),
        "ddds": ddds,
        "form": said.pop("form", "oral"),
        "interval_days": said.pop("interval", None),
        "min_dose_ddd": amount("min dose"),
        "max_dose_ddd": amount("max dose"),
        "counts": ddds > 0,
        **_dsm(said),
    }
    _all_told(said)
    for day in days:
        yield "dispensing", {**row, "date": day}


def _event(said: dict[str, Any], person: Mapping[str, Any]) -> Iterable[tuple[str, dict]]:
    row = {
        "start_date": said.pop("from"),
        "end_date": said.pop("to", None),
        "event_id": said.pop("id", None),
        "type": said.pop("type", "PTI"),
        "attributes": said.pop("attributes", {}),
        **_dsm(said),
    }
    _all_told(said)
    yield "supplementary_event", row


_TELLERS = {
    "episode": _episode,
    "intervention": _intervention,
    "presence": _presence,
    "residential stay": _residential,
    "SPDC stay": _record("4001", "1"),
    "hospital stay": _record("2601", "1"),
    "day hospital": _record("4001", "2"),
    "registration": _registration,
    "assisted": _assisted,
    "certificate": _certificate,
    "dispensing": _dispensing,
    "supplementary event": _event,
    **{
        name.replace("_", " "): _dated(name)
        for name in (
            "outpatient_service",
            "emergency_visit",
            "addiction_contact",
            "neuropsychiatry_contact",
        )
    },
}
