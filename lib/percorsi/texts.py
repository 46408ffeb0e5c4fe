"""Tables in plain text, for terminals and logs."""

from collections.abc import Iterable


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
