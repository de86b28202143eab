"""The chart of `docs/cost.md`: CPU per request of every contender at every case, as an SVG dot plot.

The scale is logarithmic, because the contenders lie up to a factor of a hundred apart; so it has dots, not bars, whose
lengths would say nothing there. Pure: results in, text out.
"""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final

from bench.cases import CASES
from bench.contenders import CONTENDERS, EMPTY_PYTHON, Contender
from bench.measure import Results

ROW: Final = 30
LEFT: Final = 250
WIDTH: Final = 640
TOP: Final = 76
RIGHT: Final = 30

COLOURS: Final = {"gatehouse": "#0969da", "hono": "#d1570a", "fastapi": "#1a7f5a"}

STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .scale { fill: #59636e; font-size: 12px; }
  .grid { stroke: #d1d9e0; }
  .span { stroke: #818b98; stroke-width: 2; }
  .floor { stroke: #59636e; stroke-dasharray: 4 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .scale { fill: #9198a1; } .grid { stroke: #3d444d; } .floor { stroke: #9198a1; }
  }
"""


def chart(results: Results, connections: int) -> str:
    """The SVG document. Contenders that were not measured at `connections` are left out."""
    working = [one for one in CONTENDERS if one.name in COLOURS]
    rows = [(case.title, _medians(results, case.name, connections, working)) for case in CASES]
    rows = [(title, medians) for title, medians in rows if medians]
    found = [value for _, medians in rows for value in medians.values()]
    scale = _Scale(10 ** floor(log10(min(found))), 10 ** ceil(log10(max(found))))
    height = TOP + ROW * len(rows) + 20
    nothing = results.figure("geo", connections, EMPTY_PYTHON.name)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}" role="img" '
        f'aria-label="CPU per request of {escape(", ".join(one.title for one in working))}">',
        f"<style>{STYLE}</style>",
        *_legend(working, bool(nothing)),
        *_grid(scale, height),
        *([_floor(scale, nothing.median, height)] if nothing else []),
    ]
    for number, (title, medians) in enumerate(rows):
        parts += _row(TOP + ROW * number + ROW // 2, title, medians, scale)
    return "\n".join([*parts, "</svg>", ""])


class _Scale:
    """Microseconds -> horizontal place, logarithmic between two powers of ten."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._decades = log10(low), log10(high) - log10(low)
        self.marks = [low * 10**decade for decade in range(round(self._decades) + 1)]

    def x(self, value: float) -> float:
        return round(LEFT + WIDTH * (log10(value) - self._low) / self._decades, 1)


def _medians(results: Results, case: str, connections: int, working: Sequence[Contender]) -> dict[str, float]:
    figures = {one.name: results.figure(case, connections, one.name) for one in working}
    return {name: figure.median for name, figure in figures.items() if figure is not None}


def _legend(working: Sequence[Contender], with_floor: bool) -> list[str]:
    parts = ['<text x="12" y="20">CPU microseconds per request; less is better</text>']
    for number, one in enumerate(working):
        x = LEFT + 10 + number * 110
        parts.append(f'<circle cx="{x}" cy="40" r="6" fill="{COLOURS[one.name]}"/>')
        parts.append(f'<text x="{x + 12}" y="44">{escape(one.title)}</text>')
    if with_floor:
        x = LEFT + 10 + len(working) * 110
        parts.append(f'<line class="floor" x1="{x - 6}" x2="{x + 14}" y1="40" y2="40"/>')
        parts.append(f'<text x="{x + 20}" y="44">a Python Worker that does nothing</text>')
    return parts


def _grid(scale: _Scale, height: int) -> list[str]:
    parts = []
    for mark in scale.marks:
        x = scale.x(mark)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{height - 16}"/>')
        parts.append(f'<text class="scale" x="{x}" y="{TOP - 8}" text-anchor="middle">{mark:,.0f} µs</text>')
    return parts


def _floor(scale: _Scale, median: float, height: int) -> str:
    x = scale.x(median)
    return f'<line class="floor" x1="{x}" x2="{x}" y1="{TOP}" y2="{height - 16}"/>'


def _row(y: int, title: str, medians: dict[str, float], scale: _Scale) -> list[str]:
    low, high = scale.x(min(medians.values())), scale.x(max(medians.values()))
    dots = [
        f'<circle cx="{scale.x(value)}" cy="{y}" r="6" fill="{COLOURS[name]}"><title>{value:,.0f} µs</title></circle>'
        for name, value in medians.items()
    ]
    label = f'<text x="{LEFT - 14}" y="{y + 4}" text-anchor="end">{escape(title)}</text>'
    return [label, f'<line class="span" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>', *reversed(dots)]
