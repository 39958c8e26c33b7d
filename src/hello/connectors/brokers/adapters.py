"""Which adapter speaks to the broker of a URL; only that one is imported: each takes a while."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from importlib import import_module
from typing import Any

from hello.connectors.brokers.advisory_locks import AcquireLock
from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.sources import OpenSource
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
    options: BrokerOptions, measured: Callable[[Any], None] = lambda _: None
) -> AbstractAsyncContextManager[EventPublisher]:
    """Connect at the first use, and again after a fault; `measured` gets what was trimmed of a stream."""
    broker = BROKERS[options.scheme]
    needed = [measured] if broker == REDIS else []
    publisher: AbstractAsyncContextManager[EventPublisher] = found(*PUBLISHERS[broker])(options, *needed)
    return publisher


def source_of(options: BrokerOptions, subscription: Subscription, acquire_lock: AcquireLock) -> OpenSource:
    """Only Redis needs turns: the others keep the order by themselves."""
    broker = BROKERS[options.scheme]
    needed = [acquire_lock] if broker == REDIS else []
    return partial(found(*SOURCES[broker]), options, subscription, *needed)


def found(module: str, name: str) -> Any:  # noqa: ANN401  # each has a type of its own
    return getattr(import_module(f"hello.connectors.brokers.{module}"), name)
