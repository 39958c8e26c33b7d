"""Which words are taken for a typo."""

import pytest

from hello.connectors.postgres.search_words import is_typo
from hello.entities.search import shortest_prefix


@pytest.mark.parametrize(
    ("typed", "word", "distance", "expected"),
    [
        ("ab", "ac", 1, False),
        ("kte", "kite", 1, True),
        ("kiet", "kite", 2, True),
        ("iktes", "kites", 2, True),
        ("kxtx", "kite", 2, False),
        ("kitxx", "kites", 2, False),
        ("kitexx", "kitesy", 2, True),
        ("mandolxx", "mandolin", 2, True),
        ("ba", "ab", 2, False),
        ("bac", "abc", 2, True),
        ("", "a", 1, False),
    ],
)
def test_one_letter_in_three_may_be_wrong(typed: str, word: str, distance: int, *, expected: bool) -> None:
    assert is_typo(typed, word, distance) is expected


@pytest.mark.parametrize(("word", "length"), [("kite", 3), ("k", 3), ("кот", 2), ("연", 2)])
def test_shortest_prefix_depends_on_the_script(word: str, length: int) -> None:
    assert shortest_prefix(word) == length
