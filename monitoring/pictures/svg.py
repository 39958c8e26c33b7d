"""The shapes of SVG, legible on light and on dark paper."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

STYLE = """
svg { background: #f4f5f5 }
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 13px; font-weight: 600 }
.heading { font-size: 16px; font-weight: 600 }
.small { font-size: 11px; fill: #59636e }
.panel { fill: #ffffff; stroke: #d1d9e0 }
.grid { stroke: #d1d9e0; stroke-width: 0.5 }
.line { fill: none; stroke-width: 1.4; stroke-linejoin: round }
@media (prefers-color-scheme: dark) {
  svg { background: #111217 }
  text { fill: #d9d9d9 }
  .small { fill: #9a9da5 }
  .panel { fill: #181b1f; stroke: #2d3138 }
  .grid { stroke: #2d3138 }
}
"""
PALETTE = (
    *("#56a64b", "#3274d9", "#e0a400", "#e0752d", "#a352cc", "#e02f44", "#1fa3a3", "#8f6b32"),
    *("#7a8cff", "#c15c9d", "#73909c", "#99ad3c"),
)
COLORS = {"green": "#3f9142", "yellow": "#c79a00", "orange": "#e0752d", "red": "#e02f44"}
"""By Grafana's names; `text` is none of them and has the colour of text."""
Point: TypeAlias = tuple[float, float]
Points: TypeAlias = Sequence[Point]


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in the picture, in pixels."""

    x: float
    y: float
    w: float
    h: float


def document(title: str, width: float, height: float, parts: Iterable[str]) -> str:
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    body = (f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", *parts)
    return "\n".join((opening, *body, "</svg>", ""))


def text(at: Point, words: str, kind: str = "", anchor: str = "start") -> str:
    x, y = at
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def large(at: Point, words: str, size: int, color: str = "") -> str:
    """Write in the middle, in the colour of text if no other is given."""
    x, y = at
    looks = f"font-size: {size}px; font-weight: 500" + (f"; fill: {color}" if color else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" style="{looks}">{escape(words)}</text>'


def box(frame: Frame) -> str:
    return f'<rect class="panel" {placed(frame)} rx="3"/>'


def bar(frame: Frame, color: str) -> str:
    return f'<rect {placed(frame)} fill="{color}"/>'


def placed(frame: Frame) -> str:
    return f'x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.w:.1f}" height="{frame.h:.1f}"'


def level(left: float, right: float, y: float, color: str = "") -> str:
    """Draw a line of the grid, or a dashed one in a colour of its own."""
    looks = f' style="stroke: {color}; stroke-width: 1; stroke-dasharray: 6 4"' if color else ""
    return f'<line class="grid" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"{looks}/>'


def line(points: Points, color: str) -> str:
    return f'<polyline class="line" stroke="{color}" points="{joined(points)}"/>'


def area(points: Points, color: str, opacity: float) -> str:
    return f'<polygon fill="{color}" fill-opacity="{opacity}" points="{joined(points)}"/>'


def joined(points: Points) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in without_flat(points))


def without_flat(points: Points) -> Iterator[Point]:
    """Leave out points between others of the same height."""
    for number, point in enumerate(points):
        around = points[max(0, number - 1) : number + 2]
        if len(around) < 3 or any(abs(y - point[1]) > 0.05 for _, y in around):  # noqa: PLR2004
            yield point
