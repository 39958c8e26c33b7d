"""Generated gifts: the same for the same seed, valid as items, and of great variety."""

from itertools import chain
from unicodedata import name

import pytest

from hello.entrypoints.cli.catalogue import BATCH, FAMILIES, capitalised, catalogue
from hello.entrypoints.cli.catalogue_words import TITLES, TONGUES
from hello.interface.http.schemas.items import ItemRequest
from hello.services.items import ItemContent

COUNT = 20_000
SCRIPTS = ("LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "CYRILLIC", "ARABIC", "HEBREW")


@pytest.fixture(scope="module")
def items() -> list[ItemContent]:
    return list(chain.from_iterable(catalogue(COUNT, seed=1)))


def script(letter: str) -> str:
    return name(letter).split()[0]


def test_items_come_in_batches() -> None:
    assert [len(batch) for batch in catalogue(2 * BATCH + 1, seed=1)] == [BATCH, BATCH, 1]


def test_no_items_are_no_batch() -> None:
    assert list(catalogue(0, seed=1)) == []


def test_same_seed_makes_same_items(items: list[ItemContent]) -> None:
    assert list(chain.from_iterable(catalogue(COUNT, seed=1))) == items


def test_fewer_items_are_the_first_ones(items: list[ItemContent]) -> None:
    assert list(chain.from_iterable(catalogue(10, seed=1))) == items[:10]


def test_other_seed_makes_other_items(items: list[ItemContent]) -> None:
    titles = {item.title for item in items[:1000]}
    assert sum(item.title in titles for item in chain.from_iterable(catalogue(1000, seed=2))) < 100


def test_items_are_what_the_api_accepts(items: list[ItemContent]) -> None:
    assert [ItemRequest(**item.fields()).to_content() for item in items] == items


def test_nine_of_ten_titles_occur_once(items: list[ItemContent]) -> None:
    assert len({item.title for item in items}) > 0.9 * COUNT


def test_titles_and_descriptions_hold_no_placeholder(items: list[ItemContent]) -> None:
    assert not [item for item in items if "{" in item.title + (item.description or "")]


def test_titles_are_of_many_scripts(items: list[ItemContent]) -> None:
    letters = {letter for item in items for letter in item.title if letter.isalpha()}
    assert set(SCRIPTS) <= set(map(script, letters))


def test_some_titles_have_accents_and_some_emoji(items: list[ItemContent]) -> None:
    titles = {item.title for item in items}
    assert any("rème brûlée set" in title for title in titles)
    assert any(family.emoji in title for family in FAMILIES for title in titles)


def test_some_items_lack_description_or_price(items: list[ItemContent]) -> None:
    assert 0 < sum(item.description is None for item in items) < 0.1 * COUNT
    assert 0 < sum(item.price_cents is None for item in items) < 0.1 * COUNT


def test_few_descriptions_are_long(items: list[ItemContent]) -> None:
    lengths = [len(item.description or "") for item in items]
    assert max(lengths) <= 5_000
    assert 10 <= sum(length > 1_000 for length in lengths) <= 100


def test_no_sentence_occurs_twice_in_a_row(items: list[ItemContent]) -> None:
    texts = [item.description.split(". ") for item in items if item.description]
    assert not [text for text in texts if len(text) < 9 and len(set(text)) < len(text)]


def test_prices_are_of_the_family(items: list[ItemContent]) -> None:
    cheapest = min(family.cheapest for family in FAMILIES)
    dearest = max(family.dearest for family in FAMILIES)
    prices = [item.price_cents for item in items if item.price_cents is not None]
    assert all(cheapest <= price < dearest + 100 for price in prices)


def test_many_products_in_many_families() -> None:
    products = [product for family in FAMILIES for product in family.products]
    assert len(FAMILIES) >= 12
    assert len(set(products)) == len(products) >= 150


def test_every_product_has_items(items: list[ItemContent]) -> None:
    titles = "\n".join(item.title.lower() for item in items)
    products = chain.from_iterable(one.products for one in (*FAMILIES, *TONGUES))
    assert [product for product in products if product.lower() not in titles] == []


def test_titles_name_the_product() -> None:
    assert all("{product}" in title for title in (*TITLES, *(tongue.title for tongue in TONGUES)))


def test_only_the_first_letter_is_made_capital() -> None:
    assert capitalised("USB-C charger by éL") == "USB-C charger by éL"
    assert capitalised("éclair Box") == "Éclair Box"
