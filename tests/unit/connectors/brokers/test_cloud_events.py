"""Events on the wire: as the CloudEvents bindings have them, and read back whoever wrote them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hello.connectors.brokers.cloud_events import (
    UnreadableError,
    from_headers,
    from_properties,
    split,
    to_fields,
    to_headers,
    to_properties,
)
from hello.connectors.brokers.kafka import servers_of
from hello.entities.audit import AuditRecord
from hello.entities.events import Event
from hello.entities.items import Item, item_event
from tests.support.builders import NOON

EVENT = Event(
    id="42-1",
    type="order.created",
    subject="42",
    time=datetime(2026, 6, 15, 12, 30, 0, 5, tzinfo=UTC),
    data={"recipient": "Ada", "price": 1999},
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
ATTRIBUTES = {
    "id": "42-1",
    "source": "/hello",
    "specversion": "1.0",
    "subject": "42",
    "time": "2026-06-15T12:30:00.000005Z",
    "traceparent": EVENT.traceparent,
    "type": "order.created",
}
DATA = b'{"recipient": "Ada", "price": 1999}'


def prefixed(prefix: str) -> dict[str, object]:
    return {f"{prefix}{name}": value for name, value in ATTRIBUTES.items()}


def encoded(headers: Mapping[str, str]) -> dict[str, bytes]:
    return {name: value.encode() for name, value in headers.items()}


def test_kafka_message_has_cloud_event_headers() -> None:
    assert to_headers(EVENT) == (prefixed("ce_") | {"content-type": "application/json"}, DATA)


def test_redis_entry_has_cloud_event_fields() -> None:
    assert to_fields(EVENT) == prefixed("ce_") | {"content-type": "application/json", "data": DATA}


def test_rabbitmq_message_has_cloud_event_properties() -> None:
    assert to_properties(EVENT) == (prefixed("cloudEvents_"), DATA)


def test_an_event_without_a_trace_says_nothing_of_it() -> None:
    assert "ce_traceparent" not in to_headers(replace(EVENT, traceparent=None))[0]


@pytest.mark.parametrize("event", [EVENT, replace(EVENT, traceparent=None, data={})])
def test_written_event_is_read_back(event: Event) -> None:
    headers, data = to_headers(event)
    assert from_headers(encoded(headers), data) == event
    assert from_properties(*to_properties(event)) == event
    fields = {
        name.encode(): value if isinstance(value, bytes) else value.encode()
        for name, value in to_fields(event).items()
    }
    assert from_headers(*split(fields)) == event


def test_both_prefixes_of_amqp_are_read() -> None:
    assert from_properties(prefixed("cloudEvents:"), DATA) == EVENT


@pytest.mark.parametrize(
    ("changed", "data"),
    [
        ({"ce_id": None}, DATA),
        ({"ce_subject": None}, DATA),
        ({"ce_time": None}, DATA),
        ({"ce_specversion": None}, DATA),
        ({"ce_time": b"yesterday"}, DATA),
        ({"ce_time": b"2026-06-15T12:30:00"}, DATA),
        ({"ce_specversion": b"0.2"}, DATA),
        ({"ce_type": b"\xff"}, DATA),
        ({"ce_my-own": b"x"}, DATA),
        ({}, b"[1]"),
        ({}, b"{"),
        ({}, b"\xff"),
        ({}, b""),
    ],
)
def test_message_with_wrong_attributes_is_unreadable(changed: dict[str, bytes | None], data: bytes) -> None:
    headers = encoded(to_headers(EVENT)[0]) | changed
    given = {name: value for name, value in headers.items() if value is not None}
    with pytest.raises(UnreadableError):
        from_headers(given, data)


def test_empty_message_is_unreadable() -> None:
    with pytest.raises(UnreadableError):
        from_headers({}, b"")
    with pytest.raises(UnreadableError):
        from_properties({}, b"")


def test_kafka_may_have_many_servers() -> None:
    assert servers_of("kafka://one:9092,two:9093/") == ["one:9092", "two:9093"]


@pytest.mark.parametrize("character", ["x", "ü", "🎁", "\u0001", '"', "\u2028"])
def test_event_of_the_largest_item_is_at_most_64_kib(character: str) -> None:
    item = Item(
        id=UUID(int=1),
        title=200 * character,
        description=10_000 * character,
        price_cents=1_000_000_000,
        owner_id=UUID(int=2),
        version=1,
        created_at=NOON,
        updated_at=NOON,
    )
    change = AuditRecord(
        at=NOON, actor_id=item.owner_id, action="item.created", subject_id=item.id, details={}
    )
    event = item_event(change, item)
    headers, data = to_headers(event)
    assert len(data) <= 64 * 1024
    assert from_headers(encoded(headers), data) == event
