"""What is counted of each conformed table: conf/quality/items/<table>.yaml, checked as a whole. Needs no Spark.

An item falls in one of five classes (VODIM): valid, other (legal, and it says something else), default (a code that
stands for "not known"), invalid and missing. The first condition that holds decides; a row of which none does is valid.
"""

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from percorsi.errors import ConfigurationError
from percorsi.settings import conf_dir, load_yaml, refuse

CLASSES = ("valid", "other", "default", "invalid", "missing")
FEW = 10  # below it a share says nothing of how a service works, and a count comes near a person
_ASKED = ("missing", "default", "other", "invalid")  # in this order
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Strict):
    """Spark SQL: where and when a row counts. No region: the nation alone; `date`, or year and semester (0: none)."""

    region: str | None = None
    azienda: str | None = None
    dsm: str | None = None
    date: str | None = None
    year: str | None = None
    semester: str | None = None

    @model_validator(mode="after")
    def _one_time(self) -> "Place":
        if bool(self.date) == bool(self.year) or bool(self.year) != bool(self.semester):
            raise ValueError("either date, or year and semester are expected")
        if bool(self.azienda) != bool(self.dsm) or (self.dsm and not self.region):
            raise ValueError("azienda and dsm stand together, and below a region")
        return self


class Item(_Strict):
    """One item. `counted` says who counts what is not made from the rows of the table alone; `flows` it tells of."""

    label: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
    counted: Literal[
        "rows", "contacts", "persons", "records", "delivered", "accepted", "in_time", "orphans", "packs"
    ] = "rows"
    of: str | None = None
    missing: str | None = None
    default: str | None = None
    other: str | None = None
    invalid: str | None = None
    flows: tuple[str, ...] = ()

    @property
    def least(self) -> int:
        """The smallest denominator that is judged and told: files and months are few by nature, and nobody's."""
        return 1 if self.counted in ("delivered", "in_time") else FEW

    @property
    def conditions(self) -> dict[str, str]:
        """Class -> its condition, in the order in which they are asked."""
        return {name: sql for name in _ASKED if (sql := getattr(self, name))}

    @model_validator(mode="after")
    def _conditions_of_rows(self) -> "Item":
        if (self.counted == "rows") != bool(self.conditions):
            raise ValueError("an item of rows has a condition, and no other item has one")
        return self


class Flow(_Strict):
    """A flow whose records become rows of the table: those of `where`, or all."""

    label: str = Field(min_length=1)
    where: str = "true"


class TableItems(_Strict):
    """What is counted of one table. `items` holds the records of each of its flows as well (`records_<flow>`)."""

    label: str = Field(min_length=1)
    flows: dict[str, Flow]
    place: Place | None = None
    where: str = "true"
    items: dict[_Name, Item] = Field(min_length=1)

    @model_validator(mode="after")
    def _rows_have_a_place(self) -> "TableItems":
        if self.place is None and (self.flows or any(item.counted == "rows" for item in self.items.values())):
            raise ValueError("what is made from rows needs a place")
        return self


def items_dir() -> Path:
    return conf_dir() / "quality" / "items"


def load_tables() -> dict[str, TableItems]:
    """Table -> what is counted of it; items without flows of their own tell of those of their table.

    Raises ConfigurationError naming the file and its faults, or an item that two tables have.
    """
    return _load(items_dir())


def load_items() -> dict[tuple[str, str], Item]:
    """(table, item) -> the item."""
    return {(name, key): item for name, table in load_tables().items() for key, item in table.items.items()}


@cache
def item_flows() -> dict[str, tuple[str, ...]]:
    """Item -> the flows it tells of."""
    return {key: item.flows for (_, key), item in load_items().items()}


def items_of(flows: Collection[str]) -> tuple[str, ...]:
    """The items that tell of one of some flows: an indicator that needs these flows rests on them."""
    return tuple(name for name, own in item_flows().items() if not set(own).isdisjoint(flows))


def volume_item(flow: str) -> str:
    """The name of the item that holds the records of a flow against those of the periods before."""
    return f"records_{flow.lower()}"


@cache
def _load(folder: Path) -> dict[str, TableItems]:
    tables = {path.stem: _table(path) for path in sorted(folder.glob("*.yaml"))}
    owner: dict[str, str] = {}
    for name, table in tables.items():
        for key in table.items:
            if key in owner:
                raise ConfigurationError(f"{folder}: the item '{key}' is one of {owner[key]} and of {name}")
            owner[key] = name
    return tables


def _table(path: Path) -> TableItems:
    try:
        table = TableItems.model_validate(load_yaml(path))
    except ValidationError as error:
        raise refuse(path, error) from error
    of_table = tuple(table.flows)
    own = {key: item.model_copy(update={"flows": item.flows or of_table}) for key, item in table.items.items()}
    for code, flow in table.flows.items():
        own[volume_item(code)] = Item(
            label=f"Numero di record: {flow.label}",
            meaning="Record di un semestre consegnato rispetto alla media dei semestri precedenti, in più o in meno.",
            counted="records",
            flows=(code,),
        )
    unflowed = [key for key, item in own.items() if not item.flows]
    if unflowed:
        raise ConfigurationError(f"{path}: no flow is named for {', '.join(unflowed)}")
    return table.model_copy(update={"items": own})
