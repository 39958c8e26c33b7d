"""Where a panel is in a picture, and what is drawn in it."""

from dataclasses import dataclass

from monitoring.pictures.boards import Box
from monitoring.pictures.svg import Frame, Points

COLUMN, ROW, GAP, HEAD = 60, 38, 8, 44


@dataclass(frozen=True, slots=True)
class Curve:
    """A series with its name in the legend; it has at least one point."""

    name: str
    color: str
    points: Points

    @property
    def last(self) -> float:
        return self.points[-1][1]


def frame_of(box: Box) -> Frame:
    return Frame(box.x * COLUMN + GAP, box.y * ROW + HEAD, box.w * COLUMN - GAP, box.h * ROW - GAP)
