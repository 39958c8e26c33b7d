"""A panel of states over time."""

from collections.abc import Iterator, Sequence

from monitoring.pictures import svg
from monitoring.pictures.frame import Curve
from monitoring.pictures.series import Span
from monitoring.pictures.svg import Frame

TALLEST, GAP, HEAD, NAMES, RIGHT = 26, 4, 36, 170, 12


def bands(frame: Frame, curves: Sequence[Curve], span: Span) -> Iterator[str]:
    """Draw a band for each curve: green where it is 1, red where it is 0."""
    height = min(TALLEST, (frame.h - HEAD) / len(curves))
    for number, curve in enumerate(curves):
        band = Frame(frame.x + NAMES, frame.y + HEAD + number * height, frame.w - NAMES - RIGHT, height - GAP)
        yield svg.text((band.x - 8, band.y + band.h / 2 + 4), curve.name, "small", "end")
        yield from states(band, curve, span)


def states(band: Frame, curve: Curve, span: Span) -> Iterator[str]:
    """Join points of the same state."""
    start, state = curve.points[0]
    for at, value in [*curve.points[1:], (min(span.end, curve.points[-1][0] + span.step), -1)]:
        if value != state:
            left, right = (band.x + span.share(moment) * band.w for moment in (start, at))
            color = svg.COLORS["green" if state >= 1 else "red"]
            yield svg.bar(Frame(left, band.y, right - left, band.h), color)
            start, state = at, value
