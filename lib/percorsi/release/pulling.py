"""Taking a release out of the home: verified first, as CSV, Parquet or a workbook. No Spark, no Java."""

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path

from percorsi.digests import digest
from percorsi.errors import ResultUnavailable, UsageError
from percorsi.home import Home

METADATA = "metadata.json"
_FILES = {
    "csv": ["values.csv", "indicators.csv", "datapackage.json", METADATA, "README.md"],
    "parquet": ["values.parquet", "indicators.csv", METADATA, "README.md"],
}
FORMATS = ("csv", "parquet", "xlsx")
_COUNTS = ("published", "suppressed", "absent")


def list_releases(home: Home) -> list[dict]:
    """The releases of a home, latest first: name, year, run, created, data, published, suppressed, absent.

    The latest is of the run that ended last; of one run, the one whose name comes last (2015.10 after 2015.9). A folder
    without readable metadata is listed with empty columns.
    """
    found = []
    for folder in release_folders(home):
        try:
            told = json.loads((folder / METADATA).read_bytes())
            counts = dict(told["values"])
        except (OSError, ValueError, KeyError, TypeError):
            told, counts = {}, {}
        keys = {key: told.get(key) for key in ("year", "run", "created", "data")}
        found.append({"release": folder.name, **keys, **{k: counts.get(k) for k in _COUNTS}})
    return sorted(found, key=lambda r: (str(r["created"] or ""), _natural(r["release"])), reverse=True)


def release_folders(home: Home) -> list[Path]:
    """The folders of the releases of a home, by name; what a killed process left aside is none."""
    folders = sorted(home.releases.glob("*")) if home.releases.is_dir() else []
    return [folder for folder in folders if folder.is_dir() and not folder.name.startswith(".")]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", name)]


def pull(home: Home, name: str, fmt: str, out: Path) -> list[Path]:
    """Write a release ('latest': the last one) into the folder `out` in a format; gives the files.

    Raises UsageError for an unknown format or a different file in the way, ResultUnavailable for a release that is not
    there or whose files are no longer what was released.
    """
    if fmt not in FORMATS:
        raise UsageError(f"'{fmt}' is no format of a release", next_step=f"use one of: {', '.join(FORMATS)}")
    folder = _folder(home, name)
    contents = verified(folder)
    if fmt == "xlsx":
        from percorsi.release.workbook import workbook

        files = {f"percorsi-{folder.name}.xlsx": workbook(contents)}
    else:
        files = {file: contents[file] for file in _FILES[fmt]}
    return _place(files, Path(out))


def _folder(home: Home, name: str) -> Path:
    known = [entry["release"] for entry in list_releases(home)]
    wanted = known[0] if name == "latest" and known else name
    if wanted not in known:
        raise ResultUnavailable(
            f"there is no release '{name}' in {home.path}",
            next_step=f"known releases: {', '.join(known)}" if known else "make one: percorsi release --name NAME",
        )
    return home.releases / wanted


def verified(folder: Path) -> dict[str, bytes]:
    """Name -> content of the files of a release, each as it was released.

    Raises ResultUnavailable naming the files that are missing or changed.
    """
    files = verified_metadata(folder)["files"]
    found, faulty = {METADATA: (folder / METADATA).read_bytes()}, []
    for file, expected in files.items():
        try:
            found[file] = (folder / file).read_bytes()
        except OSError:
            found[file] = b""
        if hashlib.sha256(found[file]).hexdigest() != expected:
            faulty.append(file)
    if faulty:
        raise _not_as_released(folder, faulty)
    return found


def verified_metadata(folder: Path) -> dict:
    """The metadata of a release as they were released. Raises ResultUnavailable where they are missing or changed."""
    try:
        told = json.loads((folder / METADATA).read_bytes())
        if told.pop("digest") == digest(told):
            return told
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise _not_as_released(folder, [METADATA])


def _not_as_released(folder: Path, faulty: list[str]) -> ResultUnavailable:
    return ResultUnavailable(
        f"the release {folder.name} is not what was released: {', '.join(faulty)} missing or changed",
        next_step=f"restore {folder} from a copy; until then it is not given out, and no other is published beside it",
    )


def _place(files: dict[str, bytes], out: Path) -> list[Path]:
    """Write files, each whole or not at all; one that is there with the same content stays."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is no folder", next_step="give a folder with --out")
    in_the_way = [f for f, content in files.items() if (out / f).exists() and (out / f).read_bytes() != content]
    if in_the_way:
        raise UsageError(
            f"{out} holds other files of the same name: {', '.join(in_the_way)}",
            next_step="give another folder with --out, or remove them",
        )
    out.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        if not (out / file).exists():
            handle, aside = tempfile.mkstemp(prefix=f".{file}.", dir=out)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.chmod(aside, 0o644)
            os.replace(aside, out / file)
    return [out / file for file in files]
