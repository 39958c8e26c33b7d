"""The fast path answers what it has routes for; a fault inside is neither a bad request nor silence."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NoReturn

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from hello.core.traces import Tracer
from hello.entities.errors import BusyError
from hello.interface.http.paths import MissingPaths
from hello.interface.http.serving.fast_path import (
    Begin,
    FastAnswer,
    FastRequest,
    FastRoute,
    FastRoutes,
    MissingRoute,
    fast_path_class,
)
from hello.interface.http.serving.incoming import ConnectionLimits
from hello.interface.http.serving.observe import Observer
from tests.unit.interface.http.serving.test_connection import OBSERVER, Wire

DIGITS = re.compile(rb"\d+")
HEAD = b"host: hello\r\nx-request-id: own\r\n"
GET = b"GET /things/7 HTTP/1.1\r\n" + HEAD + b"\r\n"
POST = b"POST /things HTTP/1.1\r\n" + HEAD + b"content-length: 4\r\n\r\nbody"
ANSWER = b"""etag: 1\r
content-length: 3\r
content-type: application/json\r
x-request-id: own\r
ratelimit: 9\r
\r
"7\""""
SHOWN = FastAnswer(lambda _start, _request_id: None, HTTPStatus.OK)


def nothing(_: FastRequest) -> None:
    """Leave the request for later."""


def broken(*_: object) -> NoReturn:
    raise ZeroDivisionError


def routes_of(begin: Begin) -> FastRoutes:
    return FastRoutes(
        [
            FastRoute("GET", b"/things", "/things/{number}", begin, last=DIGITS),
            FastRoute("GET", b"/things", "/things", begin, takes_query=True),
            FastRoute("POST", b"/things", "/things", begin, takes_body=True),
        ],
        b"/gifts",
    )


@dataclass
class Application:
    """Notes what it is asked."""

    scopes: asyncio.Queue[Scope] = field(default_factory=asyncio.Queue)

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.scopes.put_nowait(scope)

    async def asked(self) -> Scope:
        return await asyncio.wait_for(self.scopes.get(), 5)


def connected(routes: FastRoutes, app: Application, wire: Wire, tracer: Tracer | None = None) -> Any:  # noqa: ANN401
    """Return Uvicorn's connection."""
    observer = Observer(
        new_id=OBSERVER.new_id, metrics=OBSERVER.metrics, access_log=OBSERVER.access_log, tracer=tracer
    )
    kind: Any = fast_path_class(routes, observer, ConnectionLimits())
    config = Config(app, http=kind, ws="none", log_config=None)
    config.load()
    connection = kind(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(wire)
    return connection


def answer(request: FastRequest, *_: object) -> None:
    request.answer(SHOWN, b'"7"', b"etag: 1\r\n", b"ratelimit: 9\r\n")


@pytest.mark.parametrize(
    ("method", "path", "template", "argument"),
    [
        ("GET", b"/things", "/things", ""),
        ("POST", b"/things", "/things", ""),
        ("GET", b"/things/7", "/things/{number}", "7"),
        ("GET", b"/gifts/things/007", "/things/{number}", "007"),
        ("POST", b"/gifts/things", "/things", ""),
    ],
)
def test_route_is_found_with_and_without_the_prefix(
    method: str, path: bytes, template: str, argument: str
) -> None:
    found = routes_of(nothing).find(method, path)
    assert found
    assert (found[0].method, found[0].template, found[1]) == (method, template, argument)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", b"/things"),
        ("POST", b"/things/7"),
        ("GET", b"/things/"),
        ("GET", b"/things/x"),
        ("GET", b"/things/7\n"),
        ("GET", b"/things/7/8"),
        ("GET", b"/gifts/gifts/things"),
        ("GET", b"/Things"),
        ("GET", b"7"),
        ("GET", b""),
    ],
)
def test_anything_else_is_not_found(method: str, path: bytes) -> None:
    assert routes_of(nothing).find(method, path) is None


def test_missing_route_stands_for_paths_that_begin_like_no_route() -> None:
    missing, paths = FastRoute("GET", b"", "unmatched", nothing), MissingPaths(["/api/v1/things/{thing_id}"])
    hello = FastRoute("GET", b"/hello", "/hello/{name}", nothing, last=DIGITS)
    routes = FastRoutes([hello], b"", MissingRoute(missing, paths))
    for path in (b"/nope", b"/nope/x", b"/nope/", b"/api", b"/api/v1", b"/api/v1/nope", b"/api/v2/things"):
        assert routes.find("GET", path) == (missing, "")
    for path in (b"/", b"/hello/x", b"/orders/x", b"/api/v1/things", b"/api/v1/things/x/y", b"/%61pi", b"*"):
        assert routes.find("GET", path) is None
    assert routes.find("POST", b"/nope") is None


async def test_answer_is_written_whole_and_the_application_is_not_asked() -> None:
    app, wire = Application(), Wire()
    connection = connected(routes_of(answer), app, wire)
    connection.data_received(GET * 2)
    assert wire.written.count(b"HTTP/1.1 200 OK\r\n") == wire.written.count(ANSWER) == 2
    assert app.scopes.empty()


@pytest.mark.parametrize(
    "request_",
    [
        GET.replace(b"/7", b"/x"),
        GET.replace(b"/7", b"/7?x=1"),
        GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),
        GET.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
    ids=["path", "query", "last", "HTTP/1.0"],
)
async def test_other_request_is_left_to_the_application(request_: bytes) -> None:
    app, wire = Application(), Wire()
    connected(routes_of(answer), app, wire).data_received(request_)
    assert "failed" not in (await app.asked())["state"]
    assert b"etag" not in wire.written


async def test_query_is_given_to_a_route_that_takes_one() -> None:
    queries = list[bytes]()
    connection = connected(routes_of(lambda request: queries.append(request.query)), Application(), Wire())
    connection.data_received(GET.replace(b"/7", b"?skip=%31"))
    assert queries == [b"skip=%31"]


async def test_body_that_comes_with_the_head_is_there() -> None:
    bodies = asyncio.Queue[bytes]()
    connection = connected(
        routes_of(lambda request: bodies.put_nowait(bytes(request.cycle.body))), Application(), Wire()
    )
    connection.data_received(POST)
    assert await asyncio.wait_for(bodies.get(), 5) == b"body"


@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize(
    "begin", [broken, lambda request: request.callback(broken)(None, None)], ids=["begin", "callback"]
)
async def test_fault_of_the_fast_path_is_reported_by_the_application(
    request_: bytes, begin: Callable[[FastRequest], None]
) -> None:
    app, wire = Application(), Wire()
    connected(routes_of(begin), app, wire).data_received(request_)
    assert isinstance((await app.asked())["state"]["failed"], ZeroDivisionError)
    assert b"HTTP/1.1 400 " not in wire.written


async def test_callback_gets_the_request_its_arguments_and_the_result() -> None:
    seen = list[tuple[object, ...]]()

    def begin(request: FastRequest) -> None:
        request.callback(lambda *given: seen.append(given), "limits")("result", None)
        seen.append((request,))

    connected(routes_of(begin), Application(), Wire()).data_received(GET)
    [called, (request,)] = seen
    assert called == (request, "limits", "result", None)


async def test_known_fault_is_given_to_the_application() -> None:
    app, error = Application(), ValueError()
    connected(routes_of(lambda request: request.fall_through(error)), app, Wire()).data_received(GET)
    assert (await app.asked())["state"]["failed"] is error


async def test_overload_is_refused_without_the_application() -> None:
    app, wire = Application(), Wire()
    begin = routes_of(lambda request: request.fall_through(BusyError("later")))
    connected(begin, app, wire).data_received(GET)
    assert wire.written.startswith(b"HTTP/1.1 503 ")
    assert app.scopes.empty()


@pytest.mark.parametrize(
    ("lines", "headers"),
    [(b"A: 1\r\n", {b"host": b"x", b"a": b"1"}), (b"A: 1\r\na: 1\r\n", None)],
)
async def test_headers_are_known_by_name_unless_one_comes_twice(
    lines: bytes, headers: dict[bytes, bytes] | None
) -> None:
    seen = list[object]()
    connection = connected(routes_of(lambda request: seen.append(request.headers())), Application(), Wire())
    connection.data_received(b"GET /things/7 HTTP/1.1\r\nhost: x\r\n" + lines + b"\r\n")
    assert seen == [headers]
