"""The picture of a rehearsal shows each step, and no label stands on another or on a line."""

from collections.abc import Sequence
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from tests.rehearsal.picture import WIDTH, Label, picture, placed
from tests.rehearsal.seconds import Second
from tests.rehearsal.steps import Mark
from tests.unit.rehearsal.builders import a_second

SECONDS = [a_second(at, failed=at == 15) for at in range(10, 30)]
MARKS = [
    Mark(10, "release A"),
    Mark(12, "a step with a long name"),
    Mark(13, "bad", may_fail=True),
    Mark(29, "the last one of all"),
]


def texts(seconds: Sequence[Second] = SECONDS, marks: Sequence[Mark] = MARKS) -> list[str]:
    drawn = picture("A title", "a remark", seconds, marks)
    return [element.text or "" for element in ET.fromstring(drawn).iter() if element.tag.endswith("}text")]  # noqa: S314  # our own


def rectangles(color: str, seconds: Sequence[Second]) -> int:
    lines = picture("A title", "a remark", seconds, []).splitlines()
    return sum("<rect" in line and color in line for line in lines)


def test_picture_names_its_steps_and_axes() -> None:
    assert {"A title", "a remark", "release A", "bad", "0:00", "10 ms", "failed"} <= set(texts())


def test_picture_of_a_load_without_requests_can_be_drawn() -> None:
    assert "Requests/s" in texts([a_second(10), a_second(11, requests=0)], [])


def test_failed_and_repeated_requests_are_bars() -> None:
    quiet, loud = [a_second(10), a_second(11)], [a_second(10, failed=1), a_second(11, failed=2, repeated=1)]
    red, yellow = "#e02f44", "#e0a400"
    assert rectangles(red, loud) - rectangles(red, quiet) == 2
    assert rectangles(yellow, loud) - rectangles(yellow, quiet) == 1


@pytest.mark.parametrize("distance", [1, 2, 5])
def test_labels_overlap_neither_each_other_nor_a_line(distance: int) -> None:
    marks = [Mark(10 + distance * number, f"step {number} with a name") for number in range(8)]
    labels, _ = placed([a_second(at) for at in range(10, 60)], marks)
    for one, two in combinations(labels, 2):
        assert one.row != two.row or one.end <= two.x
        assert not crosses(two, one)


def crosses(line: Label, label: Label) -> bool:
    """A line begins at its own label and goes down."""
    return label.x < line.x < label.end and line.row <= label.row


def test_last_label_ends_within_the_picture() -> None:
    labels, _ = placed(SECONDS, MARKS)
    assert labels[-1].end <= WIDTH
