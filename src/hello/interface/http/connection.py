"""One connection, as Uvicorn has it, but for what it refuses itself: that is a problem like any other."""

import asyncio
from http import HTTPStatus
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

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the last request, which refers to the connection: only a collection would find both."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self.cycle = None  # type: ignore[assignment]  # as it was before the first request

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
