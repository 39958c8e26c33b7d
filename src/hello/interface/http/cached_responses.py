"""Responses that are kept as bytes: cached pages, and what an idempotent request is answered again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import orjson
from fastapi import Response

from hello.core.cursors import Cursors
from hello.entities.orders import OrderView
from hello.interface.http.conditions import etag
from hello.interface.http.json_bodies import order_json, today_json, upcoming_json
from hello.interface.http.pagination import birthday_cursor, next_link
from hello.interface.http.schemas.orders import PATH
from hello.services.lookups import BirthdayPage


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A body of JSON, and the headers that belong to it."""

    headers: Mapping[str, str]
    body: bytes

    def pack(self) -> bytes:
        """Return a line with the headers, as JSON, and the body."""
        return orjson.dumps(self.headers) + b"\n" + self.body

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        headers, _, body = packed.partition(b"\n")
        return cls(orjson.loads(headers), body)

    def header(self, name: str) -> str:
        return self.headers[name]

    def lines(self, prefix: str = "") -> tuple[bytes, bytes]:
        """Return the headers as lines of HTTP, and the body; `Location` begins with the prefix."""
        headers = self.headers.items()
        lines = [f"{name.lower()}: {prefix * (name == 'Location')}{value}\r\n" for name, value in headers]
        return "".join(lines).encode("latin-1"), self.body

    def to_response(self, status: int, **more: str) -> Response:
        return Response(self.body, status, {**self.headers, **more}, "application/json")


def render_order(order: OrderView) -> bytes:
    """Leave the prefix out of `Location`: the order may be asked for again at another `PUBLIC_URL`."""
    headers = {"Location": f"{PATH}/{order.id}", "ETag": etag(order.version)}
    return CachedResponse(headers, order_json(order)).pack()


def unpack_order(packed: bytes) -> CachedResponse:
    """Unpack also what the previous release has stored, for as long as `IDEMPOTENCY_DAYS`: three lines."""
    if packed.startswith(b"{"):
        return CachedResponse.unpack(packed)
    path, tag, body = packed.split(b"\n", 2)
    return CachedResponse({"Location": path.decode(), "ETag": tag.decode()}, body)


def render_today(cursors: Cursors, path: str, limit: int, page: BirthdayPage) -> bytes:
    cursor = birthday_cursor(cursors, "today", page.day, page.last)
    return CachedResponse(next_link(path, cursor, limit=limit), today_json(page, cursor)).pack()


def render_upcoming(page: BirthdayPage, cursors: Cursors, path: str, days: int, limit: int) -> CachedResponse:
    cursor = birthday_cursor(cursors, "upcoming", page.day, page.last)
    link = next_link(path, cursor, limit=limit, days=days)
    return CachedResponse(link, upcoming_json(page, cursor))
