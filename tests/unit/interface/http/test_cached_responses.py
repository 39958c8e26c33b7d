"""Responses that are kept as bytes."""

import pytest

from hello.interface.http.cached_responses import CachedResponse, unpack_order


@pytest.mark.parametrize("headers", [{}, {"ETag": '"1"', "Location": "/api/v1/orders/7"}])
@pytest.mark.parametrize("body", [b"", b'{"a": "b"}', b"two\nlines"])
def test_packed_response_is_unpacked_unchanged(headers: dict[str, str], body: bytes) -> None:
    cached = CachedResponse(headers, body)
    assert CachedResponse.unpack(cached.pack()) == cached


def test_order_packed_by_either_release_is_unpacked() -> None:
    cached = CachedResponse({"Location": "/api/v1/orders/7", "ETag": '"1"'}, b'{"id": 7}\n')
    assert unpack_order(cached.pack()) == cached
    assert unpack_order(b'/api/v1/orders/7\n"1"\n{"id": 7}\n') == cached
