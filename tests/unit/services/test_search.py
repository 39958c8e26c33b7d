"""Searching: what the index finds, with the current state of each item."""

from uuid import uuid4

import pytest

from hello.entities.errors import UnavailableError
from hello.entities.items import Item
from hello.entities.search import SearchText
from hello.services.search import (
    FEW,
    MAX_SUGGESTIONS,
    Facets,
    ItemSearch,
    Leniency,
    Matches,
    SearchService,
    search_leniently,
)
from tests.support.searching import SearchedItems, plain
from tests.twins.lookups import twin_lookups
from tests.twins.search import TwinItemIndex
from tests.twins.transaction import TwinUnitOfWork

KITE = ItemSearch(text=SearchText.parse("kite"))


@pytest.fixture
def index() -> TwinUnitOfWork:
    """What the index has, which may differ from what is stored."""
    return TwinUnitOfWork()


@pytest.fixture
def search(twin: TwinUnitOfWork, index: TwinUnitOfWork) -> SearchService:
    return SearchService(items=twin_lookups(twin.begin).items, index=TwinItemIndex(index))


@pytest.fixture
async def stored(twin: TwinUnitOfWork) -> SearchedItems:
    items = SearchedItems(twin.begin, TwinItemIndex(twin))
    await items.register()
    return items


@pytest.fixture
async def indexed(index: TwinUnitOfWork, stored: SearchedItems) -> SearchedItems:
    items = SearchedItems(index.begin, TwinItemIndex(index), owner=stored.owner)
    await items.register()
    return items


async def indexed_and_stored(stored: SearchedItems, indexed: SearchedItems, title: str) -> Item:
    item = await stored.put(title)
    await indexed.add(item)
    return item


async def test_found_items_are_in_the_order_of_the_index_with_their_owners(
    search: SearchService, stored: SearchedItems, indexed: SearchedItems
) -> None:
    items = [await indexed_and_stored(stored, indexed, title) for title in ("A kite", "Kites", "A kite")]
    result = await search.search(KITE)
    assert [found.view.id for found in result.items] == [item.id for item in reversed(items)]
    owners = {(found.view.owner_id, found.view.owner_name) for found in result.items}
    assert owners == {(stored.owner.id, stored.owner.full_name)}
    assert [found.match.item_id for found in result.items] == [found.view.id for found in result.items]
    assert result.matches.total == 3


async def test_item_that_is_gone_is_left_out(
    search: SearchService, stored: SearchedItems, indexed: SearchedItems
) -> None:
    kept = await indexed_and_stored(stored, indexed, "A kite")
    gone = await indexed_and_stored(stored, indexed, "Another kite")
    await stored.remove(gone)
    result = await search.search(KITE)
    assert [found.view.id for found in result.items] == [kept.id]
    assert result.matches.total == 2


async def test_found_item_has_its_current_state(
    search: SearchService, stored: SearchedItems, indexed: SearchedItems
) -> None:
    kite = await indexed_and_stored(stored, indexed, "A kite")
    await stored.replace(kite, "A dragon", price_cents=5)
    [found] = (await search.search(KITE)).items
    assert (found.view.title, found.view.price_cents) == ("A dragon", 5)
    assert plain(found.match.highlight.title) == "A kite"


async def test_nothing_found_asks_the_database_for_nothing(
    search: SearchService, twin: TwinUnitOfWork
) -> None:
    twin.error = UnavailableError("the database is unavailable")
    assert (await search.search(KITE)).items == []


async def test_unavailable_database_is_unavailable_to_a_search(
    search: SearchService, stored: SearchedItems, indexed: SearchedItems, twin: TwinUnitOfWork
) -> None:
    await indexed_and_stored(stored, indexed, "A kite")
    twin.unavailable = 1
    with pytest.raises(UnavailableError):
        await search.search(KITE)


async def test_ten_titles_are_suggested_at_most(search: SearchService, indexed: SearchedItems) -> None:
    await indexed.put_all(*(f"Kite {uuid4()}" for _ in range(12)))
    assert len(await search.suggest("kit")) == MAX_SUGGESTIONS == 10


@pytest.mark.parametrize(
    ("exact", "forgiving", "terms", "asked"),
    [
        (FEW, 99, 2, [Leniency.EXACT]),
        (FEW - 1, 99, 2, [Leniency.EXACT, Leniency.FORGIVING]),
        (0, 1, 2, [Leniency.EXACT, Leniency.FORGIVING]),
        (0, 0, 1, [Leniency.EXACT, Leniency.FORGIVING]),
        (0, 0, 2, list(Leniency)),
    ],
)
async def test_search_is_as_lenient_as_it_must_be(
    exact: int, forgiving: int, terms: int, asked: list[Leniency]
) -> None:
    totals, seen = {Leniency.EXACT: exact, Leniency.FORGIVING: forgiving, Leniency.ANY: 5}, list[Leniency]()

    async def search(leniency: Leniency) -> Matches:
        seen.append(leniency)
        facets = Facets(price_bands=[], without_price=0)
        return Matches(engine="postgres", page=[], total=totals[leniency], facets=facets)

    found = await search_leniently(search, terms)
    assert (seen, found.total) == (asked, totals[asked[-1]])
