"""The files of a delivery: found by their names in a folder and its sub-folders, nothing opened yet."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from percorsi.errors import UsageError
from percorsi.flows.layout import Layout
from percorsi.home import CROSSWALK
from percorsi.regions import regions

_NAME = re.compile(
    r"(?P<flow>[A-Z]{2,4})(?:_(?P<region>[0-9]{3}))?_(?P<year>[12][0-9]{3})(?:_(?P<period>S[12]|0[1-9]|1[0-2]))?"
)
_TEXT = (".csv.gz", ".csv")
_PARQUET = ".parquet"
_NAMED = (
    "SISM: <FLOW>_<region>_<year>_<S1|S2>.csv; others: <FLOW>_<region>_<year>[_<S1|S2|month>].csv, of the nation "
    "without region; .csv.gz too, in own layouts .parquet; or take it out of the folder"
)


@dataclass(frozen=True)
class DeliveryFile:
    """One file: path below the delivery's folder, and what its name says.

    `region` is '' for the nation; `period` is '' for a year, S1 or S2 for a semester, 01 to 12 for a month.
    """

    root: Path
    path: str
    flow: str
    region: str
    year: str
    period: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def address(self) -> Path:
        return self.root / self.path

    @property
    def gzipped(self) -> bool:
        return self.path.lower().endswith(".gz")

    @property
    def parquet(self) -> bool:
        return self.path.lower().endswith(_PARQUET)


@dataclass(frozen=True)
class Refusal:
    """Why one file cannot be read: its path below the folder, the line where there is one, the reason, what to do."""

    path: str
    reason: str
    next_step: str
    line: int | None = None
    flow: str = ""
    region: str = ""
    year: str = ""
    period: str = ""
    digest: str = ""

    def __str__(self) -> str:
        where = f"{self.path}, line {self.line}" if self.line else self.path
        return f"{where}: {self.reason} ({self.next_step})"

    @classmethod
    def of(
        cls, file: DeliveryFile, reason: str, next_step: str, line: int | None = None, digest: str = ""
    ) -> "Refusal":
        return cls(file.path, reason, next_step, line, file.flow, file.region, file.year, file.period, digest)


@dataclass(frozen=True)
class Found:
    """A folder as its names tell: the files of the delivery, and those refused for name or place."""

    files: list[DeliveryFile]
    refused: list[Refusal]


def discover(folder: Path, layouts: dict[str, Layout]) -> Found:
    """The files of a delivery, all in the order of their paths.

    A file is part of the delivery when it ends in .csv or .csv.gz, or when its name begins like one of a known flow;
    all others (notes, documents, hidden files, a table of boundaries) are passed over.

    Raises UsageError where the folder is none.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise UsageError(f"{folder}: no such folder", next_step="name the folder that holds the delivery's files")
    found: list[DeliveryFile] = []
    refused: list[Refusal] = []
    for path in sorted(_walk(root)):
        entry = root / path
        if entry.is_symlink() and not Path(os.path.realpath(entry)).is_relative_to(root):  # of a loop: a link in it
            refused.append(Refusal(_shown(path), "a link that leads out of the folder", "put the file itself there"))
        elif entry.is_dir():
            refused.append(Refusal(_shown(path), "a link to a folder", "put the folder itself there"))
        elif not _is_candidate(entry.name, layouts):
            continue
        elif not entry.is_file():
            refused.append(Refusal(_shown(path), "no regular file", "take it out of the folder"))
        elif not os.access(entry, os.R_OK):
            refused.append(Refusal(_shown(path), "you may not read it", "give yourself the right to, or take it out"))
        elif isinstance(parsed := _parse(root, path, layouts), DeliveryFile):
            found.append(parsed)
        else:
            refused.append(Refusal(_shown(path), parsed, _NAMED))
    return Found(found, refused)


def _walk(root: Path) -> list[str]:
    """All files and links below the folder that are not hidden, as paths below it; links are not followed."""
    paths = []
    for top, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(".")]
        links = [f for f in folders if (Path(top) / f).is_symlink()]
        below = Path(top).relative_to(root)
        paths += [(below / f).as_posix() for f in [*files, *links] if not f.startswith(".")]
    return paths


def _is_candidate(name: str, layouts: dict[str, Layout]) -> bool:
    if name == CROSSWALK:
        return False
    return name.lower().endswith(_TEXT) or name.split("_")[0] in layouts and "_" in name


def _parse(root: Path, path: str, layouts: dict[str, Layout]) -> DeliveryFile | str:
    """What the name says, or why it says nothing."""
    name = path.rsplit("/", 1)[-1]
    if not path.isprintable():
        return "the name holds characters that cannot be printed"
    suffix = next((s for s in (*_TEXT, _PARQUET) if name.lower().endswith(s)), None)
    if suffix is None:
        return "none of .csv, .csv.gz and .parquet"
    match = _NAME.fullmatch(name[: -len(suffix)])
    if not match:
        return "the name is not that of a delivery's file"
    flow, region, year, period = match["flow"], match["region"] or "", match["year"], match["period"] or ""
    if flow not in layouts:
        return f"no flow {flow}; known are {', '.join(layouts)}"
    if not region and layouts[flow].scope != "national":
        return f"a file of {flow} names a region"
    if region and region not in regions():
        return f"no region {region}"
    if layouts[flow].period == "semester" and period not in ("S1", "S2"):
        return f"a file of {flow} names a semester, S1 or S2"
    if suffix == _PARQUET and layouts[flow].national:
        return f"{flow} is delivered as text"
    return DeliveryFile(root, path, flow, region, year, period)


def literal_path(path: str) -> str:
    """A path that Spark takes as it is, though a folder be called `[new]`."""
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", path)


def _shown(path: str) -> str:
    """A path that is safe to print."""
    return path if path.isprintable() else ascii(path)[1:-1]
