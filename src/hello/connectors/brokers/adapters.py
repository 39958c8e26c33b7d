"""Select the adapter for the broker of a URL.

Only that adapter is imported, since each import is slow.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from enum import Enum, auto
from functools import partial

from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.sources import AcquireLock, OpenSource
from hello.connectors.brokers.stream_trimming import Trimmed
from hello.services.event_ports import EventPublisher, Subscription


class Broker(Enum):
    REDIS = auto()
    KAFKA = auto()
    RABBIT = auto()


BROKERS: Mapping[str, Broker] = {
    "redis": Broker.REDIS,
    "rediss": Broker.REDIS,
    "redis+cluster": Broker.REDIS,
    "rediss+cluster": Broker.REDIS,
    "unix": Broker.REDIS,
    "kafka": Broker.KAFKA,
    "amqp": Broker.RABBIT,
    "amqps": Broker.RABBIT,
}


def open_publisher(
    options: BrokerOptions, report_trimmed: Callable[[Trimmed], None] = lambda _: None
) -> AbstractAsyncContextManager[EventPublisher]:
    """Connect at the first use, and again after a fault; only Redis calls `report_trimmed`."""
    match BROKERS[options.scheme]:
        case Broker.REDIS:
            from hello.connectors.brokers.redis_streams import open_stream_publisher  # noqa: PLC0415

            return open_stream_publisher(options, report_trimmed)
        case Broker.KAFKA:
            from hello.connectors.brokers.kafka import open_kafka_publisher  # noqa: PLC0415

            return open_kafka_publisher(options)
        case Broker.RABBIT:
            from hello.connectors.brokers.rabbit import open_rabbit_publisher  # noqa: PLC0415

            return open_rabbit_publisher(options)


def source_of(options: BrokerOptions, subscription: Subscription, acquire_lock: AcquireLock) -> OpenSource:
    """Pass `acquire_lock` to Redis only: the other brokers keep the order without it."""
    match BROKERS[options.scheme]:
        case Broker.REDIS:
            from hello.connectors.brokers.redis_source import open_stream_source  # noqa: PLC0415

            return partial(open_stream_source, options, subscription, acquire_lock)
        case Broker.KAFKA:
            from hello.connectors.brokers.kafka_source import open_kafka_source  # noqa: PLC0415

            return partial(open_kafka_source, options, subscription)
        case Broker.RABBIT:
            from hello.connectors.brokers.rabbit_source import open_rabbit_source  # noqa: PLC0415

            return partial(open_rabbit_source, options, subscription)
