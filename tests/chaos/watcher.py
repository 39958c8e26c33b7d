"""What an observer sees who reads the broker itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from redis.asyncio import Redis

TOPIC, GROUP = "hello.events", "hello.events.gifts"


@dataclass(frozen=True, slots=True)
class Arrival:
    id: str
    type: str
    subject: str
    data: Any


class Watcher(Protocol):
    async def begin(self) -> None:
        """Do what is needed to miss nothing, before the first event."""
        ...

    async def arrivals(self) -> Sequence[Arrival]:
        """Return everything that has come, in order."""
        ...

    async def unconfirmed(self) -> int:
        """Return how many events the product's consumer has not confirmed yet."""
        ...


def arrival(attributes: dict[str, str], prefix: str, data: bytes) -> Arrival:
    named = {name: attributes[f"{prefix}{name}"] for name in ("id", "type", "subject")}
    return Arrival(**named, data=orjson.loads(data))


@dataclass(frozen=True, slots=True)
class RedisWatcher:
    """Reads the stream from its beginning."""

    url: str

    async def begin(self) -> None: ...

    async def arrivals(self) -> Sequence[Arrival]:
        async with Redis.from_url(self.url) as redis:
            entries: Any = await redis.xrange(TOPIC)
        return [arrival_of(fields) for _, fields in entries]

    async def unconfirmed(self) -> int:
        """Count by hand: the server may not know how far behind a group is."""
        async with Redis.from_url(self.url) as redis:
            [group] = await redis.xinfo_groups(TOPIC)
            behind: Any = await redis.xrange(TOPIC, min=f"({group['last-delivered-id'].decode()}")
        return int(group["pending"]) + len(behind)


def arrival_of(fields: dict[bytes, bytes]) -> Arrival:
    attributes = {name.decode(): value.decode() for name, value in fields.items()}
    return arrival(attributes, "ce_", fields[b"data"])
