"""Current records as this stage reads them: text columns, at a fixed version, empty where a flow never came."""

from typing import TYPE_CHECKING

from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_RECORD = ["year", "period", "region", "azienda", "dsm", "id_rec"]
_REGISTRATION = [
    *_RECORD,
    *("cuni", "cuni_type", "birth_year", "sex", "citizenship", "residence_region", "residence_azienda"),
    *("marital_status", "living_arrangement", "education", "occupation"),
]
_EPISODE = [
    *_RECORD,
    *("structure", "contact_id", "opening_date", "opening_diagnosis", "previous_contacts", "referral"),
    *("closing_date", "closing_diagnosis", "conclusion_mode"),
]

# What is read of each flow; a current table may hold more.
COLUMNS = {
    "ANT": _REGISTRATION,
    "ANR": _REGISTRATION,
    "CNT": _EPISODE,
    "CNR": _EPISODE,
    "PST": [
        *_RECORD,
        *("structure", "contact_id", "date", "type", "delivery_mode", "place"),
        *("operator_1", "operator_2", "operator_3"),
    ],
    "PSS": [*_RECORD, "structure", "contact_id", "date", "structure_type", "attendance"],
    "PSR": [*_RECORD, "structure", "contact_id", "structure_type", "admission_date", "discharge_date"],
    "SDO": [
        *("region", "hospital", "year", "record", "cuni", "sex", "birth_year", "residence_region", "regime"),
        *("admission_date", "admission_ward", "admission_type", "injury"),
        *("discharge_date", "discharge_ward", "discharge_mode"),
        *(f"diagnosis_{n}" for n in range(1, 7)),
        "institution_type",
    ],
    "STR": [
        *("region", "azienda", "dsm", "structure", "year"),
        *("kind", "ownership", "seats", "population", "name", "dsm_name"),
    ],
}
LEDGER = "delivery_file"
LEDGER_COLUMNS = ["flow", "region", "year", "period", "refused"]


class Sources:
    """The inputs of one run of the stage, each at the version it had when the stage began.

    `versions` maps a flow, or the ledger of deliveries, to the version of its table; -1: nothing was ever delivered.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.versions = {
            name: store.version(table) if store.exists(table) else -1
            for name, table in {**{flow: f"current/{flow}" for flow in COLUMNS}, LEDGER: LEDGER}.items()
        }

    def current(self, flow: str) -> "DataFrame":
        """The current records of a flow: the columns of `COLUMNS`, text."""
        return self._read(flow, f"current/{flow}", COLUMNS[flow])

    def ledger(self) -> "DataFrame":
        """The files that came: flow, region, year, period, and why one was refused (null: it was loaded), text."""
        return self._read(LEDGER, LEDGER, LEDGER_COLUMNS)

    def _read(self, name: str, table: str, columns: list[str]) -> "DataFrame":
        if self.versions[name] < 0:
            return self._store.spark.createDataFrame([], ", ".join(f"{c} string" for c in columns))
        return self._store.read(table, self.versions[name]).selectExpr(
            *(f"cast({c} as string) as {c}" for c in columns)
        )
