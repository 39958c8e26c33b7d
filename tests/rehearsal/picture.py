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


@dataclass(frozen=True, slots=True)
class Panel:
    """`lowest` is greater than 0 on an axis of logarithms only."""

    axis: Axis
    top: float
    height: float
    highest: float
    lowest: float = 0.0

    @property
    def upper(self) -> float:
        return self.top + TITLE

    @property
    def lower(self) -> float:
        return self.top + self.height - 8

    def y(self, value: float) -> float:
        return self.lower - min(1.0, self._share(value)) * (self.lower - self.upper)

    def _share(self, value: float) -> float:
        if not self.lowest:
            return value / self.highest
        return log10(max(value, self.lowest) / self.lowest) / log10(self.highest / self.lowest)

    def frame(self, title: str) -> Iterator[str]:
        yield svg.box(Frame(MARGIN, self.top, WIDTH - 2 * MARGIN, self.height))
        yield svg.text((MARGIN + 12, self.top + 17), title, "title")

    def level(self, value: float, words: str) -> Iterator[str]:
        yield svg.level(self.axis.x(self.axis.start), self.axis.right, self.y(value))
        yield svg.text((LEFT + MARGIN - 6, self.y(value) + 4), words, "small", "end")

    def line(self, values: Values, color: str, opacity: float = 0.0) -> Iterator[str]:
        """Break where a second is missing."""
        points = [(self.axis.x(at), self.y(value)) for at, value in values]
        if opacity and points:
            yield svg.area([(points[0][0], self.lower), *points, (points[-1][0], self.lower)], color, opacity)
        yield svg.line(points, color)


def picture(title: str, remark: str, seconds: Sequence[Second], marks: Sequence[Mark]) -> str:
    labels, axis = placed(seconds, marks)
    top = HEAD + ROW * (1 + max((label.row for label in labels), default=0))
    panels = [
        requests_panel(axis, top, seconds),
        latency_panel(axis, top + 150 + GAP, seconds),
        failures_panel(axis, top + 330 + 2 * GAP, seconds),
    ]
    lower = top + 440 + 2 * GAP
    parts = [
        svg.text((MARGIN + 4, 26), title, "heading"),
        svg.text((MARGIN + 4, 44), remark, "small"),
        *(part for panel in panels for part in panel),
        *times(axis, lower),
        *(part for label in labels for part in drawn(label, lower)),
        *allowed(axis, top, lower, seconds, marks),
    ]
    return svg.document(title, WIDTH, lower + FOOT, parts)


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


def requests_panel(axis: Axis, top: float, seconds: Sequence[Second]) -> Iterator[str]:
    highest = rounded_up(max(1, *(second.total for second in seconds)), "reqps")
    panel = Panel(axis, top, 150, highest)
    yield from panel.frame("Requests/s")
    for number in range(TICKS + 1):
        value = highest * number / TICKS
        yield from panel.level(value, f"{value:,.0f}")
    yield from panel.line(middles(seconds, [second.total for second in seconds]), GREEN, 0.15)


def latency_panel(axis: Axis, top: float, seconds: Sequence[Second]) -> Iterator[str]:
    """Use logarithms: a pause of a second and an answer in a millisecond both are to be seen."""
    answered = [second for second in seconds if second.total]
    lowest = 10.0 ** floor(log10(max(0.1, min(second.p50_ms for second in answered))))
    highest = 10.0 ** ceil(log10(max(10 * lowest, *(second.p99_ms for second in answered))))
    panel = Panel(axis, top, 180, highest, lowest)
    yield from panel.frame("Latency, from the time at which a request was due")
    for power in range(round(log10(lowest)), round(log10(highest)) + 1):
        yield from panel.level(10.0**power, shown_ms(10.0**power))
    yield from panel.line(middles(answered, [second.p99_ms for second in answered]), ORANGE)
    yield from panel.line(middles(answered, [second.p50_ms for second in answered]), BLUE)
    yield from legend(top, [("p50", BLUE), ("p99", ORANGE)])


def failures_panel(axis: Axis, top: float, seconds: Sequence[Second]) -> Iterator[str]:
    most = max(1, *(second.total_failed + second.total_repeated for second in seconds))
    highest = max(4.0, rounded_up(most, "reqps"))
    panel = Panel(axis, top, 110, highest)
    yield from panel.frame("Failed and repeated requests/s")
    for number in range(3):
        yield from panel.level(highest * number / 2, f"{highest * number / 2:,.0f}")
    for second in seconds:
        yield from bars(panel, second)
    yield from legend(top, [("failed", RED), ("repeated by the client", YELLOW)])


def bars(panel: Panel, second: Second) -> Iterator[str]:
    """Stand what was repeated on what has failed."""
    left, width = panel.axis.x(second.at) + 0.5, panel.axis.x(second.at + 1) - panel.axis.x(second.at) - 1
    below = 0
    for count, color in ((second.total_failed, RED), (second.total_repeated, YELLOW)):
        if count:
            upper, lower = panel.y(below + count), panel.y(below)
            yield svg.bar(Frame(left, upper, max(1, width), lower - upper), color)
        below += count


def middles(seconds: Sequence[Second], values: Sequence[float]) -> Values:
    return [(second.at + 0.5, value) for second, value in zip(seconds, values, strict=True)]


def shown_ms(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def legend(top: float, entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Write it at the right end of the title's line."""
    x = WIDTH - MARGIN - 12.0
    for name, color in reversed(entries):
        x -= width_of(name)
        yield svg.text((x, top + 17), name, "small")
        yield svg.bar(Frame(x - 16, top + 11, 11, 4), color)
        x -= 30


def times(axis: Axis, lower: float) -> Iterator[str]:
    length = axis.end - axis.start
    fitting = (axis.right - axis.x(axis.start)) / TICK_WIDTH
    step = next((step for step in NICE_S if length / step <= fitting), NICE_S[-1])
    for number in range(int(length // step) + 1):
        minutes, seconds = divmod(number * step, 60)
        at = (axis.x(axis.start + number * step), lower + 17)
        yield svg.text(at, f"{minutes}:{seconds:02}", "small", "middle")


def drawn(label: Label, lower: float) -> Iterator[str]:
    y = HEAD + ROW * label.row
    yield (
        f'<line x1="{label.x:.1f}" y1="{y:.1f}" x2="{label.x:.1f}" y2="{lower:.1f}" '
        f'style="stroke: {INK}; stroke-width: 1; stroke-dasharray: 3 3"/>'
    )
    yield svg.text((label.x + 5, y + 11), label.mark.name)


def allowed(
    axis: Axis, top: float, lower: float, seconds: Sequence[Second], marks: Sequence[Mark]
) -> Iterator[str]:
    """Tint the steps in which requests may fail."""
    ends = [mark.at for mark in marks[1:]] + [seconds[-1].at + 1]
    for mark, end in zip(marks, ends, strict=True):
        if mark.may_fail:
            left, right = axis.x(mark.at), axis.x(end)
            yield svg.area([(left, top), (right, top), (right, lower), (left, lower)], RED, 0.07)
