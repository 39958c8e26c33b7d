"""The greeting lane: the plain hot shapes of `/hello`, and the first page of who celebrates today.

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

from hello.core.batching import OverloadedError
from hello.core.cursors import Cursors
from hello.core.flights import Flights
from hello.entities.errors import NotFoundError, UnknownOutcomeError
from hello.entities.people import USERNAME_PATTERN
from hello.interface.http.connection import Connection
from hello.interface.http.incoming import ConnectionLimits
from hello.interface.http.observe import Note, Observer, request_id_of
from hello.interface.http.refusals import BUSY
from hello.interface.http.request_cycle import RequestCycle
from hello.interface.http.schemas.birthdays import render_today
from hello.services.people import PeopleService
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
NEXT = b'link: <%b?limit=%d&cursor=%b>; rel="next"\r\n'
LISTED = (
    b"HTTP/1.1 200 OK\r\n%b%bcontent-length: %d\r\ncontent-type: application/json\r\n"
    b"x-request-id: %b\r\n\r\n%b"
)
MESSAGE_BYTES = len(b'{"message":""}')


class Lane:
    """What the lane needs of the application, which has its use cases only once it has started."""

    def __init__(
        self,
        start: Callable[[], UseCases],
        cursors: Cursors,
        observer: Observer,
        prefix: bytes = b"",
        body_limit: int = 1 << 20,
    ) -> None:
        self.body_limit = body_limit
        self._start, self._render = start, partial(render_today, cursors)
        self.observer, self.new_id = observer, observer.new_id
        self.greeted: Note = observer.noting("GET", ROUTE, 200)
        self.saved: Note = observer.noting("PUT", ROUTE, 204)
        self.listed: Note = observer.noting("GET", TODAY.decode(), 200)
        self.flights: Flights[None, bytes] = Flights()
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

    async def today(self) -> bytes:
        birthdays = self.use_cases.birthdays
        return await birthdays.rendered_today(birthdays.today(None), "", DEFAULT_LIMIT, self._render)

    def head(self, cycle: RequestCycle) -> bytes:
        """Return Uvicorn's own headers, new each second, and whether the connection is told to end."""
        if cycle.default_headers is not self._headers:
            self._headers = cycle.default_headers
            self._head = b"".join([b"%b: %b\r\n" % header for header in self._headers])
        return self._head if cycle.keep_alive else self._head + b"connection: close\r\n"


class Hot(NamedTuple):
    """A request that the lane has taken, and when, in seconds since 1970."""

    username: str
    cycle: RequestCycle
    app: Any
    start: float


class LaneProtocol(Connection):
    """One connection; `lane` is set by `lane_class`."""

    lane: Lane

    def _serve(self, cycle: RequestCycle, app: Any) -> None:  # noqa: ANN401  # Uvicorn's application
        scope = cycle.scope
        match = self.lane.path.fullmatch(scope["raw_path"])
        if scope["query_string"] or not cycle.keep_alive:
            super()._serve(cycle, app)
        elif match is None:
            self._list_or_leave(cycle, app)
        elif scope["method"] == "GET":
            self._greet(Hot(match[1].decode(), cycle, app, time()))
        elif scope["method"] == "PUT" and is_json(cycle):
            self.loop.call_soon(self._save, Hot(match[1].decode(), cycle, app, time()))
        else:
            super()._serve(cycle, app)

    def _list_or_leave(self, cycle: RequestCycle, app: Any) -> None:  # noqa: ANN401
        if cycle.scope["raw_path"] in self.lane.today_paths and cycle.scope["method"] == "GET":
            task = self.lane.flights.board(None, self.lane.today)
            task.add_done_callback(partial(self._listed, Hot("", cycle, app, time())))
        else:
            super()._serve(cycle, app)

    def _listed(self, hot: Hot, task: asyncio.Task[bytes]) -> None:
        if error := task.exception():
            self._fall_through(hot, error)
            return
        following, _, body = task.result().partition(b"\n")
        link = NEXT % (self.lane.today_path, DEFAULT_LIMIT, following) if following else b""
        request_id = request_id_of(hot.cycle.scope["headers"]) or self.lane.new_id()
        values = self.lane.head(hot.cycle), link, len(body), request_id.encode(), body
        self._answer(hot.cycle, LISTED % values)
        self.lane.listed(hot.start, request_id)

    def _greet(self, hot: Hot) -> None:
        failure: Exception | None = None
        try:
            self.lane.people.births.ask(hot.username, partial(self._greeted, hot))
        except Exception as error:  # noqa: BLE001  # the application knows what to answer
            failure = error
        if failure is not None:
            self._fall_through(hot, failure)

    def _greeted(self, hot: Hot, found: int | None, error: Exception | None) -> None:
        if found is None:
            self._fall_through(hot, error or NotFoundError(f"no user named {hot.username}"))
            return
        greeting = f"Hello, {hot.username}{self.lane.people.todays.endings(hot.start)[found]}".encode()
        request_id = request_id_of(hot.cycle.scope["headers"]) or self.lane.new_id()
        size = MESSAGE_BYTES + len(greeting)
        self._answer(hot.cycle, GREETED % (self.lane.head(hot.cycle), size, request_id.encode(), greeting))
        self.lane.greeted(hot.start, request_id)

    def _save(self, hot: Hot) -> None:
        """Begin when the turn of the event loop that brought the head has brought the body too."""
        is_plain = not hot.cycle.more_body and len(hot.cycle.body) <= self.lane.body_limit
        born = date_in(bytes(hot.cycle.body)) if is_plain else None
        if born is None:
            super()._serve(hot.cycle, hot.app)
            return
        people = self.lane.people
        try:
            people.births.tell(hot.username, people.check(born), partial(self._saved, hot))
        except Exception as error:  # noqa: BLE001  # the application knows what to answer
            self._fall_through(hot, error)

    def _saved(self, hot: Hot, _: None, error: Exception | None) -> None:
        if error is not None:
            is_late = isinstance(error, TimeoutError)
            self._fall_through(hot, UnknownOutcomeError(reason="no answer in time") if is_late else error)
            return
        request_id = request_id_of(hot.cycle.scope["headers"]) or self.lane.new_id()
        self._answer(hot.cycle, SAVED % (self.lane.head(hot.cycle), request_id.encode()))
        self.lane.saved(hot.start, request_id)

    def _fall_through(self, hot: Hot, error: BaseException) -> None:
        """Tell the application that the work has been tried already, and how it ended."""
        if isinstance(error, OverloadedError):
            self._refuse_request(hot.cycle, BUSY)
            return
        failure = self.lane.people.births.explain(error) if isinstance(error, Exception) else error
        hot.cycle.scope["state"]["failed"] = failure
        super()._serve(hot.cycle, hot.app)


def lane_class(lane: Lane, limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return the class of protocol that Uvicorn makes one of for each connection."""
    return type("Lane", (LaneProtocol,), {"lane": lane, "observer": lane.observer, "limits": limits})


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
