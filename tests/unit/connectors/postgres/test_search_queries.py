"""The text of `to_tsquery`: words are quoted, and alternatives are within brackets."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.connectors.postgres.search_queries import NormalizedText, Words, quoted

KITE, RED_KITE, USB_C = Words(["kite"], False), Words(["red", "kite"], True), Words(["usb", "c"], False)  # noqa: FBT003
SIMILAR = {"kite": ["kites", "kit"], "usb": ["usbs"]}
words = st.text(st.characters(exclude_categories=["Cs", "Zs"], exclude_characters="\0"), min_size=1)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [([KITE], "('kite')"), ([RED_KITE, USB_C], "('red' <-> 'kite') & ('usb' <-> 'c')"), ([], "")],
)
def test_exact_query_has_all_terms(terms: list[Words], expected: str) -> None:
    assert NormalizedText(terms, [KITE]).exact() == expected


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [([], ""), ([KITE], "('kite')"), ([RED_KITE, USB_C], "('red' <-> 'kite') | ('usb' <-> 'c')")],
)
def test_query_for_what_is_excluded_has_each_of_it(excluded: list[Words], expected: str) -> None:
    assert NormalizedText([KITE], excluded).none() == expected


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([KITE], "(('kite' | 'kites' | 'kit'))"),
        ([USB_C], "(('usb' | 'usbs') & ('c'))"),
        ([RED_KITE, KITE], "('red' <-> 'kite') & (('kite' | 'kites' | 'kit'))"),
    ],
)
def test_forgiving_query_has_similar_words(terms: list[Words], expected: str) -> None:
    assert NormalizedText(terms, [KITE]).all(SIMILAR) == expected


def test_query_for_any_term_needs_one_of_them() -> None:
    text = NormalizedText([KITE, USB_C, RED_KITE], [])
    assert text.any({}) == "(('kite')) | (('usb') & ('c')) | ('red' <-> 'kite')"


def test_words_of_phrases_are_not_loose() -> None:
    assert NormalizedText([KITE, RED_KITE, USB_C], [KITE]).loose_words == ["kite", "usb", "c"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("kite", "'kite'"), ("o'clock", "'o''clock'"), ("a\\", r"'a\\'"), ("\\'", r"'\\'''"), ("a:*", "'a:*'")],
)
def test_words_are_quoted(word: str, expected: str) -> None:
    assert quoted(word) == expected


@given(st.lists(words, min_size=1), st.lists(words))
def test_no_word_is_an_operator(typed: list[str], excluded: list[str]) -> None:
    """Only our own operators are left when all that is quoted is taken out."""
    text = NormalizedText(
        [Words(typed, is_phrase=False)], [Words([word], is_phrase=True) for word in excluded]
    )
    for query in (text.exact(), text.all({}), text.any({}), text.none()):
        rest = re.sub(r"'(?:''|\\\\|[^'\\])*'", "", query)
        assert not set(rest) - set("()&|!<-> ")
