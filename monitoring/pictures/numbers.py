"""A panel of large numbers."""

from collections.abc import Iterator, Sequence

from monitoring.pictures import svg
from monitoring.pictures.boards import Panel
from monitoring.pictures.frame import Curve
from monitoring.pictures.series import Span
from monitoring.pictures.svg import Frame
from monitoring.pictures.units import shown

LARGEST, SMALLEST = 34, 11


def numbers(panel: Panel, frame: Frame, curves: Sequence[Curve], span: Span) -> Iterator[str]:
    """Stand the values side by side, each with its course below."""
    width = frame.w / len(curves)
    for number, curve in enumerate(curves):
        part = Frame(frame.x + number * width, frame.y, width, frame.h)
        yield from one(panel, part, curve, span)


def one(panel: Panel, part: Frame, curve: Curve, span: Span) -> Iterator[str]:
    color = svg.COLORS.get(panel.color(curve.last), "")
    if panel.text_mode == "name":
        yield large(part, curve.name, color)
        return
    yield course(part, curve, span, color)
    yield large(part, shown(curve.last, panel.unit), color)
    if panel.text_mode == "value_and_name":
        yield svg.text((part.x + part.w / 2, part.y + part.h - 34), curve.name, "small", "middle")


def large(part: Frame, words: str, color: str) -> str:
    size = max(SMALLEST, min(LARGEST, int(1.6 * part.w / (len(words) + 1))))
    return svg.large((part.x + part.w / 2, part.y + part.h / 2 + 14), words, size, color)


def course(part: Frame, curve: Curve, span: Span, color: str) -> str:
    """Draw a small area at the bottom, from the least to the greatest value."""
    height, bottom = min(30, part.h * 0.2), part.y + part.h - 1
    values = [value for _, value in curve.points]
    low, spread = min(values), (max(values) - min(values)) or 1
    points = [
        (part.x + 1 + span.share(at) * (part.w - 2), bottom - (value - low) / spread * height)
        for at, value in curve.points
    ]
    below = [(points[-1][0], bottom), (points[0][0], bottom)]
    return svg.area([*points, *below], color or "#8c959f", 0.18)
