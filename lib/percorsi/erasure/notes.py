"""Small notes in the home of what is under way: written whole or not at all, and readable by the owner only."""

import json
import os
from pathlib import Path
from typing import Any


def write_note(path: Path, content: dict[str, Any]) -> None:
    """Written to a file of another name first: a crash leaves the note that was there, or none."""
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(json.dumps(content))
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, path)


def read_note(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text()) if path.exists() else None


def remove_note(path: Path) -> None:
    """The note, and the drafts that killed processes left, which may say as much; the note last."""
    for draft in path.parent.glob(f"{path.stem}.*"):
        if draft.suffix[1:].isdigit():
            draft.unlink()
    path.unlink(missing_ok=True)
