"""One pass over the bytes of each file, before Spark sees it: digest, lines, header, and whether it is text at all."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from percorsi.errors import PercorsiError
from percorsi.flows.files import DeliveryFile, Refusal
from percorsi.flows.layout import Layout

SEPARATOR = "~"
_CHUNK = 1 << 20
_WORKERS = 2  # hashing and decompression leave the lock of Python
LONGEST_LINE = _CHUNK  # bytes; of a Parquet file, a value
_GZIP = b"\x1f\x8b"
_MAGIC = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    _GZIP: "compressed",
}
_AS_TEXT = "deliver it as UTF-8 text with the separator ~"
_AGAIN = "ask the sender for the file again"


@dataclass(frozen=True)
class Content:
    """What the bytes of one file say: SHA-256 of the file as delivered, number of lines, the header's names."""

    file: DeliveryFile
    digest: str
    lines: int
    header: tuple[str, ...]

    @property
    def records(self) -> int:
        """Lines after the header; none in a file of no bytes."""
        return max(self.lines - 1, 0)


class Watch:
    """The files of a delivery as they lay there before they were read: one that is another by then is not loaded."""

    def __init__(self, files: list[DeliveryFile]) -> None:
        self._seen = {file: _stamp(file) for file in files}

    def refuse_changed(self) -> None:
        """Raise PercorsiError where a file changed or vanished since."""
        changed = [file.path for file, stamp in self._seen.items() if _stamp(file) != stamp]
        if changed:
            raise PercorsiError(
                f"{', '.join(changed)}: changed while it was read; nothing was loaded",
                next_step="see that nobody writes to the folder, and ingest the delivery again",
            )


def _stamp(file: DeliveryFile) -> tuple[int, int, int] | None:
    """Which file it is, how long it is and when it was last written; None where it is gone."""
    try:
        told = file.address.stat()
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns


def digests(files: list[DeliveryFile]) -> dict[str, str]:
    """Path below the delivery's folder -> SHA-256 of the file as it lies there; '' where it cannot be read."""

    def one(file: DeliveryFile) -> str:
        try:
            with file.address.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:  # `read_contents` refuses it
            return ""

    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(zip((f.path for f in files), pool.map(one, files), strict=True))


def read_contents(
    files: list[DeliveryFile], known: dict[str, str], layouts: dict[str, Layout]
) -> tuple[list[Content], list[Refusal]]:
    """What is in the files, and the refusals of those that are no text of their layout's kind.

    `known` are their digests by path. Memory is bounded whatever the size of a file.
    """
    from percorsi.flows import parquet

    def look(file: DeliveryFile) -> Content | Refusal:
        of_kind = parquet.look if file.parquet else _look
        return of_kind(file, known[file.path], layouts[file.flow])

    with ThreadPoolExecutor(_WORKERS) as pool:
        seen = list(pool.map(look, files))
    return [s for s in seen if isinstance(s, Content)], [s for s in seen if isinstance(s, Refusal)]


def _look(file: DeliveryFile, digest: str, layout: Layout) -> Content | Refusal:
    def refuse(reason: str, next_step: str, line: int | None = None) -> Refusal:
        return Refusal.of(file, reason, next_step, line, digest)

    lines, ended, open_line = 0, True, 0
    first = b""
    try:
        for chunk in _chunks(file):
            if not first:
                kind = next((k for magic, k in _MAGIC.items() if chunk.startswith(magic)), None)
                if kind:
                    return refuse(f"not text: {kind}", _AS_TEXT)
            if len(first) <= LONGEST_LINE and b"\n" not in first:
                first += chunk
            if b"\0" in chunk:
                return refuse(
                    "not text: it holds zero bytes", _AS_TEXT, lines + chunk[: chunk.index(b"\0")].count(b"\n") + 1
                )
            breaks = chunk.count(b"\n")
            open_line = len(chunk) - chunk.rindex(b"\n") - 1 if breaks else open_line + len(chunk)
            lines += breaks
            ended = chunk.endswith(b"\n")
            if open_line > LONGEST_LINE:
                return refuse("a line of more than a million characters", _AGAIN, lines + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        kind = "truncated" if isinstance(error, EOFError) else "damaged, or no gzip file"
        return refuse(f"the gzip file is {kind}", _AGAIN)
    except OSError as error:
        return refuse(f"it cannot be read ({error.strerror})", "see that it stays where it is, and ingest again")
    lines += not ended
    if not lines:
        return Content(file, digest, 0, ())  # an empty file is a delivery (manual, section 1)
    return _header(file, digest, lines, first.split(b"\n", 1)[0], layout)


def _chunks(file: DeliveryFile) -> Iterator[bytes]:
    """The text in pieces; a compressed file is decompressed, its checks done by the way."""
    with gzip.open(file.address) if file.gzipped else file.address.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _header(file: DeliveryFile, digest: str, lines: int, first: bytes, layout: Layout) -> Content | Refusal:
    """The first line is the header, always; its wording counts in own layouts only."""
    text = first.decode("utf-8-sig", errors="replace").rstrip("\r")
    if "\r" in text:  # else the whole file would be one long header, and no record
        return Refusal.of(file, "the lines end in a carriage return alone", "end them in a line feed", 1, digest)
    cells = tuple(cell.strip() for cell in text.split(SEPARATOR))
    content = Content(file, digest, lines, cells)
    if layout.national:
        at = layout.columns.index(layout.operation)
        if len(cells) == len(layout.columns) and cells[at].upper() in ("I", "V", "C", "NM"):
            return Refusal.of(
                file, "no header line: the first line is a record", "put a header line before the records", 1, digest
            )
        return content
    if wrong := faults_of_names(cells, layout):
        return Refusal.of(file, wrong, "use the names of the layout, each once", 1, digest)
    return content


def faults_of_names(names: tuple[str, ...], layout: Layout) -> str:
    """What is wrong with the names of an own layout's columns; '' where nothing is."""
    positions = header_positions(names, layout)
    required = [f.name for c, f in layout.fields.items() if f.in_header == "required" and c not in positions]
    unknown = len(names) - len(positions)
    wrong = [f"the header lacks {', '.join(required)}"] if required else []
    if unknown:
        wrong.append(f"{unknown} of its names are unknown or stand twice")
    return "; ".join(wrong)


def header_positions(cells: tuple[str, ...], layout: Layout) -> dict[str, int]:
    """Column -> position of its name in a header, from 0; a name that stands twice counts once."""
    upper = [cell.upper() for cell in cells]
    found = {}
    for column, field in layout.fields.items():
        at = next((upper.index(n) for n in (field.name, *field.also) if n in upper), None)
        if at is not None:
            found[column] = at
    return found
