"""Digests: of any plain value in canonical form, of the library's code, of the definitions."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from percorsi.settings import conf_dir


def digest(value: Any) -> str:
    """SHA-256 of a plain value (dicts, lists, numbers, text) whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_files(folder: Path, pattern: str) -> str:
    """SHA-256 over names and contents of the files below a folder that match."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


# What every room's tables rest on, of the modules that stand in no room.
_SHARED = (
    *("code_lists.py", "periods.py", "regions.py", "settings.py"),
    *("small_frame.py", "storage.py", "tables.py"),
)


@cache
def code_digest(*rooms: str) -> str:
    """Digest of the Python code of some rooms of the library and what they share (all of it, where none is named).

    A stage that carries it is computed again when its code changes, commit or not.
    """
    top = Path(__file__).parent
    if not rooms:
        return digest_files(top, "*.py")
    shared = [hashlib.sha256((top / name).read_bytes()).hexdigest() for name in _SHARED]
    return digest([*shared, *(digest_files(top / room, "*.py") for room in rooms)])


@cache
def conf_digest(*folders: str) -> str:
    """Digest of the files of some folders of the configuration."""
    return digest(
        [digest_files(conf_dir() / folder, "*") if (conf_dir() / folder).is_dir() else "" for folder in folders]
    )
