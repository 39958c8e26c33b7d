"""One connection, as Uvicorn has it, but for what it refuses itself, and for its patience.

What it refuses is a problem like any other. It has one timer for its life, not one for each answer.
"""

import asyncio
from http import HTTPStatus
from math import inf
from time import time

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hello.interface.http.observe import Observer
from hello.interface.http.problems import MEDIA_TYPE, Problem

REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\n%bcontent-length: %d\r\ncontent-type: %b\r\n"
    b"x-request-id: %b\r\nconnection: close\r\n\r\n%b"
)


class Connection(HttpToolsProtocol):
    """`observer` is set by `connection_class`."""

    observer: Observer
    idle_since = inf

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the last request, which refers to the connection: only a collection would find both."""
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()
        self.cycle = None  # type: ignore[assignment]  # as it was before the first request

    def on_response_complete(self) -> None:
        """Begin the next request if it has been sent already, else wait for it, but not for ever."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self.idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_after(self.timeout_keep_alive)

    def _unset_keepalive_if_required(self) -> None:
        """Leave the timer as it is: to end one and begin another costs a twentieth of a request."""
        self.idle_since = inf

    def timeout_keep_alive_handler(self) -> None:
        """Close what has been idle for long enough; look again when it will have been."""
        left = self.idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            super().timeout_keep_alive_handler()
        else:
            self._look_after(min(left, self.timeout_keep_alive))

    def _look_after(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def send_400_response(self, _: str) -> None:
        """Refuse what is not HTTP; neither method nor path are known."""
        request_id = self.observer.new_id()
        body = broken(request_id).encode()
        head = b"".join([b"%b: %b\r\n" % header for header in self.server_state.default_headers])
        values = head, len(body), MEDIA_TYPE.encode(), request_id.encode(), body
        self.transport.write(REFUSED % values)
        self.transport.close()
        self.observer.note(time(), "invalid", "unmatched", HTTPStatus.BAD_REQUEST, request_id)


def broken(request_id: str) -> str:
    status = HTTPStatus.BAD_REQUEST
    problem = Problem(
        title=status.phrase,
        status=status,
        detail="this is not a valid HTTP request",
        instance="about:blank",
        request_id=request_id,
    )
    return problem.model_dump_json(exclude_none=True)


def connection_class(observer: Observer) -> type[asyncio.Protocol]:
    """Return the class of protocol that Uvicorn makes one of for each connection."""
    return type("Connection", (Connection,), {"observer": observer})
