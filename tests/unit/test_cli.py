"""The contract of the command line: every command has help, errors become exit codes, no value is ever told."""

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from percorsi import cli, errors
from percorsi.errors import PercorsiError, exit_codes

COMMANDS = sorted(get_command(cli.app).commands)


def call(*arguments: str):
    return CliRunner().invoke(cli.app, list(arguments))


def test_the_commands_that_scripts_rely_on_exist():
    promised = {
        "synthesize",
        "ingest",
        "conform",
        "quality",
        "features",
        "indicators",
        "run",
        "values",
        "release",
        "pull",
    }
    assert promised <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    result = call(name, "--help")
    assert result.exit_code == 0
    assert get_command(cli.app).commands[name].help.strip()


def test_help_tells_the_exit_codes():
    assert list(exit_codes()) == [0, 1, 2, 3, 4, 5, 6, 7]
    text = " ".join(call("--help").output.split())
    for code, meaning in exit_codes().items():
        assert f"{code}: {meaning.split()[0]}" in text


@pytest.mark.parametrize("arguments", [["run", "--year", "2015"], ["no-such-command"], ["run", "--year", "soon"]])
def test_a_wrong_call_is_2(arguments):
    assert call(*arguments).exit_code == 2


@pytest.mark.parametrize("years", ["2016-2012", "12-16", "", "2012-"])
def test_wrong_years_are_2_and_say_what_is_expected(tmp_path, years):
    result = call("synthesize", "--out", str(tmp_path), "--years", years)
    assert (result.exit_code, "2012-2016" in result.output) == (2, True)


def test_an_unknown_environment_is_3(tmp_path):
    result = call("runs", "--home", str(tmp_path), "--env", "mars")
    assert (result.exit_code, "local, cluster" in result.output) == (3, True)


def every_error() -> list[type[PercorsiError]]:
    return [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, PercorsiError)]


@pytest.mark.parametrize("kind", every_error())
def test_each_error_becomes_its_exit_code_with_the_next_step(monkeypatch, tmp_path, kind):
    def fail(*_):
        raise kind("the file x, line 3", next_step="mend it")

    monkeypatch.setattr("percorsi.runs.list_runs", fail)
    result = call("runs", "--home", str(tmp_path))
    assert result.exit_code == kind.exit_code
    assert "the file x, line 3" in result.output
    assert "next: mend it" in result.output


def test_what_is_unexpected_is_told_without_its_message(monkeypatch, tmp_path):
    def fail(*_):
        raise ValueError("CUNI-OF-SOMEBODY")

    monkeypatch.setattr("percorsi.runs.list_runs", fail)
    result = call("runs", "--home", str(tmp_path))
    assert (result.exit_code, "ValueError" in result.output) == (1, True)
    assert "CUNI-OF-SOMEBODY" not in result.output
