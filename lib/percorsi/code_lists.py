"""Code lists that facts are told by (conf/codes/): laboratory tests, drug classes, causes of death, NPIA diagnoses,
psychiatric disciplines, attributes of supplementary events.

Each list becomes one Spark SQL condition on a record, true or false and never null; years that limit an entry are held
against the record's own day. Every file says its source and for which years it is valid.
"""

from collections.abc import Iterable
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from percorsi.errors import ConfigurationError
from percorsi.settings import conf_dir, load_yaml, refuse

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
_Service = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}(\.[0-9A-Z]{1,3}){0,2}$")]
_Discipline = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
_Atc = Annotated[str, StringConstraints(pattern=r"^[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?$")]
_Icd10 = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{2}(\.[0-9]{1,2}|-[A-Z][0-9]{2})?$")]
_FIRST_YEAR, _LAST_YEAR = 1, 9999
_DISCIPLINE = 2  # digits of a discipline
_CATEGORY = 3  # characters of an ICD-10 category


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Entry(_Strict):
    """Codes of a list, and the years they hold for."""

    first_year: int | None = Field(None, alias="from")
    last_year: int | None = Field(None, alias="to")

    @model_validator(mode="after")
    def _years_in_order(self) -> "_Entry":
        if self.first_year and self.last_year and self.first_year > self.last_year:
            raise ValueError(f"from {self.first_year} to {self.last_year} is no span of years")
        return self

    def meets(self, other: "_Entry") -> bool:
        """Whether there is a year that both hold for."""
        begins = max(self.first_year or _FIRST_YEAR, other.first_year or _FIRST_YEAR)
        return begins <= min(self.last_year or _LAST_YEAR, other.last_year or _LAST_YEAR)

    def years_sql(self, date: str) -> list[str]:
        """Conditions on the year of a day; none for an entry that always holds."""
        bounds = ((">=", self.first_year), ("<=", self.last_year))
        return [f"year({date}) {sign} {year}" for sign, year in bounds if year is not None]


class _Services(_Entry):
    codes: list[_Service] = Field(min_length=1)
    nomenclature: str | None = Field(None, pattern=r"^[A-Za-z]$")


class _Disciplines(_Entry):
    codes: list[_Discipline] = Field(min_length=1)


class _Diagnoses(_Entry):
    codes: list[_Icd10] = Field(min_length=1)


class _Drugs(_Entry):
    atc: list[_Atc] = []
    without: list[_Atc] = Field([], alias="except")
    inherited: str | None = Field(None, alias="list")
    forms: list[Literal["oral", "parenteral", "depot"]] = []

    @model_validator(mode="after")
    def _says_something(self) -> "_Drugs":
        if bool(self.atc) == bool(self.inherited):
            raise ValueError("either atc or list is expected")
        outside = [code for code in self.without if not any(code.startswith(whole) for whole in self.atc)]
        if outside:
            raise ValueError(f"except: {', '.join(outside)} is not below any code of atc")
        return self


class _File(_Strict):
    source: str = Field(min_length=1)
    valid: str = Field(min_length=1)


class _Laboratory(_File):
    lists: dict[_Name, Annotated[list[_Services], Field(min_length=1)]]

    @model_validator(mode="after")
    def _one_test_a_service(self) -> "_Laboratory":
        for (kind, entry), (other_kind, other) in combinations(self.each(), 2):
            if kind == other_kind or entry.nomenclature != other.nomenclature or not entry.meets(other):
                continue
            if shared := sorted({*entry.codes} & {*other.codes}):
                raise ValueError(f"{', '.join(shared)} is listed as {kind} and as {other_kind}")
        return self

    def each(self) -> list[tuple[str, _Services]]:
        """All entries, each with the test it is of."""
        return [(kind, entry) for kind, entries in self.lists.items() for entry in entries]


class _Icd10File(_File):
    lists: dict[_Name, Annotated[list[_Diagnoses], Field(min_length=1)]]


class _DisciplinesFile(_File):
    lists: dict[_Name, Annotated[list[_Disciplines], Field(min_length=1)]]


class _NamesFile(_File):
    lists: dict[_Name, Annotated[list[_Name], Field(min_length=1)]]


class _DrugClasses(_File):
    lists: dict[_Name, Annotated[list[_Drugs], Field(min_length=1)]]

    @model_validator(mode="after")
    def _references_end(self) -> "_DrugClasses":
        known: set[str] = set()
        for name, entries in self.lists.items():
            for entry in entries:
                if entry.inherited and entry.inherited not in known:
                    raise ValueError(f"{name}: list: {entry.inherited} is none of the classes above it")
            known.add(name)
        return self


_FILES: dict[str, type[_File]] = {
    "laboratory": _Laboratory,
    "drug_classes": _DrugClasses,
    "causes_of_death": _Icd10File,
    "npia_diagnoses": _Icd10File,
    "psychiatric_disciplines": _DisciplinesFile,
    "event_attributes": _NamesFile,
}


def check_code_lists(conf: Path | None = None) -> dict[str, list[str]]:
    """File -> names of its lists, all files read and checked.

    Raises ConfigurationError naming file and key of every fault of the first file that has one.
    """
    return {name: list(_lists(name, conf)) for name in _FILES}


def laboratory_sql(kind: str, service: str = "service", nomenclature: str = "nomenclature", date: str = "date") -> str:
    """Spark SQL: whether an outpatient service is a test of a kind.

    An entry that names a nomenclature takes its codes from the entries that name none, in its years.
    """
    own = [entry for entries in _lists("laboratory").values() for entry in entries if entry.nomenclature]
    conditions = []
    for entry in _entries("laboratory", kind):
        if entry.nomenclature:
            limits = [f"{nomenclature} = '{entry.nomenclature}'"]
        else:
            taken = [(other, sorted({*entry.codes} & {*other.codes})) for other in own]
            limits = [f"not {_services(other, codes, service, nomenclature, date)}" for other, codes in taken if codes]
        conditions.append([_one_of(service, entry.codes), *limits, *entry.years_sql(date)])
    return _any(conditions)


def drug_class_sql(name: str, atc: str = "atc", form: str = "form", date: str = "date") -> str:
    """Spark SQL: whether a dispensing is of a class of drugs; a pack that is not in the register is of none."""
    conditions = []
    for entry in _entries("drug_classes", name):
        if entry.inherited:
            taken = [drug_class_sql(entry.inherited, atc, form, date)]
        else:
            taken = [_below(atc, entry.atc), *(f"not {_below(atc, [code])}" for code in entry.without)]
        forms = [_one_of(form, entry.forms)] if entry.forms else []
        conditions.append([*taken, *forms, *entry.years_sql(date)])
    return _any(conditions)


def cause_of_death_sql(name: str, cause: str = "cause", date: str = "death_date") -> str:
    """Spark SQL: whether a cause of death (ICD-10 without dot) is in a list."""
    return _icd10_sql("causes_of_death", name, cause, date)


def npia_diagnosis_sql(name: str, diagnosis: str = "diagnosis", date: str = "date") -> str:
    """Spark SQL: whether a diagnosis of child neuropsychiatry (ICD-10 without dot) is in a list."""
    return _icd10_sql("npia_diagnoses", name, diagnosis, date)


def discipline_sql(name: str, column: str, date: str = "null") -> str:
    """Spark SQL: whether a ward or discipline, as the conformed tables hold it, is of a discipline.

    An entry that is limited to years needs the `date` of the record.
    """
    entries = _entries("psychiatric_disciplines", name)
    return _any([[_one_of(f"left({column}, {_DISCIPLINE})", e.codes), *e.years_sql(date)] for e in entries])


def event_attribute_sql(column: str) -> str:
    """Spark SQL: whether a name, in small letters, is that of an attribute of supplementary events."""
    return _any([[_one_of(column, _entries("event_attributes", "attributes"))]])


def _icd10_sql(file: str, name: str, column: str, date: str) -> str:
    conditions = []
    for entry in _entries(file, name):
        ranges = [code.split("-") for code in entry.codes if "-" in code]
        single = [code.replace(".", "") for code in entry.codes if "-" not in code]
        within = [f"left({column}, {_CATEGORY}) between '{low}' and '{high}'" for low, high in ranges]
        below = [_below(column, single)] if single else []
        conditions.append([f"({' or '.join([*within, *below])})", *entry.years_sql(date)])
    return _any(conditions)


def _below(column: str, codes: list[str]) -> str:
    tests = [f"startswith({column}, '{code}')" for code in codes]
    return f"({' or '.join(tests)})"


def _services(entry: _Services, codes: list[str], service: str, nomenclature: str, date: str) -> str:
    """Whether a service is one of some codes of the nomenclature that an entry names."""
    return _any([[_one_of(service, codes), f"{nomenclature} = '{entry.nomenclature}'", *entry.years_sql(date)]])


def _one_of(column: str, texts: Iterable[str]) -> str:
    listed = ", ".join(f"'{text}'" for text in texts)
    return f"{column} in ({listed})"


def _any(conditions: list[list[str]]) -> str:
    """One of several conditions, each a list of what must all hold; what is not known is false."""
    alternatives = [f"({' and '.join(parts)})" for parts in conditions]
    return f"coalesce({' or '.join(alternatives)}, false)"


def _entries(file: str, name: str) -> list:
    lists = _lists(file)
    if name not in lists:
        raise ConfigurationError(
            f"conf/codes/{file}.yaml has no list '{name}'", next_step=f"name one of: {', '.join(lists)}"
        )
    return lists[name]


@cache
def _lists(name: str, conf: Path | None = None) -> dict[str, list]:
    path = (conf or conf_dir()) / "codes" / f"{name}.yaml"
    try:
        return _FILES[name](**load_yaml(path)).lists
    except ValidationError as error:
        raise refuse(path, error) from error
    except TypeError as error:
        raise ConfigurationError(f"{path}: {error}") from error
