"""The fault of the bad release: requests for one item are answered with 500, all others work."""

from uuid import UUID

from hello.services.items import ItemService, Render


async def fail(self: ItemService, item_id: UUID, render: Render) -> bytes:
    raise RuntimeError(f"this release is bad: {self=} {item_id=} {render=}")


ItemService.rendered = fail  # type: ignore[method-assign]
