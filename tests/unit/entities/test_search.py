"""Reading what is searched for, and the price bands."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hello.entities.errors import InvalidError
from hello.entities.search import PRICE_BANDS, SearchText, Term


def shape(text: SearchText) -> str:
    """Return the terms, phrases in brackets, and what is excluded after a minus."""
    return " ".join([*map(shown, text.terms), *(f"-{shown(term)}" for term in text.excluded)])


def shown(term: Term) -> str:
    return f"[{term.text}]" if term.is_phrase else term.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kite", "kite"),
        ("  red \t kite\n", "red kite"),
        ("Red KITE", "Red KITE"),
        ('"red kite"', "[red kite]"),
        ('"red kite" silk', "[red kite] silk"),
        ('silk "red kite', "silk [red kite]"),
        ('red"big kite"silk', "red [big kite] silk"),
        ("kite -red", "kite -red"),
        ("-red kite", "kite -red"),
        ('kite -"red silk" -blue', "kite -[red silk] -blue"),
        ("usb-c", "usb-c"),
        ("kite - red", "kite - red"),
        ("kite --red", "kite --red"),
        ('kite ""', "kite"),
        ('kite " "', "kite"),
        ('kite -""', "kite"),
        ("kite kite", "kite kite"),
        ("a & b | !c:* (d)", "a & b | !c:* (d)"),
        ("凧 🪁", "凧 🪁"),
        ("red\u3000kite\u00a0silk", "red kite silk"),
    ],
)
def test_words_phrases_and_excluded_words_are_read(text: str, expected: str) -> None:
    assert shape(SearchText.parse(text)) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "\t\n", "\u3000", '"', '""', '" "', "-red", "-red -blue", '-"red kite"']
)
def test_nothing_to_search_for_is_invalid(text: str) -> None:
    with pytest.raises(InvalidError) as refused:
        SearchText.parse(text)
    assert refused.value.field == "q"


@given(st.text())
@example("-" * 10_000)
@example('"' * 10_000)
@example('-"' * 10_000)
@example("x" * 10_000)
def test_any_text_is_read_or_invalid(text: str) -> None:
    try:
        read = SearchText.parse(text)
    except InvalidError:
        return
    assert read.terms
    for term in (*read.terms, *read.excluded):
        assert term.text.strip()
        assert term.text in text
        assert '"' not in term.text
        assert term.is_phrase or len(term.text.split()) == 1


@given(st.lists(st.text("abcé凧&|!:*()'\\", min_size=1), min_size=1))
def test_words_without_quotes_and_minus_are_the_terms(words: list[str]) -> None:
    assert SearchText.parse(" ".join(words)).terms == tuple(map(Term, words))


def test_price_bands_have_each_price_once() -> None:
    assert PRICE_BANDS[0].minimum == 0
    assert PRICE_BANDS[-1].maximum is None
    assert all(
        band.maximum == following.minimum - 1 for band, following in pairwise(PRICE_BANDS) if band.maximum
    )
    assert all(band.maximum for band in PRICE_BANDS[:-1])
