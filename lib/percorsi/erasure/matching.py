"""Which lines of `raw` are a person's: by CUNI, and by the Id_Rec that the anagrafica gives the person.

CUNIs and Id_Rec reach Spark as frames that come from an RDD or from tables, never as literals: no plan, log or commit
shows them.
"""

from functools import cached_property, reduce
from typing import TYPE_CHECKING

from percorsi.conformed.identity import tells_nobody_apart
from percorsi.flows.layout import Layout
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ERASED = "erased"  # the operation of a blanked line, and the first word of its mark
PLACE = ("delivery", "file", "line", "slice_region")  # of a line in raw
_RECORD = ("region", "azienda", "dsm", "id_rec")  # with which SISM names a patient
_SEMESTER = ("year", "period")
# The register that says whose an activity record is (manual, section 2).
REGISTER_OF = {"CNT": "ANT", "PST": "ANT", "CNR": "ANR", "PSR": "ANR", "PSS": "ANR"}


def speaks_of_persons(layout: Layout) -> bool:
    """Whether records of a flow name somebody."""
    return "cuni" in layout.fields or "id_rec" in layout.fields


class Matching:
    """The lines of some persons, as `raw` and `current` stand before anything of them is erased.

    A record is the person's when the anagrafica names them for its Id_Rec, at any time and in any line, unless another
    person is named: by the current anagrafica of its own register and semester, or by all current ones of that Id_Rec.
    """

    def __init__(self, store: Store, layouts: dict[str, Layout], cunis: tuple[str, ...]) -> None:
        self._store = store
        self._layouts = layouts
        rdd = store.spark.sparkContext.parallelize([(list(cunis),)], 1)
        self._wanted = store.spark.createDataFrame(rdd, "_cunis array<string>")
        self._kept: list[DataFrame] = []
        self._versions: dict[str, int] = {}

    def release(self) -> None:
        for frame in self._kept:
            frame.unpersist()

    def lines(self, flow: str) -> "DataFrame":
        """The person's lines of a flow, each once: the columns of `PLACE`."""
        layout = self._layouts[flow]
        raw = self._raw(flow)
        accepted = raw.where("accepted")
        if "cuni" in layout.fields:
            sound = self._of_person(accepted, layout)
            sound = sound.select(*PLACE).unionByName(self._of_their_keys(accepted, sound, layout))
        else:
            sound = self._activity(accepted, layout).select(*PLACE)
        return sound.unionByName(self._unsound(raw, layout)).distinct()

    def _raw(self, flow: str) -> "DataFrame":
        """The lines that were not erased before."""
        erased = f"operation = '{ERASED}' and broken_line like '{ERASED} %'"
        return self._read(f"raw/{flow}").where(f"not coalesce({erased}, false)")

    def _read(self, name: str) -> "DataFrame":
        """A table at the version it had when it was first asked for: what is blanked meanwhile changes no answer."""
        if name not in self._versions:
            self._versions[name] = self._store.version(name)
        return self._store.read(name, self._versions[name])

    def _named(self, df: "DataFrame") -> "DataFrame":
        """The records whose CUNI is one of the wanted."""
        return self._with_wanted(df).where("array_contains(_cunis, cuni)").drop("_cunis")

    def _with_wanted(self, df: "DataFrame") -> "DataFrame":
        from pyspark.sql import functions as F

        return df.crossJoin(F.broadcast(self._wanted))

    def _others(self, df: "DataFrame", layout: Layout) -> "DataFrame":
        """The records whose CUNI is that of somebody else."""
        nobody = tells_nobody_apart("cuni", "cuni_type" if "cuni_type" in layout.fields else None)
        return self._with_wanted(df).where("not array_contains(_cunis, cuni)").drop("_cunis").where(~nobody)

    def _of_person(self, accepted: "DataFrame", layout: Layout) -> "DataFrame":
        """Accepted lines with the CUNI; of an anagrafica, those without one for an Id_Rec of the person as well."""
        named = self._named(accepted)
        if "id_rec" not in layout.fields:
            return named
        nobody = accepted.where(tells_nobody_apart("cuni", "cuni_type" if "cuni_type" in layout.fields else None))
        return named.unionByName(nobody.join(self._records, list(_RECORD), "left_semi").select(*named.columns))

    def _of_their_keys(self, accepted: "DataFrame", sound: "DataFrame", layout: Layout) -> "DataFrame":
        """All accepted lines of the keys whose record is the person's: an earlier line must not become current.

        A key whose current record names somebody else is not the person's, though a line of it was.
        """
        keys = sound.select(*layout.key).distinct()
        if self._store.exists(f"current/{layout.flow}"):
            others = self._others(self._read(f"current/{layout.flow}"), layout).select(*layout.key)
            keys = keys.join(others, list(layout.key), "left_anti")
        return accepted.join(keys, list(layout.key), "left_semi").select(*PLACE)

    def _activity(self, accepted: "DataFrame", layout: Layout) -> "DataFrame":
        theirs = accepted.join(self._records, list(_RECORD), "left_semi")
        register = REGISTER_OF.get(layout.flow, "")
        others = self._current_of_others.where(f"register = '{register}'").select(*_RECORD, *_SEMESTER)
        return theirs.join(others, [*_RECORD, *_SEMESTER], "left_anti")

    def _unsound(self, raw: "DataFrame", layout: Layout) -> "DataFrame":
        """Lines that were not accepted and hold a CUNI or Id_Rec of the person anywhere. They have no effect at all."""
        from pyspark.sql import functions as F

        names = self._with_wanted(raw.where("not accepted")).crossJoin(F.broadcast(self._id_recs))
        fields = ", ".join(f"`{column}`" for column in layout.columns)
        held = f"""arrays_overlap(array({fields}), concat(_cunis, _id_recs))
            or exists(concat(_cunis, _id_recs), name -> contains(broken_line, name))"""
        return names.where(f"coalesce({held}, false)").select(*PLACE)

    @cached_property
    def _registers(self) -> list[str]:
        return [
            flow for flow in sorted({*REGISTER_OF.values()} & self._layouts.keys()) if self._store.exists(f"raw/{flow}")
        ]

    @cached_property
    def _records(self) -> "DataFrame":
        """The person's records: those the anagrafica ever named for them and does not name for others alone."""
        named = [self._named(self._raw(flow)).select(*_RECORD) for flow in self._registers]
        named = self._union(named, ", ".join(f"{c} string" for c in _RECORD)).where("id_rec is not null").distinct()
        others = self._current_of_others.select(*_RECORD).distinct()
        theirs = self._current_of_theirs.select(*_RECORD).distinct()
        return self._keep(named.join(others.join(theirs, list(_RECORD), "left_anti"), list(_RECORD), "left_anti"))

    @cached_property
    def _id_recs(self) -> "DataFrame":
        from pyspark.sql import functions as F

        return self._records.agg(F.expr("collect_set(id_rec) as _id_recs"))

    @cached_property
    def _current_of_others(self) -> "DataFrame":
        return self._current(self._others)

    @cached_property
    def _current_of_theirs(self) -> "DataFrame":
        return self._current(lambda df, layout: self._named(df))

    def _current(self, of) -> "DataFrame":
        """The current anagrafica of some: register, record, semester."""
        frames = [
            of(self._read(f"current/{flow}"), self._layouts[flow]).selectExpr(
                f"'{flow}' as register", *_RECORD, *_SEMESTER
            )
            for flow in self._registers
            if self._store.exists(f"current/{flow}")
        ]
        return self._union(frames, ", ".join(f"{c} string" for c in ("register", *_RECORD, *_SEMESTER)))

    def _union(self, frames: "list[DataFrame]", schema: str) -> "DataFrame":
        return reduce(lambda a, b: a.unionByName(b), frames, self._store.spark.createDataFrame([], schema))

    def _keep(self, df: "DataFrame") -> "DataFrame":
        self._kept.append(df.persist())
        return self._kept[-1]
