"""The cache of a service that has none: each page is loaded."""

from hello.services.ports import Load, Stamp


class NoPages:
    async def get(self, group: str, page: str, load: Load) -> bytes:  # noqa: ARG002
        return await load()

    async def drop(self, group: str) -> None:
        """Have nothing to forget."""


class NoStampedPages:
    async def get(self, page: str, stamp: Stamp, load: Load) -> bytes:  # noqa: ARG002
        return await load()
