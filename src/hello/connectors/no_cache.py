"""The cache of a service that has none: each page is loaded."""

from collections.abc import Collection

from hello.services.ports import Load


class NoPages:
    async def get(self, group: str, page: str, load: Load) -> bytes:  # noqa: ARG002
        return await load()

    async def drop(self, groups: Collection[str]) -> None:
        """Have nothing to forget."""
