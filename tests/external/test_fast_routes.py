"""The hot routes of items, orders and accounts: with and without the fast path every answer is the same."""

import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD, USERS, client_of, signed_up
from tests.support.http.orders import ITEMS, ORDERS, SETTINGS, OrderClient, open_order_client
from tests.support.http.running import Running, running_api
from tests.support.http.tokens import claims_of, signed
from tests.support.http.wire_values import BODIES, HEADERS, ORDER_BODY, PATHS, QUERIES, TOKENS

pytestmark = pytest.mark.external
EXAMPLES = int(os.environ.get("EXAMPLES", "300"))
LIMITS = {f"RATE_LIMIT_{group}": "1000000/hour" for group in ("ACCOUNTS", "ITEMS", "ORDERS")}
VOLATILE = re.compile(rb'(?im)^(date|x-request-id|ratelimit): .*$|"request_id":"[^"]*"')
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
        "created-cursor": shop.listed(limit=1, status="CREATED").json()["next_cursor"],
        "used-key": used,
        "fresh-key": a_name(),
        "ada": shop.ada.tokens["access_token"],
        "grace": shop.grace.tokens["access_token"],
        "gone": deleted(shop.client),
        "stranger": signed(claims_of(str(uuid4()))),
        "expired": signed(claims_of(shop.ada.id, exp=1)),
    }
    return {name.encode(): value.encode() for name, value in names.items()}


def deleted(client: httpx.Client) -> str:
    """Return a token that is valid for longer than its account exists."""
    somebody = signed_up(client)
    removed = client.post(f"{USERS}/me/deletion", json={"password": PASSWORD}, headers=somebody.headers)
    assert removed.status_code == 204, removed.text
    return str(somebody.tokens["access_token"])


@pytest.fixture(scope="module")
def pair(servers: Servers) -> Iterator[Pair]:
    with open_routes(servers) as pair:
        yield pair


def some(values: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.sampled_from(values)


tokens = st.one_of(st.just([(b"Authorization", b"Bearer <ada>")]), st.sampled_from(TOKENS))
extras = st.lists(st.sampled_from(HEADERS), max_size=2)
targets = st.one_of(
    st.builds(lambda path, query: path + query, some(PATHS), st.one_of(st.just(b""), some(QUERIES))),
    st.builds(lambda path, query: path + query, some([ITEMS.encode(), ORDERS.encode()]), some(QUERIES)),
    st.builds(
        lambda path, parts: path + b"?" + b"&".join(part[1:] for part in parts),
        some([ITEMS.encode(), ORDERS.encode()]),
        st.lists(some(QUERIES), min_size=2, max_size=3),
    ),
)
reads = st.builds(
    lambda method, target, token, extra: Request(method, target, token + extra),
    some([b"GET"] * 6 + [b"HEAD", b"OPTIONS", b"PATCH"]),
    targets,
    tokens,
    extras,
)
bodies = st.one_of(
    some(BODIES),
    st.builds(
        lambda item_id, quantity, more: (
            b'{"lines": [{"item_id": %b, "quantity": %b}]%b}' % (item_id, quantity, more)
        ),
        some([b'"<kite>"', b'"<KITE>"', b'"<unknown>"', b'"<priceless>"', b"1", b'"urn:uuid:<kite>"']),
        some([b"1", b"1000", b"1001", b"0", b"-0", b"1.0", b"1e0", b"NaN", b"true", b'"1"', b"null"]),
        some([b"", b', "recipient": "<john>"', b', "recipient": null', b', "recipient": "Nobody"']),
    ),
    st.binary(max_size=20),
)
kinds = some(
    [b"application/json"] * 4
    + [b"application/json; charset=utf-8", b"Application/JSON", b"application/json;charset=utf-16"]
    + [b"application/problem+json", b"text/plain", b""]
)
keys: st.SearchStrategy[list[tuple[bytes, bytes]]] = st.one_of(
    st.just([]),
    st.sampled_from(
        [[(b"Idempotency-Key", key)] for key in (b"<used-key>", b"<fresh-key>", b"", b"a b", b"x" * 256)]
        + [[(b"Idempotency-Key", b"<fresh-key>1"), (b"Idempotency-Key", b"<fresh-key>2")]]
    ),
)
writers = st.one_of(
    st.just([(b"Authorization", b"Bearer <grace>")]),
    st.sampled_from([token for token in TOKENS if b"<ada>" not in b"".join(value for _, value in token)]),
)
writes = st.builds(
    lambda target, kind, token, key, extra, body: Request(
        b"POST", target, [(b"Content-Type", kind), *token, *key, *extra], body
    ),
    some([ORDERS.encode()] * 6 + [ITEMS.encode(), ORDERS.encode() + b"?x=1", ORDERS.encode() + b"/"]),
    kinds,
    writers,
    keys,
    extras,
    bodies,
)


def examples(number: int) -> settings:
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=number, deadline=None, suppress_health_check=health)


@examples(EXAMPLES)
@given(request=reads)
def test_read_is_answered_alike_on_both_paths(pair: Pair, request: Request) -> None:
    on, off = pair.answers(request)
    assert on == off


@examples(EXAMPLES)
@given(request=writes)
def test_write_is_answered_alike_on_both_paths(pair: Pair, request: Request) -> None:
    on, off = pair.answers(request)
    assert on == off


@examples(EXAMPLES // 3)
@given(pipelined=st.lists(st.one_of(reads, writes), min_size=2, max_size=6))
def test_pipelined_requests_are_answered_alike_and_in_order(pair: Pair, pipelined: list[Request]) -> None:
    on, off = pair.answers(*pipelined)
    assert on == off


ADA, GRACE = (b"Authorization", b"Bearer <ada>"), (b"Authorization", b"Bearer <grace>")
JSON = (b"Content-Type", b"application/json")


@pytest.mark.parametrize("path", PATHS)
def test_each_path_is_answered_alike_with_and_without_a_token(pair: Pair, path: bytes) -> None:
    for headers in ([], [ADA], [GRACE], [ADA, (b"If-None-Match", b'"1"')], [(b"Origin", b"https://x.org")]):
        on, off = pair.answers(Request(b"GET", path, headers))
        assert on == off


@pytest.mark.parametrize("path", [ITEMS.encode(), ORDERS.encode()])
def test_each_query_is_answered_alike(pair: Pair, path: bytes) -> None:
    for query in QUERIES:
        on, off = pair.answers(Request(b"GET", path + query, [ADA]))
        assert on == off, query


@pytest.mark.parametrize("path", [ITEMS.encode(), ORDERS.encode()])
def test_each_body_is_answered_alike(pair: Pair, path: bytes) -> None:
    for body in BODIES:
        on, off = pair.answers(Request(b"POST", path, [GRACE, JSON], body))
        assert on == off, body


@pytest.mark.parametrize("token", TOKENS, ids=repr)
def test_each_token_is_answered_alike(pair: Pair, token: list[tuple[bytes, bytes]]) -> None:
    for request in (
        Request(b"GET", b"/api/v1/users/me", token),
        Request(b"GET", ITEMS.encode(), token),
        Request(b"GET", ORDERS.encode(), token),
        Request(b"GET", ORDERS.encode() + b"?status=SHIPPED", token),
        Request(b"GET", ORDERS.encode() + b"/<order>", token),
        Request(b"POST", ORDERS.encode(), [*token, JSON], b"{}"),
        Request(b"POST", ITEMS.encode(), [*token, JSON], b"{}"),
    ):
        on, off = pair.answers(request)
        assert on == off


def test_hot_requests_are_answered_by_the_fast_path(pair: Pair) -> None:
    """Only `off` says so, by doing it more slowly; what both refuse alike would prove nothing."""
    key = (b"Idempotency-Key", b"<fresh-key>-once")
    for request, status in [
        (Request(b"GET", ITEMS.encode() + b"/<kite>", []), b"200"),
        (Request(b"GET", ITEMS.encode() + b"?skip=1&limit=3", []), b"200"),
        (Request(b"GET", b"/api/v1/users/me", [ADA]), b"200"),
        (Request(b"GET", ORDERS.encode() + b"/<order>", [ADA]), b"200"),
        (Request(b"GET", ORDERS.encode() + b"?limit=1&cursor=<cursor>", [ADA]), b"200"),
        (Request(b"POST", ORDERS.encode(), [GRACE, JSON], ORDER_BODY), b"201"),
        (Request(b"POST", ORDERS.encode(), [GRACE, JSON, key], ORDER_BODY), b"201"),
        (Request(b"POST", ITEMS.encode(), [GRACE, JSON], b'{"title": "A drum"}'), b"201"),
    ]:
        on, off = pair.answers(request)
        assert on == off
        assert on.split(maxsplit=2)[1] == status


def test_public_url_leaves_both_paths_alike(servers: Servers) -> None:
    """The proxy may have removed the prefix, or left it."""
    with open_routes(servers, PUBLIC_URL="https://example.com/gifts") as pair:
        for prefix in (b"", b"/gifts", b"/gifts/gifts", b"/g%69fts"):
            for path in PATHS:
                on, off = pair.answers(Request(b"GET", prefix + path, [ADA]))
                assert on == off
            for path, body in ((ORDERS.encode(), ORDER_BODY), (ITEMS.encode(), b'{"title": "A drum"}')):
                on, off = pair.answers(Request(b"POST", prefix + path, [GRACE, JSON], body))
                assert on == off
                if prefix in {b"", b"/gifts"}:
                    assert b"location: /gifts%b/new\r\n" % path in on
