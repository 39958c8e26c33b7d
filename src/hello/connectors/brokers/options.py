"""Options that the adapters of all brokers share."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

from hello.core.settings import Settings
from hello.services.event_ports import Subscription

BATCH_SIZE = 100
"""The maximum number of events a consumer receives at a time."""
RECEIVE_TIMEOUT_S = 1.0
"""How long a consumer waits for events before it checks its connection and lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """What a publisher and the sources need.

    - `kept`: how many events a Redis stream keeps after all groups have confirmed them.
    - `max_bytes`: the maximum size of a Redis stream in memory.
    - `timeout_s`: the time-out of one request to the broker.
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

    @property
    def system(self) -> str:
        """The kind of broker, as traces name it."""
        systems = {"kafka": "kafka", "amqp": "rabbitmq", "amqps": "rabbitmq"}
        return systems.get(self.scheme, "redis")

    def group_of(self, subscription: Subscription) -> str:
        """Return the name of the consumer at the broker, which other applications may share."""
        return f"{self.topic}.{subscription.name}"
