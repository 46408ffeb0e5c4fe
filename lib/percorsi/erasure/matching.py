"""Which lines of `raw` are a person's: by CUNI in any field, and by the Id_Rec that the anagrafica gives the person.

A CUNI under a type that names nobody (98, 99) is shared: a line that says so of its own is not matched by it. CUNIs and
Id_Rec reach Spark as frames that come from an RDD or from tables, never as literals: no plan, log or commit shows them.
"""

from functools import cached_property, reduce
from typing import TYPE_CHECKING

from percorsi.conformed.identity import ANONYMOUS_TYPES, tells_nobody_apart
from percorsi.flows.layout import Layout
from percorsi.small_frame import small_frame
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ERASED = "erased"  # the operation of a blanked line, and the first word of its mark
PLACE = ("delivery", "file", "line", "slice_region")  # of a line in raw
_RECORD = ("region", "azienda", "dsm", "id_rec")  # with which SISM names a patient
_SEMESTER = ("year", "period")
_PLACE_OF_RECORD = f"concat_ws('|', {', '.join(_RECORD)})"
# The register that says whose an activity record is (manual, section 2): layouts do not tell. For a flow that is not
# here no register decides, and the record goes in doubt.
REGISTER_OF = {"CNT": "ANT", "PST": "ANT", "CNR": "ANR", "PSR": "ANR", "PSS": "ANR"}
# A name of fewer characters may be an ordinary value elsewhere: it is looked for in its own field only.
_TELLING = 16


def registers(layouts: dict[str, Layout]) -> list[str]:
    """The flows that say whose an Id_Rec is: those whose records have it and a CUNI."""
    return sorted(flow for flow, layout in layouts.items() if {"cuni", "id_rec"} <= layout.fields.keys())


def _own_cuni(layout: Layout) -> str:
    """SQL: the CUNI of a line where it names one person; null where its type says that it is shared."""
    if "cuni" not in layout.fields:
        return "cast(null as string)"
    if "cuni_type" not in layout.fields:
        return "cuni"
    return f"if(coalesce(cuni_type, '') in ({', '.join(map(repr, ANONYMOUS_TYPES))}), null, cuni)"


def _held(text: str, names: str) -> str:
    """SQL: whether one of the names that tell somebody stands in a text, alone or within a longer value.

    `_one` is no name of a field: within the lambda it would hide that field.
    """
    return f"exists(filter({names}, _one -> length(_one) >= {_TELLING}), _one -> contains({text}, _one))"


class Matching:
    """The lines of some persons, as `raw` and `current` stand before anything of them is erased.

    A record is the person's when the anagrafica names them for its Id_Rec, at any time and in any line, unless another
    person is named: by the current anagrafica of its own register and semester, or by all current ones of that Id_Rec.
    """

    def __init__(
        self,
        store: Store,
        layouts: dict[str, Layout],
        cunis: tuple[str, ...],
        records: tuple[tuple[str, ...], ...] | None = None,
    ) -> None:
        """`records`: those of the persons as they were found before a crash, in the form that `records()` gives."""
        self._store = store
        self._layouts = layouts
        self._wanted = self._frame([(list(cunis),)], "_cunis array<string>")
        self._found_before = records
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
        sound = self._in_another_field(accepted, layout)
        if "cuni" in layout.fields:
            sound = sound.unionByName(self._of_person(accepted, layout))
        found = sound.select(*PLACE).unionByName(self._of_their_keys(accepted, sound, layout))
        if "id_rec" in layout.fields and "cuni" not in layout.fields:
            found = found.unionByName(self._activity(accepted, layout).select(*PLACE))
        return found.unionByName(self._unsound(raw, layout)).distinct()

    def records(self) -> tuple[tuple[str, ...], ...]:
        """The records in SISM that are the persons': region, azienda, DSM, Id_Rec."""
        return tuple(sorted(tuple(row) for row in self._records.collect()))

    def _raw(self, flow: str) -> "DataFrame":
        """The lines that were not erased before."""
        erased = f"operation = '{ERASED}' and broken_line like '{ERASED} %'"
        return self._read(f"raw/{flow}").where(f"not coalesce({erased}, false)")

    def _read(self, name: str) -> "DataFrame":
        """A table at the version it had when it was first asked for: what is blanked meanwhile changes no answer."""
        if name not in self._versions:
            self._versions[name] = self._store.version(name)
        return self._store.read(name, self._versions[name])

    def _named(self, df: "DataFrame", layout: Layout) -> "DataFrame":
        """The records whose CUNI is one of the wanted, and not shared."""
        wanted = f"array_contains(_cunis, {_own_cuni(layout)})"
        return self._with_wanted(df).where(f"coalesce({wanted}, false)").drop("_cunis")

    def _in_another_field(self, accepted: "DataFrame", layout: Layout) -> "DataFrame":
        """Accepted lines that hold a wanted CUNI in a field that is not for it."""
        text = f"concat_ws('~', {', '.join(f'`{column}`' for column in layout.columns if column != 'cuni')})"
        return self._with_wanted(accepted).where(_held(text, "_cunis")).drop("_cunis")

    def _with_wanted(self, df: "DataFrame") -> "DataFrame":
        from pyspark.sql import functions as F

        return df.crossJoin(F.broadcast(self._wanted))

    def _others(self, df: "DataFrame", layout: Layout) -> "DataFrame":
        """The records whose CUNI is that of somebody else."""
        nobody = tells_nobody_apart("cuni", "cuni_type" if "cuni_type" in layout.fields else None)
        return self._with_wanted(df).where("not array_contains(_cunis, cuni)").drop("_cunis").where(~nobody)

    def _of_person(self, accepted: "DataFrame", layout: Layout) -> "DataFrame":
        """Accepted lines with the CUNI; of an anagrafica, those without one for an Id_Rec of the person as well."""
        named = self._named(accepted, layout)
        if "id_rec" not in layout.fields:
            return named
        nobody = accepted.where(tells_nobody_apart("cuni", "cuni_type" if "cuni_type" in layout.fields else None))
        return named.unionByName(nobody.join(self._records, list(_RECORD), "left_semi").select(*named.columns))

    def _of_their_keys(self, accepted: "DataFrame", sound: "DataFrame", layout: Layout) -> "DataFrame":
        """All accepted lines of the keys whose record is the person's: an earlier line must not become current.

        A key whose current record names somebody else, or is of a flow that has no CUNI, is not the person's, though a
        line of it was.
        """
        keys = sound.select(*layout.key).distinct()
        if self._store.exists(f"current/{layout.flow}"):
            others = self._read(f"current/{layout.flow}")
            others = self._others(others, layout) if "cuni" in layout.fields else others
            keys = keys.join(others.select(*layout.key), list(layout.key), "left_anti")
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
        cuni = _own_cuni(layout)
        fields = ", ".join(cuni if column == "cuni" else f"`{column}`" for column in layout.columns)
        ways = [
            f"array_contains(_cunis, {cuni})",
            "arrays_overlap(transform(split(broken_line, '~'), _one -> btrim(_one)), _cunis)",
            _held(f"concat_ws('~', {fields}, broken_line)", "concat(_cunis, _id_recs)"),
        ]
        if layout.fields.keys() >= {*_RECORD}:
            ways.append(f"array_contains(_places, {_PLACE_OF_RECORD})")
        return names.where(" or ".join(f"coalesce({way}, false)" for way in ways)).select(*PLACE)

    @cached_property
    def _registers(self) -> list[str]:
        return [flow for flow in registers(self._layouts) if self._store.exists(f"raw/{flow}")]

    @cached_property
    def _records(self) -> "DataFrame":
        """The person's records: those the anagrafica ever named for them and does not name for others alone."""
        schema = ", ".join(f"{c} string" for c in _RECORD)
        if self._found_before is not None:
            return self._keep(self._frame([*self._found_before], schema))
        named = [self._named(self._raw(flow), self._layouts[flow]).select(*_RECORD) for flow in self._registers]
        named = self._union(named, schema).where("id_rec is not null").distinct()
        others = self._current_of_others.select(*_RECORD).distinct()
        theirs = self._current_of_theirs.select(*_RECORD).distinct()
        return self._keep(named.join(others.join(theirs, list(_RECORD), "left_anti"), list(_RECORD), "left_anti"))

    @cached_property
    def _id_recs(self) -> "DataFrame":
        from pyspark.sql import functions as F

        return self._records.agg(
            F.expr("collect_set(id_rec) as _id_recs"), F.expr(f"collect_set({_PLACE_OF_RECORD}) as _places")
        )

    @cached_property
    def _current_of_others(self) -> "DataFrame":
        return self._current(self._others)

    @cached_property
    def _current_of_theirs(self) -> "DataFrame":
        return self._current(self._named)

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

    def _frame(self, rows: list[tuple], schema: str) -> "DataFrame":
        return self._store.spark.createDataFrame(self._store.spark.sparkContext.parallelize(rows, 1), schema)

    def _union(self, frames: "list[DataFrame]", schema: str) -> "DataFrame":
        return reduce(lambda a, b: a.unionByName(b), frames, small_frame(self._store.spark, [], schema))

    def _keep(self, df: "DataFrame") -> "DataFrame":
        self._kept.append(df.persist())
        return self._kept[-1]
