"""Tables in plain text, for terminals and logs."""

from collections.abc import Collection, Iterable
from itertools import zip_longest
from textwrap import wrap

_NARROWEST = 12


def text_table(rows: Iterable[dict]) -> str:
    """Rows of like keys as aligned columns; numbers to the right, missing values empty."""
    rows = [{k: "" if v is None or v != v else v for k, v in row.items()} for row in rows]
    if not rows:
        return ""
    heads = list(rows[0])
    right = {h for h in heads if all(isinstance(r[h], int | float) or r[h] == "" for r in rows)}
    cells = [[str(r[h]) for h in heads] for r in rows]
    widths = [max(len(h), *(len(c[i]) for c in cells)) for i, h in enumerate(heads)]

    def line(values: list[str]) -> str:
        aligned = [v.rjust(w) if h in right else v.ljust(w) for v, w, h in zip(values, widths, heads, strict=True)]
        return "  ".join(aligned).rstrip()

    return "\n".join([line(heads), line(["-" * w for w in widths]), *map(line, cells)])


def wrapped_table(rows: Iterable[dict], width: int, whole: Collection[str] = ()) -> str:
    """Rows of like keys as columns of text, no line wider than `width`: cells break at words and at their own ends of
    line, those of the columns `whole` at the latter only. An empty line stands after each row."""
    rows = [{head: str(cell or "").split("\n") for head, cell in row.items()} for row in rows]
    if not rows:
        return ""
    natural = {head: max(len(line) for line in [head, *(li for r in rows for li in r[head])]) for head in rows[0]}
    widths = _widths(natural, width, whole)
    broken = [{head: _broken(lines, widths[head]) for head, lines in row.items()} for row in rows]
    lines = [
        _side_by_side([[head] for head in widths], widths),
        _side_by_side([["-" * w] for w in widths.values()], widths),
    ]
    return "\n".join([*lines, *(_side_by_side(list(row.values()), widths) + "\n" for row in broken)]).rstrip("\n")


def _widths(natural: dict[str, int], width: int, whole: Collection[str]) -> dict[str, int]:
    """The widest columns give way first, all to the same width."""
    left = width - 2 * (len(natural) - 1) - sum(natural[head] for head in whole)
    others = [head for head in natural if head not in whole]
    most = next(
        (
            most
            for most in range(max(natural.values()), _NARROWEST, -1)
            if sum(min(natural[h], most) for h in others) <= left
        ),
        _NARROWEST,
    )
    return {head: own if head in whole else min(own, most) for head, own in natural.items()}


def _broken(lines: list[str], width: int) -> list[str]:
    return [part for line in lines for part in wrap(line, width, break_on_hyphens=False) or [""]]


def _side_by_side(cells: list[list[str]], widths: dict[str, int]) -> str:
    lines = zip_longest(*cells, fillvalue="")
    return "\n".join(
        "  ".join(part.ljust(w) for part, w in zip(line, widths.values(), strict=True)).rstrip() for line in lines
    )
