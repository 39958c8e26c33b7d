"""The outermost layer: request id, body limit and one log line for each request."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from time import time
from typing import TypeAlias

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hello.core.access_log import AccessLog, Add
from hello.core.ids import NewId, well_formed
from hello.core.logs import RateLimitedLog
from hello.core.traces import RequestSpan, Tracer, current_traceparent, is_sampled, trace_id_of, traced
from hello.interface.http.paths import PROBES, prefixed, route_of
from hello.interface.http.serving.admission import Admission
from hello.interface.http.serving.metrics import HttpMetrics

ERROR = 500
SPAN = "span"
"""Where the state of a request holds the span that the fast path has begun."""
MAX_COMMAS = 20_000  # a description of commas only has 10,000
WITH_BODY = ("POST", "PUT", "PATCH")
Record: TypeAlias = Callable[[float, str], None]
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
    body_commas: int = 0
    status: int = 0
    is_complete: bool = False

    async def receive_limited(self) -> Message:
        """Raise 415 for a body that is encoded, and 413 as soon as more has arrived than is allowed.

        A route turns it into a problem.
        """
        message = await self.receive()
        if not self.body_bytes and message.get("body") and self.scope["method"] in WITH_BODY:
            refuse_encoded(self.scope["headers"])
        if not self.scope["state"].get("unlimited"):
            self._count(message.get("body", b""))
        return message

    def _count(self, body: bytes) -> None:
        """Bound the values of JSON as well: they, not the bytes, are what parsing costs."""
        self.body_bytes += len(body)
        self.body_commas += body.count(b",")
        if self.body_bytes > self.body_limit:
            raise HTTPException(413, f"the body is larger than {self.body_limit} bytes")
        if self.body_commas > MAX_COMMAS:
            raise HTTPException(413, f"the body has more than {MAX_COMMAS} commas")

    async def send_marked(self, message: Message) -> None:
        """Add the request id; leave out the body of an answer to HEAD, however long it would go on."""
        if self.is_complete:
            return
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            message["headers"] = [*message.get("headers", ()), *self._more_headers()]
        elif self.head:
            message, self.is_complete = {"type": "http.response.body", "body": b""}, True
        await self.send(message)

    def _more_headers(self) -> Iterable[tuple[bytes, bytes]]:
        """Yield what the layers within have remembered for every answer, problems included."""
        yield b"x-request-id", self.request_id.encode()
        for name, value in self.scope["state"].get("headers", {}).items():
            yield name.lower().encode(), value.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Records each request, with or without the fast path."""

    new_id: NewId
    metrics: HttpMetrics
    access_log: AccessLog
    prefix: str = ""
    admission: Admission = field(default_factory=Admission)
    refusals: RateLimitedLog = field(default_factory=lambda: RateLimitedLog(logger=log))
    tracer: Tracer | None = None

    def refused(self, reason: str) -> None:
        """Count a request that was refused at once; a log line for each would cost more than the answer."""
        self.metrics.refuse(reason)
        self.refusals.warning("requests refused", reason)

    def recorder(self, method: str, route: str, status: int) -> Record:
        """Return what notes one kind of request, with all that is the same each time worked out."""
        observe: Callable[[float], None] = self.metrics.child(method, route, status).observe
        add, template = self.access_log.sampled(), self.access_log.template(method, route, status)
        if self.tracer is not None:
            add = partial(self._add_with_trace, add)
            observe = partial(self.metrics.observe, method, route, status)

        def record(start: float, request_id: str) -> None:
            seconds = time() - start
            observe(seconds)
            add(template, start, seconds, request_id)

        return record

    def record(self, start: float, method: str, route: str, status: int, request_id: str) -> None:
        """Measure and log a request that has not reached the application."""
        self.metrics.observe(method, route, status, time() - start)
        self.log(start, method, route, status, request_id)

    def log(self, start: float, method: str, route: str, status: int, request_id: str) -> None:
        """Log a request that `MeasureRoutes` measures; `start` in seconds since 1970."""
        template = self.access_log.template(method, route, status)
        self._add_with_trace(self.access_log.add, template, start, time() - start, request_id)

    def _add_with_trace(
        self, add: Add, template: bytes, start: float, seconds: float, request_id: str
    ) -> None:
        """Log a request in any case if its trace is recorded: the trace is what points to it."""
        traceparent = current_traceparent()
        if trace_id := trace_id_of(traceparent):
            add = self.access_log.add if is_sampled(traceparent) else add
            request_id = self.access_log.with_trace(request_id, trace_id)
        add(template, start, seconds, request_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    app: ASGIApp
    observer: Observer
    body_limit: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = self._exchange(scope, receive, send)
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        start = time()
        span = self._span(scope, start)
        with span.active() if span else traced(traceparent_of(scope["headers"])):
            await self._answer(exchange)
            method, route = "HEAD" if exchange.head else exchange.scope["method"], route_of(exchange.scope)
            self.observer.log(start, method, route, exchange.status, exchange.request_id)
        if span:
            span.answered(method, route, exchange.status)

    def _span(self, scope: Scope, start: float) -> RequestSpan | None:
        """Return that of the fast path, if it has begun one, or else one of its own if it is to be traced."""
        if self.observer.tracer is None or scope["path"].endswith(PROBES):
            return None
        begun: RequestSpan | None = scope.get("state", {}).pop(SPAN, None)
        return begun or self.observer.tracer.start_request(traceparent_of(scope["headers"]), start)

    def _exchange(self, scope: Scope, receive: Receive, send: Send) -> Exchange:
        """Let every GET route answer HEAD as well (RFC 9110, 9.3.2)."""
        head = scope["method"] == "HEAD"
        request_id = request_id_of(scope["headers"]) or self.observer.new_id()
        state = {**scope.get("state", {}), "request_id": request_id, "is_head": head}
        method = "GET" if head else scope["method"]
        inner = {**scope, "method": method, "state": state, **prefixed(scope, self.observer.prefix)}
        return Exchange(inner, receive, send, request_id, self.body_limit, head)

    async def _answer(self, exchange: Exchange) -> None:
        """Log what no route has handled; the answer, a 500, is sent by then."""
        try:
            await self.app(exchange.scope, exchange.receive_limited, exchange.send_marked)
        except Exception:
            log.exception("request failed")
            exchange.status = exchange.status or ERROR


def refuse_encoded(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raise 415, which names the encodings that are taken (RFC 7694), unless the body is as it comes."""
    given = b",".join(value for name, value in headers if name == b"content-encoding").lower().split(b",")
    if {coding.strip() for coding in given} - {b"", b"identity"}:
        message = "the body must not be compressed: Content-Encoding must be identity"
        raise HTTPException(415, message, headers={"Accept-Encoding": "identity"})


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the client's own request id when it is well formed."""
    for name, value in headers:
        if name == b"x-request-id":
            return value.decode() if well_formed(value) else None
    return None


def traceparent_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return nothing when it is said twice (W3C Trace Context, 3.2)."""
    given = [value for name, value in headers if name == b"traceparent"]
    return given[0].decode("latin-1") if len(given) == 1 else None
