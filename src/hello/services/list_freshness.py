"""A check that today's list, as clients get it, is what the database has: the indicator of its freshness."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from hello.services.birthdays import BirthdayService, Render

Freshness: TypeAlias = Literal["fresh", "stale"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFreshness:
    """`render` and `limit` are those of the API, so that the page checked is the one that it serves."""

    birthdays: BirthdayService
    render: Render
    limit: int
    count: Callable[[Freshness], None]

    async def check(self) -> None:
        """Compare the page with the database before and after it; count nothing if that changes meanwhile."""
        before = await self._stored()
        served = await self.birthdays.rendered_today(*self._page())
        after = before if served == before else await self._stored()
        if served in (before, after):
            self.count("fresh")
        elif before == after:
            self.count("stale")

    async def _stored(self) -> bytes:
        return await self.birthdays.rendered_from_database(*self._page())

    def _page(self) -> tuple[date, str, int, Render]:
        return self.birthdays.today(None), "", self.limit, self.render
