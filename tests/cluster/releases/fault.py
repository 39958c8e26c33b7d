"""The fault of the bad release: a third of the requests for one item is answered with 500."""

from collections.abc import Callable, Coroutine
from random import random
from typing import Any
from uuid import UUID

from hello.services.items import ItemService, Render

Rendered = Callable[[ItemService, UUID, Render], Coroutine[Any, Any, bytes]]


def failing(rendered: Rendered) -> Rendered:
    async def fail_or_render(self: ItemService, item_id: UUID, render: Render) -> bytes:
        if random() < 1 / 3:  # noqa: S311  # keeps no secret
            raise RuntimeError("this release is bad")
        return await rendered(self, item_id, render)

    return fail_or_render


ItemService.rendered = failing(ItemService.rendered)  # type: ignore[assignment, method-assign]
