"""The AsyncAPI document is the committed one, and tells the truth about the events."""

import json
import os
import subprocess
import sys
from datetime import UTC
from typing import Any

import pytest
from tests.support.builders import NOON, a_change, an_account, an_item, an_order
from tests.support.paths import REPOSITORY
from tests.twins.transaction import TwinUnitOfWork
from uuid_utils.compat import uuid7

from hello.bootstrap.asyncapi import ATTRIBUTES, document
from hello.connectors.brokers.cloud_events import to_headers
from hello.connectors.postgres.outbox import events_of
from hello.core.settings import Settings
from hello.entities.birthdays import LeapDay
from hello.entities.events import Event, OutboxRow
from hello.entities.items import item_event
from hello.entities.orders import order_event
from hello.interface.event_schemas import EVENT_TYPES
from hello.services.announcements import AnnouncementService

DOCS = REPOSITORY / "docs"
TOPIC = Settings.model_fields["events_topic"].default


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(document(TOPIC))
    return read


def test_the_committed_document_is_up_to_date() -> None:
    """If not: `python -m hello.bootstrap.asyncapi > docs/asyncapi.json`."""
    assert (DOCS / "asyncapi.json").read_text() == document(TOPIC)


def test_document_is_the_same_in_every_process() -> None:
    command = [sys.executable, "-m", "hello.bootstrap.asyncapi"]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    written = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert written == document(TOPIC)


def test_every_type_of_the_contract_is_described(described: dict[str, Any]) -> None:
    orders = {f"order.{name}" for name in ("created", "updated", "confirmed", "shipped", "cancelled")}
    items = {f"item.{name}" for name in ("created", "updated", "deleted")}
    assert set(described["channels"]) == {
        *orders, *items, "person.saved", "person.deleted", "birthday.today"
    }  # fmt: skip
    assert {channel["address"] for channel in described["channels"].values()} == {TOPIC}


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    for reference in references(described):
        place = described
        for part in reference.removeprefix("#/").split("/"):
            place = place[part.replace("~1", "/")]
        assert place


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for part in value.values() for found in references(part)]
    return [found for part in value for found in references(part)] if isinstance(value, list) else []


def events() -> list[Event]:
    order, item = an_order(uuid7()), an_item(an_account())
    saved = OutboxRow(
        shard=16,
        event_id="",
        type="person.saved",
        subject="",
        time=NOON,
        data={"Ada": "1990-05-17"},
        traceparent=None,
    )
    saved.id = 1
    return [
        order_event(order),
        item_event(a_change(item.id, "item.updated"), item),
        item_event(a_change(item.id, "item.deleted")),
        *events_of(saved),
    ]


def assert_described(event: Event) -> None:
    EVENT_TYPES[event.type].data.model_validate_json(json.dumps(event.data), strict=True)
    headers, _ = to_headers(event)
    assert set(ATTRIBUTES["required"]) <= headers.keys() <= ATTRIBUTES["properties"].keys()
    for name, schema in ATTRIBUTES["properties"].items():
        assert "const" not in schema or headers[name] == schema["const"]


@pytest.mark.parametrize("event", events(), ids=lambda event: event.type)
def test_events_are_as_described(event: Event) -> None:
    assert_described(event)


async def test_birthdays_are_as_described(twin: TwinUnitOfWork) -> None:
    twin.stored.people.rows["Ada"] = NOON.date().replace(year=1990)
    service = AnnouncementService(begin=twin.begin, now=lambda: NOON, zone=UTC, leap_day=LeapDay.MAR1)
    assert await service.announce(10) == 1
    assert_described(twin.stored.outbox.events[0])
