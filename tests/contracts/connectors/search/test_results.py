"""The order of what an index finds, its pages, filters and counts."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from hello.entities.search import PRICE_BANDS
from tests.support.builders import an_account
from tests.support.searching import SearchedItems, plain

MANY = 45


async def test_title_outranks_description(items: SearchedItems) -> None:
    await items.put("A kite")
    await items.put("A trombone", "Louder than a kite, a kite, a kite.")
    await items.put("A drum", "Larger than a kite.")
    assert (await items.titles("kite"))[0] == "A kite"


async def test_long_title_outranks_a_short_description(items: SearchedItems) -> None:
    await items.put("A yellow kite with a long tail of silk")
    await items.put("A toy", "Kite.")
    assert (await items.titles("kite"))[0] == "A yellow kite with a long tail of silk"


async def test_exact_word_outranks_typos_and_longer_words(items: SearchedItems) -> None:
    await items.put("A basket")
    await items.put_all("A casket", "A basketball")
    assert (await items.titles("basket"))[0] == "A basket"
    assert (await items.titles("casket"))[0] == "A casket"


async def test_item_with_more_of_the_words_comes_first_if_none_has_all(items: SearchedItems) -> None:
    await items.put_all("A yellow kite of silk", "A yellow drum", "A trombone")
    assert (await items.titles("yellow silk umbrella"))[0] == "A yellow kite of silk"


async def test_scores_never_grow_along_the_list(items: SearchedItems) -> None:
    await items.put("A kite", "A kite.")
    await items.put_all("A kite", "A kite for two who like a kite", "Kites and drums")
    await items.put("A drum", "Not a kite.")
    scores = [match.score for match in (await items.search("kite")).page]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)


async def test_newest_comes_first_among_equals(items: SearchedItems) -> None:
    stored = await items.put_all(*["A kite"] * 5)
    found = await items.search("kite")
    assert [match.item_id for match in found.page] == [item.id for item in reversed(stored)]


@pytest.mark.parametrize("text", ["kite", "kte", "kit", "kite trombone"])
@pytest.mark.parametrize("size", [1, 7, 20, 45])
async def test_pages_have_each_match_once(items: SearchedItems, text: str, size: int) -> None:
    stored = await items.put_all(*(["A kite"] * MANY))
    pages = [await items.search(text, skip=skip, limit=size) for skip in range(0, MANY + size, size)]
    found = [match.item_id for page in pages for match in page.page]
    assert found == [item.id for item in reversed(stored)]
    assert {page.total for page in pages} == {MANY}


@pytest.mark.parametrize(("skip", "limit", "expected"), [(0, 2, 2), (3, 2, 1), (4, 2, 0), (9_900, 100, 0)])
async def test_total_counts_all_pages(items: SearchedItems, skip: int, limit: int, expected: int) -> None:
    await items.put_all(*["A kite"] * 4)
    found = await items.search("kite", skip=skip, limit=limit)
    assert (len(found.page), found.total) == (expected, 4)


@pytest.mark.parametrize(
    ("minimum", "maximum", "expected"),
    [
        (None, None, "A B C free none"),
        (1000, None, "A B C"),
        (1001, None, "B C"),
        (None, 1000, "A free"),
        (None, 999, "free"),
        (1000, 2499, "A B"),
        (2499, 2499, "B"),
        (0, 0, "free"),
        (0, None, "A B C free"),
        (None, 1_000_000_000, "A B C free"),
        (1_000_000_000, 1_000_000_000, "C"),
        (5, 6, ""),
    ],
)
async def test_price_limits_are_included(
    items: SearchedItems, minimum: int | None, maximum: int | None, expected: str
) -> None:
    prices = {"A": 1000, "B": 2499, "C": 1_000_000_000, "free": 0, "none": None}
    for name, price in prices.items():
        await items.put(f"Kite {name}", price_cents=price)
    found = await items.search("kite", min_price_cents=minimum, max_price_cents=maximum)
    assert sorted(names(found.page)) == expected.split()
    assert found.total == len(expected.split())


def names(page: Sequence[object]) -> list[str]:
    return [plain(match.highlight.title).split()[-1] for match in page]  # type: ignore[attr-defined]


async def test_owner_filter_leaves_out_other_owners(items: SearchedItems) -> None:
    other = await items.register(an_account())
    await items.put("A kite")
    await items.put("Another kite", owner=other)
    assert await items.titles("kite") == ["A kite"]
    assert await items.titles("kite", owner_id=other.id) == ["Another kite"]
    assert await items.titles("kite", owner_id=uuid4()) == []
    assert {"A kite", "Another kite"} <= set(await items.titles("kite", owner_id=None))


async def test_facets_count_all_matches_by_price(items: SearchedItems) -> None:
    for band in PRICE_BANDS:
        await items.put("A kite", price_cents=band.minimum)
        await items.put("A kite", price_cents=band.maximum or 1_000_000_000)
    await items.put_all("A kite", "A kite", "A kite")
    await items.put("A trombone", price_cents=500)
    facets = (await items.search("kite", limit=1, skip=1)).facets
    assert (list(facets.price_bands), facets.without_price) == ([2] * len(PRICE_BANDS), 3)


async def test_facets_count_what_the_filters_leave(items: SearchedItems) -> None:
    other = await items.register(an_account())
    for price in (500, 1500, 1600, 9000, None):
        await items.put("A kite", price_cents=price)
    await items.put("A kite", price_cents=1500, owner=other)
    facets = (await items.search("kite", min_price_cents=1500, max_price_cents=8999)).facets
    assert (sum(facets.price_bands), facets.without_price) == (2, 0)
    assert facets.price_bands[1] == 2


async def test_facets_of_forgiven_typos_count_as_well(items: SearchedItems) -> None:
    await items.put("A mandolin", price_cents=500)
    await items.put("A mandolin")
    facets = (await items.search("mandalin")).facets
    assert (facets.price_bands[0], sum(facets.price_bands), facets.without_price) == (1, 1, 1)


async def test_replaced_price_counts(items: SearchedItems) -> None:
    kite = await items.put("A kite", price_cents=500)
    await items.replace(kite, "A kite", price_cents=None)
    facets = (await items.search("kite")).facets
    assert (sum(facets.price_bands), facets.without_price) == (0, 1)
