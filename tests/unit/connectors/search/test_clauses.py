"""How many words of a search may have a typo before an engine would refuse the query."""

import pytest

from hello.connectors.search.clauses import can_be_title, count_forgiven, has_word
from hello.entities.search import SearchText


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("yellow kite", 8),
        ("one two three four five six seven eight nine ten", 8),
        ("a b c", 8),
        ("東京の凧 大阪の凧", 8),
        ("東" * 240, 8),
        ("東" * 250, 0),
        ("-".join(["kite"] * 23), 8),
        ("-".join(["kite"] * 24), 0),
        ("kite " + "-".join(["kite"] * 23), 1),
        (" ".join(["kite"] * 100), 8),
        ("kite " * 8 + "a " * 230, 6),
        ("kite " * 8 + "-a " * 230, 6),
    ],
)
def test_terms_may_have_typos_while_there_are_few_clauses(text: str, count: int) -> None:
    searched = SearchText.parse(text)
    forgiven = count_forgiven(searched.terms, searched.excluded)
    assert forgiven == min(count, len(searched.terms))


@pytest.mark.parametrize("text", ["kite", "é", "7", "凧", "🪁", "کايت", "!a"])
def test_letters_digits_and_emoji_are_words(text: str) -> None:
    assert has_word(text)


@pytest.mark.parametrize("text", ["", " ", "_", "!?", "\u200b"])
def test_signs_are_no_words(text: str) -> None:
    assert not has_word(text)


def test_title_has_at_most_as_many_words_as_characters() -> None:
    assert can_be_title("凧" * 200)
    assert not can_be_title("凧" * 201)
    assert can_be_title("x" * 10_000)
