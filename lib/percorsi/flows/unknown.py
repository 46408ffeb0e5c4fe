"""What the registers do not know: taken out of the records, and kept in `rejected_by_register`, never a value."""

from functools import reduce
from typing import TYPE_CHECKING

from percorsi.flows.raw import REGION_OF_SLICE, REJECTED
from percorsi.flows.rules import rejects
from percorsi.small_frame import small_frame
from percorsi.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

REJECTED_BY_REGISTER = "rejected_by_register"
BROADCAST_KEYS = 1_000_000  # keys that every task can hold


def faults_by_file(faults: "DataFrame") -> "list[Row]":
    """Of the records with an error: slice, delivery, file, and how many the errors reject."""
    from pyspark.sql import functions as F

    rejected = F.count_if(F.expr(rejects("errors"))).alias("rejected")
    return faults.groupBy("slice", "delivery", "file").agg(rejected).collect()


def without_rejected(records: "DataFrame", faults: "DataFrame", number: int) -> "DataFrame":
    """The records but those that a register rejects: `number` of them, few, or the register is wrong."""
    from pyspark.sql import functions as F

    if not number:
        return records
    rejected = faults.where(rejects("errors")).select("delivery", "file", "line")
    found = F.broadcast(rejected) if number <= BROADCAST_KEYS else rejected
    left = records.join(found, ["delivery", "file", "line"], "left_anti")
    return left.select(*(f"`{c}`" for c in records.columns))  # the slice first: the column whose bounds Delta notes


def holds_faults(store: Store, flow: str) -> bool:
    """Whether anything of a flow was ever unknown to a register."""
    from deltalake import DeltaTable

    if not store.exists(REJECTED_BY_REGISTER):
        return False
    return bool(DeltaTable(store.path(REJECTED_BY_REGISTER)).file_uris(partition_filters=[("flow", "=", flow)]))


def write_faults(store: Store, flow: str, faults: "DataFrame", slices: str) -> None:
    """The errors of some slices of a flow, in place of those there were; `slices` is the condition that names them."""
    place = ("slice", "delivery", "file", "line")
    errors = faults.selectExpr(*place, "explode(errors) as error").selectExpr(
        f"'{flow}' as flow", *place, "error.field", "error.code", "error.severity", REGION_OF_SLICE
    )
    store.write(
        errors.coalesce(1),
        REJECTED_BY_REGISTER,
        partition_by=("flow", "slice_region"),
        replace_where=f"flow = '{flow}' and {slices}",
    )


def rejections(store: Store, delivery: str) -> "DataFrame":
    """All errors of a delivery, as they were read and by the registers: flow, file, line, field, code, severity."""
    columns = ("flow", "file", "line", "field", "code", "severity")
    tables = [name for name in (REJECTED, REJECTED_BY_REGISTER) if store.exists(name)]
    found = [store.read(name).where(f"delivery = '{delivery}'").select(*columns) for name in tables]
    schema = ", ".join(f"{c} {'long' if c == 'line' else 'string'}" for c in columns)
    return reduce(lambda left, right: left.unionByName(right), found, small_frame(store.spark, [], schema))
