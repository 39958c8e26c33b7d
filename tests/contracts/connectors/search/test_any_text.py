"""Any text can be searched for, and any item that a client may store can be found."""

from dataclasses import replace
from itertools import product
from string import ascii_lowercase

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from hello.entities.errors import InvalidError
from hello.interface.http.routers.search import MAX_TEXT
from tests.contracts.connectors.search.test_highlights import assert_escaped
from tests.support.builders import an_account
from tests.support.searching import SearchedItems, plain
from tests.twins.search import WORD

LETTERS = "абвйёжґњλσςώéèñøßığçœžابتةכםןתปनงあア한글ＡﬁǄ"
# The API refuses NUL and lone surrogates.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
signs = st.sampled_from("'\"\\&|!():*<>-%_$@~^+={}[];,./?# \t\n\x01\x02\x03\x1f\x7f\u200b\u2028\ufe0f凧🪁éa1")
texts = st.text(signs | characters, min_size=1, max_size=60) | st.text(signs, min_size=1)
titles = st.text(signs | st.sampled_from(LETTERS), min_size=1)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(texts)
@example("x" * 10_000)
@example("a " * 250)
@example(" ".join(f"b{number}" for number in range(125)))
@example("-" * 500)
@example('"' * 500)
@example("kite:* & !(drum | 'x') <-> y")
@example("%_\\'; DROP TABLE items; --")
async def test_any_text_is_searched_for_without_an_error(items: SearchedItems, text: str) -> None:
    try:
        found = await items.search(text, owner_id=None)
    except InvalidError:
        return
    assert len(found.page) == min(100, found.total)
    assert sum(found.facets.price_bands) + found.facets.without_price == found.total


SIMILAR = ["zqv" + "".join(letters) for letters in product(ascii_lowercase, repeat=2)]
IDEOGRAPHS = "".join(chr(0x4E00 + 7 * number) for number in range(500))
LONG = {
    "words without spaces": "-".join(SIMILAR[:83]),
    "eight words and many short ones": " ".join([*SIMILAR[:8], *IDEOGRAPHS[:226]]),
    "words of parts": " ".join("-".join(SIMILAR[start : start + 10]) for start in range(0, 80, 10)),
    "ideographs": IDEOGRAPHS,
    "sentences of ideographs": "、".join(IDEOGRAPHS[start : start + 40] for start in range(0, 480, 40)),
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
async def test_long_text_of_words_that_are_similar_to_many_is_searched_for(
    items: SearchedItems, text: str
) -> None:
    for start in range(0, len(SIMILAR), 26):
        words = " ".join(SIMILAR[start : start + 26])
        await items.put(words, words)
    await items.put(IDEOGRAPHS[:200], IDEOGRAPHS)
    assert len(text) <= MAX_TEXT
    found = await items.search(text)
    assert len(found.page) == found.total
    assert len(await items.suggest(text)) <= 10


@quick
@given(texts)
@example("x" * 10_000)
@example("a " * 5_000)
async def test_any_text_is_continued_without_an_error(items: SearchedItems, text: str) -> None:
    assert len(set(await items.suggest(text))) <= 10


@quick
@given(title=titles, description=texts)
@example(title="<b>kite</b>", description="ß ﬁ İ ŉ ǰ ΐ")
@example(title="1\ufe0f1", description="1")
async def test_any_title_is_found_by_its_first_word_and_escaped(
    items: SearchedItems, title: str, description: str
) -> None:
    word = WORD.search(title)
    assume(word)
    assert word
    own = replace(items, owner=an_account())
    await own.register()
    await own.put(title, description)
    match = await own.match(word[0])
    assert_escaped(match.highlight.title)
    assert_escaped(match.highlight.description or "")
    controls = dict.fromkeys(range(32))
    assert plain(match.highlight.title).translate(controls) == title.translate(controls)
    assert "<mark>" in match.highlight.title


@pytest.mark.parametrize("text", ["ß", "İstanbul", "ŉ", "ǆ", "ﷺ", "ΐ", "①", "½", "Ⅷ"])
async def test_letters_with_other_forms_find_themselves(items: SearchedItems, text: str) -> None:
    await items.put(f"Kite {text}")
    assert await items.titles(text) == [f"Kite {text}"]
    assert await items.titles(f'"kite {text}"') == [f"Kite {text}"]
