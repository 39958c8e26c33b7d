"""The fast path: plain requests of hot routes, answered where Uvicorn would start the application.

Everything else, and whatever goes wrong, goes on to the application, which can do all of it alone: nothing
has been taken from the request by then.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from time import time
from typing import Any, NamedTuple, TypeAlias

from hello.entities.errors import BusyError
from hello.interface.http.paths import MissingPaths
from hello.interface.http.serving.connection import Connection
from hello.interface.http.serving.incoming import ConnectionLimits
from hello.interface.http.serving.observe import Observer, Record, request_id_of
from hello.interface.http.serving.refusals import BUSY
from hello.interface.http.serving.request_cycle import RequestCycle

WITH_BODY = b"%bcontent-length: %d\r\ncontent-type: %b\r\nx-request-id: %b\r\n%b\r\n%b"
JSON = "application/json"
EMPTY = b"%bx-request-id: %b\r\n%b\r\n"
Begin: TypeAlias = Callable[["FastRequest"], None]


class FastAnswer:
    """One kind of answer of a route, with all that is the same each time worked out."""

    __slots__ = ("line", "media_type", "record")

    def __init__(self, record: Record, status: HTTPStatus, media_type: str = JSON) -> None:
        self.record, self.media_type = record, media_type.encode()
        self.line = b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode())


class FastRequest(NamedTuple):
    """A request that the fast path has taken, and when, in seconds since 1970.

    `argument` is the last part of its path.
    """

    connection: "FastPathConnection"
    cycle: RequestCycle
    app: Any
    start: float
    argument: str

    @property
    def query(self) -> bytes:
        query: bytes = self.cycle.scope["query_string"]
        return query

    def headers(self) -> dict[bytes, bytes] | None:
        """Return the headers by their names in lower case; None if one comes twice."""
        lines: list[tuple[bytes, bytes]] = self.cycle.scope["headers"]  # type: ignore[assignment]
        headers = dict(lines)
        return headers if len(headers) == len(lines) else None

    def callback(self, end: Callable[..., None], *arguments: object) -> Callable[..., None]:
        """Return what calls `end` with the request, the arguments and the result of the work.

        A fault of `end` is the application's to report: otherwise no answer would come.
        """

        def call_back(*result: object) -> None:
            try:
                end(self, *arguments, *result)
            except Exception as error:  # noqa: BLE001  # whatever it is
                self.fall_through(error)

        return call_back

    def request_id(self) -> str:
        """Return the client's own, or a new one."""
        return request_id_of(self.cycle.scope["headers"]) or self.connection.observer.new_id()

    def answer(
        self,
        kind: FastAnswer,
        body: bytes = b"",
        lines: bytes = b"",
        limits: bytes = b"",
        request_id: str | None = None,
    ) -> None:
        """Send headers as whole lines: `lines` come first, `limits` last; without a body it has no type."""
        own_id = request_id or self.request_id()
        head = kind.line + self.connection.routes.head(self.cycle)
        if body:
            rest = WITH_BODY % (lines, len(body), kind.media_type, own_id.encode(), limits, body)
        else:
            rest = EMPTY % (lines, own_id.encode(), limits)
        self.connection.answer(self, kind, head + rest, own_id)

    def fall_through(self, error: BaseException | None = None) -> None:
        """Leave it to the application; `error` tells it how the work ended, which it need not try again."""
        self.connection.fall_through(self, error)


@dataclass(frozen=True, slots=True)
class FastRoute:
    """`path` ends before the last part if that is to match `last`; `template` names the route in metrics."""

    method: str
    path: bytes
    template: str
    begin: Begin
    last: re.Pattern[bytes] | None = None
    takes_query: bool = False
    takes_body: bool = False


@dataclass(frozen=True, slots=True)
class MissingRoute:
    """What answers for paths that surely belong to no route."""

    route: FastRoute
    paths: MissingPaths

    def is_for(self, method: str, path: bytes) -> bool:
        return method == self.route.method and self.paths.has(path)


class FastRoutes:
    """The table of hot routes; each is found below the prefix of `PUBLIC_URL` as well."""

    def __init__(
        self,
        routes: Iterable[FastRoute],
        prefix: bytes = b"",
        missing: MissingRoute | None = None,
    ) -> None:
        known = [(route, path) for route in routes for path in {route.path, prefix + route.path}]
        self._whole = {(route.method, path): route for route, path in known if route.last is None}
        self._parents = {(route.method, path): route for route, path in known if route.last}
        self._missing = missing
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._head = b""

    def find(self, method: str, path: bytes) -> tuple[FastRoute, str] | None:
        if route := self._whole.get((method, path)):
            return route, ""
        parent, _, last = path.rpartition(b"/")
        route = self._parents.get((method, parent))
        if route is not None and route.last is not None:
            return (route, last.decode()) if route.last.fullmatch(last) else None
        return (self._missing.route, "") if self._missing and self._missing.is_for(method, path) else None

    def head(self, cycle: RequestCycle) -> bytes:
        """Return Uvicorn's own headers, new each second, and `connection: close` if it ends."""
        if cycle.default_headers is not self._headers:
            self._headers = cycle.default_headers
            self._head = b"".join([b"%b: %b\r\n" % header for header in self._headers])
        return self._head if cycle.keep_alive else self._head + b"connection: close\r\n"


class FastPathConnection(Connection):
    """One connection; `routes` is set by `fast_path_class`."""

    routes: FastRoutes

    def _serve(self, cycle: RequestCycle, app: Any) -> None:  # noqa: ANN401  # Uvicorn's application
        scope = cycle.scope
        found = self.routes.find(scope["method"], scope["raw_path"]) if cycle.keep_alive else None
        if found is None:
            super()._serve(cycle, app)
            return
        route, argument = found
        if scope["query_string"] and not route.takes_query:
            super()._serve(cycle, app)
            return
        request = FastRequest(self, cycle, app, time(), argument)
        if route.takes_body:
            self.loop.call_soon(self.begin, route, request)
        else:
            self.begin(route, request)

    def begin(self, route: FastRoute, request: FastRequest) -> None:
        """Leave a fault to the application: the parser, which calls this, would answer 400.

        A body that came with the head has been passed on by now.
        """
        try:
            route.begin(request)
        except Exception as error:  # noqa: BLE001  # whatever it is
            self.fall_through(request, error)

    def answer(self, request: FastRequest, kind: FastAnswer, data: bytes, request_id: str) -> None:
        self._answer(request.cycle, data)
        kind.record(request.start, request_id)

    def fall_through(self, request: FastRequest, error: BaseException | None) -> None:
        """Refuse on overload."""
        if isinstance(error, BusyError):
            self._refuse_request(request.cycle, BUSY)
            return
        if error is not None:
            request.cycle.scope["state"]["failed"] = error
        super()._serve(request.cycle, request.app)


def fast_path_class(routes: FastRoutes, observer: Observer, limits: ConnectionLimits) -> type[Connection]:
    """Return the class of protocol that Uvicorn makes one of for each connection."""
    attributes = {"routes": routes, "observer": observer, "limits": limits}
    if observer.tracer is None:
        return type("FastPath", (FastPathConnection,), attributes)
    from hello.interface.http.serving.traced_fast_path import TracedFastPathConnection  # noqa: PLC0415

    return type("FastPath", (TracedFastPathConnection,), attributes | {"tracer": observer.tracer})
