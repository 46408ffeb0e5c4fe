"""Declared tables: conf/tables/<stage>/<table>.yaml says what each column is; schema, page and checks follow."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from percorsi.errors import ConfigurationError
from percorsi.settings import conf_dir, load_yaml, refuse

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


class Column(BaseModel):
    """One column: Spark type, meaning, unit, what a null says, where it comes from, a value as an example."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: str
    meaning: str
    unit: str = ""
    null: str = ""
    source: str = ""
    example: str = ""


class TableDeclaration(BaseModel):
    """One table: what a row is, its key, its columns in order."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    row: str
    key: list[str]
    sorted_by: list[str] = []
    columns: dict[str, Column]

    @property
    def schema(self) -> "StructType":
        from pyspark.sql.types import StructType

        return StructType.fromDDL(", ".join(f"`{n}` {c.type}" for n, c in self.columns.items()))

    def conform(self, df: "DataFrame") -> "DataFrame":
        """Exactly the declared columns, cast to their types; a missing one is Spark's error."""
        return df.selectExpr(*(f"cast(`{n}` as {c.type}) as `{n}`" for n, c in self.columns.items()))


@cache
def table(name: str, conf: Path | None = None) -> TableDeclaration:
    """The declaration of `conformed/person` and the like. Raises ConfigurationError naming the file."""
    path = (conf or conf_dir()) / "tables" / f"{name}.yaml"
    try:
        declared = TableDeclaration(name=name, **load_yaml(path))
    except ValidationError as error:
        raise refuse(path, error) from error
    unknown = [c for c in [*declared.key, *declared.sorted_by] if c not in declared.columns]
    if unknown:
        raise ConfigurationError(f"{path}: key or sorted_by names no column of the table: {', '.join(unknown)}")
    return declared


def declared_tables(stage: str, conf: Path | None = None) -> list[str]:
    """Names of the declared tables of a stage, sorted."""
    return [f"{stage}/{p.stem}" for p in sorted(((conf or conf_dir()) / "tables" / stage).glob("*.yaml"))]
