"""The hot routes of items, orders and accounts: with and without the fast path every answer is the same."""

import asyncio
import os
import re
from collections.abc import Iterator

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hello.connectors.embedded.servers import Servers
from tests.external.test_traces import traces_of
from tests.support.builders import a_name
from tests.support.http.orders import ITEMS, ORDERS
from tests.support.http.route_pairs import Pair, Request, exchange, open_routes, raw
from tests.support.http.wire_values import BODIES, HEADERS, ORDER_BODY, PATHS, QUERIES, TOKENS, UPCOMING
from tests.twins.traces import RECORDED

pytestmark = pytest.mark.external
EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
HOLD_KEY = """INSERT INTO idempotency_keys (account_id, key, fingerprint, order_id, answer, created_at)
    VALUES ($1, $2, '', gen_random_uuid(), '', now())"""
LISTS = [ITEMS.encode(), ORDERS.encode(), UPCOMING]
LOCATION = re.compile(rb"\r\nlocation: \S+/(\S+)\r\n")


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
    st.builds(lambda path, query: path + query, some(LISTS), some(QUERIES)),
    st.builds(
        lambda path, parts: path + b"?" + b"&".join(part[1:] for part in parts),
        some(LISTS),
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


@pytest.mark.parametrize("path", LISTS)
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


def test_good_request_succeeds_alike(pair: Pair) -> None:
    """What both only refuse alike would prove nothing."""
    key = (b"Idempotency-Key", b"<fresh-key>-once")
    for request, status in [
        (Request(b"GET", ITEMS.encode() + b"/<kite>", []), b"200"),
        (Request(b"GET", ITEMS.encode() + b"?skip=1&limit=3", []), b"200"),
        (Request(b"GET", b"/api/v1/users/me", [ADA]), b"200"),
        (Request(b"GET", UPCOMING + b"?days=366&limit=2&cursor=<upcoming-cursor>", []), b"200"),
        (Request(b"GET", ORDERS.encode() + b"/<order>", [ADA]), b"200"),
        (Request(b"GET", ORDERS.encode() + b"?limit=1&cursor=<cursor>", [ADA]), b"200"),
        (Request(b"POST", ORDERS.encode(), [GRACE, JSON], ORDER_BODY), b"201"),
        (Request(b"POST", ORDERS.encode(), [GRACE, JSON, key], ORDER_BODY), b"201"),
        (Request(b"POST", ITEMS.encode(), [GRACE, JSON], b'{"title": "A drum"}'), b"201"),
    ]:
        on, off = pair.answers(request)
        assert on == off
        assert on.split(maxsplit=2)[1] == status


async def test_key_that_stays_locked_is_409_alike(pair: Pair, servers: Servers) -> None:
    """A transaction that does not end holds the key until its time-out."""
    account_id, key = pair.names[b"grace-id"].decode(), a_name()
    headers = [GRACE, JSON, (b"Idempotency-Key", key.encode())]
    connection = await asyncpg.connect(servers.database_url)
    try:
        async with connection.transaction():
            await connection.execute(HOLD_KEY, account_id, key)
            request = Request(b"POST", ORDERS.encode(), headers, ORDER_BODY)
            on, off = await asyncio.to_thread(pair.answers, request)
    finally:
        await connection.close()
    assert on == off
    assert on.startswith(b"HTTP/1.1 409 ")
    assert b"a request with this key is still running" in on


async def test_what_is_created_belongs_to_the_trace_of_the_request(pair: Pair, servers: Servers) -> None:
    """Head and body come at once here, so that the fast path has both."""
    for path, body in ((ORDERS.encode(), ORDER_BODY), (ITEMS.encode(), b'{"title": "A drum"}')):
        headers = [GRACE, JSON, (b"Traceparent", RECORDED.encode())]
        data = raw(Request(b"POST", path, headers, body), pair.names)
        for api in (pair.on, pair.off):
            place = LOCATION.search(await asyncio.to_thread(exchange, api, data))
            assert place
            assert await traces_of(servers, place[1].decode()) == [RECORDED]


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
