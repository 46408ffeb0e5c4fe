"""Configuration: environments overlay the base; a fault is refused with the name of its file."""

from pathlib import Path

import pytest

from percorsi.errors import ConfigurationError
from percorsi.settings import conf_dir, load_settings, load_yaml


def folder(tmp_path: Path, **files: str) -> Path:
    """A configuration of the given files, `base__spark` for base/spark.yaml."""
    for name, text in files.items():
        path = tmp_path / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "local").mkdir(exist_ok=True)
    return tmp_path


def test_environment_overlays_base_key_by_key(tmp_path):
    conf = folder(
        tmp_path,
        base__spark="spark: {person_partitions: 8, conf: {a: '1', b: '1'}}",
        local__spark="spark: {conf: {b: '2'}}",
    )
    spark = load_settings("local", conf).spark
    assert (spark.person_partitions, spark.conf) == (8, {"a": "1", "b": "2"})


def test_an_environment_s_file_is_checked_over_the_base(tmp_path):
    conf = folder(
        tmp_path,
        base__a="parameters: {dropout_to_month: 24}",
        local__a="parameters: {dropout_middle_month: 18}",  # later than 12, which the base has moved
    )
    parameters = load_settings("local", conf).parameters
    assert (parameters.dropout_middle_month, parameters.dropout_to_month) == (18, 24)


@pytest.mark.parametrize("environment", ["local", "cluster"])
def test_shipped_environments_are_valid(environment):
    assert load_settings(environment).parameters.transfer_gap_days == 0


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"base__spark": "spark: {colour: red}"}, ["base/spark.yaml", "spark.colour"]),
        ({"base__spark": "spark: {person_partitions: 0}"}, ["base/spark.yaml", "spark.person_partitions"]),
        ({"base__spark": "spark: {}\nspark: {}"}, ["base/spark.yaml, line 2", "'spark'", "line 1"]),
        (
            {"base__a": "parameters: {pathway_order: [bipolar, depressive]}"},
            ["base/a.yaml", "pathway_order", "each of"],
        ),
        ({"base__a": "parameters: {dropout_middle_month: 2}"}, ["base/a.yaml", "dropout_from_month", "2, 2 and 12"]),
        ({"base__a": "parameters: {dropout_to_month: 6}"}, ["base/a.yaml", "dropout_to_month", "2, 6 and 6"]),
        (
            {"base__a": "parameters: {dropout_to_month: 24}", "local__b": "parameters: {dropout_middle_month: 24}"},
            ["local/b.yaml", "dropout_middle_month", "2, 24 and 24"],
        ),
        ({"base__spark": "spark: {conf: {a: '1',\n a: '2'}}"}, ["base/spark.yaml, line 2", "'a'"]),
        ({"base__a": "spark: {}", "base__b": "spark: {}"}, ["base/a.yaml", "base/b.yaml", "'spark'"]),
        ({"base__spark": "spark: [unclosed"}, ["base/spark.yaml", "no valid YAML"]),
        ({"base__spark": "- a list"}, ["base/spark.yaml", "mapping"]),
        ({"base__spark": "spark: {}\n? [1]\n: x"}, ["base/spark.yaml, line 2", "single word"]),
    ],
)
def test_a_fault_names_its_file(tmp_path, files, named):
    with pytest.raises(ConfigurationError) as caught:
        load_settings("local", folder(tmp_path, **files))
    assert [n for n in named if n not in str(caught.value)] == []
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("environment", ["base", "mars"])
def test_only_environments_with_a_folder_exist(environment):
    with pytest.raises(ConfigurationError, match="local, cluster"):
        load_settings(environment)


def test_every_yaml_of_the_configuration_has_each_key_once():
    paths = sorted(conf_dir().rglob("*.yaml"))
    assert paths
    for path in paths:
        load_yaml(path)
