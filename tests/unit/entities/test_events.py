"""Events as they wait in the outbox and as they go out; errors as operators read them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from hello.connectors.postgres.outbox import events_of
from hello.entities.errors import (
    InvalidError,
    TooManyError,
    UnavailableError,
    UnknownOutcomeError,
)
from hello.entities.events import PEOPLE_SHARD, PERSON_SAVED, SHARDS, Event, OutboxRow, shard_of
from hello.entities.items import Item, item_event
from tests.support.builders import NOON, a_change, an_account, an_item

TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


def a_row(event_type: str, data: dict[str, Any]) -> OutboxRow:
    row = OutboxRow(
        shard=3, event_id="7-1", type=event_type, subject="7", time=NOON, data=data, traceparent=TRACE
    )
    row.id = 42
    return row


def test_a_row_of_many_people_is_an_event_for_each_with_an_id_of_its_own() -> None:
    row = a_row(PERSON_SAVED, {"John": "1990-05-17", "Jane": "1990-05-18"})
    assert events_of(row) == [
        Event(
            id=f"person-42-{name}",
            type=PERSON_SAVED,
            subject=name,
            time=NOON,
            data={"username": name, "dateOfBirth": born},
            traceparent=TRACE,
        )
        for name, born in (("John", "1990-05-17"), ("Jane", "1990-05-18"))
    ]


def test_a_row_of_anything_else_is_one_event_as_it_was_stored() -> None:
    expected = Event(id="7-1", type="order.created", subject="7", time=NOON, data={"a": 1}, traceparent=TRACE)
    assert events_of(a_row("order.created", {"a": 1})) == [expected]


def test_events_of_people_share_a_shard_and_others_are_spread() -> None:
    event = events_of(a_row("order.created", {}))[0]
    for event_type in ("person.saved", "birthday.today"):
        assert replace(event, type=event_type).shard == PEOPLE_SHARD
    assert event.shard == shard_of("7") == 2
    assert {shard_of(str(number)) for number in range(500)} == set(range(SHARDS))


@pytest.fixture
def item() -> Item:
    item = an_item(an_account(), version=3)
    item.description = "Flies."
    return item


def test_an_item_is_shown_whole(item: Item) -> None:
    assert item.public() == {
        "id": str(item.id),
        "title": "A kite",
        "description": "Flies.",
        "price_cents": 1999,
        "owner_id": str(item.owner_id),
        "created_at": "2026-06-15T12:00:00Z",
        "updated_at": "2026-06-15T12:00:00Z",
    }


def test_item_event_has_the_whole_item(item: Item) -> None:
    event = item_event(a_change(item.id, "item.updated"), item)
    assert event == Event(
        id=f"{item.id}-3", type="item.updated", subject=str(item.id), time=NOON, data=item.public()
    )


def test_event_of_a_deleted_item_has_only_the_id() -> None:
    change = a_change(UUID(int=7), "item.deleted")
    subject = str(UUID(int=7))
    assert item_event(change) == Event(
        id=f"{subject}-deleted", type="item.deleted", subject=subject, time=NOON, data={"id": subject}
    )


def test_errors_keep_their_message_and_what_else_they_know() -> None:
    invalid, many = InvalidError("is wrong", field="title"), TooManyError("too many", retry_after_s=7)
    assert (str(invalid), invalid.field) == ("is wrong", "title")
    assert (str(many), many.retry_after_s) == ("too many", 7)


@pytest.mark.parametrize(
    ("error", "message", "explanation"),
    [
        (UnavailableError("down"), "down", "down"),
        (UnavailableError("down", reason="refused"), "down", "down: refused"),
    ],
)
def test_the_reason_of_an_outage_is_for_operators(
    error: UnavailableError, message: str, explanation: str
) -> None:
    assert (str(error), error.explanation) == (message, explanation)


def test_an_unknown_outcome_is_said_to_be_one() -> None:
    error = UnknownOutcomeError(reason="reset")
    assert str(error).startswith("it is not known whether the change is stored")
    assert error.explanation == f"{error}: reset"
