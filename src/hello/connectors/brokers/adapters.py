"""Select the adapter for the broker of a URL.

Only that adapter is imported, since each import is slow.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from importlib import import_module
from typing import Any

from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.sources import AcquireLock, OpenSource
from hello.services.event_ports import EventPublisher, Subscription

REDIS, KAFKA, RABBIT = "redis", "kafka", "rabbit"
BROKERS: Mapping[str, str] = {
    "redis": REDIS,
    "rediss": REDIS,
    "redis+cluster": REDIS,
    "rediss+cluster": REDIS,
    "unix": REDIS,
    "kafka": KAFKA,
    "amqp": RABBIT,
    "amqps": RABBIT,
}
PUBLISHERS = {
    REDIS: ("redis_streams", "open_stream_publisher"),
    KAFKA: ("kafka", "open_kafka_publisher"),
    RABBIT: ("rabbit", "open_rabbit_publisher"),
}
SOURCES = {
    REDIS: ("redis_source", "open_stream_source"),
    KAFKA: ("kafka_source", "open_kafka_source"),
    RABBIT: ("rabbit_source", "open_rabbit_source"),
}


def open_publisher(
    options: BrokerOptions, report_trimmed: Callable[[Any], None] = lambda _: None
) -> AbstractAsyncContextManager[EventPublisher]:
    """Connect at the first use, and again after a fault; only Redis calls `report_trimmed`."""
    broker = BROKERS[options.scheme]
    arguments = [report_trimmed] if broker == REDIS else []
    open_adapter = import_function(*PUBLISHERS[broker])
    publisher: AbstractAsyncContextManager[EventPublisher] = open_adapter(options, *arguments)
    return publisher


def source_of(options: BrokerOptions, subscription: Subscription, acquire_lock: AcquireLock) -> OpenSource:
    """Pass `acquire_lock` to Redis only: the other brokers keep the order without it."""
    broker = BROKERS[options.scheme]
    arguments = [acquire_lock] if broker == REDIS else []
    return partial(import_function(*SOURCES[broker]), options, subscription, *arguments)


def import_function(module: str, name: str) -> Any:  # noqa: ANN401  # each function has its own type
    return getattr(import_module(f"hello.connectors.brokers.{module}"), name)
