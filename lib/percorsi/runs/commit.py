"""Which code this is: the commit of the checkout it runs from, and the version of the package."""

import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

UNKNOWN = "unknown"
_TOP = Path(__file__).resolve().parents[3]


def code_version(checkout: Path = _TOP) -> tuple[str, str]:
    """Commit (40 digits, `-dirty` behind it where tracked files were changed) and version of the package.

    The commit is `unknown` where the library does not lie in a checkout of its own; a repository that happens to
    hold the environment it is installed in does not count.
    """
    top = _git(checkout, "rev-parse", "--show-toplevel")
    commit = _git(checkout, "rev-parse", "HEAD") if top and Path(top).resolve() == checkout.resolve() else ""
    if commit and _git(checkout, "status", "--porcelain", "--untracked-files=no"):
        commit += "-dirty"
    try:
        packaged = version("percorsi")
    except PackageNotFoundError:
        packaged = UNKNOWN
    return commit or UNKNOWN, packaged


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
