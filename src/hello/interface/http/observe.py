"""The outermost layer: request id, body limit, one log line and one measurement for each request."""

from dataclasses import dataclass
from time import perf_counter

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hello.core.ids import NewId, well_formed
from hello.interface.http.metrics import HttpMetrics

ERROR = 500
log = structlog.get_logger("hello.http")


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as far as it has come."""

    scope: Scope
    receive: Receive
    send: Send
    request_id: str
    body_limit: int
    head: bool
    body_bytes: int = 0
    status: int = 0

    async def receive_limited(self) -> Message:
        """Raise 413 as soon as more has arrived than is allowed; a route turns it into a problem."""
        message = await self.receive()
        self.body_bytes += len(message.get("body", b""))
        if self.body_bytes > self.body_limit and not self.scope["state"].get("unlimited"):
            raise HTTPException(413, f"the body is larger than {self.body_limit} bytes")
        return message

    async def send_marked(self, message: Message) -> None:
        """Add the request id; leave out the body of an answer to HEAD."""
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
        elif self.head:
            message = {**message, "body": b""}
        await self.send(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    app: ASGIApp
    new_id: NewId
    metrics: HttpMetrics
    body_limit: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = self._exchange(scope, receive, send)
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        start = perf_counter()
        with self.metrics.in_progress.track_inprogress():
            await self._answer(exchange)
        self._record(exchange, perf_counter() - start)

    def _exchange(self, scope: Scope, receive: Receive, send: Send) -> Exchange:
        """Let every GET route answer HEAD as well (RFC 9110, 9.3.2)."""
        head = scope["method"] == "HEAD"
        request_id = request_id_of(scope) or self.new_id()
        state = {**scope.get("state", {}), "request_id": request_id}
        inner = {**scope, "method": "GET" if head else scope["method"], "state": state}
        return Exchange(inner, receive, send, request_id, self.body_limit, head)

    async def _answer(self, exchange: Exchange) -> None:
        """Log what no route has handled; the answer, a 500, is sent by then."""
        try:
            await self.app(exchange.scope, exchange.receive_limited, exchange.send_marked)
        except Exception:
            log.exception("request failed")
            exchange.status = exchange.status or ERROR

    def _record(self, exchange: Exchange, seconds: float) -> None:
        route = getattr(exchange.scope.get("route"), "path", "unmatched").replace(":text", "")
        method = "HEAD" if exchange.head else exchange.scope["method"]
        self.metrics.observe(method, route, exchange.status, seconds)
        log.info(
            "request",
            method=method,
            route=route,
            status=exchange.status,
            duration_ms=round(seconds * 1000, 2),
        )


def request_id_of(scope: Scope) -> str | None:
    """Return the client's own request id when it is well formed."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if well_formed(given) else None
