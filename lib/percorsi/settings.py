"""Configuration: conf/base, overlaid by one environment (conf/local, conf/cluster), checked by pydantic.

Every YAML file of the project is read by `load_yaml`, which refuses a key written twice and says where.
"""

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from percorsi.errors import ConfigurationError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SparkSettings(_Strict):
    """How Spark is started. `jars` is a folder that holds the two Delta jars; empty: the one of the set-up."""

    master: str | None = None
    jars: str = ""
    conf: dict[str, str] = {}
    person_partitions: int = Field(8, ge=1, description="files of a table that lies sorted by person")


class TrackingSettings(_Strict):
    """Where MLflow keeps its runs; an empty address means SQLite in the home."""

    uri: str = ""
    experiment: str = "percorsi"


class Parameters(_Strict):
    """Parameters (P) of the measurement manual that act above the catalogue, in the feature stage.

    They hold for the nation; a region may reformulate each (conf/reformulations), held to what is declared here.
    """

    transfer_gap_days: int = Field(0, ge=0)
    spdc_public_only: bool = True
    use_sdo_diagnosis: bool = True
    month_window_days: int = Field(30, ge=1)
    month_windows: int = Field(12, ge=1)
    follow_up_days: int = Field(365, ge=1)
    monitoring_days: int = Field(84, ge=1)
    therapy_gap_days: int = Field(30, ge=1)
    carry_forward: bool = False
    start_after_discharge_days: int = Field(60, ge=0)
    naive_days_before_stay: int = Field(365, ge=1)
    repeat_days: int = Field(90, ge=1)
    interruption_hospital_days: int = Field(90, ge=0)
    recent_therapy_days: int = Field(28, ge=1)
    first_months: int = Field(3, ge=1)
    first_weeks_days: int = Field(84, ge=0)
    intensive_days: int = Field(365, ge=0)
    precursor_years: int = Field(3, ge=1)
    dropout_from_month: int = Field(2, ge=0)
    dropout_middle_month: int = Field(6, ge=0)
    dropout_to_month: int = Field(12, ge=0)
    mood_stabiliser_includes_antipsychotics: bool = True
    pathway_order: list[Literal["schizophrenia", "bipolar", "severe_personality", "depressive"]] = [
        "schizophrenia",
        "bipolar",
        "severe_personality",
        "depressive",
    ]

    @field_validator("pathway_order")
    @classmethod
    def _each_once(cls, order: list[str]) -> list[str]:
        # One left out would be nobody's pathway.
        if sorted(order) != sorted(cls.model_fields["pathway_order"].default):
            raise ValueError("each of the four pathways stands there once")
        return order

    @model_validator(mode="after")
    def _dropouts_in_order(self) -> "Parameters":
        # Else no day is one that an early, or a late, dropout may lie on, and the indicator is 0 and looks measured.
        months = (self.dropout_from_month, self.dropout_middle_month, self.dropout_to_month)
        if not months[0] < months[1] < months[2]:
            raise ValueError(
                "dropout_from_month, dropout_middle_month and dropout_to_month must grow in this order, and are"
                f" {months[0]}, {months[1]} and {months[2]}"
            )
        return self


class Settings(_Strict):
    """All that an environment says."""

    spark: SparkSettings = SparkSettings()
    tracking: TrackingSettings = TrackingSettings()
    parameters: Parameters = Parameters()


class _UniqueKeyLoader(yaml.CSafeLoader):
    """YAML as usual, except that a key written twice is a fault and not a silent last-one-wins."""


def _unique_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict:
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str | int | float | bool):
            raise ConfigurationError(f"{node.start_mark.name}, line {line}: a key must be a single word or number")
        if key in seen:
            raise ConfigurationError(
                f"{node.start_mark.name}, line {line}: the key '{key}' stands already in line {seen[key]}",
                next_step="keep one of the two",
            )
        seen[key] = line
    return yaml.CSafeLoader.construct_mapping(loader, node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def conf_dir() -> Path:
    """The folder of the configuration."""
    return editable_folder("conf")


def cases_dir() -> Path:
    """The folder of the clinical cases."""
    return editable_folder("cases", "tests/cases")


def editable_folder(name: str, place: str | None = None) -> Path:
    """A folder that its readers edit: the one PERCORSI_<NAME> names, else the checkout's, else the installed one.

    `place` is where it lies in the checkout, when not by its name. Raises ConfigurationError where the variable names
    no folder.
    """
    variable = f"PERCORSI_{name.upper()}"
    named = os.environ.get(variable)
    if named:
        if not Path(named).is_dir():
            raise ConfigurationError(f"{variable} names {named}, which is no folder")
        return Path(named)
    checkout = Path(__file__).resolve().parents[2] / (place or name)
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "percorsi" / name


def load_yaml(path: Path) -> dict:
    """One YAML mapping, {} for an empty file.

    Raises ConfigurationError naming file and line where it is no YAML, no mapping or has a key twice.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            loader = _UniqueKeyLoader(stream)
            loader.name = str(path)
            try:
                content = loader.get_single_data()
            finally:
                loader.dispose()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: the text is not UTF-8", next_step="save the file as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{path}{where}: no valid YAML ({getattr(error, 'problem', error)})") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: a mapping of keys is expected")
    return content


def refuse(path: Path, error: ValidationError) -> ConfigurationError:
    """Pydantic's findings as one error: file, key path, what was expected."""
    lines = [f"{path}: {'.'.join(str(p) for p in e['loc']) or '(file)'}: {e['msg']}" for e in error.errors()]
    return ConfigurationError("\n".join(lines), next_step="correct the key named, or remove it")


def _overlay(base: dict, over: dict) -> dict:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _overlay(merged[key], value) if both else value
    return merged


def _load_folder(folder: Path, base: dict) -> dict:
    """All settings files of one folder, checked over `base`; a key in two of them is refused, naming both."""
    merged: dict = {}
    origin: dict[str, Path] = {}
    for path in sorted(folder.glob("*.yaml")):
        content = load_yaml(path)
        for key in content:
            if key in origin:
                raise ConfigurationError(f"{path}: the key '{key}' stands already in {origin[key]}")
            origin[key] = path
        try:  # each file for itself first, so that a fault names its file
            Settings(**_overlay(base, content))
        except ValidationError as error:
            raise refuse(path, error) from error
        merged.update(content)
    return merged


@cache
def load_settings(environment: str = "local", conf: Path | None = None) -> Settings:
    """The settings of an environment: conf/base overlaid by conf/<environment>.

    Raises ConfigurationError for an environment without a folder, an unknown or double key, a wrong type.
    """
    conf = conf or conf_dir()
    folder = conf / environment
    if not folder.is_dir() or environment == "base":
        known = [e for e in ("local", "cluster") if (conf / e).is_dir()]
        raise ConfigurationError(
            f"no environment '{environment}' in {conf}", next_step=f"use one of: {', '.join(known)}"
        )
    base = _load_folder(conf / "base", {})
    return Settings(**_overlay(base, _load_folder(folder, base)))
