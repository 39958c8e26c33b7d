"""The rule of grades, on items small enough to judge by eye."""

from collections.abc import Sequence
from uuid import uuid4

import pytest
from benchmarks.relevance.grades import Grade, Meaning, Vocabulary
from benchmarks.relevance.items import JudgedItem


def an_item(product: str, title: str, description: str = "") -> JudgedItem:
    """A `.` is a word that no query asks for."""
    return JudgedItem(
        id=uuid4(),
        title=title,
        description=description,
        price_cents=100,
        product=frozenset(product.split()),
        title_concepts=concepts(title),
        description_concepts=concepts(description),
    )


def concepts(text: str) -> tuple[str, ...]:
    return tuple(word.replace(".", "") for word in text.split())


RED_BICYCLE = an_item("bicycle", "red . bicycle steel")
BLUE_BICYCLE = an_item("bicycle", ". bicycle", "blue .")
BELL = an_item("bicycle bell", "red bicycle bell")
INVERTED_BELL = an_item("bicycle bell", "bell bicycle", ". steel")
KITE = an_item("kite", "kite red", ". bicycle .")
HELMET = an_item("helmet", ". helmet", ". bicycle bell waterproof")
ITEMS = (RED_BICYCLE, BLUE_BICYCLE, BELL, INVERTED_BELL, KITE, HELMET)


@pytest.mark.parametrize(
    ("meaning", "grades"),
    [
        ("bicycle", (3, 3, 2, 2, 1, 1)),
        ("kite", (0, 0, 0, 0, 3, 0)),
        ("red", (3, 0, 3, 0, 3, 0)),
        ("red bicycle", (3, 0, 2, 0, 2, 0)),
        ("blue bicycle", (0, 2, 0, 0, 0, 0)),
        ("bicycle bell", (0, 0, 3, 3, 0, 1)),
        ("bell", (0, 0, 2, 2, 0, 1)),
        ('"bicycle bell"', (0, 0, 3, 0, 0, 1)),
        ('"red bicycle"', (0, 0, 2, 0, 0, 0)),
        ("bicycle -bell", (3, 3, 0, 0, 1, 0)),
        ("bicycle -bell -blue", (3, 0, 0, 0, 1, 0)),
        ("bicyc*", (3, 3, 2, 2, 1, 1)),
        ("b* red", (3, 0, 3, 0, 2, 0)),
        ("waterproof", (0, 0, 0, 0, 0, 1)),
        ("steel", (3, 0, 0, 1, 0, 0)),
    ],
)
def test_grades_follow_from_where_the_words_are(meaning: str, grades: Sequence[int]) -> None:
    parsed = Meaning.parse(meaning, Vocabulary.of(ITEMS))
    assert tuple(parsed.grade(item) for item in ITEMS) == grades


@pytest.mark.parametrize(
    ("meaning", "ruled_out"),
    [("bicycle", []), ("bicycle -bell", [BELL, INVERTED_BELL, HELMET]), ('"bicycle bell"', [INVERTED_BELL])],
)
def test_operators_rule_items_out(meaning: str, ruled_out: Sequence[JudgedItem]) -> None:
    parsed = Meaning.parse(meaning, Vocabulary.of(ITEMS))
    assert [item for item in ITEMS if parsed.wants(item) and parsed.rules_out(item)] == ruled_out


@pytest.mark.parametrize("meaning", ["tricycle", "bicycle -wood", "xyz*", "red tricycle"])
def test_words_that_no_item_knows_are_refused(meaning: str) -> None:
    with pytest.raises(LookupError):
        Meaning.parse(meaning, Vocabulary.of(ITEMS))


def test_grades_are_named() -> None:
    assert list(Grade) == [0, 1, 2, 3]
