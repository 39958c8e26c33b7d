"""A page of the catalogue, whether it was listed or searched."""

from collections.abc import Sequence
from dataclasses import dataclass

from hello.entities.errors import InvalidError
from hello.entities.items import ItemView
from hello.entities.search import MAX_MATCHES, SearchText
from hello.interface.http.parameters import MAX_SKIP
from hello.interface.web.forms import GiftQuery
from hello.services.items import ItemService
from hello.services.search import Highlight, ItemSearch, SearchService

PAGE = 24


@dataclass(frozen=True, slots=True)
class Gift:
    item: ItemView
    highlight: Highlight | None = None


@dataclass(frozen=True, slots=True)
class GiftPage:
    """`total` counts all pages, `reachable` those that can be asked for."""

    gifts: Sequence[Gift]
    total: int
    number: int
    reachable: int

    @property
    def last(self) -> int:
        return max(1, -(-min(self.total, self.reachable) // PAGE))


NOTHING = GiftPage((), 0, 1, 0)


async def find_gifts(query: GiftQuery, items: ItemService, search: SearchService) -> GiftPage:
    """Search if there are words; raise `InvalidError` for prices without words."""
    skip = (query.page - 1) * PAGE
    if query.q is None:
        if query.min is not None or query.max is not None:
            raise InvalidError("is needed to search by price", field="q")
        listed = await items.page(min(skip, MAX_SKIP), PAGE, None)
        return GiftPage([Gift(item) for item in listed.items], listed.total, query.page, MAX_SKIP)
    wanted = ItemSearch(
        text=SearchText.parse(query.q),
        skip=min(skip, MAX_MATCHES - PAGE),
        limit=PAGE,
        min_price_cents=query.min,
        max_price_cents=query.max,
    )
    result = await search.search(wanted)
    gifts = [Gift(found.view, found.match.highlight) for found in result.items]
    return GiftPage(gifts, result.matches.total, query.page, MAX_MATCHES)
