"""A rehearsal as a picture: requests, latencies and failures of each second, with the steps marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from monitoring.pictures import svg
from monitoring.pictures.plot import rounded_up, width_of
from monitoring.pictures.svg import Frame

from tests.rehearsal.seconds import Second
from tests.rehearsal.steps import Mark

WIDTH, MARGIN, LEFT, RIGHT = 1120, 16, 64, 24
HEAD, ROW, GAP, TITLE, FOOT = 58, 17, 12, 26, 26
GREEN, BLUE, YELLOW, ORANGE, _, RED = svg.PALETTE[:6]
INK = "#8a929b"
TICKS, TICK_WIDTH = 4, 90
LEAST = 2
"""The height of a bar of few among many."""
NICE_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
Values = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Label:
    """The name of a mark in a row above the panels; its line begins there and goes down."""

    mark: Mark
    x: float
    row: int

    @property
    def end(self) -> float:
        return self.x + 8 + width_of(self.mark.name)


@dataclass(frozen=True, slots=True)
class Axis:
    """Time, from left to right, from the first second to the end of the last."""

    start: float
    end: float
    right: float = WIDTH - MARGIN - RIGHT

    def x(self, at: float) -> float:
        return LEFT + MARGIN + (at - self.start) / (self.end - self.start) * (self.right - LEFT - MARGIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`lowest` is greater than 0 on an axis of logarithms only; `legend` has names and colours."""

    axis: Axis
    title: str
    top: float
    height: float
    highest: float
    lowest: float = 0.0
    legend: Sequence[tuple[str, str]] = ()

    @property
    def upper(self) -> float:
        return self.top + TITLE

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def lower(self) -> float:
        return self.bottom - 8

    def y(self, value: float) -> float:
        return self.lower - min(1.0, self._share(value)) * (self.lower - self.upper)

    def _share(self, value: float) -> float:
        if not self.lowest:
            return value / self.highest
        return log10(max(value, self.lowest) / self.lowest) / log10(self.highest / self.lowest)

    def box(self) -> str:
        return svg.box(Frame(MARGIN, self.top, WIDTH - 2 * MARGIN, self.height))

    def is_words(self, x: float) -> bool:
        """Say whether the title or the legend is there."""
        names = sum(width_of(name) + 34 for name, _ in self.legend)
        return x < MARGIN + 24 + width_of(self.title) or x > WIDTH - MARGIN - 12 - names

    def words(self) -> Iterator[str]:
        yield svg.text((MARGIN + 12, self.top + 17), self.title, "title")
        x = WIDTH - MARGIN - 12.0
        for name, color in reversed(self.legend):
            yield svg.text((x, self.top + 17), name, "small", "end")
            x -= width_of(name)
            yield svg.bar(Frame(x - 20, self.top + 11, 11, 4), color)
            x -= 34

    def level(self, value: float, words: str) -> Iterator[str]:
        yield svg.level(self.axis.x(self.axis.start), self.axis.right, self.y(value))
        yield svg.text((LEFT + MARGIN - 6, self.y(value) + 4), words, "small", "end")

    def line(self, values: Values, color: str, opacity: float = 0.0) -> Iterator[str]:
        points = [(self.axis.x(at), self.y(value)) for at, value in values]
        if opacity and points:
            yield svg.area([(points[0][0], self.lower), *points, (points[-1][0], self.lower)], color, opacity)
        yield svg.line(points, color)


def picture(title: str, remark: str, seconds: Sequence[Second], marks: Sequence[Mark]) -> str:
    labels, axis = placed(seconds, marks)
    top = HEAD + ROW * (1 + max((label.row for label in labels), default=0))
    requests = requests_panel(axis, top, seconds)
    latency = latency_panel(axis, requests.bottom + GAP, seconds)
    failures = failures_panel(axis, latency.bottom + GAP, seconds)
    panels = requests, latency, failures
    parts = [
        svg.text((MARGIN + 4, 26), title, "heading"),
        svg.text((MARGIN + 4, 44), remark, "small"),
        *(panel.box() for panel in panels),
        *tints(axis, panels, seconds, marks),
        *(part for label in labels for part in drawn(label, panels)),
        *(part for panel in panels for part in panel.words()),
        *requests_lines(requests, seconds),
        *latency_lines(latency, seconds),
        *failures_bars(failures, seconds),
        *times(axis, failures.bottom),
    ]
    return svg.document(title, WIDTH, failures.bottom + FOOT, parts)


def placed(seconds: Sequence[Second], marks: Sequence[Mark]) -> tuple[Sequence[Label], Axis]:
    """Make room on the right for the last labels."""
    axis = Axis(seconds[0].at, seconds[-1].at + 1)
    overflow = max((label.end for label in rows(axis, marks)), default=0) - (WIDTH - MARGIN)
    axis = Axis(axis.start, axis.end, axis.right - max(0, overflow))
    return rows(axis, marks), axis


def rows(axis: Axis, marks: Sequence[Mark]) -> Sequence[Label]:
    """Put a label below all that reach over its line, so that no line goes through a label."""
    labels: list[Label] = []
    for mark in marks:
        x = axis.x(mark.at)
        covering = (label.row for label in labels if label.end > x)
        labels.append(Label(mark, x, max(covering, default=-1) + 1))
    return labels


def requests_panel(axis: Axis, top: float, seconds: Sequence[Second]) -> Panel:
    highest = rounded_up(max(1, *(second.total for second in seconds)), "reqps")
    return Panel(axis=axis, title="Requests/s", top=top, height=150, highest=highest)


def requests_lines(panel: Panel, seconds: Sequence[Second]) -> Iterator[str]:
    for number in range(TICKS + 1):
        value = panel.highest * number / TICKS
        yield from panel.level(value, f"{value:,.0f}")
    yield from panel.line(middles(seconds, [second.total for second in seconds]), GREEN, 0.15)


def latency_panel(axis: Axis, top: float, seconds: Sequence[Second]) -> Panel:
    """Use logarithms: both a pause of a second and an answer in a millisecond are to be seen."""
    answered = [second for second in seconds if second.total]
    lowest = 10.0 ** floor(log10(max(0.1, min(second.p50_ms for second in answered))))
    return Panel(
        axis=axis,
        title="Latency, from the time at which a request was due",
        top=top,
        height=180,
        highest=10.0 ** ceil(log10(max(10 * lowest, *(second.p99_ms for second in answered)))),
        lowest=lowest,
        legend=(("p50", BLUE), ("p99", ORANGE)),
    )


def latency_lines(panel: Panel, seconds: Sequence[Second]) -> Iterator[str]:
    answered = [second for second in seconds if second.total]
    for power in range(round(log10(panel.lowest)), round(log10(panel.highest)) + 1):
        yield from panel.level(10.0**power, shown_ms(10.0**power))
    yield from panel.line(middles(answered, [second.p99_ms for second in answered]), ORANGE)
    yield from panel.line(middles(answered, [second.p50_ms for second in answered]), BLUE)


def failures_panel(axis: Axis, top: float, seconds: Sequence[Second]) -> Panel:
    most = max(4, *(second.total_failed + second.total_repeated for second in seconds))
    return Panel(
        axis=axis,
        title="Failed and repeated requests/s",
        top=top,
        height=110,
        highest=rounded_up(most, "reqps"),
        legend=(("failed", RED), ("repeated by the client", YELLOW)),
    )


def failures_bars(panel: Panel, seconds: Sequence[Second]) -> Iterator[str]:
    for number in range(3):
        yield from panel.level(panel.highest * number / 2, f"{panel.highest * number / 2:,.0f}")
    for second in seconds:
        yield from bars(panel, second)


def bars(panel: Panel, second: Second) -> Iterator[str]:
    """Stand what was repeated on what has failed."""
    left, width = panel.axis.x(second.at) + 0.5, panel.axis.x(second.at + 1) - panel.axis.x(second.at) - 1
    below = 0
    for count, color in ((second.total_failed, RED), (second.total_repeated, YELLOW)):
        if count:
            height = max(LEAST, panel.y(below) - panel.y(below + count))
            yield svg.bar(Frame(left, panel.y(below) - height, max(1, width), height), color)
        below += count


def middles(seconds: Sequence[Second], values: Sequence[float]) -> Values:
    return [(second.at + 0.5, value) for second, value in zip(seconds, values, strict=True)]


def shown_ms(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def times(axis: Axis, lower: float) -> Iterator[str]:
    length = axis.end - axis.start
    fitting = (axis.right - axis.x(axis.start)) / TICK_WIDTH
    step = next((step for step in NICE_S if length / step <= fitting), NICE_S[-1])
    for number in range(int(length // step) + 1):
        minutes, seconds = divmod(number * step, 60)
        at = (axis.x(axis.start + number * step), lower + 17)
        yield svg.text(at, f"{minutes}:{seconds:02}", "small", "middle")


def drawn(label: Label, panels: Sequence[Panel]) -> Iterator[str]:
    """Leave out the title and the legend of a panel."""
    y: float = HEAD + ROW * label.row
    yield svg.text((label.x + 5, y + 11), label.mark.name)
    for panel in panels:
        yield dashed(label.x, y, panel.top if panel.is_words(label.x) else panel.upper)
        yield dashed(label.x, panel.upper, panel.bottom)
        y = panel.bottom


def dashed(x: float, upper: float, lower: float) -> str:
    place = f'x1="{x:.1f}" y1="{upper:.1f}" x2="{x:.1f}" y2="{lower:.1f}"'
    return f'<line {place} style="stroke: {INK}; stroke-width: 1; stroke-dasharray: 3 3"/>'


def tints(
    axis: Axis, panels: Sequence[Panel], seconds: Sequence[Second], marks: Sequence[Mark]
) -> Iterator[str]:
    """Tint the steps in which requests may fail."""
    upper, lower = panels[0].top, panels[-1].bottom
    ends = [*(mark.at for mark in marks[1:]), seconds[-1].at + 1]
    for mark, end in zip(marks, ends, strict=False):
        if mark.may_fail:
            left, right = axis.x(mark.at), axis.x(end)
            yield svg.area([(left, upper), (right, upper), (right, lower), (left, lower)], RED, 0.08)
