"""Titles that an index suggests while a person types."""

from itertools import product
from random import SystemRandom
from string import ascii_lowercase

import pytest

from tests.support.searching import SearchedItems


@pytest.fixture
def word() -> str:
    """A word that no other test uses: suggestions are from the items of all owners."""
    return "".join(SystemRandom().choices(ascii_lowercase, k=16))


async def test_title_is_suggested_from_any_of_its_words_on(items: SearchedItems, word: str) -> None:
    title = f"Yellow {word} kite, large"
    await items.put(title)
    for typed in (word[:10], word, f"{word} k", f"{word} kite la", f"yellow {word[:9]}", word.upper()):
        assert await items.suggest(typed) == [title], typed


async def test_words_that_do_not_follow_each_other_are_not_suggested(items: SearchedItems, word: str) -> None:
    await items.put(f"Yellow {word} kite")
    assert await items.suggest(f"{word} yellow") == []
    assert await items.suggest(f"kite {word}") == []


async def test_description_is_not_suggested(items: SearchedItems, word: str) -> None:
    await items.put("A kite", word)
    assert await items.suggest(word[:10]) == []


@pytest.mark.parametrize("typed", ["crème bru", "creme brûl", "CREME BRULEE"])
async def test_accents_do_not_matter(items: SearchedItems, word: str, typed: str) -> None:
    await items.put(f"{word} Crème brûlée")
    assert await items.suggest(f"{word} {typed}") == [f"{word} Crème brûlée"]


async def test_typo_is_forgiven(items: SearchedItems, word: str) -> None:
    title = f"{word} kite"
    await items.put(title)
    wrong, start = word[:5] + "é" + word[6:], word[:5] + "7" + word[6:12]
    exchanged = word[:4] + word[5] + word[4] + word[6:]
    missing, doubled = word[:6] + word[7:], word[:6] + word[5:]
    for typed in (wrong, start, exchanged, missing, doubled, f"{wrong} ki", missing[:9]):
        assert await items.suggest(typed) == [title], typed


async def test_typo_in_a_word_that_is_similar_to_very_many_is_forgiven(items: SearchedItems) -> None:
    words = ["zqxw" + "".join(letters) for letters in product(ascii_lowercase, repeat=2)]
    titles = [" ".join(words[start : start + 8]) for start in range(0, len(words), 8)]
    await items.put_all(*titles)
    for typed in ("zqxw1x", "zqxw12", f"{words[0]} zqxw12"):
        found = await items.suggest(typed)
        assert found, typed
        assert set(found) <= set(titles)


async def test_what_a_title_continues_is_not_corrected(items: SearchedItems, word: str) -> None:
    similar = word[:8] + "7" + word[9:]
    await items.put_all(f"{similar} kite", f"{word} kite")
    assert await items.suggest(word) == [f"{word} kite"]
    assert await items.suggest(similar) == [f"{similar} kite"]


async def test_titles_are_suggested_once(items: SearchedItems, word: str) -> None:
    await items.put_all(*[f"{word} and {word}"] * 30, f"{word} kite")
    assert sorted(await items.suggest(word[:12])) == [f"{word} and {word}", f"{word} kite"]


@pytest.mark.parametrize("limit", [1, 3, 10])
async def test_suggestions_are_limited(items: SearchedItems, word: str, limit: int) -> None:
    titles = [f"{word} {number:02}" for number in range(25)]
    await items.put_all(*titles)
    found = await items.suggest(word[:12], limit)
    assert len(set(found)) == len(found) == limit
    assert set(found) <= set(titles)


async def test_removed_and_replaced_titles_are_not_suggested(items: SearchedItems, word: str) -> None:
    kite, twin, drum = await items.put_all(f"{word} kite", f"{word} kite", f"{word} drum")
    await items.replace(drum, f"{word} trombone")
    await items.remove(kite)
    assert sorted(await items.suggest(word)) == [f"{word} kite", f"{word} trombone"]
    assert await items.suggest(f"{word} dr") == []
    await items.remove(twin)
    assert await items.suggest(word) == [f"{word} trombone"]


async def test_removed_titles_take_no_room(items: SearchedItems, word: str) -> None:
    *removed, kept = await items.put_all(*(f"{word} {number:02}" for number in range(25)))
    for item in removed:
        await items.remove(item)
    assert await items.suggest(word) == [kept.title]


async def test_any_script_is_suggested(items: SearchedItems, word: str) -> None:
    typed = {"東京の凧": "東京", "Красный змей": "красный зм", "🪁 kite": "🪁", "كرة حمراء": "كرة حمر"}
    await items.put_all(*[f"{word} {title}" for title in typed])
    for title, start in typed.items():
        assert await items.suggest(f"{word} {start}") == [f"{word} {title}"]


@pytest.mark.parametrize("typed", ["", " ", "!!!", "'", '"', "%", "_", "\\", "\x01", "\U0010ffff"])
async def test_nothing_is_suggested_for_no_word(items: SearchedItems, typed: str) -> None:
    assert await items.suggest(typed) == []


async def test_title_is_suggested_unchanged(items: SearchedItems, word: str) -> None:
    title = f"  {word}  <b>&amp; 'Kite'\u2028</b> "
    await items.put(title)
    assert await items.suggest(word) == [title]


async def test_very_long_text_is_suggested_for_nothing(items: SearchedItems, word: str) -> None:
    await items.put(f"{word} {'x' * 180}")
    assert await items.suggest("x" * 10_000) == []
    assert await items.suggest(" ".join(["x"] * 5_000)) == []
    assert await items.suggest(f"{word} {'x' * 100}") == [f"{word} {'x' * 180}"]
