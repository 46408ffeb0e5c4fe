"""Current records as this stage reads them: text columns, at a fixed version, empty where a flow never came."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from percorsi.digests import digest
from percorsi.small_frame import small_frame
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# The file a record came in: what belongs to nobody is counted by it.
_FILE = ["file_region", "file_year", "file_period"]
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
        *_FILE,
        *("region", "hospital", "year", "record", "cuni", "sex", "birth_year", "residence_region", "regime"),
        *("admission_date", "admission_ward", "admission_type", "injury"),
        *("discharge_date", "discharge_ward", "discharge_mode"),
        *(f"diagnosis_{n}" for n in range(1, 7)),
        "institution_type",
    ],
    "FAR": [*_FILE, "region", "cuni", "date", "aic", "packs"],
    "DIR": [
        *_FILE,
        *("region", "cuni", "cuni_type", "birth_date", "sex", "date", "drug", "quantity", "conversion_factor"),
    ],
    "SPE": [
        *_FILE,
        *("region", "azienda", "structure", "cuni", "date", "nomenclature", "service", "quantity", "discipline"),
    ],
    "PS": [
        *_FILE,
        *("slice_region", "institute", "cuni", "cuni_type", "birth_year", "sex", "entry_date", "triage", "outcome"),
        *("main_diagnosis", "other_diagnoses", "obi_main_diagnosis", "obi_other_diagnoses"),
    ],
    "SIND": [*_FILE, "region", "azienda", "serd", "cuni", "date", "contact_type"],
    "NPIA": [*_FILE, "region", "azienda", "structure", "cuni", "date", "diagnosis"],
    "SUP": [
        *_FILE,
        *("region", "azienda", "dsm", "event_id", "cuni", "type", "start_date", "end_date", "attributes"),
    ],
    "ANA": [
        *_FILE,
        *("cuni", "start_date", "end_date", "sex", "birth_year"),
        *("residence_region", "residence_azienda", "death_date"),
    ],
    "CDM": [*_FILE, "cuni", "death_date", "cause"],
    "STR": [
        *("region", "azienda", "dsm", "structure", "year"),
        *("kind", "ownership", "seats", "population", "name", "dsm_name"),
    ],
    "AIC": [
        *("aic", "atc", "description", "ddd_per_pack", "form"),
        *("interval_days", "min_dose_ddd", "max_dose_ddd"),
    ],
    "PER": ["region", "azienda", "dsm", "year", "profile", "heads", "weekly_hours"],
}
LEDGER = "delivery_file"
LEDGER_COLUMNS = ["flow", "region", "year", "period", "refused"]


REGION = "slice_region"  # the column that current tables are cut by into folders


@dataclass(frozen=True)
class Part:
    """The current records of one region: a digest of the files they lie in, and how many they are."""

    state: str
    records: int


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
        self.parts = cache(self._parts)
        self.content = cache(self._content)

    def current(self, flow: str, regions: frozenset[str] | None = None) -> "DataFrame":
        """The current records of a flow, of some regions or all: the columns of `COLUMNS`, text."""
        return self._read(flow, f"current/{flow}", COLUMNS[flow], regions)

    def ledger(self) -> "DataFrame":
        """The files that came: flow, region, year, period, and why one was refused (null: it was loaded), text."""
        return self._read(LEDGER, LEDGER, LEDGER_COLUMNS)

    def _parts(self, flow: str) -> dict[str, Part]:
        """Region -> its current records in a flow; needs no Spark.

        A slice of the current records that is built again, or rewritten for any other reason, lies in new files of its
        region, and in the old ones nowhere.
        """
        import pyarrow as pa
        from deltalake import DeltaTable

        if self.versions[flow] < 0:
            return {}
        log = DeltaTable(self._store.path(f"current/{flow}"), version=self.versions[flow])
        files = pa.table(log.get_add_actions(flatten=True)).select(["path", "num_records", f"partition.{REGION}"])
        found: dict[str, list[tuple[str, int]]] = {}
        for path, records, region in zip(*(column.to_pylist() for column in files.columns), strict=True):
            found.setdefault(region, []).append((path, records or 0))
        return {
            region: Part(digest(sorted(path for path, _ in own)), sum(records for _, records in own))
            for region, own in sorted(found.items())
        }

    def _content(self, flow: str) -> str:
        """Digest of what the current records of a national register say, whichever files say it; needs no Spark.

        A register that is delivered again with the same lines has the same digest. It is read as a whole: for registers
        of things, which a machine's memory holds many times over.
        """
        from deltalake import DeltaTable

        if self.versions[flow] < 0:
            return digest([])
        records = DeltaTable(self._store.path(f"current/{flow}"), version=self.versions[flow])
        columns = records.to_pyarrow_table(columns=COLUMNS[flow]).to_pydict()
        return digest(sorted({tuple(v or "" for v in row) for row in zip(*columns.values(), strict=True)}))

    def _read(self, name: str, table: str, columns: list[str], regions: frozenset[str] | None = None) -> "DataFrame":
        from pyspark.sql import functions as F

        if self.versions[name] < 0:
            return small_frame(self._store.spark, [], ", ".join(f"{c} string" for c in columns))
        rows = self._store.read(table, self.versions[name])
        if regions is not None:
            rows = rows.where(F.col(REGION).isin(sorted(regions)))
        return rows.selectExpr(*(f"cast({c} as string) as {c}" for c in columns))
