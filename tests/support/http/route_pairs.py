"""Two processes on one database, with the fast path and without it, and raw requests that both answer."""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD, USERS, client_of, signed_up
from tests.support.http.orders import ORDERS, SETTINGS, OrderClient, open_order_client
from tests.support.http.running import Running, running_api
from tests.support.http.tokens import claims_of, signed
from tests.support.http.wire_values import ORDER_BODY

LIMITS = {f"RATE_LIMIT_{group}": "1000000/day" for group in ("ACCOUNTS", "ITEMS", "ORDERS")}
VOLATILE = re.compile(
    rb'(?im)^(date|x-request-id|ratelimit): .*$|"request_id":"[^"]*"|nonce-[\w-]+|nonce="[\w-]+"'
)
NEW_IDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
Names: TypeAlias = Mapping[bytes, bytes]


class Request(NamedTuple):
    """Its parts may name what only the fixture knows, as `<kite>`."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two processes beside one database; `names` are values that requests name."""

    on: Running
    off: Running
    names: Names

    def answers(self, *requests: Request) -> tuple[bytes, bytes]:
        """Return all answers of each; what is new in every answer to a POST is left out."""
        data = b"".join(raw(request, self.names) for request in requests)
        found = [exchange(api, data) for api in (self.on, self.off)]
        if any(request.method == b"POST" for request in requests):
            found = [self.without_news(answers) for answers in found]
        return found[0], found[1]

    def without_news(self, answers: bytes) -> bytes:
        known = set(self.names.values())
        answers = NEW_IDS.sub(lambda match: match[0] if match[0] in known else b"new", answers)
        return TIMES.sub(b"now", answers)


def raw(request: Request, names: Names) -> bytes:
    """Write it as HTTP, with the values for the names."""
    headers, body = request.headers, filled(request.body, names)
    if body or request.method == b"POST":
        headers = [*headers, (b"Content-Length", b"%d" % len(body))]
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    head = b"%b %b HTTP/1.1\r\nHost: hello\r\n%b\r\n" % (request.method, request.target, lines)
    return filled(head, names) + body


def filled(template: bytes, names: Names) -> bytes:
    for name, value in names.items():
        template = template.replace(b"<%b>" % name, value)
    return template


def exchange(api: Running, data: bytes) -> bytes:
    """Send all in one go on one connection, and a last request that closes it; return all answers."""
    place = urlsplit(api.url)
    last = b"GET /api/v1/health HTTP/1.1\r\nHost: hello\r\nConnection: close\r\n\r\n"
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        connection.sendall(data + last)
        answers = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return VOLATILE.sub(b"", answers)


@contextmanager
def open_routes(servers: Servers, **environment: str) -> Iterator[Pair]:
    environment = SETTINGS | LIMITS | {"TRUSTED_PROXIES": "127.0.0.1"} | environment
    with (
        running_api(servers, **environment, FAST_PATH="on") as on,
        running_api(servers, **environment, FAST_PATH="off") as off,
        client_of(on) as client,
        client_of(off) as other,
    ):
        yield Pair(on, off, names_of(open_order_client(client, other)))


def names_of(shop: OrderClient) -> Names:
    """Store what requests ask for. Ada reads, Grace orders: what she orders must not change what is read."""
    own = [shop.ordered(2).rpartition("/")[2] for _ in range(3)]
    shop.cancel(f"{ORDERS}/{own[1]}")
    for number in range(25):
        shop.item(title=f"Gift {number}")
    page = shop.listed(limit=1).json()
    used = a_name()
    body = filled(ORDER_BODY, {b"kite": shop.kite.encode()})
    headers = shop.grace.headers | {"Content-Type": "application/json", "Idempotency-Key": used}
    foreign = shop.client.post(ORDERS, content=body, headers=headers)
    assert foreign.status_code == 201
    names = {
        "kite": shop.kite,
        "KITE": shop.kite.upper(),
        "priceless": shop.item(title="Advice"),
        "john": shop.john,
        "order": own[0],
        "ORDER": own[0].upper(),
        "cancelled": own[1],
        "foreign": foreign.json()["id"],
        "unknown": str(uuid4()),
        "cursor": page["next_cursor"],
        "forged": page["next_cursor"][:-2] + "AA",
        **birthday_cursors(shop.client),
        "created-cursor": shop.listed(limit=1, status="CREATED").json()["next_cursor"],
        "used-key": used,
        "fresh-key": a_name(),
        "grace-id": shop.grace.id,
        "ada": shop.ada.tokens["access_token"],
        "grace": shop.grace.tokens["access_token"],
        "gone": deleted(shop.client),
        "stranger": signed(claims_of(str(uuid4()))),
        "expired": signed(claims_of(shop.ada.id, exp=1)),
    }
    return {name.encode(): value.encode() for name, value in names.items()}


def birthday_cursors(client: httpx.Client) -> dict[str, str]:
    """Return where lists of birthdays go on, once more people celebrate than a page has."""
    for days in (0, 0, 1, 1, 2, 40):
        born = (datetime.now(UTC).date() + timedelta(days)).replace(year=1996)
        saved = client.put(f"/hello/{a_name()}", json={"dateOfBirth": born.isoformat()})
        assert saved.status_code == 204
    pages = {name: client.get(f"/api/v1/birthdays/{name}?limit=1") for name in ("today", "upcoming")}
    return {f"{name}-cursor": page.json()["next_cursor"] for name, page in pages.items()}


def deleted(client: httpx.Client) -> str:
    """Return a token that is valid for longer than its account exists."""
    somebody = signed_up(client)
    removed = client.post(f"{USERS}/me/deletion", json={"password": PASSWORD}, headers=somebody.headers)
    assert removed.status_code == 204, removed.text
    return str(somebody.tokens["access_token"])
