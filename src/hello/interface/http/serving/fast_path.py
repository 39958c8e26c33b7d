"""The fast path: the plain hot shapes of `/hello`, and the first page of who celebrates today.

They are answered where Uvicorn would start the application.

Everything else, and whatever goes wrong, goes on to the application, which can do all of it alone: nothing
has been taken from the request by then.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import date
from functools import cached_property, partial
from time import time
from typing import Any, NamedTuple

from hello.core.cursors import Cursors
from hello.core.single_flight import SingleFlight
from hello.entities.errors import BusyError
from hello.entities.people import USERNAME_PATTERN
from hello.interface.http.cached_responses import CachedResponse, render_today
from hello.interface.http.serving.connection import Connection
from hello.interface.http.serving.incoming import ConnectionLimits
from hello.interface.http.serving.observe import Observer, Record, request_id_of
from hello.interface.http.serving.refusals import BUSY
from hello.interface.http.serving.request_cycle import RequestCycle
from hello.services.birthdays import Render
from hello.services.people import PeopleService, SavePerson
from hello.services.use_cases import UseCases

PATH = rb"/hello/(" + USERNAME_PATTERN.encode() + rb")"
BODY = re.compile(
    rb'[ \t\r\n]*\{[ \t\r\n]*"dateOfBirth"[ \t\r\n]*:'
    rb'[ \t\r\n]*"(\d{4}-\d\d-\d\d)"[ \t\r\n]*\}[ \t\r\n]*'
)
JSON_TYPES = {b"application/json", b"application/json; charset=utf-8"}
ROUTE = "/hello/{username}"
GREETED = (
    b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\ncontent-type: application/json\r\nx-request-id: %b\r\n\r\n"
    b'{"message":"%b"}'
)
SAVED = b"HTTP/1.1 204 No Content\r\n%bx-request-id: %b\r\n\r\n"
TODAY = b"/api/v1/birthdays/today"
DEFAULT_LIMIT = 20
LISTED = (
    b"HTTP/1.1 200 OK\r\n%b%bcontent-length: %d\r\ncontent-type: application/json\r\n"
    b"x-request-id: %b\r\n\r\n%b"
)
MESSAGE_BYTES = len(b'{"message":""}')


def todays_first_page(cursors: Cursors, prefix: str) -> Render:
    """Return what renders the page that a request without parameters gets."""
    return partial(render_today, cursors, prefix + TODAY.decode(), DEFAULT_LIMIT)


class FastPath:
    """What the fast path needs of the application, which has its use cases only once it has started."""

    def __init__(
        self,
        start: Callable[[], UseCases],
        cursors: Cursors,
        observer: Observer,
        prefix: bytes = b"",
        body_limit: int = 1 << 20,
    ) -> None:
        self.body_limit = body_limit
        self._start, self._render = start, todays_first_page(cursors, prefix.decode())
        self.observer, self.new_id = observer, observer.new_id
        self.greeted: Record = observer.recorder("GET", ROUTE, 200)
        self.saved: Record = observer.recorder("PUT", ROUTE, 204)
        self.listed: Record = observer.recorder("GET", TODAY.decode(), 200)
        self.single_flight: SingleFlight[None, tuple[bytes, bytes]] = SingleFlight()
        self.path = re.compile(rb"(?:%b)?%b" % (re.escape(prefix), PATH))
        self.today_path = prefix + TODAY
        self.today_paths = {TODAY, self.today_path}
        self._headers: list[tuple[bytes, bytes]] = []
        self._head = b""

    def leave_lists(self) -> None:
        """Leave today's list to the application, which asks who reads it."""
        self.today_paths = set()

    @cached_property
    def use_cases(self) -> UseCases:
        return self._start()

    @cached_property
    def people(self) -> PeopleService:
        return self.use_cases.people

    async def today(self) -> tuple[bytes, bytes]:
        """Return the lines of the headers that belong to the list, and the body."""
        birthdays = self.use_cases.birthdays
        rendered = await birthdays.rendered_today(birthdays.today(None), "", DEFAULT_LIMIT, self._render)
        cached = CachedResponse.unpack(rendered)
        lines = [f"{name.lower()}: {value}\r\n" for name, value in cached.headers.items()]
        return "".join(lines).encode(), cached.body

    def head(self, cycle: RequestCycle) -> bytes:
        """Return Uvicorn's own headers, new each second, and `connection: close` if it ends."""
        if cycle.default_headers is not self._headers:
            self._headers = cycle.default_headers
            self._head = b"".join([b"%b: %b\r\n" % header for header in self._headers])
        return self._head if cycle.keep_alive else self._head + b"connection: close\r\n"


class FastRequest(NamedTuple):
    """A request that the fast path has taken, and when, in seconds since 1970."""

    username: str
    cycle: RequestCycle
    app: Any
    start: float


class FastPathConnection(Connection):
    """One connection; `fast_path` is set by `fast_path_class`."""

    fast_path: FastPath

    def _serve(self, cycle: RequestCycle, app: Any) -> None:  # noqa: ANN401  # Uvicorn's application
        scope = cycle.scope
        match = self.fast_path.path.fullmatch(scope["raw_path"])
        if scope["query_string"] or not cycle.keep_alive:
            super()._serve(cycle, app)
        elif match is None:
            self._list_or_leave(cycle, app)
        elif scope["method"] == "GET":
            self._greet(FastRequest(match[1].decode(), cycle, app, time()))
        elif scope["method"] == "PUT" and is_json(cycle):
            self.loop.call_soon(self._save, FastRequest(match[1].decode(), cycle, app, time()))
        else:
            super()._serve(cycle, app)

    def _list_or_leave(self, cycle: RequestCycle, app: Any) -> None:  # noqa: ANN401
        if cycle.scope["raw_path"] in self.fast_path.today_paths and cycle.scope["method"] == "GET":
            self._list(FastRequest("", cycle, app, time()))
        else:
            super()._serve(cycle, app)

    def _list(self, request: FastRequest) -> None:
        task = self.fast_path.single_flight.start(None, self.fast_path.today)
        task.add_done_callback(partial(self._listed, request))

    def _listed(self, request: FastRequest, task: asyncio.Task[tuple[bytes, bytes]]) -> None:
        if error := task.exception():
            self._fall_through(request, error)
            return
        lines, body = task.result()
        request_id = self._id_of(request)
        values = self.fast_path.head(request.cycle), lines, len(body), request_id.encode(), body
        self._answer(request.cycle, LISTED % values)
        self.fast_path.listed(request.start, request_id)

    def _greet(self, request: FastRequest) -> None:
        """Leave a fault to the application: the parser, which calls this, would answer 400."""
        try:
            self.fast_path.people.greet_nowait(
                request.username, request.start, partial(self._greeted, request)
            )
        except Exception as error:  # noqa: BLE001  # whatever it is
            self._fall_through(request, error)

    def _greeted(self, request: FastRequest, greeting: str | None, error: Exception | None) -> None:
        if greeting is None:
            self._fall_through(request, error)
            return
        text, request_id = greeting.encode(), self._id_of(request)
        values = self.fast_path.head(request.cycle), MESSAGE_BYTES + len(text), request_id.encode(), text
        self._answer(request.cycle, GREETED % values)
        self.fast_path.greeted(request.start, request_id)

    def _save(self, request: FastRequest) -> None:
        """Start after the event loop has passed on the body that came with the head."""
        cycle = request.cycle
        is_plain = not cycle.more_body and len(cycle.body) <= self.fast_path.body_limit
        born = date_in(bytes(cycle.body)) if is_plain else None
        if born is None:
            super()._serve(cycle, request.app)
            return
        wanted = SavePerson(username=request.username, date_of_birth=born)
        try:
            self.fast_path.people.save_nowait(wanted, partial(self._saved, request))
        except Exception as error:  # noqa: BLE001  # an `InvalidError`, or a fault: nobody else would answer
            self._fall_through(request, error)

    def _saved(self, request: FastRequest, error: Exception | None) -> None:
        if error is not None:
            self._fall_through(request, error)
            return
        request_id = self._id_of(request)
        self._answer(request.cycle, SAVED % (self.fast_path.head(request.cycle), request_id.encode()))
        self.fast_path.saved(request.start, request_id)

    def _id_of(self, request: FastRequest) -> str:
        return request_id_of(request.cycle.scope["headers"]) or self.fast_path.new_id()

    def _fall_through(self, request: FastRequest, error: BaseException | None) -> None:
        """Tell the application how the work ended, which it need not try again; refuse on overload."""
        if isinstance(error, BusyError):
            self._refuse_request(request.cycle, BUSY)
            return
        request.cycle.scope["state"]["failed"] = error
        super()._serve(request.cycle, request.app)


def fast_path_class(fast_path: FastPath, limits: ConnectionLimits) -> type[Connection]:
    """Return the class of protocol that Uvicorn makes one of for each connection."""
    attributes = {"fast_path": fast_path, "observer": fast_path.observer, "limits": limits}
    if fast_path.observer.tracer is None:
        return type("FastPath", (FastPathConnection,), attributes)
    from hello.interface.http.serving.traced_fast_path import TracedFastPathConnection  # noqa: PLC0415

    return type("FastPath", (TracedFastPathConnection,), attributes | {"tracer": fast_path.observer.tracer})


def is_json(cycle: RequestCycle) -> bool:
    """Say whether the body is JSON as it comes: the application refuses one that is compressed."""
    kind = b""
    for name, value in cycle.scope["headers"]:
        if name == b"content-type":
            kind = kind or value
        elif name == b"content-encoding":
            return False
    return kind in JSON_TYPES


def date_in(body: bytes) -> date | None:
    match = BODY.fullmatch(body)
    try:
        return date.fromisoformat(match[1].decode()) if match else None
    except ValueError:
        return None
