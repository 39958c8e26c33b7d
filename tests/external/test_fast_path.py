"""The fast path changes nothing but speed: on and off answer every request alike."""

import json
import os
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.running import Running, running_api

pytestmark = pytest.mark.external
EXAMPLES = int(os.environ.get("EXAMPLES", "300"))
VOLATILE = re.compile(rb'(?i)^(date|x-request-id): .*$|"request_id":"[^"]*"', re.MULTILINE)
Request = tuple[bytes, bytes, dict[bytes, bytes], bytes]
Pair = tuple[Running, Running]


@pytest.fixture(scope="module")
def pair(servers: Servers) -> Iterator[Pair]:
    """Two processes beside one database."""
    with running_api(servers, FAST_PATH="on") as on, running_api(servers, FAST_PATH="off") as off:
        yield on, off


KNOWN = b"FastPath" + a_name().encode()
JSON = {b"Content-Type": b"application/json", b"Content-Length": b"29"}
KNOWN_FIRST: Request = (b"PUT", b"/hello/" + KNOWN, JSON, b'{"dateOfBirth": "1990-05-17"}')
STRANGERS = [KNOWN.swapcase(), b"a" * 100, b"John"]
FIRST = [KNOWN_FIRST, *((b"DELETE", b"/hello/" + name, {}, b"") for name in STRANGERS)]
methods = st.sampled_from([b"GET", b"PUT", b"DELETE", b"HEAD", b"POST", b"OPTIONS"])
names = st.sampled_from(
    [
        KNOWN,
        KNOWN.swapcase(),
        b"",
        b"a" * 100,
        b"a" * 101,
        b"J0hn",
        b"J%6Fhn",
        b"john%0A",
        b"J%C3%B6",
        b"a/b",
        b"a%2Fb",
    ]
)
queries = st.sampled_from(
    [b"", b"", b"", b"?", b"?tz=UTC", b"?tz=Europe/Paris", b"?tz=", b"?tz=Mars", b"?x=1", b"#x"]
)
kinds = st.sampled_from(
    [
        b"application/json",
        b"application/json",
        b"Application/JSON",
        b"application/json; charset=utf-8",
        b"text/plain",
    ]
)
dates = st.one_of(
    st.dates().map(str),
    st.sampled_from(
        ["1990-05-17", "1990-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "1990-5-17", "x", ""]
    ),
).map(str.encode)
spaces = st.sampled_from([b"", b" ", b"\t\r\n ", b"\x0b", b"\x0c", b"\xc2\xa0"])
bodies = st.one_of(
    st.builds(
        lambda space, born: b'%b{%b"dateOfBirth"%b:%b"%b"%b}%b' % ((space,) * 4 + (born, space, space)),
        spaces,
        dates,
    ),
    st.builds(lambda born: b'{"x": 1, "dateOfBirth": "%b"}' % born, dates),
    st.builds(lambda born: b'{"dateOfBirth": "%b", "dateOfBirth": "1990-05-17"}' % born, dates),
    st.sampled_from(
        [b"", b"{}", b"x", b'{"dateOfBirth": 1}', b"[" * 300, b'{"dateOfBirth": "1990-05-17"}' + b" " * 300]
    ),
    st.binary(max_size=20),
)
extras = st.dictionaries(
    st.sampled_from([b"X-Request-ID", b"Connection", b"Accept", b"X-Forwarded-For", b"Content-Encoding"]),
    st.sampled_from([b"abc-1", b"close", b"keep-alive", b"*/*", b"a b", b"\xe4", b"gzip", b"identity"]),
    max_size=2,
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    headers = draw(extras)
    body = draw(bodies) if draw(st.booleans()) else b""
    if draw(st.booleans()) or body:
        headers[b"Content-Length"] = b"%d" % len(body)
    if draw(st.integers(0, 3)):
        headers[b"Content-Type"] = draw(kinds)
    return draw(methods), b"/hello/" + draw(names) + draw(queries), headers, body


def raw(request: Request) -> bytes:
    method, target, headers, body = request
    lines = b"".join(b"%b: %b\r\n" % header for header in headers.items())
    return b"%b %b HTTP/1.1\r\nHost: hello\r\n%b\r\n%b" % (method, target, lines, body)


def exchange(api: Running, requests: list[Request]) -> bytes:
    """Send the requests on one connection, in one go, and a last one that closes it; return all answers."""
    place = urlsplit(api.url)
    last: Request = (b"GET", b"/api/v1/health", {b"Connection": b"close"}, b"")
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        connection.sendall(b"".join(map(raw, [*requests, last])))
        answers = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return VOLATILE.sub(b"", answers)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=requests())
def test_single_request_is_answered_alike_on_both_paths(pair: Pair, request: Request) -> None:
    answers = []
    for api in pair:
        exchange(api, FIRST)
        answers.append(exchange(api, [request]))
    assert answers[0] == answers[1]


@settings(
    max_examples=EXAMPLES // 3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pipelined=st.lists(requests(), min_size=2, max_size=6))
def test_pipelined_requests_are_answered_alike_and_in_order(pair: Pair, pipelined: list[Request]) -> None:
    """Start both from the same state: the requests may write."""
    answers = []
    for api in pair:
        exchange(api, FIRST)
        answers.append(exchange(api, pipelined))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("coding", "status"), [(b"gzip", b"415"), (b"Identity", b"204")])
def test_content_encoding_is_refused_alike(pair: Pair, coding: bytes, status: bytes) -> None:
    """The body would be good without it, and comes with the head."""
    method, path, headers, body = KNOWN_FIRST
    request: Request = (method, path, headers | {b"Content-Encoding": coding}, body)
    on, off = (exchange(api, [request]) for api in pair)
    assert on == off
    assert on.split()[1] == status


def test_todays_list_is_answered_alike(pair: Pair) -> None:
    """More than a page of people celebrate."""
    on, off = pair
    exchange(on, celebrating(21))
    for method in (b"HEAD", b"GET"):
        request: Request = (method, b"/api/v1/birthdays/today", {}, b"")
        answer = exchange(on, [request])
        assert answer == exchange(off, [request])
        assert b'rel="next"' in answer


def test_a_body_that_comes_later_is_waited_for(pair: Pair) -> None:
    for api in pair:
        place = urlsplit(api.url)
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
            head = b"PUT /hello/%b HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n" % KNOWN
            connection.sendall(head + b"Content-Type: application/json\r\nContent-Length: 29\r\n\r\n")
            connection.sendall(b'{"dateOfBirth": ')
            connection.sendall(b'"1990-05-17"}')
            assert connection.recv(100).startswith(b"HTTP/1.1 204 ")


def test_malformed_http_is_400_with_a_problem(pair: Pair) -> None:
    for api in pair:
        place = urlsplit(api.url)
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
            connection.sendall(b"hello, John\r\n\r\n")
            head, _, body = b"".join(iter(lambda: connection.recv(1 << 16), b"")).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"\r\ncontent-type: application/problem+json" in head
        assert json.loads(body)["detail"] == "this is not a valid HTTP request"


OWN_PATHS = (b"/hello/" + KNOWN, b"/hello/J0hn", b"/hello/John/x", b"/nope", b"/api/v1/birthdays/today")
TARGETS = [prefix + path for prefix in (b"", b"/gifts") for path in OWN_PATHS]
UNKNOWN = [b"/gifts/gifts/hello/" + KNOWN, b"/g%69fts/hello/" + KNOWN, b"/gifts//hello/John", b"/gifts"]


def test_public_url_leaves_both_paths_alike(servers: Servers) -> None:
    """The proxy may have removed the prefix, or left it."""
    public = {"PUBLIC_URL": "https://example.com/gifts"}
    with (
        running_api(servers, FAST_PATH="on", **public) as on,
        running_api(servers, FAST_PATH="off", **public) as off,
    ):
        exchange(on, [KNOWN_FIRST, *celebrating(21)])
        for target in [*TARGETS, *UNKNOWN]:
            request: Request = (b"GET", target, {}, b"")
            answers = exchange(on, [request]), exchange(off, [request])
            assert answers[0] == answers[1]
            if target.endswith(b"/today"):
                assert b"link: </gifts/api/v1/birthdays/today?limit=20&cursor=" in answers[0]
            elif b"HTTP/1.1 40" in answers[0]:
                assert b'"instance":"/gifts' in answers[0]
            assert (b"404 Not Found" in answers[0]) == (
                target in UNKNOWN or target.endswith((b"/x", b"/nope"))
            )


def celebrating(number: int) -> list[Request]:
    born = datetime.now(UTC).date().replace(year=1996).isoformat().encode()
    body = b'{"dateOfBirth": "%b"}' % born
    return [(b"PUT", b"/hello/" + a_name().encode(), JSON, body) for _ in range(number)]
