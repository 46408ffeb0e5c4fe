"""Rules that ask a register (STR, AIC) for a code, applied to the current records and not as a file is read.

So it does not matter which came first, the register or the records that it has to know: what is rejected follows from
all that was delivered. A register speaks for the regions and years that deliver it.
"""

from typing import TYPE_CHECKING

from percorsi.digests import digest
from percorsi.flows.layout import Layout, load_layouts
from percorsi.flows.rule import Register
from percorsi.flows.rules import ERRORS_TYPE, error_sql
from percorsi.small_frame import small_frame
from percorsi.storage import Store

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

_BETWEEN = "\x01"  # between the parts of a key: no field holds it


def asked_by(layouts: dict[str, Layout]) -> set[str]:
    """The flows that are registers of others."""
    return {rule.register_.flow for layout in layouts.values() for rule in layout.registered}


class Registers:
    """The registers as they are current now. Made anew when one of them has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._digests: dict[tuple, dict[tuple, str]] = {}
        self._registers: dict[str, pd.DataFrame] = {}

    def digest(self, layout: Layout, part: str) -> str:
        """What the registers say that can matter to one slice of a flow, as a digest; '' where they say nothing."""
        values = part.split("-") if layout.slice else []
        names = {layout.derived.get(name, name): value for name, value in zip(layout.slice, values, strict=True)}
        said = [self._digest(rule.register_, names) for rule in layout.registered]
        return digest(said) if any(said) else ""

    def _digest(self, asked: Register, names: dict[str, str]) -> str:
        """The digest of the register's rows, cut down to the region or year of a slice where the rule asks for it.

        `names`: what the slice says, by the SQL that says it. A rule on the region of residence asks all regions.
        """
        cut = tuple(column for column, sql in asked.of.items() if sql in names)
        columns = (*cut, *sorted({*asked.of, *asked.has} - set(cut)))
        key = (asked.flow, cut, columns)
        if key not in self._digests:
            rows = self._rows(asked.flow)
            rows = rows[list(columns)].dropna().drop_duplicates().sort_values(list(columns))
            groups = rows.groupby(list(cut)) if cut else [((), rows)]
            self._digests[key] = {name: digest(group.values.tolist()) for name, group in groups if len(group)}
        return self._digests[key].get(tuple(names[asked.of[column]] for column in cut), "")

    def _rows(self, flow: str) -> "pd.DataFrame":
        if flow not in self._registers:
            self._registers[flow] = self._read(flow)
        return self._registers[flow]

    def _read(self, flow: str) -> "pd.DataFrame":
        """A register's current records: thousands of structures or packs, nobody's data. Empty where it never came."""
        import pandas as pd
        from deltalake import DeltaTable

        if not self._store.exists(f"current/{flow}"):
            return pd.DataFrame(columns=load_layouts()[flow].columns, dtype=str)
        return DeltaTable(self._store.path(f"current/{flow}")).to_pyarrow_table().to_pandas()

    def faults(self, records: "DataFrame", layout: Layout) -> "DataFrame | None":
        """The records that a register does not know: slice, delivery, file, line, errors; None where nothing is asked.

        `records` are accepted records with the flow's fields as text, and those four columns.
        """
        from pyspark.sql import functions as F

        rules = [r for r in layout.registered if len(self._rows(r.register_.flow))]
        if not rules:
            return None
        errors = []
        for at, rule in enumerate(rules):
            asked = rule.register_
            known = self._known(asked, f"_key_{at}", f"_known_{at}")
            records = records.withColumn(f"_key_{at}", F.expr(_key([*asked.of.values(), *asked.has.values()])))
            records = records.join(F.broadcast(known), f"_key_{at}", "left")
            unknown = f"({asked.when}) and _key_{at} is not null and _known_{at} is null and {self._in_scope(asked)}"
            errors.append(f"if(coalesce({unknown}, false), {error_sql(rule.field, rule.code, rule.severity)}, null)")
        found = f"cast(array_compact(array({', '.join(errors)})) as {ERRORS_TYPE})"
        return records.selectExpr("slice", "delivery", "file", "line", f"{found} as errors").where("size(errors) > 0")

    def _known(self, asked: Register, key: str, mark: str) -> "DataFrame":
        """The keys that a register knows, each with a mark: thousands, which go to Spark with the plan."""
        rows = self._rows(asked.flow)[[*asked.of, *asked.has]].dropna().drop_duplicates()
        marked = [(_BETWEEN.join(row), True) for row in rows.values.tolist()]
        return small_frame(self._store.spark, marked, f"{key} string, {mark} boolean")

    def _in_scope(self, asked: Register) -> str:
        """SQL: whether a record is of a region or year that delivered the register."""
        if not asked.of:
            return "true"
        scopes = self._rows(asked.flow)[list(asked.of)].dropna().drop_duplicates().sort_values(list(asked.of))
        listed = ", ".join(_key([_literal(value) for value in row]) for row in scopes.values.tolist())
        return f"{_key(list(asked.of.values()))} in ({listed})" if listed else "false"


def _key(parts: list[str]) -> str:
    """SQL: the parts as one text; null where one of them is null."""
    between = f", '\\u{ord(_BETWEEN):04x}', "
    return f"concat({between.join(parts)})"


def _literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
