"""Lines over semesters as SVG within the page: no script draws them, and every number stands in a table beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 360, 190, 38, 10, 10, 26
_MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)

Shares = Sequence[float | None]


@dataclass(frozen=True)
class Line:
    """Shares of one area over the semesters; `css` is `area`, `above` (what it is part of) or `part`."""

    name: str
    shares: Shares
    css: str


def spark(shares: Shares, least: float, width: int = 84, height: int = 22) -> Markup:
    """A line as high as a row of a table, from `least` to 1; screen readers skip it: its numbers are in the row."""
    at, span = _across(len(shares), 2, width - 2), max(1 - least, 0.01)
    paths = _paths([(x, 2 + (1 - share) / span * (height - 4)) for x, share in _pairs(at, shares)], shares)
    return Markup(
        '<svg class="spark" width="{}" height="{}" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}</svg>'
    ).format(width, height, width, height, Markup("").join(_drawn(paths, "area")))


def chart(lines: Sequence[Line], heads: Sequence[str], title: str) -> Markup:
    """Lines of several areas between 0 and 100%, the thick one last so that it lies above. A head may be empty."""
    at = _across(len(heads), _LEFT + 6, _WIDTH - _RIGHT - 6)
    parts = [_axis(mark) for mark in _MARKS] + _ticks(at, heads)
    for line in sorted(lines, key=lambda line: ("part", "above", "area").index(line.css)):
        points = [(x, _y(share)) for x, share in _pairs(at, line.shares)]
        parts += _drawn(_paths(points, line.shares), line.css)
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, title, Markup("").join(parts)
    )


def _across(count: int, left: float, right: float) -> list[float]:
    return [left + (right - left) * (at / (count - 1) if count > 1 else 0.5) for at in range(count)]


def _pairs(at: Sequence[float], shares: Shares) -> list[tuple[float, float]]:
    return [(x, share) for x, share in zip(at, shares, strict=True) if share is not None]


def _paths(points: list[tuple[float, float]], shares: Shares) -> list[list[tuple[float, float]]]:
    """The points in pieces: a semester without a share is a gap, never a bridge."""
    pieces: list[list[tuple[float, float]]] = [[]]
    given = iter(points)
    for share in shares:
        if share is None:
            pieces.append([])
        else:
            pieces[-1].append(next(given))
    return [piece for piece in pieces if piece]


def _drawn(paths: list[list[tuple[float, float]]], css: str) -> list[Markup]:
    return [
        Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="2"/>').format(css, *piece[0])
        if len(piece) == 1
        else Markup('<polyline class="{}" points="{}"/>').format(css, " ".join(f"{x:.1f},{y:.1f}" for x, y in piece))
        for piece in paths
    ]


def _y(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)


def _axis(mark: float) -> Markup:
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{y:.1f}" y2="{y:.1f}"/>'
        '<text x="{}" y="{t:.1f}" text-anchor="end">{}%</text>'
    ).format(_LEFT, _WIDTH - _RIGHT, _LEFT - 4, f"{mark:.0%}"[:-1], y=_y(mark), t=_y(mark) + 4)


def _ticks(at: Sequence[float], heads: Sequence[str]) -> list[Markup]:
    return [
        Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(x, _HEIGHT - 8, head)
        for x, head in zip(at, heads, strict=True)
        if head
    ]
