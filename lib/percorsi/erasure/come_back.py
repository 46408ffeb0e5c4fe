"""Persons who were erased and have been delivered again since: told, so that the steward can decide."""

from datetime import date

from percorsi.conformed.identity import fingerprint
from percorsi.erasure.record import records
from percorsi.erasure.traces import tables_of_persons
from percorsi.home import Home


def come_back(home: Home) -> dict[date, int]:
    """Day of an erasure -> how many of its persons are among the present facts; {} where nobody is.

    Persons erased before a change of the key cannot be told. Needs no Spark.
    """
    from deltalake import DeltaTable

    erased = [record for record in records(home) if record.persons]
    facts = [name for name in tables_of_persons(home) if name.startswith("conformed/")] if erased else []
    if not facts:
        return {}
    key = fingerprint(home.person_key())
    wanted = sorted({number for record in erased if record.key == key for number in record.persons})
    if not wanted:
        return {}
    present: set[int] = set()
    for name in facts:  # `person` leaves out who is in drugs, tests or causes of death alone
        rows = DeltaTable(str(home.tables / name)).to_pyarrow_table(
            columns=["person_id"], filters=[("person_id", "in", wanted)]
        )
        present |= set(rows["person_id"].to_pylist())
    found = {record.day: 0 for record in erased}
    for record in erased:
        found[record.day] += len(present & {*record.persons}) if record.key == key else 0
    return {day: number for day, number in found.items() if number}
