"""The home: the one folder that holds all tables, runs, reports and releases, its lock and its key."""

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from percorsi.errors import ConfigurationError, HomeLocked

SYNTHETIC = "SYNTHETIC.json"  # marks a delivery as synthetic, and the home it went into
CROSSWALK = "area_crosswalk.csv"  # may lie beside a delivery: the boundaries of its nation
KEY_VARIABLE = "PERCORSI_PERSON_KEY"
KEY_FILE_VARIABLE = "PERCORSI_PERSON_KEY_FILE"
_KEY_BYTES = 32


class Home:
    """Addresses inside a home. Nothing is created before something is written."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path).expanduser().resolve()
        self.tables = self.path / "tables"
        self.quality = self.path / "quality"
        self.releases = self.path / "releases"
        self.artifacts = self.path / "mlartifacts"
        self.tracking_uri = f"sqlite:///{self.path / 'mlflow.db'}"

    def create(self) -> None:
        """The folder, open to its owner only: it will hold records of patients.

        Raises ConfigurationError for a name that not all who read tables take as it is.
        """
        if any(sign in str(self.path) for sign in "[]%"):
            raise ConfigurationError(f"{self.path}: a home's path has no [, ] or %", next_step="name another folder")
        if not self.path.exists():
            self.path.mkdir(parents=True, mode=0o700)

    @property
    def synthetic(self) -> bool:
        """Whether synthetic data ever went in: all that leaves such a home says so."""
        return (self.path / SYNTHETIC).exists()

    def note_synthetic(self, deliveries: Path) -> None:
        """Remember it where a delivery, or the folder it lies in, is marked as synthetic."""
        if any((folder / SYNTHETIC).exists() for folder in (deliveries, deliveries.resolve().parent)):
            self.create()
            (self.path / SYNTHETIC).write_text('{"synthetic": true}\n')

    @contextlib.contextmanager
    def lock(self, task: str) -> Iterator[None]:
        """Hold the home alone while `task` runs; a killed holder frees it with its death.

        Raises HomeLocked, naming the holder's task and process, where another one holds it.
        """
        self.create()
        note = self.path / "lock.json"
        lock = FileLock(self.path / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise HomeLocked(
                f"{self.path} is in use by {_holder(note)}",
                next_step="wait for it to end, or use another home (--home)",
            ) from None
        try:
            started = datetime.now(UTC).isoformat(timespec="seconds")
            note.write_text(json.dumps({"task": task, "process": os.getpid(), "since": started}))
            yield
        finally:
            note.unlink(missing_ok=True)
            lock.release()

    def person_key(self) -> bytes:
        """The secret key of `person_id`: from the environment (hexadecimal), a file named there, or the home's own.

        A new home gets a random one, readable by its owner only. Raises ConfigurationError for a key that is too
        short, no hexadecimal, or that others may read.
        """
        named = os.environ.get(KEY_VARIABLE)
        if named:
            return _parse_key(named, f"the environment variable {KEY_VARIABLE}")
        named_file = os.environ.get(KEY_FILE_VARIABLE)
        path = Path(named_file or self.path / "person.key")
        if not path.exists():
            if named_file:
                raise ConfigurationError(f"{path}: the key file named by {KEY_FILE_VARIABLE} does not exist")
            _create_key(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(
                f"{path}: the key can be read by others than its owner", next_step=f"chmod 600 {path}"
            )
        return _parse_key(path.read_text(), str(path))


def _create_key(path: Path) -> None:
    """Written whole to a file of another name first: a crash leaves no half key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_hex(_KEY_BYTES) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, path)


def _parse_key(text: str, origin: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < _KEY_BYTES:
        raise ConfigurationError(
            f"{origin}: the key must be at least {_KEY_BYTES} bytes in hexadecimal",
            next_step="give the key the home's tables were made with, or start a new home",
        )
    return key


def _holder(note: Path) -> str:
    try:
        told = json.loads(note.read_text())
        return f"'{told['task']}' (process {told['process']}, since {told['since']})"
    except (OSError, ValueError, KeyError):
        return "another run"
