"""Bodies are byte for byte what the schemas say that they are."""

from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hello.core.json_text import json_bytes
from hello.entities.accounts import AccountView
from hello.entities.birthdays import Celebration
from hello.entities.items import ItemView
from hello.entities.orders import LineView, MoveView, OrderStatus, OrderView
from hello.interface.http.json_bodies import (
    account_json,
    found_item_json,
    item_json,
    order_json,
    today_json,
    upcoming_json,
)
from hello.interface.http.schemas.accounts import AccountResponse
from hello.interface.http.schemas.birthdays import TodayResponse, UpcomingResponse
from hello.interface.http.schemas.items import ItemResponse
from hello.interface.http.schemas.orders import OrderResponse
from hello.interface.http.schemas.search import FoundItemResponse
from hello.services.lookups import BirthdayPage
from hello.services.search import FoundItem, Highlight, Match
from tests.support.builders import NOON, a_line, an_order

GREATEST = 2**63 - 1
Value = TypeVar("Value")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=50) | st.sampled_from(
    ["\x01\t\n\r\x1f\x7f\x80\u2028", '"\\/</script>', "\U0001f381 e\u0301 \u4f60\u597d"]
)
numbers = st.integers(-GREATEST, GREATEST) | st.sampled_from([0, 2**53 + 1, GREATEST])
times = st.datetimes(timezones=st.just(UTC)) | st.just(NOON)


def maybe(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value | None]:
    return st.none() | values


accounts = st.builds(AccountView, st.uuids(), texts, texts, times)
items = st.builds(
    ItemView, st.uuids(), texts, maybe(texts), maybe(numbers), st.uuids(), texts, numbers, times, times
)
statuses = st.sampled_from([status.value for status in OrderStatus])
lines = st.lists(st.builds(LineView, st.uuids(), texts, numbers, numbers), max_size=3)
moves = st.lists(st.builds(MoveView, statuses, times), max_size=3)
orders = st.builds(
    OrderView, st.uuids(), st.uuids(), statuses, maybe(texts), numbers, numbers, times, times, lines, moves
)
celebrations = st.builds(Celebration, texts, st.dates(), st.dates(), st.integers(0, 366))
birthday_pages = st.builds(BirthdayPage, st.dates(), st.lists(celebrations, max_size=3), st.none())
highlights = st.builds(Highlight, texts, maybe(texts))
scores = st.floats(allow_nan=False, allow_infinity=False)
found_items = st.builds(FoundItem, items, st.builds(Match, st.uuids(), scores, highlights))


def assert_described(body: bytes, schema: type[BaseModel]) -> None:
    """Compare with what the schema makes of the same values."""
    assert schema.model_validate_json(body).model_dump_json().encode() == body


@given(birthday_pages, maybe(texts))
def test_lists_of_birthdays_are_as_their_schemas_describe_them(
    page: BirthdayPage, cursor: str | None
) -> None:
    assert_described(today_json(page, cursor), TodayResponse)
    assert_described(upcoming_json(page, cursor), UpcomingResponse)


@given(accounts)
def test_account_is_as_its_schema_describes_it(account: AccountView) -> None:
    assert_described(account_json(account), AccountResponse)


@given(items)
def test_item_is_as_its_schema_describes_it(item: ItemView) -> None:
    assert_described(item_json(item), ItemResponse)


@given(orders)
def test_order_is_as_its_schema_describes_it(order: OrderView) -> None:
    assert_described(order_json(order), OrderResponse)


@given(found_items)
def test_found_item_is_as_its_schema_describes_it(found: FoundItem) -> None:
    assert_described(found_item_json(found), FoundItemResponse)


@given(st.lists(texts, min_size=1, max_size=3), times)
def test_order_that_was_just_made_is_as_its_schema_describes_it(titles: list[str], at: datetime) -> None:
    order = an_order(UUID(int=1), *map(a_line, titles), created_at=at)
    assert_described(order_json(order), OrderResponse)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOON, b"2026-06-15T12:00:00Z"),
        (NOON.replace(microsecond=1), b"2026-06-15T12:00:00.000001Z"),
        (NOON.replace(microsecond=120_000), b"2026-06-15T12:00:00.120000Z"),
        (NOON.replace(year=1), b"0001-06-15T12:00:00Z"),
    ],
)
def test_times_are_in_utc(at: datetime, text: bytes) -> None:
    assert json_bytes({"at": at}) == b'{"at":"%s"}' % text


class OtherUuid(UUID):
    """As the driver has one."""


def test_ids_of_another_class_are_written_alike() -> None:
    assert json_bytes({"id": OtherUuid(int=1)}) == json_bytes({"id": UUID(int=1)})


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError):
        json_bytes({"body": b"bytes"})
