"""The contract of the command line: every command has help, errors become exit codes, no value is ever told."""

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from percorsi import cli, errors, pipeline
from percorsi.errors import PercorsiError, exit_codes
from percorsi.flows import load_layouts

COMMANDS = sorted(get_command(cli.app).commands)
ROOT = Path(__file__).parents[2]


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
        "deliveries",
        "rules",
        "rejected",
    }
    assert promised <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    result = call(name, "--help")
    assert result.exit_code == 0
    assert get_command(cli.app).commands[name].help.strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_pages(name):
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))]
    assert any(re.search(rf"percorsi {name}\b|`{name}`", page) for page in pages)


def test_the_pages_name_no_command_and_no_option_that_is_not_there():
    told = (ROOT / "docs" / "ingestion.md").read_text(encoding="utf-8")
    for name in re.findall(r"`percorsi ([a-z]+)", told):
        assert name in COMMANDS
    for name in ("ingest", "deliveries", "rules", "rejected"):
        (usage,) = re.findall(rf"^percorsi {name} (.*)$", told, re.MULTILINE)
        for option in re.findall(r"--[a-z-]+", usage):
            assert option in {o for parameter in get_command(cli.app).commands[name].params for o in parameter.opts}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--accept-quality", "  "], "a reason is expected"),
        (["--as", "Anna"], "a name is expected, of who accepts failed quality"),
        (["--accept-quality", "agreed", "--as", " "], "a name is expected, of who accepts failed quality"),
    ],
)
@pytest.mark.parametrize("name", ["quality", "indicators"])
def test_quality_is_accepted_by_somebody_for_a_reason(tmp_path, name, given, told):
    result = call(name, "--home", str(tmp_path / "none"), "--year", "2015", *given)
    assert (result.exit_code, told in result.output) == (2, True)
    assert not (tmp_path / "none").exists()


def test_who_accepts_is_the_user_where_nobody_is_named(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "user")
    assert pipeline._who("agreed", None) == "user"
    assert pipeline._who("agreed", "Anna") == "Anna"
    assert pipeline._who(None, "Anna") is None
    monkeypatch.setattr("getpass.getuser", lambda: {}["no name"])
    assert pipeline._who("agreed", None).startswith("uid ")


def test_the_version_is_told():
    result = call("--version")
    assert (result.exit_code, result.output) == (0, "percorsi 0.1.0\n")


def test_rules_tells_of_each_rule_whether_it_rejects_and_whether_it_is_applied():
    rows = {(r["code"], r["field"]): r for r in json.loads(call("rules", "--flow", "CNR", "--json").output)}
    assert {r["flow"] for r in rows.values()} == {"CNR"}
    assert rows["P000", ""]["title"] == "Wrong number of fields" and rows["P008", ""]["severity"] == "rejects"
    told = rows["3943", "closing_diagnosis"]
    assert (told["severity"], told["kind"], told["implemented"]) == ("rejects", "condition", "yes")
    assert told["checks"].startswith("not: closing_diagnosis is null and")
    against = rows["3261", "closing_diagnosis"]
    assert (against["implemented"], against["kind"], "3943" in against["reason"]) == ("no", "", True)
    assert rows["3310", "azienda"]["checks"] == (
        "STR knows azienda = azienda among its rows with region = region and year = year"
    )


def test_rules_without_a_flow_are_those_of_all_layouts():
    rows = json.loads(call("rules", "--json").output)
    layouts = load_layouts()
    assert list(dict.fromkeys(r["flow"] for r in rows)) == list(layouts)
    assert len(rows) == sum(2 + len(layout.rules) for layout in layouts.values())
    lines = call("rules", "--flow", "PSS").output.splitlines()
    assert lines[0].split() == ["flow", "code", "field", "severity", "kind", "implemented", "title", "reason"]
    assert len(lines) == 2 + 2 + len(layouts["PSS"].rules)


def test_rules_of_an_unknown_flow_are_2():
    result = call("rules", "--flow", "XYZ")
    assert (result.exit_code, "ANR, ANT" in result.output) == (2, True)


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
