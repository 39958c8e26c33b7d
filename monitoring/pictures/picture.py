"""A whole dashboard as a picture."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle

from monitoring.expressions import substituted
from monitoring.pictures import svg
from monitoring.pictures.bands import bands
from monitoring.pictures.boards import Board, Panel
from monitoring.pictures.frame import COLUMN, GAP, HEAD, ROW, Curve, frame_of
from monitoring.pictures.numbers import numbers
from monitoring.pictures.plot import plot
from monitoring.pictures.series import Source, Span
from monitoring.pictures.svg import Frame

ROOM = 8


def picture(board: Board, source: Source, span: Span, variables: Mapping[str, str]) -> str:
    parts = [svg.text((GAP + 4, 28), board.title, "heading")]
    for panel in board.panels:
        parts += drawn(panel, source, span, variables)
    return svg.document(board.title, 24 * COLUMN + GAP, board.height * ROW + HEAD, parts)


def drawn(panel: Panel, source: Source, span: Span, variables: Mapping[str, str]) -> Iterator[str]:
    frame = frame_of(panel.box)
    if panel.kind == "row":
        yield svg.text((frame.x + 4, frame.y + 21), panel.title, "heading")
        return
    yield svg.box(frame)
    yield svg.text((frame.x + 12, frame.y + 20), panel.title, "title")
    curves = curves_of(panel, source, span, variables)
    if not curves:
        yield svg.text((frame.x + frame.w / 2, frame.y + frame.h / 2 + 8), "No data", "small", "middle")
        return
    yield from contents(panel, frame, curves, span)


def contents(panel: Panel, frame: Frame, curves: Sequence[Curve], span: Span) -> Iterator[str]:
    if panel.kind == "timeseries":
        return plot(panel, frame, curves, span)
    if panel.kind == "state-timeline":
        return bands(frame, curves, span)
    return numbers(panel, frame, curves, span)


def curves_of(panel: Panel, source: Source, span: Span, variables: Mapping[str, str]) -> Sequence[Curve]:
    """Put the greatest first if there are more than the legend has room for."""
    found = [
        (target.name(series.labels) or panel.title, series.points)
        for target in panel.targets
        for series in source.query(substituted(target.expr, variables), span)
    ]
    if len(found) > ROOM and not panel.is_stacked:
        found.sort(key=lambda named: -max(value for _, value in named[1]))
    return [
        Curve(name, color, points) for (name, points), color in zip(found, cycle(svg.PALETTE), strict=False)
    ]
