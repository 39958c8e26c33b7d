"""What the fast path reads of a query, and which of its faults the application must hear of."""

from collections.abc import Mapping

import pytest

from hello.entities.errors import (
    BusyError,
    ConflictError,
    InvalidError,
    KeyReusedError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    UnknownOutcomeError,
)
from hello.interface.http.fast_routes.common import DEFAULT_LIMIT, fault_in, limit_of, number_of, query_of
from hello.interface.http.fast_routes.items import page_key
from hello.services.lookups import ItemPageKey


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", {}),
        (b"a=1", {"a": "1"}),
        (b"a=1&b=2=3", {"a": "1", "b": "2=3"}),
        (b"a", {"a": ""}),
        (b"a=", {"a": ""}),
        (b"&a=1", {"": "", "a": "1"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
        (b"a=1&a=1", None),
        (b"a=1&A=1", {"a": "1", "A": "1"}),
        (b"a=%31", None),
        (b"%61=1", None),
        (b"a=+1", None),
        (b"a=\xc3\xa4", None),
    ],
)
def test_query_without_escapes_is_read(query: bytes, parameters: Mapping[str, str] | None) -> None:
    assert query_of(query) == parameters


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("7", 7), ("999999999", 999_999_999), ("1000000000", None), ("01", None), ("-1", None)]
    + [(text, None) for text in ("", " 1", "1\n", "+1", "1_0", "1.0", "x", "\u0661")],
)
def test_plain_number_is_read(text: str, number: int | None) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize(
    ("query", "limit"),
    [({}, DEFAULT_LIMIT), ({"limit": "1"}, 1), ({"limit": "100"}, 100)]
    + [({"limit": text}, None) for text in ("0", "101", "", "x")],
)
def test_limit_is_within_its_bounds(query: Mapping[str, str], limit: int | None) -> None:
    assert limit_of(query) == limit


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ({}, (0, DEFAULT_LIMIT)),
        ({"skip": "5", "limit": "7"}, (5, 7)),
        ({"skip": "1000000"}, (1_000_000, DEFAULT_LIMIT)),
        ({"skip": "1000001"}, None),
        ({"skip": ""}, None),
        ({"limit": "0"}, None),
        ({"owner_id": "x"}, None),
        ({"skip": "5", "": ""}, None),
        (None, None),
    ],
)
def test_page_of_items_is_read_from_the_query(
    query: Mapping[str, str] | None, key: tuple[int, int] | None
) -> None:
    assert page_key(query) == (key and ItemPageKey(*key))


@pytest.mark.parametrize(
    "refusal", [NotFoundError("x"), InvalidError("x", field="y"), KeyReusedError("x"), UnauthorizedError("x")]
)
def test_refusal_is_found_again_by_the_application(refusal: Exception) -> None:
    assert fault_in(refusal) is None


@pytest.mark.parametrize(
    "fault",
    [BusyError("x"), UnavailableError("x"), UnknownOutcomeError(), ConflictError("x"), ValueError()],
)
def test_fault_is_not_tried_again(fault: Exception) -> None:
    assert fault_in(fault) is fault


def test_no_fault_is_none() -> None:
    assert fault_in(None) is None
