"""What tables remember: old versions, the files of killed writes, and the log's bounds of columns."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from percorsi.home import Home

_LOG = "_delta_log"


def tables_of_persons(home: Home) -> list[str]:
    """The tables with a `person_id`, those made last first: what is made from others never outlives them."""
    from deltalake import DeltaTable

    found = [name for name in _tables(home) if "person_id" in _names(DeltaTable(str(home.tables / name)))]
    return sorted(found, key=lambda name: (name.startswith("conformed/"), name))


def forget(home: Home, name: str) -> None:
    """Only the present version of a table stays: all files of older ones go, and those that killed writes left."""
    from deltalake import DeltaTable

    DeltaTable(str(home.tables / name)).vacuum(
        retention_hours=0, dry_run=False, enforce_retention_duration=False, full=True
    )


def empty(home: Home, name: str, properties: dict[str, str] | None = None) -> None:
    """Take all rows out of a table, with every trace of them: files, old versions, and the log before now.

    The table, its schema and the count of its versions stay, so that a version of later is never taken for one of
    before. Killed anywhere, done again it completes.
    """
    from deltalake import DeltaTable

    path = str(home.tables / name)
    DeltaTable(path).delete()
    forget(home, name)
    if properties:
        DeltaTable(path).alter.set_table_properties(properties, raise_if_not_exists=False)
    table = DeltaTable(path)
    table.create_checkpoint()
    log = home.tables / name / _LOG
    for old in list(log.iterdir()):
        version = old.name.lstrip(".")[:20]
        # a checksum that Spark wrote of the last checkpoint is not that of the one just made
        if old.name == "._last_checkpoint.crc" or version.isdigit() and int(version) < table.version():
            old.unlink()


def clear_half_made(home: Home) -> None:
    """Remove what a killed first write left: files of rows, and no table."""
    for log in list(home.tables.rglob(_LOG)):
        if log.is_dir() and not any(log.glob("*.json")):
            shutil.rmtree(log.parent)


def _tables(home: Home) -> Iterator[str]:
    for log in sorted(home.tables.rglob(_LOG)):
        if any(log.glob("*.json")):
            yield log.parent.relative_to(home.tables).as_posix()


def _names(table) -> set[str]:
    return {field.name for field in table.schema().fields}


def of_stage(home: Home, stage: str) -> list[str]:
    """The last names of the tables of a stage: `PST` for `raw/PST`."""
    return sorted(Path(name).name for name in _tables(home) if name.startswith(f"{stage}/"))
