"""Who is to be erased: CUNIs from a file or standard input, never from the command line, and never shown."""

import hashlib
import hmac
import sys
from dataclasses import dataclass, field
from pathlib import Path

from percorsi.conformed.identity import ANONYMOUS_CUNI
from percorsi.errors import UsageError

_ID_HEX_DIGITS = 15  # 60 bits, as `percorsi.conformed.identity` makes them
_ONE_A_LINE = "give one CUNI a line, in a file (--cuni-file FILE) or on standard input (--cuni-file -)"


@dataclass(frozen=True)
class Persons:
    """The identities of an erasure, and their numbers under the home's key; only the numbers may be kept."""

    cunis: tuple[str, ...] = field(repr=False)
    numbers: tuple[int, ...]


def read_persons(cuni_file: Path, key: bytes) -> Persons:
    """The persons a file names, one CUNI a line; `-` is standard input.

    Raises UsageError where it cannot be read or names nobody, or names everybody: the CUNI of the anonymous.
    """
    try:
        text = sys.stdin.read() if str(cuni_file) == "-" else cuni_file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{cuni_file}: cannot be read ({error.strerror})", next_step=_ONE_A_LINE) from None
    except UnicodeDecodeError:
        raise UsageError(f"{cuni_file}: the text is not UTF-8", next_step=_ONE_A_LINE) from None
    lines = {number: line.strip() for number, line in enumerate(text.splitlines(), 1)}
    cunis = sorted({line for line in lines.values() if line})
    if not cunis:
        raise UsageError(f"{cuni_file}: no CUNI in it", next_step=_ONE_A_LINE)
    for number, line in lines.items():
        if line == ANONYMOUS_CUNI:
            raise UsageError(f"{cuni_file}, line {number}: this CUNI is that of everybody without one")
        if "~" in line or any(c.isspace() for c in line):
            raise UsageError(f"{cuni_file}, line {number}: no CUNI", next_step=_ONE_A_LINE)
    return Persons(tuple(cunis), tuple(sorted(person_number(cuni, key) for cuni in cunis)))


def person_number(cuni: str, key: bytes) -> int:
    """`person_id` of a CUNI: what `conformed.identity.with_person_id` gives, outside Spark."""
    return int(hmac.new(key, cuni.encode(), hashlib.sha256).hexdigest()[:_ID_HEX_DIGITS], 16)
