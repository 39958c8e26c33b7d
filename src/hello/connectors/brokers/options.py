"""What the adapters of all brokers need to know."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

from hello.core.settings import Settings
from hello.services.event_ports import Subscription

BATCH = 100
"""How many events a consumer takes at once."""
PATIENCE_S = 1.0
"""How long a consumer waits for the next before it looks whether all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """`kept` is how many events a Redis stream keeps that all have confirmed, `max_bytes` its size in memory.

    `timeout_s` is that of one answer.
    """

    url: str = field(repr=False)
    topic: str
    timeout_s: float
    kept: int
    max_bytes: int
    subscriptions: Collection[Subscription]

    @classmethod
    def of(cls, settings: Settings, url: str, subscriptions: Collection[Subscription]) -> Self:
        return cls(
            url=url,
            topic=settings.events_topic,
            timeout_s=settings.publish_timeout_s,
            kept=settings.events_kept,
            max_bytes=settings.stream_max_bytes,
            subscriptions=subscriptions,
        )

    @property
    def scheme(self) -> str:
        return self.url.split("://", 1)[0]

    def group_of(self, subscription: Subscription) -> str:
        """Return the name by which a broker that others use too remembers the consumer."""
        return f"{self.topic}.{subscription.consumer}"
