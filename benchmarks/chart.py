"""The figures as a picture: horizontal bars, legible on light and on dark paper."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABEL, NUMBER = 760, 260, 80
BAR, GAP, HEAD, MARGIN = 18, 6, 34, 12
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.ours { fill: #1a7f37 }
.peer { fill: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .ours { fill: #3fb950 }
  .peer { fill: #6e7681 }
}
"""


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    value: float
    ours: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Bars with one title; each group has a scale of its own."""

    title: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        return HEAD + len(self.bars) * (BAR + GAP)


def svg(title: str, groups: Sequence[Group]) -> str:
    height = sum(group.height for group in groups) + 2 * MARGIN
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    body = [f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", *drawn(groups)]
    return "\n".join([opening, *body, "</svg>", ""])


def drawn(groups: Sequence[Group]) -> Iterator[str]:
    top = MARGIN
    for group in groups:
        yield text(MARGIN, top + BAR, group.title, "title")
        yield from bars(group, top + HEAD)
        top += group.height


def bars(group: Group, top: int) -> Iterator[str]:
    longest = max((bar.value for bar in group.bars), default=1)
    for number, bar in enumerate(group.bars):
        y = top + number * (BAR + GAP)
        length = (WIDTH - LABEL - NUMBER - MARGIN) * bar.value / longest
        colour = "ours" if bar.ours else "peer"
        yield text(LABEL - GAP, y + BAR - 5, bar.label, "label", "end")
        yield f'<rect class="{colour}" x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>'
        yield text(LABEL + length + GAP, y + BAR - 5, f"{bar.value:,.0f}", "value")


def text(x: float, y: int, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
