"""A panel of lines over time: axes, thresholds, lines and a legend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import floor, log, log10

from monitoring.pictures import svg
from monitoring.pictures.boards import Panel
from monitoring.pictures.frame import Curve
from monitoring.pictures.series import Span
from monitoring.pictures.svg import Frame
from monitoring.pictures.units import shown

LEFT, RIGHT, TOP, BOTTOM, LEGEND = 66, 12, 30, 18, 34
TICKS, TIME_WIDTH = 4, 80
MARK, LINE = 16, 15
SECONDS_BELOW_S = 900


@dataclass(frozen=True, slots=True)
class Area:
    """Where the lines are, and the greatest value at its upper edge."""

    frame: Frame
    span: Span
    top_value: float

    @property
    def left(self) -> float:
        return self.frame.x + LEFT

    @property
    def right(self) -> float:
        return self.frame.x + self.frame.w - RIGHT

    @property
    def upper(self) -> float:
        return self.frame.y + TOP

    @property
    def lower(self) -> float:
        return self.frame.y + self.frame.h - BOTTOM - LEGEND

    def x(self, at: float) -> float:
        return self.left + self.span.share(at) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.lower - min(1.0, value / self.top_value) * (self.lower - self.upper)

    def points(self, values: svg.Points) -> svg.Points:
        return [(self.x(at), self.y(value)) for at, value in values]


def plot(panel: Panel, frame: Frame, curves: Sequence[Curve], span: Span) -> Iterator[str]:
    if panel.is_stacked:
        curves = stacked(curves)
    area = Area(frame, span, top_value(panel, curves))
    yield from axes(area, panel.unit)
    yield from thresholds(area, panel)
    for number, curve in enumerate(curves):
        below = curves[number - 1] if number and panel.is_stacked else None
        yield from drawn(area, curve, below, 0.35 if panel.is_stacked else 0.08)
    yield from legend(area, curves)


def top_value(panel: Panel, curves: Sequence[Curve]) -> float:
    """Show the first threshold if all values are 0."""
    greatest = max(value for curve in curves for _, value in curve.points)
    limits = [value for value, _ in panel.steps if value]
    return rounded_up(greatest if greatest > 0 else min(limits, default=1), panel.unit)


def rounded_up(value: float, unit: str) -> float:
    """Return a small number times a power of ten, of bytes in their own unit: its quarters are short."""
    size = 1024.0 ** floor(log(value, 1024)) if unit == "bytes" else 1.0
    power = size * 10.0 ** floor(log10(value / size))
    return next(step * power for step in (1, 2, 3, 4, 6, 8, 10) if step * power >= value * 0.999)


def axes(area: Area, unit: str) -> Iterator[str]:
    for number in range(TICKS + 1):
        value = area.top_value * number / TICKS
        yield svg.level(area.left, area.right, area.y(value))
        yield svg.text((area.left - 6, area.y(value) + 4), shown(value, unit), "small", "end")
    length = area.span.end - area.span.start
    form = "%H:%M:%S" if length < SECONDS_BELOW_S else "%H:%M"
    times = int((area.right - area.left) / TIME_WIDTH)
    for number in range(times + 1):
        at = area.span.start + length * number / times
        time = datetime.fromtimestamp(at, UTC).strftime(form)
        anchor = {0: "start", times: "end"}.get(number, "middle")
        yield svg.text((area.x(at), area.lower + 14), time, "small", anchor)


def thresholds(area: Area, panel: Panel) -> Iterator[str]:
    for value, color in panel.steps:
        if value is not None and value <= area.top_value:
            yield svg.level(area.left, area.right, area.y(value), svg.COLORS[color])


def drawn(area: Area, curve: Curve, below: Curve | None, opacity: float) -> Iterator[str]:
    """Leave gaps where Prometheus had no value; fill down to the curve below, or to the axis."""
    floors = dict(below.points) if below else {}
    for part in pieces(curve.points, area.span.step):
        points = area.points(part)
        lower = area.points([(at, floors.get(at, 0)) for at, _ in reversed(part)])
        yield svg.area([*points, *lower], curve.color, opacity)
        yield svg.line(points, curve.color)


def pieces(points: svg.Points, step: float) -> Iterator[svg.Points]:
    start = 0
    for number, (one, two) in enumerate(pairwise(points), 1):
        if two[0] - one[0] > 1.5 * step:
            yield points[start:number]
            start = number
    yield points[start:]


def stacked(curves: Sequence[Curve]) -> Sequence[Curve]:
    """Each curve stands on those before it; one without a value somewhere counts as 0 there."""
    times = sorted({at for curve in curves for at, _ in curve.points})
    sums = dict.fromkeys(times, 0.0)
    result = []
    for curve in curves:
        sums.update({at: sums[at] + value for at, value in curve.points})
        result.append(Curve(curve.name, curve.color, list(sums.items())))
    return result


def legend(area: Area, curves: Sequence[Curve]) -> Iterator[str]:
    """Fill two lines, and count what does not fit."""
    x, y = area.left - LEFT + 14, area.lower + BOTTOM + 12
    end = y + LINE
    for number, curve in enumerate(curves):
        width = MARK + width_of(curve.name) + 14
        if x + width > area.right and x > area.frame.x + 14:
            x, y = area.frame.x + 14, y + LINE
        if y > end or (y == end and x + width > area.right - 50 and number + 1 < len(curves)):
            yield svg.text((area.right, end), f"+ {len(curves) - number}", "small", "end")
            return
        yield svg.bar(svg.Frame(x, y - 6, 11, 3), curve.color)
        yield svg.text((x + MARK, y), curve.name, "small")
        x += width


def width_of(words: str) -> float:
    return sum(8 if letter.isupper() else 6.2 for letter in words)
